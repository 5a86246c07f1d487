// The Dockerfile checks: what `scan` calls.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checks/check.h"
#include "sluice/report.h"
#include "syntax/dockerfile/document.h"
#include "syntax/tree.h"

namespace sluice::checks::docker {

enum class LabelKind { text, url, rfc3339, spdx, githash, semver, email };
[[nodiscard]] std::optional<LabelKind> parse_label_kind(std::string_view text);  // "rfc3339"

// What is known of the build context's .dockerignore.
enum class IgnoreFile { unknown, absent, present };

struct Options {
  Profile profile = Profile::normal;
  std::vector<std::string> allowed_registries;    // "ghcr.io", "*.example.com"; empty: all
  std::map<std::string, LabelKind> label_schema;  // labels that every image must have, with what they hold
  bool strict_labels = false;                     // other labels are findings
  std::vector<std::string> targets;               // shipped stages; empty: the last one
  std::map<std::string, Severity> severity;       // per rule id
  std::set<std::string> off;                      // rule ids
  IgnoreFile ignore_file = IgnoreFile::unknown;
  std::string ignore_patterns;  // the text of .dockerignore, if present
};

// A check's metadata, made of its table row.
struct CheckInfo {
  RuleInfo info;
  Profile profile = Profile::all;  // normal: shown by default
  Confidence confidence = Confidence::high;
  bool fixable = false;  // its findings may carry a fix
};

struct Output {
  Findings findings;  // sorted by place, then rule; RawFinding::suppressed marks what comments excuse
  std::vector<std::string> notes;  // for coverage: "2 instructions were not understood", limits reached
  bool partial = false;            // a part of the file was not analysed: coverage must say so
};

// All checks, sorted by id.
[[nodiscard]] std::span<const CheckInfo> checks();
[[nodiscard]] const CheckInfo* find_check(std::string_view id);  // null if unknown

// Analyses one Dockerfile. Never fails for what the file holds; `parser` is not used at present, the shell
// reader is our own, but stays in the contract for checks over other languages' heredocs. Code: docker.option
// (an option names an unknown rule). Not thread-safe with one parser.
[[nodiscard]] Result<Output> analyse(std::string_view source, syntax::Parser& parser, const Options& options);
// The same for a document that was parsed already; `source` is its text.
[[nodiscard]] Output analyse(const syntax::dockerfile::Document& document, std::string_view source,
                             const Options& options);

}  // namespace sluice::checks::docker
