// Fixtures: the Markdown files of tests/rules (their README.md describes the form), read. The tests hold the
// rules to them, and the pages about rules take their examples from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checks/docker/docker.h"

namespace sluice::explain {

using Mark = std::pair<std::uint32_t, std::string>;  // line in the code, rule

struct Example {
  std::size_t line = 0;              // of the opening fence, in the Markdown file
  std::size_t last = 0;              // of the closing one
  std::string prose;                 // the paragraphs before the block, since the one before; Markdown
  std::string language;              // the word behind the fence: "dockerfile"
  std::string name;                  // the file that the block stands for: "Dockerfile"
  std::string code;                  // without the marks
  std::multiset<Mark> marks;         // the findings that must come
  std::set<std::string> rules;       // of the marks; empty: a clean one
  std::optional<std::string> fixed;  // what --fix makes of it, from the block "fixed" behind it
  std::string fix_images;            // what --fix-data holds: lines of YAML, "  debian:12: sha256:…"
  std::string fix_files;             // the same of checksums by URL
  bool exact = false;                // the marks name the findings of all rules, not of those under test
  bool broken = false;               // has syntax errors on purpose
  checks::docker::Options docker;    // what the check has to be told: label=, strict-labels, registry=
  bool configured = false;           // it has to be told something
  std::optional<std::string> ignore_file;  // the text of its .dockerignore
};

struct Fixture {
  std::vector<std::string> rules;   // of the first heading
  std::vector<Example> examples;    // in order; blocks of other languages are prose
  std::vector<std::string> faults;  // what is not in the form, and was left out: "line 3: not understood: …"
};

[[nodiscard]] Fixture read_fixture(std::string_view markdown);

// The embedded fixture that speaks of the rule; nothing if there is none (rules of the user's).
[[nodiscard]] std::optional<Fixture> find_fixture(std::string_view rule);

}  // namespace sluice::explain
