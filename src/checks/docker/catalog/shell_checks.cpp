// The shell mistakes that matter in builds, over the argv model.
#include <algorithm>
#include <set>

#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_unquoted =
    advice("docker.shell-unquoted", "Unquoted variable",
           "Blanks in the value make several words, and * or ? are matched against files.",
           "Put it in double quotes.", "shellcheck:SC2086", true);
constexpr Check k_unquoted_substitution =
    advice("docker.shell-unquoted-substitution", "Unquoted command substitution",
           "Blanks in the output make several words, and * or ? are matched against files.",
           "Put it in double quotes.", "shellcheck:SC2046", true);
constexpr Check k_undefined =
    advice("docker.shell-variable-undefined", "Variable that nobody sets",
           "It is empty, unless the base image sets it; a slip in the name goes unnoticed.",
           "Declare it by ARG or ENV, or give a default: ${NAME:-}.", "shellcheck:SC2154");
constexpr Check k_backquotes =
    advice("docker.shell-backquotes", "Backquotes", "They do not nest, and their quoting rules surprise.",
           "Use $(…).", "shellcheck:SC2006", true);
constexpr Check k_useless_cat =
    advice("docker.shell-useless-cat", "cat of one file into a pipe",
           "The pipe hides that the file may be missing.", "Use < file.", "shellcheck:SC2002");
constexpr Check k_and_or =
    advice("docker.shell-and-or", "A && B || C is no if", "C also runs when A holds and B fails.",
           "Use if … then … else … fi.", "shellcheck:SC2015");
constexpr Check k_single_quotes = advice("docker.shell-variable-in-single-quotes",
                                         "Variable in single quotes", "Nothing is expanded in single quotes.",
                                         "Use double quotes if the value is meant.", "shellcheck:SC2016");
constexpr Check k_test_operators = advice("docker.shell-test-and-or", "-a or -o inside [ ]",
                                          "What they mean depends on the operands; shells disagree.",
                                          "Use [ … ] && [ … ].", "shellcheck:SC2166");
constexpr Check k_glob =
    advice("docker.shell-glob-as-option", "A pattern that may match a name with a leading hyphen",
           "The name is then read as an option.", "Write ./*.", "shellcheck:SC2035", true);
constexpr Check k_read =
    advice("docker.shell-read-without-r", "read without -r", "Backslashes in the input are eaten.",
           "Use read -r.", "shellcheck:SC2162", true);
constexpr Check k_bashism{.id = "docker.shell-bashism",
                          .title = "Feature of bash in a shell that may be another",
                          .why =
                              "RUN is read by /bin/sh, which is dash or busybox in most images: the step "
                              "fails or does something else.",
                          .help = "Use SHELL [\"/bin/bash\", \"-c\"], or the portable form.",
                          .severity = Severity::info,
                          .confidence = Confidence::medium,
                          .profile = Profile::all};
constexpr Check k_cd{
    .id = "docker.shell-cd-unchecked",
    .title = "cd whose failure is passed over",
    .why = "The commands behind it then run in the wrong folder: rm, chmod and chown hit other files.",
    .help = "Join them with &&.",
    .severity = Severity::low,
    .profile = Profile::all,
    .aliases = "shellcheck:SC2164",
    .cwe = "CWE-754"};
constexpr Check k_rm{.id = "docker.shell-rm-of-variable",
                     .title = "rm -r of a path that begins with a variable",
                     .why = "If the variable is empty, the path is / or a folder below it.",
                     .help = "Write ${NAME:?}.",
                     .severity = Severity::low,
                     .profile = Profile::all,
                     .aliases = "shellcheck:SC2115"};
constexpr Check k_test_empty{.id = "docker.shell-test-unquoted",
                             .title = "[ -n $x ] without quotes",
                             .why = "With an empty value the test is always true.",
                             .help = "Put it in double quotes.",
                             .severity = Severity::low,
                             .profile = Profile::all,
                             .aliases = "shellcheck:SC2070"};

// How far the shell of a script can be trusted to know bash's features.
enum class Dialect { posix, ash, bash };

Dialect dialect_of(const Facts& facts, const Step& step, const df::BuildScript& build) {
  // A trigger runs in another build: images in OCI format do not carry SHELL along.
  if (step.onbuild && !build.heredoc) return Dialect::posix;
  if (build.shell.kind == df::ShellKind::bash) return Dialect::bash;
  if (build.shell.name == "ash" || build.shell.name == "ksh") return Dialect::ash;
  const df::ImageName& image = facts.model.root_of(facts.stage_of(step)).base.image;
  const std::string name = lower(image.repository);
  const std::string tag = lower(image.tag);
  for (const std::string_view family : {"fedora", "centos", "rocky", "almalinux", "ubi", "rhel",
                                        "amazonlinux", "oraclelinux", "opensuse", "archlinux", "photon"}) {
    if (contains(name, family)) return Dialect::bash;  // their sh is bash
  }
  if (contains(name, "alpine") || contains(tag, "alpine") || contains(name, "busybox")) return Dialect::ash;
  return Dialect::posix;
}

