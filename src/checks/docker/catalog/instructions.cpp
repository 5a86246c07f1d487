// Instructions that stand in the wrong place, twice, or in a form that does something else than it looks
// like.
#include <algorithm>
#include <map>

#include "checks/docker/check_row.h"
#include "checks/docker/removals.h"
#include "checks/docker/support.h"
#include "syntax/dockerfile/lex.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_order{.id = "docker.first-instruction-not-from",
                        .title = "The first instruction is not FROM or ARG",
                        .why = "Builders refuse a file whose first instruction is anything else.",
                        .help = "Move it below the FROM.",
                        .severity = Severity::medium,
                        .profile = Profile::normal,
                        .aliases = "hadolint:DL3061"};
constexpr Check k_many_cmd{.id = "docker.several-cmd",
                           .title = "Several CMD in one stage",
                           .why = "Only the last one counts; the others are left-overs or mistakes.",
                           .help = "Keep one CMD.",
                           .severity = Severity::info,
                           .profile = Profile::all,
                           .aliases =
                               "hadolint:DL4003 buildkit:MultipleInstructionsDisallowed trivy:DS-0016 "
                               "kics:multiple_cmd_instructions_listed "
                               "semgrep:multiple-cmd-instructions",
                           .fixable = true};
constexpr Check k_many_entrypoint{
    .id = "docker.several-entrypoint",
    .title = "Several ENTRYPOINT in one stage",
    .why = "Only the last one counts; the others are left-overs or mistakes.",
    .help = "Keep one ENTRYPOINT.",
    .severity = Severity::low,
    .profile = Profile::normal,
    .aliases =
        "hadolint:DL4004 buildkit:MultipleInstructionsDisallowed trivy:DS-0007 "
        "kics:multiple_entrypoint_instructions_listed semgrep:multiple-entrypoint-instructions",
    .fixable = true};
constexpr Check k_many_healthcheck{
    .id = "docker.several-healthcheck",
    .title = "Several HEALTHCHECK in one stage",
    .why = "Only the last one counts; the others are left-overs or mistakes.",
    .help = "Keep one HEALTHCHECK.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL3012 buildkit:MultipleInstructionsDisallowed trivy:DS-0023",
    .fixable = true};
constexpr Check k_no_healthcheck{
    .id = "docker.healthcheck-missing",
    .title = "No HEALTHCHECK",
    .why = "Without one, an engine knows only whether the process lives, not whether it works.",
    .help = "Add HEALTHCHECK CMD [...], or HEALTHCHECK NONE where an orchestrator does it.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases =
        "hadolint:DL3057 trivy:DS-0026 checkov:CKV_DOCKER_2 kics:healthcheck_instruction_missing cis:4.6 "
        "dockle:CIS-DI-0006"};
constexpr Check k_shell_form{
    .id = "docker.command-not-json",
    .title = "CMD, ENTRYPOINT or HEALTHCHECK not in JSON form",
    .why =
        "The shell form puts a shell before the program: signals such as TERM do not reach it, and the "
        "arguments are "
        "read by the shell.",
    .help = "Write [\"program\", \"argument\"].",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases =
        "hadolint:DL3025 buildkit:JSONArgsRecommended kics:not_using_json_in_cmd_and_entrypoint_arguments "
        "semgrep:prefer-json-notation",
    .fixable = true};
constexpr Check k_broken_json{
    .id = "docker.json-not-valid",
    .title = "Looks like a JSON array but is none",
    .why =
        "The builder falls back to the shell form without a word, and the brackets become part of a command.",
    .help = "Use double quotes and commas: [\"a\", \"b\"].",
    .severity = Severity::low,
    .profile = Profile::normal,
    .fixable = true};
constexpr Check k_maintainer{
    .id = "docker.maintainer-deprecated",
    .title = "MAINTAINER is deprecated",
    .why = "It was replaced by labels, which tools can read.",
    .help = "Use LABEL org.opencontainers.image.authors=….",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases =
        "hadolint:DL4000 buildkit:MaintainerDeprecated trivy:DS-0022 checkov:CKV_DOCKER_6 "
        "kics:maintainer_instruction_being_used semgrep:maintainer-is-deprecated",
    .fixable = true};
constexpr Check k_onbuild{
    .id = "docker.onbuild-not-allowed",
    .title = "ONBUILD of an instruction that cannot be a trigger",
    .why =
        "ONBUILD, FROM and MAINTAINER cannot be triggers; the build of the image or of its children fails.",
    .help = "Remove the ONBUILD.",
    .severity = Severity::medium,
    .profile = Profile::normal,
    .aliases = "hadolint:DL3043"};
constexpr Check k_stopsignal{.id = "docker.stopsignal-invalid",
                             .title = "STOPSIGNAL is not a signal, or is one that cannot be handled",
                             .why =
                                 "An unknown signal fails at docker stop; KILL and STOP cannot be caught, so "
                                 "the program cannot end cleanly.",
                             .help = "Use SIGTERM, SIGINT or SIGQUIT.",
                             .severity = Severity::info,
                             .profile = Profile::all};

