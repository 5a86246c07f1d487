#include "git/program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <memory>

#include "base/digest.h"
#include "base/effects.h"
#include "base/subprocess.h"

namespace sluice::git {
namespace {

constexpr std::chrono::seconds k_deadline{120};

[[nodiscard]] tl::unexpected<Error> program_failed(const std::string& what, const std::string& why) {
  return fail(ErrorKind::tool, "git.program", "git " + what + ": " + why,
              "SHA-256 repositories are read through the git program; check it with `git fsck`");
}

std::string find_program() {
  const Environment environment = current_environment();
  const auto found = environment.find("PATH");
  const std::string folders = found == environment.end() ? "/usr/local/bin:/usr/bin:/bin" : found->second;
  for (const std::string_view folder : split(folders, ':')) {
    if (!folder.starts_with('/')) continue;  // a relative folder may be the tree that is judged
    std::string path = std::string(folder) + "/git";
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(path.c_str(), X_OK) == 0)
      return path;
  }
  return {};
}

// Overrules what the repository's own configuration says.
std::vector<std::string> switches() {
  std::vector<std::string> out{program_path(), "--no-pager"};
  for (const char* one :
       {"core.fsmonitor=false", "core.hooksPath=/dev/null", "core.untrackedCache=false",
        "core.commitGraph=false", "core.sshCommand=/bin/false", "core.askPass=/bin/false", "core.pager=cat",
        "credential.helper=", "protocol.allow=never", "submodule.recurse=false", "log.showSignature=false",
        "gpg.program=/bin/false", "gpg.ssh.program=/bin/false", "gpg.x509.program=/bin/false"}) {
    out.emplace_back("-c");
    out.emplace_back(one);
  }
  return out;
}

ProcessSpec spec_of(std::vector<std::string> argv, const std::string& folder) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                      {"HOME", "/nonexistent"},
                      {"LC_ALL", "C"},
                      {"GIT_CONFIG_NOSYSTEM", "1"},
                      {"GIT_CONFIG_GLOBAL", "/dev/null"},
                      {"GIT_ATTR_NOSYSTEM", "1"},
                      {"GIT_NO_REPLACE_OBJECTS", "1"},
                      {"GIT_GRAFT_FILE", "/dev/null"},
                      {"GIT_OPTIONAL_LOCKS", "0"},
                      {"GIT_NO_LAZY_FETCH", "1"},
                      {"GIT_ALLOW_PROTOCOL", "none"},
                      {"GIT_TERMINAL_PROMPT", "0"},
                      {"GIT_ASKPASS", "/bin/false"},
                      {"GIT_SSH_COMMAND", "/bin/false"},
                      {"GIT_PAGER", "cat"}};
  spec.working_directory = folder;
  spec.deadline = k_deadline;
  spec.head_bytes = k_max_program_output;
  spec.tail_bytes = 0;
  return spec;
}

struct Free {
  void operator()(char* text) const { std::free(text); }
};
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
  return real ? std::string(real.get()) : std::string();
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

const std::string& program_path() {
  static const std::string k_path = find_program();
  return k_path;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return out;
}

Result<Program> Program::open(const std::string& path) {
  if (program_path().empty()) {
    return fail(ErrorKind::tool, "git.program",
                "the repository has SHA-256 object ids, and there is no git program to read them",
                "install git; libgit2 1.5 reads SHA-1 repositories only");
  }
  Program out(real_path(path));
  if (out.path_.empty()) return fail(ErrorKind::not_found, "git.not-found", "there is no folder " + path);
  Status found = out.find_places();
  if (!found && found.error().code == "git.owner") {
    SLUICE_CHECK(out.trust_owner());
    found = out.find_places();
  }
  if (!found) return tl::unexpected(found.error());
  return out;
}

// What the user has declared safe, by their own configuration, which is the only thing read from there.
Status Program::trust_owner() {
  const Environment environment = current_environment();
  for (const char* scope : {"--system", "--global"}) {
    ProcessSpec spec = spec_of({program_path(), "config", scope, "-z", "--get-all", "safe.directory"}, "/");
    spec.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"LC_ALL", "C"}};
    for (const char* name : {"HOME", "XDG_CONFIG_HOME"}) {
      const auto value = environment.find(name);
      if (value != environment.end()) spec.environment.emplace_back(name, value->second);
    }
    const ProcessResult result = SLUICE_TRY(run_process(spec));
    if (!result.ok()) continue;
    for (const std::string_view one : split(result.out.head, '\0')) safe_folders_.emplace_back(one);
  }
  return {};
}

