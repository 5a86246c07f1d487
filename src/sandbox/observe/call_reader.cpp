#include "sandbox/observe/call_reader.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "sandbox/observe/clean_path.h"
#include "sandbox/observe/redact.h"
#include "sandbox/observe/secret_paths.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_path = 4096;
constexpr std::size_t k_max_tasks = 20'000;  // remembered; more means that all are asked for anew
constexpr int k_zombie_looks = 3;            // in a row: a child that is about to be reaped is no zombie
constexpr std::size_t k_max_children = 4096;
constexpr int k_no_directory = -1;  // no such argument
constexpr int k_term = SIGTERM;

constexpr auto k_identity_calls =
    std::to_array<std::string_view>({"capset", "setfsgid", "setfsuid", "setgid", "setgroups", "setregid",
                                     "setresgid", "setresuid", "setreuid", "setuid"});

}  // namespace

// Of one call there may be two: what is renamed, and the target.
struct CallReader::PathArgument {
  std::string_view call;
  int directory;
  int path;
  enum class Effect : std::uint8_t { open, written, deleted } effect;

  static std::vector<const PathArgument*> of(std::string_view call);
};

std::vector<const CallReader::PathArgument*> CallReader::PathArgument::of(std::string_view call) {
  static constexpr auto k_path_calls = std::to_array<PathArgument>({
      {"chmod", k_no_directory, 0, Effect::written},
      {"chown", k_no_directory, 0, Effect::written},
      {"creat", k_no_directory, 0, Effect::written},
      {"fchmodat", 0, 1, Effect::written},
      {"fchmodat2", 0, 1, Effect::written},
      {"fchownat", 0, 1, Effect::written},
      {"lchown", k_no_directory, 0, Effect::written},
      {"link", k_no_directory, 1, Effect::written},
      {"linkat", 2, 3, Effect::written},
      {"mkdir", k_no_directory, 0, Effect::written},
      {"mkdirat", 0, 1, Effect::written},
      {"mknod", k_no_directory, 0, Effect::written},
      {"mknodat", 0, 1, Effect::written},
      {"open", k_no_directory, 0, Effect::open},
      {"openat", 0, 1, Effect::open},
      {"openat2", 0, 1, Effect::open},
      {"rename", k_no_directory, 0, Effect::deleted},
      {"rename", k_no_directory, 1, Effect::written},
      {"renameat", 0, 1, Effect::deleted},
      {"renameat", 2, 3, Effect::written},
      {"renameat2", 0, 1, Effect::deleted},
      {"renameat2", 2, 3, Effect::written},
      {"rmdir", k_no_directory, 0, Effect::deleted},
      {"symlink", k_no_directory, 1, Effect::written},
      {"symlinkat", 1, 2, Effect::written},
      {"truncate", k_no_directory, 0, Effect::written},
      {"unlink", k_no_directory, 0, Effect::deleted},
      {"unlinkat", 0, 1, Effect::deleted},
  });

  std::vector<const PathArgument*> out;
  for (const PathArgument& argument : k_path_calls) {
    if (argument.call == call) out.push_back(&argument);
  }
  return out;
}

CallReader::CallReader(CallPolicy policy, std::shared_ptr<DigestCache> image)
    : policy_(std::move(policy)),
      names_(policy_.profile),
      image_(std::move(image)),
      programs_(image_, [this](std::string path) { return inside(std::move(path)); }) {}

CallReader::Known& CallReader::known(const Call& call) {
  const std::uint64_t key =
      (std::uint64_t{call.architecture} << 32) | static_cast<std::uint32_t>(call.number);
  const auto found = known_.find(key);
  if (found != known_.end()) return found->second;
  Known entry;
  entry.name = call_name(call.architecture, call.number);
  entry.plain = entry.name.starts_with("i386:") ? entry.name.substr(5) : entry.name;
  entry.simple = rule_of(entry.plain) != CallRule::conditional;
  if (entry.simple) entry.answer = answer_of(policy_, names_, entry.plain, call.arguments);
  if (entry.plain == "execve" || entry.plain == "execveat") entry.kind = Kind::exec;
  entry.paths = PathArgument::of(entry.plain);
  if (!entry.paths.empty()) entry.kind = Kind::path;
  if (entry.plain == "connect") entry.kind = Kind::connect;
  if (entry.plain == "bind") entry.kind = Kind::bind;
  if (entry.plain == "listen") entry.kind = Kind::listen;
  if (entry.plain == "sendto" || entry.plain == "sendmsg" || entry.plain == "sendmmsg")
    entry.kind = Kind::send;
  if (std::binary_search(k_identity_calls.begin(), k_identity_calls.end(), entry.plain))
    entry.kind = Kind::identity;
  return known_.emplace(key, std::move(entry)).first->second;
}

std::string CallReader::inside(std::string path) const {
  if (root_.size() > 1 && path.starts_with(root_)) path.erase(0, root_.size());
  return path.empty() ? "/" : path;
}

