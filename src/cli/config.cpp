#include "cli/config.h"

#include <algorithm>

#include "base/decode.h"
#include "base/digest.h"
#include "base/file.h"
#include "cli/config_parts.h"

namespace sluice::cli {
namespace {

using decode::Document;
using decode::Mapping;

}  // namespace

Result<std::map<std::string, Severity>> decode_severities(const Document& document, const yaml::Node& node) {
  std::map<std::string, Severity> out;
  if (node.kind != yaml::Kind::mapping) {
    return fail(
        document.error(node, "config.type", "severity must map rule names to high, medium, low or info"));
  }
  for (const yaml::Entry& entry : node.entries) {
    const std::string text = SLUICE_TRY(decode::as_string(document, entry.value, entry.key.text));
    const auto severity = parse_severity(text);
    if (!severity) {
      return fail(document.error(entry.value, "config.choice", "\"" + text + "\" is no severity",
                                 "use high, medium, low or info"));
    }
    out[entry.key.text] = *severity;
  }
  return out;
}

namespace {

Result<std::map<std::string, std::string>> decode_labels(const Document& document, const yaml::Node& node) {
  static const std::vector<std::string> k_kinds{"text",    "url",    "rfc3339", "spdx",
                                                "githash", "semver", "email"};
  std::map<std::string, std::string> out;
  if (node.kind != yaml::Kind::mapping) {
    return fail(document.error(node, "config.type", "label_schema must map label names to kinds"));
  }
  for (const yaml::Entry& entry : node.entries) {
    const std::string kind = SLUICE_TRY(decode::as_string(document, entry.value, entry.key.text));
    if (std::find(k_kinds.begin(), k_kinds.end(), kind) == k_kinds.end()) {
      return fail(document.error(entry.value, "config.choice", "\"" + kind + "\" is no kind of label",
                                 "use text, url, rfc3339, spdx, githash, semver or email"));
    }
    out[entry.key.text] = kind;
  }
  return out;
}

Result<DockerfileConfig> decode_dockerfile(const Document& document, const yaml::Node& node,
                                           ScanConfig& scan) {
  Mapping mapping(document, node, "scan.dockerfile");
  DockerfileConfig out;
  out.allowed_registries = SLUICE_TRY(mapping.optional_strings("allowed_registries"));
  if (const yaml::Node* labels = mapping.get("label_schema")) {
    out.label_schema = SLUICE_TRY(decode_labels(document, *labels));
  }
  out.strict_labels = SLUICE_TRY(mapping.optional_bool("strict_labels", false));
  out.targets = SLUICE_TRY(mapping.optional_strings("targets"));
  if (const yaml::Node* severity = mapping.get("severity")) {
    for (auto& [rule, value] : SLUICE_TRY(decode_severities(document, *severity)))
      scan.severity[rule] = value;
  }
  for (std::string& rule : SLUICE_TRY(mapping.optional_strings("off"))) scan.off.push_back(std::move(rule));
  SLUICE_CHECK(mapping.finish());
  return out;
}

Result<ScanConfig> decode_scan(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "scan");
  ScanConfig out;
  if (mapping.has("paths")) out.paths = SLUICE_TRY(mapping.optional_strings("paths"));
  const std::size_t profile = SLUICE_TRY(mapping.optional_choice("profile", {"default", "all"}, 0));
  out.profile = profile == 0 ? "default" : "all";
  out.rules = SLUICE_TRY(mapping.optional_strings("rules"));
  out.default_rules = SLUICE_TRY(mapping.optional_bool("default_rules", true));
  out.adapters = SLUICE_TRY(mapping.optional_strings("adapters"));
  for (const std::string& name : out.adapters) {
    if (name != "shellcheck")
      return fail(document.error(node, "config.choice", "there is no adapter \"" + name + "\""));
  }
  if (const yaml::Node* severity = mapping.get("severity")) {
    out.severity = SLUICE_TRY(decode_severities(document, *severity));
  }
  out.off = SLUICE_TRY(mapping.optional_strings("off"));
  if (const yaml::Node* docker = mapping.get("dockerfile")) {
    out.dockerfile = SLUICE_TRY(decode_dockerfile(document, *docker, out));
  }
  SLUICE_CHECK(mapping.finish());
  return out;
}

Result<ImageConfig> decode_image(const Document& document, const yaml::Node& node) {
  if (node.kind == yaml::Kind::scalar)
    return ImageConfig{SLUICE_TRY(decode::as_string(document, node, "image")), ""};
  Mapping mapping(document, node, "image");
  ImageConfig out;
  out.path = SLUICE_TRY(mapping.required_string("path"));
  out.platform = SLUICE_TRY(mapping.optional_string("platform")).value_or("");
  SLUICE_CHECK(mapping.finish());
  return out;
}

Result<SigningConfig> decode_signing(const Document& document, const yaml::Node& node,
                                     std::string& builder_id) {
  Mapping mapping(document, node, "signing");
  SigningConfig out;
  out.key = SLUICE_TRY(mapping.required_string("key"));
  out.passphrase_env = SLUICE_TRY(mapping.optional_string("passphrase_env")).value_or("");
  out.kms_plugin = SLUICE_TRY(mapping.optional_string("kms_plugin")).value_or("");
  out.certificate = SLUICE_TRY(mapping.optional_string("certificate")).value_or("");
  out.timestamp_authority = SLUICE_TRY(mapping.optional_string("timestamp_authority")).value_or("");
  out.timestamp_url = SLUICE_TRY(mapping.optional_string("timestamp_url")).value_or("");
  out.keyid = SLUICE_TRY(mapping.optional_bool("keyid", true));
  builder_id = SLUICE_TRY(mapping.optional_string("builder")).value_or("");
  SLUICE_CHECK(mapping.finish());
  return out;
}

Result<KeyConfig> decode_key(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "key");
  KeyConfig out;
  out.name = SLUICE_TRY(mapping.required_string("name"));
  out.public_key = SLUICE_TRY(mapping.required_string("public_key"));
  out.roles = SLUICE_TRY(mapping.optional_strings("roles"));
  out.builder = SLUICE_TRY(mapping.optional_string("builder")).value_or("");
  out.max_level = static_cast<int>(SLUICE_TRY(mapping.optional_int("max_level", 1, 0, 3)));
  out.in_job = SLUICE_TRY(mapping.optional_choice("place", {"job", "service"}, 0)) == 0;
  out.not_before = SLUICE_TRY(mapping.optional_string("not_before")).value_or("");
  out.not_after = SLUICE_TRY(mapping.optional_string("not_after")).value_or("");
  out.revoked = SLUICE_TRY(mapping.optional_string("revoked")).value_or("");
  out.revocation_reason = SLUICE_TRY(mapping.optional_string("revocation_reason")).value_or("");
  out.compromised = SLUICE_TRY(mapping.optional_bool("compromised", false));
  SLUICE_CHECK(mapping.finish());
  if (out.roles.empty()) {
    return fail(document.error(node, "config.missing-key", "key \"" + out.name + "\" has no roles",
                               "list what it may sign: builder, scanner, tester, gate"));
  }
  return out;
}

