// Lock files of npm, yarn and pnpm.
#include <algorithm>

#include "base/json.h"
#include "base/yaml.h"
#include "record/lockfile_reader.h"

namespace sluice::record {
namespace {

constexpr int k_max_depth = 60;

// v1: packages nest below "dependencies".
void read_nested(const json::Value& level, PackageSink& sink, int depth) {
  const json::Value* packages = level.find("dependencies");
  if (packages == nullptr || packages->as_object() == nullptr || depth > k_max_depth) return;
  for (const json::Member& member : packages->as_object()->members()) {
    sink.add("npm", member.key, member.value.string_at("version"), member.value.string_at("integrity"));
    read_nested(member.value, sink, depth + 1);
  }
}

// "node_modules/a/node_modules/@scope/b" → "@scope/b"
std::string_view name_of_path(std::string_view path) {
  constexpr std::string_view k_folder = "node_modules/";
  const std::size_t at = path.rfind(k_folder);
  return at == std::string_view::npos ? std::string_view() : path.substr(at + k_folder.size());
}

// "@scope/name@npm:1.2.3" → name and what follows the last "@" that is not the first character.
std::pair<std::string_view, std::string_view> split_name(std::string_view text) {
  const std::size_t at = text.find('@', 1);
  if (text.empty() || at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

std::string text_at(const yaml::Node& node, std::string_view key) {
  const yaml::Node* value = node.find(key);
  return value == nullptr || value->kind != yaml::Kind::scalar ? std::string() : value->text;
}

// yarn 2 and later: YAML. `checksum` is of yarn's own cache archive ("10c0/<hex>"), not of the package: no
// digest of the package is there.
Status read_berry(std::string_view text, PackageSink& sink) {
  const yaml::Node root = SLUICE_TRY(yaml::parse_one(text, "yarn.lock"));
  for (const yaml::Entry& entry : root.entries) {
    const std::string resolution = text_at(entry.value, "resolution");
    const auto [name, rest] = split_name(resolution);
    if (!rest.starts_with("npm:")) continue;
    sink.add("npm", name, text_at(entry.value, "version"), "");
  }
  return {};
}

Status read_yarn_1(std::string_view text, PackageSink& sink) {
  std::string name, version, integrity;
  const auto flush = [&] {
    if (!name.empty() && !version.empty()) sink.add("npm", name, version, integrity);
    name.clear();
    version.clear();
    integrity.clear();
  };
  for (const std::string_view line : lines_of(text)) {
    if (line.empty() || line.front() == '#') continue;
    if (line.front() != ' ') {
      flush();
      std::string_view first = line.substr(0, line.find(','));
      if (first.ends_with(':')) first.remove_suffix(1);
      name = std::string(split_name(unquoted(first)).first);
    } else if (!line.starts_with("   ")) {  // two blanks: fields of the package; four: its dependencies
      const std::string_view field = trimmed(line);
      if (field.starts_with("version ")) version = std::string(unquoted(trimmed(field.substr(8))));
      if (field.starts_with("integrity ")) integrity = std::string(trimmed(field.substr(10)));
      // Without integrity the resolved URL ends in "#<sha1>".
      if (field.starts_with("resolved ") && integrity.empty()) {
        const std::string_view url = unquoted(trimmed(field.substr(9)));
        if (const std::size_t hash = url.find('#'); hash != std::string_view::npos)
          integrity = std::string(url.substr(hash + 1));
      }
    }
  }
  flush();
  return {};
}

}  // namespace

Status read_package_lock(std::string_view text, PackageSink& sink) {
  const json::Value lock = SLUICE_TRY(json::parse(text, "package-lock.json"));
  if (lock.as_object() == nullptr || lock.find("lockfileVersion") == nullptr)
    return sink.wrong("has no lockfileVersion");
  const json::Value* packages = lock.find("packages");
  if (packages == nullptr || packages->as_object() == nullptr) {
    read_nested(lock, sink, 0);
    return {};
  }
  for (const json::Member& member : packages->as_object()->members()) {
    const json::Value* link = member.value.find("link");
    if (member.key.empty() || (link != nullptr && link->as_bool() != nullptr && *link->as_bool())) continue;
    std::string_view name = member.value.string_at("name");
    if (name.empty()) name = name_of_path(member.key);
    // A folder of the project's own (a workspace) is no package that was fetched.
    if (name_of_path(member.key).empty()) continue;
    sink.add("npm", name, member.value.string_at("version"), member.value.string_at("integrity"));
  }
  return {};
}

Status read_yarn_lock(std::string_view text, PackageSink& sink) {
  if (text.find("\n__metadata:") != std::string_view::npos) return read_berry(text, sink);
  if (text.find("# yarn lockfile v1") == std::string_view::npos) return sink.wrong("is no yarn lock file");
  return read_yarn_1(text, sink);
}

Status read_pnpm_lock(std::string_view text, PackageSink& sink) {
  const yaml::Node root = SLUICE_TRY(yaml::parse_one(text, "pnpm-lock.yaml"));
  if (root.find("lockfileVersion") == nullptr) return sink.wrong("has no lockfileVersion");
  const yaml::Node* packages = root.find("packages");
  if (packages == nullptr) return {};
  for (const yaml::Entry& entry : packages->entries) {
    // "/@scope/name@1.2.3(peer@1)" in 6 and later, "/name/1.2.3_peer" before.
    std::string_view key = entry.key.text;
    key = key.substr(0, key.find('('));
    if (key.starts_with('/')) key.remove_prefix(1);
    auto [name, version] = split_name(key);
    if (version.empty()) {
      const std::size_t slash = key.rfind('/');
      if (slash == std::string_view::npos) continue;
      name = key.substr(0, slash);
      version = key.substr(slash + 1);
      version = version.substr(0, version.find('_'));
    }
    const yaml::Node* resolution = entry.value.find("resolution");
    sink.add("npm", name, version, resolution == nullptr ? std::string() : text_at(*resolution, "integrity"));
  }
  return {};
}

}  // namespace sluice::record
