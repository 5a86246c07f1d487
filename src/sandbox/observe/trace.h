// Trace: what a container did, as its supervisor saw it.
//
// An observation, never enforcement: arguments are read from the memory of a process that can change them
// before the kernel looks (the call is then let through), so a hostile program can show one path and open
// another. Three things do not depend on that memory: the numbers of the calls, refusals (by number alone),
// and the files of the writable layer, which are listed after the end.
//
// All lists are sets in a fixed order: the same program gives the same trace, whatever the scheduling.
// Numbers of processes do not appear; counts, times and peaks stand apart. Every bound that was reached is
// in `losses`: a trace with losses must not be read as complete.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sandbox {

// none: nothing is watched. selected: programs, files opened by name (directories for listing aside),
// network, identity, and the dangerous classes: cheap enough for every test run. all: every system call, for
// one learning run.
enum class ObserveMode : std::uint8_t { none, selected, all };
// How it was seen. none: it was not; Trace::reason says why.
enum class Observer : std::uint8_t { none, notify, ptrace };
[[nodiscard]] std::string_view to_string(ObserveMode mode);
[[nodiscard]] std::string_view to_string(Observer observer);

// Where a program's file came from.
enum class Origin : std::uint8_t { image, written /* at run time, or in memory */, unknown };
[[nodiscard]] std::string_view to_string(Origin origin);

struct SyscallSeen {
  std::string name;     // libseccomp's; "#512" for a number without one; "i386:open" of another architecture
  std::string program;  // the first that made it, as an absolute path in the container
  std::uint64_t count = 0;
  bool refused = false;  // by the call filter; it never took place
  // Not in the profile of RunSpec::syscalls; taken and let through, so that one run names every miss.
  bool missing = false;
};

// A program that was started, or tried (then `exists` is false).
struct ExecSeen {
  std::string path;               // absolute, links resolved; "memory" for a file without a name
  std::vector<std::string> argv;  // what looks like a secret is replaced by "[redacted]"; bounded
  std::string by;                 // the program that started it; empty: the container's first
  std::string sha256;             // hex; empty if the file could not be read
  Origin origin = Origin::unknown;
  bool exists = true;
  bool for_script = false;  // by the kernel, as the interpreter of the script `by`
  bool setuid = false;      // the file would change the user; no-new-privileges keeps it from doing so
  bool setgid = false;
  std::uint32_t uid = 0;  // effective, as the container sees it
  std::uint64_t count = 1;
};

struct FileSeen {
  std::string path;  // absolute, as asked for: links are not resolved
  bool read = false;
  bool written = false;  // opened for writing, created, renamed onto, or changed in owner or mode
  bool deleted = false;
  bool readable_secret = false;  // it matched the secret paths, existed, and its user may read it
  bool in_layer = false;         // found in the writable layer after the end: it took place
  std::string program;           // the first
  std::uint64_t count = 0;
};

enum class NetworkKind : std::uint8_t { connect, bind, listen, send, dns };
[[nodiscard]] std::string_view to_string(NetworkKind kind);

struct NetworkSeen {
  NetworkKind kind = NetworkKind::connect;
  std::string protocol;  // "tcp", "udp", "unix", "netlink", "raw"; "ip" where the type is not known
  std::string address;   // "127.0.0.1", "::1"; the path of a unix socket ("@name" if abstract)
  std::uint16_t port = 0;
  std::string hostname;  // of dns: the name asked for
  std::string program;   // the first
  std::uint64_t count = 0;
};

// A call that changes user, group, capabilities or no-new-privileges.
struct IdentitySeen {
  std::string call;       // "setuid"
  std::string arguments;  // "0", "1000, 1000, -1"
  std::string program;
  bool gain = false;  // to user 0, or to a capability that it lacked
  std::uint64_t count = 0;
};

// How the first process behaves in its special role.
struct InitSeen {
  bool sampled = false;       // the rest was looked at
  bool handles_term = false;  // it has installed a handler for SIGTERM (or was told to stop and did)
  bool ignored_stop = false;  // the stop signal was sent, and KILL was needed
  std::uint32_t zombies = 0;  // most that waited unreaped for over half a second at one time
  std::uint32_t uid = 0;      // effective, as the container sees it
};

struct Losses {
  std::uint64_t vanished = 0;    // calls whose process was gone before they were answered
  std::uint64_t unreadable = 0;  // arguments that could not be read
  std::uint64_t execs = 0;       // over a bound, by kind
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t layer = 0;  // entries of the writable layer
  [[nodiscard]] bool any() const { return (vanished | unreadable | execs | files | network | layer) != 0; }
};

// A change in the writable layer, found after the end.
struct LayerChange {
  std::string path;  // absolute
  bool deleted = false;
  friend auto operator<=>(const LayerChange&, const LayerChange&) = default;
};

struct Trace {
  ObserveMode mode = ObserveMode::none;
  Observer observer = Observer::none;
  std::string reason;                  // why not observed, or not by the better way
  std::vector<SyscallSeen> syscalls;   // by name
  std::vector<ExecSeen> execs;         // by path, argv, by, origin, digest
  std::vector<FileSeen> files;         // by path
  std::vector<NetworkSeen> network;    // by kind, protocol, address, port, hostname
  std::vector<IdentitySeen> identity;  // by call, arguments
  bool layer_listed = false;           // `layer` is complete up to Losses::layer
  std::vector<LayerChange> layer;      // by path
  InitSeen init;
  Losses losses;
  std::uint64_t events = 0;  // calls seen
  // Not part of the sets. Nothing = could not be measured, or was not asked for.
  std::optional<std::uint64_t> peak_memory_bytes;
  std::optional<std::uint64_t> peak_pids;
  std::optional<std::chrono::microseconds> cpu;
  std::optional<std::chrono::milliseconds> time_to_ready;
  std::optional<std::chrono::milliseconds> time_to_stop;
  [[nodiscard]] bool observed() const { return observer != Observer::none; }
};

// The union of several runs: counts add up, peaks and times take the greatest that is known, one run that was
// not observed makes the whole not observed.
void merge(Trace& into, const Trace& one);

inline constexpr std::size_t k_max_traced_execs = 4'096;  // distinct, of one container
inline constexpr std::size_t k_max_traced_files = 50'000;
inline constexpr std::size_t k_max_traced_network = 4'096;
inline constexpr std::size_t k_max_traced_layer = 200'000;
inline constexpr std::size_t k_max_traced_args = 64;  // of one program …
inline constexpr std::size_t k_max_traced_arg = 512;  // … bytes each; longer ones end in "…"

}  // namespace sluice::sandbox
