// The parts that need no container: users, control group seats, filters, messages.
#include <sys/stat.h>

#include <string>

#include "sandbox/capabilities.h"
#include "sandbox/cgroup.h"
#include "sandbox/command_tests.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/user.h"
#include "sandbox/wire.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;

namespace {

constexpr std::string_view k_passwd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "# a comment\n"
    "broken:x:notanumber:1::/:\n"
    "app:x:1000:1001:An App:/home/app:/bin/sh\n"
    "1000:x:7:7::/seven:/bin/sh\n"
    "other:x:1002:100\n";
constexpr std::string_view k_group =
    "root:x:0:\napp:x:1001:\naudio:x:29:app,other\nvideo:x:44:app\nbad:x:x:app\n";

Identity user(std::string_view name) {
  return resolve_user(name, k_passwd, k_group).value();
}

}  // namespace

TEST_CASE("a user is found by name, number, and with a group") {
  CHECK(user("") == Identity{0, 0, {}, "/root"});
  CHECK(user("root") == Identity{0, 0, {}, "/root"});
  CHECK(user("app") == Identity{1000, 1001, {29, 44}, "/home/app"});
  CHECK(user("app:audio") == Identity{1000, 29, {}, "/home/app"});
  CHECK(user("app:77") == Identity{1000, 77, {}, "/home/app"});
  CHECK(user("1000") == Identity{7, 7, {}, "/seven"});  // a name that looks like a number
  CHECK(user("1002") == Identity{1002, 100, {29}, "/"});
  CHECK(user("5000") == Identity{5000, 0, {}, "/"});
  CHECK(user("5000:0") == Identity{5000, 0, {}, "/"});
  CHECK(user(":audio").gid == 29);
}

TEST_CASE("a user that cannot be found is an error, never root") {
  for (const char* name :
       {"nobody", "app:nogroup", "broken", "-1", "4294967295", "99999999999", "app ", "0x0"}) {
    const auto found = resolve_user(name, k_passwd, k_group);
    REQUIRE_MESSAGE(!found, name);
    CHECK(found.error().code == "sandbox.user");
  }
  CHECK(!resolve_user("app", "", ""));
  CHECK(resolve_user("", "", "").value() == Identity{});
}

TEST_CASE("control group seats: v1 by its own path, v2 where a controller is handed down") {
  const TempDirectory fs = TempDirectory::create().value();
  const std::string root = fs.path();
  const auto group = [&](const std::string& path, const std::string& handed_down) {
    REQUIRE(make_directories(root + path));
    REQUIRE(write_file_atomic(root + path + "/cgroup.procs", ""));
    REQUIRE(write_file_atomic(root + path + "/cgroup.subtree_control", handed_down));
  };
  SUBCASE("v1 and an empty v2") {
    group("/memory/job", "");
    group("/unified", "");
    const CgroupSeats seats =
        find_cgroup_seats("30 20 0:1 / " + root + "/memory rw - cgroup cgroup rw,memory\n31 20 0:2 / " +
                              root + "/unified rw - cgroup2 cgroup2 rw\n",
                          "4:memory:/job\n0::/\n");
    CHECK(seats[0].version == 1);
    CHECK(seats[0].parent == root + "/memory/job");
    CHECK(seats[1].version == 0);
    CHECK(!seats[1].reason.empty());
  }
  SUBCASE("v2: the nearest ancestor that hands it down") {
    group("", "cpu memory pids");
    group("/user.slice", "memory pids");
    group("/user.slice/session", "");
    const CgroupSeats seats =
        find_cgroup_seats("31 20 0:2 / " + root + " rw - cgroup2 cgroup2 rw\n", "0::/user.slice/session\n");
    CHECK(seats[0].parent == root + "/user.slice");
    CHECK(seats[1].parent == root + "/user.slice");
    CHECK(seats[2].version == 2);
    CHECK(seats[2].parent == root);
  }
  SUBCASE("a container sees its own part of a v1 hierarchy") {
    group("/memory", "");
    const CgroupSeats seats = find_cgroup_seats(
        "30 20 0:1 /docker/abc " + root + "/memory rw - cgroup cgroup rw,memory\n", "4:memory:/docker/abc\n");
    CHECK(seats[0].parent == root + "/memory");
  }
  SUBCASE("nothing, nonsense, and paths out of the namespace") {
    for (const auto& seat : find_cgroup_seats("", "")) CHECK(seat.version == 0);
    for (const auto& seat : find_cgroup_seats("a - b\n - \n1 2 3 4 5 6 - cgroup\n", "::\n:\n4\n"))
      CHECK(seat.version == 0);
    group("", "memory");
    const CgroupSeats seats =
        find_cgroup_seats("31 20 0:2 / " + root + " rw - cgroup2 cgroup2 rw\n", "0::/../../outside\n");
    CHECK(seats[0].parent == root);
  }
}

