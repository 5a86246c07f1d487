// What a run leaves behind: nothing, whatever ended it.
#include "sandbox/state.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "sandbox/cgroup.h"
#include "sandbox/interrupt.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> names_in(const std::string& path, const std::string& prefix) {
  std::vector<std::string> names;
  const auto directory = Directory::open(path);
  if (!directory) return names;
  const std::vector<DirectoryEntry> entries = directory->list().value();
  for (const DirectoryEntry& entry : entries) {
    if (entry.name.starts_with(prefix)) names.push_back(path + "/" + entry.name);
  }
  return names;
}

// Processes of ours that run with `marker` among their arguments.
std::size_t processes_with(const std::string& marker) {
  std::size_t count = 0;
  for (const std::string& path : names_in("/proc", "")) {
    const auto text = read_file(path + "/cmdline", 1 << 20);
    if (text && text->find(marker) != std::string::npos) ++count;
  }
  return count;
}

std::size_t cgroups_left(int owner) {
  std::size_t count = 0;
  for (const CgroupSeat& seat : find_cgroup_seats()) {
    if (seat.version != 0) count += names_in(seat.parent, "sluice-run-" + std::to_string(owner) + "-").size();
  }
  return count;
}

// Other programs of the machine may mount what they like meanwhile.
bool mounted_below(const std::string& path) {
  return read_file("/proc/self/mountinfo").value().find(" " + path) != std::string::npos;
}

// What a gate does, over and over, until it is killed. Never returns.
[[noreturn]] void be_a_gate(const std::string& root, const std::string& marker, Tier strongest, int ready,
                            ObserveMode observe = ObserveMode::none) {
  EmbeddedOptions options;
  options.state_root = root;
  options.strongest = strongest;
  while (true) {
    auto engine = EmbeddedEngine::create(options);
    if (!engine) ::_exit(3);
    auto image = (*engine)->prepare_directory(fill_plain);
    if (!image) ::_exit(4);
    if (ready >= 0) static_cast<void>(!::write(ready, "x", 1));
    for (int i = 0; i < 3; ++i) {
      RunSpec spec;
      spec.argv = {"/guest", i == 0 ? "hold-pipe" : "fork-bomb", "1000", marker};
      spec.limits.pids = 20;
      spec.limits.time = 100ms;
      spec.read_only = i != 1;
      spec.observe = observe;
      if (!run(**engine, **image, spec)) ::_exit(5);
    }
  }
}

}  // namespace

