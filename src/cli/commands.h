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
[[nodiscard]] Command run_command();
[[nodiscard]] std::vector<Command> attest_make_commands();
[[nodiscard]] Command log_verify_command();
[[nodiscard]] Command log_show_command();
[[nodiscard]] Command log_prove_command();
[[nodiscard]] Command log_checkpoint_command();
[[nodiscard]] Command attest_push_command();
[[nodiscard]] Command attest_pull_command();
[[nodiscard]] Command attest_list_command();
[[nodiscard]] Command attest_tree_command();
[[nodiscard]] Command debug_push_image_command();
[[nodiscard]] Command verify_statement_command();
[[nodiscard]] Command verify_bundle_command();
[[nodiscard]] Command verify_image_command();
[[nodiscard]] Command verify_chain_command();
[[nodiscard]] Command key_generate_command();
[[nodiscard]] Command key_public_command();
[[nodiscard]] Command key_import_command();
[[nodiscard]] Command key_add_command();
[[nodiscard]] Command key_list_command();
[[nodiscard]] Command key_revoke_command();
[[nodiscard]] Command key_rotate_command();
[[nodiscard]] Command key_resign_command();
[[nodiscard]] Command key_authority_command();
[[nodiscard]] Command key_certify_command();
[[nodiscard]] Command verify_commit_command();
[[nodiscard]] Command rules_command();
[[nodiscard]] Command explain_command();
[[nodiscard]] Command doctor_command();
[[nodiscard]] Command debug_tree_command();
[[nodiscard]] Command debug_dockerfile_ast_command();
[[nodiscard]] Command debug_config_command();
[[nodiscard]] Command debug_schema_command();
[[nodiscard]] Command version_command();

}  // namespace sluice::cli
