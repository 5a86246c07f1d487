// Bytes from the network that are run, unpacked or installed: are they checked?
#include <algorithm>
#include <map>

#include "checks/docker/check_row.h"
#include "checks/docker/downloads.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr std::string_view k_help =
    "Download to a file, compare it with a checksum that stands in this file, then use it.";
constexpr Check k_executed{
    .id = "docker.download-executed",
    .title = "A download is run without a check",
    .why = "Whoever holds the server, its name or the way to it runs code in the build and in the image.",
    .help = k_help,
    .severity = Severity::high,
    .profile = Profile::normal,
    .cwe = "CWE-494 CWE-829"};
constexpr Check k_unverified{.id = "docker.download-unverified",
                             .title = "A download is unpacked or installed without a check",
                             .why =
                                 "The bytes can change between builds without anyone noticing: nothing "
                                 "compares them with what was reviewed.",
                             .help = k_help,
                             .severity = Severity::medium,
                             .profile = Profile::normal,
                             .cwe = "CWE-494"};
constexpr Check k_http{.id = "docker.download-over-http",
                       .title = "Download over plain http",
                       .why = "Anybody on the way can change the bytes.",
                       .help = "Use https.",
                       .severity = Severity::medium,
                       .profile = Profile::normal,
                       .cwe = "CWE-319 CWE-494"};
constexpr Check k_index_http{.id = "docker.package-index-over-http",
                             .title = "Package index over plain http",
                             .why = "Anybody on the way can put another package in.",
                             .help = "Use https.",
                             .severity = Severity::high,
                             .profile = Profile::normal,
                             .cwe = "CWE-319 CWE-494"};
constexpr Check k_add_url{.id = "docker.add-url-without-checksum",
                          .title = "ADD of a URL without --checksum",
                          .why = "The bytes can change between builds without anyone noticing.",
                          .help = "Add --checksum=sha256:….",
                          .severity = Severity::medium,
                          .profile = Profile::normal,
                          .cwe = "CWE-494",
                          .fixable = true};
constexpr Check k_add_git{.id = "docker.add-git-unpinned",
                          .title = "ADD of a git repository without a commit hash",
                          .why = "Branches and tags can be moved; only a full commit hash names a content.",
                          .help = "Write url.git#<40 hex digits>.",
                          .severity = Severity::medium,
                          .profile = Profile::normal,
                          .cwe = "CWE-494 CWE-829"};
constexpr Check k_clone{.id = "docker.git-clone-unpinned",
                        .title = "git clone without a commit hash",
                        .why = "Branches and tags can be moved; what is built depends on the day.",
                        .help = "Use ADD url.git#<commit>, or check out a full commit hash.",
                        .severity = Severity::low,
                        .profile = Profile::all,
                        .cwe = "CWE-494 CWE-829"};

bool is_plain_http(std::string_view text) {
  const std::size_t at = lower(text).find("http://");
  return at != std::string::npos && !is_local_host(text.substr(at));
}

// --- what becomes of a file
// -------------------------------------------------------------------------------------------

enum class Use { none, run, unpack, install };

bool same_file(std::string_view word, std::string_view file) {
  if (word.empty() || file.empty()) return false;
  return word == file || base_name(word) == base_name(file);
}

