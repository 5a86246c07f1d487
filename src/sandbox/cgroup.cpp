#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/file.h"
#include "sandbox/state.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t k_max_proc_file = 1u << 20;
constexpr std::uint64_t k_cpu_period_us = 100'000;
constexpr std::uint64_t k_min_cpu_quota_us = 1'000;  // the kernel refuses less

struct Hierarchy {
  int version = 0;
  std::string options;  // v1: "rw,memory"
  std::string root;     // of the hierarchy, as mounted
  std::string mount;
};

std::vector<Hierarchy> hierarchies(std::string_view mountinfo) {
  std::vector<Hierarchy> found;
  for (const std::string_view line : split(mountinfo, '\n')) {
    // 35 31 0:32 ROOT MOUNT rw,relatime [optional…] - TYPE SOURCE OPTIONS   (proc_pid_mountinfo(5))
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' ');
    if (left.size() < 6 || right.size() < 3) continue;
    if (right[0] != "cgroup" && right[0] != "cgroup2") continue;
    found.push_back(
        {right[0] == "cgroup" ? 1 : 2, std::string(right[2]), std::string(left[3]), std::string(left[4])});
  }
  return found;
}

bool lists(std::string_view list, char separator, std::string_view word) {
  const auto words = split(list, separator);
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Our own path in the hierarchy of `controller` (v1) or of the unified one (empty controller).
std::optional<std::string> own_path(std::string_view self_cgroup, std::string_view controller) {
  for (const std::string_view line : split(self_cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view names = line.substr(first + 1, second - first - 1);
    const bool match = controller.empty() ? names.empty() : lists(names, ',', controller);
    if (match) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// The directory of our own group. With a mount that shows only a part (a container's), the part above is cut
// off.
std::string own_directory(const Hierarchy& hierarchy, const std::string& own) {
  std::string relative = own;
  if (hierarchy.root != "/") {
    relative = own.starts_with(hierarchy.root) ? own.substr(hierarchy.root.size()) : std::string();
  }
  if (relative == "/") relative.clear();
  if (relative.find("/..") != std::string::npos) relative.clear();  // outside of our cgroup namespace
  return hierarchy.mount + relative;
}

bool may_make_groups(const std::string& directory) {
  return ::access(directory.c_str(), W_OK | X_OK) == 0 &&
         ::access((directory + "/cgroup.procs").c_str(), W_OK) == 0;
}

std::string read_small(const std::string& path) {
  auto text = read_file(path, k_max_proc_file);
  return text ? std::string(trim(*text)) : std::string();
}

CgroupSeat seat_v1(Controller controller, const Hierarchy& hierarchy, std::string_view self_cgroup) {
  CgroupSeat seat{controller, 0, {}, {}};
  const auto own = own_path(self_cgroup, to_string(controller));
  if (!own) {
    seat.reason = "our own cgroup is not known";
    return seat;
  }
  const std::string directory = own_directory(hierarchy, *own);
  if (!may_make_groups(directory)) {
    seat.reason = "no right to make a cgroup in " + directory;
    return seat;
  }
  seat.version = 1;
  seat.parent = directory;
  return seat;
}

CgroupSeat seat_v2(Controller controller, const Hierarchy& hierarchy, std::string_view self_cgroup) {
  CgroupSeat seat{controller, 0, {}, {}};
  const auto own = own_path(self_cgroup, {});
  if (!own) {
    seat.reason = "our own cgroup is not known";
    return seat;
  }
  std::string directory = own_directory(hierarchy, *own);
  bool handed_down = false;
  while (true) {
    const bool enabled = lists(read_small(directory + "/cgroup.subtree_control"), ' ', to_string(controller));
    handed_down = handed_down || enabled;
    if (enabled && may_make_groups(directory)) {
      seat.version = 2;
      seat.parent = directory;
      return seat;
    }
    if (directory.size() <= hierarchy.mount.size()) break;
    directory.resize(directory.rfind('/'));
  }
  seat.reason = handed_down ? "no right to make a cgroup where cgroup v2 hands the controller down"
                            : "cgroup v2 hands the controller down nowhere above us";
  return seat;
}

bool write_value(const std::string& path, const std::string& value, std::string& problem) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid() || ::write(fd.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size())) {
    problem = path + ": " + std::strerror(errno);
    return false;
  }
  return true;
}

// "max 3\noom_kill 1" → the number after the word.
std::uint64_t counter(std::string_view text, std::string_view word) {
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(word) || line.size() <= word.size() || line[word.size()] != ' ') continue;
    return parse_u64(line.substr(word.size() + 1)).value_or(0);
  }
  return 0;
}

}  // namespace

std::string_view to_string(Controller controller) {
  switch (controller) {
    case Controller::memory:
      return "memory";
    case Controller::pids:
      return "pids";
    case Controller::cpu:
      return "cpu";
  }
  return "";
}

