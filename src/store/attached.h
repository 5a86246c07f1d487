// What is attached to an image: attestations and signatures, by every way that tools attach them.
//
//   referrers      Sigstore bundles (cosign 3, actions/attest, ours), notation signatures
//   sha256-….att   DSSE envelopes, one a layer (cosign 1 and 2)
//   sha256-….sig   simple-signing payloads with the signature in annotations (cosign 1 and 2)
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/source.h"

namespace sluice::store {

inline constexpr std::size_t k_max_attached = 1000;                // pieces of one image …
inline constexpr std::uint64_t k_max_attached_bytes = 256u << 20;  // … and their bytes in all

enum class AttachedKind : std::uint8_t { bundle, envelope, simple_signing, notation, other };
[[nodiscard]] std::string_view to_string(AttachedKind kind);

struct Attached {
  AttachedKind kind = AttachedKind::other;
  Bytes bytes;                                     // of the layer; empty for `other`
  std::string media_type;                          // of the layer
  Digest digest;                                   // of the bytes
  Digest manifest;                                 // that holds it
  std::map<std::string, std::string> annotations;  // of the layer
};

struct AttachedList {
  std::vector<Attached> items;          // by manifest, then by layer
  std::vector<std::string> unreadable;  // one line each, never left out in silence
};

// Code: store.too-many; what one piece lacks is `unreadable`. A referrer whose manifest names another subject
// is unreadable too: the list it came from lied.
[[nodiscard]] Result<AttachedList> collect_attached(Source& source, const Digest& subject);

}  // namespace sluice::store
