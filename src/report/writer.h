// Writers: pure functions from a Report to a text. The table is the list of what --format takes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sluice/report.h"

namespace sluice::report {

struct WriterOptions {
  bool colour = false;           // terminal only
  bool show_suppressed = false;  // terminal only: list suppressed findings too (they are always counted)
};

struct Writer {
  std::string_view name;
  std::string_view summary;
  std::string (*write)(const Report& report, const WriterOptions& options);
};

[[nodiscard]] std::span<const Writer> writers();
[[nodiscard]] const Writer* find_writer(std::string_view name);  // null if there is none of that name

[[nodiscard]] std::string write_terminal(const Report& report, const WriterOptions& options);
[[nodiscard]] std::string write_json(const Report& report, const WriterOptions& options);  // sluice.report/v1
[[nodiscard]] std::string write_sarif(const Report& report, const WriterOptions& options);  // SARIF 2.1.0
[[nodiscard]] std::string write_github(const Report& report,
                                       const WriterOptions& options);  // workflow commands
[[nodiscard]] std::string write_markdown(const Report& report,
                                         const WriterOptions& options);  // job summaries
[[nodiscard]] std::string write_junit(const Report& report, const WriterOptions& options);
[[nodiscard]] std::string write_gitlab(const Report& report,
                                       const WriterOptions& options);  // code quality report

}  // namespace sluice::report
