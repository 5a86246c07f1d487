#include "cli/commands.h"

namespace sluice::cli {

std::vector<Command> commands() {
  return {gate_command(),
          scan_command(),
          image_command(),
          test_command(),
          verify_statement_command(),
          verify_bundle_command(),
          key_generate_command(),
          rules_command(),
          explain_command(),
          doctor_command(),
          debug_tree_command(),
          debug_dockerfile_ast_command(),
          debug_config_command(),
          version_command()};
}

}  // namespace sluice::cli