CgroupSeats find_cgroup_seats(std::string_view mountinfo, std::string_view self_cgroup) {
  const std::vector<Hierarchy> all = hierarchies(mountinfo);
  CgroupSeats seats;
  for (std::size_t i = 0; i < k_controllers.size(); ++i) {
    const Controller controller = k_controllers[i];
    seats[i] = {controller, 0, {}, "no cgroup file system with this controller is mounted"};
    // A controller is bound to one hierarchy: if a v1 mount names it, v2 does not have it.
    for (const Hierarchy& hierarchy : all) {
      if (hierarchy.version == 1 && !lists(hierarchy.options, ',', to_string(controller))) continue;
      if (hierarchy.version == 1) {
        seats[i] = seat_v1(controller, hierarchy, self_cgroup);
        break;
      }
      seats[i] = seat_v2(controller, hierarchy, self_cgroup);
    }
  }
  return seats;
}

CgroupSeats find_cgroup_seats() {
  const auto mountinfo = read_file("/proc/self/mountinfo", 16 * k_max_proc_file);
  const auto self = read_file("/proc/self/cgroup", k_max_proc_file);
  return find_cgroup_seats(mountinfo ? *mountinfo : std::string(), self ? *self : std::string());
}

ContainerCgroups::ContainerCgroups(const CgroupSeats& seats, const std::string& name, const Limits& limits,
                                   int journal_fd, std::vector<std::string>& missing) {
  for (const CgroupSeat& seat : seats) {
    const std::string word(to_string(seat.controller));
    const bool wanted = (seat.controller == Controller::memory && limits.memory_bytes != 0) ||
                        (seat.controller == Controller::pids && limits.pids != 0) ||
                        (seat.controller == Controller::cpu && limits.cpu_milli != 0);
    if (!wanted) continue;
    if (seat.version == 0) {
      missing.push_back(word + ": " + seat.reason);
      continue;
    }
    const Group group{seat.controller, seat.version, seat.parent + "/" + name};
    if (std::find(directories_.begin(), directories_.end(), group.path) == directories_.end()) {
      if (auto noted = journal_append(journal_fd, "cgroup", group.path); !noted) {
        missing.push_back(word + ": " + noted.error().message);
        continue;
      }
      if (::mkdir(group.path.c_str(), 0755) != 0) {
        missing.push_back(word + ": cannot make a cgroup: " + std::strerror(errno));
        continue;
      }
      directories_.push_back(group.path);
      member_files_.push_back(group.path + "/cgroup.procs");
    }
    groups_.push_back(group);
    set_limit(group, limits, missing);
  }
}

void ContainerCgroups::set_limit(const Group& group, const Limits& limits,
                                 std::vector<std::string>& missing) const {
  std::string problem;
  bool done = true;
  const std::string memory = std::to_string(limits.memory_bytes);
  const std::uint64_t quota = std::max(limits.cpu_milli * k_cpu_period_us / 1000, k_min_cpu_quota_us);
  switch (group.controller) {
    case Controller::memory:
      if (group.version == 1) {
        done = write_value(group.path + "/memory.limit_in_bytes", memory, problem);
        // Memory and swap together; absent where the kernel does not account swap, and then there is none to
        // use against the limit unless the machine has swap, which is said.
        if (done && !write_value(group.path + "/memory.memsw.limit_in_bytes", memory, problem)) {
          missing.push_back("swap: " + problem);
        }
      } else {
        done = write_value(group.path + "/memory.max", memory, problem);
        if (done && path_exists(group.path + "/memory.swap.max")) {
          done = write_value(group.path + "/memory.swap.max", "0", problem);
        }
      }
      break;
    case Controller::pids:
      done = write_value(group.path + "/pids.max", std::to_string(limits.pids), problem);
      break;
    case Controller::cpu:
      if (group.version == 1) {
        done = write_value(group.path + "/cpu.cfs_period_us", std::to_string(k_cpu_period_us), problem) &&
               write_value(group.path + "/cpu.cfs_quota_us", std::to_string(quota), problem);
      } else {
        done = write_value(group.path + "/cpu.max",
                           std::to_string(quota) + " " + std::to_string(k_cpu_period_us), problem);
      }
      break;
  }
  if (!done) missing.push_back(std::string(to_string(group.controller)) + ": " + problem);
}

void ContainerCgroups::measure(Peaks& peaks, bool& out_of_memory, bool& pids_exhausted) const {
  for (const Group& group : groups_) {
    if (group.controller == Controller::memory) {
      const bool v1 = group.version == 1;
      peaks.memory_bytes =
          parse_u64(read_small(group.path + (v1 ? "/memory.max_usage_in_bytes" : "/memory.peak")));
      const std::string events = read_small(group.path + (v1 ? "/memory.oom_control" : "/memory.events"));
      out_of_memory = counter(events, "oom_kill") != 0;
    } else if (group.controller == Controller::pids) {
      peaks.pids = parse_u64(read_small(group.path + "/pids.peak"));
      pids_exhausted = counter(read_small(group.path + "/pids.events"), "max") != 0;
    }
  }
}

bool ContainerCgroups::remove() {
  std::erase_if(directories_,
                [](const std::string& path) { return ::rmdir(path.c_str()) == 0 || errno == ENOENT; });
  return directories_.empty();
}

}  // namespace sluice::sandbox
