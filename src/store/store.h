// EvidenceStore: signed evidence, kept as an OCI image layout folder, so that pushing it to a registry is a
// copy.
//
// Each piece of evidence is one Sigstore bundle: a manifest with artifactType = the bundle's media type, the
// empty config, one layer (the bundle), `subject` when the evidence is about an image, and annotations that
// tell the predicate type (OCI distribution spec 1.1, referrers; annotation names as cosign 3 writes them).
// What a manifest or an annotation says is a hint for finding things: only a verified bundle says anything.
// Other artifacts and images may lie in the same layout; they are no evidence and are passed over.
//
// index.json is replaced atomically under a lock, so concurrent writers lose nothing. Reading is strict:
// every blob is checked against its digest, links are refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace sluice::store {

inline constexpr std::size_t k_max_evidence_bytes = 48u << 20;  // one bundle
inline constexpr std::size_t k_max_evidence_count = 100'000;    // pieces in one store

// What a piece of evidence is about, for finding it again.
struct SubjectRef {
  std::string key;  // "sha256:…" of an image manifest, or "gitTree:…" of a source tree
  // Of an image manifest, for the `subject` descriptor; absent for trees.
  std::string media_type;
  std::uint64_t size = 0;
};

struct Entry {
  Digest bundle;               // of the stored bytes: the evidence's own digest
  Digest manifest;             // of the manifest that holds it
  std::string subject_key;     // as SubjectRef::key; a hint
  std::string predicate_type;  // a hint
  std::string created;         // RFC 3339; a hint
};

class EvidenceStore {
 public:
  // Opens the folder, making an empty layout if it does not exist (`create`). Codes: store.not-found,
  // store.format, store.link.
  [[nodiscard]] static Result<EvidenceStore> open(const std::string& path, bool create);

  // Stores a bundle; the same bytes about the same subject are listed once, however often they are stored.
  // Returns the bundle's digest.
  [[nodiscard]] Result<Digest> put(BytesView bundle, const SubjectRef& subject,
                                   const std::string& predicate_type, std::chrono::sys_seconds created);

  // The same about several subjects, listed under each, in one change of the index.
  [[nodiscard]] Result<Digest> put_all(BytesView bundle, const std::vector<SubjectRef>& subjects,
                                       const std::string& predicate_type, std::chrono::sys_seconds created);

  // All entries, or those about one subject, oldest first (by created, then digest). What cannot be read is
  // listed in `unreadable`, one line each, and never left out in silence. Codes: store.index.
  struct Listing {
    std::vector<Entry> entries;
    std::vector<std::string> unreadable;
  };
  [[nodiscard]] Result<Listing> list(const std::optional<std::string>& subject_key = std::nullopt) const;

  // The bundle's bytes, checked against its digest. Codes: store.missing, store.digest, store.too-large.
  [[nodiscard]] Result<Bytes> get(const Entry& entry) const;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit EvidenceStore(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace sluice::store
