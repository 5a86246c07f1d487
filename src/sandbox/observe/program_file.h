// The files behind programs that are about to be started, seen through the processes that start them.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/file.h"
#include "sandbox/observe/process_view.h"
#include "sandbox/observe/recorder.h"

namespace sluice::sandbox {

// Of one container: all its processes have the same root, for changing it is refused. What was found out
// about a file is kept as long as the file looks the same; its ctime, which no program can set, tells of
// every change.
class ProgramFiles {
 public:
  // `inside` turns a path as we see it into the container's.
  ProgramFiles(std::shared_ptr<const DigestCache> image, std::function<std::string(std::string)> inside);

  struct Program {
    ExecSeen seen;  // path (links resolved), origin, exists, setuid, setgid; and sha256 if the file is
                    // not the image's own, for it may be gone later
    std::string interpreter;  // what the kernel starts for a script: the path after "#!"; empty if it is none
  };
  [[nodiscard]] Program look(const ProcessView& view, const std::string& path);

  // True if the file exists and the process may read it, by owner and mode.
  [[nodiscard]] bool may_read(const ProcessView& view, const std::string& path);

 private:
  struct Known {
    struct stat st{};
    Program program;
  };
  [[nodiscard]] Fd open_in(const ProcessView& view, const std::string& path, int flags);
  [[nodiscard]] Origin origin_of(int fd, const struct stat& st, const std::string& path);
  [[nodiscard]] Program examine(const ProcessView& view, const std::string& path, int fd,
                                const struct stat& st);

  std::shared_ptr<const DigestCache> image_;
  std::function<std::string(std::string)> inside_;
  Fd root_;  // the container's
  bool root_on_tmpfs_ = false;
  Fd image_root_;
  std::unordered_map<std::string, Known> known_;  // by the path asked for
};

}  // namespace sluice::sandbox