Use use_of(const RunCommand& run, std::string_view file) {
  const sh::Command& command = *run.command;
  if (command.argv.empty()) return Use::none;
  const std::string_view name = run.name();
  const auto names_file = [&] {
    return std::any_of(command.argv.begin() + 1, command.argv.end(),
                       [&](const sh::Word& w) { return same_file(w.text, file); });
  };
  // ./install.sh, /tmp/install.sh
  const std::string& program = command.argv.front().text;
  if (contains(program, "/") && same_file(program, file)) return Use::run;
  if (is_interpreter(name) || name == "source" || name == "." || name == "java") {
    for (std::size_t i = 1; i < command.argv.size(); ++i) {
      if (same_file(command.argv[i].text, file)) return Use::run;
      if (!command.argv[i].text.starts_with("-")) break;
    }
    for (const sh::Redirect& redirect : command.redirects) {
      if (redirect.op == "<" && same_file(redirect.target.text, file)) return Use::run;
    }
    return Use::none;
  }
  if (!names_file()) return Use::none;
  if (name == "chmod") {
    for (std::size_t i = 1; i < command.argv.size(); ++i) {
      const std::string_view mode = command.argv[i].text;
      const bool executable =
          contains(mode, "x") ||
          (!mode.empty() && mode.find_first_not_of("01234567") == std::string_view::npos &&
           (mode.back() - '0') % 2 == 1);
      if (executable) return Use::install;
      if (!mode.starts_with("-")) break;
    }
    return Use::none;
  }
  if (listed("tar bsdtar unzip gunzip bunzip2 unxz 7z 7za zcat xzcat cpio unsquashfs", name)) {
    return name == "tar" &&
                   std::none_of(command.argv.begin() + 1, command.argv.end(),
                                [](const sh::Word& w) { return contains(w.text, "x") || w.is("--extract"); })
               ? Use::none
               : Use::unpack;
  }
  if (listed("dpkg rpm gdebi installer msiexec alien", name)) return Use::install;
  if (listed("apt apt-get yum dnf microdnf zypper apk pip pip2 pip3 npm gem", name)) return Use::install;
  if (name == "install" || name == "mv" || name == "cp" || name == "ln") {
    const std::string& target = command.argv.back().text;
    return contains(target, "/bin") || contains(target, "/sbin") ? Use::install : Use::none;
  }
  return Use::none;
}

std::string_view use_text(Use use) {
  switch (use) {
    case Use::run:
      return "run";
    case Use::unpack:
      return "unpacked";
    default:
      return "installed";
  }
}

// Places of commands, ascending.
using Places = std::vector<std::size_t>;

// The first place in (from, to), or `to`.
std::size_t first_between(const Places& places, std::size_t from, std::size_t to) {
  const auto at = std::upper_bound(places.begin(), places.end(), from);
  return at == places.end() || *at > to ? to : *at;
}

struct FileUses {
  Places runs;
  Places installs;  // unpacked or installed
  Places checks;    // commands that verify something and name the file
};

struct Fetches {
  std::vector<Download> downloads;
  Places places;                                         // of each download in facts.commands()
  std::map<std::string, FileUses, std::less<>> by_file;  // by file name, of the downloaded ones only
  Places open_checks;  // that name none of the downloaded files: `sha256sum -c SUMS`
};

// The file names that a text may speak of: its words without quotes, patterns' anchors and folders.
std::vector<std::string_view> file_names(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::string_view word : split(text, " \t\n\"'=()")) {
    while (!word.empty() && (word.back() == '$' || word.back() == '\\')) word.remove_suffix(1);
    while (!word.empty() && (word.front() == '*' || word.front() == '^')) word.remove_prefix(1);
    if (!word.empty()) names.push_back(base_name(word));
  }
  return names;
}

void index_check(Fetches& fetches, const RunCommand& run, std::size_t place) {
  bool named = false;
  const auto read = [&](std::string_view text) {
    for (const std::string_view name : file_names(text)) {
      const auto found = fetches.by_file.find(name);
      if (found == fetches.by_file.end()) continue;
      named = true;
      if (found->second.checks.empty() || found->second.checks.back() != place)
        found->second.checks.push_back(place);
    }
  };
  const auto read_command = [&](const sh::Command& command) {
    for (const sh::Word& word : command.argv) read(word.text);
    for (const sh::Redirect& redirect : command.redirects) {
      read(redirect.body_text);
      read(redirect.target.text);
    }
  };
  read_command(*run.command);
  for (const sh::Command* other : run.script().upstream(*run.command)) read_command(*other);
  if (!named) fetches.open_checks.push_back(place);
}

