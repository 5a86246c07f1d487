// What passes between an engine and its launcher process: both are this very binary, so the form is private
// and has no versions; it is still read strictly, because a cut message must not become a weaker container.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/engine.h"
#include "sandbox/user.h"

namespace sluice::sandbox {

// All that a container needs; users and limits are resolved already.
struct LaunchRequest {
  std::string name;     // unique on this machine; names control groups: "sluice-…"
  std::string lower;    // directory of the unpacked image, relative to the run directory
  std::string session;  // empty, or the directory, relative too, whose writable layer outlives the container
  std::vector<std::string> argv;
  std::vector<std::string> env;  // "NAME=value"
  Identity identity;
  std::string workdir;
  bool read_only = true;
  bool loopback = false;
  bool private_network = false;  // its sockets come with the event `resolver`
  bool copy = false;             // of the image, even where an overlay could be had
  std::vector<Tmpfs> tmpfs;
  Limits limits;
  std::string filter;  // sock_filter[]
  // `filter` hands calls over: its listener is sent to the control socket. Where the kernel makes no
  // listener, `trace_filter` is tried under ptrace; where that is refused too, `plain_filter`, which watches
  // nothing, is loaded.
  bool watched = false;
  bool by_ptrace = false;    // as if the kernel made no listener
  std::string trace_filter;  // the same for ptrace
  std::string plain_filter;
  bool list_layer = false;    // when it has ended, with the event
  bool ends_session = false;  // the session is for this container alone
  std::uint64_t capabilities = 0;
};

enum class EventKind : std::uint8_t {
  note,          // text: a limit or isolation that could not be had
  listener,      // a descriptor comes with it: the calls of the program
  traceable,     // two descriptors come with it: the process, and a pipe for one byte, "y" when it is traced
  unobserved,    // text: why there is none
  resolver,      // two descriptors come with it: the sockets of the private network's DNS server, UDP and TCP
  started,       // set up; the program takes over now
  fault,         // fault, text: the program did not start, by the image's fault
  setup_failed,  // text: a step was refused by this machine
  exited,        // the rest; with LaunchRequest::list_layer a memory file comes with it
};

struct Event {
  EventKind kind = EventKind::note;
  StartFault fault = StartFault::started;
  std::string text;
  std::int32_t wait_status = 0;  // as of wait(2)
  Peaks peaks;
  bool out_of_memory = false;
  bool pids_exhausted = false;
};

enum class CommandKind : std::uint8_t {
  signal,   // number
  connect,  // address, number = port, timeout; one descriptor: where the answer goes
  inspect,  // one descriptor: where the answer goes
  exec,     // descriptors as of a launch: request, control, out, err
};

// From the owner of a container to the launcher, on the container's control socket.
struct Command {
  CommandKind kind = CommandKind::signal;
  std::int32_t number = 0;
  std::string address;
  std::chrono::milliseconds timeout{0};
};

// The answer to connect and inspect. With it comes a descriptor: the connection, or a memory file with an
// Inspection.
struct Answer {
  std::int32_t error = 0;  // an errno; then there is no descriptor
  std::string text;        // which step
};

// The launcher's first word.
struct Handshake {
  bool ready = false;
  std::string problem;               // of not ready: which step was refused, and why
  std::uint64_t namespaces = 0;      // CLONE_NEW* that containers get
  std::vector<std::string> missing;  // isolation that cannot be had
};

[[nodiscard]] std::string encode(const LaunchRequest& request);
[[nodiscard]] std::string encode(const Event& event);
[[nodiscard]] std::string encode(const Handshake& handshake);
[[nodiscard]] std::string encode(const Command& command);
[[nodiscard]] std::string encode(const Answer& answer);
[[nodiscard]] std::string encode(const Inspection& inspection);
// Code: sandbox.wire.
[[nodiscard]] Result<LaunchRequest> decode_request(std::string_view bytes);
[[nodiscard]] Result<Event> decode_event(std::string_view bytes);
[[nodiscard]] Result<Handshake> decode_handshake(std::string_view bytes);
[[nodiscard]] Result<Command> decode_command(std::string_view bytes);
[[nodiscard]] Result<Answer> decode_answer(std::string_view bytes);
[[nodiscard]] Result<Inspection> decode_inspection(std::string_view bytes);

// A message to the launcher that is no launch: this prefix and the name of a session that ends.
inline constexpr std::string_view k_end_session = "-";

inline constexpr std::size_t k_max_event_bytes = 8192;
inline constexpr std::size_t k_max_event_text = 4096;  // longer texts are cut

}  // namespace sluice::sandbox
