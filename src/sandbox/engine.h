// Engine: what runs a container of an image under test. Drivers: `embedded` (our own launcher, embedded.h);
// others (runc, podman, docker, nerdctl) implement the same three steps: probe, prepare an image once, start
// containers on it.
//
// Nothing is ever pulled. Privileged mode, host namespaces, host mounts and device nodes cannot even be
// expressed here. A limit or an isolation that the machine refuses is never dropped in silence:
// RunResult::limits_missing names it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/subprocess.h"
#include "sandbox/dns_stub.h"
#include "sandbox/observe/trace.h"

namespace sluice::image {
class Image;
}

namespace sluice::sandbox {

// How strong the isolation is that an engine can give on this machine.
//   root    namespaces made with real privileges; all uids of the image exist
//   userns  namespaces inside an unprivileged user namespace; one uid (or a range) is mapped
//   chroot  no namespaces: chroot, dropped capabilities, seccomp; isolation is mainly that of our
//   surroundings none    nothing can be run
enum class Tier : std::uint8_t { none, chroot, userns, root };
[[nodiscard]] std::string_view to_string(Tier tier);

// none: an own network namespace with its loopback down. loopback: the same with 127.0.0.1 and ::1 up.
// private_: with an interface, a default route that leads nowhere, and a DNS server of ours
// (private_network.h).
enum class Network : std::uint8_t { none, loopback, private_ };

// 0 = no limit of ours.
struct Limits {
  std::uint64_t memory_bytes = 512ull << 20;  // with what the container writes to tmpfs and to its root
  std::uint32_t cpu_milli = 0;                // thousandths of one CPU
  std::uint32_t pids = 256;                   // processes and threads
  std::uint64_t disk_bytes = 256ull << 20;    // written to the root file system; each tmpfs has its own size
  std::chrono::milliseconds time{30'000};     // from start to the stop signal; never 0
};

struct Tmpfs {
  std::string path;                      // absolute, in the container
  std::uint64_t size_bytes = 64u << 20;  // never 0
};

// System calls in place of the engine's default filter; what that one refuses stays refused.
struct SyscallProfile {
  enum class Miss : std::uint8_t {
    refuse,  // EPERM (ENOSYS for clone3, whose flags a filter cannot see)
    record,  // let through, and named in Trace::syscalls with `missing`; needs an observer
  };
  std::vector<std::string> allowed;  // libseccomp's names; one that is unknown here is an error
  Miss miss = Miss::refuse;
};

struct RunSpec {
  std::vector<std::string> argv;                         // complete; argv[0] is looked up in PATH of `env`
  std::vector<std::pair<std::string, std::string>> env;  // exactly this
  std::string user;     // as in an image's config: "", "name", "uid", "name:group", "uid:gid"; "" = root
  std::string workdir;  // "" = "/"; made if the image lacks it, as every engine does
  Network network = Network::none;
  bool network_required =
      true;                  // else a loopback that cannot be had is done without, and is said to be missing
  std::vector<DnsName> dns;  // of a private network: the names that its server knows
  bool read_only = true;     // of the root file system
  std::vector<Tmpfs> tmpfs;
  Limits limits;
  int stop_signal = 15;                    // sent at the deadline …
  std::chrono::milliseconds grace{2'000};  // … and KILL this much later
  std::uint64_t capabilities = 0;          // bit set of those kept; at most default_capabilities()
  bool engine_env = false;  // add PATH, HOME and HOSTNAME where `env` lacks them, as engines do
  // No-new-privileges is always set, and every file system is mounted nosuid.
  std::optional<SyscallProfile> syscalls;
  ObserveMode observe = ObserveMode::none;  // what it sees comes back in RunResult::trace
  std::size_t head_bytes = 256u << 10;      // kept of each output stream from its start …
  std::size_t tail_bytes = 256u << 10;      // … and from its end
};

// Why a container's program did not start; started = it did.
enum class StartFault : std::uint8_t {
  started,
  not_found,       // no such program in the image
  not_executable,  // no permission, wrong format or architecture, missing interpreter or loader
  bad_workdir,     // the working directory cannot be made or entered
  bad_image,       // no engine could start it: /proc or /dev is no directory, a tmpfs has no place
};

struct Peaks {  // nothing = could not be measured
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> pids;
  std::optional<std::chrono::microseconds> cpu;
};

struct RunResult {
  StartFault fault = StartFault::started;
  std::string fault_message;    // of any other fault
  int exit_code = -1;           // valid if signal == 0
  int signal = 0;               // that ended PID 1, or 0
  bool timed_out = false;       // the deadline passed and the stop signal was sent
  bool killed = false;          // … and was ignored, so that KILL was needed
  bool out_of_memory = false;   // the kernel killed a process of it over the memory limit
  bool pids_exhausted = false;  // a fork was refused over the pids limit
  bool network_refused =
      false;  // RunSpec::network was done without: sockets other than local ones were refused
  Captured out;
  Captured err;
  std::chrono::microseconds duration{0};
  Peaks peaks;
  Tier tier = Tier::none;
  std::vector<std::string> limits_missing;  // "memory: no writable cgroup", sorted
  std::vector<std::string>
      unanswered;  // names that were asked for in a private network and are not in RunSpec::dns
  // Null if nothing was asked for. An exec in the same container has a trace of its own.
  std::shared_ptr<const Trace> trace;
  [[nodiscard]] bool ok() const {
    return fault == StartFault::started && signal == 0 && exit_code == 0 && !timed_out;
  }
};

// What an engine can do here, for `sluice doctor` and for evidence.
struct EngineFacts {
  std::string name;  // "embedded"
  Tier tier = Tier::none;
  std::string reason;                // why this tier and not a stronger one
  std::vector<std::string> missing;  // isolation or limits that this machine refuses, one line each
};

enum class Stream : std::uint8_t { out, err };

// A process inside a container, as the container's own /proc shows it.
struct ProcessInfo {
  std::uint32_t pid = 0;
  std::uint32_t uid = 0;
  std::string exe;  // path of the program in the image; empty if it could not be read
  std::vector<std::string> argv;
};

// A snapshot of a running container.
struct Inspection {
  std::string tcp;  // the kernel's tables, as text: /proc/net/tcp …
  std::string tcp6;
  std::string udp;
  std::string udp6;
  std::vector<ProcessInfo> processes;  // by pid
};

// A running container. wait() belongs to one thread; all else may be called from others meanwhile. The
// destructor kills what still runs and leaves nothing behind.
class Container {
 public:
  virtual ~Container() = default;
  // Until PID 1 has ended or the deadline has passed and it was killed. May be called once.
  // Codes: sandbox.cancelled (the cancel descriptor became readable), sandbox.setup (this machine refused a
  // step).
  [[nodiscard]] virtual Result<RunResult> wait() = 0;

