// Judging the signatures of the source that git described: its commit, the annotated tags at it, and every
// commit since the one that was promoted last.
//
// Time: a signature is judged at the time that the commit or tag itself states, as git does; the validity
// dates of allowed_signers and of certificates are held against that. It is its maker's own word: dates keep
// an old key from signing what says to be new, and do not keep the holder of an old key from dating a commit
// back.
#pragma once

#include <string>
#include <vector>

#include "attest/commit_signature.h"
#include "base/effects.h"
#include "cli/config.h"
#include "sluice/source_record.h"

namespace sluice::cli {

// gpg is a process for each signature; more of them are left unknown.
inline constexpr std::size_t k_max_openpgp_checks = 200;

struct TrustFiles {
  std::string allowed_signers;
  std::vector<std::string> x509_roots;
  std::string openpgp_keys;
};
// The files' digests come out in `digests` (may be null) by the names of the configuration. Codes: those of
// reading and of the formats.
[[nodiscard]] Result<attest::CommitTrust> read_trust(const TrustFiles& files,
                                                     std::map<std::string, std::string>* digests);

// Fills signature, signed_tags, range, signer_files. `folder` lies in the repository; `promoted` replaces
// what the configuration names. What cannot be judged is a state of the record; only signers' files that
// cannot be read are errors. Without a section `source` and without `promoted` nothing is done.
[[nodiscard]] Status judge_source(const Config& config, const std::string& folder,
                                  const std::string& promoted, SourceRecord& record, ProcessRunner& runner);

}  // namespace sluice::cli