CallReader::Task& CallReader::task(pid_t tid) {
  const auto found = tasks_.find(tid);
  if (found != tasks_.end()) return found->second;
  if (tasks_.size() >= k_max_tasks) tasks_.clear();
  Task made;
  const ProcessView view(tid, true);
  made.program = inside(view.link("exe"));
  return tasks_.emplace(tid, std::move(made)).first->second;
}

CallAnswer CallReader::look(const Call& call) {
  Known& entry = known(call);
  last_ = &entry;
  last_tid_ = call.tid;
  last_answer_ = entry.simple ? entry.answer : answer_of(policy_, names_, entry.plain, call.arguments);
  unreadable_ = 0;
  // Without a watch only misses are handed over, of which the start is none.
  if (init_ == 0 && policy_.observe != ObserveMode::none) {
    // Until the program is started these are our own calls.
    if (entry.kind != Kind::exec) {
      last_ = nullptr;
      return last_answer_;
    }
    init_ = call.tid;
    root_ = ProcessView(call.tid, true).link("root");
  }
  if (entry.kind == Kind::other || policy_.observe == ObserveMode::none) return last_answer_;
  const ProcessView view(call.tid, call.architecture != AUDIT_ARCH_I386);
  switch (entry.kind) {
    case Kind::exec:
      read_exec(call, entry, view);
      break;
    case Kind::path:
      read_paths(call, entry, view);
      break;
    case Kind::connect:
    case Kind::bind:
    case Kind::listen:
      read_socket(call, entry, view);
      break;
    case Kind::send:
      read_send(call, entry, view);
      break;
    case Kind::identity:
      read_identity(call, entry, view);
      break;
    case Kind::other:
      break;
  }
  return last_answer_;
}

void CallReader::keep() {
  if (last_ == nullptr) return;
  Recorder::CallCount& seen = last_->seen;
  if (seen.count++ == 0) {
    const auto found = tasks_.find(last_tid_);
    seen.program = found != tasks_.end() ? found->second.program : task(last_tid_).program;
  }
  seen.refused = seen.refused || last_answer_.refused;
  seen.missing = seen.missing || last_answer_.missing;
  for (const auto& entry : pending_) entry();
  pending_.clear();
  recorder_.losses.unreadable += unreadable_;
  last_ = nullptr;
}

void CallReader::drop() {
  ++recorder_.losses.vanished;
  pending_.clear();
  last_ = nullptr;
}

std::string CallReader::absolute(const ProcessView& view, int directory, const std::string& path) {
  if (path.starts_with('/')) return clean_path(path);
  const std::string base = view.link(directory < 0 ? "cwd" : "fd/" + std::to_string(directory));
  if (base.empty()) {
    unreadable();
    return {};
  }
  return clean_path(inside(base) + "/" + path);
}

void CallReader::touch(const ProcessView& view, int directory, std::uint64_t address, bool read, bool written,
                       bool deleted) {
  const auto text = view.text(address, k_max_path);
  if (!text) return unreadable();
  if (text->empty()) return;  // of the descriptor itself; it was opened before
  const std::string path = absolute(view, directory, *text);
  if (path.empty()) return;
  const bool secret = read && is_secret_path(path) && programs_.may_read(view, path);
  pending_.emplace_back([this, path, read, written, deleted, secret, tid = view.tid()] {
    recorder_.file(path, task(tid).program, [&](FileSeen& seen) {
      seen.read = seen.read || read;
      seen.written = seen.written || written;
      seen.deleted = seen.deleted || deleted;
      seen.readable_secret = seen.readable_secret || secret;
    });
  });
}

void CallReader::read_paths(const Call& call, const Known& known, const ProcessView& view) {
  using Effect = PathArgument::Effect;
  for (const PathArgument* argument : known.paths) {
    const int directory =
        argument->directory == k_no_directory
            ? -1
            : static_cast<int>(call.arguments[static_cast<std::size_t>(argument->directory)]);
    const std::uint64_t address = call.arguments[static_cast<std::size_t>(argument->path)];
    if (argument->effect != Effect::open) {
      touch(view, directory, address, false, argument->effect == Effect::written,
            argument->effect == Effect::deleted);
      continue;
    }
    std::uint64_t flags = call.arguments[known.plain == "open" ? 1 : 2];
    if (known.plain == "openat2" && !view.read(call.arguments[2], &flags, sizeof(flags))) {
      unreadable();
      continue;
    }
    if ((flags & (O_DIRECTORY | O_PATH)) != 0) continue;
    const bool written = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
    touch(view, directory, address, (flags & O_ACCMODE) != O_WRONLY, written, false);
  }
}

