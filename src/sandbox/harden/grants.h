// What a deployment file gives a container, read from Kubernetes manifests (many documents) and compose
// files.
//
// Such files are written for other readers: an unknown key means nothing to us and is passed over; a value of
// the wrong type counts as not given, which errs on the side of a finding.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"

namespace sluice::sandbox::harden {

// A value and the node that gives it; nodes belong to GrantFile::documents.
template <typename T>
struct Granted {
  std::optional<T> value;
  const yaml::Node* node = nullptr;  // null: not given
};

struct NamedGrant {
  std::string name;  // "SYS_ADMIN", "8080/tcp", "the host's network"
  const yaml::Node* node = nullptr;
};

struct ContainerGrants {
  std::string name;
  std::string image;
  const yaml::Node* node = nullptr;  // the container's own mapping
  bool kubernetes = false;
  Granted<bool> privileged;
  Granted<bool> allow_escalation;
  Granted<bool> read_only;
  Granted<bool> non_root;
  Granted<std::string> user;
  Granted<std::string> seccomp;  // "unconfined", "default", "localhost"
  Granted<bool> service_token;   // Kubernetes: mounted unless it is false
  Granted<std::uint64_t> memory_bytes;
  Granted<std::uint64_t> pids;
  std::vector<NamedGrant> add;  // capabilities, without CAP_, in capitals; "ALL" among them
  std::vector<NamedGrant> drop;
  std::vector<NamedGrant> ports;
  std::vector<NamedGrant> host;       // namespaces, folders, devices of the host
  std::vector<std::string> writable;  // where a writable volume or tmpfs is mounted
};

struct GrantFile {
  std::vector<yaml::Node> documents;
  std::vector<ContainerGrants> containers;  // in the order of the file
};

// Codes: the YAML reader's; manifest.empty (no container in it).
[[nodiscard]] Result<GrantFile> read_grants(std::string_view text, std::string_view name);

// "64Mi", "1Gi", "500M", "1e9", "128974848", compose's "64m" and "1gb". Nothing for another form.
[[nodiscard]] std::optional<std::uint64_t> quantity(std::string_view text);

}  // namespace sluice::sandbox::harden
