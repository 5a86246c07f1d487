// Lock files of Python, Rust, Go, Ruby and PHP.
//
// The TOML ones are written by machines in one layout, and read as lines in that layout: "[[package]]", then
// `key = "text"` lines, and lists of inline tables with a `hash` in each.
#include <algorithm>

#include "base/json.h"
#include "record/lockfile_reader.h"

namespace sluice::record {
namespace {

// `key = "value"` → value, if the line is of that key.
bool field(std::string_view line, std::string_view key, std::string& out) {
  if (!line.starts_with(key)) return false;
  const std::string_view rest = trimmed(line.substr(key.size()));
  if (!rest.starts_with('=')) return false;
  out = std::string(quoted(rest));
  return true;
}

// The text of `key = "…"` inside of an inline table, or "".
std::string inline_field(std::string_view line, std::string_view key) {
  for (std::size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
    if (at > 0 && line[at - 1] != ' ' && line[at - 1] != '{' && line[at - 1] != ',') continue;
    const std::string_view rest = trimmed(line.substr(at + key.size()));
    if (rest.starts_with('=')) return std::string(quoted(rest));
  }
  return {};
}

struct TomlPackage {
  std::string name, version, checksum, source;
  std::vector<std::pair<std::string, std::string>> files;  // name, hash

  void flush(std::string_view type, PackageSink& sink) {
    for (const auto& [file, hash] : files) sink.add(type, name, version, hash, file);
    // Without a hash: a package of the project's own (no source), or one by git.
    if (files.empty() && (!checksum.empty() || type != "cargo" || !source.empty()))
      sink.add(type, name, version, checksum);
    *this = {};
  }
};

std::string base_name(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  return std::string(url.substr(url.rfind('/') + 1));
}

}  // namespace

Status read_toml_lock(std::string_view text, std::string_view type, PackageSink& sink) {
  TomlPackage package;
  bool inside = false;
  bool any = false;
  for (const std::string_view raw : lines_of(text)) {
    const std::string_view line = trimmed(raw);
    if (line.empty() || line.front() == '#') continue;
    if (raw.front() == '[') {
      if (line == "[[package]]") {
        if (inside) package.flush(type, sink);
        inside = true;
        any = true;
      } else if (!line.starts_with("[package.") && !line.starts_with("[[package.")) {
        if (inside) package.flush(type, sink);
        inside = false;
      }
      continue;
    }
    if (!inside) {
      any = any || line.starts_with("version") || line.starts_with("lock-version");
      continue;
    }
    if (package.name.empty() && field(line, "name", package.name)) continue;
    if (package.version.empty() && field(line, "version", package.version)) continue;
    if (field(line, "checksum", package.checksum)) continue;
    if (line.starts_with("source")) package.source = std::string(line);
    const std::string hash = inline_field(line, "hash");
    if (hash.empty()) continue;
    std::string file = inline_field(line, "file");
    if (file.empty()) file = base_name(inline_field(line, "url"));
    package.files.emplace_back(std::move(file), hash);
  }
  if (inside) package.flush(type, sink);
  if (!any) return sink.wrong("holds no packages and no version");
  return {};
}

Status read_pipfile_lock(std::string_view text, PackageSink& sink) {
  const json::Value lock = SLUICE_TRY(json::parse(text, "Pipfile.lock"));
  if (lock.find("_meta") == nullptr) return sink.wrong("has no _meta");
  for (const std::string_view group : {"default", "develop"}) {
    const json::Value* packages = lock.find(group);
    if (packages == nullptr || packages->as_object() == nullptr) continue;
    for (const json::Member& member : packages->as_object()->members()) {
      std::string_view version = member.value.string_at("version");
      if (version.starts_with("==")) version.remove_prefix(2);
      const json::Value* hashes = member.value.find("hashes");
      if (hashes == nullptr || hashes->as_array() == nullptr || hashes->as_array()->empty()) {
        sink.add("pypi", member.key, version, "");
        continue;
      }
      for (const json::Value& hash : *hashes->as_array())
        sink.add("pypi", member.key, version, hash.as_string() == nullptr ? "" : *hash.as_string());
    }
  }
  return {};
}

Status read_requirements(std::string_view text, PackageSink& sink) {
  // Continued lines joined: "name==1.0 \<newline>  --hash=sha256:… \<newline> …"
  std::string joined;
  for (const std::string_view line : lines_of(text)) {
    std::string_view part = trimmed(line);
    const bool more = part.ends_with('\\');
    if (more) part.remove_suffix(1);
    if (!part.starts_with('#')) joined += std::string(part) + " ";
    if (more) continue;
    const std::string whole = std::exchange(joined, {});
    const std::size_t pin = whole.find("==");
    if (pin == std::string::npos || whole.starts_with('-')) continue;  // not pinned: no package by version
    std::string_view name = trimmed(std::string_view(whole).substr(0, pin));
    name = name.substr(0, name.find('['));
    const std::size_t end = whole.find_first_of(" ;#", pin + 2);
    const std::string version = whole.substr(pin + 2, end == std::string::npos ? end : end - pin - 2);
    bool hashed = false;
    for (std::size_t at = whole.find("--hash="); at != std::string::npos;
         at = whole.find("--hash=", at + 1)) {
      const std::size_t stop = whole.find(' ', at);
      sink.add("pypi", name, version,
               std::string_view(whole).substr(at + 7, stop == std::string::npos ? stop : stop - at - 7));
      hashed = true;
    }
    if (!hashed) sink.add("pypi", name, version, "");
  }
  return {};
}

Status read_go_sum(std::string_view text, PackageSink& sink) {
  for (const std::string_view line : lines_of(text)) {
    if (trimmed(line).empty()) continue;
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos) return sink.wrong("a line has not three parts");
    const std::string_view version = line.substr(first + 1, second - first - 1);
    if (version.ends_with("/go.mod")) continue;  // of the module's go.mod only
    sink.add("golang", line.substr(0, first), version, trimmed(line.substr(second + 1)));
  }
  return {};
}

