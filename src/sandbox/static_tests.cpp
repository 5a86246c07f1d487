#include "sandbox/static_tests.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/bytes.h"
#include "sandbox/expand_variables.h"
#include "sandbox/observe/clean_path.h"

namespace sluice::sandbox {
namespace {

using image::EntryKind;
using image::FileIndex;
using image::FileInfo;
using image::ImageConfig;

constexpr std::uint64_t k_max_content_bytes = 64u << 20;
constexpr std::string_view k_doc_folder = "/usr/share/doc";
constexpr std::string_view k_exempt_package = "libgnutls30";  // names AGPL, and is not under it
constexpr auto k_bad_licences = std::to_array<std::string_view>({"AGPL", "WTFPL"});

std::string octal(std::uint32_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3) digits += static_cast<char>('0' + ((mode >> shift) & 7));
  return digits;
}

std::string_view kind_name(EntryKind kind) {
  switch (kind) {
    case EntryKind::regular:
      return "a file";
    case EntryKind::directory:
      return "a directory";
    case EntryKind::symlink:
      return "a symbolic link";
    default:
      return "a special file";
  }
}

bool is_kind(FileKind wanted, EntryKind kind) {
  switch (wanted) {
    case FileKind::any:
      return true;
    case FileKind::file:
      return kind == EntryKind::regular;
    case FileKind::directory:
      return kind == EntryKind::directory;
    case FileKind::symlink:
      return kind == EntryKind::symlink;
  }
  return false;
}

std::string_view name_of(FileKind kind) {
  constexpr auto names =
      std::to_array<std::string_view>({"anything", "a file", "a directory", "a symbolic link"});
  return names[static_cast<std::size_t>(kind)];
}

void check_executable(const FileTest& test, const FileInfo& info, Verdicts& verdicts) {
  struct Who {
    ExecutableBy by;
    std::uint32_t bits;
    std::string_view name;
  };
  constexpr auto table = std::to_array<Who>({{ExecutableBy::owner, 0100, "its owner"},
                                             {ExecutableBy::group, 0010, "its group"},
                                             {ExecutableBy::other, 0001, "others"},
                                             {ExecutableBy::any, 0111, "anybody"}});
  for (const Who& who : table) {
    if (test.executable_by == who.by && (info.mode & who.bits) == 0) {
      verdicts.fail("is not executable by " + std::string(who.name) + " (mode " + octal(info.mode) + ")");
    }
  }
}

void check_attributes(const FileTest& test, const FileInfo& info, Verdicts& verdicts) {
  if (!is_kind(test.type, info.kind)) {
    verdicts.fail("is " + std::string(kind_name(info.kind)) + ", not " + std::string(name_of(test.type)));
  }
  if (test.mode && *test.mode != info.mode)
    verdicts.fail("has mode " + octal(info.mode) + ", not " + octal(*test.mode));
  if (test.permissions && *test.permissions != go_mode(info)) {
    verdicts.fail("has permissions " + go_mode(info) + ", not " + quoted(*test.permissions));
  }
  if (test.uid && *test.uid != info.uid) {
    verdicts.fail("belongs to user " + std::to_string(info.uid) + ", not " + std::to_string(*test.uid));
  }
  if (test.gid && *test.gid != info.gid) {
    verdicts.fail("belongs to group " + std::to_string(info.gid) + ", not " + std::to_string(*test.gid));
  }
  check_executable(test, info, verdicts);
}

void check_content(const FileTest& test, const FileInfo& info, const FileIndex& index,
                   const TextMatcher& matcher, Verdicts& verdicts) {
  if (test.content.empty() || info.kind != EntryKind::regular) {
    if (!test.content.empty() && test.type == FileKind::any)
      verdicts.fail("has no content: it is not a file");
    return;
  }
  auto bytes = index.read(info, k_max_content_bytes);
  if (!bytes) {
    verdicts.error("its content cannot be read: " + bytes.error().message);
    return;
  }
  Captured content;
  content.total_bytes = bytes->size();
  content.head = std::move(*bytes);
  check_text(test.content, "its content", content, matcher, verdicts);
}

// "8080" stands for the port by any protocol.
bool has_port(const std::vector<std::string>& exposed, const std::string& wanted) {
  return std::any_of(exposed.begin(), exposed.end(), [&](const std::string& port) {
    return port == wanted || port.substr(0, port.find('/')) == wanted;
  });
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string shown(const std::vector<std::string>& words) {
  std::string text = "[";
  for (const std::string& word : words) text += (text.size() > 1 ? ", " : "") + quoted(word);
  return text + "]";
}

// An image may have none, which is not the same as an empty list only for who asks for a list.
void check_list(const std::string& what, const std::optional<std::vector<std::string>>& wanted,
                const std::optional<std::vector<std::string>>& actual, Verdicts& verdicts) {
  if (!wanted) return;
  const std::vector<std::string> have = actual.value_or(std::vector<std::string>{});
  if (have != *wanted) verdicts.fail(what + " is " + shown(have) + ", not " + shown(*wanted));
}

void check_licence_file(const std::string& path, const FileIndex& index, Verdicts& verdicts) {
  const auto bytes = index.read(path, k_max_content_bytes);
  if (!bytes) {
    if (bytes.error().code == "image.no-such-file") return verdicts.fail(path + " is missing");
    if (bytes.error().code == "image.not-regular") return verdicts.fail(path + " is no file");
    return verdicts.error(path + ": " + bytes.error().message);
  }
  std::string upper = *bytes;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const std::string_view licence : k_bad_licences) {
    if (upper.find(licence) != std::string::npos) verdicts.fail(path + " names " + std::string(licence));
  }
}

// A slash at the end asks for a folder and follows a link to one, as the kernel has it. Engines take ".." out
// of the text before they look.
std::optional<image::Found> find(const FileTest& test, const std::string& path, const FileIndex& index) {
  const bool slash = path.size() > 1 && path.ends_with('/');
  const std::string clean = test.clean ? clean_path(path) : path;
  auto found = test.follow || slash ? index.resolve(clean) : index.find(clean);
  if (slash && found && found->info->kind != EntryKind::directory) found.reset();
  return found;
}

}  // namespace

