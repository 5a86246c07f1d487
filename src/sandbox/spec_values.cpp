// Values that several parts of a test file have: texts, patterns, times, paths.
#include "base/decode.h"
#include "base/yaml.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

Result<TextChecks> text_checks(const Document& document, const Node& node, const std::string& what) {
  Mapping mapping(document, node, what);
  TextChecks checks;
  if (const Node* list = mapping.get("include"))
    checks.include = SLUICE_TRY(as_patterns(document, *list, "include"));
  if (const Node* list = mapping.get("exclude"))
    checks.exclude = SLUICE_TRY(as_patterns(document, *list, "exclude"));
  checks.contains = SLUICE_TRY(mapping.optional_strings("contains"));
  SLUICE_CHECK(mapping.finish());
  return checks;
}

Result<std::chrono::milliseconds> time_of(const Document& document, const Node& node, std::string_view what) {
  const std::chrono::milliseconds time = SLUICE_TRY(decode::as_duration(document, node, what));
  if (time.count() > 0 && time <= k_max_time) return time;
  return fail(document.error(node, "config.range", std::string(what) + " must be over 0 and at most 1h"));
}

}  // namespace

// Things that would hand a part of the host to the image under test.
constexpr auto k_refused_keys =
    std::to_array<std::string_view>({"privileged", "devices", "mounts", "bind_mounts", "binds", "pid", "ipc",
                                     "userns", "cap_add", "security_opt"});

Status refuse_dangerous(Mapping& mapping) {
  for (const std::string_view key : k_refused_keys) {
    const Node* node = mapping.node().find(key);
    if (node == nullptr) continue;
    return fail(mapping.document().error(*node, "sandbox.refused",
                                         "\"" + std::string(key) + "\" is never given to an image under test",
                                         "remove it; tests run without access to the host"));
  }
  return {};
}

Result<std::optional<std::string>> workdir_of(Mapping& mapping) {
  const Node* node = mapping.get("workdir");
  if (node == nullptr) return std::nullopt;
  return SLUICE_TRY(absolute_path(mapping.document(), *node, "workdir"));
}

Result<std::string> absolute_path(const Document& document, const Node& node, std::string_view what) {
  std::string path = SLUICE_TRY(decode::as_string(document, node, what));
  if (path.starts_with('/') && path.find('\0') == std::string::npos) return path;
  return fail(document.error(node, "config.range", std::string(what) + " must be an absolute path"));
}

Result<TextChecks> optional_checks(Mapping& mapping, const std::string& key) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return TextChecks{};
  return text_checks(mapping.document(), *node, key);
}

Result<std::optional<std::chrono::milliseconds>> optional_time(Mapping& mapping, std::string_view key) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return std::nullopt;
  return SLUICE_TRY(time_of(mapping.document(), *node, key));
}

Result<std::optional<std::uint32_t>> id_of(Mapping& mapping, std::string_view key) {
  if (mapping.get(key) == nullptr) return std::nullopt;
  return static_cast<std::uint32_t>(SLUICE_TRY(mapping.optional_int(key, 0, 0, UINT32_MAX - 1)));
}

Result<std::vector<ValueCheck>> value_checks(Mapping& mapping, const std::string& key) {
  std::vector<ValueCheck> checks;
  for (const bool pattern : {false, true}) {
    const std::string name = pattern ? key + "_matches" : key;
    const Node* node = mapping.get(name);
    if (node == nullptr) continue;
    for (auto& [entry, value] : SLUICE_TRY(as_env(mapping.document(), *node, name))) {
      checks.push_back({std::move(entry), std::move(value), pattern});
    }
  }
  return checks;
}

Result<EnvList> as_env(const Document& document, const Node& node, std::string_view what) {
  if (node.kind != yaml::Kind::mapping) {
    return fail(
        document.error(node, "config.type", std::string(what) + " must be a mapping of names to texts"));
  }
  EnvList list;
  for (const yaml::Entry& entry : node.entries) {
    if (entry.key.text.empty() || entry.key.text.find('=') != std::string::npos) {
      return fail(
          document.error(entry.key, "config.range", "a name in " + std::string(what) + " is not usable"));
    }
    if (entry.value.kind != yaml::Kind::scalar && entry.value.kind != yaml::Kind::null) {
      return fail(
          document.error(entry.value, "config.type", "a value in " + std::string(what) + " must be a text"));
    }
    list.emplace_back(entry.key.text, entry.value.text);
  }
  return list;
}

Result<std::vector<std::string>> as_words(const Document& document, const Node& node, std::string_view what) {
  if (node.kind != yaml::Kind::sequence) {
    return fail(document.error(node, "config.type", std::string(what) + " must be a list of texts"));
  }
  std::vector<std::string> words;
  for (const Node& item : node.items) {
    if (item.kind != yaml::Kind::scalar) {
      return fail(
          document.error(item, "config.type", "each item of " + std::string(what) + " must be a text"));
    }
    words.push_back(item.text);
  }
  return words;
}

Result<std::optional<std::vector<std::string>>> optional_words(Mapping& mapping, std::string_view key) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return std::nullopt;
  return SLUICE_TRY(as_words(mapping.document(), *node, key));
}

Result<std::vector<std::string>> as_patterns(const Document& document, const Node& node,
                                             std::string_view what) {
  std::vector<std::string> patterns = SLUICE_TRY(as_words(document, node, what));
  for (const std::string& pattern : patterns) {
    if (pattern.size() <= k_max_pattern_bytes) continue;
    return fail(document.error(node, "config.range", "a pattern of " + std::string(what) + " is too long"));
  }
  return patterns;
}

}  // namespace sluice::sandbox
