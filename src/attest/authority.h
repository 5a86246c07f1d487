// A private certificate authority: a root, an intermediate that issues signing certificates, and a timestamp
// authority, with the trusted root that verifiers of any make need. For organisations that want certificates
// (identity and short life) without a public service.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "attest/certificate.h"
#include "attest/keys.h"
#include "attest/trusted_root.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::chrono::days k_authority_lifetime{3650};
inline constexpr std::chrono::days k_max_leaf_lifetime{825};

struct AuthorityRequest {
  std::string organization;  // in the subjects' names
  std::chrono::sys_seconds not_before{};
  std::chrono::seconds lifetime = k_authority_lifetime;
};

struct Authority {
  PrivateKey root_key;  // needed only to renew the other two: keep it offline
  PrivateKey issuing_key;
  PrivateKey timestamp_key;
  Certificate root;
  Certificate issuing;
  Certificate timestamp;
};
// Three fresh P-256 keys. Code: attest.authority (an empty name, no lifetime).
[[nodiscard]] Result<Authority> make_authority(const AuthorityRequest& request);

struct LeafRequest {
  PublicKey key;
  std::string
      identity;        // "https://ci.example/project" or "release@example.com": the subject alternative name
  std::string issuer;  // URL of whoever vouches for the identity (Fulcio's extension .8)
  std::chrono::sys_seconds not_before{};
  std::chrono::seconds lifetime{};
};
// A certificate for code signing. It never outlives its issuer. Codes: attest.authority (no identity or
// issuer, control characters in them, no or too long a lifetime, outside of the issuer's validity).
[[nodiscard]] Result<Certificate> issue_certificate(const LeafRequest& request, const Certificate& issuing,
                                                    const PrivateKey& issuing_key);

// JSON of the trusted root (version 0.1), as parse_trusted_root and other verifiers read it.
[[nodiscard]] std::string write_trusted_root(const TrustedRoot& root);
[[nodiscard]] TrustedRoot trusted_root_of(const Authority& authority, const AuthorityRequest& request);

}  // namespace sluice::attest
