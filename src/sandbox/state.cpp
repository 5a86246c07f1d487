#include "sandbox/state.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "sandbox/engines/leftovers.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view k_run_prefix = "run-";
constexpr std::size_t k_max_journal_bytes = 16u << 20;
constexpr int k_cgroup_attempts =
    200;  // of 5 ms each: the kernel frees a dead cgroup a moment after its processes
constexpr int k_dying_attempts = 400;  // of 5 ms each
constexpr int k_max_depth = 4096;  // of directories when removing; a path cannot be made deeper in one run

Result<Fd> lock_file(const std::string& path, int operation) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return fail_errno("sandbox.state", "cannot open " + path, errno);
  int rc = 0;
  do {
    rc = ::flock(fd.get(), operation);
  } while (rc != 0 && errno == EINTR);
  if (rc != 0) return fail_errno("sandbox.locked", "cannot lock " + path, errno);
  return fd;
}

std::string random_name() {
  std::array<char, 8> raw{};
  if (::getrandom(raw.data(), raw.size(), 0) != static_cast<ssize_t>(raw.size())) {
    // The name need not be secret, only new: mkdir refuses one that exists.
    raw.fill('x');
  }
  return to_hex(std::string_view(raw.data(), raw.size()));
}

void pause_ms(int ms) {
  ::poll(nullptr, 0, ms);
}

// "run-<pid>-<random>": true if no process has that number any more.
bool owner_is_gone(std::string_view name) {
  name.remove_prefix(k_run_prefix.size());
  const auto pid = parse_u32(name.substr(0, name.find('-')));
  return pid && *pid > 1 && ::kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH;
}

// The lock of a run, if the run is dead. A launcher whose owner is gone is about to die and is waited for.
Result<Fd> lock_of_dead(const std::string& path, std::string_view name) {
  for (int attempt = 0;; ++attempt) {
    auto lock = lock_file(path + "/lock", LOCK_EX | LOCK_NB);
    if (lock || lock.error().code != "sandbox.locked" || attempt >= k_dying_attempts || !owner_is_gone(name))
      return lock;
    pause_ms(5);
  }
}

// Processes whose root lies in the run directory: what a container without namespaces left behind.
void kill_rooted_in(const std::string& path) {
  const auto proc = Directory::open("/proc");
  if (!proc) return;
  const auto entries = proc->list();
  if (!entries) return;
  for (const DirectoryEntry& entry : *entries) {
    const auto pid = parse_u32(entry.name);
    if (!pid || *pid <= 1 || static_cast<pid_t>(*pid) == ::getpid()) continue;
    std::array<char, PATH_MAX> target{};
    const std::string link = "/proc/" + entry.name + "/root";
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size() - 1);
    if (size > 0 && std::string_view(target.data(), static_cast<std::size_t>(size)).starts_with(path + "/")) {
      ::kill(static_cast<pid_t>(*pid), SIGKILL);
    }
  }
}

// A dying launcher lets its lock go a moment before the kernel has ended the processes below it.
void await_launcher(std::string_view text) {
  const auto pid = parse_u32(text);
  if (!pid) return;
  const std::string comm = "/proc/" + std::to_string(*pid) + "/comm";
  for (int attempt = 0; attempt < k_dying_attempts; ++attempt) {
    const auto name = read_file(comm, 64);
    if (!name || trim(*name) != k_launcher_name) return;
    pause_ms(5);
  }
}

// Kills whatever is in the cgroup now; true if it was empty.
bool kill_members(const std::string& path) {
  // A journal line is ours, but read as text: only numbers become pids, and never our own or init's.
  auto text = read_file(path + "/cgroup.procs", k_max_journal_bytes);
  if (!text) return true;
  bool empty = true;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    int pid = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), pid);
    if (error != std::errc{} || stop != line.data() + line.size()) continue;
    empty = false;
    if (pid > 1 && pid != ::getpid()) ::kill(pid, SIGKILL);
  }
  return empty;
}

bool is_our_cgroup(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return path.starts_with('/') && slash != std::string_view::npos &&
         path.substr(slash + 1).starts_with("sluice-") && path.find("/../") == std::string_view::npos;
}

// Undoes one dead run whose lock we hold.
void clean_run(const std::string& path, Garbage& garbage) {
  if (auto journal = read_file(path + "/journal", k_max_journal_bytes)) {
    remove_leftovers(leftovers(*journal), path, garbage.problems);
    std::string_view rest = *journal;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos)
        break;  // half a line: written by one who died writing, before making
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (line.starts_with("launcher ")) await_launcher(line.substr(9));
      if (!line.starts_with("cgroup ") || !is_our_cgroup(line.substr(7))) continue;
      const std::string cgroup(line.substr(7));
      if (!path_exists(cgroup)) continue;
      if (auto removed = remove_cgroup(cgroup); removed) {
        ++garbage.cgroups;
      } else {
        garbage.problems.push_back(removed.error().message);
      }
    }
  }
  if (auto removed = remove_private_tree(path); !removed) garbage.problems.push_back(removed.error().message);
}

