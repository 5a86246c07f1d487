// Keys in a key management service, through Sigstore's plugin protocol (sigstore/sigstore,
// pkg/signature/kms/cliplugin, version 1): a program `sigstore-kms-NAME` that signs with the key NAME://ID.
//
// The program is named by its absolute path and never searched for: whoever could put a file into a folder of
// PATH could else see and change what is signed. Its signature is checked before it is used.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "attest/keys.h"
#include "base/effects.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_kms_answer = 256u << 10;
inline constexpr std::chrono::seconds k_kms_deadline{60};

struct KmsOptions {
  std::string plugin;       // absolute path; its name must be sigstore-kms-NAME
  std::string key;          // "NAME://…"
  Environment environment;  // handed to the plugin, which needs the service's credentials
};

class KmsSigner final : public Signer {
 public:
  // Asks for the public key. Refers to the runner. Codes: attest.kms-plugin (no absolute path, another name,
  // cannot be run), attest.kms-answer (no answer of the protocol, or one that does not hold), attest.kms (the
  // plugin's own error).
  [[nodiscard]] static Result<std::unique_ptr<KmsSigner>> open(KmsOptions options, ProcessRunner& runner);
  [[nodiscard]] const PublicKey& public_key() const override { return key_; }
  [[nodiscard]] Result<Bytes> sign(BytesView message) const override;

 private:
  KmsSigner(KmsOptions options, ProcessRunner& runner, PublicKey key)
      : options_(std::move(options)), runner_(&runner), key_(std::move(key)) {}
  KmsOptions options_;
  ProcessRunner* runner_;
  PublicKey key_;
};

}  // namespace sluice::attest
