#include "scan/worker.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

namespace sluice::scan {
namespace {

constexpr int k_exit_confine = 97;   // the worker could not be confined
constexpr int k_exit_protocol = 98;  // the parent's request made no sense to it
constexpr std::size_t k_max_last_words = 240;

// Reads exactly `size` bytes; false at the end of the stream.
bool read_exactly(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t n = read(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool write_exactly(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Analysis guarded(const Analyse& analyse, const Request& request) {
  try {
    Analysis analysis = analyse(request);
    apply_limits(analysis);
    return analysis;
  } catch (const std::bad_alloc&) {
    return Analysis::failed("out of memory");
  } catch (const std::exception& e) {
    return Analysis::failed(std::string("the analyser failed: ") + e.what());
  }
}

[[noreturn]] void serve(int socket, const Analyse& analyse) {
  std::string payload;
  while (true) {
    std::array<char, k_frame_header_bytes> header{};
    if (!read_exactly(socket, header.data(), header.size())) _exit(0);
    payload.resize(frame_length(header.data()));
    if (!read_exactly(socket, payload.data(), payload.size())) _exit(0);
    const Result<Request> request = decode_request(payload);
    if (!request) _exit(k_exit_protocol);
    std::string response = encode_response(request->job, guarded(analyse, *request));
    if (response.size() > k_frame_header_bytes + k_max_response_bytes) {
      response = encode_response(request->job, Analysis::failed("the findings of this file exceed 64 MiB"));
    }
    if (!write_exactly(socket, response)) _exit(0);
  }
}

// In the child: descriptors 0 and 1 on /dev/null, 2 the error pipe, 3 the socket, nothing else; default
// signals.
[[noreturn]] void worker_process(int socket, int errors, const Analyse& analyse,
                                 const Confinement& confinement) {
  constexpr int k_socket = 3;
  // Moved out of the way first, so that no dup2 below closes what a later one needs.
  socket = fcntl(socket, F_DUPFD, 10);
  errors = fcntl(errors, F_DUPFD, 10);
  const int null = open("/dev/null", O_RDWR);
  if (socket < 0 || errors < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0 ||
      dup2(socket, k_socket) < 0 || close_range(k_socket + 1, ~0U, 0) != 0) {
    _exit(k_exit_confine);
  }
  for (const int signal :
       {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGXCPU}) {
    (void)std::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (const Status confined = confine(confinement); !confined) {
    write_exactly(2, confined.error().message);
    _exit(k_exit_confine);
  }
  serve(k_socket, analyse);
}

// The first line that the worker wrote to its stderr, printable.
std::string last_words(const Worker& worker) {
  std::array<char, 4096> buffer{};
  const ssize_t n = read(worker.errors.get(), buffer.data(), buffer.size());
  if (n <= 0) return {};
  std::string_view text(buffer.data(), static_cast<std::size_t>(n));
  text = text.substr(0, text.find('\n')).substr(0, k_max_last_words);
  std::string out;
  for (const char c : text) out.push_back(c >= ' ' && c < 0x7F ? c : '?');
  return out;
}

std::string describe(int status, const std::string& words) {
  const std::string detail = words.empty() ? "" : ": " + words;
  if (WIFEXITED(status)) {
    if (WEXITSTATUS(status) == k_exit_confine) return "the worker could not be confined" + detail;
    return "the analyser exited with status " + std::to_string(WEXITSTATUS(status)) + detail;
  }
  if (!WIFSIGNALED(status)) return "the worker was lost";
  const int signal = WTERMSIG(status);
  // tree-sitter's allocator aborts; C++ throws and the worker answers by itself.
  if (words.find("failed to allocate") != std::string::npos) return "out of memory";
  if (signal == SIGKILL) return "the worker was killed from outside (signal 9)";
  if (signal == SIGXCPU) return "the analyser used up its processor time";
  if (signal == SIGSYS) return "the analyser made a forbidden system call";
  const char* name = sigdescr_np(signal);
  return "the analyser crashed with signal " + std::to_string(signal) + " (" +
         (name == nullptr ? "?" : name) + ")" + detail;
}

}  // namespace

Result<Worker> start_worker(const Analyse& analyse, const Confinement& confinement) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("scan.worker", "cannot make a socket pair", errno);
  }
  Worker worker;
  worker.socket = Fd(ends[0]);
  const Fd child_socket(ends[1]);
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return fail_errno("scan.worker", "cannot make a pipe", errno);
  worker.errors = Fd(ends[0]);
  const Fd child_errors(ends[1]);
  if (fcntl(worker.socket.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno("scan.worker", "fcntl", errno);

  Confinement with_parent = confinement;
  with_parent.parent = getpid();
  std::fflush(nullptr);  // or the child would hold a copy of what is not yet written
  worker.pid = fork();
  if (worker.pid < 0) return fail_errno("scan.worker", "cannot fork a worker process", errno);
  if (worker.pid == 0) worker_process(child_socket.get(), child_errors.get(), analyse, with_parent);
  return worker;
}

bool worker_is_gone(Worker& worker) {
  if (!worker.alive()) return true;
  int status = 0;
  if (waitpid(worker.pid, &status, WNOHANG) == 0) return false;
  worker = Worker{};
  return true;
}

std::string bury_worker(Worker& worker) {
  if (!worker.alive()) return "the worker was lost";
  // A dead one keeps its own cause of death; one that merely closed its socket must not live on.
  kill(worker.pid, SIGKILL);
  int status = 0;
  pid_t reaped = 0;
  while ((reaped = waitpid(worker.pid, &status, 0)) < 0 && errno == EINTR) {
  }
  const std::string words = last_words(worker);
  const bool known = reaped == worker.pid;
  worker = Worker{};
  return known ? describe(status, words) : "the worker was lost";
}

}  // namespace sluice::scan
