// What the containers of a test run did together, as evidence: sets in a fixed order, no process numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/finding.h"

namespace sluice {

struct TracedCall {
  std::string name;
  std::string program;
  std::uint64_t count = 0;
  bool refused = false;
};

struct TracedProgram {
  std::string path;
  std::vector<std::string> argv;  // redacted
  std::string by;                 // empty: the container's first
  std::string sha256;             // empty: not known
  std::string origin;             // "image", "written", "unknown"
  std::uint32_t uid = 0;
  bool setuid = false;
  std::uint64_t count = 0;
};

struct TracedFile {
  std::string path;
  std::vector<std::string> access;  // "read", "written", "deleted"
  bool in_layer = false;            // found in the writable layer after the end
  std::string program;
};

struct TracedNetwork {
  std::string kind;  // "connect", "bind", "listen", "send", "dns"
  std::string protocol;
  std::string address;
  std::uint16_t port = 0;
  std::string hostname;
  std::string program;
};

struct TracedIdentity {
  std::string call;
  std::string arguments;
  std::string program;
  bool gain = false;
};

struct RuntimeTrace {
  std::string mode;      // "selected", "all"
  std::string observer;  // "seccomp-notify", "ptrace"; "none": not observed, and `reason` says why
  std::string reason;
  std::string tier;
  std::vector<TracedCall> calls;
  std::vector<TracedProgram> programs;
  std::vector<TracedFile> files;
  std::vector<TracedNetwork> network;
  std::vector<TracedIdentity> identity;
  std::vector<std::string> layer_changed;
  std::vector<std::string> layer_deleted;
  bool layer_listed = false;
  bool init_ignored_stop = false;
  bool init_handles_term = false;
  std::uint32_t init_zombies = 0;
  std::optional<std::uint32_t> init_uid;
  std::vector<std::pair<std::string, std::uint64_t>> losses;  // by kind, all of them
  std::vector<Finding> findings;                              // of the rules `runtime.*`
  // Measurements, which differ from run to run:
  std::uint64_t events = 0;
  std::optional<std::uint64_t> peak_memory_bytes;  // nothing: could not be measured …
  std::optional<std::uint64_t> peak_pids;
  std::optional<std::chrono::microseconds> cpu;
  std::optional<std::chrono::milliseconds> time_to_ready;  // … or there was nothing to wait for
  std::optional<std::chrono::milliseconds> time_to_stop;
  std::chrono::sys_seconds started{};
  std::chrono::sys_seconds finished{};
};

}  // namespace sluice
