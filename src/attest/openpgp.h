// OpenPGP signatures, by the gpg program: OpenSSL has none of it. gpg gets a home of its own with only the
// keys that are given, so that neither the user's keyring nor their configuration nor a key server has a say;
// what it found is read from its status lines (doc/DETAILS of GnuPG), never from its messages or its exit
// status alone.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/effects.h"
#include "base/result.h"

namespace sluice::attest {

// The fingerprint of the primary key whose detached signature holds over `payload`. Codes: attest.gpg (cannot
// be run, imports nothing), attest.signature, attest.commit-signer (a key that is not among `keys`),
// attest.commit-hash, attest.key-expired, attest.key-revoked.
[[nodiscard]] Result<std::string> verify_openpgp(BytesView signature, BytesView payload, BytesView keys,
                                                 const std::string& gpg, ProcessRunner& runner);

// Reads the status lines of one verification. Exposed for tests: exactly one good signature, and not one line
// that speaks against it.
[[nodiscard]] Result<std::string> read_gpg_status(std::string_view status);

}  // namespace sluice::attest