bool never_splits(const sh::Expansion& expansion) {
  constexpr std::string_view numbers =
      "# ? $ ! - RANDOM SECONDS LINENO PPID UID EUID SHLVL BASHPID OPTIND COLUMNS LINES";
  return listed(numbers, expansion.name) || expansion.op == "length" || expansion.op == ":+" ||
         expansion.op == "+";
}

bool plain_value(std::string_view text) {
  return text.find_first_of(" \t\n*?[]{}~") == std::string_view::npos;
}

void check_expansions(const Facts& facts, Sink& sink, const RunCommand& run, const sh::Word& word,
                      bool splits) {
  for (const sh::Expansion& expansion : word.expansions) {
    if (expansion.kind == sh::ExpansionKind::command && expansion.backquoted) {
      RawFinding& finding = sink.report(k_backquotes, run, expansion.span, "backquotes");
      const std::string_view text = expansion.span.of(facts.source);
      if (text.size() > 1 && text.front() == '`' && text.back() == '`' &&
          text.substr(1, text.size() - 2).find_first_of("\\`") == std::string_view::npos) {
        finding.fix = fix_of("use $(…)", FixTier::safe,
                             {replace({expansion.span.begin, expansion.span.begin + 1}, "$("),
                              replace({expansion.span.end - 1, expansion.span.end}, ")")});
      }
    }
    const bool quotable = splits && !expansion.quoted;
    if (quotable && expansion.kind == sh::ExpansionKind::command) {
      RawFinding& finding =
          sink.report(k_unquoted_substitution, run, expansion.span, "the output is split into words");
      if (word.span == expansion.span) {
        finding.fix = fix_of("put it in double quotes", FixTier::suggestion,
                             {insert_at(word.span.begin, "\""), insert_at(word.span.end, "\"")});
      }
    }
    if (quotable && expansion.kind == sh::ExpansionKind::variable && !never_splits(expansion)) {
      const bool harmless = expansion.resolved && !expansion.outside && !word.split && plain_value(word.text);
      if (!harmless) {
        RawFinding& finding = sink.report(k_unquoted, run, expansion.span,
                                          quoted(expansion.span.of(facts.source)) + " is split into words");
        if (expansion.name == "@" || expansion.name == "*") finding.aliases.emplace_back("shellcheck:SC2068");
        finding.fix = fix_of("put it in double quotes", FixTier::suggestion,
                             {insert_at(expansion.span.begin, "\""), insert_at(expansion.span.end, "\"")});
      }
    }
  }
}

// Set by shells, builders or nearly every base image.
bool usually_set(std::string_view name) {
  constexpr std::string_view known =
      "PATH HOME USER LOGNAME PWD OLDPWD SHELL TERM LANG LANGUAGE TZ IFS PS1 PS2 PS4 HOSTNAME UID EUID "
      "GROUPS PPID RANDOM SECONDS LINENO "
      "SHLVL OPTARG OPTIND OPTERR PIPESTATUS FUNCNAME REPLY DIRSTACK HOSTTYPE MACHTYPE OSTYPE EPOCHSECONDS "
      "COLUMNS LINES TMPDIR "
      "EDITOR MAIL DEBIAN_FRONTEND GOPATH GOROOT JAVA_HOME CARGO_HOME RUSTUP_HOME PHPIZE_DEPS PHP_INI_DIR";
  return listed(known, name) || df::is_proxy_arg(name) || name.starts_with("BASH") ||
         name.starts_with("LC_") || (name.ends_with("_VERSION") && name.size() > 8);
}

void check_undefined(Sink& sink, const RunCommand& run, const sh::Word& word) {
  for (const sh::Expansion& expansion : word.expansions) {
    if (expansion.kind != sh::ExpansionKind::variable || expansion.defined || usually_set(expansion.name))
      continue;
    if (expansion.op == ":?" || expansion.op == "?") continue;
    sink.report(k_undefined, run, expansion.span, quoted(expansion.name) + " is set nowhere in this file");
  }
}

