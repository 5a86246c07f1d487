// How a check stands in the catalogue: its metadata as data, and one function that runs the checks of a file.
//
// catalog/<stem>.cpp defines `extern const CheckSet k_<stem>;`; the table of all sets is generated when
// configuring.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/check.h"
#include "checks/docker/facts.h"

namespace sluice::checks::docker {

struct Check {
  std::string_view id;
  std::string_view title;
  std::string_view why;
  std::string_view help;
  Severity severity = Severity::medium;
  Confidence confidence = Confidence::high;
  Profile profile = Profile::normal;
  std::string_view aliases = "";     // separated by blanks
  std::string_view cwe = "";         // separated by blanks
  std::string_view references = "";  // separated by blanks
  bool fixable = false;
};

// What only `--profile all` says, and says softly.
constexpr Check advice(std::string_view id, std::string_view title, std::string_view why,
                       std::string_view help, std::string_view aliases, bool fixable = false) {
  return {.id = id,
          .title = title,
          .why = why,
          .help = help,
          .severity = Severity::info,
          .profile = Profile::all,
          .aliases = aliases,
          .fixable = fixable};
}

// Findings of one file; what would be more is dropped, and the analysis is partial.
inline constexpr std::size_t k_max_findings = 10'000;

// Where checks report to. Not thread-safe.
class Sink {
 public:
  Sink(const Options& options, Findings& findings) : options_(options), findings_(findings) {}

  // The result may be changed (fix, trace, severity) until the next call.
  RawFinding& report(const Check& check, Span span, std::string message);
  // For a command of a RUN; the finding is less sure where the shell text was not understood.
  RawFinding& report(const Check& check, const RunCommand& run, Span span, std::string message);
  [[nodiscard]] std::size_t size() const { return findings_.size(); }  // reports so far
  [[nodiscard]] bool full() const { return full_; }

 private:
  const Options& options_;
  Findings& findings_;
  RawFinding dropped_;  // what a report returns that is not wanted, or too much
  bool full_ = false;
};

struct CheckSet {
  std::span<const Check* const> checks;
  void (*run)(const Facts& facts, Sink& sink) = nullptr;
};

[[nodiscard]] std::span<const CheckSet* const> catalog();

}  // namespace sluice::checks::docker