void index_uses(const Facts& facts, Fetches& fetches) {
  for (const Download& download : fetches.downloads) {
    if (!download.file.empty()) fetches.by_file[std::string(base_name(download.file))];
  }
  const auto commands = facts.commands();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (is_verification(commands[i])) index_check(fetches, commands[i], i);
    const auto note = [&](std::string_view word) {
      const auto found = fetches.by_file.find(base_name(word));
      if (found == fetches.by_file.end()) return;
      const Use use = use_of(commands[i], word);
      if (use == Use::none) return;
      Places& list = use == Use::run ? found->second.runs : found->second.installs;
      if (list.empty() || list.back() != i) list.push_back(i);
    };
    for (const sh::Word& word : commands[i].command->argv) note(word.text);
    for (const sh::Redirect& redirect : commands[i].command->redirects) note(redirect.target.text);
  }
}

bool verified(const Fetches& fetches, const FileUses& uses, std::size_t from, std::size_t to) {
  return first_between(uses.checks, from, to) < to || first_between(fetches.open_checks, from, to) < to;
}

void report_use(Sink& sink, const Download& download, Use use, Span where) {
  const Check& check = use == Use::run ? k_executed : k_unverified;
  RawFinding& finding =
      sink.report(check, download.run, download.run.command->span,
                  "what is downloaded here is " + std::string(use_text(use)) + " without a check");
  if (where != download.run.command->span)
    finding.trace.push_back({where, "it is " + std::string(use_text(use)) + " here"});
}

bool in_program_folder(std::string_view path) {
  return contains(path, "/bin/") || contains(path, "/sbin/") || path.ends_with("/bin") ||
         path.ends_with("/sbin");
}

void check_file(const Facts& facts, Sink& sink, const Fetches& fetches, std::size_t which) {
  const Download& download = fetches.downloads[which];
  const auto commands = facts.commands();
  const FileUses& uses = fetches.by_file.find(base_name(download.file))->second;
  const std::size_t from = fetches.places[which];
  const auto in_stage = [&](std::size_t place) {
    return place < commands.size() && commands[place].step->stage == download.run.step->stage;
  };
  const std::size_t run_place = first_between(uses.runs, from, commands.size());
  const std::size_t install_place = first_between(uses.installs, from, commands.size());
  if (in_stage(run_place)) {
    if (!verified(fetches, uses, from, run_place))
      report_use(sink, download, Use::run, commands[run_place].command->span);
  } else if (in_stage(install_place)) {
    if (verified(fetches, uses, from, install_place)) return;
    report_use(sink, download, use_of(commands[install_place], download.file),
               commands[install_place].command->span);
  } else if (in_program_folder(download.file) && !verified(fetches, uses, from, commands.size())) {
    report_use(sink, download, Use::install, download.run.command->span);
  }
}

// --- streams
// ----------------------------------------------------------------------------------------------------------

void check_pipes(Sink& sink, const RunCommand& run) {
  const sh::Command& command = *run.command;
  const bool runs = runs_stdin(command);
  const bool unpacks = listed("tar bsdtar gunzip cpio unzip funzip bsdcpio", run.name());
  // `| xargs sh -c` and the like take words, not programs; `| sudo tee` keeps the bytes.
  const bool writes_program =
      run.name() == "tee" && std::any_of(command.argv.begin(), command.argv.end(),
                                         [](const sh::Word& w) { return in_program_folder(w.text); });
  if (!runs && !unpacks && !writes_program) return;
  for (const sh::Command* other : run.script().upstream(command)) {
    const auto download = as_download({run.step, run.build, other});
    if (download && download->to_stdout) {
      report_use(sink, *download, runs ? Use::run : unpacks ? Use::unpack : Use::install, command.span);
    }
  }
}

// bash <(curl …), sh -c "$(curl …)", eval "$(curl …)", source <(curl …), $(curl …)
void check_substitutions(Sink& sink, const RunCommand& run) {
  const sh::Command& command = *run.command;
  const std::string_view name = run.name();
  for (std::size_t i = 0; i < command.argv.size(); ++i) {
    for (const sh::Expansion& expansion : command.argv[i].expansions) {
      if (expansion.scope == sh::k_none) continue;
      const bool executes = is_interpreter(name) || name == "eval" || name == "source" || name == "." ||
                            (i == 0 && !expansion.quoted);
      if (!executes) continue;
      for (const sh::Command* inner : run.script().within(expansion.scope)) {
        const auto download = as_download({run.step, run.build, inner});
        if (download && download->to_stdout) report_use(sink, *download, Use::run, command.span);
      }
    }
  }
}

