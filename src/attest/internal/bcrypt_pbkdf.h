// The key derivation of OpenSSH's encrypted private keys: PBKDF2's shape around bcrypt (OpenBSD's
// bcrypt_pbkdf(3)). No library of Debian's has it but Botan, which would be a second crypto library for this
// alone. Private to src/attest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "attest/secret_bytes.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest::internal {

inline constexpr std::size_t k_blowfish_words = 18 + 4 * 256;
extern const std::array<std::uint32_t, k_blowfish_words> k_pi_fraction;

// What reading a key file may cost: about two milliseconds a round. ssh-keygen's default is 16 or 24.
inline constexpr std::uint32_t k_max_bcrypt_rounds = 1024;
inline constexpr std::size_t k_max_bcrypt_salt = 1024;
inline constexpr std::size_t k_max_bcrypt_key = 256;

// `size` bytes of key. Codes: attest.key-cost (too many rounds), attest.key-format (no rounds, no passphrase,
// salt or size out of bounds).
[[nodiscard]] Result<SecretBytes> bcrypt_pbkdf(std::string_view passphrase, BytesView salt,
                                               std::uint32_t rounds, std::size_t size);

}  // namespace sluice::attest::internal