TEST_CASE("limits are written to the group, and what cannot be is said") {
  const TempDirectory fs = TempDirectory::create().value();
  CgroupSeats seats;
  seats[0] = {Controller::memory, 2, fs.path(), {}};
  seats[1] = {Controller::pids, 0, {}, "nowhere"};
  seats[2] = {Controller::cpu, 2, fs.path(), {}};
  const Fd journal(::open((fs.path() + "/journal").c_str(), O_RDWR | O_CREAT | O_APPEND, 0600));
  std::vector<std::string> missing;
  Limits limits;
  limits.cpu_milli = 500;
  ContainerCgroups cgroups(seats, "sluice-x", limits, journal.get(), missing);
  // A plain directory has no memory.max to write to.
  REQUIRE(missing.size() == 3);
  CHECK(missing[0].starts_with("memory: "));
  CHECK(missing[1] == "pids: nowhere");
  CHECK(missing[2].starts_with("cpu: "));
  CHECK(read_file(fs.path() + "/journal").value() == "cgroup " + fs.path() + "/sluice-x\n");
  CHECK(cgroups.member_files() == std::vector<std::string>{fs.path() + "/sluice-x/cgroup.procs"});
  CHECK(cgroups.remove());
  CHECK(!path_exists(fs.path() + "/sluice-x"));
}

TEST_CASE("the filter compiles, within the kernel's size, and refuses more when asked") {
  const Bytes usual = make_filter().value();
  const Bytes local = make_filter({.policy = {.local_sockets_only = true}}).value();
  CHECK(usual.size() % 8 == 0);
  CHECK(usual.size() / 8 < 4096);  // BPF_MAXINSNS
  CHECK(local.size() / 8 < 4096);
  CHECK(usual != local);
}

TEST_CASE("messages come back as they went, and cut ones are refused") {
  LaunchRequest request;
  request.name = "sluice-1";
  request.argv = {"a", "", std::string("nul\0in", 6)};
  request.env = {"A=b"};
  request.identity = {1, 2, {3, 4}, "/home"};
  request.tmpfs = {{"/tmp", 5}};
  request.loopback = true;
  request.limits.cpu_milli = 6;
  request.filter = "filter";
  const std::string bytes = encode(request);
  const LaunchRequest back = decode_request(bytes).value();
  CHECK(encode(back) == bytes);
  CHECK(back.argv == request.argv);
  CHECK(back.identity == request.identity);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(!decode_request(std::string_view(bytes).substr(0, size)));
  }
  CHECK(!decode_request(bytes + "x"));
  Event event;
  event.kind = EventKind::exited;
  event.wait_status = -1;
  event.text = std::string(100'000, 'x');
  CHECK(encode(event).size() <= k_max_event_bytes);
  CHECK(decode_event(encode(event)).value().wait_status == -1);
  CHECK(!decode_event(encode(event)).value().peaks.memory_bytes);
  event.peaks.memory_bytes = 0;
  event.peaks.cpu = std::chrono::microseconds(7);
  const Peaks peaks = decode_event(encode(event)).value().peaks;
  CHECK(peaks.memory_bytes == 0u);
  CHECK(!peaks.pids);
  CHECK(peaks.cpu == std::chrono::microseconds(7));
}

TEST_CASE("capabilities and signals by name") {
  CHECK(capability_by_name("CAP_NET_RAW") == 1ull << 13);
  CHECK(capability_by_name("net_raw") == 1ull << 13);
  CHECK(!capability_by_name("ALL"));
  CHECK(!capability_by_name(""));
  CHECK((default_capabilities() & capability_by_name("MKNOD").value()) == 0);
  CHECK(signal_number("SIGINT") == 2);
  CHECK(signal_number("QUIT") == 3);
  CHECK(signal_number("9") == 9);
  CHECK(signal_number("") == 15);
  CHECK(signal_number("SIGRTMIN+3") == 37);
  CHECK(!signal_number("SIGNOPE"));
  CHECK(!signal_number("0"));
  CHECK(!signal_number("65"));
}

TEST_CASE("variables expand as Go's os.Expand does") {
  const EnvList env = {{"A", "x"}, {"LONG_1", "y"}};
  CHECK(expand_variables("$A-${A}-$LONG_1.", env) == "x-x-y.");
  CHECK(expand_variables("$UNKNOWN|${UNKNOWN}|", env) == "||");
  CHECK(expand_variables("cost: 5$", env) == "cost: 5$");
  CHECK(expand_variables("a$.b", env) == "a$.b");
  CHECK(expand_variables("${}x", env) == "x");
  CHECK(expand_variables("${open", env) == "open");
  CHECK(expand_variables("$1A", env) == "A");
  CHECK(expand_variables("", env) == "");
}
