#include "sandbox/observe/findings.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/digest.h"
#include "sandbox/observe/call_policy.h"
#include "sandbox/observe/program_kind.h"
#include "sandbox/observe/rules.h"
#include "sandbox/private_network.h"

namespace sluice::sandbox {
namespace {

// Where every program may write, whatever is declared: nothing there is kept or started from.
constexpr auto k_free_places =
    std::to_array<std::string_view>({"/tmp", "/var/tmp", "/run", "/dev", "/proc", "/var/run"});
constexpr auto k_metadata =
    std::to_array<std::string_view>({"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254",
                                     "fd20:ce::254", "100.100.100.200", "168.63.129.16"});
constexpr auto k_metadata_names =
    std::to_array<std::string_view>({"metadata.google.internal", "metadata", "metadata.goog"});
constexpr std::uint16_t k_dns_port = 53;

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.starts_with("**")) {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (matches(pattern.substr(2), text.substr(i))) return true;
    }
    return false;
  }
  if (pattern[0] == '*') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (matches(pattern.substr(1), text.substr(i))) return true;
      if (i < text.size() && text[i] == '/') return false;
    }
    return false;
  }
  return !text.empty() && text[0] == pattern[0] && matches(pattern.substr(1), text.substr(1));
}

bool any_path(const std::vector<std::string>& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches_path(p, path); });
}

bool is_local(const NetworkSeen& seen) {
  if (seen.protocol == "unix" || seen.protocol == "netlink") return true;
  return seen.address.starts_with("127.") || seen.address == "::1" || seen.address.empty() ||
         seen.address == "0.0.0.0" || seen.address == "::";
}