std::string go_mode(const FileInfo& info) {
  std::string text;
  if (info.kind == EntryKind::directory) text += 'd';
  if (info.kind == EntryKind::symlink) text += 'L';
  if (info.kind == EntryKind::block || info.kind == EntryKind::character) text += 'D';
  if (info.kind == EntryKind::fifo) text += 'p';
  if ((info.mode & 04000) != 0) text += 'u';
  if ((info.mode & 02000) != 0) text += 'g';
  if (info.kind == EntryKind::character) text += 'c';
  if ((info.mode & 01000) != 0) text += 't';
  if (text.empty()) text = "-";
  constexpr std::string_view letters = "rwxrwxrwx";
  for (std::size_t i = 0; i < letters.size(); ++i)
    text += ((info.mode >> (8 - i)) & 1) != 0 ? letters[i] : '-';
  return text;
}

EnvList env_of(const ImageConfig& config) {
  EnvList env;
  for (const std::string& entry : config.env) {
    const std::size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    const std::string value = equals == std::string::npos ? std::string() : entry.substr(equals + 1);
    const auto same =
        std::find_if(env.begin(), env.end(), [&](const auto& pair) { return pair.first == name; });
    if (same != env.end()) {
      same->second = value;
    } else {
      env.emplace_back(name, value);
    }
  }
  return env;
}

Outcome judge(const FileTest& test, const FileIndex& index, const ImageConfig& config,
              const TextMatcher& matcher) {
  std::string path = test.path;
  if (test.expand) path = expand_variables(path, with_globals(env_of(config), test.global_env.get()));
  const auto found = find(test, path, index);
  Verdicts verdicts;
  if (!found) {
    if (test.exists) verdicts.fail(path + " does not exist");
    return verdicts.outcome();
  }
  if (!test.exists) {
    verdicts.fail(path + " exists");
    return verdicts.outcome();
  }
  check_attributes(test, *found->info, verdicts);
  check_content(test, *found->info, index, matcher, verdicts);
  Outcome outcome = verdicts.outcome();
  if (!outcome.message.empty()) outcome.message = path + " " + outcome.message;
  return outcome;
}

Outcome judge(const MetadataTest& test, const ImageConfig& config, const TextMatcher& matcher) {
  Verdicts verdicts;
  const EnvList env = env_of(config);
  const auto env_value = [&](const std::string& name) -> std::optional<std::string> {
    const auto found =
        std::find_if(env.begin(), env.end(), [&](const auto& pair) { return pair.first == name; });
    return found == env.end() ? std::nullopt : std::optional(found->second);
  };
  for (const ValueCheck& check : test.env)
    check_value(check, "variable", env_value(check.key), matcher, verdicts);
  for (const std::string& name : test.env_absent) {
    if (env_value(name)) verdicts.fail("variable " + name + " is set");
  }
  for (const ValueCheck& check : test.labels) {
    const auto label = config.labels.find(check.key);
    check_value(check, "label", label == config.labels.end() ? std::nullopt : std::optional(label->second),
                matcher, verdicts);
  }
  for (const std::string& port : test.exposed_ports) {
    if (!has_port(config.exposed_ports, port)) verdicts.fail("port " + port + " is not exposed");
  }
  for (const std::string& port : test.unexposed_ports) {
    if (has_port(config.exposed_ports, port)) verdicts.fail("port " + port + " is exposed");
  }
  for (const std::string& volume : test.volumes) {
    if (!has(config.volumes, volume)) verdicts.fail("volume " + volume + " is not declared");
  }
  for (const std::string& volume : test.unmounted_volumes) {
    if (has(config.volumes, volume)) verdicts.fail("volume " + volume + " is declared");
  }
  check_list("entrypoint", test.entrypoint, config.entrypoint, verdicts);
  check_list("cmd", test.cmd, config.cmd, verdicts);
  if (test.workdir && *test.workdir != config.working_dir) {
    verdicts.fail("workdir is " + quoted(config.working_dir) + ", not " + quoted(*test.workdir));
  }
  if (test.user && *test.user != config.user) {
    verdicts.fail("user is " + quoted(config.user) + ", not " + quoted(*test.user));
  }
  return verdicts.outcome();
}

Outcome judge(const LicenceTest& test, const FileIndex& index) {
  Verdicts verdicts;
  if (test.debian) {
    const auto folder = index.resolve(k_doc_folder);
    if (!folder || folder->info->kind != EntryKind::directory) {
      verdicts.fail(std::string(k_doc_folder) + " is missing");
    }
    for (const std::string& package : index.list(k_doc_folder)) {
      if (package == k_exempt_package) continue;
      const std::string path = std::string(k_doc_folder) + "/" + package;
      const auto entry = index.find(path);
      if (entry && entry->info->kind == EntryKind::directory)
        check_licence_file(path + "/copyright", index, verdicts);
    }
  }
  for (const std::string& path : test.files) check_licence_file(path, index, verdicts);
  return verdicts.outcome();
}

}  // namespace sluice::sandbox
