// Secrets: in names, in texts, in files, and where they flow to.
#include <map>
#include <set>

#include "checks/docker/check_row.h"
#include "checks/docker/secret_names.h"
#include "checks/docker/support.h"
#include "syntax/dockerfile/lex.h"

namespace sluice::checks::docker {
namespace {

constexpr std::string_view k_mount_help =
    "Give it to the one step that needs it: RUN --mount=type=secret,id=….";
constexpr Check k_name{.id = "docker.secret-in-variable",
                       .title = "A secret in ARG or ENV",
                       .why =
                           "ENV is in the image's configuration, ARG values are in its history: whoever can "
                           "pull the image can read them.",
                       .help = k_mount_help,
                       .severity = Severity::high,
                       .confidence = Confidence::medium,
                       .profile = Profile::normal,
                       .aliases =
                           "hadolint:DL3064 buildkit:SecretsUsedInArgOrEnv trivy:DS-0031 "
                           "kics:passwords_and_secrets_in_arg_or_env "
                           "semgrep:secret-in-build-arg cis:4.10 dockle:CIS-DI-0010",
                       .cwe = "CWE-798 CWE-526"};
constexpr Check k_value{.id = "docker.secret-value",
                        .title = "A secret stands in the file",
                        .why = "The file is in version control, and the image's history repeats it.",
                        .help = "Revoke the secret, then use a secret mount.",
                        .severity = Severity::high,
                        .profile = Profile::normal,
                        .aliases = "kics:passwords_and_secrets",
                        .cwe = "CWE-798"};
constexpr Check k_url{
    .id = "docker.credentials-in-url",
    .title = "A password stands in a URL",
    .why = "The file is in version control, and the image's history, logs and proxies repeat the URL.",
    .help = "Revoke the password; use a secret mount with a .netrc file.",
    .severity = Severity::high,
    .profile = Profile::normal,
    .aliases = "kics:passwords_and_secrets",
    .cwe = "CWE-798 CWE-522"};
constexpr Check k_file{.id = "docker.secret-file-copied",
                       .title = "A file with secrets is copied into the image",
                       .why = "It stays in its layer, also if a later step removes it.",
                       .help = k_mount_help,
                       .severity = Severity::high,
                       .confidence = Confidence::medium,
                       .profile = Profile::normal,
                       .aliases = "trivy:DS-0031 dockle:CIS-DI-0010",
                       .cwe = "CWE-538 CWE-312"};
constexpr Check k_written{
    .id = "docker.secret-written-to-layer",
    .title = "A secret is written into a layer",
    .why = "What a step writes stays in the image, and so does the secret.",
    .help = "Use the secret from its mount, in the step that needs it, and write it nowhere.",
    .severity = Severity::high,
    .profile = Profile::normal,
    .cwe = "CWE-312 CWE-538"};
constexpr Check k_reaches{.id = "docker.secret-reaches-image",
                          .title = "A secret written in one stage is copied into another",
                          .why = "The path that holds the secret comes along into the shipped image.",
                          .help = "Copy only the files that are needed.",
                          .severity = Severity::high,
                          .profile = Profile::normal,
                          .cwe = "CWE-312 CWE-538"};
constexpr Check k_argument{
    .id = "docker.secret-in-command-line",
    .title = "A secret from ARG or ENV in a command line",
    .why = "Build arguments are kept in the image's history beside the command that uses them.",
    .help = k_mount_help,
    .severity = Severity::medium,
    .confidence = Confidence::medium,
    .profile = Profile::all,
    .cwe = "CWE-214"};
constexpr Check k_credentials{
    .id = "docker.credentials-without-mount",
    .title = "The command needs credentials, and no secret is mounted",
    .why = "The credentials then come from a variable, a copied file or the image: all of them stay in it.",
    .help = k_mount_help,
    .severity = Severity::low,
    .confidence = Confidence::low,
    .profile = Profile::all,
    .cwe = "CWE-522"};

void check_names(const Facts& facts, Sink& sink, const Step& step) {
  const df::Instruction& instruction = *step.instruction;
  const bool env = instruction.keyword == Keyword::env;
  for (std::size_t i = 0; i < instruction.pairs.size(); ++i) {
    const std::string& name = step.keys[i].text;
    if (!is_secret_name(name)) continue;
    const std::string& value = step.values[i].text;
    const bool valued = instruction.pairs[i].form != df::KeyValue::Form::key_only && !value.empty();
    RawFinding& finding = sink.report(k_name, instruction.pairs[i].key_span,
                                      (env ? "ENV " : "ARG ") + quoted(name) + " looks like a secret");
    if (!env && !valued) finding.severity = Severity::medium;
    if (!step.global && !facts.reaches_image(step) && !facts.model.fragment) {
      finding.severity = Severity::low;
      finding.message += ", in a stage that is not shipped";
    } else if (valued && (value == "true" || value == "false" || value.starts_with("/"))) {
      finding.severity = Severity::low;
    }
  }
}

// --- texts
// ------------------------------------------------------------------------------------------------------------

void check_text(const Facts& facts, Sink& sink, Span span) {
  const std::string_view text = span.of(facts.source);
  for (const SecretText& secret : find_secrets(text)) {
    const auto begin = static_cast<std::uint32_t>(span.begin + secret.begin);
    const auto end = static_cast<std::uint32_t>(span.begin + secret.end);
    sink.report(k_value, {begin, end}, secret.what + " stands in the file");
  }
  std::size_t from = 0;
  while (const auto password = url_password(text, from)) {
    sink.report(k_url, {span.begin + password->begin, span.begin + password->end},
                "a password stands in a URL");
    from = password->end;
  }
}

// --- files
// ------------------------------------------------------------------------------------------------------------

void check_copied(const Facts& facts, Sink& sink, const Step& step) {
  if (step.words.size() < 2) return;
  for (std::size_t i = 0; i + 1 < step.words.size(); ++i) {
    const std::string& path = step.words[i].text;
    if (is_url(path) || !is_secret_file(path)) continue;
    const Span span = step.instruction->words[i].span;
    RawFinding& finding = sink.report(k_file, span, quoted(path) + " holds secrets by its name");
    if (!facts.reaches_image(step) && !facts.model.fragment) {
      finding.severity = Severity::medium;
      finding.message += "; the stage is not shipped, but its cache is kept";
    }
    for (const RunCommand& run : facts.named("rm")) {
      if (run.step->stage != step.stage || run.step->index < step.index) continue;
      for (const sh::Word& word : run.command->argv) {
        if (base_name(word.text) != base_name(path)) continue;
        finding.trace.push_back({run.command->span, "removed here, in a later layer: it stays in its own"});
        return;
      }
    }
  }
}

// --- flow
// -------------------------------------------------------------------------------------------------------------

struct Written {
  const Step* step = nullptr;
  std::string path;
  Span span;
};

bool is_secret_variable(const Facts& facts, const Step& step, const sh::Expansion& expansion) {
  if (expansion.kind != sh::ExpansionKind::variable || !is_secret_name(expansion.name)) return false;
  return facts.model.variable(step, expansion.name) != nullptr;
}

// The names that mounts give their secrets in this step: files, and environment variables (env=).
struct SecretMounts {
  std::vector<std::string> files;
  std::set<std::string, std::less<>> variables;
};

SecretMounts secret_mounts(const Step& step) {
  SecretMounts out;
  for (const df::Flag& flag : step.instruction->flags) {
    std::string type, id, target, env;
    for (const df::FlagOption& option : flag.options) {
      if (!option.value) continue;
      if (option.name == "type") type = *option.value;
      if (option.name == "id") id = *option.value;
      if (option.name == "target" || option.name == "dst" || option.name == "destination")
        target = *option.value;
      if (option.name == "env") env = *option.value;
    }
    if (type != "secret") continue;
    if (!env.empty()) out.variables.insert(env);
    out.files.push_back(!target.empty() ? target : "/run/secrets/" + id);
  }
  return out;
}

bool is_device(std::string_view path) {
  return path.starts_with("/dev/") || path.starts_with("/proc/");
}

bool names_file(const SecretMounts& mounts, std::string_view text) {
  for (const std::string& file : mounts.files) {
    if (contains(text, file)) return true;
  }
  return false;
}

// The words of a command hold a secret: a variable that is one, or what a mount gives.
bool holds_secret(const Facts& facts, const RunCommand& run, const sh::Command& command,
                  const SecretMounts& mounts) {
  const auto word_holds = [&](const sh::Word& word) {
    for (const sh::Expansion& expansion : word.expansions) {
      if (is_secret_variable(facts, *run.step, expansion)) return true;
      if (expansion.kind == sh::ExpansionKind::variable && mounts.variables.count(expansion.name) != 0)
        return true;
    }
    return word.unknown && names_file(mounts, word.text);  // "$(cat /run/secrets/x)"
  };
  for (const sh::Word& word : command.argv) {
    if (word_holds(word)) return true;
  }
  return false;
}

// Programs that pass on a file's bytes.
bool passes_on(std::string_view name) {
  return listed("cat head tail sed awk tr base64 envsubst tee dd xxd jq", name);
}

void find_redirected(const Facts& facts, const RunCommand& run, const SecretMounts& mounts,
                     std::vector<Written>& out) {
  const sh::Command& command = *run.command;
  bool secret = holds_secret(facts, run, command, mounts);
  bool from_mount = false;
  const auto reads_mount = [&](const sh::Command& other) {
    if (!passes_on(other.name()) && other.name() != "cp" && other.name() != "install" && other.name() != "mv")
      return false;
    for (const sh::Word& word : other.argv) {
      if (names_file(mounts, word.text)) return true;
    }
    for (const sh::Redirect& redirect : other.redirects) {
      if (redirect.op == "<" && names_file(mounts, redirect.target.text)) return true;
    }
    return false;
  };
  from_mount = reads_mount(command);
  bool upstream = false;
  const bool writes = !command.redirects.empty() || command.name() == "tee";
  for (const sh::Command* other :
       writes ? run.script().upstream(command) : std::vector<const sh::Command*>{}) {
    upstream = upstream ||
               (holds_secret(facts, run, *other, mounts) && listed("echo printf cat", other->name())) ||
               reads_mount(*other);
  }
  const std::string_view name = command.name();
  if (from_mount && (name == "cp" || name == "install" || name == "mv") && command.argv.size() > 2) {
    out.push_back({run.step, command.argv.back().text, command.span});
    return;
  }
  const bool prints = listed("echo printf cat", name) || passes_on(name);
  for (const sh::Redirect& redirect : command.redirects) {
    const bool heredoc_secret = redirect.heredoc && !redirect.literal && [&] {
      for (const df::VariableUse& use :
           df::variables(redirect.body_text, {0, static_cast<std::uint32_t>(redirect.body_text.size())})) {
        if (is_secret_name(use.name) && facts.model.variable(*run.step, use.name) != nullptr) return true;
      }
      return false;
    }();
    secret = secret || heredoc_secret;
  }
  for (const sh::Redirect& redirect : command.redirects) {
    if (redirect.op != ">" && redirect.op != ">>" && redirect.op != ">|" && redirect.op != "&>") continue;
    if (redirect.target.unknown || is_device(redirect.target.text)) continue;
    if ((prints && secret) || from_mount || (upstream && passes_on(name)))
      out.push_back({run.step, redirect.target.text, command.span});
  }
  if (name == "tee" && upstream) {
    for (std::size_t i = 1; i < command.argv.size(); ++i) {
      const std::string& path = command.argv[i].text;
      if (!path.starts_with("-") && !is_device(path)) out.push_back({run.step, path, command.span});
    }
  }
  // Programs whose configuration files keep what they are told.
  const auto word_at = [&](std::size_t i) -> std::string_view {
    return i < command.argv.size() ? std::string_view(command.argv[i].text) : "";
  };
  if (!secret) return;
  const bool config =
      (listed("npm yarn pnpm git pip pip3 composer poetry bundle gem nuget aws conan", name) &&
       word_at(1) == "config") ||
      (name == "npm" && word_at(1) == "set") || (name == "aws" && word_at(1) == "configure") ||
      (name == "git" && word_at(1) == "credential") || (name == "composer" && word_at(1) == "config");
  if (config) out.push_back({run.step, std::string(name) + "'s configuration", command.span});
}

void check_command_line(const Facts& facts, Sink& sink, const RunCommand& run) {
  for (const sh::Word& word : run.command->argv) {
    for (const sh::Expansion& expansion : word.expansions) {
      if (!is_secret_variable(facts, *run.step, expansion)) continue;
      sink.report(k_argument, run, expansion.span, quoted(expansion.name) + " is part of a command line");
      return;
    }
  }
}

void report_written(const Facts& facts, Sink& sink, const std::vector<Written>& written) {
  for (const Written& write : written) {
    const Stage& stage = facts.stage_of(*write.step);
    RawFinding& finding = sink.report(k_written, write.span, "a secret is written to " + quoted(write.path));
    if (facts.reaches_image(*write.step) || facts.model.fragment || write.step->onbuild) continue;
    finding.severity = Severity::medium;
    finding.message += "; the stage is not shipped, but its cache is kept";
    const std::uint32_t index = facts.index_of(stage);
    for (const Stage& other : facts.model.stages) {
      for (const df::StageUse& use : other.uses) {
        if (use.stage != index || use.mount || use.step->words.size() < 2 || !other.contributes) continue;
        for (std::size_t i = 0; i + 1 < use.step->words.size(); ++i) {
          const std::string& source = use.step->words[i].text;
          const df::Setting& workdir = facts.model.workdirs[write.step->workdir];
          const bool relative = !write.path.starts_with("/");
          const std::string path =
              relative && !workdir.value.text.empty() ? workdir.value.text + "/" + write.path : write.path;
          const std::string from = source.starts_with("/") ? source : "/" + source;
          if (!path_covers(from, path)) continue;
          RawFinding& flow = sink.report(k_reaches, use.step->outer->span,
                                         quoted(path) + " holds a secret and is copied along");
          flow.trace.push_back({write.span, "the secret is written here"});
        }
      }
    }
  }
}

void check_credentials(const Facts& facts, Sink& sink, const RunCommand& run) {
  const std::string_view name = run.name();
  const auto word = [&](std::size_t i) -> std::string_view {
    return i < run.command->argv.size() ? std::string_view(run.command->argv[i].text) : "";
  };
  bool needs =
      (name == "docker" && word(1) == "login") ||
      (name == "npm" && (word(1) == "login" || word(1) == "publish")) ||
      (name == "aws" &&
       (word(1) == "s3" || word(1) == "ecr" || word(1) == "codeartifact" || word(1) == "secretsmanager")) ||
      (name == "gcloud" && word(1) == "auth") || (name == "gsutil") || (name == "az" && word(1) == "login") ||
      (name == "twine" && word(1) == "upload") || (name == "helm" && word(1) == "registry");
  if (name == "git" && (word(1) == "clone" || word(1) == "fetch" || word(1) == "pull")) {
    for (const sh::Word& argument : run.command->argv) {
      needs = needs || argument.text.starts_with("git@") || argument.text.starts_with("ssh://");
    }
  }
  if (!needs) return;
  for (const df::Flag& flag : run.step->instruction->flags) {
    for (const df::FlagOption& option : flag.options) {
      if (option.name == "type" && (option.value == "secret" || option.value == "ssh")) return;
    }
  }
  (void)facts;
  sink.report(k_credentials, run, run.command->span, std::string(name) + " needs credentials here");
}

void run(const Facts& facts, Sink& sink) {
  std::vector<Written> written;
  for (const Step& step : facts.model.steps) {
    switch (step.instruction->keyword) {
      case Keyword::arg:
      case Keyword::env:
        check_names(facts, sink, step);
        break;
      case Keyword::copy:
      case Keyword::add:
        if (step.instruction->flag("from") == nullptr) check_copied(facts, sink, step);
        break;
      case Keyword::run: {
        const SecretMounts mounts = secret_mounts(step);
        for (const RunCommand& run : facts.commands_of(step)) {
          const std::size_t before = written.size();
          find_redirected(facts, run, mounts, written);
          if (written.size() == before) check_command_line(facts, sink, run);
          check_credentials(facts, sink, run);
        }
        break;
      }
      default:
        break;
    }
    check_text(facts, sink, step.outer->span);
  }
  report_written(facts, sink, written);
}

constexpr const Check* k_checks[] = {&k_name,    &k_value,   &k_url,      &k_file,
                                     &k_written, &k_reaches, &k_argument, &k_credentials};

}  // namespace

extern const CheckSet k_secrets{k_checks, run};

}  // namespace sluice::checks::docker