  // Sends a signal to PID 1. Not an error if it has ended.
  [[nodiscard]] virtual Status signal(int number) = 0;
  // What was printed so far; meaningful while another thread waits.
  [[nodiscard]] virtual Captured output(Stream stream) const = 0;
  [[nodiscard]] virtual bool ended() const = 0;

  // A TCP connection made inside the container's network: no route to it is needed. `address` is "127.0.0.1"
  // or "::1". Codes: sandbox.refused-connection (nobody listens), sandbox.unsupported, sandbox.gone (the
  // container has ended).
  [[nodiscard]] virtual Result<Fd> connect(const std::string& address, std::uint16_t port,
                                           std::chrono::milliseconds timeout) = 0;
  // Another program in the same container, with `spec`'s arguments, environment, user, workdir and time
  // limit; the rest is as the container is. Code: sandbox.unsupported where there are no namespaces to join.
  [[nodiscard]] virtual Result<std::unique_ptr<Container>> exec(const RunSpec& spec) = 0;
  [[nodiscard]] virtual Result<Inspection> inspect() = 0;
};

// An image made ready to run, shared by many containers. Thread-safe to read; removed by the last owner.
class PreparedImage {
 public:
  virtual ~PreparedImage() = default;
};

class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual EngineFacts probe() = 0;
  [[nodiscard]] virtual Result<std::shared_ptr<PreparedImage>> prepare(const image::Image& image) = 0;
  // The same image with changes that stay: containers on it see what earlier ones wrote. One at a time may
  // run on it.
  [[nodiscard]] virtual Result<std::shared_ptr<PreparedImage>> session(
      const std::shared_ptr<PreparedImage>& prepared) = 0;
  // Thread-safe. `prepared` must come from this engine and outlive the container.
  [[nodiscard]] virtual Result<std::unique_ptr<Container>> start(const PreparedImage& prepared,
                                                                 const RunSpec& spec) = 0;
};

// start and wait.
[[nodiscard]] Result<RunResult> run(Engine& engine, const PreparedImage& prepared, const RunSpec& spec);

}  // namespace sluice::sandbox
