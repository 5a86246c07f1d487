// WORKDIR, VOLUME, COPY and ADD: paths.
#include <array>
#include <map>
#include <set>

#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_workdir_relative{
    .id = "docker.workdir-relative",
    .title = "WORKDIR is not absolute",
    .why = "A relative WORKDIR depends on the one before it, perhaps in a base image that changes.",
    .help = "Write an absolute path.",
    .severity = Severity::low,
    .profile = Profile::all,
    .aliases =
        "hadolint:DL3000 buildkit:WorkdirRelativePath trivy:DS-0009 checkov:CKV_DOCKER_10 "
        "kics:workdir_path_not_absolute "
        "semgrep:use-absolute-workdir",
    .fixable = true};
constexpr Check k_workdir_system{
    .id = "docker.workdir-system",
    .title = "WORKDIR inside a system directory",
    .why = "Files of the application mix with those of the system, and relative paths hit system files.",
    .help = "Use a directory of the application's own, such as /app.",
    .severity = Severity::low,
    .profile = Profile::all,
    .aliases = "trivy:DS-0030"};
constexpr Check k_volume_system{
    .id = "docker.volume-system-path",
    .title = "VOLUME on a kernel or device path",
    .why = "A volume over /dev, /proc or /sys hides or exposes kernel interfaces.",
    .help = "Remove the VOLUME.",
    .severity = Severity::medium,
    .profile = Profile::normal,
    .aliases = "dockle:DKL-DI-0002",
    .cwe = "CWE-668"};
constexpr Check k_docker_socket{.id = "docker.engine-socket",
                                .title = "The container engine's socket is declared or mounted",
                                .why = "Who can write to the engine's socket is root on the host.",
                                .help =
                                    "Do not give the socket to the container; use a rootless builder or a "
                                    "proxy that allows single calls.",
                                .severity = Severity::high,
                                .profile = Profile::normal,
                                .aliases = "semgrep:dockerd-socket-mount",
                                .cwe = "CWE-250"};
constexpr Check k_copy_relative{
    .id = "docker.copy-relative-without-workdir",
    .title = "COPY to a relative path with no WORKDIR",
    .why = "Where the files end up depends on the base image's working directory.",
    .help = "Set WORKDIR first, or write an absolute destination.",
    .severity = Severity::low,
    .profile = Profile::all,
    .aliases = "hadolint:DL3045"};
constexpr Check k_copy_slash{
    .id = "docker.copy-many-without-slash",
    .title = "COPY of several sources to a path without trailing slash",
    .why = "The destination must be a directory; the build fails otherwise.",
    .help = "End the destination with /.",
    .severity = Severity::low,
    .profile = Profile::normal,
    .aliases = "hadolint:DL3021 trivy:DS-0011 kics:copy_with_more_than_two_arguments_not_ending_with_slash",
    .fixable = true};
constexpr Check k_add_for_copy{
    .id = "docker.add-instead-of-copy",
    .title = "ADD where COPY will do",
    .why = "ADD also fetches URLs and unpacks archives; for plain files that is a trap for the next change.",
    .help = "Use COPY.",
    .severity = Severity::low,
    .profile = Profile::all,
    .aliases =
        "hadolint:DL3020 trivy:DS-0005 checkov:CKV_DOCKER_4 kics:add_instead_of_copy "
        "semgrep:prefer-copy-over-add cis:4.9 dockle:CIS-DI-0009",
    .fixable = true};
constexpr Check k_copy_then_unpack{
    .id = "docker.archive-copied-then-unpacked",
    .title = "Archive is copied and unpacked in a later layer",
    .why = "The archive stays in its layer; ADD unpacks local archives without keeping them.",
    .help = "Use ADD for the archive, or a bind mount in the RUN.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL3010"};
constexpr Check k_copy_root{.id = "docker.whole-filesystem-copied",
                            .title = "The whole file system of a stage is copied",
                            .why = "Everything of that stage comes along: its tools, caches and secrets.",
                            .help = "Copy only what is needed.",
                            .severity = Severity::low,
                            .profile = Profile::normal,
                            .aliases = "hadolint:DL3067",
                            .cwe = "CWE-552"};

bool is_absolute(std::string_view path) {
  const bool drive = path.size() > 1 && path[1] == ':' &&
                     ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z'));
  return !path.empty() && (path[0] == '/' || path[0] == '\\' || drive);
}

