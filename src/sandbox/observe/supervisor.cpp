#include "sandbox/observe/supervisor.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

namespace sluice::sandbox {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds k_sample_interval{200};
// Linux 6.6: the process that is woken runs on our processor at once. Older kernels refuse it, and lose only
// time.
constexpr unsigned long k_ioctl_set_flags = _IOW(SECCOMP_IOC_MAGIC, 4, std::uint64_t);
constexpr unsigned long k_sync_wake_up = 1;

class NotifySupervisor final : public Supervisor {
 public:
  NotifySupervisor(Fd listener, Fd stop, CallPolicy policy, std::shared_ptr<DigestCache> image,
                   const seccomp_notif_sizes& sizes)
      : listener_(std::move(listener)),
        stop_(std::move(stop)),
        reader_(std::move(policy), std::move(image)),
        request_(std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif))),
        response_(std::max<std::size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp))) {
    static_cast<void>(::ioctl(listener_.get(), k_ioctl_set_flags, k_sync_wake_up));
    thread_ = std::thread([this] { run(); });
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
  void end() {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    // The counter of a fresh eventfd cannot be full.
    [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof(one));
    thread_.join();
  }

  void run() {
    Clock::time_point next_sample = Clock::now() + k_sample_interval;
    while (true) {
      std::array<pollfd, 2> polled{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
      const int rc = ::poll(polled.data(), polled.size(), static_cast<int>(k_sample_interval.count()));
      if (rc < 0 && errno != EINTR) return;
      if ((polled[1].revents & POLLIN) != 0) return;
      if ((polled[0].revents & POLLIN) != 0) {
        if (!answer_one()) return;
      } else if ((polled[0].revents & (POLLHUP | POLLERR)) != 0) {
        return;  // no process is left under the filter
      }
      const Clock::time_point now = Clock::now();
      if (now < next_sample) continue;
      reader_.sample();
      next_sample = now + k_sample_interval;
    }
  }

  // False if the listener is of no use any more.
  bool answer_one() {
    std::fill(request_.begin(), request_.end(), '\0');
    auto* const notification = reinterpret_cast<seccomp_notif*>(request_.data());
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, notification) != 0) {
      // ENOENT: it was killed in between.
      return errno == ENOENT || errno == EINTR;
    }
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
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, reply) == 0) {
      reader_.keep();
      return true;
    }
    reader_.drop();
    return errno == ENOENT || errno == EINTR || errno == EINPROGRESS;
  }

  Fd listener_;
  Fd stop_;
  CallReader reader_;
  std::vector<char> request_;
  std::vector<char> response_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::start(Fd listener, CallPolicy policy,
                                                      std::shared_ptr<DigestCache> image) {
  seccomp_notif_sizes sizes{};
  if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) {
    return fail_errno("sandbox.observe", "asking for the size of notifications", errno);
  }
  Fd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop.valid()) return fail_errno("sandbox.observe", "making an event", errno);
  return std::unique_ptr<Supervisor>(std::make_unique<NotifySupervisor>(
      std::move(listener), std::move(stop), std::move(policy), std::move(image), sizes));
}

}  // namespace sluice::sandbox
