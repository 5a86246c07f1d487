// Where reports go: --format picks the writer for stdout, --output FORMAT=FILE (repeatable) writes files.
#pragma once

#include <vector>

#include "cli/context.h"
#include "sluice/report.h"

namespace sluice::cli {

[[nodiscard]] std::vector<OptionSpec> report_options();

// Checks the options before any work is done: a misspelt format must not cost a whole run.
[[nodiscard]] Status check_report_options(const Arguments& arguments);

// `to_stdout` false: only the files of --output, since stdout holds something else.
[[nodiscard]] Status write_reports(const Report& report, const Arguments& arguments, const Context& context,
                                   bool to_stdout = true);

}  // namespace sluice::cli
