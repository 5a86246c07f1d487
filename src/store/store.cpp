#include "store/store.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/effects.h"
#include "base/json.h"
#include "store/layout.h"

namespace sluice::store {
namespace {

constexpr std::string_view k_bundle_type = "application/vnd.dev.sigstore.bundle.v0.3+json";
constexpr std::string_view k_empty_type = "application/vnd.oci.empty.v1+json";
constexpr std::string_view k_empty = "{}";
constexpr std::size_t k_max_manifest_bytes = 4u << 20;

// cosign 3 writes the same names; the last one is ours, for subjects that are no image.
constexpr std::string_view k_created = "org.opencontainers.image.created";
constexpr std::string_view k_content = "dev.sigstore.bundle.content";
constexpr std::string_view k_predicate_type = "dev.sigstore.bundle.predicateType";
constexpr std::string_view k_subject = "dev.sluice.evidence.subject";

json::Object descriptor(std::string_view media_type, const Digest& digest, std::size_t size) {
  return {{"mediaType", media_type}, {"digest", digest.oci()}, {"size", size}};
}

json::Object make_manifest(const Digest& bundle, std::size_t size, const SubjectRef& subject,
                           json::Object annotations) {
  json::Object out{{"schemaVersion", 2},
                   {"mediaType", k_manifest_media_type},
                   {"artifactType", k_bundle_type},
                   {"config", descriptor(k_empty_type, sha256(k_empty), k_empty.size())},
                   {"layers", json::Array{descriptor(k_bundle_type, bundle, size)}}};
  if (const auto digest = Digest::parse_oci(subject.key); digest && !subject.media_type.empty()) {
    out.set("subject", descriptor(subject.media_type, *digest, subject.size));
  }
  out.set("annotations", std::move(annotations));
  return out;
}

Result<Digest> digest_at(const json::Value& value) {
  return Digest::parse_oci(value.string_at("digest"));
}

// The one layer of a manifest that holds a bundle.
Result<Digest> bundle_of(const json::Value& manifest) {
  const json::Value* layers = manifest.find("layers");
  if (layers == nullptr || layers->as_array() == nullptr || layers->as_array()->size() != 1) {
    return fail(ErrorKind::invalid, "store.manifest", "the manifest has not exactly one layer");
  }
  return digest_at(layers->as_array()->front());
}

bool is_bundle_type(std::string_view type) {
  return type.starts_with("application/vnd.dev.sigstore.bundle");
}

// Nothing if the manifest is of something else than evidence.
Result<std::optional<Entry>> read_entry(const Layout& layout, const json::Value& listed) {
  Entry entry;
  entry.manifest = SLUICE_TRY(digest_at(listed));
  const Bytes bytes = SLUICE_TRY(layout.read_blob(entry.manifest, k_max_manifest_bytes));
  const json::Value* size = listed.find("size");
  if (size == nullptr || size->as_int() == nullptr ||
      *size->as_int() != static_cast<std::int64_t>(bytes.size())) {
    return fail(ErrorKind::invalid, "store.manifest",
                "the index has another size for the manifest than it has");
  }
  const json::Value manifest = SLUICE_TRY(json::parse(bytes, entry.manifest.oci()));
  if (manifest.as_object() == nullptr || manifest.string_at("mediaType").empty()) {
    return fail(ErrorKind::invalid, "store.manifest", "what the index lists is no manifest");
  }
  // The manifest's own word, not the index's: registries are known to list a wrong type.
  if (!is_bundle_type(manifest.string_at("artifactType"))) return std::optional<Entry>();
  entry.bundle = SLUICE_TRY(bundle_of(manifest));
  if (const json::Value* annotations = manifest.find("annotations")) {
    entry.subject_key = annotations->string_at(k_subject);
    entry.predicate_type = annotations->string_at(k_predicate_type);
    entry.created = annotations->string_at(k_created);
  }
  // A manifest made by another tool names its subject by the descriptor only; where there are both, they must
  // agree.
  if (const json::Value* subject = manifest.find("subject")) {
    const std::string_view digest = subject->string_at("digest");
    if (!entry.subject_key.empty() && entry.subject_key != digest) {
      return fail(ErrorKind::invalid, "store.manifest", "the manifest names two subjects");
    }
    entry.subject_key = digest;
  }
  return std::optional(std::move(entry));
}

}  // namespace

Result<EvidenceStore> EvidenceStore::open(const std::string& path, bool create) {
  const Layout layout(path);
  if (create) SLUICE_CHECK(layout.create());
  SLUICE_CHECK(layout.check());
  return EvidenceStore(path);
}

Result<Digest> EvidenceStore::put(BytesView bundle, const SubjectRef& subject,
                                  const std::string& predicate_type, std::chrono::sys_seconds created) {
  return put_all(bundle, {subject}, predicate_type, created);
}

Result<Digest> EvidenceStore::put_all(BytesView bundle, const std::vector<SubjectRef>& subjects,
                                      const std::string& predicate_type, std::chrono::sys_seconds created) {
  if (bundle.size() > k_max_evidence_bytes) {
    return fail(ErrorKind::limit, "store.too-large",
                "the evidence is larger than " + std::to_string(k_max_evidence_bytes) + " bytes");
  }
  const Layout layout(path_);
  const Digest digest = SLUICE_TRY(layout.write_blob(bundle));
  SLUICE_TRY(layout.write_blob(k_empty));
  json::Array more;
  for (const SubjectRef& subject : subjects) {
    const json::Object annotations{{std::string(k_created), format_time(created)},
                                   {std::string(k_content), "dsse-envelope"},
                                   {std::string(k_predicate_type), predicate_type},
                                   {std::string(k_subject), subject.key}};
    const Bytes manifest = json::write(make_manifest(digest, bundle.size(), subject, annotations));
    const Digest manifest_digest = SLUICE_TRY(layout.write_blob(manifest));
    json::Object listed = descriptor(k_manifest_media_type, manifest_digest, manifest.size());
    listed.set("artifactType", k_bundle_type);
    listed.set("annotations", annotations);
    more.emplace_back(std::move(listed));
  }
  SLUICE_CHECK(layout.update_index([&](json::Value& index) -> Result<bool> {
    json::Array& manifests = *index.as_object()->find("manifests")->as_array();
    std::set<std::string, std::less<>> known;
    for (const json::Value& entry : manifests) known.emplace(entry.string_at("digest"));
    bool changed = false;
    for (json::Value& entry : more) {
      if (known.contains(entry.string_at("digest"))) continue;
      if (manifests.size() >= k_max_evidence_count) {
        return fail(ErrorKind::limit, "store.full",
                    "the store holds " + std::to_string(k_max_evidence_count) + " pieces of evidence already",
                    "start a new evidence folder, or push old evidence to a registry and remove it here");
      }
      manifests.emplace_back(std::move(entry));
      changed = true;
    }
    return changed;
  }));
  return digest;
}

Result<EvidenceStore::Listing> EvidenceStore::list(const std::optional<std::string>& subject_key) const {
  const Layout layout(path_);
  const json::Value index = SLUICE_TRY(layout.read_index());
  Listing out;
  for (const json::Value& listed : *index.find("manifests")->as_array()) {
    auto entry = read_entry(layout, listed);
    if (!entry) {
      out.unreadable.push_back(std::string(listed.string_at("digest")) + ": " + entry.error().message);
    } else if (*entry && (!subject_key || (*entry)->subject_key == *subject_key)) {
      out.entries.push_back(std::move(**entry));
    }
  }
  std::sort(out.entries.begin(), out.entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.created, a.bundle, a.manifest) < std::tie(b.created, b.bundle, b.manifest);
  });
  // Stored again at another time, it is the same evidence; the first one stays.
  std::set<std::pair<Digest, std::string>> seen;
  std::erase_if(out.entries, [&seen](const Entry& entry) {
    return !seen.emplace(entry.bundle, entry.subject_key).second;
  });
  return out;
}

Result<Bytes> EvidenceStore::get(const Entry& entry) const {
  return Layout(path_).read_blob(entry.bundle, k_max_evidence_bytes);
}

}  // namespace sluice::store