Status Program::find_places() {
  auto told = run(
      {"rev-parse", "--path-format=absolute", "--show-object-format", "--git-common-dir", "--show-toplevel"});
  if (!told) {
    const std::string& why = told.error().message;
    const auto says = [&why](std::string_view part) { return why.find(part) != std::string::npos; };
    if (says("dubious ownership"))
      return fail(ErrorKind::tool, "git.owner", "the repository at " + path_ + " belongs to another user",
                  "git config --global --add safe.directory PATH, if you trust it");
    if (says("not a git repository"))
      return fail(ErrorKind::not_found, "git.not-found", "there is no git repository at " + path_);
    if (says("must be run in a work tree"))
      return fail(ErrorKind::tool, "git.bare", "the repository at " + path_ + " has no work tree here",
                  "run in a checkout of the source");
    return tl::unexpected(told.error());
  }
  const std::vector<std::string_view> lines = split(*told, '\n');
  if (lines.size() != 3) return program_failed("rev-parse", "an answer that cannot be read");
  if (lines[0] != "sha256")
    return fail(ErrorKind::unsupported, "git.sha256",
                "the repository's object format is \"" + std::string(excerpt(lines[0])) + "\"");
  common_ = std::string(lines[1]) + "/";
  top_ = real_path(std::string(lines[2])) + "/";
  // core.worktree of a hostile configuration could name another folder, which would then pass for this one.
  if ((path_ + "/").starts_with(top_)) return {};
  return fail(ErrorKind::invalid, "git.worktree",
              "the repository at " + path_ + " says that its work tree is elsewhere",
              "core.worktree in its configuration names another folder; remove it");
}

Result<Bytes> Program::run(const std::vector<std::string>& arguments, BytesView input) const {
  std::vector<std::string> argv = switches();
  for (const std::string& folder : safe_folders_) {
    argv.emplace_back("-c");
    argv.push_back("safe.directory=" + folder);
  }
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ProcessSpec spec = spec_of(std::move(argv), top_.empty() ? path_ : top_);
  spec.input = input;
  ProcessResult result = SLUICE_TRY(run_process(spec));
  if (!result.ok()) {
    auto failed = program_failed(arguments.front(), first_line(result.err.text()));
    // For `find`: git's "there is none" has no words.
    failed.value().context.push_back("exit status " + std::to_string(result.exit_code));
    return failed;
  }
  if (result.out.truncated())
    return fail(
        ErrorKind::limit, "git.limit",
        "git " + arguments.front() + " says more than " + std::to_string(k_max_program_output) + " bytes");
  return std::move(result.out.head);
}

Result<std::optional<Bytes>> Program::find(const std::vector<std::string>& arguments) const {
  auto out = run(arguments);
  if (out) return std::optional<Bytes>(std::move(*out));
  const auto& context = out.error().context;
  if (!context.empty() && context.front() == "exit status 1") return std::optional<Bytes>();
  return tl::unexpected(out.error());
}

// cat-file --batch: "<id> <type> <size>\n<data>\n", or "<name> missing".
Result<std::vector<ProgramObject>> Program::objects(const std::vector<std::string>& names) const {
  std::string asked;
  for (const std::string& name : names) {
    if (name.empty() || name.find_first_of(std::string_view("\n\0", 2)) != std::string::npos)
      return fail(ErrorKind::not_found, "git.revision", "an object's name is empty or holds a line break");
    asked += name + "\n";
  }
  const Bytes answer = SLUICE_TRY(run({"cat-file", "--batch"}, asked));
  std::vector<ProgramObject> out;
  BytesView rest = answer;
  for (const std::string& name : names) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    const std::size_t space = line.find(' ');
    const std::size_t second = space == std::string_view::npos ? space : line.find(' ', space + 1);
    if (end == std::string_view::npos || second == std::string_view::npos || space != 64) {
      return fail(ErrorKind::not_found, "git.revision", "\"" + name + "\" names no object of the repository",
                  "a shallow checkout does not have old commits: fetch them");
    }
    ProgramObject object{
        std::string(line.substr(0, space)), std::string(line.substr(space + 1, second - space - 1)), {}};
    std::size_t size = 0;
    const std::string_view digits = line.substr(second + 1);
    const auto [stop, code] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    rest.remove_prefix(end + 1);
    if (code != std::errc() || stop != digits.data() + digits.size() || rest.size() < size + 1)
      return program_failed("cat-file", "an answer that cannot be read");
    object.data = rest.substr(0, size);
    rest.remove_prefix(size + 1);
    Sha256 hash;
    hash.update(object.type + " " + std::to_string(size) + std::string(1, '\0'));
    hash.update(object.data);
    if (hash.finish().hex() != object.id)
      return fail(ErrorKind::invalid, "git.read", "the object " + object.id + " is not what its id says");
    out.push_back(std::move(object));
  }
  return out;
}

}  // namespace sluice::git