void check_workdir(const Facts& facts, Sink& sink, const Step& step) {
  if (step.words.empty()) return;
  const df::Value& path = step.words.front();
  const Span span = step.instruction->words.front().span;
  // What begins with a variable may be absolute; "app/$NAME" is not.
  const bool begins_unknown = path.text.empty() || (path.unknown && path.text[0] == '$');
  if (!is_absolute(path.text) && !begins_unknown) {
    RawFinding& finding =
        sink.report(k_workdir_relative, span, "WORKDIR " + quoted(path.text) + " is relative");
    const df::Setting& before = facts.model.workdir_of(step);
    const bool known =
        before.where != nullptr && !before.value.unknown && !before.value.outside && !path.outside;
    const bool plain = span.of(facts.source) == path.text && path.text[0] != '.';
    if (known && plain && before.value.text.starts_with("/")) {
      const std::string slash = before.value.text.ends_with("/") ? "" : "/";
      finding.fix = fix_of("write the absolute path", FixTier::safe,
                           {replace(span, before.value.text + slash + path.text)});
    }
    return;
  }
  constexpr std::array<std::string_view, 12> system{"/bin", "/sbin",    "/boot",     "/dev",
                                                    "/etc", "/lib",     "/lib64",    "/proc",
                                                    "/sys", "/usr/bin", "/usr/sbin", "/usr/lib"};
  for (const std::string_view root : system) {
    const bool application_in = root == "/usr/lib" || root == "/lib" || root == "/etc";
    const bool hit = application_in ? path.text == root : path_covers(root, path.text);
    if (hit)
      sink.report(k_workdir_system, span, "WORKDIR " + quoted(path.text) + " is a directory of the system");
  }
}

bool is_engine_socket(std::string_view path) {
  return contains(path, "docker.sock") || contains(path, "containerd.sock") ||
         contains(path, "podman.sock") || contains(path, "crio.sock");
}

void check_volume(Sink& sink, const Step& step) {
  for (std::size_t i = 0; i < step.words.size(); ++i) {
    const std::string& path = step.words[i].text;
    const Span span = step.instruction->words[i].span;
    if (is_engine_socket(path)) {
      sink.report(k_docker_socket, span, "VOLUME " + quoted(path) + " asks for the engine's socket");
      continue;
    }
    for (const std::string_view root : {"/dev", "/proc", "/sys"}) {
      if (path_covers(root, path))
        sink.report(k_volume_system, span, "VOLUME " + quoted(path) + " lies over a kernel path");
    }
  }
}

void check_mounts(Sink& sink, const Step& step) {
  for (const df::Flag& flag : step.instruction->flags) {
    for (const df::FlagOption& option : flag.options) {
      if (option.value && is_engine_socket(*option.value)) {
        sink.report(k_docker_socket, option.span, "the mount gives the RUN the engine's socket");
      }
    }
  }
}

bool has_heredoc_source(const df::Instruction& instruction) {
  return !instruction.heredocs.empty();
}

void check_destination(const Facts& facts, Sink& sink, const Step& step) {
  const df::Instruction& instruction = *step.instruction;
  if (step.words.size() < 2) return;
  const df::Value& destination = step.words.back();
  const Span span = instruction.words.back().span;
  const std::string& path = destination.text;
  if (!destination.unknown && !path.empty()) {
    if (!is_absolute(path) && facts.model.workdir_of(step).where == nullptr &&
        instruction.keyword == Keyword::copy) {
      sink.report(k_copy_relative, span, "COPY to " + quoted(path) + " with no WORKDIR set in this file");
    }
    const bool directory = path.ends_with("/") || path.ends_with("\\") || path == "." || path == "..";
    if (step.words.size() > 2 && !directory) {
      RawFinding& finding =
          sink.report(k_copy_slash, span, quoted(path) + " must be a directory: it has several sources");
      if (span.of(facts.source) == path)
        finding.fix = fix_of("end the path with /", FixTier::safe, {insert_at(span.end, "/")});
    }
  }
  const df::Value* from = flag_value(step, "from");
  if (from != nullptr && path == "/" && step.words.size() == 2 && step.words.front().text == "/") {
    sink.report(k_copy_root, instruction.words.front().span,
                "the whole file system of " + quoted(from->text) + " is copied");
  }
}

// A folder by its writing, or a file of a kind that is text or has another container than tar.
bool is_no_archive(std::string_view path) {
  if (path.ends_with("/") || path == "." || path.ends_with("/.")) return true;
  const std::string_view name = base_name(path);
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 &&
         listed(
             "c cc conf config cpp crt cs css csproj env go gradle h html ini jar java js json jsx key kt "
             "lock md "
             "mjs mod pem php pl properties py rb repo rs service sh sln sql sum svg toml ts tsx txt war xml "
             "yaml "
             "yml",
             lower(name.substr(dot + 1)));
}