void check_bashisms(const Facts& facts, Sink& sink, const RunCommand& run, Dialect dialect) {
  if (dialect == Dialect::bash) return;
  const sh::Command& command = *run.command;
  const std::string_view name = run.name();
  const auto report = [&](Span span, std::string what, std::string_view code) {
    sink.report(k_bashism, run, span, std::move(what) + " is not known to every sh")
        .aliases.push_back("shellcheck:" + std::string(code));
  };
  const bool posix = dialect == Dialect::posix;
  if (!command.argv.empty()) {
    const Span first = command.argv.front().span;
    if (posix && name == "source") report(first, "source", "SC3046");
    if (posix && name == "[[") report(first, "[[ ]]", "SC3010");
    if (listed("pushd popd dirs", name)) report(first, std::string(name), "SC3044");
    if (listed("shopt declare typeset mapfile readarray", name)) report(first, std::string(name), "SC3044");
    if (posix && name == "let") report(first, "let", "SC3039");
    if (posix && name == "echo" && command.argv.size() > 1 &&
        (command.argv[1].is("-e") || command.argv[1].is("-en") || command.argv[1].is("-ne"))) {
      report(command.argv[1].span, "echo " + command.argv[1].text, "SC3037");
    }
    if (posix && name == "[") {
      for (const sh::Word& word : command.argv) {
        if (word.is("==") && !word.quoted) report(word.span, "== in [ ]", "SC3014");
      }
    }
  }
  for (const sh::Redirect& redirect : command.redirects) {
    if (redirect.op == "<<<") report(redirect.span, "<<<", "SC3011");
    if (posix && (redirect.op == "&>" || redirect.op == "&>>")) report(redirect.span, redirect.op, "SC3020");
  }
  const auto check_word = [&](const sh::Word& word) {
    for (const sh::Expansion& expansion : word.expansions) {
      if (expansion.kind == sh::ExpansionKind::process) report(expansion.span, "<( )", "SC3001");
      if (expansion.kind != sh::ExpansionKind::variable) continue;
      if (expansion.op == "/" || expansion.op == "//") report(expansion.span, "${x/y/z}", "SC3060");
      if (expansion.op == "^" || expansion.op == "^^" || expansion.op == "," || expansion.op == ",,")
        report(expansion.span, "${x^}", "SC3059");
      if (expansion.op == ":") report(expansion.span, "${x:1:2}", "SC3057");
      if (expansion.op == "indirect") report(expansion.span, "${!x}", "SC3053");
      if (posix &&
          listed("RANDOM SECONDS HOSTNAME UID EUID OSTYPE BASH_VERSION SHLVL PIPESTATUS", expansion.name) &&
          !expansion.resolved) {
        report(expansion.span, "$" + expansion.name, "SC3028");
      }
    }
    const std::string_view text = word.span.of(facts.source);
    if (posix && text.starts_with("$'")) report(word.span, "$'…'", "SC3003");
  };
  for (const sh::Word& word : command.argv) check_word(word);
  for (const sh::Assignment& assignment : command.assignments) {
    check_word(assignment.value);
    if (posix && assignment.append) report(assignment.span, "+=", "SC3024");
    if (posix && contains(assignment.span.of(facts.source), "=("))
      report(assignment.span, "an array", "SC3030");
  }
}

void check_tests(Sink& sink, const RunCommand& run) {
  const auto& argv = run.command->argv;
  if (run.name() != "[" && run.name() != "test") return;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    if ((argv[i].is("-a") || argv[i].is("-o")) && i > 1 && i + 1 < argv.size()) {
      sink.report(k_test_operators, run, argv[i].span, quoted(argv[i].text) + " inside a test");
    }
    if (argv[i].is("-n") && i + 1 < argv.size() && !argv[i + 1].quoted && argv[i + 1].unknown &&
        !argv[i + 1].expansions.empty()) {
      sink.report(k_test_empty, run, argv[i + 1].span, "the test holds for an empty value too");
    }
  }
}

bool errexit(const RunCommand& run) {
  if (run.build->shell.errexit) return true;
  for (const sh::Command& command : run.script().commands) {
    if (command.name() != "set") continue;
    for (const sh::Word& word : command.argv) {
      if (word.is("errexit") ||
          (word.text.size() > 1 && word.text[0] == '-' && word.text[1] != '-' && contains(word.text, "e")))
        return true;
    }
  }
  return false;
}

