// Commands that do not belong into a build step, or do it in a way that hides failures.
#include <algorithm>
#include <map>
#include <set>

#include "checks/docker/check_row.h"
#include "checks/docker/downloads.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_senseless{
    .id = "docker.senseless-command",
    .title = "Command that makes no sense in a build step",
    .why =
        "Interactive, monitoring and mount commands have nothing to act on in a build; the step does not do "
        "what it seems to.",
    .help = "Remove it.",
    .severity = Severity::low,
    .profile = Profile::all,
    .aliases = "hadolint:DL3001 kics:run_command_cd_instead_of_workdir semgrep:nonsensical-command"};
constexpr Check k_cd{
    .id = "docker.cd-instead-of-workdir",
    .title = "cd instead of WORKDIR",
    .why = "cd holds for one RUN only; WORKDIR says the folder once and for all that follows.",
    .help = "Use WORKDIR.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL3003 trivy:DS-0013 kics:run_command_cd_instead_of_workdir semgrep:use-workdir",
    .fixable = true};
constexpr Check k_progress{.id = "docker.wget-progress",
                           .title = "wget without a progress setting",
                           .why = "Its progress bars fill the build log.",
                           .help = "Use wget --progress=dot:giga or -q.",
                           .severity = Severity::info,
                           .profile = Profile::all,
                           .aliases = "hadolint:DL3047",
                           .fixable = true};
constexpr Check k_both{
    .id = "docker.wget-and-curl",
    .title = "wget and curl are both used",
    .why = "One of the two is installed for nothing.",
    .help = "Settle on one.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL4001 trivy:DS-0014 kics:run_using_wget_and_curl semgrep:use-either-wget-or-curl"};
constexpr Check k_ln_shell{
    .id = "docker.shell-replaced-by-link",
    .title = "The shell is replaced by a link",
    .why = "Every script of the image that says /bin/sh then runs in another shell.",
    .help = "Use the SHELL instruction.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL4005 kics:changing_default_shell_using_run_command semgrep:use-shell-instruction"};
constexpr Check k_pipefail{
    .id = "docker.pipe-without-pipefail",
    .title = "Pipe without pipefail",
    .why =
        "Only the last command's status counts: a failed download on the left goes unnoticed, and the build "
        "succeeds.",
    .help =
        "Set SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"], or begin the RUN with set -o pipefail "
        "where sh knows it.",
    .severity = Severity::medium,
    .profile = Profile::normal,
    .aliases = "hadolint:DL4006 kics:run_using_pipe_without_pipefail semgrep:set-pipefail",
    .cwe = "CWE-754",
    .fixable = true};
constexpr Check k_consecutive{.id = "docker.consecutive-run",
                              .title = "RUN behind RUN",
                              .why = "Each makes a layer; what one leaves the next cannot remove.",
                              .help = "Join them with &&, or use a heredoc.",
                              .severity = Severity::info,
                              .profile = Profile::all,
                              .aliases = "hadolint:DL3059 kics:multiple_run_instructions"};
constexpr Check k_heredoc{.id = "docker.heredoc-without-errexit",
                          .title = "Heredoc without set -e",
                          .why =
                              "Lines of a heredoc are not chained by &&: a failed one is passed over, and "
                              "only the last one's status counts.",
                          .help = "Begin it with set -e, or use a shell with -e.",
                          .severity = Severity::medium,
                          .profile = Profile::normal,
                          .cwe = "CWE-754",
                          .fixable = true};

// The stage is built on a distribution whose wget is GNU's, or installs it.
bool has_gnu_wget(const Facts& facts, const RunCommand& run) {
  for (const Stage* stage : facts.model.chain_of(facts.stage_of(*run.step))) {
    for (const PackageCommand& call : facts.packages()) {
      if (&facts.stage_of(*call.run.step) != stage || call.run.command > run.command) continue;
      for (const sh::Word* package : call.packages) {
        if (package->text.substr(0, package->text.find('=')) == "wget") return true;
      }
    }
    const std::string_view base = stage->base.image.base_name();
    if (!contains(stage->base.image.tag, "alpine") &&
        listed("debian ubuntu fedora centos rockylinux almalinux amazonlinux opensuse leap buildpack-deps",
               base))
      return true;
  }
  return false;
}

