#include "sandbox/harden/artefacts.h"

#include <algorithm>

#include "base/json.h"
#include "base/result.h"

namespace sluice::sandbox::harden {
namespace {

constexpr std::string_view k_unverified = "NOT VERIFIED: the tests did not pass under this set";
// As the tests had it. Runtimes before runc 1.2 give a tmpfs the mode of the folder that it covers, whatever
// is asked.
constexpr std::string_view k_tmpfs_mode = ":mode=1777";
constexpr int k_eperm = 1;
constexpr int k_enosys = 38;
constexpr std::size_t k_max_object_name = 63;
constexpr std::size_t k_named_names = 32;  // in a comment

std::string head(const ArtefactInput& input) {
  return "# Made by sluice from what the tests of this image need" +
         std::string(input.verified ? "; the tests passed again under this set.\n"
                                    : ".\n# " + std::string(k_unverified) + ".\n");
}

std::string mib(std::uint64_t bytes) {
  return std::to_string((bytes + (1u << 20) - 1) >> 20);
}

// A YAML scalar that no reader can take for another type.
std::string yaml_text(std::string_view text) {
  return json::quote(text);
}

std::string shell_word(std::string_view text) {
  const bool plain =
      !text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@+") ==
          std::string_view::npos;
  if (plain) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string uid_of(const HardeningProfile& profile) {
  return profile.user.substr(0, profile.user.find(':'));
}
std::string gid_of(const HardeningProfile& profile) {
  const std::size_t colon = profile.user.find(':');
  return colon == std::string::npos ? std::string() : profile.user.substr(colon + 1);
}
bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::vector<std::string> docker_flags(const HardeningProfile& profile) {
  std::vector<std::string> flags{"--cap-drop=ALL"};
  for (const std::string& name : profile.capabilities) flags.push_back("--cap-add=" + name);
  if (profile.no_new_privileges) flags.emplace_back("--security-opt=no-new-privileges");
  if (!profile.calls.empty()) flags.emplace_back("--security-opt=seccomp=seccomp.json");
  if (profile.read_only) flags.emplace_back("--read-only");
  for (const std::string& path : profile.writable)
    flags.push_back("--tmpfs=" + path + std::string(k_tmpfs_mode));
  if (!profile.user.empty()) flags.push_back("--user=" + profile.user);
  if (!profile.network) flags.emplace_back("--network=none");
  if (profile.memory_bytes != 0) {
    flags.push_back("--memory=" + mib(profile.memory_bytes) + "m");
    flags.push_back("--memory-swap=" + mib(profile.memory_bytes) + "m");
  }
  if (profile.pids != 0) flags.push_back("--pids-limit=" + std::to_string(profile.pids));
  return flags;
}

std::string docker_run(const ArtefactInput& input) {
  std::string text = "#!/bin/sh\n" + head(input) + "docker run";
  for (const std::string& flag : docker_flags(input.profile)) text += " \\\n  " + shell_word(flag);
  return text + " \\\n  " + shell_word(input.image) + " \"$@\"\n";
}

std::string yaml_list(const std::string& key, const std::vector<std::string>& items,
                      const std::string& indent) {
  std::string text = indent + key + ":\n";
  for (const std::string& item : items) text += indent + "  - " + yaml_text(item) + "\n";
  return text;
}

std::string compose(const ArtefactInput& input) {
  const HardeningProfile& profile = input.profile;
  const std::string in = "    ";
  std::string text = head(input) + "services:\n  " + yaml_text(object_name(input.app)) + ":\n";
  text += in + "image: " + yaml_text(input.image) + "\n";
  if (!profile.user.empty()) text += in + "user: " + yaml_text(profile.user) + "\n";
  text += in + "read_only: " + (profile.read_only ? "true" : "false") + "\n";
  text += yaml_list("cap_drop", {"ALL"}, in);
  if (!profile.capabilities.empty()) text += yaml_list("cap_add", profile.capabilities, in);
  std::vector<std::string> security;
  if (profile.no_new_privileges) security.emplace_back("no-new-privileges:true");
  if (!profile.calls.empty()) security.emplace_back("seccomp:seccomp.json");
  if (!security.empty()) text += yaml_list("security_opt", security, in);
  std::vector<std::string> tmpfs = profile.writable;
  for (std::string& path : tmpfs) path += k_tmpfs_mode;
  if (!tmpfs.empty()) text += yaml_list("tmpfs", tmpfs, in);
  if (!profile.network) text += in + "network_mode: \"none\"\n";
  if (profile.memory_bytes != 0) text += in + "mem_limit: " + mib(profile.memory_bytes) + "m\n";
  if (profile.pids != 0) text += in + "pids_limit: " + std::to_string(profile.pids) + "\n";
  return text;
}

std::string pod(const ArtefactInput& input, const std::string& name) {
  const HardeningProfile& profile = input.profile;
  std::string text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + yaml_text(name) +
                     "\n  labels: {app: " + yaml_text(name) +
                     "}\nspec:\n  automountServiceAccountToken: false\n";
  if (!profile.calls.empty()) {
    text += "  securityContext:\n    seccompProfile: {type: Localhost, localhostProfile: \"sluice/" + name +
            ".json\"}  # seccomp.json, in the kubelet's seccomp folder\n";
  } else {
    text += "  securityContext:\n    seccompProfile: {type: RuntimeDefault}\n";
  }
  text += "  containers:\n    - name: " + yaml_text(name) + "\n      image: " + yaml_text(input.image) + "\n";
  text += "      securityContext:\n";
  const std::string in = "        ";
  text += in + "allowPrivilegeEscalation: " + (profile.no_new_privileges ? "false" : "true") + "\n";
  text += in + "readOnlyRootFilesystem: " + (profile.read_only ? "true" : "false") + "\n";
  text += in + "runAsNonRoot: " + (profile.non_root ? "true" : "false") + "\n";
  if (is_number(uid_of(profile))) text += in + "runAsUser: " + uid_of(profile) + "\n";
  if (is_number(gid_of(profile))) text += in + "runAsGroup: " + gid_of(profile) + "\n";
  text += in + "capabilities:\n" + yaml_list("drop", {"ALL"}, in + "  ");
  if (!profile.capabilities.empty()) text += yaml_list("add", profile.capabilities, in + "  ");
  if (profile.memory_bytes != 0) {
    text += "      resources:\n        requests: {memory: " + mib(profile.memory_bytes) +
            "Mi}\n        limits: {memory: " + mib(profile.memory_bytes) + "Mi}\n";
  }
  if (!profile.listens.empty()) {
    text += "      ports:\n";
    for (const std::string& port : profile.listens) {
      const std::size_t slash = port.find('/');
      text += "        - {containerPort: " + port.substr(0, slash) +
              ", protocol: " + (port.substr(slash + 1) == "udp" ? "UDP" : "TCP") + "}\n";
    }
  }
  if (profile.writable.empty()) return text;
  text += "      volumeMounts:\n";
  for (std::size_t i = 0; i < profile.writable.size(); ++i) {
    text += "        - {name: writable-" + std::to_string(i) +
            ", mountPath: " + yaml_text(profile.writable[i]) + "}\n";
  }
  text += "  volumes:\n";
  for (std::size_t i = 0; i < profile.writable.size(); ++i) {
    text += "    - {name: writable-" + std::to_string(i) + ", emptyDir: {sizeLimit: 64Mi}}\n";
  }
  return text;
}

void add_ports(std::string& text, const std::vector<std::string>& ports) {
  for (const std::string& port : ports) {
    const std::size_t slash = port.find('/');
    text += "        - {port: " + port.substr(0, slash) +
            ", protocol: " + (port.substr(slash + 1) == "udp" ? "UDP" : "TCP") + "}\n";
  }
}

// Names cannot stand in a policy, and the addresses of a test are not those of production: ports can be taken
// over, the rest is told in a comment. The names come from the program under test.
std::string egress_of(const HardeningProfile& profile) {
  if (profile.names.empty() && profile.connects.empty()) return "  egress: []\n";
  std::string text = "  egress:\n";
  if (!profile.names.empty()) {
    text += "    # It looked up:";
    for (std::size_t i = 0; i < profile.names.size() && i < k_named_names; ++i)
      text += " " + yaml_text(profile.names[i]);
    if (profile.names.size() > k_named_names) text += " and others";
    text +=
        "\n    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]\n      "
        "ports:\n";
    add_ports(text, {"53/udp", "53/tcp"});
  }
  if (!profile.connects.empty()) {
    text += "    # To any address: narrow this down with `to`.\n    - ports:\n";
    add_ports(text, profile.connects);
  }
  return text;
}

// The ports that it listened on may be reached, and the ports that it called may be called.
std::string network_policy(const HardeningProfile& profile, const std::string& name) {
  std::string text =
      "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: " + yaml_text(name) +
      "\nspec:\n  podSelector: {matchLabels: {app: " + yaml_text(name) +
      "}}\n  policyTypes: [Ingress, Egress]\n";
  if (profile.listens.empty()) {
    text += "  ingress: []\n";
  } else {
    text += "  ingress:\n    - ports:\n";
    add_ports(text, profile.listens);
  }
  return text + egress_of(profile);
}

std::string kubernetes(const ArtefactInput& input) {
  const std::string name = object_name(input.app);
  return head(input) + pod(input, name) + "---\n" + network_policy(input.profile, name);
}

json::Object arch_entry(std::string_view architecture, std::initializer_list<std::string_view> others) {
  json::Array subs;
  for (const std::string_view other : others) subs.emplace_back(other);
  return {{"architecture", architecture}, {"subArchitectures", std::move(subs)}};
}

json::Object allowed(json::Array names) {
  return {{"names", std::move(names)}, {"action", "SCMP_ACT_ALLOW"}};
}

}  // namespace

std::string object_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    if (letter) name += c;
    if (capital) name += static_cast<char>(c - 'A' + 'a');
    if (!letter && !capital && !name.empty() && name.back() != '-') name += '-';
  }
  name.resize(std::min(name.size(), k_max_object_name));
  while (name.ends_with('-')) name.pop_back();
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name = ("app-" + name).substr(0, k_max_object_name);
  while (name.ends_with('-')) name.pop_back();
  return name;
}

