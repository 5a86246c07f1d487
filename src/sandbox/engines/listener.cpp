#include "sandbox/engines/listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/json.h"
#include "sandbox/fd_passing.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_state = 256u << 10;  // of the runtime's message
constexpr std::size_t k_max_listeners = 1024;    // of one container: one for each program started in it
constexpr int k_message_ms = 5'000;

bool is_runtime(std::string_view program) {
  return program.starts_with("/memfd:runc_cloned") || program.starts_with("memfd:runc_cloned") ||
         program == "memory" || program.ends_with("/runc") || program.ends_with("/crun") ||
         program.find("runc_cloned") != std::string_view::npos;
}

// The position of the filter's descriptor among those sent.
std::size_t listener_index(const std::string& state) {
  const auto value = json::parse(state, "state");
  const json::Value* names = value ? value->find("fds") : nullptr;
  if (names == nullptr || names->as_array() == nullptr) return 0;
  const json::Array& list = *names->as_array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].as_string() != nullptr && *list[i].as_string() == "seccompFd") return i;
  }
  return 0;
}

}  // namespace

Result<std::unique_ptr<SeccompListener>> SeccompListener::start(const std::string& path, CallPolicy policy,
                                                                std::shared_ptr<DigestCache> image) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    return fail(ErrorKind::io, "sandbox.listener", "the path of the listener's socket is too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Fd stop(::eventfd(0, EFD_CLOEXEC));
  if (!socket.valid() || !stop.valid()) return fail_errno("sandbox.listener", "cannot make a socket", errno);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(socket.get(), 16) != 0) {
    return fail_errno("sandbox.listener", "cannot listen at " + path, errno);
  }
  std::unique_ptr<SeccompListener> made(
      new SeccompListener(std::move(socket), std::move(stop), std::move(policy), std::move(image)));
  made->thread_ = std::jthread([raw = made.get()] { raw->serve(); });
  return made;
}

SeccompListener::SeccompListener(Fd socket, Fd stop, CallPolicy policy, std::shared_ptr<DigestCache> image)
    : socket_(std::move(socket)),
      stop_(std::move(stop)),
      policy_(std::move(policy)),
      image_(std::move(image)) {}

SeccompListener::~SeccompListener() {
  end();
}

void SeccompListener::end() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
}

void SeccompListener::serve() {
  for (;;) {
    std::array<pollfd, 2> polled{{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    if ((polled[0].revents & POLLIN) != 0) {
      const Fd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection.valid()) take(connection.get());
    } else if ((polled[1].revents & POLLIN) != 0) {
      return;
    }
  }
}

void SeccompListener::take(int connection) {
  pollfd polled{connection, POLLIN, 0};
  if (::poll(&polled, 1, k_message_ms) <= 0) return;
  auto message = receive_message(connection, k_max_state);
  const std::lock_guard lock(mutex_);
  if (!message || message->fds.empty()) {
    problem_ = message ? "the runtime sent no listener" : message.error().message;
    return;
  }
  const std::size_t at = std::min(listener_index(message->bytes), message->fds.size() - 1);
  if (supervisors_.size() == k_max_listeners) {
    problem_ = "more than " + std::to_string(k_max_listeners) + " programs were started in the container";
    return;
  }
  auto made = Supervisor::start(std::move(message->fds[at]), policy_, image_);
  if (made) {
    supervisors_.push_back(std::move(*made));
  } else {
    problem_ = made.error().message;
  }
}

Trace SeccompListener::finish() {
  end();
  Trace all;
  bool first = true;
  const std::lock_guard lock(mutex_);
  for (const auto& supervisor : supervisors_) {
    Trace one = supervisor->finish();
    one.mode = policy_.observe;
    if (first) {
      all = std::move(one);
    } else {
      merge(all, one);
    }
    first = false;
  }
  all.mode = policy_.observe;
  if (first) all.reason = problem_.empty() ? "the runtime sent no listener" : problem_;
  if (!first && !problem_.empty()) {
    all.observer = Observer::none;  // a part was not seen
    all.reason = problem_;
  }
  drop_runtime(all);
  return all;
}

void drop_runtime(Trace& trace) {
  // The runtime's last call starts the container's program, so that one belongs to the container.
  for (SyscallSeen& seen : trace.syscalls) {
    if (seen.name.starts_with("execve") && is_runtime(seen.program)) seen.program.clear();
  }
  // The exec that starts the program is the container's, though the runtime makes it.
  std::erase_if(trace.syscalls, [](const SyscallSeen& seen) {
    return is_runtime(seen.program) && seen.name != "execve" && seen.name != "execveat";
  });
  std::erase_if(trace.files, [](const FileSeen& seen) { return is_runtime(seen.program); });
  std::erase_if(trace.network, [](const NetworkSeen& seen) { return is_runtime(seen.program); });
  std::erase_if(trace.identity, [](const IdentitySeen& seen) { return is_runtime(seen.program); });
  for (ExecSeen& seen : trace.execs) {
    if (is_runtime(seen.by)) seen.by.clear();
  }
}

}  // namespace sluice::sandbox
