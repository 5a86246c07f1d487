// RFC 3161 timestamps: a token that an authority of the trusted root made over a signature.
#pragma once

#include <string>
#include <vector>

#include "attest/moment.h"
#include "attest/trusted_root.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

struct VerifiedTimestamp {
  Moment time;
  std::string authority;  // its URI
};

// `response` is a DER TimeStampResp whose message imprint must be that of `signature`. The token must be
// signed by exactly the authority's timestamping certificate (the one configured; the token need not carry
// it), whose chain must hold at the token's time, which must lie in the authority's validity. Codes:
// attest.timestamp (malformed, or not granted), attest.timestamp-imprint, attest.timestamp-untrusted,
// attest.timestamp-time.
[[nodiscard]] Result<VerifiedTimestamp> verify_timestamp(BytesView response, BytesView signature,
                                                         const std::vector<TrustedAuthority>& authorities);

}  // namespace sluice::attest
