// `run` of `sluice-test.yaml`: how containers are run.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/decode.h"
#include "base/yaml.h"
#include "sandbox/capabilities.h"
#include "sandbox/dns_probe.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

constexpr std::int64_t k_max_pids = 1 << 22;  // the kernel's own limit
constexpr double k_max_cpus = 1024;
constexpr std::size_t k_max_tmpfs = 64;

Result<std::uint32_t> cpu_of(const Document& document, const Node& node) {
  double cpus = 0;
  const auto [stop, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), cpus);
  const bool number = node.kind == yaml::Kind::scalar && error == std::errc{} &&
                      stop == node.text.data() + node.text.size() && std::isfinite(cpus);
  if (number && cpus >= 0.001 && cpus <= k_max_cpus)
    return static_cast<std::uint32_t>(std::lround(cpus * 1000));
  return fail(document.error(node, "config.type", "cpu must be a number of processors, such as 0.5 or 2"));
}

Result<Limits> limits_of(const Document& document, const Node& node) {
  Mapping mapping(document, node, "limits");
  Limits limits;
  if (const Node* memory = mapping.get("memory")) {
    limits.memory_bytes = SLUICE_TRY(decode::as_size(document, *memory, "memory"));
  }
  if (const Node* disk = mapping.get("disk"))
    limits.disk_bytes = SLUICE_TRY(decode::as_size(document, *disk, "disk"));
  if (const Node* cpu = mapping.get("cpu")) limits.cpu_milli = SLUICE_TRY(cpu_of(document, *cpu));
  limits.pids =
      static_cast<std::uint32_t>(SLUICE_TRY(mapping.optional_int("pids", limits.pids, 1, k_max_pids)));
  if (const auto time = SLUICE_TRY(optional_time(mapping, "time"))) limits.time = *time;
  SLUICE_CHECK(mapping.finish());
  if (limits.memory_bytes == 0 || limits.disk_bytes == 0) {
    return fail(document.error(node, "config.range", "a limit of 0 is none, and every test has limits"));
  }
  return limits;
}

// "/tmp" or {path: /run, size: 16MiB}
Result<Tmpfs> tmpfs_of(const Document& document, const Node& node) {
  Tmpfs tmpfs;
  const Node* path = &node;
  if (node.kind == yaml::Kind::mapping) {
    Mapping mapping(document, node, "tmpfs");
    path = SLUICE_TRY(mapping.required("path"));
    if (const Node* size = mapping.get("size")) {
      tmpfs.size_bytes = SLUICE_TRY(decode::as_size(document, *size, "size"));
      if (tmpfs.size_bytes == 0)
        return fail(document.error(*size, "config.range", "a tmpfs needs a size over 0"));
    }
    SLUICE_CHECK(mapping.finish());
  }
  tmpfs.path = SLUICE_TRY(absolute_path(document, *path, "tmpfs"));
  if (tmpfs.path.find_first_not_of('/') == std::string::npos) {
    return fail(
        document.error(*path, "config.range", "a tmpfs cannot cover the root", "use read_only: false"));
  }
  return tmpfs;
}

Result<std::vector<Tmpfs>> tmpfs_list(const Document& document, const Node& node) {
  if (node.kind != yaml::Kind::sequence)
    return fail(document.error(node, "config.type", "tmpfs must be a list"));
  if (node.items.size() > k_max_tmpfs) {
    return fail(document.error(node, "config.range", "at most " + std::to_string(k_max_tmpfs) + " tmpfs"));
  }
  std::vector<Tmpfs> list;
  for (const Node& item : node.items) list.push_back(SLUICE_TRY(tmpfs_of(document, item)));
  return list;
}

Result<Network> network_of(Mapping& mapping) {
  const Node* node = mapping.get("network");
  if (node != nullptr && (node->text == "host" || node->text == "bridge")) {
    return fail(mapping.document().error(
        *node, "sandbox.refused", "the network \"" + node->text + "\" is never given to an image under test",
        "use none, loopback or private"));
  }
  const std::size_t choice =
      SLUICE_TRY(mapping.optional_choice("network", {"none", "loopback", "private"}, 0));
  return static_cast<Network>(choice);
}

Result<std::vector<std::string>> addresses_of(const Document& document, const Node& node) {
  const bool list = node.kind == yaml::Kind::sequence;
  std::vector<std::string> addresses;
  for (const Node& item : list ? node.items : std::vector<Node>{node}) {
    std::string address = SLUICE_TRY(decode::as_string(document, item, "an address of dns"));
    if (!is_address(address)) {
      return fail(document.error(item, "config.range", "\"" + address + "\" is no IP address"));
    }
    addresses.push_back(std::move(address));
  }
  if (!addresses.empty() && addresses.size() <= k_max_dns_addresses) return addresses;
  return fail(
      document.error(node, "config.range",
                     "a name of dns needs 1 to " + std::to_string(k_max_dns_addresses) + " addresses"));
}