Result<std::vector<KeyConfig>> decode_keys(const Document& document, const yaml::Node& node) {
  if (node.kind != yaml::Kind::sequence) {
    return fail(document.error(node, "config.type", "`keys` must be a list"));
  }
  std::vector<KeyConfig> out;
  for (const yaml::Node& item : node.items) {
    out.push_back(SLUICE_TRY(decode_key(document, item)));
    for (std::size_t i = 0; i + 1 < out.size(); ++i) {
      if (out[i].name == out.back().name) {
        return fail(document.error(item, "config.duplicate-key-name",
                                   "two keys are named \"" + out.back().name + "\""));
      }
    }
  }
  return out;
}

}  // namespace

std::string Config::resolve(const std::string& relative) const {
  if (relative.starts_with('/') || directory.empty() || directory == ".") return relative;
  return directory + "/" + relative;
}

std::vector<attest::Dependency> Config::byproduct() const {
  if (path.empty()) return {};
  return {{path.substr(path.rfind('/') + 1), "", {{"sha256", sha256}}}};
}

Result<Config> parse_config(std::string_view text, const std::string& path) {
  const yaml::Node root = SLUICE_TRY(yaml::parse_one(text, path));
  const Document document(text, path);
  Mapping mapping(document, root, "sluice.yaml");
  Config config;
  config.path = path;
  const std::size_t slash = path.rfind('/');
  config.directory = slash == std::string::npos ? "." : path.substr(0, slash);
  config.sha256 = sha256(text).hex();

  const yaml::Node* version = SLUICE_TRY(mapping.required("version"));
  static_cast<void>(SLUICE_TRY(decode::as_int(document, *version, "version", 1, 1)));
  if (const yaml::Node* node = mapping.get("scan")) config.scan = SLUICE_TRY(decode_scan(document, *node));
  if (const yaml::Node* node = mapping.get("image")) config.image = SLUICE_TRY(decode_image(document, *node));
  config.tests = SLUICE_TRY(mapping.optional_strings("tests"));
  const std::vector<std::string> engines{"embedded", "runc", "podman", "docker", "nerdctl"};
  config.engine = engines[SLUICE_TRY(mapping.optional_choice("engine", engines, 0))];
  config.evidence = SLUICE_TRY(mapping.optional_string("evidence")).value_or(config.evidence);
  if (const yaml::Node* node = mapping.get("signing")) {
    config.signing = SLUICE_TRY(decode_signing(document, *node, config.builder_id));
  }
  if (const yaml::Node* node = mapping.get("keys")) config.keys = SLUICE_TRY(decode_keys(document, *node));
  config.keyring = SLUICE_TRY(mapping.optional_string("keyring")).value_or("");
  if (const yaml::Node* node = mapping.get("source")) {
    config.source = SLUICE_TRY(decode_source_config(document, *node));
  }
  if (const yaml::Node* node = mapping.get("identity")) {
    config.identity = SLUICE_TRY(decode_identity(document, *node));
  }
  if (const yaml::Node* node = mapping.get("registry")) {
    config.registry = SLUICE_TRY(decode_registry(document, *node));
  }
  if (const yaml::Node* node = mapping.get("runtime")) {
    config.runtime = SLUICE_TRY(decode_runtime(document, *node));
  }
  if (const yaml::Node* node = mapping.get("stages")) {
    config.policy.stages = SLUICE_TRY(policy::decode_stages(document, *node));
  }
  config.policy.path = path;
  config.policy.sha256 = config.sha256;
  SLUICE_CHECK(mapping.finish());
  return config;
}

Result<Config> load_config(const std::string& path) {
  const Bytes text = SLUICE_TRY(read_file(path, 4U << 20U));
  return parse_config(text, path);
}

Result<Config> find_config(const std::string& explicit_path, const std::string& folder) {
  if (!explicit_path.empty()) return load_config(explicit_path);
  const std::string path = folder == "." ? "sluice.yaml" : folder + "/sluice.yaml";
  if (path_exists(path)) return load_config(path);
  Config defaults;
  defaults.directory = folder;
  return defaults;
}

}  // namespace sluice::cli
