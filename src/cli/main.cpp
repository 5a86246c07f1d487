// main is a list: parse, run, print what went wrong, exit.
#include <unistd.h>

#include <csignal>
#include <exception>
#include <string>

#include "cli/commands.h"
#include "cli/context.h"

namespace {

using namespace sluice;

int run(int argc, char** argv) {
  // A reader that goes away must be an error we see, not a silent death.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<cli::Command> commands = cli::commands();
  const cli::Invocation invocation = cli::parse_arguments(commands, argc, argv);
  if (invocation.command == nullptr) {
    if (invocation.text_is_error) {
      cli::print_error(invocation.text);
    } else if (!cli::print(invocation.text)) {
      return cli::k_exit_failed;
    }
    return invocation.exit_status;
  }

  const SystemClock clock;
  cli::Context context{current_environment(), clock, isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1,
                       false};
  context.colour = context.stdout_is_terminal && !context.environment.contains("NO_COLOR");
  const Result<int> status = invocation.command->run(invocation.arguments, context);
  if (status) return *status;
  cli::print_error(to_string(status.error()));
  return cli::exit_status(status.error());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    cli::print_error(
        std::string("error: internal: ") + problem.what() +
        " [internal]\n  hint: this is a fault of sluice; please report it with the command line");
  } catch (...) {
    cli::print_error("error: internal: unknown exception [internal]");
  }
  return cli::k_exit_internal;
}