void check_add(Sink& sink, const Step& step) {
  const df::Instruction& instruction = *step.instruction;
  if (has_heredoc_source(instruction) || step.words.size() < 2) return;
  bool all_plain = true;
  std::size_t first = step.words.size();
  for (std::size_t i = 0; i + 1 < step.words.size(); ++i) {
    const df::Value& source = step.words[i];
    const bool special = source.unknown || is_url(source.text) || is_git_url(source.text) ||
                         is_tar_name(source.text) || source.text.find_first_of("*?[") != std::string::npos;
    if (special)
      all_plain = false;
    else if (first == step.words.size())
      first = i;
  }
  if (first == step.words.size()) return;
  RawFinding& finding = sink.report(k_add_for_copy, instruction.keyword_span,
                                    "ADD of " + quoted(step.words[first].text) + ": COPY does that");
  const bool add_only_flags = instruction.flag("checksum") != nullptr ||
                              instruction.flag("keep-git-dir") != nullptr ||
                              instruction.flag("unpack") != nullptr;
  if (all_plain && !add_only_flags) {
    // ADD unpacks an archive of any name, and the file is not at hand.
    bool sure = true;
    for (std::size_t i = 0; i + 1 < step.words.size(); ++i) sure = sure && is_no_archive(step.words[i].text);
    finding.fix = fix_of("use COPY", sure ? FixTier::safe : FixTier::suggestion,
                         {replace(instruction.keyword_span, "COPY")});
  }
}

bool unpacks(const sh::Command& command) {
  const std::string_view name = command.name();
  if (name == "tar" || name == "bsdtar" || name == "gtar") {
    for (std::size_t i = 1; i < command.argv.size(); ++i) {
      const std::string_view word = command.argv[i].text;
      if (word == "--extract" || word == "--get") return true;
      const bool cluster = word.size() > 1 && word[0] == '-' && word[1] != '-';
      if ((cluster || i == 1) && word.find('x') != std::string_view::npos &&
          (cluster || word.find('/') == std::string_view::npos)) {
        return true;
      }
    }
    return false;
  }
  constexpr std::string_view others = "unzip gunzip bunzip2 unlzma unxz zgz uncompress zcat gzcat unzstd";
  return listed(others, name);
}

// COPY of archives that a later RUN of the same stage unpacks.
void check_unpacking(const Facts& facts, Sink& sink) {
  std::map<std::string, const Step*, std::less<>> archives;
  std::set<const Step*> reported;
  std::uint32_t stage = df::k_no_index;
  for (const Step& step : facts.model.steps) {
    if (step.stage != stage) archives.clear();
    stage = step.stage;
    if (step.instruction->keyword == Keyword::copy && step.instruction->flag("from") == nullptr &&
        step.words.size() > 1) {
      for (std::size_t i = 0; i + 1 < step.words.size(); ++i) {
        if (is_tar_name(step.words[i].text)) archives[std::string(base_name(step.words[i].text))] = &step;
      }
      // COPY x.tar.gz /tmp/y.tar.gz
      const std::string& destination = step.words.back().text;
      if (is_tar_name(step.words.front().text) && is_tar_name(destination))
        archives[std::string(base_name(destination))] = &step;
    }
    if (archives.empty()) continue;
    for (const RunCommand& run : facts.commands_of(step)) {
      if (!unpacks(*run.command)) continue;
      for (const sh::Word& word : run.command->argv) {
        const auto found = archives.find(base_name(word.text));
        if (found == archives.end() || !reported.insert(found->second).second) continue;
        RawFinding& finding =
            sink.report(k_copy_then_unpack, found->second->outer->span,
                        quoted(found->first) + " is copied here and unpacked in a later layer");
        finding.trace.push_back({run.command->span, "unpacked here"});
      }
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    switch (step.instruction->keyword) {
      case Keyword::workdir:
        check_workdir(facts, sink, step);
        break;
      case Keyword::volume:
        check_volume(sink, step);
        break;
      case Keyword::run:
        check_mounts(sink, step);
        break;
      case Keyword::add:
        check_add(sink, step);
        check_destination(facts, sink, step);
        break;
      case Keyword::copy:
        check_destination(facts, sink, step);
        break;
      default:
        break;
    }
  }
  check_unpacking(facts, sink);
}

constexpr const Check* k_checks[] = {&k_workdir_relative, &k_workdir_system,   &k_volume_system,
                                     &k_docker_socket,    &k_copy_relative,    &k_copy_slash,
                                     &k_add_for_copy,     &k_copy_then_unpack, &k_copy_root};

}  // namespace

extern const CheckSet k_paths{k_checks, run};

}  // namespace sluice::checks::docker
