// The trusted root: the logs, certificate authorities and timestamp authorities that a verifier believes,
// each with the time in which it may be believed (sigstore/protobuf-specs, TrustedRoot v0.1 and v0.2).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/certificate.h"
#include "attest/keys.h"
#include "attest/moment.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_trusted_root_bytes = 4u << 20;
inline constexpr std::size_t k_max_trusted_items = 256;  // of each kind

struct TrustedLog {
  std::string base_url;
  std::string host;  // of base_url: the name that a Rekor v2 log signs its checkpoints with
  std::optional<PublicKey>
      key;  // none if its algorithm is one that we do not have: then nothing by it verifies
  std::optional<TimeRange> valid;  // none: always
  Bytes log_id;                    // raw
  Bytes checkpoint_key_id;         // 4 bytes
};

struct TrustedAuthority {
  std::string uri;
  std::vector<Certificate>
      certificates;  // from the leaf or lowest intermediate up to the root, which is last
  TimeRange valid;
};

struct TrustedRoot {
  std::vector<TrustedLog> tlogs;
  std::vector<TrustedLog> ctlogs;
  std::vector<TrustedAuthority> certificate_authorities;
  std::vector<TrustedAuthority> timestamp_authorities;
};

// Strict: an unknown member is refused, since it could be a restriction that we would silently drop; an
// authority without the start of its validity is malformed. Codes: attest.trusted-root,
// attest.trusted-root-media-type, -field, -base64, -limit, -time, -key, -certificate.
[[nodiscard]] Result<TrustedRoot> parse_trusted_root(std::string_view text);

}  // namespace sluice::attest
