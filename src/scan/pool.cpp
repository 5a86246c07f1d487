#include "scan/pool.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <numeric>
#include <optional>
#include <utility>

namespace sluice::scan {
namespace {

using Clock = std::chrono::steady_clock;

// One place of the pool: a worker (or none yet) and the file it works on.
struct Slot {
  Worker worker;
  unsigned served = 0;
  std::optional<std::size_t> job;
  Bytes bytes;
  std::string out;  // request, not yet sent from `sent` on
  std::size_t sent = 0;
  std::string in;  // response, as far as it has come
  Clock::time_point deadline;
};

class Pool {
 public:
  Pool(const std::vector<Job>& jobs, const Analyse& analyse, const PoolOptions& options, const Done& done)
      : jobs_(jobs), analyse_(analyse), options_(options), done_(done), order_(jobs.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(),
                     [&jobs](std::size_t a, std::size_t b) { return jobs[a].size > jobs[b].size; });
    slots_.resize(std::clamp<std::size_t>(jobs.size(), 1, std::clamp(options.workers, 1U, k_max_workers)));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(options.deadline).count();
    confinement_.memory_bytes = options.memory_bytes;
    confinement_.cpu_seconds = static_cast<std::uint64_t>(seconds) * k_files_per_worker + 1;
  }
  ~Pool() {
    for (Slot& slot : slots_) {
      if (slot.worker.alive()) (void)bury_worker(slot.worker);
    }
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Status run() {
    while (true) {
      bool busy = false;
      for (Slot& slot : slots_) {
        if (!slot.job) SLUICE_CHECK(give_work(slot));
        busy = busy || slot.job.has_value();
      }
      if (!busy) return {};
      wait();
    }
  }

 private:
  Status give_work(Slot& slot) {
    while (next_ < order_.size()) {
      const std::size_t index = order_[next_++];
      const Job& job = jobs_[index];
      tl::expected<Input, Analysis> input = job.read();
      if (!input) {
        done_(index, {}, std::move(input).error());
        continue;
      }
      if (slot.worker.alive() && slot.served >= k_files_per_worker) (void)bury_worker(slot.worker);
      if (worker_is_gone(slot.worker)) {
        slot.worker = SLUICE_TRY(start_worker(analyse_, confinement_));
        slot.served = 0;
        if (options_.on_start) options_.on_start(slot.worker.pid);
      }
      ++slot.served;
      slot.job = index;
      slot.bytes = std::move(input->bytes);
      slot.out = encode_request({static_cast<std::uint32_t>(index), job.analyser, job.path, slot.bytes,
                                 input->companion, input->companion_bytes});
      slot.sent = 0;
      slot.in.clear();
      slot.deadline = Clock::now() + options_.deadline;
      return {};
    }
    return {};
  }

  void finish(Slot& slot, Analysis analysis) {
    const std::optional<std::size_t> index = std::exchange(slot.job, std::nullopt);
    if (!index) return;
    slot.out.clear();
    slot.in.clear();
    done_(*index, std::move(slot.bytes), std::move(analysis));
    slot.bytes.clear();
  }

  void fail_job(Slot& slot, std::string reason) { finish(slot, Analysis::failed(std::move(reason))); }

  void wait() {
    std::vector<pollfd> fds;
    std::vector<Slot*> polled;
    Clock::time_point nearest = Clock::time_point::max();
    for (Slot& slot : slots_) {
      if (!slot.job) continue;
      const bool sending = slot.sent < slot.out.size();
      fds.push_back({slot.worker.socket.get(), static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN), 0});
      polled.push_back(&slot);
      nearest = std::min(nearest, slot.deadline);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(nearest - Clock::now()).count();
    (void)poll(fds.data(), fds.size(), static_cast<int>(std::clamp<long>(left, 0, 60'000)));
    for (std::size_t i = 0; i < polled.size(); ++i) {
      Slot& slot = *polled[i];
      if ((fds[i].revents & POLLOUT) != 0) send_more(slot);
      if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) receive_more(slot);
      if (slot.job && Clock::now() >= slot.deadline) {
        (void)bury_worker(slot.worker);
        fail_job(slot, "deadline of " + std::to_string(options_.deadline.count()) + " ms exceeded");
      }
    }
  }

  static void send_more(Slot& slot) {
    while (slot.sent < slot.out.size()) {
      const ssize_t n = send(slot.worker.socket.get(), slot.out.data() + slot.sent,
                             slot.out.size() - slot.sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;  // full, or dead: receive_more sees the death
      slot.sent += static_cast<std::size_t>(n);
    }
    slot.out.clear();
    slot.sent = 0;
  }

  void receive_more(Slot& slot) {
    std::array<char, 64u << 10> chunk{};
    while (slot.job) {
      const ssize_t n = recv(slot.worker.socket.get(), chunk.data(), chunk.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) {
        fail_job(slot, bury_worker(slot.worker));
        return;
      }
      slot.in.append(chunk.data(), static_cast<std::size_t>(n));
      take_response(slot);
    }
  }

  void take_response(Slot& slot) {
    if (!slot.job || slot.in.size() < k_frame_header_bytes) return;
    const std::size_t index = *slot.job;
    const std::size_t size = frame_length(slot.in.data());
    std::optional<std::string> trouble;
    if (size > k_max_response_bytes) {
      trouble = "a worker's answer is too long";
    } else if (slot.in.size() < k_frame_header_bytes + size) {
      return;
    } else if (slot.in.size() > k_frame_header_bytes + size || slot.sent < slot.out.size()) {
      trouble = "a worker's answer is malformed: it says more than was asked";
    } else {
      const Job& job = jobs_[index];
      Result<Analysis> analysis =
          decode_response(std::string_view(slot.in).substr(k_frame_header_bytes),
                          {static_cast<std::uint32_t>(index), slot.bytes.size(), job.knows_rule});
      if (analysis) return finish(slot, std::move(*analysis));
      trouble = analysis.error().message;
    }
    // Whoever talks nonsense is broken or taken over: it serves no other file.
    (void)bury_worker(slot.worker);
    fail_job(slot, *trouble);
  }

  const std::vector<Job>& jobs_;
  const Analyse& analyse_;
  const PoolOptions& options_;
  const Done& done_;
  std::vector<std::size_t> order_;
  std::size_t next_ = 0;
  Confinement confinement_;
  std::vector<Slot> slots_;
};

}  // namespace

Status run_jobs(const std::vector<Job>& jobs, const Analyse& analyse, const PoolOptions& options,
                const Done& done) {
  return Pool(jobs, analyse, options, done).run();
}

}  // namespace sluice::scan
