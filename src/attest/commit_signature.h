// Who signed a commit or a tag: SSH signatures by an allowed_signers file, X.509 (CMS) by roots of one's own,
// OpenPGP by a set of keys through the gpg program with a home of its own.
//
// A signature is judged at the time that the object states (committer, tagger), as git itself does: the
// validity dates of signers keep an old key from signing new history, and do not keep a stolen one from
// signing old. SHA-1 and MD5 are refused in all three kinds.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "attest/certificate.h"
#include "attest/ssh_signature.h"
#include "base/bytes.h"
#include "base/effects.h"
#include "base/result.h"

namespace sluice::attest {

struct CommitTrust {
  std::vector<AllowedSigner> ssh;
  std::vector<Certificate> x509_roots;
  Bytes openpgp_keys;                // exported public keys, armoured or not; empty: OpenPGP is not believed
  std::string gpg = "/usr/bin/gpg";  // absolute path
};

struct CommitSigner {
  std::string kind;         // "ssh", "x509", "openpgp"
  std::string name;         // principal pattern, subject alternative name, or fingerprint
  std::string fingerprint;  // of the key or certificate
};

// `kind`, `signature` and `payload` as git::read_object_signature gives them. Codes: attest.commit-unsigned,
// attest.commit-kind (a kind that is unknown, or that nothing is configured for), attest.signature,
// attest.ssh-namespace (not made for git), attest.ssh-signer, attest.commit-signature (CMS: malformed, or
// more than one signer), attest.commit-signer (no configured root or key), attest.commit-hash, attest.gpg
// (the program failed), and those of parse_ssh_signature.
[[nodiscard]] Result<CommitSigner> verify_commit_signature(std::string_view kind, BytesView signature,
                                                           BytesView payload, std::chrono::sys_seconds time,
                                                           const CommitTrust& trust, ProcessRunner& runner);

}  // namespace sluice::attest
