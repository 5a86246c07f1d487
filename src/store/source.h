// Source: manifests, blobs and referrers, wherever they lie: in an OCI layout folder or in a registry.
//
// Everything by digest has been checked against it. What is found under a tag or as a referrer is a hint; its
// manifest says what it is, and only a verified signature says whether that is true.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "remote/answers.h"
#include "remote/registry.h"

namespace sluice::store {

class Source {
 public:
  virtual ~Source() = default;
  // By "sha256:…" or by tag; nothing if there is none.
  [[nodiscard]] virtual Result<std::optional<remote::Manifest>> find(const std::string& wanted) = 0;
  [[nodiscard]] virtual Result<Bytes> blob(const Digest& digest, std::uint64_t max_bytes) = 0;
  // Of manifests whose `subject` is the digest, by what the source lists.
  [[nodiscard]] virtual Result<std::vector<remote::Descriptor>> referrers(const Digest& subject) = 0;
  [[nodiscard]] virtual const std::string& name() const = 0;  // for messages
};

// `registry` must outlive the source.
[[nodiscard]] std::unique_ptr<Source> source_of_registry(remote::Registry& registry);
// Codes: as of Layout::check.
[[nodiscard]] Result<std::unique_ptr<Source>> source_of_layout(const std::string& folder);

}  // namespace sluice::store
