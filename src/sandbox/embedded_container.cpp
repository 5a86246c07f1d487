#include "sandbox/embedded_container.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <tuple>
#include <utility>

#include "sandbox/fd_passing.h"
#include "sandbox/private_network.h"
#include "sandbox/text.h"
#include "sandbox/wire.h"

namespace sluice::sandbox {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t k_chunk_bytes = 128u << 10;
constexpr milliseconds k_launcher_patience{
    20'000};                                   // after KILL; longer means that the launcher itself is stuck
constexpr milliseconds k_max_setup{300'000};   // copying a large image where overlays are refused
constexpr milliseconds k_answer_grace{5'000};  // over the time that a command may take itself
constexpr milliseconds k_inspect_timeout{5'000};
constexpr milliseconds k_pipe_grace{
    200};  // for output that somebody outside of the container's reach keeps open

// What the supervisor did not see of the names that were asked for: by TCP, or by a call that it does not
// read.
void add_queries(Trace& trace, const DnsLog& log) {
  std::set<std::string> seen;
  for (const NetworkSeen& one : trace.network) {
    if (one.kind == NetworkKind::dns) seen.insert(one.hostname);
  }
  for (const DnsAsked& asked : log.asked) {
    if (!seen.insert(asked.name).second) continue;
    NetworkSeen added;
    added.kind = NetworkKind::dns;
    added.protocol = asked.udp ? "udp" : "tcp";
    added.hostname = asked.name;
    added.count = asked.count;
    trace.network.push_back(std::move(added));
  }
  std::sort(trace.network.begin(), trace.network.end(), [](const NetworkSeen& a, const NetworkSeen& b) {
    return std::tie(a.kind, a.protocol, a.address, a.port, a.hostname) <
           std::tie(b.kind, b.protocol, b.address, b.port, b.hostname);
  });
  trace.losses.network += log.lost;
}

// The socket table without our own server, which is no socket of the program's; nobody else can have this
// address and port.
std::string without_resolver(std::string_view table) {
  in_addr address{};
  ::inet_pton(AF_INET, std::string(k_private_resolver).c_str(), &address);
  // As the kernel writes it: a number in the machine's order, and a port.
  std::string place = ": ";
  for (const std::uint32_t shift : {28u, 24u, 20u, 16u, 12u, 8u, 4u, 0u})
    place += "0123456789ABCDEF"[(address.s_addr >> shift) & 0xf];
  place += ":0035 ";
  std::string kept;
  for (const std::string_view line : split(table, '\n')) {
    if (!line.empty() && line.find(place) == std::string_view::npos) kept += std::string(line) + "\n";
  }
  return kept;
}

}  // namespace

EmbeddedContainer::EmbeddedContainer(LaunchedContainer launched, const RunSpec& spec, Tier tier,
                                     std::vector<std::string> missing, int cancel_fd,
                                     std::unique_lock<std::mutex> turn, Resolver resolve, Watch watch)
    : turn_(std::move(turn)),
      launched_(std::move(launched)),
      spec_(spec),
      cancel_fd_(cancel_fd),
      out_(spec.head_bytes, spec.tail_bytes),
      err_(spec.head_bytes, spec.tail_bytes),
      resolve_(std::move(resolve)),
      started_(Clock::now()),
      buffer_(k_chunk_bytes),
      watch_(std::move(watch)) {
  result_.tier = tier;
  result_.network_refused = watch_.policy.local_sockets_only && spec.network != Network::none;
  result_.limits_missing = std::move(missing);
}

EmbeddedContainer::~EmbeddedContainer() {
  if (exited_) return;
  // The launcher kills at the end of the stream and closes its end when the container is gone.
  ::shutdown(launched_.control.get(), SHUT_WR);
  const Clock::time_point give_up = Clock::now() + k_launcher_patience;
  while (!exited_ && Clock::now() < give_up) {
    pollfd polled{launched_.control.get(), POLLIN, 0};
    if (::poll(&polled, 1, 1000) > 0 && !take_event()) break;
  }
}

Status EmbeddedContainer::signal(int number) {
  if (exited_) return {};
  if (number == SIGKILL) {
    kill_sent_ = true;
  } else if (!stop_sent_.exchange(true)) {
    stop_time_ = Clock::now().time_since_epoch().count();
  }
  Command command;
  command.number = number;
  // If it cannot be sent the container has ended; the event tells.
  static_cast<void>(send_message(launched_.control.get(), encode(command), {}));
  return {};
}

Captured EmbeddedContainer::output(Stream stream) const {
  const std::lock_guard lock(output_mutex_);
  CaptureBuffer copy = stream == Stream::out ? out_ : err_;
  return copy.take();
}

// The launcher lets nobody join before the program has taken over. Another thread waits and takes the event.
Status EmbeddedContainer::await_set_up() const {
  const Clock::time_point give_up = Clock::now() + k_max_setup;
  while (!set_up_ && !exited_ && Clock::now() < give_up) ::poll(nullptr, 0, 1);
  if (set_up_ && !exited_) return {};
  return fail(ErrorKind::io, "sandbox.gone", "the container has ended or never started");
}

// Sends a command whose answer carries a descriptor.
Result<Fd> EmbeddedContainer::ask(const Command& command, milliseconds timeout) const {
  SLUICE_CHECK(await_set_up());
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("sandbox.socket", "cannot make a socket pair", errno);
  }
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const auto gone = [] { return fail(ErrorKind::io, "sandbox.gone", "the container has ended"); };
  if (!send_message(launched_.control.get(), encode(command), {theirs.get()})) return gone();
  theirs.reset();  // so that the end of the other side is seen
  pollfd polled{ours.get(), POLLIN, 0};
  int rc = 0;
  do {
    rc = ::poll(&polled, 1, static_cast<int>((timeout + k_answer_grace).count()));
  } while (rc < 0 && errno == EINTR);
  if (rc <= 0) return fail(ErrorKind::io, "sandbox.launcher", "the launcher does not answer");
  auto message = SLUICE_TRY(receive_message(ours.get(), k_max_event_bytes));
  if (message.bytes.empty()) return gone();
  const Answer answer = SLUICE_TRY(decode_answer(message.bytes));
  if (answer.error == 0 && message.fds.size() == 1) return std::move(message.fds[0]);
  if (answer.error == EOPNOTSUPP) return fail(ErrorKind::unsupported, "sandbox.unsupported", answer.text);
  if (answer.error == ESRCH) return gone();
  const bool refused = answer.error == ECONNREFUSED || answer.error == ENETUNREACH;
  return fail_errno(refused ? "sandbox.refused-connection" : "sandbox.setup", answer.text, answer.error);
}

Result<Fd> EmbeddedContainer::connect(const std::string& address, std::uint16_t port, milliseconds timeout) {
  Command command;
  command.kind = CommandKind::connect;
  command.address = address;
  command.number = port;
  command.timeout = timeout;
  return ask(command, timeout);
}

Result<Inspection> EmbeddedContainer::inspect() {
  Command command;
  command.kind = CommandKind::inspect;
  const Fd memory = SLUICE_TRY(ask(command, k_inspect_timeout));
  const std::string bytes = SLUICE_TRY(read_fd(memory.get(), "inspection"));
  Inspection seen = SLUICE_TRY(decode_inspection(bytes));
  if (spec_.network == Network::private_) {
    seen.tcp = without_resolver(seen.tcp);
    seen.udp = without_resolver(seen.udp);
  }
  return seen;
}

Result<std::unique_ptr<Container>> EmbeddedContainer::exec(const RunSpec& spec) {
  SLUICE_CHECK(await_set_up());
  const LaunchRequest request = SLUICE_TRY(resolve_(spec));
  LaunchedContainer launched = SLUICE_TRY(launch_in(launched_.control.get(), request));
  return std::unique_ptr<Container>(std::make_unique<EmbeddedContainer>(
      std::move(launched), spec, result_.tier, std::vector<std::string>{}, cancel_fd_,
      std::unique_lock<std::mutex>(), resolve_,
      Watch{{watch_.policy.local_sockets_only, spec.observe, spec.syscalls}, watch_.image, watch_.filters}));
}

// One event from the launcher or the container's process. End of file without one: the launcher is gone.
Status EmbeddedContainer::take_event() {
  auto message = receive_message(launched_.control.get(), k_max_event_bytes);
  if (!message) return tl::unexpected(message.error());
  if (message->bytes.empty()) {
    exited_ = true;
    return fail(ErrorKind::io, "sandbox.launcher", "the launcher ended, and the container with it");
  }
  Event event = SLUICE_TRY(decode_event(message->bytes));
  switch (event.kind) {
    case EventKind::note:
      result_.limits_missing.push_back(std::move(event.text));
      break;
    case EventKind::listener:
      take_listener(std::move(message->fds));
      break;
    case EventKind::traceable:
      take_traceable(std::move(message->fds));
      break;
    case EventKind::unobserved:
      unobserved_ = std::move(event.text);
      break;
    case EventKind::resolver:
      return take_resolver(std::move(message->fds));
    case EventKind::started:
      set_up_ = true;
      started_ = Clock::now();
      break;
    case EventKind::fault:
      result_.fault = event.fault;
      result_.fault_message = std::move(event.text);
      break;
    case EventKind::setup_failed:
      return fail(ErrorKind::unsupported, "sandbox.setup", "this machine refused a step: " + event.text,
                  "`sluice doctor` shows what this machine can do");
    case EventKind::exited:
      exited_ = true;
      result_.exit_code = WIFEXITED(event.wait_status) ? WEXITSTATUS(event.wait_status) : -1;
      result_.signal = WIFSIGNALED(event.wait_status) ? WTERMSIG(event.wait_status) : 0;
      result_.peaks = event.peaks;
      result_.out_of_memory = event.out_of_memory;
      result_.pids_exhausted = event.pids_exhausted;
      if (stop_sent_ && stop_time_ != 0) {
        stopped_after_ =
            duration_cast<milliseconds>(Clock::now().time_since_epoch() - Clock::duration(stop_time_));
      }
      take_layer(std::move(message->fds));
      break;
  }
  return {};
}

void EmbeddedContainer::take_listener(std::vector<Fd> fds) {
  if (fds.size() != 1) {
    unobserved_ = "the listener did not arrive";
    return;
  }
  auto made = Supervisor::start(std::move(fds[0]), watch_.policy, watch_.image);
  if (made) {
    supervisor_ = std::move(*made);
  } else {
    unobserved_ = made.error().message;  // the listener is closed: every watched call gets ENOSYS
  }
}

Status EmbeddedContainer::take_resolver(std::vector<Fd> fds) {
  if (fds.size() != 2)
    return fail(ErrorKind::io, "sandbox.network", "the DNS server's sockets did not arrive");
  resolver_ = SLUICE_TRY(DnsServer::start({std::move(fds[0]), std::move(fds[1])}, spec_.dns));
  return {};
}

void EmbeddedContainer::finish_resolver() {
  if (!resolver_) return;
  asked_ = resolver_->finish();
  resolver_.reset();
  for (const DnsAsked& asked : asked_.asked) {
    if (!asked.known) result_.unanswered.push_back(asked.name);
  }
  auto& names = result_.unanswered;  // sorted; one that was asked for both ways is there twice
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

void EmbeddedContainer::take_traceable(std::vector<Fd> fds) {
  if (fds.size() != 2) return;
  auto made = Supervisor::trace(fds[0].get(), watch_.policy, watch_.image);
  if (!made) {
    unobserved_ += (unobserved_.empty() ? "" : "; ") + made.error().message;
    return;  // the pipe ends without an answer
  }
  supervisor_ = std::move(*made);
  [[maybe_unused]] const ssize_t written = ::write(fds[1].get(), "y", 1);
}

void EmbeddedContainer::take_layer(std::vector<Fd> fds) {
  if (fds.size() != 1) return;
  const auto bytes = read_fd(fds[0].get(), "layer");
  auto report = bytes ? decode_layer(*bytes) : Result<LayerReport>(tl::unexpected(bytes.error()));
  if (report) layer_ = std::move(*report);
}

Trace EmbeddedContainer::finish_trace() {
  Trace trace;
  if (supervisor_) {
    trace = supervisor_->finish();
    supervisor_.reset();
    if (trace.observer == Observer::ptrace) trace.reason = unobserved_;  // why not by the better way
  } else {
    trace.reason = !watch_.filters                        ? "this kernel takes no call filters"
                   : !unobserved_.empty()                 ? unobserved_
                   : result_.fault != StartFault::started ? "the program did not start"
                                                          : "no listener came";
  }
  trace.mode = watch_.policy.observe;
  if (layer_) cross_check(trace, std::move(layer_->changes), layer_->lost);
  add_queries(trace, asked_);
  trace.peak_memory_bytes = result_.peaks.memory_bytes;
  trace.peak_pids = result_.peaks.pids;
  trace.cpu = result_.peaks.cpu;
  if (stop_sent_) {
    trace.time_to_stop = stopped_after_;
    trace.init.ignored_stop = kill_sent_ && result_.signal == SIGKILL;
    if (!trace.init.ignored_stop) trace.init.handles_term = true;
  }
  return trace;
}

// Reads what is there; false once the stream has ended.
bool EmbeddedContainer::drain(Fd& pipe, CaptureBuffer& buffer) {
  if (!pipe.valid()) return false;
  const ssize_t size = ::read(pipe.get(), buffer_.data(), buffer_.size());
  if (size > 0) {
    const std::lock_guard lock(output_mutex_);
    buffer.append(std::string_view(buffer_.data(), static_cast<std::size_t>(size)));
    return true;
  }
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  pipe.reset();
  return false;
}

int EmbeddedContainer::poll_timeout(Time now) const {
  if (!set_up_) return 1000;
  Time next = started_ + spec_.limits.time;
  if (result_.timed_out) next += spec_.grace;
  if (result_.killed) next += k_launcher_patience;
  const auto left = duration_cast<milliseconds>(next - now).count() + 1;
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

Status EmbeddedContainer::enforce_deadline(Time now) {
  if (exited_) return {};
  if (!set_up_) {
    if (now < started_ + k_max_setup) return {};
    return fail(ErrorKind::io, "sandbox.launcher", "the container was not set up in time");
  }
  const Time deadline = started_ + spec_.limits.time;
  if (!result_.timed_out && now >= deadline) {
    result_.timed_out = true;
    SLUICE_CHECK(signal(spec_.stop_signal));
  }
  if (!result_.killed && now >= deadline + spec_.grace) {
    result_.killed = true;
    SLUICE_CHECK(signal(SIGKILL));
  }
  if (now >= deadline + spec_.grace + k_launcher_patience) {
    return fail(ErrorKind::io, "sandbox.launcher", "the container does not end after KILL");
  }
  return {};
}

Status EmbeddedContainer::step() {
  // A descriptor of -1 is passed over by poll.
  std::array<pollfd, 4> polled{{{launched_.control.get(), POLLIN, 0},
                                {launched_.out.get(), POLLIN, 0},
                                {launched_.err.get(), POLLIN, 0},
                                {cancel_fd_, POLLIN, 0}}};
  if (::poll(polled.data(), polled.size(), poll_timeout(Clock::now())) < 0 && errno != EINTR) {
    return fail_errno("sandbox.poll", "cannot wait for the container", errno);
  }
  if ((polled[3].revents & POLLIN) != 0) {
    return fail(ErrorKind::io, "sandbox.cancelled", "stopped before the container had ended");
  }
  if (polled[1].revents != 0) drain(launched_.out, out_);
  if (polled[2].revents != 0) drain(launched_.err, err_);
  if (polled[0].revents != 0) SLUICE_CHECK(take_event());
  return enforce_deadline(Clock::now());
}

Result<RunResult> EmbeddedContainer::wait() {
  while (!exited_) SLUICE_CHECK(step());
  result_.duration = duration_cast<microseconds>(Clock::now() - started_);
  // All writers died with PID 1; only without a pid namespace may one live a moment longer.
  const Time give_up = Clock::now() + k_pipe_grace;
  while ((launched_.out.valid() || launched_.err.valid()) && Clock::now() < give_up) {
    std::array<pollfd, 2> polled{{{launched_.out.get(), POLLIN, 0}, {launched_.err.get(), POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), 20) < 0 && errno != EINTR) break;
    if (polled[0].revents != 0) drain(launched_.out, out_);
    if (polled[1].revents != 0) drain(launched_.err, err_);
  }
  result_.out = out_.take();
  result_.err = err_.take();
  finish_resolver();
  if (watch_.policy.watches()) result_.trace = std::make_shared<const Trace>(finish_trace());
  auto& missing = result_.limits_missing;
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return std::move(result_);
}

}  // namespace sluice::sandbox
