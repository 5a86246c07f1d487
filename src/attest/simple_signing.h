// Older image signatures (cosign 1 and 2, red hat's simple signing): a small JSON payload that names an image
// digest, a bare signature over it, and the rest in annotations of an OCI layer. Read only.
//
// The payload also names a repository, and verifiers are told to ignore it: a signature made for one
// repository then holds for the same digest in every other one. It is handed out here, and the caller says
// whether it must fit.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "attest/bundle.h"
#include "attest/verify_bundle.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace sluice::attest {

struct SimplePayload {
  Digest image;           // critical.image.docker-manifest-digest
  std::string reference;  // critical.identity.docker-reference
};

// Codes: attest.simple-payload, and those of json::parse.
[[nodiscard]] Result<SimplePayload> parse_simple_payload(BytesView payload);

// The layer of a cosign signature as a bundle of version 0.1: its annotations under
// "dev.cosignproject.cosign/" and "dev.sigstore.cosign/". The bundle's artifact is the payload. Codes:
// attest.simple-annotation.
[[nodiscard]] Result<Bundle> bundle_of_annotations(const std::map<std::string, std::string>& annotations);

// An attestation of cosign 1 and 2: the envelope is the layer; certificate, log entry and timestamp are its
// annotations. Exactly one signature. Codes: attest.simple-annotation, attest.bundle-signatures, those of
// parse_envelope.
[[nodiscard]] Result<Bundle> bundle_of_attestation(const std::map<std::string, std::string>& annotations,
                                                   BytesView envelope);

struct SimpleExpectations {
  Digest image;
  std::optional<std::string> reference;  // if given, the payload must be of this repository, exactly
};

// All in one: signature, log, certificate as in verify_bundle (options.artifact is set here), then the
// payload. Codes, besides those: attest.subject-mismatch, attest.simple-reference.
[[nodiscard]] Result<VerifiedBundle> verify_simple_signing(
    const std::map<std::string, std::string>& annotations, BytesView payload, const TrustedRoot* root,
    BundleOptions options, const SimpleExpectations& expected);

}  // namespace sluice::attest
