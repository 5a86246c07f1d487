// Variables of the Dockerfile: undefined ones, and build arguments that reach places where they can do harm.
#include <set>

#include "checks/docker/check_row.h"
#include "checks/docker/downloads.h"
#include "checks/docker/support.h"
#include "syntax/dockerfile/lex.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_self{.id = "docker.env-refers-to-itself",
                       .title = "ENV uses a variable of the same statement",
                       .why =
                           "All values of one ENV are read before any of them is set: the reference is to "
                           "the old value, or to nothing.",
                       .help = "Use two ENV instructions.",
                       .severity = Severity::low,
                       .profile = Profile::normal,
                       .aliases = "hadolint:DL3044"};
constexpr Check k_undefined{.id = "docker.variable-undefined",
                            .title = "Undefined variable",
                            .why = "It becomes nothing, unless the base image defines it.",
                            .help = "Declare it by ARG or ENV in this stage.",
                            .severity = Severity::low,
                            .confidence = Confidence::low,
                            .profile = Profile::all,
                            .aliases = "buildkit:UndefinedVar"};
constexpr Check k_eval{
    .id = "docker.argument-evaluated",
    .title = "A build argument is run as shell text",
    .why =
        "Who sets the argument, perhaps a pipeline variable or the title of a pull request, runs commands in "
        "the build.",
    .help = "Do not eval it; pass it as an environment variable to a program and quote it.",
    .severity = Severity::high,
    .profile = Profile::normal,
    .cwe = "CWE-78"};
constexpr Check k_program{.id = "docker.argument-as-program",
                          .title = "A build argument names the program to run",
                          .why = "Who sets the argument decides what runs in the build.",
                          .help = "Choose among fixed programs with case.",
                          .severity = Severity::medium,
                          .profile = Profile::normal,
                          .cwe = "CWE-78"};
constexpr Check k_url{.id = "docker.argument-in-url-host",
                      .title = "A build argument decides which server is asked",
                      .why = "Who sets the argument decides whose bytes come into the image.",
                      .help = "Write the host; let arguments set versions only.",
                      .severity = Severity::low,
                      .profile = Profile::all,
                      .cwe = "CWE-829"};
constexpr Check k_from{
    .id = "docker.argument-in-from",
    .title = "A build argument decides on the base image",
    .why = "Who sets the argument decides what is built on; an allow-list of registries then does not hold.",
    .help = "Write the image; let arguments set versions only, with a digest as default.",
    .severity = Severity::low,
    .profile = Profile::all,
    .cwe = "CWE-829"};

void check_self(const Facts& facts, Sink& sink, const Step& step) {
  const df::Instruction& env = *step.instruction;
  std::set<std::string_view> set_here;
  for (const df::Value& key : step.keys) set_here.insert(key.text);
  for (std::size_t i = 0; i < env.pairs.size(); ++i) {
    const std::string& value = env.pairs[i].value;
    for (const df::VariableUse& use :
         df::variables(value, {0, static_cast<std::uint32_t>(value.size())}, facts.document.escape)) {
      const bool own = step.keys[i].text == use.name;  // ENV PATH=/x:$PATH
      if (use.single_quoted || own || set_here.count(use.name) == 0) continue;
      if (facts.model.variable(step, use.name) != nullptr) continue;  // the old value is meant
      sink.report(k_self, env.pairs[i].span,
                  quoted(use.name) + " is set by the same ENV and not known here yet");
      return;  // one a statement
    }
  }
}

// Set by most base images, or by the builder.
bool usually_set(std::string_view name) {
  return listed(
             "PATH HOME USER PWD HOSTNAME LANG TZ TERM SHELL GOPATH GOROOT JAVA_HOME NODE_VERSION "
             "PYTHON_VERSION",
             name) ||
         df::is_proxy_arg(name) || name.ends_with("_VERSION") || name.ends_with("_HOME") ||
         name.ends_with("_PATH") || name.ends_with("_DIR");
}

