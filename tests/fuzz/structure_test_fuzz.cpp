// container-structure-test files, read as YAML and as JSON: no crash; what parses is of that form and its
// tests can be judged on an image without files.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "sandbox/expand_variables.h"
#include "sandbox/test_spec.h"

using namespace sluice::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view name : {"t.yaml", "t.json"}) {
    const auto spec = parse_test_spec(text, name);
    if (!spec) {
      if (spec.error().code.empty()) std::abort();
      continue;
    }
    if (!spec->structure_test) continue;
    for (const Test& test : spec->tests) {
      const auto* command = std::get_if<CommandTest>(&test.body);
      const auto* file = std::get_if<FileTest>(&test.body);
      const auto* globals = command != nullptr ? command->global_env.get() : nullptr;
      if (file != nullptr && file->expand) globals = file->global_env.get();
      const EnvList env = with_globals({{"A", "$A"}}, globals);
      if (env.empty()) std::abort();
      if (command != nullptr && (!command->expand || command->command.empty())) std::abort();
      if (file != nullptr && file->path.empty()) std::abort();
    }
  }
  RunSettings run;
  static_cast<void>(apply_env_file(run, text));
  for (const auto& [name, value] : run.env) {
    if (name.empty() || value.empty()) std::abort();
  }
  return 0;
}