namespace {

// A gate is killed twenty times, each at another moment, with containers that are watched in turn as
// `watches` say. Every second time it has its image ready before the clock runs, so that the kill meets a
// container.
void kill_gates(const std::vector<ObserveMode>& watches) {
  const TempDirectory directory = TempDirectory::create().value();
  const std::string root = state_root(directory.path() + "/state").value();
  std::mt19937 random(20'260'101);
  for (std::size_t round = 0; round < 20; ++round) {
    const std::string marker = "marker-" + std::to_string(::getpid()) + "-" + std::to_string(round);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t gate = ::fork();
    if (gate == 0) be_a_gate(root, marker, tier_under_test(), ends[1], watches[round / 2 % watches.size()]);
    ::close(ends[1]);
    char byte = 0;
    if (round % 2 == 1) REQUIRE(::read(ends[0], &byte, 1) == 1);
    ::poll(nullptr, 0, static_cast<int>(random() % 150));
    REQUIRE(::kill(gate, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(gate, &status, 0) == gate);
    REQUIRE_MESSAGE(WIFSIGNALED(status), "the gate ended by itself with " << WEXITSTATUS(status));

    const Garbage garbage = collect_garbage(root).value();
    CHECK(garbage.problems.empty());
    CHECK(names_in(root, "run-").empty());
    CHECK(processes_with(marker) == 0);
    CHECK(cgroups_left(gate) == 0);
    ::close(ends[0]);
  }
  CHECK(!mounted_below(directory.path()));
}

}  // namespace

TEST_CASE("kill -9 at any moment leaves nothing after the next start") {
  if (const Bench bench; !bench.engine) SLUICE_SKIP(bench.problem);
  kill_gates({ObserveMode::none});
}

TEST_CASE("kill -9 while calls are watched leaves nothing after the next start") {
  if (const Bench bench; !bench.engine) SLUICE_SKIP(bench.problem);
  kill_gates({ObserveMode::selected, ObserveMode::all});
}

TEST_CASE("SIGTERM stops a running container and cleans before the process ends") {
  if (const Bench bench; !bench.engine) SLUICE_SKIP(bench.problem);
  const TempDirectory directory = TempDirectory::create().value();
  const std::string root = state_root(directory.path() + "/state").value();
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t gate = ::fork();
  if (gate == 0) {
    EmbeddedOptions options;
    options.state_root = root;
    options.strongest = tier_under_test();
    options.cancel_fd = Interrupt::install();
    std::string code;
    {
      auto engine = EmbeddedEngine::create(options).value();
      auto image = engine->prepare_directory(fill_plain).value();
      RunSpec spec;
      spec.argv = {"/guest", "ignore-term"};
      spec.limits.time = 600s;
      const auto container = engine->start(*image, spec).value();
      static_cast<void>(!::write(ends[1], "x", 1));
      const auto result = container->wait();
      if (!result) code = result.error().code;
    }
    ::_exit(code == "sandbox.cancelled" && Interrupt::received() == SIGTERM ? 0 : 1);
  }
  char byte = 0;
  REQUIRE(::read(ends[0], &byte, 1) == 1);
  ::poll(nullptr, 0, 30);
  REQUIRE(::kill(gate, SIGTERM) == 0);
  int status = 0;
  REQUIRE(::waitpid(gate, &status, 0) == gate);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(names_in(root, "run-").empty());
  CHECK(cgroups_left(gate) == 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a run that lives is not garbage") {
  const Bench bench;
  if (!bench.engine) SLUICE_SKIP(bench.problem);
  const std::string root = bench.directory.path() + "/state";
  CHECK(collect_garbage(root).value().runs == 0);
  CHECK(bench.run(bench.spec({"exit", "0"})).exit_code == 0);
  CHECK(names_in(root, "run-").size() == 1);
}

TEST_CASE("an engine that is gone left nothing") {
  std::string root;
  TempDirectory kept = TempDirectory::create().value();
  {
    Bench bench;
    if (!bench.engine) SLUICE_SKIP(bench.problem);
    root = bench.directory.path() + "/state";
    CHECK(bench.run({"fork-bomb"}).exit_code == 0);
    const auto container = bench.engine->start(*bench.image, bench.spec({"spin"}));
    REQUIRE(container);  // dropped while it runs
    std::swap(kept, bench.directory);
  }
  CHECK(names_in(root, "run-").empty());
  CHECK(cgroups_left(::getpid()) == 0);
}

TEST_CASE("a state directory that others could have made is refused") {
  const TempDirectory directory = TempDirectory::create().value();
  const std::string open = directory.path() + "/open";
  REQUIRE(::mkdir(open.c_str(), 0700) == 0);
  REQUIRE(::chmod(open.c_str(), 0755) == 0);
  CHECK(state_root(open).error().code == "sandbox.state");
  const std::string link = directory.path() + "/link";
  REQUIRE(::symlink("/tmp", link.c_str()) == 0);
  CHECK(!state_root(link));
  CHECK(state_root(directory.path() + "/fresh").value() == directory.path() + "/fresh");
}

TEST_CASE("a journal that was tampered with or cut removes nothing of others") {
  const TempDirectory directory = TempDirectory::create().value();
  const std::string root = state_root(directory.path() + "/state").value();
  const std::string victim = directory.path() + "/victim";
  const std::string run_path = root + "/run-999999999-dead";
  REQUIRE(::mkdir(victim.c_str(), 0755) == 0);
  REQUIRE(::mkdir(run_path.c_str(), 0700) == 0);
  REQUIRE(
      write_file_atomic(run_path + "/journal", "cgroup " + victim + "\ncgroup relative\nnonsense\ncgroup " +
                                                   directory.path() + "/sluice-x/../victim\ncgroup /half"));
  REQUIRE(::mkdir((run_path + "/closed").c_str(), 0) == 0);
  const Garbage garbage = collect_garbage(root).value();
  CHECK(garbage.runs == 1);
  CHECK(garbage.cgroups == 0);
  CHECK(path_exists(victim));
  CHECK(!path_exists(run_path));
}