void check_undefined(const Facts& facts, Sink& sink, const Step& step) {
  const Keyword keyword = step.instruction->keyword;
  if (keyword == Keyword::from || step.onbuild)
    return;  // another check's; a trigger's variables are its child's
  if (facts.model.root_of(facts.stage_of(step)).from == nullptr && !step.global && facts.model.fragment)
    return;
  for (const std::string& name : step.undefined) {
    if (usually_set(name)) continue;
    RawFinding& finding = sink.report(k_undefined, step.outer->span,
                                      "variable " + quoted(name) + " is not defined in this stage");
    if (facts.model.root_of(facts.stage_of(step)).base.scratch) finding.confidence = Confidence::high;
    if (facts.model.global_args.find(name) != facts.model.global_args.end()) {
      finding.message += "; the ARG before FROM holds for FROM only, until it is declared again";
      finding.confidence = Confidence::medium;
    }
  }
}

const sh::Expansion* outside_expansion(const sh::Word& word) {
  for (const sh::Expansion& expansion : word.expansions) {
    if (expansion.kind == sh::ExpansionKind::variable && expansion.outside) return &expansion;
  }
  return nullptr;
}

void check_command(const Facts& facts, Sink& sink, const RunCommand& run) {
  const sh::Command& command = *run.command;
  if (command.argv.empty()) return;
  const std::string_view name = run.name();
  const sh::Expansion* first = outside_expansion(command.argv.front());
  const std::string_view written = command.argv.front().span.of(facts.source);
  const bool evaluated_text = run.script().inside(command, sh::ScopeKind::shell_text);
  if (first != nullptr && !evaluated_text && (written.starts_with("$") || written.starts_with("\"$"))) {
    sink.report(k_program, run, command.argv.front().span,
                "ARG " + quoted(first->name) + " names the program");
  }
  const bool eval = name == "eval";
  const bool shell = sh::is_shell_name(name) || name == "su";
  bool script = false;
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const std::string_view text = command.argv[i].text;
    const sh::Expansion* outside = outside_expansion(command.argv[i]);
    if (outside != nullptr && (eval || (shell && script))) {
      sink.report(k_eval, run, command.argv[i].span,
                  "ARG " + quoted(outside->name) + " is run as shell text");
      return;
    }
    if (shell && script && !text.starts_with("-")) return;  // what follows the script are its parameters
    if (shell && text.size() > 1 && text[0] == '-' && text[1] != '-' && contains(text, "c")) script = true;
  }
}

void check_url(const Facts& facts, Sink& sink, const RunCommand& run) {
  const auto download = as_download(run);
  if (!download) return;
  for (const sh::Word* url : download->urls) {
    const sh::Expansion* outside = outside_expansion(*url);
    if (outside == nullptr) continue;
    std::string_view written = url->span.of(facts.source);
    while (!written.empty() && (written.front() == '"' || written.front() == '\'')) written.remove_prefix(1);
    const std::size_t scheme = written.find("://");
    const bool host = scheme != std::string_view::npos ? written.substr(scheme + 3).starts_with("$")
                                                       : written.starts_with("$");
    if (host)
      sink.report(k_url, run, url->span, "ARG " + quoted(outside->name) + " decides which server is asked");
  }
}

void check_from(const Facts& facts, Sink& sink, const Step& step) {
  if (step.words.empty() || !step.words.front().outside) return;
  const std::string& written = step.instruction->words.front().text;
  if (!written.starts_with("$")) return;
  const df::Value& name = step.words.front();
  if (!name.unknown && contains(name.text, "@sha256:")) return;
  (void)facts;
  sink.report(k_from, step.instruction->words.front().span, "the base image is " + quoted(written));
}

void run(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword == Keyword::env) check_self(facts, sink, step);
    if (step.instruction->keyword == Keyword::from) check_from(facts, sink, step);
    check_undefined(facts, sink, step);
  }
  for (const RunCommand& run : facts.commands()) {
    check_command(facts, sink, run);
    check_url(facts, sink, run);
  }
}

constexpr const Check* k_checks[] = {&k_self, &k_undefined, &k_eval, &k_program, &k_url, &k_from};

}  // namespace

extern const CheckSet k_variables{k_checks, run};

}  // namespace sluice::checks::docker
