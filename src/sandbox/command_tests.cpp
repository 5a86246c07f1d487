#include "sandbox/command_tests.h"

#include <signal.h>

#include <algorithm>
#include <array>

#include "sandbox/expand_variables.h"
#include "sandbox/static_tests.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr int k_signal_base = 128;             // of the exit code by which shells and engines tell a signal
constexpr std::size_t k_excerpt_bytes = 4096;  // of each stream, from its start
constexpr std::size_t k_kept_bytes =
    1u << 20;  // of each stream, from either end: what patterns are matched against
constexpr std::size_t k_named_names = 8;  // in a message

// What $NAME in a container-structure-test command is of, and what its container has before the test's own
// variables: those of the image and of the file. Upstream commits an image after each setup command, so that
// the variables which these had, expanded, stay.
EnvList base_env(const CommandTest& test, bool setup, const CommandContext& context) {
  const EnvList outer = with_globals(env_of(context.config), test.global_env.get());
  EnvList env = outer;
  if (test.expand && (setup || !test.setup.empty())) {
    for (const auto& [name, value] : test.env) set_variable(env, name, expand_variables(value, outer));
  }
  return env;
}

// The image's variables, then the file's, then the test's own. Of container-structure-test: variables that
// are copied from the host (or come from a file of it) replace the test's own, which are not expanded.
EnvList env_for(const CommandTest& test, bool setup, const CommandContext& context) {
  const RunSettings& run = context.spec.run;
  EnvList env = base_env(test, setup, context);
  for (const auto& [name, value] : run.env) {
    if (!setup || !test.expand) set_variable(env, name, value);
  }
  if (run.host_env && !run.host_env->empty() && !setup) {
    for (const std::string& name : *run.host_env) {
      const auto found = context.environment.find(name);
      if (found != context.environment.end()) set_variable(env, name, found->second);
    }
    return env;
  }
  if ((run.env_replaces && !setup) || (setup && test.expand)) return env;
  for (const auto& [name, value] : test.env) set_variable(env, name, value);
  return env;
}

// A variable that containerRunOptions takes from us and that is not there, or empty; upstream's engine
// refuses such a container.
std::string missing_from_host(const CommandContext& context) {
  const auto& names = context.spec.run.host_env;
  if (!names) return {};
  for (const std::string& name : *names) {
    const auto found = context.environment.find(name);
    if (found == context.environment.end() || found->second.empty()) return name;
  }
  return {};
}

std::vector<std::string> argv_for(const CommandTest& test, const CommandContext& context) {
  std::vector<std::string> argv = test.command;
  if (test.entrypoint) {
    const RunSettings& run = context.spec.run;
    argv = run.entrypoint ? *run.entrypoint : context.config.entrypoint.value_or(std::vector<std::string>{});
    // As engines do: naming another entrypoint drops the image's command.
    const bool own_entrypoint = run.entrypoint && !run.entrypoint->empty();
    std::vector<std::string> args =
        own_entrypoint ? std::vector<std::string>{} : context.config.cmd.value_or(std::vector<std::string>{});
    if (run.args) args = *run.args;
    if (test.args) args = *test.args;
    argv.insert(argv.end(), args.begin(), args.end());
  }
  if (test.expand) {
    const EnvList env = base_env(test, false, context);
    for (std::string& word : argv) word = expand_variables(word, env);
  }
  return argv;
}

std::string seconds(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  if (time.count() % 1000 != 0)
    text = std::to_string(time.count()) + " ms";
  else
    text += " s";
  return text;
}

