// `network: private`: an interface, a route that leads nowhere, and a DNS server of ours.
#include <poll.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <thread>

#include "sandbox/engines/tool_spec.h"
#include "sandbox/private_network.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

RunSpec in_private(const Bench& bench, std::vector<std::string> arguments) {
  RunSpec spec = bench.spec(std::move(arguments));
  spec.network = Network::private_;
  spec.dns = {{"db.internal", {"10.213.0.9", "10.213.0.10"}}};
  return spec;
}

// Without it nothing can be said, and that is not a pass.
bool no_namespaces(const Bench& bench) {
  if (bench.tier() != Tier::chroot) return false;
  const auto refused = bench.engine->start(*bench.image, in_private(bench, {"echo", "x"}));
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::unsupported);
  CHECK(refused.error().code == "sandbox.unsupported");
  return true;
}

}  // namespace

TEST_CASE("a private network has an interface with an address, and a default route") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (no_namespaces(bench)) return;
  const std::string routes = bench.run(in_private(bench, {"cat", "/proc/net/route"})).out.text();
  CHECK(has(routes, "eth0\t00000000\tFE00D50A"));  // the default route, and its gateway
  const std::string addresses = bench.run(in_private(bench, {"cat", "/proc/net/fib_trie"})).out.text();
  CHECK(has(addresses, "10.213.0.2"));
  CHECK(has(addresses, "127.0.0.1"));
  CHECK(bench.run(in_private(bench, {"cat", "/etc/resolv.conf"})).out.text() == private_resolv_conf());
}

TEST_CASE("names of the test file are answered in a private network, others do not exist") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (no_namespaces(bench)) return;
  for (const char* how : {"udp", "tcp"}) {
    const RunResult result = bench.run(in_private(bench, {"ask-name", how, "db.internal", "evil.example"}));
    CHECK(result.out.text() == "db.internal: code 0 10.213.0.9 10.213.0.10\nevil.example: code 3\n");
    CHECK(result.unanswered == std::vector<std::string>{"evil.example"});
  }
}

TEST_CASE("the DNS server survives what is no query, and answers the next one") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (no_namespaces(bench)) return;
  const std::string long_garbage(4000, '\xc0');
  const RunResult garbage =
      bench.run(in_private(bench, {"ask-name", "garbage", "x",
                                   "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", long_garbage}));
  CHECK(garbage.exit_code == 0);
  CHECK(garbage.unanswered.empty());
  CHECK(
      has(bench.run(in_private(bench, {"ask-name", "udp", "db.internal"})).out.text(), "code 0 10.213.0.9"));
}

TEST_CASE("a connection that leaves a private network ends in a time-out, and is observed") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (no_namespaces(bench)) return;
  RunSpec spec = in_private(bench, {"tcp", "192.0.2.1", "443"});
  spec.observe = ObserveMode::selected;
  const RunResult result = bench.run(spec);
  if (lacks(result, "network:")) SLUICE_SKIP("tcp_syn_retries cannot be set here");
  CHECK(result.out.text() == "connect: ETIMEDOUT\n");
  REQUIRE(result.trace);
  bool seen = false;
  for (const NetworkSeen& one : result.trace->network)
    seen = seen || (one.kind == NetworkKind::connect && one.address == "192.0.2.1" && one.port == 443);
  CHECK((seen || !result.trace->observed()));
}

TEST_CASE("every name that is asked for in a private network is in the trace, also over TCP") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (no_namespaces(bench)) return;
  for (const char* how : {"udp", "tcp"}) {
    RunSpec spec = in_private(bench, {"ask-name", how, "db.internal", "evil.example"});
    spec.observe = ObserveMode::selected;
    const RunResult result = bench.run(spec);
    REQUIRE(result.trace);
    std::string names;
    for (const NetworkSeen& one : result.trace->network) {
      if (one.kind == NetworkKind::dns) names += one.hostname + " ";
    }
    CHECK(names == "db.internal evil.example ");
  }
}

TEST_CASE("our DNS server is not taken for a socket of the program") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (no_namespaces(bench)) return;
  const auto container = bench.engine->start(*bench.image, in_private(bench, {"http", "8080"})).value();
  std::jthread waiter([&] { static_cast<void>(container->wait()); });
  for (int i = 0; i < 1000 && !has(container->output(Stream::out).text(), "listening"); ++i)
    ::poll(nullptr, 0, 5);
  const auto seen = container->inspect();
  static_cast<void>(container->signal(SIGKILL));
  REQUIRE(seen);
  CHECK(has(seen->tcp, ":1F90"));
  CHECK(!has(seen->tcp, ":0035"));
  CHECK(!has(seen->udp, ":0035"));
}

TEST_CASE("a link in place of resolv.conf is replaced, and never followed") {
  const auto fill = [](int root) -> Status {
    SLUICE_CHECK(fill_plain(root));
    put_directory(root, "run");
    put_file(root, "run/theirs", "nameserver 192.0.2.53\n");
    put_link(root, "etc/resolv.conf", "/run/theirs");
    return {};
  };
  const Bench bench({}, fill);
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  if (no_namespaces(bench)) return;
  CHECK(bench.run(in_private(bench, {"cat", "/etc/resolv.conf"})).out.text() == private_resolv_conf());
  CHECK(bench.run(in_private(bench, {"cat", "/run/theirs"})).out.text() == "nameserver 192.0.2.53\n");
}

TEST_CASE("other engines say that they have no private network") {
  RunSpec spec;
  spec.argv = {"/app"};
  spec.network = Network::private_;
  const Status checked = check_tool_spec(spec, true);
  REQUIRE(!checked);
  CHECK(checked.error().code == "sandbox.unsupported");
}
