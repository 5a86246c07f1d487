#include "attest/artifact.h"

namespace sluice::attest {

Result<Bytes> Artifact::digest(std::string_view hash_name) const {
  if (hash_name == "sha256" || hash_name == "SHA2_256") {
    return Bytes(reinterpret_cast<const char*>(sha256_.raw().data()), sha256_.raw().size());
  }
  if (bytes_) return hash(hash_name, *bytes_);
  return fail(
      ErrorKind::crypto, "attest.needs-message",
      "the digest " + std::string(hash_name) + " of the artifact is needed, and only its SHA-256 is known",
      "give the file itself");
}

Result<DigestSet> Artifact::digest_set() const {
  DigestSet out{{"sha256", sha256_.hex()}};
  if (!bytes_) return out;
  for (const char* name : {"sha384", "sha512"}) {
    const Bytes raw = SLUICE_TRY(hash(name, *bytes_));
    out.emplace(name, to_hex(raw));
  }
  return out;
}

}  // namespace sluice::attest
