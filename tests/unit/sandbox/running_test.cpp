// What can be asked of a container while it runs: connections, other programs in it, its processes and
// sockets.
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <thread>

#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A container that is waited for by a thread of its own, as a service is.
struct Running {
  std::unique_ptr<Container> container;
  Result<RunResult> result = fail(ErrorKind::internal, "test", "not ended");
  std::jthread waiter;

  Running(const Bench& bench, const RunSpec& spec)
      : container(bench.engine->start(*bench.image, spec).value()) {
    waiter = std::jthread([this] { result = container->wait(); });
  }
  ~Running() { static_cast<void>(container->signal(SIGKILL)); }

  [[nodiscard]] bool prints(const std::string& text) const {
    for (int i = 0; i < 1000 && !container->ended(); ++i) {
      if (has(container->output(Stream::out).text(), text)) return true;
      ::poll(nullptr, 0, 5);
    }
    return false;
  }

  const RunResult& ended_by(int signal) {
    REQUIRE(container->signal(signal));
    waiter.join();
    REQUIRE_MESSAGE(result, to_string(result.error()));
    return *result;
  }
};

RunSpec server(const Bench& bench) {
  RunSpec spec = bench.spec({"http", "8080"});
  spec.network = Network::loopback;
  return spec;
}

}  // namespace

TEST_CASE("a connection is made inside the container's network") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  Running running(bench, server(bench));
  REQUIRE(running.prints("listening"));
  const Fd socket = running.container->connect("127.0.0.1", 8080, 1s).value();
  REQUIRE(write_all(socket.get(), "GET /here HTTP/1.1\r\n\r\n"));
  CHECK(has(read_fd(socket.get(), "answer").value(), "{\"path\":\"/here\""));
  CHECK(running.container->connect("127.0.0.1", 8081, 1s).error().code == "sandbox.refused-connection");
  CHECK(!running.container->connect("not-an-address", 1, 1s));
  CHECK(running.ended_by(SIGKILL).signal == SIGKILL);
  CHECK(running.container->ended());
  CHECK(running.container->connect("127.0.0.1", 8080, 1s).error().code == "sandbox.gone");
}

TEST_CASE("another program runs in the same container, with no more rights than the first") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  RunSpec spec = server(bench);
  spec.tmpfs = {{"/scratch", 1 << 20}};
  Running running(bench, spec);
  REQUIRE(running.prints("listening"));
  const auto exec = [&](std::vector<std::string> arguments, const std::string& user = "") {
    RunSpec inner = bench.spec(std::move(arguments));
    inner.user = user;
    return running.container->exec(inner).value()->wait().value();
  };
  CHECK(exec({"tcp", "127.0.0.1", "8080"}).out.text() == "connect: ok\n");
  CHECK(exec({"write", "/scratch/a"}).out.text() == "/scratch/a: ok\n");
  CHECK(has(exec({"ls", "/scratch"}).out.text(), "a\n"));
  CHECK(has(exec({"id"}, "app").out.text(), "uid=1000 gid=1001"));
  CHECK(exec({"exit", "9"}).exit_code == 9);
  CHECK(exec({"crash"}).signal == SIGSEGV);
  const std::string status = exec({"cat", "/proc/self/status"}).out.text();
  CHECK(has(status, "CapEff:\t0000000000000000"));
  CHECK(has(status, "CapBnd:\t0000000000000000"));
  CHECK(has(status, "NoNewPrivs:\t1"));
  CHECK(has(status, "Seccomp:\t2"));
  CHECK(exec({"fds"}).out.text() == "0\n1\n2\n3\n");
  CHECK(exec({"hostname"}).out.text() == "sluice\n");
  RunSpec missing;
  missing.argv = {"/nothing"};
  CHECK(running.container->exec(missing).value()->wait().value().fault == StartFault::not_found);
  RunSpec endless = bench.spec({"ignore-term"});
  endless.limits.time = 50ms;
  endless.grace = 50ms;
  const RunResult timed_out = running.container->exec(endless).value()->wait().value();
  CHECK(timed_out.timed_out);
  // Dropped while it runs: it goes, and the container stays.
  {
    const auto dropped = running.container->exec(bench.spec({"spin"}));
  }
  CHECK(exec({"exit", "0"}).exit_code == 0);
  CHECK(!running.container->ended());
}

TEST_CASE("processes and sockets of a container") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  RunSpec spec = server(bench);
  spec.user = "app";
  Running running(bench, spec);
  REQUIRE(running.prints("listening"));
  const Inspection seen = running.container->inspect().value();
  REQUIRE(seen.processes.size() == 1);
  CHECK(seen.processes[0].pid == 1);
  CHECK(seen.processes[0].exe == "/guest");
  CHECK(seen.processes[0].argv == std::vector<std::string>{"/guest", "http", "8080"});
  CHECK(has(seen.tcp, "00000000:1F90"));  // 0.0.0.0:8080
  CHECK(has(seen.udp, "local_address"));
}

TEST_CASE("an engine that goes while a container is asked leaves no one waiting") {
  Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  const auto container = bench.engine->start(*bench.image, bench.spec({"spin"})).value();
  bench.engine.reset();  // the image stays: a container that is still being made needs it
  const auto result = container->wait();
  REQUIRE(!result);
  CHECK(result.error().code == "sandbox.launcher");
}

TEST_CASE("nobody joins a container before its program has taken over") {
  const Bench bench({}, [](int root) -> Status {
    SLUICE_CHECK(fill_plain(root));
    put_file(root, "only-in-the-image", "");
    return {};
  });
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (bench.tier() == Tier::chroot) SLUICE_SKIP("needs namespaces");
  for (int i = 0; i < 30; ++i) {
    RunSpec spec = bench.spec({"catch"});
    spec.user = "app";
    Running running(bench, spec);
    // At once, while the container is still being made: its file system would be the host's.
    const auto inner = running.container->exec(bench.spec({"ls", "/"}));
    REQUIRE_MESSAGE(inner, to_string(inner.error()));
    const auto result = (*inner)->wait();
    REQUIRE_MESSAGE(result, to_string(result.error()));
    CHECK(has(result->out.text(), "only-in-the-image"));
  }
}
