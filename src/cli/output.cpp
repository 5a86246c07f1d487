#include "cli/output.h"

#include "base/file.h"
#include "report/writer.h"

namespace sluice::cli {
namespace {

struct Target {
  const report::Writer* writer;
  std::string path;
};

std::vector<std::string> writer_names() {
  std::vector<std::string> out;
  for (const report::Writer& writer : report::writers()) out.emplace_back(writer.name);
  return out;
}

Result<std::vector<Target>> targets(const Arguments& arguments) {
  std::vector<Target> out;
  for (const std::string& text : arguments.values("output")) {
    const std::size_t equals = text.find('=');
    const report::Writer* writer = report::find_writer(text.substr(0, equals));
    if (equals == std::string::npos || equals + 1 == text.size() || writer == nullptr) {
      std::string names;
      for (const std::string& name : writer_names()) names += (names.empty() ? "" : ", ") + name;
      return fail(ErrorKind::usage, "cli.output", "--output needs FORMAT=FILE, not \"" + text + "\"",
                  "the formats are " + names);
    }
    out.push_back({writer, text.substr(equals + 1)});
  }
  return out;
}

}  // namespace

std::vector<OptionSpec> report_options() {
  return {
      {"--format", "FORMAT", "what is printed to stdout (default terminal)", false, false, writer_names()},
      {"--output", "FORMAT=FILE", "write a report to a file as well; may be repeated", false, true},
      {"--show-suppressed", "", "list suppressed findings in the terminal report too"}};
}

Status check_report_options(const Arguments& arguments) {
  SLUICE_TRY(targets(arguments));
  return {};
}

Status write_reports(const Report& report, const Arguments& arguments, const Context& context,
                     bool to_stdout) {
  for (const Target& target : SLUICE_TRY(targets(arguments))) {
    SLUICE_CHECK(write_file_atomic(target.path, target.writer->write(report, {})));
  }
  if (!to_stdout) return {};
  const report::Writer* writer = report::find_writer(arguments.value("format", "terminal"));
  return print(writer->write(report, {context.colour, arguments.has("show-suppressed")}));
}

}  // namespace sluice::cli