// {db: 10.213.0.9, api.example: [10.213.0.10, "fd00::1"]}
Result<std::vector<DnsName>> dns_names(Mapping& mapping, Network network) {
  std::vector<DnsName> names;
  const Node* node = mapping.get("dns");
  if (node == nullptr) return names;
  const Document& document = mapping.document();
  if (network != Network::private_) {
    return fail(document.error(*node, "config.conflict", "names are answered in a private network only",
                               "write network: private"));
  }
  if (node->kind != yaml::Kind::mapping)
    return fail(document.error(*node, "config.type", "dns must be a mapping of names to addresses"));
  if (node->entries.size() > k_max_dns_names) {
    return fail(
        document.error(*node, "config.range", "at most " + std::to_string(k_max_dns_names) + " names"));
  }
  std::set<std::string> seen;  // names are the same in any case, with or without a final dot
  for (const yaml::Entry& entry : node->entries) {
    std::string name = entry.key.text;
    if (!is_host_name(name)) {
      return fail(document.error(entry.key, "config.range", "\"" + name + "\" is no DNS name"));
    }
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (name.ends_with('.')) name.pop_back();
    if (!seen.insert(name).second)
      return fail(document.error(entry.key, "config.duplicate", "the name " + name + " is there twice"));
    names.push_back({std::move(name), SLUICE_TRY(addresses_of(document, entry.value))});
  }
  return names;
}

// "image", "none" or a list.
Result<std::optional<std::vector<std::string>>> entrypoint_of(Mapping& mapping) {
  const Node* node = mapping.get("entrypoint");
  if (node == nullptr || (node->kind == yaml::Kind::scalar && node->text == "image")) return std::nullopt;
  if (node->kind == yaml::Kind::scalar && node->text == "none") return std::vector<std::string>{};
  if (node->kind == yaml::Kind::sequence)
    return SLUICE_TRY(as_words(mapping.document(), *node, "entrypoint"));
  return fail(mapping.document().error(*node, "config.choice", "entrypoint must be image, none or a list"));
}

// `capabilities: [CHOWN]`, or `default` for those that engines give. None unless said; never more than the
// default.
Result<std::uint64_t> capabilities_of(Mapping& mapping) {
  const Node* node = mapping.get("capabilities");
  if (node == nullptr) return 0;
  const Document& document = mapping.document();
  if (node->kind == yaml::Kind::scalar && node->text == "default") return default_capabilities();
  std::uint64_t set = 0;
  for (const std::string& name : SLUICE_TRY(as_words(document, *node, "capabilities"))) {
    const auto bit = capability_by_name(name);
    if (!bit) return fail(document.error(*node, "config.choice", "there is no capability " + name));
    if ((*bit & ~default_capabilities()) != 0) {
      return fail(document.error(*node, "sandbox.refused",
                                 "the capability " + name + " is never given to an image under test"));
    }
    set |= *bit;
  }
  return set;
}

}  // namespace

Result<RunSettings> parse_run(const Document& document, const Node& node) {
  Mapping mapping(document, node, "run");
  SLUICE_CHECK(refuse_dangerous(mapping));
  RunSettings run;
  run.entrypoint = SLUICE_TRY(entrypoint_of(mapping));
  run.args = SLUICE_TRY(optional_words(mapping, "args"));
  if (const Node* env = mapping.get("env")) run.env = SLUICE_TRY(as_env(document, *env, "env"));
  run.user = SLUICE_TRY(mapping.optional_string("user"));
  run.workdir = SLUICE_TRY(workdir_of(mapping));
  run.network = SLUICE_TRY(network_of(mapping));
  run.dns = SLUICE_TRY(dns_names(mapping, run.network));
  run.read_only = SLUICE_TRY(mapping.optional_bool("read_only", true));
  run.capabilities = SLUICE_TRY(capabilities_of(mapping));
  if (const Node* tmpfs = mapping.get("tmpfs")) run.tmpfs = SLUICE_TRY(tmpfs_list(document, *tmpfs));
  if (const Node* limits = mapping.get("limits")) run.limits = SLUICE_TRY(limits_of(document, *limits));
  SLUICE_CHECK(mapping.finish());
  return run;
}

}  // namespace sluice::sandbox
