#include "scan/fix/fix_data.h"

#include <algorithm>
#include <utility>

#include "base/decode.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/yaml.h"
#include "syntax/dockerfile/image_name.h"

namespace sluice::scan {
namespace {

constexpr std::string_view k_oci = "sha256:";

tl::unexpected<Error> wrong(const std::string& at, std::string what, std::string hint = {}) {
  return fail(ErrorKind::config, "fix-data.format", at + ": " + std::move(what), std::move(hint));
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

Status put(std::map<std::string, std::string, std::less<>>& table, std::string key, std::string value,
           const std::string& at) {
  const auto [it, fresh] = table.try_emplace(std::move(key), value);
  if (!fresh && it->second != value) {
    return fail(ErrorKind::config, "fix-data.conflict",
                at + ": " + it->first + " is given two different digests", "keep the one that was verified");
  }
  if (table.size() > k_max_fix_data_entries) {
    return fail(ErrorKind::limit, "fix-data.format",
                at + ": more than " + std::to_string(k_max_fix_data_entries) + " entries");
  }
  return {};
}

bool is_download_url(std::string_view url) {
  return url.find_first_of(" \t\"'\\$`") == std::string_view::npos &&
         (url.starts_with("https://") || url.starts_with("http://") || url.starts_with("ftp://"));
}

// The image's full name in a layout's index; empty if it has none (a bare tag says nothing of a repository).
std::string name_of(const json::Value& descriptor) {
  const json::Value* annotations = descriptor.find("annotations");
  if (annotations == nullptr) return {};
  for (const std::string_view key : {"io.containerd.image.name", "org.opencontainers.image.ref.name"}) {
    const std::string_view name = annotations->string_at(key);
    if (name.find_first_of(":/") != std::string_view::npos) return std::string(name);
  }
  return {};
}

}  // namespace

std::string normal_reference(std::string_view text) {
  const syntax::dockerfile::ImageName image = syntax::dockerfile::parse_image_name(text);
  if (!image.valid() || !image.digest.empty() || text.find_first_of(" \t$\\\"'`") != std::string_view::npos)
    return {};
  std::string registry(image.effective_registry());
  if (registry == "index.docker.io" || registry == "registry-1.docker.io") registry = "docker.io";
  std::string repository = image.repository;
  if (registry == "docker.io" && repository.find('/') == std::string::npos)
    repository = "library/" + repository;
  return registry + "/" + repository + ":" + (image.tag.empty() ? "latest" : image.tag);
}

Status FixData::add_image(std::string_view reference, std::string_view digest, const std::string& at) {
  const std::string key = normal_reference(reference);
  if (key.empty())
    return wrong(at, "\"" + std::string(reference) + "\" is no image reference without digest");
  const Result<Digest> parsed = Digest::parse_oci(digest);
  if (!parsed) {
    return wrong(at, "the digest of " + std::string(reference) + " is not sha256: and 64 hex digits",
                 "the digest of the index or manifest, as the registry gives it");
  }
  return put(images_, key, parsed->oci(), at);
}

Status FixData::add_file(std::string_view url, std::string_view digest, const std::string& at) {
  if (!is_download_url(url)) return wrong(at, "\"" + std::string(url) + "\" is no http, https or ftp URL");
  if (digest.starts_with(k_oci)) digest.remove_prefix(k_oci.size());
  const Result<Digest> parsed = Digest::parse_hex(digest);
  if (!parsed) return wrong(at, "the checksum of " + std::string(url) + " is not 64 hex digits of SHA-256");
  return put(files_, std::string(url), parsed->hex(), at);
}

Status FixData::add_lock(std::string_view text, const std::string& name) {
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const std::string at = name + ":" + std::to_string(number);
    const std::size_t gap = line.find_first_of(" \t");
    const std::size_t sign = line.find('@');
    const std::size_t cut = gap != std::string_view::npos ? gap : sign;
    if (cut == std::string_view::npos) return wrong(at, "a line must be REFERENCE DIGEST");
    SLUICE_CHECK(add_image(line.substr(0, cut), trim(line.substr(cut + 1)), at));
  }
  return {};
}

Status FixData::add_document(std::string_view text, const std::string& name) {
  const yaml::Node root = SLUICE_TRY(yaml::parse_one(text, name));
  const decode::Document document(text, name);
  decode::Mapping mapping(document, root, "fix data");
  const yaml::Node& version = *SLUICE_TRY(mapping.required("version"));
  SLUICE_TRY(decode::as_int(document, version, "version", 1, 1));
  const yaml::Node* images = mapping.get("images");
  const yaml::Node* files = mapping.get("files");
  SLUICE_CHECK(mapping.finish());
  const auto each = [&](const yaml::Node* table, std::string_view what, auto take) -> Status {
    if (table == nullptr) return {};
    if (table->kind != yaml::Kind::mapping) {
      return fail(document.error(*table, "config.type", "\"" + std::string(what) + "\" must be a mapping"));
    }
    for (const yaml::Entry& entry : table->entries) {
      const std::string at = name + ":" + std::to_string(document.at(entry.key).line);
      const std::string value = SLUICE_TRY(decode::as_string(document, entry.value, entry.key.text));
      SLUICE_CHECK((this->*take)(entry.key.text, value, at));
    }
    return {};
  };
  SLUICE_CHECK(each(images, "images", &FixData::add_image));
  return each(files, "files", &FixData::add_file);
}

Status FixData::add_layout(const std::string& folder) {
  const Directory layout = SLUICE_TRY(Directory::open(folder));
  const Bytes text = SLUICE_TRY(layout.read("index.json", k_max_fix_data_bytes));
  const json::Value index = SLUICE_TRY(json::parse(text, folder + "/index.json"));
  const json::Value* manifests = index.find("manifests");
  if (manifests == nullptr || manifests->as_array() == nullptr)
    return wrong(folder, "index.json has no manifests");
  std::size_t named = 0;
  for (const json::Value& descriptor : *manifests->as_array()) {
    const std::string name = name_of(descriptor);
    if (name.empty()) continue;
    const Result<Digest> digest = Digest::parse_oci(descriptor.string_at("digest"));
    if (!digest) return wrong(folder, name + " has no sha256 digest");
    // An index can say anything: the blob must be there and be what it says.
    const Bytes blob = SLUICE_TRY(layout.read("blobs/sha256/" + digest->hex(), k_max_fix_data_bytes));
    if (sha256(blob) != *digest)
      return wrong(folder, "the manifest of " + name + " is not what its digest says");
    SLUICE_CHECK(add_image(name, digest->oci(), folder));
    ++named;
  }
  if (named == 0) {
    return wrong(folder, "no image of the layout has a full name",
                 "name them by the annotation io.containerd.image.name, or use a lock file");
  }
  return {};
}

Status FixData::add(const std::string& path) {
  if (is_directory(path)) return add_layout(path);
  const Bytes text = SLUICE_TRY(read_file(path, k_max_fix_data_bytes));
  return path.ends_with(".lock") ? add_lock(text, path) : add_document(text, path);
}

std::optional<std::string> FixData::find(DataKind kind, std::string_view key) const {
  const auto& table = kind == DataKind::image_digest ? images_ : files_;
  const auto found = table.find(kind == DataKind::image_digest ? normal_reference(key) : std::string(key));
  if (found == table.end()) return std::nullopt;
  return found->second;
}

bool fill_in(const FixData& data, Fix& fix, std::string& missing) {
  std::vector<Edit> edits = fix.edits;
  for (const DataNeed& need : fix.needs) {
    const std::optional<std::string> value = data.find(need.kind, need.key);
    const std::size_t mark = need.edit.text.find(k_data_mark);
    if (!value || mark == std::string::npos) {
      missing = need.key;
      return false;
    }
    Edit edit = need.edit;
    edit.text.replace(mark, k_data_mark.size(), *value);
    edits.push_back(std::move(edit));
  }
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.offset < b.offset; });
  fix.edits = std::move(edits);
  fix.needs.clear();
  return true;
}

}  // namespace sluice::scan
