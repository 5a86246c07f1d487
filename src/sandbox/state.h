// What must be undone when we die: a directory of this process under a root that all runs of this user share,
// so that the next start finds what a `kill -9` left.
//
//   <root>/                      mode 0700, ours: $TMPDIR or /tmp, "sluice-<uid>"; never below a path others
//   control
//     lock                       held while a run directory is made or while garbage is collected
//     run-<pid>-<random>/
//       lock                     held (flock) by the run and by its launcher: free means that both are dead
//       journal                  one line a thing, written before the thing is made: "cgroup <path>",
//       "launcher <pid>" …                        unpacked images and mount points
//
// A lock was preferred to pid and start time: it cannot be fooled by pid reuse or by pid namespaces that
// share /tmp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace sluice::sandbox {

// The root directory for this user. An existing one that is not ours alone is an error (sandbox.state).
[[nodiscard]] Result<std::string> state_root(const std::string& override_root = {});

// One run's directory. Owned by one process; the destructor removes it with all that the journal names.
class RunDirectory {
 public:
  // Collects garbage of dead runs first.
  [[nodiscard]] static Result<RunDirectory> create(const std::string& root);
  ~RunDirectory();
  RunDirectory(RunDirectory&& other) noexcept;
  RunDirectory& operator=(RunDirectory&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int lock_fd() const { return lock_.get(); }
  [[nodiscard]] int journal_fd() const { return journal_.get(); }

 private:
  RunDirectory(std::string path, Fd lock, Fd journal);
  std::string path_;
  Fd lock_;
  Fd journal_;
};

inline constexpr std::string_view k_launcher_name =
    "sluice-launcher";  // as the kernel shows it: 15 bytes at most

// Appends "KIND VALUE\n" in one write, so that a reader sees whole lines.
[[nodiscard]] Status journal_append(int journal_fd, std::string_view kind, std::string_view value);

struct Garbage {
  std::size_t runs = 0;               // dead runs removed
  std::size_t cgroups = 0;            // removed with them
  std::vector<std::string> problems;  // what could not be removed, one line each
};

// Removes what dead runs left under `root`: their processes (through cgroups), cgroups and files. Live runs
// are not touched. Fails only if the root itself cannot be read.
[[nodiscard]] Result<Garbage> collect_garbage(const std::string& root);

// Kills the processes in a cgroup (v1 or v2) that we made and removes it. Missing is not an error.
[[nodiscard]] Status remove_cgroup(const std::string& path);

// Removes a tree as base's remove_tree does, but first opens directories that their mode keeps closed to us:
// images may hold directories of mode 0.
[[nodiscard]] Status remove_private_tree(const std::string& path);

}  // namespace sluice::sandbox
