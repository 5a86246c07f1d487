// A registry of Debian's docker-registry package, on a free port of loopback, for one test.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"

namespace registry_test {

inline int free_port() {
  const sluice::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0) return 0;
  return ntohs(address.sin_port);
}

inline bool answers(int port) {
  const sluice::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

class Server {
 public:
  // `more` is appended to the configuration: authentication, TLS below `http`.
  explicit Server(const std::string& more = {}, const std::string& http_more = {})
      : folder_(*sluice::TempDirectory::create("sluice-registry-")) {
    for (int attempt = 0; attempt < 5; ++attempt) {
      port_ = free_port();
      const std::string config =
          "version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: " + folder_.path() +
          "/data}\nhttp:\n  addr: 127.0.0.1:" + std::to_string(port_) + "\n" + http_more + more;
      if (!sluice::write_file_atomic(folder_.path() + "/config.yml", config)) break;
      start();
      for (int i = 0; i < 200; ++i) {
        if (answers(port_)) return;
        if (::waitpid(pid_, nullptr, WNOHANG) != 0) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(25));
      }
      stop();
    }
    throw std::runtime_error("docker-registry does not start");
  }
  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] const std::string& folder() const { return folder_.path(); }

 private:
  void start() {
    const std::string config = folder_.path() + "/config.yml";
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    ::dup2(null, 1);
    ::dup2(null, 2);
    ::execl("/usr/bin/docker-registry", "docker-registry", "serve", config.c_str(), nullptr);
    ::_exit(127);
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  sluice::TempDirectory folder_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace registry_test
