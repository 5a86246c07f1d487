// Limits and peaks through control groups, v1 and v2, wherever we may make a group of our own. What cannot be
// limited is said, controller by controller, and never guessed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/engine.h"

namespace sluice::sandbox {

enum class Controller : std::uint8_t { memory, pids, cpu };
inline constexpr std::array<Controller, 3> k_controllers = {Controller::memory, Controller::pids,
                                                            Controller::cpu};
[[nodiscard]] std::string_view to_string(Controller controller);

// Where groups with one controller can be made.
struct CgroupSeat {
  Controller controller = Controller::memory;
  int version = 0;     // 1 or 2; 0 = nowhere
  std::string parent;  // directory in which a group may be made
  std::string reason;  // why nowhere
};

using CgroupSeats = std::array<CgroupSeat, 3>;  // in the order of k_controllers

// From the texts of /proc/self/mountinfo and /proc/self/cgroup, and from what the directories named there let
// us do.
//
// v2 groups get a controller only if their parent hands it down, and a parent with processes in it cannot: so
// the nearest ancestor that hands it down already is taken. We never change what a group of others hands
// down.
[[nodiscard]] CgroupSeats find_cgroup_seats(std::string_view mountinfo, std::string_view self_cgroup);
[[nodiscard]] CgroupSeats find_cgroup_seats();  // of this process

// One container's groups (one directory in v2, one a controller in v1).
class ContainerCgroups {
 public:
  // Journals each directory, makes it, sets its limits. What could not be set goes to `missing`. Never fails:
  // a container without a limit runs, and its result says so.
  ContainerCgroups() = default;  // none
  ContainerCgroups(const CgroupSeats& seats, const std::string& name, const Limits& limits, int journal_fd,
                   std::vector<std::string>& missing);

  // Files to write "0" to, by the process that is to be limited.
  [[nodiscard]] const std::vector<std::string>& member_files() const { return member_files_; }

  // Reads peaks and events; to be called before remove().
  void measure(Peaks& peaks, bool& out_of_memory, bool& pids_exhausted) const;

  // True when all directories are gone; else call again a little later. Kills what is still inside.
  [[nodiscard]] bool remove();

 private:
  struct Group {
    Controller controller;
    int version;
    std::string path;
  };
  void set_limit(const Group& group, const Limits& limits, std::vector<std::string>& missing) const;
  std::vector<Group> groups_;
  std::vector<std::string> directories_;
  std::vector<std::string> member_files_;
};

}  // namespace sluice::sandbox
