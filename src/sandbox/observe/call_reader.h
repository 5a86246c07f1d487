// From one stopped system call to entries of a trace: reads the arguments out of the process and says what
// the call is about.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/file.h"
#include "sandbox/observe/call_policy.h"
#include "sandbox/observe/process_view.h"
#include "sandbox/observe/program_file.h"
#include "sandbox/observe/recorder.h"

namespace sluice::sandbox {

struct Call {
  pid_t tid = 0;                   // as this process sees it
  std::uint32_t architecture = 0;  // AUDIT_ARCH_*
  int number = 0;
  std::array<std::uint64_t, 6> arguments{};
};

class CallReader {
 public:
  // `image` is the unpacked image that programs are compared with.
  CallReader(CallPolicy policy, std::shared_ptr<DigestCache> image);

  // Looks at the call and says how to answer it. What was seen is kept apart until keep(): if the process
  // turns out to be gone, what was read may have been another's, and drop() forgets it.
  [[nodiscard]] CallAnswer look(const Call& call);
  void keep();
  void drop();

  // To be called now and then: looks at the first process and its children.
  void sample();

  [[nodiscard]] Trace take();

 private:
  enum class Kind : std::uint8_t { other, exec, path, connect, bind, listen, send, identity };
  struct PathArgument;  // which argument of a call names a file
  struct Known {        // of one call number
    std::string name;   // as in the trace
    std::string plain;  // without the architecture
    std::vector<const PathArgument*> paths;
    Kind kind = Kind::other;
    bool simple = true;  // the answer does not depend on arguments
    CallAnswer answer;
    Recorder::CallCount seen;
  };
  struct Task {
    std::string program;
    pid_t group = 0;
  };
  using Pending = std::vector<std::function<void()>>;

  Known& known(const Call& call);
  Task& task(pid_t tid);
  void read_exec(const Call& call, const Known& known, const ProcessView& view);
  void read_paths(const Call& call, const Known& known, const ProcessView& view);
  void read_socket(const Call& call, const Known& known, const ProcessView& view);
  void read_send(const Call& call, const Known& known, const ProcessView& view);
  void read_query(const ProcessView& view, const Call& call, std::uint64_t buffer, std::uint64_t size,
                  std::uint64_t name, std::uint64_t name_size);
  void read_message(const Call& call, const ProcessView& view, std::uint64_t header);
  void read_identity(const Call& call, const Known& known, const ProcessView& view);
  void touch(const ProcessView& view, int directory, std::uint64_t address, bool read, bool written,
             bool deleted);
  [[nodiscard]] std::string absolute(const ProcessView& view, int directory, const std::string& path);
  [[nodiscard]] std::string inside(std::string path) const;  // without the chroot's own place
  void unreadable() { ++unreadable_; }

  CallPolicy policy_;
  ProfileNames names_;
  std::shared_ptr<DigestCache> image_;
  ProgramFiles programs_;
  Recorder recorder_;
  std::unordered_map<std::uint64_t, Known> known_;
  std::unordered_map<pid_t, Task> tasks_;
  std::set<std::pair<pid_t, int>> resolvers_;  // sockets that were connected to a name server
  Pending pending_;
  Known* last_ = nullptr;
  CallAnswer last_answer_;
  pid_t last_tid_ = 0;
  std::uint64_t unreadable_ = 0;
  pid_t init_ = 0;
  std::string root_;              // of the chroot tier: where the container's root is for us
  std::map<pid_t, int> zombies_;  // looks at which a child was one
};

}  // namespace sluice::sandbox