Status read_gemfile_lock(std::string_view text, PackageSink& sink) {
  std::string section;
  // "    name (1.2.3)" below GEM/specs; "  name (1.2.3) sha256=…" below CHECKSUMS, where there is one.
  std::vector<std::pair<std::string, std::string>> specs;
  std::vector<std::pair<std::string, std::string>> sums;  // "name (1.2.3)" → hash
  for (const std::string_view line : lines_of(text)) {
    if (!line.empty() && line.front() != ' ') {
      section = std::string(trimmed(line));
      continue;
    }
    const std::string_view item = trimmed(line);
    const std::size_t open = item.find(" (");
    const std::size_t close = item.find(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) continue;
    std::string name(item.substr(0, open));
    std::string version(item.substr(open + 2, close - open - 2));
    if (section == "GEM" && line.starts_with("    ") && !line.starts_with("     ")) {
      specs.emplace_back(std::move(name), std::move(version));
    } else if (section == "CHECKSUMS") {
      const std::size_t sum = item.find("sha256=");
      if (sum != std::string_view::npos)
        sums.emplace_back(name + "@" + version, "sha256:" + std::string(item.substr(sum + 7)));
    }
  }
  std::sort(sums.begin(), sums.end());
  for (const auto& [name, version] : specs) {
    const std::string key = name + "@" + version;
    const auto it = std::lower_bound(sums.begin(), sums.end(), std::pair(key, std::string()));
    sink.add("gem", name, version, it != sums.end() && it->first == key ? it->second : "");
  }
  return {};
}

Status read_composer_lock(std::string_view text, PackageSink& sink) {
  const json::Value lock = SLUICE_TRY(json::parse(text, "composer.lock"));
  if (lock.find("content-hash") == nullptr && lock.find("packages") == nullptr)
    return sink.wrong("has neither content-hash nor packages");
  for (const std::string_view group : {"packages", "packages-dev"}) {
    const json::Value* packages = lock.find(group);
    if (packages == nullptr || packages->as_array() == nullptr) continue;
    for (const json::Value& package : *packages->as_array()) {
      const json::Value* dist = package.find("dist");
      sink.add("composer", package.string_at("name"), package.string_at("version"),
               dist == nullptr ? std::string_view() : dist->string_at("shasum"));
    }
  }
  return {};
}

}  // namespace sluice::record
