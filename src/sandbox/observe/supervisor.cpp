#include "sandbox/observe/supervisor.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace sluice::sandbox {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds k_sample_interval{200};
constexpr std::chrono::milliseconds k_nudge_interval{1};
// Linux 6.6: the process that is woken runs on our processor at once. Older kernels refuse it, and lose only
// time.
constexpr unsigned long k_ioctl_set_flags = _IOW(SECCOMP_IOC_MAGIC, 4, std::uint64_t);
constexpr unsigned long k_sync_wake_up = 1;
// Gets the thread out of a wait for calls. By default it is ignored, so a stray one does no harm.
constexpr int k_nudge = SIGURG;

// One call is received, read and answered by three system calls, for there is no poll between them: what ends
// the wait is a signal, from a timer for the samples, or from end(). A signal that comes between the look at
// `stop_` and the wait is lost, so both come again and again.
class NotifySupervisor final : public Supervisor {
 public:
  NotifySupervisor(Fd listener, CallPolicy policy, std::shared_ptr<DigestCache> image,
                   const seccomp_notif_sizes& sizes)
      : listener_(std::move(listener)),
        reader_(std::move(policy), std::move(image)),
        request_(std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif))),
        response_(std::max<std::size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp))) {
    static_cast<void>(::ioctl(listener_.get(), k_ioctl_set_flags, k_sync_wake_up));
    catch_nudges();
    thread_ = std::thread([this] {
      {
        const Timer timer;
        run();
      }
      const std::lock_guard lock(mutex_);
      ended_ = true;
      ended_changed_.notify_all();
    });
  }
  ~NotifySupervisor() override { end(); }
  NotifySupervisor(const NotifySupervisor&) = delete;
  NotifySupervisor& operator=(const NotifySupervisor&) = delete;

  Trace finish() override {
    end();
    Trace trace = reader_.take();
    trace.observer = Observer::notify;
    return trace;
  }

 private:
  // Nudges the thread that makes it, once in a sample interval.
  class Timer {
   public:
    Timer() {
      sigevent event{};
      event.sigev_notify = SIGEV_THREAD_ID;
      event.sigev_signo = k_nudge;
      event._sigev_un._tid = static_cast<pid_t>(::syscall(SYS_gettid));
      made_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
      constexpr timespec interval{0, std::chrono::nanoseconds(k_sample_interval).count()};
      const itimerspec times{interval, interval};
      if (made_) static_cast<void>(::timer_settime(timer_, 0, &times, nullptr));
    }
    ~Timer() {
      if (made_) static_cast<void>(::timer_delete(timer_));
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

   private:
    timer_t timer_{};
    bool made_ = false;
  };

  // Without SA_RESTART a caught signal ends a wait.
  static void catch_nudges() {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    ::sigemptyset(&action.sa_mask);
    static_cast<void>(::sigaction(k_nudge, &action, nullptr));
  }

  void end() {
    if (!thread_.joinable()) return;
    stop_ = true;
    {
      std::unique_lock lock(mutex_);
      while (!ended_) {
        ::pthread_kill(thread_.native_handle(), k_nudge);
        ended_changed_.wait_for(lock, k_nudge_interval, [this] { return ended_; });
      }
    }
    thread_.join();
  }

  void run() {
    sigset_t nudge;
    ::sigemptyset(&nudge);
    ::sigaddset(&nudge, k_nudge);
    static_cast<void>(::pthread_sigmask(SIG_UNBLOCK, &nudge, nullptr));
    Clock::time_point next_sample = Clock::now() + k_sample_interval;
    while (!stop_) {
      if (!answer_one() && !is_of_use()) return;
      const Clock::time_point now = Clock::now();
      if (now < next_sample) continue;
      reader_.sample();
      next_sample = now + k_sample_interval;
    }
  }

  // False once no process is left under the filter.
  [[nodiscard]] bool is_of_use() const {
    pollfd polled{listener_.get(), POLLIN, 0};
    if (::poll(&polled, 1, 0) < 0) return errno == EINTR;
    return (polled.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
  }

  // False if nothing was received.
  bool answer_one() {
    std::fill(request_.begin(), request_.end(), '\0');
    auto* const notification = reinterpret_cast<seccomp_notif*>(request_.data());
    // Fails for a nudge, if the caller was killed in between, and at the end.
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, notification) != 0) return false;
    Call call;
    call.tid = static_cast<pid_t>(notification->pid);
    call.architecture = notification->data.arch;
    call.number = notification->data.nr;
    std::copy(std::begin(notification->data.args), std::end(notification->data.args), call.arguments.begin());
    const CallAnswer answer = reader_.look(call);
    std::fill(response_.begin(), response_.end(), '\0');
    auto* const reply = reinterpret_cast<seccomp_notif_resp*>(response_.data());
    reply->id = notification->id;
    if (answer.error == 0) {
      reply->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else {
      reply->error = -answer.error;
    }
    int sent = 0;
    do {
      sent = ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, reply);
    } while (sent != 0 && errno == EINTR);
    if (sent == 0) {
      reader_.keep();
    } else {
      reader_.drop();
    }
    return true;
  }

  Fd listener_;
  CallReader reader_;
  std::vector<char> request_;
  std::vector<char> response_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable ended_changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::start(Fd listener, CallPolicy policy,
                                                      std::shared_ptr<DigestCache> image) {
  seccomp_notif_sizes sizes{};
  if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) {
    return fail_errno("sandbox.observe", "asking for the size of notifications", errno);
  }
  return std::unique_ptr<Supervisor>(
      std::make_unique<NotifySupervisor>(std::move(listener), std::move(policy), std::move(image), sizes));
}

}  // namespace sluice::sandbox