void check_single(const Facts& facts, Sink& sink, const RunCommand& run) {
  const std::string_view name = run.name();
  const sh::Command& command = *run.command;
  constexpr std::string_view senseless =
      "ssh vim vi nano emacs shutdown reboot halt poweroff service ps free top htop kill killall mount "
      "umount ifconfig less more "
      "systemctl dmesg";
  const bool service_script =
      contains(run.command->argv.empty() ? "" : run.command->argv.front().text, "init.d");
  if (listed(senseless, name) && !service_script && run.step->instruction->keyword == Keyword::run) {
    sink.report(k_senseless, run, command.argv.front().span,
                std::string(name) + " makes no sense in a build step");
  }
  if (name == "cd") {
    RawFinding& finding = sink.report(k_cd, run, command.span, "cd holds for this RUN only");
    if (command.argv.size() == 2)
      finding.fix =
          fix_of("put WORKDIR " + command.argv[1].text + " before the RUN", FixTier::suggestion, {});
  }
  if (name == "wget") {
    bool quiet = false;
    for (const sh::Word& word : command.argv) {
      const std::string_view text = word.text;
      const bool cluster = text.size() > 1 && text[0] == '-' && text[1] != '-';
      quiet = quiet || text.starts_with("--progress") || text.starts_with("--quiet") ||
              text.starts_with("--no-verbose") || text.starts_with("--output-file") ||
              text.starts_with("--append-output") || text == "--version" || text == "--help" ||
              text == "--spider";
      if (!cluster) continue;
      const std::string_view letters = text.substr(1);
      quiet = quiet || contains(letters.substr(0, letters.find_first_of("OPUTtei")), "q") ||
              letters.starts_with("nv") || contains(letters, "nv") || letters[0] == 'o' || letters[0] == 'a';
    }
    if (!quiet) {
      RawFinding& finding =
          sink.report(k_progress, run, command.argv.front().span, "wget draws its progress into the log");
      if (is_plain(facts.source, command.argv.front())) {
        // busybox's wget refuses the option.
        finding.fix =
            fix_of("add --progress=dot:giga", has_gnu_wget(facts, run) ? FixTier::safe : FixTier::suggestion,
                   {insert_at(command.argv.front().span.end, " --progress=dot:giga")});
      }
    }
  }
  if (name == "ln" && command.argv.size() > 2) {
    const std::string& target = command.argv.back().text;
    if (target == "/bin/sh" || target == "/usr/bin/sh")
      sink.report(k_ln_shell, run, command.span, "/bin/sh is replaced by a link");
  }
}

void check_downloaders(const Facts& facts, Sink& sink) {
  struct Seen {
    bool wget = false, curl = false, reported = false;
  };
  std::map<std::uint32_t, Seen> stages;
  for (const RunCommand& run : facts.commands()) {
    const bool wget = run.name() == "wget";
    if (!wget && run.name() != "curl") continue;
    Seen& seen = stages[run.step->stage];
    (wget ? seen.wget : seen.curl) = true;
    if (seen.wget && seen.curl && !seen.reported) {
      seen.reported = true;
      sink.report(k_both, run, run.command->argv.front().span, "this stage uses both wget and curl");
    }
  }
}

// `set -e`, `set -o pipefail`, `set -euo pipefail` as a command of the script.
bool sets_option(const df::BuildScript& build, std::string_view name, char letter) {
  for (const sh::Command& command : build.script.commands) {
    if (command.name() != "set") continue;
    for (std::size_t i = 1; i < command.argv.size(); ++i) {
      const std::string_view text = command.argv[i].text;
      if (text == name) return true;
      if (letter != '\0' && text.size() > 1 && text[0] == '-' && text[1] != '-' &&
          contains(text, std::string(1, letter)))
        return true;
    }
  }
  return false;
}

// The options of a `bash -o pipefail -c "…"` around the command.
bool nested_with_pipefail(const df::BuildScript& build, const sh::Command& command) {
  for (std::uint32_t at = command.scope; at != sh::k_none; at = build.script.scopes[at].parent) {
    const sh::Scope& scope = build.script.scopes[at];
    if (scope.kind != sh::ScopeKind::shell_text || scope.owner == sh::k_none) continue;
    for (const sh::Word& word : build.script.commands[scope.owner].argv) {
      if (word.is("pipefail")) return true;
    }
  }
  return false;
}

// All that feeds the pipe only prints.
bool cannot_fail(const df::BuildScript& build, const sh::Command& command) {
  for (const sh::Command* other : build.script.upstream(command)) {
    if (!listed("echo printf yes true :", other->name())) return false;
  }
  return true;
}

// A download that is run: a finding of its own, beside which this one is of little weight.
bool is_run_download(const RunCommand& run) {
  if (!runs_stdin(*run.command)) return false;
  for (const sh::Command* other : run.script().upstream(*run.command)) {
    if (as_download({run.step, run.build, other})) return true;
  }
  return false;
}

// The commands that read a pipe: simple ones, and the first one of each compound.
std::vector<const sh::Command*> pipe_readers(const df::BuildScript& build) {
  std::vector<const sh::Command*> readers;
  for (const sh::Command& command : build.script.commands) {
    if (command.stage.index > 0) readers.push_back(&command);
  }
  for (const sh::Scope& scope : build.script.scopes) {
    if (scope.stage.index > 0 && scope.first < build.script.commands.size())
      readers.push_back(&build.script.commands[scope.first]);
  }
  std::sort(readers.begin(), readers.end());
  return readers;
}

