#include "sandbox/harden/manifest_check.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "base/digest.h"
#include "base/span.h"
#include "sandbox/capabilities.h"
#include "sandbox/harden/grants.h"

namespace sluice::sandbox::harden {
namespace {

using yaml::Node;

struct Rule {
  std::string_view id;
  Severity severity;
  std::string_view title;
  std::string_view help;
};

constexpr auto k_rules = std::to_array<Rule>({
    {"harden.capability-missing", Severity::medium, "A capability that the tests needed is not given",
     "add the capability, or find out why the tests need it"},
    {"harden.capability-unused", Severity::medium, "Capabilities that the tests did not need",
     "drop ALL and add only what is needed"},
    {"harden.host-access", Severity::high, "A part of the host is handed to the container",
     "remove it; no test of the image had it"},
    {"harden.memory-limit", Severity::low, "No memory limit",
     "set the limit that the hardening report recommends"},
    {"harden.memory-low", Severity::medium, "The memory limit is below what the tests used",
     "raise the limit above the measured peak"},
    {"harden.port-undeclared", Severity::low, "The image listens on a port that is not declared",
     "declare the port"},
    {"harden.port-unused", Severity::low, "A declared port that nothing listened on", "remove the port"},
    {"harden.privileged", Severity::high, "The container is privileged",
     "remove it; the tests passed without"},
    {"harden.privilege-escalation", Severity::medium, "Programs may gain privileges",
     "set allowPrivilegeEscalation: false, or the option no-new-privileges"},
    {"harden.runs-as-root", Severity::medium, "Runs as root, and the tests passed as another user",
     "run it as a user other than root"},
    {"harden.seccomp", Severity::medium, "No system call filter",
     "set a seccomp profile: the learned one, or the runtime's default"},
    {"harden.service-token", Severity::low, "The service account's token is mounted",
     "set automountServiceAccountToken: false"},
    {"harden.writable-missing", Severity::medium, "A place that the tests wrote to cannot be written",
     "mount an emptyDir or a tmpfs there"},
    {"harden.writable-root", Severity::medium,
     "The root file system can be written, and the tests passed read-only",
     "make the root file system read-only"},
});

// A container with one of these is as good as the host.
constexpr auto k_escapes =
    std::to_array<std::string_view>({"ALL", "BPF", "DAC_READ_SEARCH", "NET_ADMIN", "PERFMON", "SYS_ADMIN",
                                     "SYS_BOOT", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME"});

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

bool has(const std::vector<NamedGrant>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](const NamedGrant& grant) { return grant.name == name; });
}

// "registry/team/app:1@sha256:…" → "app"
std::string short_name(std::string_view image) {
  image = image.substr(0, image.find('@'));
  image.remove_prefix(image.rfind('/') + 1);
  return std::string(image.substr(0, image.find(':')));
}

bool is_root(std::string_view user) {
  user = user.substr(0, user.find(':'));
  return user.empty() || user == "0" || user == "root";
}

class Check {
 public:
  Check(const ManifestInput& input, const ContainerGrants& grants, const LineIndex& lines,
        std::vector<Finding>& out)
      : input_(input), used_(input.used.profile), grants_(grants), lines_(lines), out_(out) {}

  void run() {
    if (grants_.privileged.value.value_or(false))
      add("harden.privileged", grants_.privileged.node, "is privileged");
    for (const NamedGrant& host : grants_.host) add("harden.host-access", host.node, "gets " + host.name);
    capabilities();
    identity();
    files();
    seccomp();
    ports();
    memory();
    const bool token = grants_.kubernetes && grants_.service_token.value.value_or(true);
    if (token) add("harden.service-token", grants_.service_token.node, "gets the token of a service account");
  }

 private:
  void add(std::string_view rule, const Node* node, const std::string& what,
           std::optional<Severity> severity = {}) {
    const auto known =
        std::find_if(k_rules.begin(), k_rules.end(), [&](const Rule& r) { return r.id == rule; });
    const Node& place = node != nullptr ? *node : *grants_.node;
    Finding finding;
    finding.rule = rule;
    finding.severity = severity.value_or(known->severity);
    finding.message = "container " + grants_.name + " " + what;
    finding.path = input_.name;
    finding.help = known->help;
    const LineColumn begin = lines_.at(place.span.begin);
    // One line of a mapping is enough to point at it.
    const std::size_t line_end = std::min(input_.text.find('\n', place.span.begin), input_.text.size());
    const std::size_t stop =
        std::max<std::size_t>(place.span.begin, std::min<std::size_t>(place.span.end, line_end));
    const LineColumn end = lines_.at(static_cast<std::uint32_t>(stop));
    finding.region = {begin.line, begin.column,     end.line,
                      end.column, place.span.begin, stop - place.span.begin};
    finding.source_line = lines_.line(begin.line);
    finding.fingerprint = sha256(finding.rule + "\n" + finding.path + "\n" + finding.message).hex();
    out_.push_back(std::move(finding));
  }