std::string seccomp_json(const HardeningProfile& profile) {
  json::Array names;
  bool clone3 = false;
  for (const HardeningCall& call : profile.calls) {
    clone3 = clone3 || call.name == "clone3";
    names.emplace_back(call.name);
  }
  json::Array rules;
  rules.emplace_back(allowed(std::move(names)));
  if (!clone3) {
    rules.emplace_back(json::Object{
        {"names", json::Array{json::Value("clone3")}}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", k_enosys}});
  }
  return json::write_pretty(json::Object{
      {"defaultAction", "SCMP_ACT_ERRNO"},
      {"defaultErrnoRet", k_eperm},
      {"archMap", json::Array{json::Value(arch_entry("SCMP_ARCH_X86_64", {"SCMP_ARCH_X86", "SCMP_ARCH_X32"})),
                              json::Value(arch_entry("SCMP_ARCH_AARCH64", {"SCMP_ARCH_ARM"}))}},
      {"syscalls", std::move(rules)}});
}

std::vector<HardeningArtefact> make_artefacts(const ArtefactInput& input,
                                              const std::vector<std::string>& kinds) {
  std::vector<HardeningArtefact> out;
  for (const std::string& kind : kinds) {
    if (kind == "seccomp" && !input.profile.calls.empty()) {
      out.push_back({"seccomp.json", seccomp_json(input.profile)});
    }
    if (kind == "docker") out.push_back({"docker-run.sh", docker_run(input)});
    if (kind == "compose") out.push_back({"compose.yaml", compose(input)});
    if (kind == "kubernetes") out.push_back({"kubernetes.yaml", kubernetes(input)});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

}  // namespace sluice::sandbox::harden