void judge_end(const CommandTest& test, const RunSpec& spec, const RunResult& result, Verdicts& verdicts) {
  if (result.out_of_memory) {
    verdicts.fail("ran out of memory (limit " + std::to_string(spec.limits.memory_bytes >> 20) + " MiB)");
  }
  if (test.stays_up) {
    if (result.timed_out) return;
    verdicts.fail("did not stay up for " + seconds(*test.stays_up) + ": " +
                  (result.signal != 0 ? "ended by signal " + std::to_string(result.signal)
                                      : "exit code " + std::to_string(result.exit_code)));
    return;
  }
  if (result.timed_out) {
    verdicts.fail("did not end within " + seconds(spec.limits.time) +
                  (result.killed ? ", ignored the stop signal and was killed" : ""));
  } else if (result.signal != 0 && test.exit_code != k_signal_base + result.signal) {
    verdicts.fail("ended by signal " + std::to_string(result.signal));
  } else if (result.signal == 0 && result.exit_code != test.exit_code) {
    verdicts.fail("exit code " + std::to_string(result.exit_code) + ", not " +
                  std::to_string(test.exit_code));
  }
  if (result.pids_exhausted && !verdicts.clean()) {
    verdicts.fail("reached the limit of " + std::to_string(spec.limits.pids) + " processes");
  }
}

// Why a program failed in a private network is often a name that the file forgot.
std::string unanswered_text(const RunResult& result) {
  std::string text = "looked up names that run.dns does not have: ";
  for (std::size_t i = 0; i < result.unanswered.size() && i < k_named_names; ++i) {
    text += (i == 0 ? "" : ", ") + quoted(result.unanswered[i]);
  }
  if (result.unanswered.size() > k_named_names) text += ", …";
  return text;
}

std::string excerpt(const Captured& captured) {
  std::string text = captured.head.substr(0, k_excerpt_bytes);
  if (captured.total_bytes > text.size()) {
    text += "\n[" + std::to_string(captured.total_bytes - text.size()) + " more bytes]\n";
  }
  return text;
}

void judge_result(const CommandTest& test, const RunSpec& spec, const RunResult& result,
                  const CommandContext& context, CommandOutcome& out) {
  Verdicts verdicts;
  if (result.fault != StartFault::started) {
    verdicts.fail(result.fault_message);
  } else {
    judge_end(test, spec, result, verdicts);
    check_text(test.out, "stdout", result.out, context.matcher, verdicts);
    check_text(test.err, "stderr", result.err, context.matcher, verdicts);
  }
  if (!verdicts.clean() && !result.unanswered.empty()) verdicts.fail(unanswered_text(result));
  if (!verdicts.clean() && result.network_refused) {
    verdicts.error("it failed where no network of its own can be had, so that the machine may be why");
  }
  out.outcome = verdicts.outcome();
  out.output = excerpt(result.out) + excerpt(result.err);
}

// An error of ours or of the machine, or the image's own fault?
Outcome outcome_of(const Error& error) {
  const bool image_fault = error.kind == ErrorKind::invalid;
  return {image_fault ? TestStatus::failed : TestStatus::error, error.message};
}

// Setup or teardown commands. In our form one that fails fails the test; with container-structure-test only
// one that cannot be started or does not end does, as upstream has it. An engine that cannot run them is
// returned.
Result<Outcome> run_around(const std::vector<std::vector<std::string>>& commands, std::string_view when,
                           const CommandTest& test, const CommandContext& context, const PreparedImage& image,
                           std::vector<std::string>& missing) {
  RunSpec spec = run_spec(test, context);
  spec.env = env_for(test, true, context);
  Verdicts verdicts;
  for (const std::vector<std::string>& command : commands) {
    spec.argv = command;
    const RunResult result = SLUICE_TRY(run(context.engine, image, spec));
    context.note(spec, result);
    missing.insert(missing.end(), result.limits_missing.begin(), result.limits_missing.end());
    const bool ran = test.expand && result.fault == StartFault::started && !result.timed_out;
    if (ran || result.ok()) continue;
    verdicts.fail(std::string(when) + " " + quoted(command[0]) + ": " +
                  (result.fault != StartFault::started ? result.fault_message
                   : result.timed_out                  ? "did not end in time"
                   : result.signal != 0                ? "ended by signal " + std::to_string(result.signal)
                                                       : "exit code " + std::to_string(result.exit_code)));
    if (when == "setup") break;
  }
  return verdicts.outcome();
}

}  // namespace

