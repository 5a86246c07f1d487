// What a test file asks: ours (`sluice-test.yaml`, docs/formats/sluice-test.md) or a container-structure-test
// file (docs/formats/container-structure-test.md), told apart by `schemaVersion`, read into one form.
//
// Parsing is strict: an unknown key is an error with its place. What a test file may not have (privileged
// mode, host mounts, devices, the host's network, capabilities beyond the usual default) is an error in our
// form; in the other, whose files are accepted as they are, it makes each command test an error at run time.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/effects.h"
#include "base/json.h"
#include "base/result.h"
#include "sandbox/engine.h"
#include "sandbox/http_probe.h"

namespace sluice::sandbox {

using EnvList = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t k_max_tests = 10'000;                 // of one file
inline constexpr std::chrono::milliseconds k_max_time{3'600'000};  // of one test
inline constexpr std::size_t k_max_pattern_bytes = 16'384;

// What `generate` may name.
inline constexpr std::array<std::string_view, 4> k_artefact_kinds{"seccomp", "docker", "compose",
                                                                  "kubernetes"};

class TextMatcher;

// Judges one value (goss/matcher.h).
class ValueMatcher {
 public:
  virtual ~ValueMatcher() = default;
  // What is wrong with it, as a sentence; empty = nothing. An error: it cannot be told.
  [[nodiscard]] virtual Result<std::string> mismatch(const json::Value& actual,
                                                     const TextMatcher& matcher) const = 0;
};

// Every `include` must be found, no `exclude` may be. Patterns are RE2, unanchored; `contains` is plain text.
struct TextChecks {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::vector<std::string> contains;
  std::vector<std::shared_ptr<const ValueMatcher>> matchers;  // of the whole text; from goss files
  [[nodiscard]] bool empty() const {
    return include.empty() && exclude.empty() && contains.empty() && matchers.empty();
  }
};

struct CommandTest {
  bool entrypoint = false;           // run as the image is run; else `command` with the entrypoint blanked
  std::vector<std::string> command;  // program and arguments
  std::optional<std::vector<std::string>> args;  // of an entrypoint test: in place of the image's command
  EnvList env;                                   // over the file's and the image's
  // container-structure-test: the file's, before `env` (expand_variables.h); null = none
  std::shared_ptr<const EnvList> global_env;
  std::optional<std::string> user;
  std::optional<std::string> workdir;
  int exit_code = 0;
  TextChecks out;
  TextChecks err;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::chrono::milliseconds>
      stays_up;  // passes if it still runs then, and ends at the stop signal
  // container-structure-test: $NAME in program and arguments, from the environment of the image, the file
  // and, if there is a setup, the test
  bool expand = false;
  // Run before and after on the same file system. In our form a failing one fails the test; with `expand`
  // (container-structure-test) their exit codes do not matter.
  std::vector<std::vector<std::string>> setup;
  std::vector<std::vector<std::string>> teardown;
};

enum class FileKind : std::uint8_t { any, file, directory, symlink };
enum class ExecutableBy : std::uint8_t { unchecked, owner, group, other, any };

struct FileTest {
  std::string path;
  bool exists = true;
  bool follow =
      true;  // a symbolic link in the last component (container-structure-test looks at the link itself)
  bool clean = false;   // container-structure-test: "a/../b" is "b", also where a is a link or is not there
  bool expand = false;  // $NAME in the path, from the image's environment and `global_env`
  std::shared_ptr<const EnvList> global_env;  // container-structure-test; null = none
  FileKind type = FileKind::any;
  std::optional<std::uint32_t> mode;       // 07777
  std::optional<std::string> permissions;  // Go's form: "-rwxr-xr-x"
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  ExecutableBy executable_by = ExecutableBy::unchecked;
  TextChecks content;
};

// A value that must be equal, or that a pattern must match.
struct ValueCheck {
  std::string key;
  std::string value;
  bool pattern = false;
};

struct MetadataTest {
  std::vector<ValueCheck> env;
  std::vector<std::string> env_absent;
  std::vector<ValueCheck> labels;
  std::vector<std::string> exposed_ports;  // "8080" means "8080/tcp"
  std::vector<std::string> unexposed_ports;
  std::vector<std::string> volumes;
  std::vector<std::string> unmounted_volumes;
  std::optional<std::vector<std::string>> entrypoint;  // absent is not the same as empty
  std::optional<std::vector<std::string>> cmd;
  std::optional<std::string> workdir;
  std::optional<std::string> user;
};

// container-structure-test's licence test: every package folder has a copyright file, and none is under AGPL
// or WTFPL.
struct LicenceTest {
  bool debian = false;
  std::vector<std::string> files;
};

// The next four ask the service: the image's own entrypoint, started once for all of them.
struct HttpTest {
  std::uint16_t port = 0;
  HttpRequest request;
  std::vector<int> status{200};  // any of these
  std::vector<ValueCheck> headers;
  TextChecks body;
  std::vector<ValueCheck> json;  // `key` is a path into the body: json_path.h
  std::chrono::milliseconds timeout{5'000};
};

struct PortTest {
  std::uint16_t port = 0;
  bool udp = false;
  bool listening = true;
  std::optional<std::string> address;  // on exactly this one
};

struct ProcessTest {
  std::string process;  // file name of the program, or of its first argument
  bool running = true;
  std::optional<std::uint32_t> uid;
};

struct LogTest {  // judged after the service has stopped, on all that it printed
  TextChecks out;
  TextChecks err;
};

// A name that is resolved as the container would: by the image's hosts file, or, with `port`, by the service
// itself, which is then a DNS server on that port of the loopback (asked by TCP).
struct DnsTest {
  std::string host;
  std::uint16_t port = 0;  // 0 = the hosts file
  bool resolvable = true;
  std::vector<std::string> addresses;  // each must be among the answers
  std::chrono::milliseconds timeout{2'000};
};

// The next three are answered from the image's own files: /etc/passwd, /etc/group, the package database.
struct UserTest {
  std::string user;
  bool exists = true;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::string> home;
  std::optional<std::string> shell;
  std::vector<std::string> groups;  // each must be among those of the user, the first included
};

struct GroupTest {
  std::string group;
  bool exists = true;
  std::optional<std::uint32_t> gid;
  std::vector<std::string> members;
};

struct PackageTest {
  std::string package;
  bool installed = true;
  std::vector<std::string> versions;  // any of these, exactly; empty = any version
};

// Attributes of a file, user, group or package of the image, or of a given value ("matching"): from goss
// files.
struct FactsTest {
  std::string kind;     // "file", "user", "group", "package", "matching"
  std::string subject;  // path or name
  json::Value content;  // of "matching"
  bool must_exist = true;
  std::vector<std::pair<std::string, std::shared_ptr<const ValueMatcher>>> attributes;
};

// Something that a foreign test file asks and that we do not judge: reported as skipped, with the reason.
struct UnjudgedTest {
  std::string kind;
  std::string reason;
};

struct Test {
  std::string name;
  std::variant<CommandTest, FileTest, MetadataTest, LicenceTest, HttpTest, PortTest, ProcessTest, LogTest,
               DnsTest, UserTest, GroupTest, PackageTest, FactsTest, UnjudgedTest>
      body;
};

// "command", "file", "metadata", "licence", "http", "port", "process", "log", "dns", "user", "group",
// "package", or the foreign kind
[[nodiscard]] std::string_view kind_of(const Test& test);
[[nodiscard]] bool needs_service(const Test& test);

// When the service counts as ready. With nothing set: when the first port that a test names accepts
// connections, or at once if no test names one.
struct Ready {
  std::optional<HttpTest> http;
  std::optional<std::uint16_t> tcp;
  std::optional<std::string> log;                // a pattern, in either output
  std::optional<std::vector<std::string>> exec;  // exit code 0
  bool healthcheck = false;                      // the image's own, run as its configuration says
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds interval{20};
};

struct Stop {
  std::optional<int> signal;  // unset: the image's stop signal
  std::chrono::milliseconds within{2'000};
};

// How containers are run, for all tests of the file.
struct RunSettings {
  std::optional<std::vector<std::string>> entrypoint;  // unset: the image's; empty: none
  std::optional<std::vector<std::string>> args;
  EnvList env;
  std::optional<std::string> user;
  std::optional<std::string> workdir;
  Network network = Network::none;
  std::vector<DnsName> dns;  // of a private network
  bool read_only = true;
  std::vector<Tmpfs> tmpfs;
  Limits limits;
  std::uint64_t capabilities = 0;
  ObserveMode observe = ObserveMode::none;  // not in the file: set for learning runs
  std::optional<SyscallProfile> syscalls;   // likewise, to try a profile
  // container-structure-test: names taken from our own environment; if set, they replace the tests' own
  // variables.
  std::optional<std::vector<std::string>> host_env;
  std::optional<std::string> env_file;  // likewise a file of "NAME=value" lines, for apply_env_file
  bool env_replaces = false;            // `env` is from such a file and replaces the tests' own
  std::string refusal;  // why no container may run as asked; not empty = every command test is an error
};

// What the service and the tests may do, judged from the trace (observe/trace.h). A list that is not given is
// not judged; an empty one allows nothing. Entries are globs of paths, or "tcp/8080", "name:port" and the
// like.
struct ObserveSettings {
  std::optional<std::vector<std::string>> exec;
  std::optional<std::vector<std::string>> listen;
  std::optional<std::vector<std::string>> connect;
  std::optional<std::vector<std::string>> write;
  std::optional<std::vector<std::string>> dns;
};

// The reruns of the hardening matrix (harden/composer.h).
// In the order in which they are tried: a read-only root with its writable places often is what lets a
// program run as another user.
enum class Hardening : std::uint8_t { read_only, nonroot, no_capabilities, no_new_privileges, no_network };
inline constexpr std::size_t k_hardenings = 5;
[[nodiscard]] std::string_view to_string(Hardening hardening);

struct HardenSettings {
  std::vector<Hardening> matrix;     // in the order of the enumeration
  std::vector<std::string> require;  // names of them: these must hold, or the test "hardening" fails
};

// The whole matrix, nothing required.
[[nodiscard]] HardenSettings all_hardenings();

// Not in the file: for trials, which often fail, the service gets at most so long.
struct Patience {
  std::optional<std::chrono::milliseconds> ready;
  std::optional<std::chrono::milliseconds> stop;
};

struct TestSpec {
  std::string sha256;           // hex, of the text
  bool structure_test = false;  // a container-structure-test file
  bool goss = false;            // a goss file
  RunSettings run;
  std::optional<ObserveSettings> observe;
  std::optional<HardenSettings> harden;
  std::vector<std::string> generate;  // of k_artefact_kinds
  Patience patience;
  std::optional<Ready> ready;  // given: a test of its own, named "ready"
  std::optional<Stop> stop;    // likewise "stop"
  std::vector<Test> tests;
};

// Codes: the YAML reader's, config.*, sandbox.refused (asks for what is never given).
[[nodiscard]] Result<TestSpec> parse_test_spec(std::string_view text, std::string_view name);

// Puts the variables of RunSettings::env_file into the settings; env_file.cpp has its syntax. Empty ones are
// left out, as upstream does. Code: config.range.
[[nodiscard]] Status apply_env_file(RunSettings& run, std::string_view text);

// "$NAME" and "${NAME}" by `env`; an unknown name is empty; "$$" and a lone "$" stay as in Go's os.Expand.
[[nodiscard]] std::string expand_variables(std::string_view text, const EnvList& env);

}  // namespace sluice::sandbox
