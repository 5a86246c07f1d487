// Bytes from the network that are run, unpacked or installed: are they checked?
#include <algorithm>
#include <map>

#include "checks/docker/check_row.h"
#include "checks/docker/downloads.h"
#include "checks/docker/fetch_checks.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_executed{
    .id = "docker.download-executed",
    .title = "A download is run without a check",
    .why = "Whoever holds the server, its name or the way to it runs code in the build and in the image.",
    .help = k_download_help,
    .severity = Severity::high,
    .profile = Profile::normal,
    .cwe = "CWE-494 CWE-829"};

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

constexpr std::uint32_t k_no_download = 0xFFFFFFFF;

struct Fetches {
  std::vector<Download> downloads;
  Places places;                          // of each download in facts.commands()
  std::vector<std::uint32_t> by_command;  // for each of facts.commands(): its download, or none
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
  const Check& check = use == Use::run ? k_executed : k_download_unverified;
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

// The download that `other`, of the same script as `run`, writes to its standard output.
const Download* stream_of(const Facts& facts, const Fetches& fetches, const RunCommand& run,
                          const sh::Command& other) {
  const auto first = static_cast<std::size_t>(facts.commands_of(*run.step).data() - facts.commands().data());
  const auto at = static_cast<std::size_t>(&other - run.script().commands.data());
  const std::uint32_t which = fetches.by_command[first + at];
  if (which == k_no_download || !fetches.downloads[which].to_stdout) return nullptr;
  return &fetches.downloads[which];
}

void check_pipes(const Facts& facts, Sink& sink, const Fetches& fetches, const RunCommand& run) {
  const sh::Command& command = *run.command;
  const bool runs = runs_stdin(command);
  const bool unpacks = listed("tar bsdtar gunzip cpio unzip funzip bsdcpio", run.name());
  // `| xargs sh -c` and the like take words, not programs; `| sudo tee` keeps the bytes.
  const bool writes_program =
      run.name() == "tee" && std::any_of(command.argv.begin(), command.argv.end(),
                                         [](const sh::Word& w) { return in_program_folder(w.text); });
  if (!runs && !unpacks && !writes_program) return;
  for (const sh::Command* other : run.script().upstream(command)) {
    if (const Download* download = stream_of(facts, fetches, run, *other)) {
      report_use(sink, *download, runs ? Use::run : unpacks ? Use::unpack : Use::install, command.span);
    }
  }
}

// bash <(curl …), sh -c "$(curl …)", eval "$(curl …)", source <(curl …), $(curl …)
void check_substitutions(const Facts& facts, Sink& sink, const Fetches& fetches, const RunCommand& run) {
  const sh::Command& command = *run.command;
  const std::string_view name = run.name();
  for (std::size_t i = 0; i < command.argv.size(); ++i) {
    for (const sh::Expansion& expansion : command.argv[i].expansions) {
      if (expansion.scope == sh::k_none) continue;
      const bool executes = is_interpreter(name) || name == "eval" || name == "source" || name == "." ||
                            (i == 0 && !expansion.quoted);
      if (!executes) continue;
      for (const sh::Command* inner : run.script().within(expansion.scope)) {
        if (const Download* download = stream_of(facts, fetches, run, *inner))
          report_use(sink, *download, Use::run, command.span);
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

Fetches collect(const Facts& facts) {
  Fetches fetches;
  const auto commands = facts.commands();
  fetches.by_command.resize(commands.size(), k_no_download);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto download = as_download(commands[i]);
    if (!download) continue;
    fetches.by_command[i] = static_cast<std::uint32_t>(fetches.downloads.size());
    fetches.downloads.push_back(std::move(*download));
    fetches.places.push_back(i);
  }
  if (!fetches.downloads.empty()) index_uses(facts, fetches);
  return fetches;
}

void run(const Facts& facts, Sink& sink) {
  const Fetches fetches = collect(facts);
  for (const Download& download : fetches.downloads) {
    for (const sh::Word* url : download.urls) {
      if (is_plain_http(url->text))
        sink.report(k_download_over_http, download.run, url->span, "download over plain http");
    }
  }
  if (!fetches.downloads.empty()) {
    for (const RunCommand& run : facts.commands()) {
      check_pipes(facts, sink, fetches, run);
      check_substitutions(facts, sink, fetches, run);
    }
  }
  for (std::size_t i = 0; i < fetches.downloads.size(); ++i) {
    if (!fetches.downloads[i].to_stdout && !fetches.downloads[i].file.empty())
      check_file(facts, sink, fetches, i);
  }
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword == Keyword::run) check_powershell(facts, sink, step);
  }
}

constexpr const Check* k_checks[] = {&k_executed, &k_download_unverified, &k_download_over_http};

}  // namespace

extern const CheckSet k_fetches{k_checks, run};

}  // namespace sluice::checks::docker