void check_pipes(const Facts& facts, Sink& sink, const Step& step) {
  const df::BuildScript* build = facts.model.script_of(step);
  if (build == nullptr || build->opaque || !build->shell.is_posix()) return;
  // "sh -o pipefail" fails in dash: only bash, zsh and busybox's ash know it.
  const bool knows =
      build->shell.kind == df::ShellKind::bash || build->shell.name == "ash" || build->shell.name == "ksh";
  if (!build->exec && build->shell.pipefail && knows) return;
  if (sets_option(*build, "pipefail", '\0')) return;
  const sh::Command* quiet = nullptr;  // a pipe of little weight
  for (const sh::Command* command : pipe_readers(*build)) {
    if (nested_with_pipefail(*build, *command) || (build->exec && command->scope == 0)) continue;
    if (command->stage.index > 0 && build->script.inside(*command, sh::ScopeKind::condition))
      continue;  // its status is asked for
    const RunCommand run{&step, build, command};
    const bool harmless = cannot_fail(*build, *command);
    if (harmless || is_run_download(run)) {
      if (quiet == nullptr || !harmless) quiet = command;
      continue;
    }
    RawFinding& finding =
        sink.report(k_pipefail, run, command->span, "a failure to the left of this pipe goes unnoticed");
    // A shell that is stated to be bash knows the option; dash would fail on it.
    const bool set_here = knows && !build->exec && !build->heredoc && build->shell.stated && !step.onbuild;
    if (const auto text = step.instruction->shell_command(); set_here && text) {
      finding.fix = fix_of("begin with set -o pipefail", FixTier::safe,
                           {insert_at(step.instruction->line.span(*text).begin, "set -o pipefail && ")});
    }
    return;  // one a RUN
  }
  if (quiet == nullptr) return;
  RawFinding& finding = sink.report(k_pipefail, RunCommand{&step, build, quiet}, quiet->span,
                                    "a failure to the left of this pipe goes unnoticed");
  finding.severity = Severity::low;
  finding.all_profile_only = true;
}

// Heredoc scripts of several commands whose failures do not end them.
void check_heredoc(const Facts& facts, Sink& sink, const Step& step) {
  const df::BuildScript* build = facts.model.script_of(step);
  if (build == nullptr || !build->heredoc || build->opaque || !build->shell.is_posix() ||
      build->shell.errexit)
    return;
  if (sets_option(*build, "errexit", 'e')) return;
  std::size_t unchecked = 0;
  for (const sh::Command& command : build->script.commands) {
    const bool failing =
        !command.argv.empty() && !listed("set export echo : true unset shopt", command.name());
    if (command.scope == 0 && failing && command.stage.index == 0) ++unchecked;
  }
  bool chained = true;
  for (const sh::Command& command : build->script.commands) {
    if (command.scope == 0 && command.next == sh::Join::sequence &&
        &command != &build->script.commands.back() && !command.argv.empty()) {
      chained = false;
    }
  }
  if (unchecked < 2 || chained) return;
  RawFinding& finding =
      sink.report(k_heredoc, step.outer->keyword_span, "a failing line of this heredoc is passed over");
  const bool shebang = build->span.of(facts.source).starts_with("#!");
  // A shell reads the carriage return of "set -e\r\n" as a part of the option.
  if (!shebang && !contains(build->span.of(facts.source), "\r"))
    finding.fix = fix_of("begin with set -e", FixTier::safe, {insert_at(build->span.begin, "set -e\n")});
}

bool single_command(const df::BuildScript& build) {
  std::size_t commands = 0;
  for (const sh::Command& command : build.script.commands) {
    if (!build.script.inside(command, sh::ScopeKind::shell_text)) ++commands;
  }
  return commands <= 1 && !build.heredoc;
}

void check_consecutive(const Facts& facts, Sink& sink) {
  const Step* last = nullptr;
  for (const Step& step : facts.model.steps) {
    const bool is_run = step.instruction->keyword == Keyword::run;
    if (is_run && last != nullptr && last->stage == step.stage && last->onbuild == step.onbuild) {
      const df::BuildScript* before = facts.model.script_of(*last);
      const df::BuildScript* now = facts.model.script_of(step);
      bool same_flags = last->instruction->flags.size() == step.instruction->flags.size();
      for (std::size_t i = 0; same_flags && i < step.instruction->flags.size(); ++i) {
        same_flags = last->instruction->flags[i].text == step.instruction->flags[i].text;
      }
      const bool same_user = last->user == step.user;
      if (before != nullptr && now != nullptr && same_flags && same_user && single_command(*before) &&
          single_command(*now)) {
        sink.report(k_consecutive, step.outer->keyword_span, "this RUN can be joined with the one before");
      }
    }
    last = is_run ? &step : nullptr;
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const RunCommand& run : facts.commands()) check_single(facts, sink, run);
  check_downloaders(facts, sink);
  check_consecutive(facts, sink);
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword != Keyword::run) continue;
    check_pipes(facts, sink, step);
    check_heredoc(facts, sink, step);
  }
}

constexpr const Check* k_checks[] = {&k_senseless, &k_cd,       &k_progress,    &k_both,
                                     &k_ln_shell,  &k_pipefail, &k_consecutive, &k_heredoc};

}  // namespace

extern const CheckSet k_commands{k_checks, run};

}  // namespace sluice::checks::docker
