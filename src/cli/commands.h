// The table of commands; each stands in a file of its own, command_<name>.cpp.
#pragma once

#include <vector>

#include "cli/arguments.h"

namespace sluice::cli {

[[nodiscard]] std::vector<Command> commands();

[[nodiscard]] Command gate_command();
[[nodiscard]] Command scan_command();
[[nodiscard]] Command image_command();
[[nodiscard]] Command test_command();
[[nodiscard]] Command attest_provenance_command();
[[nodiscard]] Command verify_statement_command();
[[nodiscard]] Command verify_bundle_command();
[[nodiscard]] Command key_generate_command();
[[nodiscard]] Command rules_command();
[[nodiscard]] Command explain_command();
[[nodiscard]] Command doctor_command();
[[nodiscard]] Command debug_tree_command();
[[nodiscard]] Command debug_dockerfile_ast_command();
[[nodiscard]] Command debug_config_command();
[[nodiscard]] Command debug_schema_command();
[[nodiscard]] Command debug_make_image_command();
[[nodiscard]] Command version_command();

}  // namespace sluice::cli