void CallReader::read_exec(const Call& call, const Known& known, const ProcessView& view) {
  const bool at = known.plain == "execveat";
  const auto text = view.text(call.arguments[at ? 1 : 0], k_max_path);
  const auto argv = view.words(call.arguments[at ? 2 : 1], k_max_traced_args, k_max_traced_arg);
  if (!text) return unreadable();
  const int directory = at ? static_cast<int>(call.arguments[0]) : -1;
  const bool by_descriptor = text->empty() && at;
  const std::string path =
      by_descriptor ? "/proc/self/fd/" + std::to_string(directory) : absolute(view, directory, *text);
  if (path.empty()) return;
  ProgramFiles::Program program = programs_.look(view, path);
  ExecSeen seen = std::move(program.seen);
  if (!argv) unreadable();
  seen.argv = redact(argv.value_or(std::vector<std::string>{}));
  const bool first = call.tid == init_ && tasks_.find(call.tid) == tasks_.end();
  seen.by = first ? std::string() : task(call.tid).program;
  // Asking who it runs as costs more than all the rest, and of one start that is known already nothing new is
  // kept.
  if (const auto identity = recorder_.knows(seen) ? std::nullopt : view.identity()) {
    seen.uid = identity->uid;
    if (first) {
      recorder_.init.uid = identity->uid;
      recorder_.init.sampled = true;
    }
  }
  // A script is started by its interpreter, which makes no call of its own.
  std::optional<ExecSeen> by_kernel;
  if (!program.interpreter.empty()) {
    by_kernel = programs_.look(view, program.interpreter).seen;
    by_kernel->argv = {program.interpreter, seen.path};
    by_kernel->by = seen.path;
    by_kernel->for_script = true;
    by_kernel->uid = seen.uid;
  }
  pending_.emplace_back([this, seen, by_kernel, tid = call.tid] {
    if (seen.exists) tasks_[tid] = Task{seen.path, 0};
    recorder_.exec(seen);
    if (by_kernel) recorder_.exec(*by_kernel);
  });
}

void CallReader::read_identity(const Call& call, const Known& known, const ProcessView& view) {
  IdentitySeen seen;
  seen.call = known.plain;
  const auto identity = view.identity();
  if (!identity) return unreadable();
  if (known.plain == "capset") {
    // struct __user_cap_data_struct[2]: effective, permitted, inheritable.
    std::array<std::uint32_t, 6> data{};
    if (!view.read(call.arguments[1], data.data(), sizeof(data))) return unreadable();
    const std::uint64_t permitted = data[1] | (std::uint64_t{data[4]} << 32);
    seen.arguments = "permitted " + std::to_string(permitted);
    seen.gain = (permitted & ~identity->permitted) != 0;
  } else {
    const std::size_t count = known.plain == "setgroups"                     ? 1
                              : known.plain.find("res") != std::string::npos ? 3
                              : known.plain.find("re") != std::string::npos  ? 2
                                                                             : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const auto id = static_cast<std::int32_t>(call.arguments[i]);
      seen.arguments += (i == 0 ? "" : ", ") + std::to_string(id);
      const bool user = known.plain.ends_with("uid");
      seen.gain = seen.gain || (user && id == 0 && identity->uid != 0);
    }
  }
  pending_.emplace_back([this, seen, tid = call.tid]() mutable {
    seen.program = task(tid).program;
    recorder_.identity(seen);
  });
}

void CallReader::sample() {
  if (init_ == 0) return;
  const ProcessView view(init_, true);
  const auto identity = view.identity();
  if (!identity || identity->group == 0) return;
  recorder_.init.sampled = true;
  recorder_.init.handles_term = recorder_.init.handles_term || ((identity->caught >> (k_term - 1)) & 1) != 0;
  recorder_.init.uid = identity->uid;
  std::map<pid_t, int> zombies;
  std::size_t looked = 0;
  const auto children = read_file(view.folder() + "/task/" + std::to_string(init_) + "/children");
  for (const std::string_view word :
       split(children ? std::string_view(*children) : std::string_view{}, ' ')) {
    const auto pid = parse_u32(trim(word));
    if (!pid || ++looked > k_max_children) continue;
    const auto stat = read_file("/proc/" + std::to_string(*pid) + "/stat");
    if (!stat) continue;
    const std::size_t close = stat->rfind(')');  // a program's name may hold anything
    if (close == std::string::npos || close + 2 >= stat->size() || (*stat)[close + 2] != 'Z') continue;
    const auto child = static_cast<pid_t>(*pid);
    zombies[child] = zombies_[child] + 1;
  }
  std::uint32_t waiting = 0;
  for (const auto& [pid, looks] : zombies) waiting += looks >= k_zombie_looks ? 1 : 0;
  zombies_ = std::move(zombies);
  recorder_.init.zombies = std::max(recorder_.init.zombies, waiting);
}

Trace CallReader::take() {
  std::map<std::string, Recorder::CallCount> calls;
  for (auto& [key, entry] : known_) {
    if (entry.seen.count != 0) calls.emplace(entry.name, std::move(entry.seen));
  }
  Trace trace = recorder_.take(calls, *image_);
  trace.mode = policy_.observe;
  return trace;
}

}  // namespace sluice::sandbox
