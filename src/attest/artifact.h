// The artifact that a signature is about: its bytes, or only its SHA-256 when the bytes are not at hand.
#pragma once

#include <optional>

#include "attest/digest_set.h"
#include "attest/hash.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace sluice::attest {

class Artifact {
 public:
  // `bytes` must outlive the artifact.
  [[nodiscard]] static Artifact of_bytes(BytesView bytes) { return Artifact(bytes, sluice::sha256(bytes)); }
  [[nodiscard]] static Artifact of_digest(const Digest& digest) { return Artifact(std::nullopt, digest); }

  [[nodiscard]] const std::optional<BytesView>& bytes() const { return bytes_; }
  [[nodiscard]] const Digest& sha256() const { return sha256_; }

  // Raw digest by the hash of that name. Codes: attest.hash-unknown, attest.needs-message.
  [[nodiscard]] Result<Bytes> digest(std::string_view hash_name) const;

  // Digests by the hashes that subjects use (sha256, sha384, sha512), as many as are known.
  [[nodiscard]] Result<DigestSet> digest_set() const;

 private:
  Artifact(std::optional<BytesView> bytes, const Digest& sha256) : bytes_(bytes), sha256_(sha256) {}
  std::optional<BytesView> bytes_;
  Digest sha256_;
};

}  // namespace sluice::attest
