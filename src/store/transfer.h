// Copies between OCI layout folders and registries: images to test, evidence to publish and to fetch.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "remote/registry.h"
#include "store/store.h"

namespace sluice::store {

// Which images of an index are wanted, by the `platform` of their descriptor.
using WantsPlatform = std::function<bool(std::string_view os, std::string_view architecture)>;

inline constexpr int k_max_pull_depth = 4;                 // index in index
inline constexpr std::size_t k_max_pull_manifests = 1000;  // of one index

// Copies an image or index into a layout folder, which is made if it is not there, and lists it in
// index.json. Of an index everything is copied that `wants`; of the other images only the manifest, so that
// the index stays whole. Returns the digest of what `wanted` (a tag or digest) is. Codes: store.pull-depth,
// those of Registry.
[[nodiscard]] Result<Digest> pull_image(remote::Registry& registry, const std::string& wanted,
                                        const std::string& folder, const WantsPlatform& wants);

// Copies an image or index of a layout folder to the registry, under `tag` if one is given. Code:
// store.missing.
[[nodiscard]] Status push_image(const std::string& folder, const Digest& image, remote::Registry& registry,
                                const std::string& tag);

struct Transfer {
  std::vector<Digest> copied;           // manifests of evidence
  std::vector<std::string> unreadable;  // one line each
};

// Evidence about an image becomes a referrer of it; evidence about a tree is found again by a tag that is
// made of the tree's digest. What is there already is not sent again.
[[nodiscard]] Result<Transfer> push_evidence(const EvidenceStore& evidence, remote::Registry& registry,
                                             const std::optional<std::string>& subject_key);

// The Sigstore bundles about an image, or about a tree ("gitTree:…"), into the store. Nothing is believed of
// them: they are verified when they are used.
[[nodiscard]] Result<Transfer> pull_evidence(remote::Registry& registry, const std::string& subject_key,
                                             EvidenceStore& evidence);

}  // namespace sluice::store
