// The outcome of the hardening loop: under which restrictions the image still passes its tests, the tightest
// set of them, and whether the tests passed again under exactly that set (docs/formats/hardening.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

// One rerun of the tests with one restriction more than an engine's defaults.
struct HardeningRow {
  std::string name;                // "read-only"
  bool holds = false;              // every test that passed without it passes with it
  std::vector<std::string> with;   // what it took: "tmpfs /run", "capability CHOWN"; sorted
  std::vector<std::string> fails;  // tests that no longer pass, in the order of the test file
  std::string note;                // why it does not hold, or could not be tried
};

// Why a system call is in the profile.
//   observed  the learning run saw it
//   base      harmless, and timing or an error path decides whether it is called
//   runtime   needed by what starts the program, or seen only when the profile was tried
enum class CallReason : std::uint8_t { base, observed, runtime };

struct HardeningCall {
  std::string name;
  CallReason reason = CallReason::observed;
};

// A thing that must be refused under the set: "unshare", "mount", "network".
struct HardeningControl {
  std::string name;
  bool refused = false;
};

struct HardeningPeaks {  // over all runs; nothing = could not be measured
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> pids;
  std::optional<std::uint64_t> cpu_us;
};

// A generated file; `name` is a file name without folders.
struct HardeningArtefact {
  std::string name;
  std::string content;
};

// The set itself.
struct HardeningProfile {
  std::string user;  // "1000660000:0", or the image's own; "" = root
  bool non_root = false;
  bool read_only = false;
  bool no_new_privileges = false;
  bool network = true;                    // false: it needs none at all
  std::vector<std::string> capabilities;  // "CHOWN", sorted
  std::vector<std::string> writable;      // paths, sorted
  std::vector<std::string> listens;       // "8080/tcp", by number
  std::vector<std::string> connects;      // likewise: ports outside of the container that it connected to
  std::vector<std::string> names;         // that it looked up, sorted
  std::vector<HardeningCall> calls;       // sorted by name; empty = not learned
  std::uint64_t memory_bytes = 0;         // recommended limits; 0 = no recommendation
  std::uint64_t pids = 0;
  std::uint32_t cpu_milli = 0;
};

// The tests once more under the set, by another engine.
struct HardeningEngine {
  std::string name;
  bool verified = false;
  std::string message;  // why not
};

struct HardeningReport {
  std::string engine;  // "embedded"
  std::string tier;
  std::vector<HardeningRow> matrix;
  HardeningProfile profile;
  HardeningPeaks peaks;
  std::vector<HardeningControl> controls;
  bool verified = false;
  std::string unverified;                // why not, if not
  std::vector<std::string> drivers;      // the tests that drove the learning, in the order of the test file
  std::uint32_t runs = 0;                // of the whole set of tests
  std::vector<HardeningEngine> engines;  // in the order asked for
  std::vector<HardeningArtefact> artefacts;  // sorted by name
};

}  // namespace sluice