void count_once(const Facts& facts, Sink& sink, Keyword keyword, const Check& check) {
  for (const Stage& stage : facts.model.stages) {
    const Step* last = nullptr;
    for (std::uint32_t i = stage.first_step; i < stage.last_step; ++i) {
      const Step& step = facts.model.steps[i];
      if (step.instruction->keyword != keyword || step.onbuild) continue;
      if (last != nullptr) {
        RawFinding& finding = sink.report(check, last->outer->keyword_span,
                                          "this " + std::string(df::to_string(keyword)) +
                                              " is overridden by a later one in the same stage");
        // The last one is all that the image keeps.
        if (const auto edit = remove_instruction(facts.source, *last->outer))
          finding.fix = fix_of("leave it out", FixTier::safe, {*edit});
      }
      last = &step;
    }
  }
}

// Words that need no shell: then the JSON form means the same.
std::optional<std::string> as_json(const df::BuildScript& build, std::string_view source) {
  const auto& commands = build.script.commands;
  if (commands.size() != 1 || !build.script.problems.empty() || !build.shell.is_posix()) return std::nullopt;
  const sh::Command& command = commands.front();
  if (!command.assignments.empty() || !command.redirects.empty() || command.negated || command.argv.empty())
    return std::nullopt;
  if (build.script.scopes.size() > 1) return std::nullopt;
  std::string out = "[";
  const auto add = [&](const sh::Word& word) {
    if (word.unknown || !word.expansions.empty()) return false;
    const bool plain = word.span.of(source) == word.text;
    for (const char c : word.text) {
      if (static_cast<unsigned char>(c) < 0x20 ||
          (plain && std::string_view("*?[]{}~#!").find(c) != std::string_view::npos)) {
        return false;
      }
    }
    if (out.size() > 1) out += ", ";
    out += '"';
    for (const char c : word.text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
    return true;
  };
  for (const sh::Word& word : command.wrappers) {
    if (!add(word)) return std::nullopt;
  }
  for (const sh::Word& word : command.argv) {
    if (!add(word)) return std::nullopt;
  }
  // A shell builtin has no program of its own.
  const std::string_view name =
      command.wrappers.empty() ? command.name() : std::string_view(command.wrappers.front().text);
  for (const std::string_view builtin : {"cd", "exec", "export", "source", ".", "set", "ulimit", "umask",
                                         "eval", "exit", "command", "trap", "wait", "time", "type"}) {
    if (name == builtin) return std::nullopt;
  }
  return out + "]";
}

// ENTRYPOINT in shell form takes no CMD, in JSON form it does; and a login shell reads its profile first.
bool same_as_json(const Facts& facts, const Step& step) {
  const Keyword keyword = step.instruction->keyword;
  for (const std::string& word : facts.model.shell_of(step).words) {
    if (word == "-l" || word == "--login" || word == "-i") return false;
  }
  if (keyword == Keyword::healthcheck) return true;
  const Keyword partner = keyword == Keyword::cmd ? Keyword::entrypoint : Keyword::cmd;
  const Stage& own = facts.stage_of(step);
  for (const Step& other : facts.model.steps) {
    if (other.instruction->keyword != partner) continue;
    const auto same_line = [&](const Stage& a, const Stage& b) {
      const auto chain = facts.model.chain_of(a);
      return std::find(chain.begin(), chain.end(), &b) != chain.end();
    };
    const Stage& its = facts.stage_of(other);
    if (same_line(own, its) || same_line(its, own)) return false;
  }
  return true;
}

void check_form(const Facts& facts, Sink& sink, const Step& step) {
  const df::Instruction& instruction = *step.instruction;
  const df::BuildScript* build = facts.model.script_of(step);
  if (instruction.json || build == nullptr) return;
  RawFinding& finding = sink.report(k_shell_form, instruction.arguments_span(),
                                    std::string(df::to_string(instruction.keyword)) + " is in shell form");
  const auto command = instruction.shell_command();
  if (const auto json = as_json(*build, facts.source); json && command) {
    finding.fix =
        fix_of("write it in JSON form", same_as_json(facts, step) ? FixTier::safe : FixTier::suggestion,
               {replace(instruction.line.span(*command), *json)});
  }
}

// ['a', 'b']: what it says is clear, only the quotes are wrong.
std::optional<Fix> double_quotes(Span span, std::string_view source) {
  const std::string_view text = span.of(source);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return std::nullopt;
  std::string out = "[";
  bool inside = false;
  bool item = false;
  for (const char c : text.substr(1, text.size() - 2)) {
    if (c == '\'') {
      if (!inside && item) return std::nullopt;  // two items without a comma
      inside = !inside;
      item = true;
      out += '"';
      continue;
    }
    if (inside ? (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) : (c != ' ' && c != ','))
      return std::nullopt;
    if (!inside && c == ',') {
      if (!item) return std::nullopt;
      item = false;
    }
    out += c;
  }
  if (inside || !item) return std::nullopt;
  return fix_of("use double quotes", FixTier::safe, {replace(span, out + "]")});
}

void check_maintainer(const Facts& facts, Sink& sink, const Step& step) {
  const df::Instruction& instruction = *step.instruction;
  RawFinding& finding = sink.report(k_maintainer, instruction.keyword_span, "MAINTAINER is deprecated");
  if (step.onbuild || instruction.words.empty()) return;
  std::string value = df::unquote(instruction.words.front().text, facts.document.escape);
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == '$') escaped += facts.document.escape;
    escaped += c;
  }
  if (contains(value, "\n")) return;
  finding.fix =
      fix_of("use a label", FixTier::safe,
             {replace(instruction.keyword_span, "LABEL"),
              replace(instruction.arguments_span(), "org.opencontainers.image.authors=\"" + escaped + "\"")});
}

