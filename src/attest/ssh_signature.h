// SSH signatures (SSHSIG, OpenSSH's PROTOCOL.sshsig): what `git commit -S` and `ssh-keygen -Y sign` make with
// an SSH key, and who may make them (allowed_signers, ssh-keygen(1)).
//
// The namespace is part of what is signed and is always demanded: a signature made for a file must not count
// for a commit, nor the other way round (GitLab once forgot, gitlab#386047).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attest/keys.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_ssh_signature_bytes = 64u << 10;
inline constexpr std::size_t k_max_allowed_signers_bytes = 4u << 20;

// An SSH public key. Types: ssh-ed25519, ecdsa-sha2-nistp256, -nistp384, -nistp521, ssh-rsa (2048 bits and
// more).
struct SshPublicKey {
  std::string type;
  Bytes blob;  // wire form; two keys are the same if their blobs are
  PublicKey key;
  [[nodiscard]] std::string fingerprint() const;  // "SHA256:…", as ssh-keygen prints it
};

// Wire form of a key. Codes: attest.ssh-key, and those of PublicKey::from_der.
[[nodiscard]] Result<SshPublicKey> parse_ssh_public_key(BytesView blob);

struct SshSignature {
  SshPublicKey signer;
  std::string name_space;
  std::string hash;       // "sha256" or "sha512"
  std::string algorithm;  // "ssh-ed25519", "rsa-sha2-512", …
  Bytes signature;
};

// The armoured form. Codes: attest.ssh-signature (malformed), attest.ssh-algorithm (SHA-1, security keys,
// DSA, …).
[[nodiscard]] Result<SshSignature> parse_ssh_signature(std::string_view armoured);

// The signature holds over `message` in this namespace. Says nothing about who the signer is.
// Codes: attest.ssh-namespace, attest.signature.
[[nodiscard]] Status verify_ssh_signature(const SshSignature& signature, BytesView message,
                                          std::string_view name_space);

// The SSH form of a public key. Code: attest.ssh-algorithm (RSA-PSS keys have none).
[[nodiscard]] Result<SshPublicKey> ssh_public_key(const PublicKey& key);

// The inner signature of SSH's wire form (algorithm, value) as PublicKey::verify takes it, if it is of the
// algorithm that goes with the key: RSA with SHA-256, ECDSA with the curve's own hash, Ed25519. Codes:
// attest.ssh-wire, attest.ssh-algorithm.
[[nodiscard]] Result<Bytes> usable_ssh_signature(const SshPublicKey& key, BytesView wire);

// Signs `message` in the namespace (never empty), as `ssh-keygen -Y sign` does; armoured. Codes:
// attest.ssh-namespace, attest.ssh-algorithm, and those of the signer.
[[nodiscard]] Result<std::string> make_ssh_signature(const Signer& signer, BytesView message,
                                                     std::string_view name_space);

// An "OPENSSH PRIVATE KEY" file (PROTOCOL.key), plain or encrypted with bcrypt and aes256-ctr, aes256-cbc or
// aes256-gcm. A passphrase is required for encrypted ones (attest.passphrase-missing) and refused for plain
// ones (attest.passphrase-unused). Codes, besides these: attest.ssh-key, attest.ssh-algorithm,
// attest.key-encryption (another cipher), attest.key-cost, attest.passphrase-wrong.
[[nodiscard]] Result<PrivateKey> parse_ssh_private_key(std::string_view pem,
                                                       const SecretBytes* passphrase = nullptr);

// One line of an allowed_signers file.
struct AllowedSigner {
  std::vector<std::string> principals;  // patterns with * and ?, a leading "!" negates
  std::vector<std::string> namespaces;  // patterns; empty = all
  std::optional<std::chrono::sys_seconds> valid_after;
  std::optional<std::chrono::sys_seconds> valid_before;  // inclusive, as in ssh-keygen
  SshPublicKey key;
};

// Lines with `cert-authority` are refused (attest.ssh-unsupported): certificates are not read, and skipping
// the line would silently change who may sign. Times without "Z" are in local time for ssh-keygen; here they
// must have it, since a verdict may not depend on the machine's time zone. Code: attest.allowed-signers, with
// the line.
[[nodiscard]] Result<std::vector<AllowedSigner>> parse_allowed_signers(std::string_view text,
                                                                       std::string_view name);

// The signer of a verified signature, as the file names them: the first principal pattern of the line that
// allows this key, in this namespace, at this time. Code: attest.ssh-signer.
[[nodiscard]] Result<std::string> allowed_principal(const std::vector<AllowedSigner>& allowed,
                                                    const SshSignature& signature,
                                                    std::chrono::sys_seconds time);

}  // namespace sluice::attest
