// Containers and images of other engines that a run which died left behind, by its journal (state.h):
//   engine TOOL NAME        a container is about to be made       engine-gone TOOL NAME     it was removed
//   image TOOL NAME         a name in the tool's image store      image-gone TOOL NAME
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/engines/kind.h"

namespace sluice::sandbox {

struct Leftover {
  bool image = false;
  EngineKind kind = EngineKind::runc;
  std::string name;
  friend bool operator==(const Leftover&, const Leftover&) = default;
};

// What the journal says was made and not removed, in order, containers first. Lines that are none of these
// are passed over; so are names that are not of our form, for the file could have been written by anybody who
// is us.
[[nodiscard]] std::vector<Leftover> leftovers(std::string_view journal);

// Removes them with the tools of our PATH. `run_path` is the run's directory. What fails goes to `problems`;
// that something was gone already is no problem.
void remove_leftovers(const std::vector<Leftover>& list, const std::string& run_path,
                      std::vector<std::string>& problems);

// Where runc keeps its state for a run.
[[nodiscard]] std::string runc_state(const std::string& run_path);

}  // namespace sluice::sandbox