void check_stopsignal(Sink& sink, const Step& step) {
  if (step.words.empty() || step.words.front().unknown) return;
  const std::string signal = lower(step.words.front().text);
  std::string_view name = signal;
  if (name.starts_with("sig")) name.remove_prefix(3);
  constexpr std::string_view known =
      "hup int quit ill trap abrt iot bus fpe usr1 segv usr2 pipe alrm term stkflt chld cont tstp ttin ttou "
      "urg xcpu xfsz "
      "vtalrm prof winch io pwr sys";
  const bool number = !signal.empty() && signal.find_first_not_of("0123456789") == std::string::npos;
  const bool realtime = name.starts_with("rtmin") || name.starts_with("rtmax");
  const Span span = step.instruction->words.front().span;
  if (name == "kill" || name == "stop" || signal == "9" || signal == "19") {
    sink.report(k_stopsignal, span,
                "signal " + quoted(step.words.front().text) + " cannot be handled by the program");
  } else if (number ? (signal.size() > 2 || signal == "0") : (!realtime && !listed(known, name))) {
    sink.report(k_stopsignal, span, quoted(step.words.front().text) + " is no signal");
  }
}

void check_healthchecks(const Facts& facts, Sink& sink) {
  const Model& model = facts.model;
  if (model.fragment) return;
  std::vector<bool> has(model.stages.size());
  for (std::size_t s = 0; s < model.stages.size(); ++s) {
    const Stage& stage = model.stages[s];
    if (stage.from == nullptr) continue;
    has[s] = stage.base.stage != df::k_no_index && has[stage.base.stage];
    for (std::uint32_t i = stage.first_step; i < stage.last_step; ++i) {
      if (model.steps[i].instruction->keyword == Keyword::healthcheck && !model.steps[i].onbuild)
        has[s] = true;
    }
    if (facts.is_leaf(stage) && !has[s])
      sink.report(k_no_healthcheck, stage.from->span, "the image has no HEALTHCHECK");
  }
}

void check_order(const Facts& facts, Sink& sink) {
  if (facts.model.fragment) return;
  for (const df::Instruction& instruction : facts.document.instructions) {
    if (instruction.keyword == Keyword::from) return;
    if (instruction.keyword == Keyword::arg) continue;
    sink.report(k_order, instruction.keyword_span, instruction.name + " stands before the first FROM");
  }
}

void run(const Facts& facts, Sink& sink) {
  count_once(facts, sink, Keyword::cmd, k_many_cmd);
  count_once(facts, sink, Keyword::entrypoint, k_many_entrypoint);
  count_once(facts, sink, Keyword::healthcheck, k_many_healthcheck);
  check_healthchecks(facts, sink);
  check_order(facts, sink);
  for (const Step& step : facts.model.steps) {
    switch (step.instruction->keyword) {
      case Keyword::cmd:
      case Keyword::entrypoint:
      case Keyword::healthcheck:
        check_form(facts, sink, step);
        break;
      case Keyword::maintainer:
        check_maintainer(facts, sink, step);
        break;
      case Keyword::stopsignal:
        check_stopsignal(sink, step);
        break;
      default:
        break;
    }
    if (step.onbuild) {
      const Keyword inner = step.instruction->keyword;
      if (inner == Keyword::onbuild || inner == Keyword::from || inner == Keyword::maintainer) {
        sink.report(k_onbuild, step.instruction->keyword_span,
                    step.instruction->name + " cannot be an ONBUILD trigger");
      }
    }
  }
  for (const df::Problem& problem : facts.document.problems) {
    if (problem.kind == df::ProblemKind::json_fallback) {
      RawFinding& finding = sink.report(k_broken_json, problem.span, problem.message);
      finding.fix = double_quotes(problem.span, facts.source);
    }
  }
}

constexpr const Check* k_checks[] = {
    &k_order,      &k_many_cmd,    &k_many_entrypoint, &k_many_healthcheck, &k_no_healthcheck,
    &k_shell_form, &k_broken_json, &k_maintainer,      &k_onbuild,          &k_stopsignal};

}  // namespace

extern const CheckSet k_instructions{k_checks, run};

}  // namespace sluice::checks::docker
