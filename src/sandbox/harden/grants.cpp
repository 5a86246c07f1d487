#include "sandbox/harden/grants.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "sandbox/text.h"

namespace sluice::sandbox::harden {
namespace {

using yaml::Kind;
using yaml::Node;

constexpr int k_max_lists = 8;  // lists of objects inside lists

const Node* at(const Node* node, std::string_view key) {
  return node == nullptr ? nullptr : node->find(key);
}

const Node* at(const Node* node, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) node = at(node, key);
  return node;
}

std::string text_of(const Node* node) {
  return node != nullptr && node->kind == Kind::scalar ? node->text : std::string();
}

std::optional<bool> bool_of(const Node* node) {
  const std::string text = text_of(node);
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

Granted<bool> granted_bool(const Node* node) {
  return {bool_of(node), node};
}

Granted<std::string> granted_text(const Node* node) {
  const std::string text = text_of(node);
  return {text.empty() ? std::nullopt : std::optional(text), node};
}

template <typename T>
void fall_back(Granted<T>& granted, const Granted<T>& other) {
  if (!granted.value) granted = other;
}

std::string capability(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text.starts_with("CAP_") ? text.substr(4) : text;
}

std::vector<NamedGrant> capabilities(const Node* list) {
  std::vector<NamedGrant> out;
  if (list == nullptr) return out;
  for (const Node& item : list->items) out.push_back({capability(text_of(&item)), &item});
  return out;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// ---- Kubernetes

void find_pods(const Node& document, int depth, std::vector<const Node*>& pods) {
  const std::string kind = text_of(document.find("kind"));
  const Node* spec = document.find("spec");
  if (kind == "Pod") {
    if (spec != nullptr) pods.push_back(spec);
  } else if (kind == "CronJob") {
    if (const Node* pod = at(spec, {"jobTemplate", "spec", "template", "spec"})) pods.push_back(pod);
  } else if (kind == "List" || kind.ends_with("List")) {
    const Node* items = document.find("items");
    if (items == nullptr || depth >= k_max_lists) return;
    for (const Node& item : items->items) find_pods(item, depth + 1, pods);
  } else if (const Node* pod = at(spec, {"template", "spec"})) {
    pods.push_back(pod);  // Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, and their like
  }
}

Granted<std::string> kubernetes_seccomp(const Node* context) {
  const Node* type = at(context, {"seccompProfile", "type"});
  const std::string text = text_of(type);
  if (text == "Unconfined") return {"unconfined", type};
  if (text == "RuntimeDefault") return {"default", type};
  if (text == "Localhost") return {"localhost", type};
  return {};
}

// Volumes of the pod by name: what of the host they hand over, and whether they can be written.
void kubernetes_volumes(const Node* spec, const Node& container, ContainerGrants& grants) {
  const Node* volumes = at(spec, "volumes");
  const Node* mounts = container.find("volumeMounts");
  if (mounts == nullptr) return;
  for (const Node& mount : mounts->items) {
    const std::string name = text_of(mount.find("name"));
    const std::string path = text_of(mount.find("mountPath"));
    const bool read_only = bool_of(mount.find("readOnly")).value_or(false);
    if (!read_only && !path.empty()) grants.writable.push_back(path);
    if (volumes == nullptr) continue;
    for (const Node& volume : volumes->items) {
      const Node* host = volume.find("hostPath");
      if (text_of(volume.find("name")) != name || host == nullptr) continue;
      grants.host.push_back({"the host's folder " + text_of(host->find("path")), &mount});
    }
  }
}

void kubernetes_context(const Node* context, ContainerGrants& grants) {
  if (context == nullptr) return;
  fall_back(grants.privileged, granted_bool(context->find("privileged")));
  fall_back(grants.allow_escalation, granted_bool(context->find("allowPrivilegeEscalation")));
  fall_back(grants.read_only, granted_bool(context->find("readOnlyRootFilesystem")));
  fall_back(grants.non_root, granted_bool(context->find("runAsNonRoot")));
  fall_back(grants.user, granted_text(context->find("runAsUser")));
  fall_back(grants.seccomp, kubernetes_seccomp(context));
}

ContainerGrants kubernetes_container(const Node* spec, const Node& container) {
  ContainerGrants grants;
  grants.kubernetes = true;
  grants.node = &container;
  grants.name = text_of(container.find("name"));
  grants.image = text_of(container.find("image"));
  const Node* own = container.find("securityContext");
  kubernetes_context(own, grants);
  // Of the pod's context only these reach containers.
  if (const Node* pod = at(spec, "securityContext")) {
    fall_back(grants.non_root, granted_bool(pod->find("runAsNonRoot")));
    fall_back(grants.user, granted_text(pod->find("runAsUser")));
    fall_back(grants.seccomp, kubernetes_seccomp(pod));
  }
  grants.add = capabilities(at(own, {"capabilities", "add"}));
  grants.drop = capabilities(at(own, {"capabilities", "drop"}));
  grants.service_token = granted_bool(at(spec, "automountServiceAccountToken"));
  const Node* memory = at(&container, {"resources", "limits", "memory"});
  grants.memory_bytes = {quantity(text_of(memory)), memory};
  if (const Node* ports = container.find("ports")) {
    for (const Node& port : ports->items) {
      const std::string protocol = text_of(port.find("protocol"));
      const Node* number = port.find("containerPort");
      grants.ports.push_back({text_of(number) + "/" + (protocol.empty() ? "tcp" : lower(protocol)), &port});
    }
  }
  for (const auto& [key, what] :
       {std::pair("hostNetwork", "the host's network"), std::pair("hostPID", "the host's processes"),
        std::pair("hostIPC", "the host's IPC")}) {
    const Node* node = at(spec, key);
    if (bool_of(node).value_or(false)) grants.host.push_back({what, node});
  }
  kubernetes_volumes(spec, container, grants);
  return grants;
}

// ---- compose

// "8080", "80:8080", "127.0.0.1:80:8080/udp" → "8080/udp"
std::string compose_port(const Node& node) {
  std::string text = text_of(&node);
  std::string protocol = "tcp";
  if (node.kind == Kind::mapping) {
    text = text_of(node.find("target"));
    if (const std::string given = text_of(node.find("protocol")); !given.empty()) protocol = given;
  }
  if (const std::size_t slash = text.find('/'); slash != std::string::npos) {
    protocol = text.substr(slash + 1);
    text.resize(slash);
  }
  return text.substr(text.rfind(':') + 1) + "/" + protocol;
}

void compose_volume(const Node& node, ContainerGrants& grants) {
  std::string source = text_of(node.find("source"));
  std::string target = text_of(node.find("target"));
  bool read_only = bool_of(node.find("read_only")).value_or(false);
  if (node.kind == Kind::scalar) {
    const std::vector<std::string_view> parts = split(node.text, ':');
    source = parts.size() > 1 ? std::string(parts[0]) : "";
    target = std::string(parts.size() > 1 ? parts[1] : node.text);
    read_only = parts.size() > 2 && parts[2].find("ro") != std::string_view::npos;
  }
  if (!read_only && !target.empty()) grants.writable.push_back(target);
  const bool path = !source.empty() && (source[0] == '/' || source[0] == '.' || source[0] == '~');
  if (path) grants.host.push_back({"the host's folder " + source, &node});
}

void compose_security(const Node* options, ContainerGrants& grants) {
  if (options == nullptr) return;
  for (const Node& item : options->items) {
    const std::string text = text_of(&item);
    if (text == "no-new-privileges" || text == "no-new-privileges:true" || text == "no-new-privileges=true") {
      grants.allow_escalation = {false, &item};
    } else if (text.starts_with("seccomp")) {
      const std::string profile = text.substr(std::min(text.size(), std::size_t{8}));
      grants.seccomp = {profile == "unconfined" ? "unconfined" : "localhost", &item};
    }
  }
}

ContainerGrants compose_service(const std::string& name, const Node& service) {
  ContainerGrants grants;
  grants.node = &service;
  grants.name = name;
  grants.image = text_of(service.find("image"));
  grants.privileged = granted_bool(service.find("privileged"));
  grants.read_only = granted_bool(service.find("read_only"));
  grants.user = granted_text(service.find("user"));
  grants.add = capabilities(service.find("cap_add"));
  grants.drop = capabilities(service.find("cap_drop"));
  grants.seccomp = {"default", nullptr};
  compose_security(service.find("security_opt"), grants);
  const Node* memory = service.find("mem_limit");
  if (memory == nullptr) memory = at(&service, {"deploy", "resources", "limits", "memory"});
  grants.memory_bytes = {quantity(text_of(memory)), memory};
  const Node* pids = service.find("pids_limit");
  if (pids == nullptr) pids = at(&service, {"deploy", "resources", "limits", "pids"});
  grants.pids = {parse_u64(text_of(pids)), pids};
  for (const char* key : {"ports", "expose"}) {
    const Node* ports = service.find(key);
    if (ports == nullptr) continue;
    for (const Node& port : ports->items) grants.ports.push_back({compose_port(port), &port});
  }
  for (const auto& [key, what] :
       {std::pair("network_mode", "the host's network"), std::pair("pid", "the host's processes"),
        std::pair("ipc", "the host's IPC"), std::pair("userns_mode", "the host's users")}) {
    const Node* node = service.find(key);
    if (text_of(node) == "host") grants.host.push_back({what, node});
  }
  if (const Node* devices = service.find("devices")) {
    for (const Node& device : devices->items)
      grants.host.push_back({"the host's device " + text_of(&device), &device});
  }
  if (const Node* volumes = service.find("volumes")) {
    for (const Node& volume : volumes->items) compose_volume(volume, grants);
  }
  if (const Node* tmpfs = service.find("tmpfs")) {
    const std::string one = text_of(tmpfs);
    if (!one.empty()) grants.writable.push_back(one.substr(0, one.find(':')));
    for (const Node& item : tmpfs->items) {
      grants.writable.push_back(text_of(&item).substr(0, text_of(&item).find(':')));
    }
  }
  return grants;
}

}  // namespace

std::optional<std::uint64_t> quantity(std::string_view text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  const std::string_view unit(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  struct Unit {
    std::string_view name;
    double factor;
  };
  constexpr double k = 1024;
  constexpr auto units = std::to_array<Unit>({{"", 1},
                                              {"Ki", k},
                                              {"Mi", k * k},
                                              {"Gi", k * k * k},
                                              {"Ti", k * k * k * k},
                                              {"K", 1e3},
                                              {"M", 1e6},
                                              {"G", 1e9},
                                              {"T", 1e12},
                                              {"b", 1},
                                              {"k", k},
                                              {"m", k * k},
                                              {"g", k * k * k},
                                              {"kb", k},
                                              {"mb", k * k},
                                              {"gb", k * k * k}});
  for (const Unit& known : units) {
    const double bytes = number * known.factor;
    if (known.name == unit && bytes < 9e18) return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

Result<GrantFile> read_grants(std::string_view text, std::string_view name) {
  GrantFile file;
  file.documents = SLUICE_TRY(yaml::parse(text, name));
  for (const Node& document : file.documents) {
    if (const Node* services = document.find("services");
        services != nullptr && document.find("kind") == nullptr) {
      for (const yaml::Entry& entry : services->entries) {
        file.containers.push_back(compose_service(entry.key.text, entry.value));
      }
      continue;
    }
    std::vector<const Node*> pods;
    find_pods(document, 0, pods);
    for (const Node* pod : pods) {
      for (const char* key : {"initContainers", "containers"}) {
        const Node* list = pod->find(key);
        if (list == nullptr) continue;
        for (const Node& container : list->items)
          file.containers.push_back(kubernetes_container(pod, container));
      }
    }
  }
  if (!file.containers.empty()) return file;
  return fail(ErrorKind::config, "manifest.empty",
              std::string(name) + " has no container that could be compared",
              "it should be a Kubernetes manifest or a compose file");
}

}  // namespace sluice::sandbox::harden
