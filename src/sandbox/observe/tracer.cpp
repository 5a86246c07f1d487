// The supervisor by ptrace: for kernels that make no listener, or where another supervisor holds the only
// one. The same filter hands the same calls over (SECCOMP_RET_TRACE), so nothing else is stopped; a program
// that wants to trace itself cannot.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include "sandbox/observe/supervisor.h"
#include "sandbox/text.h"

#if defined(__aarch64__)
#include <elf.h>
#endif

namespace sluice::sandbox {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds k_sample_interval{200};
constexpr long k_options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                           PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
constexpr int k_event_seccomp = 7;        // PTRACE_EVENT_SECCOMP
constexpr int k_event_stop = 128;         // PTRACE_EVENT_STOP
constexpr std::uint8_t k_at_seccomp = 3;  // PTRACE_SYSCALL_INFO_SECCOMP

void* as_pointer(long value) {
  return reinterpret_cast<void*>(value);  // NOLINT(performance-no-int-to-ptr)
}

// Makes the call not happen, and return -`error`.
void refuse_call(pid_t tid, int error) {
#if defined(__x86_64__)
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, tid, nullptr, &registers) != 0) return;
  registers.orig_rax = ~0ull;
  registers.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
  ::ptrace(PTRACE_SETREGS, tid, nullptr, &registers);
#elif defined(__aarch64__)
  constexpr int k_system_call = 0x404;  // NT_ARM_SYSTEM_CALL
  int none = -1;
  iovec part{&none, sizeof(none)};
  ::ptrace(PTRACE_SETREGSET, tid, k_system_call, &part);
  user_regs_struct registers{};
  iovec all{&registers, sizeof(registers)};
  if (::ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all) != 0) return;
  registers.regs[0] = static_cast<unsigned long long>(-static_cast<long long>(error));
  ::ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &all);
#endif
}

class PtraceSupervisor final : public Supervisor {
 public:
  PtraceSupervisor(pid_t first, CallPolicy policy, std::shared_ptr<DigestCache> image)
      : reader_(std::move(policy), std::move(image)) {
    thread_ = std::thread([this, first] { run(first); });
  }
  ~PtraceSupervisor() override {
    if (thread_.joinable()) thread_.join();  // ends with the last process
  }
  PtraceSupervisor(const PtraceSupervisor&) = delete;
  PtraceSupervisor& operator=(const PtraceSupervisor&) = delete;

  // Zero, or the errno of the refusal.
  int await_seized() {
    std::unique_lock lock(mutex_);
    seized_changed_.wait(lock, [this] { return seized_ >= 0; });
    return seized_;
  }

  Trace finish() override {
    if (thread_.joinable()) thread_.join();
    Trace trace = reader_.take();
    trace.observer = Observer::ptrace;
    return trace;
  }

 private:
  // Only the thread that seized may wait and answer.
  void run(pid_t first) {
    const bool seized = ::ptrace(PTRACE_SEIZE, first, nullptr, as_pointer(k_options)) == 0;
    {
      const std::lock_guard lock(mutex_);
      seized_ = seized ? 0 : errno;
    }
    seized_changed_.notify_one();
    if (!seized) return;
    Clock::time_point next_sample = Clock::now() + k_sample_interval;
    while (true) {
      int status = 0;
      const pid_t tid = ::waitpid(-1, &status, __WALL | __WNOTHREAD);
      if (tid < 0 && errno == EINTR) continue;
      if (tid < 0) return;  // no one is left
      if (WIFSTOPPED(status)) answer(tid, status);
      const Clock::time_point now = Clock::now();
      if (now < next_sample) continue;
      reader_.sample();
      next_sample = now + k_sample_interval;
    }
  }

  void answer(pid_t tid, int status) {
    const int event = status >> 16;
    const int signal = WSTOPSIG(status);
    if (event == k_event_seccomp) {
      answer_call(tid);
      return go_on(tid, 0);
    }
    if (event == k_event_stop) {
      // A group stop stays one until SIGCONT; the stop of a new child is over at once.
      const bool group = signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
      ::ptrace(group ? PTRACE_LISTEN : PTRACE_CONT, tid, nullptr, nullptr);
      return;
    }
    go_on(tid, event != 0 ? 0 : signal);
  }

  static void go_on(pid_t tid, int signal) { ::ptrace(PTRACE_CONT, tid, nullptr, as_pointer(signal)); }

  void answer_call(pid_t tid) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, tid, as_pointer(sizeof(info)), &info) <= 0 ||
        info.op != k_at_seccomp) {
      // Its number is not known: refused, for it may be one of those.
      refuse_call(tid, ENOSYS);
      return;
    }
    Call call;
    call.tid = tid;
    call.architecture = info.arch;
    call.number = static_cast<int>(info.seccomp.nr);
    for (std::size_t i = 0; i < call.arguments.size(); ++i) call.arguments[i] = info.seccomp.args[i];
    const CallAnswer answer = reader_.look(call);
    if (answer.error != 0) refuse_call(tid, answer.error);
    reader_.keep();  // a stopped process cannot change under us
  }

  CallReader reader_;
  std::mutex mutex_;
  std::condition_variable seized_changed_;
  int seized_ = -1;
  std::thread thread_;
};

// The number that a descriptor of a process stands for here.
pid_t pid_of(int pidfd) {
  const auto text = read_file("/proc/self/fdinfo/" + std::to_string(pidfd));
  for (const std::string_view line : split(text ? std::string_view(*text) : std::string_view{}, '\n')) {
    if (!line.starts_with("Pid:")) continue;
    const auto pid = parse_u32(trim(line.substr(4)));
    return pid ? static_cast<pid_t>(*pid) : 0;
  }
  return 0;
}

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::trace(int pidfd, CallPolicy policy,
                                                      std::shared_ptr<DigestCache> image) {
  const pid_t pid = pid_of(pidfd);
  if (pid <= 0) return fail(ErrorKind::unsupported, "sandbox.observe", "the process cannot be found here");
  auto supervisor = std::make_unique<PtraceSupervisor>(pid, std::move(policy), std::move(image));
  if (const int refused = supervisor->await_seized(); refused != 0) {
    return fail_errno("sandbox.observe", "tracing the container", refused);
  }
  return std::unique_ptr<Supervisor>(std::move(supervisor));
}

}  // namespace sluice::sandbox
