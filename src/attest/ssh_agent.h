// ssh-agent as a signer (draft-miller-ssh-agent): people sign with the key that they log in with, and the key
// never leaves the agent. One request at a time, over the agent's socket, with a deadline.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "attest/keys.h"
#include "attest/ssh_signature.h"
#include "base/file.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_agent_message = 256u << 10;
inline constexpr std::chrono::seconds k_agent_deadline{60};  // a person may have to confirm

struct AgentKey {
  SshPublicKey key;
  std::string comment;
};

class SshAgent {
 public:
  // `socket` as in SSH_AUTH_SOCK; an absolute path. Codes: attest.agent (cannot be reached, answers out of
  // turn), attest.agent-size.
  [[nodiscard]] static Result<SshAgent> connect(const std::string& socket);

  // Keys of types that are not supported (security keys, certificates) are left out.
  [[nodiscard]] Result<std::vector<AgentKey>> list() const;

  // In the form that PublicKey::verify takes. Code: attest.agent-refused (locked, not confirmed, no such
  // key).
  [[nodiscard]] Result<Bytes> sign(const SshPublicKey& key, BytesView message) const;

 private:
  explicit SshAgent(Fd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] Result<Bytes> ask(BytesView request) const;
  Fd socket_;
};

class AgentSigner final : public Signer {
 public:
  // `which` is the key's fingerprint ("SHA256:…") or its whole comment; empty if the agent has just one key.
  // Codes: attest.agent-key (none, or more than one fits), and those above.
  [[nodiscard]] static Result<std::unique_ptr<AgentSigner>> open(const std::string& socket,
                                                                 std::string_view which);
  [[nodiscard]] const PublicKey& public_key() const override { return key_.key; }
  [[nodiscard]] Result<Bytes> sign(BytesView message) const override;

 private:
  AgentSigner(SshAgent agent, SshPublicKey key) : agent_(std::move(agent)), key_(std::move(key)) {}
  SshAgent agent_;
  SshPublicKey key_;
};

}  // namespace sluice::attest