void check_powershell(const Facts& facts, Sink& sink, const Step& step) {
  const df::BuildScript* build = facts.model.script_of(step);
  if (build == nullptr || build->exec || build->shell.is_posix()) return;
  const std::string text = lower(build->span.of(facts.source));
  const bool runs = contains(text, "invoke-expression") || contains(text, "iex ") || contains(text, "iex(");
  const bool fetches = contains(text, "downloadstring") || contains(text, "invoke-webrequest") ||
                       contains(text, "iwr ") || contains(text, "irm ") ||
                       contains(text, "invoke-restmethod");
  if (runs && fetches) sink.report(k_executed, build->span, "what is downloaded here is run without a check");
}

// --- packages and repositories
// ----------------------------------------------------------------------------------------

void check_packages(const Facts& facts, Sink& sink) {
  for (const PackageCommand& call : facts.packages()) {
    for (const sh::Option& option : call.arguments.options) {
      if (!option.value || !is_plain_http(*option.value) || option.word == nullptr) continue;
      if (listed("-i --index-url --extra-index-url -f --find-links --registry -s --source -X --repository "
                 "--index",
                 option.name)) {
        // apk's and apt's repositories are signed
        if (call.manager->id != ManagerId::apk)
          sink.report(k_index_http, call.run, option.word->span, "the index is read over plain http");
      }
    }
    if (call.verb != Verb::install) continue;
    for (const sh::Word* package : call.packages) {
      if (!is_url(package->text)) continue;
      if (is_plain_http(package->text))
        sink.report(k_http, call.run, package->span, "the package is fetched over plain http");
      const bool hashed = contains(package->text, "#sha256=") || contains(package->text, "#sha512=");
      // rpm packages are signed, if the key is known already: pip's and npm's are not
      const bool signed_package = call.manager->id == ManagerId::apt;
      if (!hashed && !signed_package && call.manager->id != ManagerId::go) {
        sink.report(k_unverified, call.run, package->span,
                    "the package is installed from a URL without a check");
      }
    }
  }
  for (const RunCommand& run : facts.named("rpm")) {
    for (const sh::Word& word : run.command->argv) {
      if (is_url(word.text) && !run.command->argv[1].is("--import")) {
        sink.report(k_unverified, run, word.span, "the package is installed from a URL without a check");
      }
    }
  }
  for (const std::string_view program : {"npm", "yarn", "pnpm", "pip", "pip3", "gem"}) {
    for (const RunCommand& run : facts.named(program)) {
      const auto& argv = run.command->argv;
      if (argv.size() < 4 || !listed("config set sources", argv[1].text)) continue;
      if (is_plain_http(argv.back().text))
        sink.report(k_index_http, run, argv.back().span, "the index is read over plain http");
    }
  }
}

void check_variables(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    const Keyword keyword = step.instruction->keyword;
    if (keyword != Keyword::env && keyword != Keyword::arg) continue;
    for (std::size_t i = 0; i < step.keys.size(); ++i) {
      const std::string name = lower(step.keys[i].text);
      const bool index = listed(
          "pip_index_url pip_extra_index_url npm_config_registry yarn_registry goproxy uv_index_url "
          "uv_extra_index_url cargo_registries_default",
          name);
      if (index && is_plain_http(step.values[i].text)) {
        sink.report(k_index_http, step.instruction->pairs[i].span, "the index is read over plain http");
      }
    }
  }
}

