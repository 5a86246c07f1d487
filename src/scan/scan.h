// The scan: from roots to findings and coverage. What `sluice scan` and `sluice gate` call.
//
//   discover → load rules → worker processes (parse, check) → validate → suppress → fingerprint → sort
//
// Nothing here opens a socket to the network or writes a file. The output is the same for any number of jobs.
// Must be called from a process with one thread (workers are forked).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checks/check.h"
#include "scan/discover.h"
#include "scan/rule_book.h"
#include "sluice/report.h"

namespace sluice::scan {

// Outside programs whose findings join ours; none runs unless it is asked for.
struct Adapters {
  bool shellcheck = false;
  std::string shellcheck_program = "shellcheck";  // a name looked up in PATH, or an absolute path
  std::chrono::milliseconds deadline{60'000};     // of one run, which is one file
};

struct Options {
  std::vector<std::string> roots;             // files or folders
  std::vector<std::string> tracked;           // see DiscoverOptions
  TrackedSource ask_tracked;                  // the same, asked for only if an ignore file matches
  std::vector<std::string> shown_as;          // see DiscoverOptions
  RuleBookOptions rules;                      // profile, only, rule_paths, default_rules, docker
  unsigned jobs = 0;                          // worker processes; 0 = as many as processors
  std::chrono::milliseconds deadline{5'000};  // for each file
  std::uint64_t max_file_bytes = k_max_scanned_file_bytes;
  std::uint64_t worker_memory_bytes = 1u << 30;
  bool parse_all = false;  // also parse files of languages that no rule is for
  Adapters adapters;
};

struct Output {
  std::vector<Finding> findings;   // sorted by (path, offset, rule); suppressed ones included
  std::vector<Coverage> coverage;  // sorted by (path, analyser)
  std::vector<RuleInfo> rules;     // that ran, sorted by id
  std::uint64_t files = 0;         // looked at
  std::uint64_t ignored = 0;       // entries left out by ignore files
  std::uint64_t unrecognised = 0;  // files of types that no analyser is for; they have no coverage entry
  std::map<std::string, std::int64_t> timing_ms;  // discover, rules, analyse, total
};

// Fails for what makes the whole scan meaningless: a root or rule path that does not exist, no worker
// process. What concerns one file or one rule is coverage.
[[nodiscard]] Result<Output> run(const Options& options);

// Findings that count (status new) at or over a severity: for --fail-on.
[[nodiscard]] std::size_t count_at_least(const Output& output, Severity severity);

// The same for one text, in this process, without worker, deadline or seccomp: for tests, fixtures and
// fuzzing. `path` decides what the text is; findings and coverage come out as from run().
// `companion` is the text of the file that belongs to it (a Dockerfile's .dockerignore); absent = not known.
[[nodiscard]] Result<Output> run_in_process(std::string_view path, std::string_view bytes,
                                            const RuleBook& book, bool parse_all = false,
                                            const std::optional<std::string>& companion = std::nullopt);

}  // namespace sluice::scan