void check_single(const Facts& facts, Sink& sink, const RunCommand& run, bool stops_on_error) {
  const sh::Command& command = *run.command;
  const auto& argv = command.argv;
  const std::string_view name = run.name();
  if ((name == "cd" || name == "pushd") && command.next == sh::Join::sequence && !stops_on_error &&
      argv.size() > 1 && !run.script().inside(command, sh::ScopeKind::condition)) {
    const bool last = &command == &run.script().commands.back();
    if (!last) sink.report(k_cd, run, command.span, "what follows runs in the wrong folder if this fails");
  }
  if (name == "cat" && command.stage.index == 0 && command.stage.count > 1 && argv.size() == 2 &&
      command.redirects.empty() && !argv[1].text.starts_with("-") &&
      argv[1].text.find_first_of("*?") == std::string::npos && !argv[1].unknown) {
    sink.report(k_useless_cat, run, command.span, "cat of one file into a pipe");
  }
  if (command.join == sh::Join::and_ && command.next == sh::Join::or_ && !listed("true : exit", name)) {
    sink.report(k_and_or, run, command.span, "what stands behind || also runs when this command fails");
  }
  if (name == "rm") {
    const bool recursive = std::any_of(argv.begin(), argv.end(), [](const sh::Word& w) {
      return w.text.size() > 1 && w.text[0] == '-' &&
             (w.text == "--recursive" ||
              (w.text[1] != '-' && w.text.find_first_of("rR") != std::string::npos));
    });
    for (const sh::Word& word : argv) {
      if (!recursive || !word.unknown || word.expansions.empty()) continue;
      std::string_view text = word.span.of(facts.source);
      if (text.starts_with("\"")) text.remove_prefix(1);
      const sh::Expansion& first = word.expansions.front();
      const std::size_t slash = text.find('/');
      const std::size_t end = text.find_first_of("}\"/", 2);
      const bool at_front =
          text.starts_with("$") && first.kind == sh::ExpansionKind::variable && first.op.empty();
      if (at_front && slash != std::string_view::npos && end != std::string_view::npos && slash <= end + 2) {
        sink.report(k_rm, run, word.span, "an empty " + quoted(first.name) + " makes this a path below /");
      }
    }
  }
  if (name == "read" && std::none_of(argv.begin(), argv.end(), [](const sh::Word& w) {
        return w.text.size() > 1 && w.text[0] == '-' && contains(w.text, "r");
      })) {
    RawFinding& finding = sink.report(k_read, run, command.span, "backslashes in the input are eaten");
    finding.fix = fix_of("add -r", FixTier::safe, {insert_at(argv.front().span.end, " -r")});
  }
  if (listed("rm mv cp chmod chown ls", name)) {
    for (std::size_t i = 1; i < argv.size(); ++i) {
      const bool pattern =
          argv[i].text.starts_with("*") && !argv[i].quoted && argv[i].span.of(facts.source) == argv[i].text;
      if (!pattern || std::any_of(argv.begin(), argv.begin() + static_cast<std::ptrdiff_t>(i),
                                  [](const sh::Word& w) { return w.is("--"); }))
        continue;
      RawFinding& finding = sink.report(k_glob, run, argv[i].span,
                                        quoted(argv[i].text) + " may match a name with a leading hyphen");
      finding.fix = fix_of("write ./", FixTier::safe, {insert_at(argv[i].span.begin, "./")});
    }
  }
  if (name == "echo" && command.redirects.empty() && command.stage.count == 1) {
    for (std::size_t i = 1; i < argv.size(); ++i) {
      const std::string_view text = argv[i].span.of(facts.source);
      const std::size_t dollar = text.find('$');
      const bool variable = text.starts_with("'") && dollar != std::string_view::npos &&
                            dollar + 1 < text.size() &&
                            ((text[dollar + 1] >= 'A' && text[dollar + 1] <= 'Z') || text[dollar + 1] == '{');
      if (variable) sink.report(k_single_quotes, run, argv[i].span, "nothing is expanded in single quotes");
    }
  }
}

void check_run(const Facts& facts, Sink& sink, const Step& step) {
  const df::BuildScript* build = facts.model.script_of(step);
  if (build == nullptr || build->opaque || !build->shell.is_posix()) return;
  const Dialect dialect = dialect_of(facts, step, *build);
  bool first = true;
  bool stops = false;
  for (const RunCommand& run : facts.commands_of(step)) {
    if (first) stops = errexit(run);
    first = false;
    if (build->exec && run.command->scope == 0) continue;  // no shell reads it
    const bool test = run.name() == "[[";
    const bool declaration = listed("export local readonly declare typeset", run.name());
    for (const sh::Word& word : run.command->argv) {
      const bool assignment = declaration && contains(word.text, "=");
      check_expansions(facts, sink, run, word, !test && !assignment);
      check_undefined(sink, run, word);
    }
    for (const sh::Assignment& assignment : run.command->assignments) {
      check_expansions(facts, sink, run, assignment.value, false);
      check_undefined(sink, run, assignment.value);
    }
    check_bashisms(facts, sink, run, dialect);
    if (run.command->argv.empty()) continue;
    check_tests(sink, run);
    check_single(facts, sink, run, stops);
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword == Keyword::run) check_run(facts, sink, step);
  }
}

constexpr const Check* k_checks[] = {&k_unquoted,
                                     &k_unquoted_substitution,
                                     &k_undefined,
                                     &k_backquotes,
                                     &k_useless_cat,
                                     &k_and_or,
                                     &k_single_quotes,
                                     &k_test_operators,
                                     &k_glob,
                                     &k_read,
                                     &k_bashism,
                                     &k_cd,
                                     &k_rm,
                                     &k_test_empty};

}  // namespace

extern const CheckSet k_shell_checks{k_checks, run};

}  // namespace sluice::checks::docker