void check_clone(const Facts& facts, Sink& sink, const RunCommand& run) {
  const auto& argv = run.command->argv;
  std::size_t verb = 1;
  while (verb < argv.size() && argv[verb].text.starts_with("-"))
    verb += argv[verb].is("-c") || argv[verb].is("-C") ? 2U : 1U;
  if (verb >= argv.size() || !argv[verb].is("clone")) return;
  bool plain_http = false;
  for (const sh::Word& word : argv)
    plain_http = plain_http || is_plain_http(word.text) || word.text.starts_with("git://");
  if (plain_http)
    sink.report(k_http, run, run.command->span, "the repository is fetched over an unprotected protocol");
  for (const RunCommand& other : facts.commands_of(*run.step)) {
    if (other.name() != "git" || other.command <= run.command) continue;
    for (const sh::Word& word : other.command->argv) {
      if (is_hex(word.text, 40) || is_hex(word.text, 64)) return;
    }
  }
  sink.report(k_clone, run, run.command->span, "what is cloned is not fixed by a commit hash");
}

void check_add(const Facts& facts, Sink& sink, const Step& step) {
  const df::Flag* checksum = flag_of(step, "checksum");
  for (std::size_t i = 0; i + 1 < step.words.size(); ++i) {
    const std::string& source = step.words[i].text;
    const Span span = step.instruction->words[i].span;
    if (is_git_url(source)) {
      const std::size_t hash = source.find('#');
      std::string_view reference =
          hash == std::string::npos ? std::string_view() : std::string_view(source).substr(hash + 1);
      reference = reference.substr(0, reference.find(':'));
      const std::size_t query = source.find("checksum=");
      const bool fixed =
          is_hex(reference, 40) || is_hex(reference, 64) || query != std::string::npos || checksum != nullptr;
      if (!fixed && !contains(reference, "$")) {
        sink.report(k_add_git, span,
                    reference.empty() ? "the repository's default branch is taken"
                                      : quoted(reference) + " is a branch or tag, not a commit");
      }
      if (source.starts_with("git://"))
        sink.report(k_http, span, "the repository is fetched over an unprotected protocol");
    } else if (is_url(source)) {
      if (checksum == nullptr) {
        RawFinding& finding =
            sink.report(k_add_url, span, "the bytes behind " + quoted(source) + " are not checked");
        // --checksum speaks of one source.
        if (step.words.size() == 2 && !step.onbuild && span.of(facts.source) == source) {
          Fix fix = fix_of("add the checksum of " + source, FixTier::needs_data, {});
          fix.needs.push_back({DataKind::file_sha256, source,
                               insert_at(step.instruction->keyword_span.end,
                                         " --checksum=sha256:" + std::string(k_data_mark))});
          finding.fix = std::move(fix);
        }
      }
      if (is_plain_http(source)) sink.report(k_http, span, "ADD over plain http");
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  Fetches fetches;
  const auto commands = facts.commands();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const RunCommand& run = commands[i];
    check_pipes(sink, run);
    check_substitutions(sink, run);
    if (run.name() == "git") check_clone(facts, sink, run);
    auto download = as_download(run);
    if (!download) continue;
    for (const sh::Word* url : download->urls) {
      if (is_plain_http(url->text)) sink.report(k_http, run, url->span, "download over plain http");
    }
    fetches.downloads.push_back(std::move(*download));
    fetches.places.push_back(i);
  }
  if (!fetches.downloads.empty()) index_uses(facts, fetches);
  for (std::size_t i = 0; i < fetches.downloads.size(); ++i) {
    if (!fetches.downloads[i].to_stdout && !fetches.downloads[i].file.empty())
      check_file(facts, sink, fetches, i);
  }
  check_packages(facts, sink);
  check_variables(facts, sink);
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword == Keyword::add) check_add(facts, sink, step);
    if (step.instruction->keyword == Keyword::run) check_powershell(facts, sink, step);
  }
}

constexpr const Check* k_checks[] = {&k_executed, &k_unverified, &k_http, &k_index_http,
                                     &k_add_url,  &k_add_git,    &k_clone};

}  // namespace

extern const CheckSet k_fetches{k_checks, run};

}  // namespace sluice::checks::docker
