// Signing, storing and logging what a command attests: shared by `attest …` and `run`.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "cli/config.h"
#include "cli/context.h"
#include "cli/signer.h"
#include "sluice/subject.h"
#include "store/store.h"

namespace sluice::cli {

// --config, --key and what goes with it, --store, --ledger, --ledger-origin, --no-ledger, --bundle. A
// command that makes one statement may add --no-store.
[[nodiscard]] std::vector<OptionSpec> evidence_options();

class EvidenceWriter {
 public:
  // Reads the configuration, the key and the passphrase; touches neither store nor ledger yet, so that a long
  // command is not run in vain. Codes: cli.no-key, cli.passphrase, those of open_signing.
  [[nodiscard]] static Result<EvidenceWriter> open(const Arguments& arguments, const Context& context);

  // Signs one statement and keeps it for `finish`. Nothing that looks like a secret is signed
  // (attest.secret-in-payload).
  [[nodiscard]] Status sign(const std::vector<Subject>& subjects, const std::vector<store::SubjectRef>& refs,
                            std::string_view predicate_type, json::Object predicate);

  // Puts everything that was signed into the store, then into the ledger, in one batch; one line each. What
  // is handed out is for stdout: those lines, or the bundle itself with `--bundle -`.
  [[nodiscard]] Result<std::string> finish();

  [[nodiscard]] const Config& config() const { return config_; }

 private:
  struct Signed {
    Bytes bundle;
    std::string predicate_type;
    std::vector<store::SubjectRef> refs;
  };
  EvidenceWriter(Config config, Signing signing, const Arguments& arguments, const Context& context)
      : config_(std::move(config)), signing_(std::move(signing)), arguments_(arguments), context_(context) {}
  [[nodiscard]] Result<std::string> log();
  [[nodiscard]] Result<std::string> write_bundle(std::string told);

  Config config_;
  Signing signing_;
  const Arguments& arguments_;
  const Context& context_;
  std::vector<Signed> signed_;
};

}  // namespace sluice::cli
