// sluice version: what this binary is made of, down to the integrity of each grammar and linked archive.
#include <array>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "syntax/language.h"

namespace sluice::cli {
namespace {

struct Library {
  std::string_view name;
  std::string_view package;
  std::string_view version;
  std::string_view integrity;
};

constexpr Library k_libraries[] = {
#include "library_table.inc"
};

std::string json_text() {
  json::Array grammars;
  for (const syntax::Language& language : syntax::languages()) {
    grammars.push_back(json::Object{{"name", language.name},
                                    {"package", language.package},
                                    {"version", language.version},
                                    {"integrity", language.integrity},
                                    {"abi", syntax::abi_version(language)}});
  }
  json::Array libraries{json::Object{{"name", "tree-sitter"},
                                     {"package", "tree-sitter"},
                                     {"version", syntax::core_version()},
                                     {"integrity", syntax::core_integrity()}}};
  for (const Library& library : k_libraries) {
    libraries.push_back(json::Object{{"name", library.name},
                                     {"package", library.package},
                                     {"version", library.version},
                                     {"integrity", library.integrity}});
  }
  return json::write_pretty(json::Object{{"name", "sluice"},
                                         {"version", SLUICE_VERSION},
                                         {"grammars", std::move(grammars)},
                                         {"libraries", std::move(libraries)}});
}

Result<int> run(const Arguments& arguments, Context&) {
  if (arguments.value("format", "text") == "json") {
    SLUICE_CHECK(print(json_text()));
  } else {
    SLUICE_CHECK(print("sluice " SLUICE_VERSION "\n"));
  }
  return k_exit_ok;
}

}  // namespace

Command version_command() {
  return {"version",
          "The version, and with --format json every grammar and library in it",
          "sluice version --format json",
          {{"--format", "FORMAT", "text or json", false, false, {"text", "json"}}},
          run};
}

}  // namespace sluice::cli
