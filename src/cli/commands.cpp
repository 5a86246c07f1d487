#include "cli/commands.h"

namespace sluice::cli {

std::vector<Command> commands() {
  std::vector<Command> out{gate_command(),
                           scan_command(),
                           image_command(),
                           test_command(),
                           run_command(),
                           log_verify_command(),
                           log_show_command(),
                           log_prove_command(),
                           log_checkpoint_command(),
                           attest_push_command(),
                           attest_pull_command(),
                           attest_list_command(),
                           attest_tree_command(),
                           debug_push_image_command(),
                           verify_statement_command(),
                           verify_bundle_command(),
                           verify_image_command(),
                           verify_chain_command(),
                           verify_commit_command(),
                           key_generate_command(),
                           key_public_command(),
                           key_import_command(),
                           key_add_command(),
                           key_list_command(),
                           key_revoke_command(),
                           key_rotate_command(),
                           key_resign_command(),
                           key_authority_command(),
                           key_certify_command(),
                           rules_command(),
                           explain_command(),
                           doctor_command(),
                           debug_tree_command(),
                           debug_dockerfile_ast_command(),
                           debug_config_command(),
                           debug_schema_command(),
                           version_command()};
  for (Command& command : attest_make_commands()) out.push_back(std::move(command));
  return out;
}

}  // namespace sluice::cli