template <typename List>
bool holds(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

class Judge {
 public:
  Judge(const RunSpec& spec, const RunResult& result, const Declared& declared)
      : spec_(spec), result_(result), trace_(*result.trace), declared_(declared) {}

  std::vector<Finding> run() {
    find_scripts();
    programs();
    files();
    network();
    calls();
    first_process();
    std::vector<Finding> all;
    add_findings(all, std::move(found_));
    return all;
  }

 private:
  // `detail` tells findings of one rule and path apart.
  void add(std::string_view id, std::string path, std::string message, const std::string& detail = {},
           Confidence confidence = Confidence::high) {
    const RuntimeRule& rule = runtime_rule(id);
    Finding finding;
    finding.rule = rule.id;
    finding.aliases = aliases_of(rule);
    finding.severity = rule.severity;
    finding.confidence = confidence;
    finding.message = std::move(message);
    if (path.starts_with('/')) path.erase(0, 1);
    finding.path = std::move(path);
    finding.cwe = {std::string(rule.cwe)};
    finding.help = rule.help;
    finding.fingerprint = sha256(finding.rule + "\n" + finding.path + "\n" + detail).hex();
    found_.push_back(std::move(finding));
  }

  // Shells that a shell or the container's own start leads to are the image's way of working.
  void find_scripts() {
    std::set<std::string> shells;
    for (const ExecSeen& exec : trace_.execs) {
      if (exec.for_script && kind_of_program(exec) == ProgramKind::shell) shells.insert(exec.by);
    }
    bool grown = true;
    while (grown) {
      grown = false;
      for (const ExecSeen& exec : trace_.execs) {
        const bool shell = kind_of_program(exec) == ProgramKind::shell || shells.contains(exec.path);
        const bool led = exec.by.empty() || shell_paths_.contains(exec.by);
        if (shell && led && shell_paths_.insert(exec.path).second) grown = true;
      }
    }
  }

  [[nodiscard]] bool expected_program(const ExecSeen& exec) const {
    if (!declared_.expect.exec) return false;
    // An interpreter is expected where its script is.
    const bool first_script = exec.for_script && exec.by == first_program();
    return first_script || any_path(*declared_.expect.exec, exec.for_script ? exec.by : exec.path) ||
           any_path(*declared_.expect.exec, exec.path);
  }

  void programs() {
    for (const ExecSeen& exec : trace_.execs) {
      if (!exec.exists) continue;
      // That this machine asked for it is the test's own doing.
      const bool first = exec.by.empty();
      const std::string by = first ? std::string() : " by " + exec.by;
      if (exec.path == "memory") {
        add("runtime.fileless-program", exec.by, "a program without a file was started" + by);
      } else if (exec.origin == Origin::written) {
        add("runtime.program-not-in-image", exec.path,
            exec.path + " was started" + by + "; it is not the image's own file");
      }
      if (exec.setuid && exec.uid != 0) {
        add("runtime.setuid-program", exec.path, exec.path + " is setuid and was started" + by);
      }
      if (first || expected_program(exec)) continue;
      switch (kind_of_program(exec)) {
        case ProgramKind::shell:
          if (shell_paths_.contains(exec.by)) break;
          add("runtime.unexpected-shell", exec.path, "the shell " + exec.path + " was started" + by, exec.by);
          break;
        case ProgramKind::package_manager:
          add("runtime.package-manager", exec.path, std::string(program_name(exec)) + " was started" + by,
              exec.by);
          break;
        case ProgramKind::downloader:
          add("runtime.downloader", exec.path, std::string(program_name(exec)) + " was started" + by,
              exec.by);
          break;
        case ProgramKind::other:
          break;
      }
      if (declared_.expect.exec) {
        add("runtime.undeclared-program", exec.path,
            exec.path + " was started" + by + ", and is not expected", exec.by);
      }
    }
  }

  [[nodiscard]] bool may_write(const std::string& path) const {
    for (const std::string_view place : k_free_places) {
      if (matches_path(place, path)) return true;
    }
    for (const Tmpfs& tmpfs : spec_.tmpfs) {
      if (matches_path(tmpfs.path, path)) return true;
    }
    return any_path(declared_.volumes, path) ||
           (declared_.expect.write && any_path(*declared_.expect.write, path));
  }

  void files() {
    std::set<std::string> told;
    for (const FileSeen& file : trace_.files) {
      if (file.readable_secret) {
        add("runtime.secret-read", file.path, file.path + " was read by " + file.program);
      }
      const bool changed = file.written || file.deleted;
      if (!changed || may_write(file.path)) continue;
      // Where the layer was listed, what left no trace in it did not happen, unless it was undone.
      const bool happened = file.in_layer || (file.written && file.deleted) || !trace_.layer_listed;
      if (!happened && !spec_.read_only) continue;
      const bool tried = spec_.read_only && !file.in_layer;
      told.insert(file.path);
      add("runtime.write-outside", file.path,
          file.program +
              (tried                           ? " tried to change "
               : file.deleted && !file.written ? " deleted "
                                               : " changed ") +
              file.path,
          {}, tried ? Confidence::medium : Confidence::high);
    }
    for (const LayerChange& change : trace_.layer) {
      if (told.contains(change.path) || may_write(change.path)) continue;
      // A file in a new directory speaks for both.
      add("runtime.write-outside", change.path,
          change.path + (change.deleted ? " is gone" : " was changed") + " after the run");
    }
  }

  [[nodiscard]] bool may_listen(const NetworkSeen& seen) const {
    const std::string protocol = seen.protocol == "ip" ? "tcp" : seen.protocol;
    const std::string port = std::to_string(seen.port);
    if (holds(declared_.ports, port + "/" + protocol) || holds(declared_.ports, port)) return true;
    if (!declared_.expect.listen) return false;
    for (const std::string& entry : *declared_.expect.listen) {
      if (entry == port || entry == protocol + "/" + port || entry == port + "/" + protocol ||
          entry == seen.address + ":" + port || entry == protocol + "/*") {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] bool may_connect(const NetworkSeen& seen) const {
    if (!declared_.expect.connect) return false;
    const std::string port = std::to_string(seen.port);
    const std::string whole =
        (seen.address.find(':') == std::string::npos ? seen.address : "[" + seen.address + "]") + ":" + port;
    return std::any_of(
        declared_.expect.connect->begin(), declared_.expect.connect->end(), [&](const std::string& entry) {
          return entry == seen.address || entry == seen.protocol + "/" + port || matches(entry, whole);
        });
  }

  [[nodiscard]] bool may_ask(const std::string& name) const {
    if (!declared_.expect.dns) return false;
    return std::any_of(declared_.expect.dns->begin(), declared_.expect.dns->end(),
                       [&](const std::string& entry) { return matches(entry, name); });
  }

  void network() {
    for (const NetworkSeen& seen : trace_.network) {
      const std::string port = std::to_string(seen.port);
      const std::string place = seen.address + " port " + port + "/" + seen.protocol;
      const bool outgoing = seen.kind == NetworkKind::connect || seen.kind == NetworkKind::send;
      if (seen.kind == NetworkKind::dns) {
        if (holds(k_metadata_names, seen.hostname)) {
          add("runtime.metadata-address", seen.program, seen.program + " looked up " + seen.hostname,
              seen.hostname);
        } else if (!may_ask(seen.hostname)) {
          add("runtime.undeclared-dns", seen.program, seen.program + " looked up " + seen.hostname,
              seen.hostname);
        }
      } else if (outgoing && holds(k_metadata, seen.address)) {
        add("runtime.metadata-address", seen.program, seen.program + " addressed " + place, seen.address);
      } else if (outgoing) {
        // Judged by the name asked for; what comes to our own resolver over TCP is seen there.
        const bool to_resolver =
            seen.port == k_dns_port && (seen.protocol == "udp" || seen.address == k_private_resolver);
        // A datagram socket that is "connected" to port 0 only learns its own address.
        if (is_local(seen) || to_resolver || seen.port == 0 || may_connect(seen)) continue;
        add("runtime.undeclared-connect", seen.program, seen.program + " addressed " + place, place);
      } else {
        // Of datagrams the bind is all there is; a bind without a port is that of a client.
        const bool open = seen.kind == NetworkKind::listen || seen.protocol == "udp";
        if (!open || seen.port == 0 || seen.protocol == "unix" || seen.protocol == "netlink" ||
            may_listen(seen))
          continue;
        add("runtime.undeclared-listen", seen.program, seen.program + " listens on " + place,
            port + seen.protocol);
      }
    }
  }

  void calls() {
    for (const SyscallSeen& call : trace_.syscalls) {
      std::string_view name = call.name;
      if (name.starts_with("i386:")) name.remove_prefix(5);
      const std::string_view kind = danger_class(name);
      if (name == "socket" || kind.empty()) continue;
      if (name == "clone" && !call.refused) continue;  // refused with namespace flags alone
      add("runtime.dangerous-call", call.program,
          call.program + " called " + call.name + " (" + std::string(kind) + ")", std::string(kind));
    }
    for (const IdentitySeen& seen : trace_.identity) {
      if (!seen.gain) continue;
      add("runtime.privilege-gain", seen.program,
          seen.program + " called " + seen.call + "(" + seen.arguments + ")", seen.call);
    }
  }

  void first_process() {
    const std::string program = trace_.execs.empty() ? std::string() : first_program();
    const InitSeen& init = trace_.init;
    if (init.sampled && init.uid == 0) add("runtime.runs-as-root", program, program + " runs as root");
    if (init.ignored_stop) {
      add("runtime.ignores-stop", program, program + " did not end at the stop signal and had to be killed");
    }
    if (init.zombies > 0) {
      add("runtime.zombies", program,
          std::to_string(init.zombies) + " ended children of " + program + " were not reaped");
    }
    if (result_.out_of_memory) {
      add("runtime.over-budget", program,
          program + " ran out of memory at " + std::to_string(spec_.limits.memory_bytes >> 20) + " MiB",
          "memory");
    }
    if (result_.pids_exhausted) {
      add("runtime.over-budget", program,
          program + " reached the limit of " + std::to_string(spec_.limits.pids) + " processes", "pids");
    }
  }

  [[nodiscard]] std::string first_program() const {
    for (const ExecSeen& exec : trace_.execs) {
      if (exec.by.empty()) return exec.path;
    }
    return {};
  }

  const RunSpec& spec_;
  const RunResult& result_;
  const Trace& trace_;
  const Declared& declared_;
  std::set<std::string> shell_paths_;
  std::vector<Finding> found_;
};

}  // namespace

bool matches_path(std::string_view pattern, std::string_view path) {
  while (pattern.size() > 1 && pattern.ends_with('/')) pattern.remove_suffix(1);
  if (pattern == "/") return true;
  // Any leading part of the path that ends at a "/" is a directory above it.
  for (std::size_t end = path.size();; end = path.rfind('/', end - 1)) {
    if (end == std::string_view::npos || end == 0) return false;
    if (matches(pattern, path.substr(0, end))) return true;
  }
}

Declared declared_by(const image::ImageConfig& config, const TestSpec& spec) {
  Declared declared;
  if (spec.observe) declared.expect = *spec.observe;
  declared.ports.assign(config.exposed_ports.begin(), config.exposed_ports.end());
  declared.volumes.assign(config.volumes.begin(), config.volumes.end());
  for (const Test& test : spec.tests) {
    if (const auto* http = std::get_if<HttpTest>(&test.body))
      declared.ports.push_back(std::to_string(http->port) + "/tcp");
    const auto* port = std::get_if<PortTest>(&test.body);
    if (port != nullptr && port->listening) {
      declared.ports.push_back(std::to_string(port->port) + (port->udp ? "/udp" : "/tcp"));
    }
  }
  return declared;
}

std::vector<Finding> judge_run(const RunSpec& spec, const RunResult& result, const Declared& declared) {
  if (!result.trace || !result.trace->observed()) return {};
  return Judge(spec, result, declared).run();
}

void add_findings(std::vector<Finding>& all, std::vector<Finding> more) {
  std::set<std::string> there;
  for (const Finding& finding : all) there.insert(finding.fingerprint);
  for (Finding& finding : more) {
    if (there.insert(finding.fingerprint).second) all.push_back(std::move(finding));
  }
  std::sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.path, a.rule, a.message) < std::tie(b.path, b.rule, b.message);
  });
}

}  // namespace sluice::sandbox