  void capabilities() {
    const bool all_dropped = has(grants_.drop, "ALL");
    std::set<std::string> given;
    if (!all_dropped) {
      for (std::string& name : capability_names(default_capabilities())) given.insert(std::move(name));
      given.insert("MKNOD");  // engines give it; we never do
    }
    for (const NamedGrant& drop : grants_.drop) given.erase(drop.name);
    for (const NamedGrant& one : grants_.add) given.insert(one.name);
    std::vector<std::string> unused;
    bool escape = false;
    for (const std::string& name : given) {
      if (std::find(used_.capabilities.begin(), used_.capabilities.end(), name) != used_.capabilities.end())
        continue;
      escape = escape || std::find(k_escapes.begin(), k_escapes.end(), name) != k_escapes.end();
      unused.push_back(name);
    }
    if (!unused.empty()) {
      const Node* node = grants_.add.empty() ? nullptr : grants_.add.front().node;
      add("harden.capability-unused", node,
          "gets capabilities that the tests did not need: " + joined(unused),
          escape ? std::optional(Severity::high) : std::nullopt);
    }
    if (given.contains("ALL")) return;
    for (const std::string& name : used_.capabilities) {
      if (!given.contains(name)) add("harden.capability-missing", nullptr, "lacks the capability " + name);
    }
  }

  void identity() {
    const bool asserted = grants_.non_root.value.value_or(false);
    const bool root = is_root(grants_.user.value.value_or(input_.image_user)) && !asserted;
    if (root && used_.non_root) {
      add("harden.runs-as-root", grants_.user.node, "runs as root; the tests passed as user " + used_.user);
    }
    if (grants_.allow_escalation.value.value_or(true) && used_.no_new_privileges) {
      add("harden.privilege-escalation", grants_.allow_escalation.node,
          "may gain privileges; the tests passed without");
    }
  }

  void files() {
    const bool read_only = grants_.read_only.value.value_or(false);
    if (!read_only && used_.read_only) {
      add("harden.writable-root", grants_.read_only.node,
          "can write its root file system; the tests passed read-only");
    }
    if (!read_only) return;
    if (!used_.read_only) {
      add("harden.writable-missing", grants_.read_only.node,
          "has a read-only root; the tests did not pass with one");
    }
    for (const std::string& path : used_.writable) {
      const bool there = std::any_of(
          grants_.writable.begin(), grants_.writable.end(),
          [&](const std::string& given) { return path == given || path.starts_with(given + "/"); });
      if (!there) add("harden.writable-missing", grants_.read_only.node, "cannot write " + path);
    }
  }

  void seccomp() {
    const std::string profile = grants_.seccomp.value.value_or("unconfined");
    if (profile != "unconfined") return;
    add("harden.seccomp", grants_.seccomp.node,
        grants_.seccomp.node != nullptr ? "has no system call filter" : "names no system call filter");
  }

  void ports() {
    for (const NamedGrant& port : grants_.ports) {
      const bool known =
          std::find(used_.listens.begin(), used_.listens.end(), port.name) != used_.listens.end();
      if (!known)
        add("harden.port-unused", port.node, "declares port " + port.name + ", on which nothing listened");
    }
    for (const std::string& port : used_.listens) {
      if (!has(grants_.ports, port))
        add("harden.port-undeclared", nullptr, "listens on " + port + ", which it does not declare");
    }
  }

  void memory() {
    const auto mib = [](std::uint64_t bytes) {
      return std::to_string((bytes + (1u << 20) - 1) >> 20) + " MiB";
    };
    const std::optional<std::uint64_t> peak = input_.used.peaks.memory_bytes;
    if (!grants_.memory_bytes.value) {
      add("harden.memory-limit", grants_.memory_bytes.node,
          "has no memory limit" +
              (used_.memory_bytes == 0 ? "" : "; " + mib(used_.memory_bytes) + " would do"));
    } else if (peak && *grants_.memory_bytes.value < *peak) {
      add("harden.memory-low", grants_.memory_bytes.node,
          "may use " + mib(*grants_.memory_bytes.value) + "; the tests used " + mib(*peak));
    }
  }

  const ManifestInput& input_;
  const HardeningProfile& used_;
  const ContainerGrants& grants_;
  const LineIndex& lines_;
  std::vector<Finding>& out_;
};

}  // namespace

Result<std::vector<Finding>> check_manifest(const ManifestInput& input) {
  const GrantFile file = SLUICE_TRY(read_grants(input.text, input.name));
  const auto is_ours = [&](const ContainerGrants& grants) {
    return std::any_of(input.images.begin(), input.images.end(), [&](const std::string& image) {
      return !grants.image.empty() && short_name(grants.image) == short_name(image);
    });
  };
  const bool named = std::any_of(file.containers.begin(), file.containers.end(), is_ours);
  const LineIndex lines(input.text);
  std::vector<Finding> findings;
  for (const ContainerGrants& grants : file.containers) {
    if (!named || is_ours(grants)) Check(input, grants, lines, findings).run();
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.region.offset, a.rule) < std::tie(b.region.offset, b.rule);
  });
  return findings;
}

std::vector<RuleInfo> manifest_rules() {
  std::vector<RuleInfo> rules;
  for (const Rule& rule : k_rules) {
    RuleInfo info;
    info.id = rule.id;
    info.title = rule.title;
    info.help = rule.help;
    info.severity = rule.severity;
    rules.push_back(std::move(info));
  }
  return rules;
}

}  // namespace sluice::sandbox::harden
