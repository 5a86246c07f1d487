// ShellCheck as an adapter: an installed `shellcheck` is run over the RUN bodies of the Dockerfiles, as the
// shell of the image would read them, and what it says comes back as findings at the exact bytes of the
// Dockerfile.
//
// The Dockerfile is taken apart in a confined worker as ever; ShellCheck itself is started by the parent,
// since workers may start nothing. It gets an empty environment, no configuration file, a folder of our own
// with one file a body, a deadline and bounded output. What it says is believed as little as a worker.
// Whatever goes wrong (not installed, too slow, an answer that makes no sense) is a `failed` coverage entry
// of analyser "shellcheck" for the file, never silence.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "scan/scan_run.h"
#include "scan/shell_bodies.h"

namespace sluice::scan {

inline constexpr std::string_view k_shellcheck_analyser = "shellcheck";

// Codes that say nothing about a RUN body:
//   SC1090 SC1091  a sourced file is not there: it is in the image
//   SC1128 SC2148 SC2187 SC2239  about the shebang, which is ours
inline constexpr std::string_view k_shellcheck_excluded = "SC1090,SC1091,SC1128,SC2148,SC2187,SC2239";

// The text that ShellCheck is given for a body, and the way back from its lines and columns.
class ShellcheckScript {
 public:
  ShellcheckScript(const ShellBody& body, std::string_view file);
  [[nodiscard]] const std::string& text() const { return text_; }
  // Lines and columns from 1, columns in code points. Nothing for a place in the lines that we put before the
  // body.
  [[nodiscard]] std::optional<Span> span(std::uint64_t line, std::uint64_t column, std::uint64_t end_line,
                                         std::uint64_t end_column) const;

 private:
  [[nodiscard]] std::optional<std::uint32_t> offset(std::uint64_t line, std::uint64_t column) const;
  std::string text_;
  std::size_t body_at_ = 0;               // where the body begins in text_
  std::vector<std::uint32_t> from_;       // for each byte of the body: its place in the file
  std::vector<std::size_t> line_starts_;  // in text_
};

// What ShellCheck said, as findings of rules "shellcheck.SCnnnn". `answer` is its JSON (format json1); file
// names in it are indices of `scripts`. Code: scan.shellcheck (not what it should be).
[[nodiscard]] Result<checks::Findings> read_shellcheck(std::string_view answer,
                                                       const std::vector<ShellcheckScript>& scripts);

// Runs it over the Dockerfiles of a scan. Adds findings to `slots` (parallel to prepared.tasks) except those
// that one of our own checks reports at the same place, and to `out` coverage and the rules that occurred.
[[nodiscard]] Status run_shellcheck(const Prepared& prepared, const Options& options,
                                    std::vector<std::vector<Assembled>>& slots, Output& out);

}  // namespace sluice::scan