// Opens every directory below `fd` to its owner. Depth-first on descriptors: no path is ever joined.
void open_modes(int parent, const char* name, int depth) {
  if (depth > k_max_depth) return;
  // If it is refused, the opening below fails too, and the removal says so.
  [[maybe_unused]] const int opened = ::fchmodat(parent, name, 0700, 0);
  const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(fd), &::closedir);
  if (!dir) {
    ::close(fd);
    return;
  }
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view child = entry->d_name;
    if (entry->d_type != DT_DIR || child == "." || child == "..") continue;
    open_modes(fd, entry->d_name, depth + 1);
  }
}

}  // namespace

Result<std::string> state_root(const std::string& override_root) {
  std::string root = override_root;
  if (root.empty()) {
    const char* tmp = std::getenv("TMPDIR");
    root = (tmp != nullptr && tmp[0] == '/') ? tmp : "/tmp";
    root += "/sluice-" + std::to_string(::geteuid());
  }
  if (::mkdir(root.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno("sandbox.state", "cannot make " + root, errno);
  }
  struct stat st{};
  if (::lstat(root.c_str(), &st) != 0) return fail_errno("sandbox.state", "cannot read " + root, errno);
  if (!S_ISDIR(st.st_mode) || st.st_uid != ::geteuid() || (st.st_mode & 0077) != 0) {
    return fail(ErrorKind::io, "sandbox.state", root + " is not a directory of ours alone (mode 0700)",
                "remove it, or set TMPDIR to a directory that only you can write");
  }
  return root;
}

Status journal_append(int journal_fd, std::string_view kind, std::string_view value) {
  if (value.find('\n') != std::string_view::npos) {
    return fail(ErrorKind::internal, "sandbox.journal", "a line break in a journal value");
  }
  const Status written = write_all(journal_fd, std::string(kind) + " " + std::string(value) + "\n");
  if (written) return {};
  return fail(ErrorKind::io, "sandbox.journal",
              "the journal of what is to be removed cannot be written: " + written.error().message,
              "is the disk of $TMPDIR full?");
}

Result<RunDirectory> RunDirectory::create(const std::string& root) {
  // Problems with what others left do not stop this run; `sluice doctor` shows them.
  static_cast<void>(SLUICE_TRY(collect_garbage(root)));
  const Fd guard = SLUICE_TRY(lock_file(root + "/lock", LOCK_EX));
  std::string path =
      root + "/" + std::string(k_run_prefix) + std::to_string(::getpid()) + "-" + random_name();
  if (::mkdir(path.c_str(), 0700) != 0) return fail_errno("sandbox.state", "cannot make " + path, errno);
  Fd lock = SLUICE_TRY(lock_file(path + "/lock", LOCK_EX | LOCK_NB));
  Fd journal(::open((path + "/journal").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
  if (!journal.valid()) return fail_errno("sandbox.state", "cannot make " + path + "/journal", errno);
  return RunDirectory(std::move(path), std::move(lock), std::move(journal));
}

RunDirectory::RunDirectory(std::string path, Fd lock, Fd journal)
    : path_(std::move(path)), lock_(std::move(lock)), journal_(std::move(journal)) {}

RunDirectory::RunDirectory(RunDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      lock_(std::move(other.lock_)),
      journal_(std::move(other.journal_)) {}

RunDirectory::~RunDirectory() {
  if (path_.empty()) return;
  Garbage garbage;
  clean_run(path_, garbage);
}

Result<Garbage> collect_garbage(const std::string& root) {
  const Fd guard = SLUICE_TRY(lock_file(root + "/lock", LOCK_EX));
  const Directory directory = SLUICE_TRY(Directory::open(root));
  Garbage garbage;
  for (const DirectoryEntry& entry : SLUICE_TRY(directory.list())) {
    if (entry.type != EntryType::directory || !entry.name.starts_with(k_run_prefix)) continue;
    const std::string path = root + "/" + entry.name;
    // Under the root's lock a directory without a locked lock file belongs to nobody who lives.
    auto lock = lock_of_dead(path, entry.name);
    if (!lock) {
      if (lock.error().code != "sandbox.locked") garbage.problems.push_back(lock.error().message);
      continue;
    }
    kill_rooted_in(path);
    clean_run(path, garbage);
    ++garbage.runs;
  }
  return garbage;
}

Status remove_cgroup(const std::string& path) {
  for (int attempt = 0; attempt < k_cgroup_attempts; ++attempt) {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EBUSY) return fail_errno("sandbox.cgroup", "cannot remove " + path, errno);
    kill_members(path);
    pause_ms(attempt == 0 ? 0 : 5);
  }
  return fail(ErrorKind::io, "sandbox.cgroup", "cannot remove " + path + ": processes in it do not end");
}

Status remove_private_tree(const std::string& path) {
  if (auto removed = remove_tree(path); removed) return removed;
  open_modes(AT_FDCWD, path.c_str(), 0);
  return remove_tree(path);
}

}  // namespace sluice::sandbox