std::optional<int> signal_number(std::string_view name) {
  struct Name {
    std::string_view text;
    int number;
  };
  constexpr auto names = std::to_array<Name>({{"HUP", SIGHUP},
                                              {"INT", SIGINT},
                                              {"QUIT", SIGQUIT},
                                              {"ABRT", SIGABRT},
                                              {"KILL", SIGKILL},
                                              {"USR1", SIGUSR1},
                                              {"USR2", SIGUSR2},
                                              {"ALRM", SIGALRM},
                                              {"TERM", SIGTERM},
                                              {"CONT", SIGCONT},
                                              {"STOP", SIGSTOP},
                                              {"WINCH", SIGWINCH},
                                              {"PWR", SIGPWR}});
  if (name.empty()) return SIGTERM;
  if (const auto number = parse_u32(name); number && *number > 0 && *number < 65)
    return static_cast<int>(*number);
  if (name.starts_with("SIG")) name.remove_prefix(3);
  if (name.starts_with("RTMIN+")) {
    const auto offset = parse_u32(name.substr(6));
    if (offset && *offset <= 30) return 34 + static_cast<int>(*offset);
    return std::nullopt;
  }
  for (const Name& known : names) {
    if (known.text == name) return known.number;
  }
  return std::nullopt;
}

RunSpec run_spec(const CommandTest& test, const CommandContext& context) {
  const RunSettings& run = context.spec.run;
  RunSpec spec;
  spec.argv = argv_for(test, context);
  spec.env = env_for(test, false, context);
  spec.engine_env = context.spec.structure_test || context.spec.goss;
  spec.user = test.user ? *test.user : run.user ? *run.user : context.config.user;
  spec.workdir = test.workdir ? *test.workdir : run.workdir ? *run.workdir : context.config.working_dir;
  spec.network = run.network;
  spec.dns = run.dns;
  spec.network_required = !context.spec.structure_test;  // such a file says nothing of a network
  spec.read_only = run.read_only;
  spec.tmpfs = run.tmpfs;
  spec.limits = run.limits;
  spec.capabilities = run.capabilities;
  spec.observe = run.observe;
  spec.syscalls = run.syscalls;
  if (test.timeout) spec.limits.time = *test.timeout;
  if (test.stays_up) spec.limits.time = *test.stays_up;
  spec.stop_signal = signal_number(context.config.stop_signal).value_or(SIGTERM);
  spec.head_bytes = k_kept_bytes;
  spec.tail_bytes = k_kept_bytes;
  return spec;
}

Result<CommandOutcome> judge(const CommandTest& test, const CommandContext& context) {
  CommandOutcome out;
  if (!context.spec.run.refusal.empty()) {
    out.outcome = {TestStatus::error, context.spec.run.refusal};
    return out;
  }
  if (const std::string name = missing_from_host(context); !name.empty()) {
    out.outcome = {TestStatus::failed, "the variable " + name + " that the file takes from here is not set"};
    return out;
  }
  const RunSpec spec = run_spec(test, context);
  if (spec.argv.empty()) {
    out.outcome = {TestStatus::failed, "the image has neither entrypoint nor command"};
    return out;
  }
  std::shared_ptr<PreparedImage> image = context.image;
  const auto give_up = [&](const Error& error) -> Result<CommandOutcome> {
    if (error.code == "sandbox.cancelled") return tl::unexpected(error);
    out.outcome = outcome_of(error);
    return out;
  };
  const bool session_needed = !test.setup.empty() || !test.teardown.empty();
  if (session_needed) {
    auto session = context.engine.session(image);
    if (!session) return give_up(session.error());
    image = std::move(*session);
    auto done = run_around(test.setup, "setup", test, context, *image, out.limits_missing);
    if (!done) return give_up(done.error());
    if (done->status != TestStatus::passed) {
      out.outcome = std::move(*done);
      return out;
    }
  }
  const auto result = run(context.engine, *image, spec);
  if (!result) return give_up(result.error());
  context.note(spec, *result);
  out.limits_missing.insert(out.limits_missing.end(), result->limits_missing.begin(),
                            result->limits_missing.end());
  judge_result(test, spec, *result, context, out);
  if (session_needed) {
    auto done = run_around(test.teardown, "teardown", test, context, *image, out.limits_missing);
    if (!done) return give_up(done.error());
    if (out.outcome.status == TestStatus::passed) out.outcome = std::move(*done);
  }
  return out;
}

}  // namespace sluice::sandbox
