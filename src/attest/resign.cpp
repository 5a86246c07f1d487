#include "attest/resign.h"

#include "attest/dsse.h"

namespace sluice::attest {

Result<Bytes> resign(BytesView bundle, const Keyring& keyring, std::chrono::sys_seconds now,
                     const SigningOptions& options) {
  const EvidenceFact fact = SLUICE_TRY(examine_evidence(bundle, keyring, now));
  if (!fact.signature.verified)
    return fail(ErrorKind::crypto, "attest.signature", "it is not signed anew: " + fact.signature.problem);
  const Bundle parsed = SLUICE_TRY(parse_bundle(bundle));
  return sign_statement(parsed.envelope()->payload, options);
}

}  // namespace sluice::attest
