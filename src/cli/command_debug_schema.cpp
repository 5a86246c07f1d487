// sluice debug schema: the JSON Schema of each file format that is ours. The schemas are the files of
// docs/formats/schemas, embedded; tests/e2e/schema_test.sh holds real outputs against them.
#include "base/decode.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "embedded/schemas.h"

namespace sluice::cli {
namespace {

std::string_view name_of(const embedded::File& file) {
  return file.path.substr(0, file.path.rfind('.'));
}

Result<int> run(const Arguments& arguments, Context&) {
  const std::string wanted = arguments.value("NAME");
  std::vector<std::string> names;
  for (const embedded::File& file : embedded::schemas()) {
    if (!wanted.empty() && name_of(file) == wanted) {
      SLUICE_CHECK(print(file.bytes));
      return k_exit_ok;
    }
    names.emplace_back(name_of(file));
  }
  std::string list;
  for (const std::string& name : names) list += name + "\n";
  if (wanted.empty()) {
    SLUICE_CHECK(print(list));
    return k_exit_ok;
  }
  const std::string nearest = decode::nearest(wanted, names);
  return fail(ErrorKind::usage, "cli.schema", "there is no schema \"" + wanted + "\"",
              nearest.empty() ? "`sluice debug schema` lists them" : "the nearest is \"" + nearest + "\"");
}

}  // namespace

Command debug_schema_command() {
  return {"debug schema",
          "Print the JSON Schema of a file format; without NAME list them",
          "sluice debug schema report",
          {{"NAME", "NAME", "the format: report, config, scan, provenance, …"}},
          run};
}

}  // namespace sluice::cli
