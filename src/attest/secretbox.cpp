#include "attest/secretbox.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <bit>
#include <cstdint>

#include "attest/internal/openssl.h"

namespace sluice::attest {
namespace {

constexpr std::size_t k_key_bytes = 32;
constexpr std::size_t k_nonce_bytes = 24;
constexpr std::size_t k_tag_bytes = 16;
constexpr std::size_t k_block_bytes = 64;

using Words = std::array<std::uint32_t, 16>;
using Block = std::array<unsigned char, k_block_bytes>;

[[nodiscard]] std::uint32_t load(BytesView bytes, std::size_t at) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < 4; ++i)
    out |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return out;
}

void store(unsigned char* out, std::uint32_t word) {
  for (unsigned i = 0; i < 4; ++i) out[i] = static_cast<unsigned char>(word >> (8 * i));
}

// "expand 32-byte k" on the diagonal, the key around it, 16 bytes of input in the middle.
[[nodiscard]] Words start(BytesView key, BytesView input) {
  return {0x61707865,     load(key, 0),   load(key, 4),   load(key, 8),    load(key, 12), 0x3320646e,
          load(input, 0), load(input, 4), load(input, 8), load(input, 12), 0x79622d32,    load(key, 16),
          load(key, 20),  load(key, 24),  load(key, 28),  0x6b206574};
}

void quarter(Words& x, std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
  x[b] ^= std::rotl(x[a] + x[d], 7);
  x[c] ^= std::rotl(x[b] + x[a], 9);
  x[d] ^= std::rotl(x[c] + x[b], 13);
  x[a] ^= std::rotl(x[d] + x[c], 18);
}

void twenty_rounds(Words& x) {
  for (int i = 0; i < 10; ++i) {
    quarter(x, 0, 4, 8, 12);
    quarter(x, 5, 9, 13, 1);
    quarter(x, 10, 14, 2, 6);
    quarter(x, 15, 3, 7, 11);
    quarter(x, 0, 1, 2, 3);
    quarter(x, 5, 6, 7, 4);
    quarter(x, 10, 11, 8, 9);
    quarter(x, 15, 12, 13, 14);
  }
}

// HSalsa20: the key of this box, from the key and the first 16 bytes of the nonce.
[[nodiscard]] SecretBytes subkey(BytesView key, BytesView nonce) {
  Words x = start(key, nonce);
  twenty_rounds(x);
  constexpr std::array<std::size_t, 8> k_kept{0, 5, 10, 15, 6, 7, 8, 9};
  std::array<unsigned char, k_key_bytes> out{};
  for (std::size_t i = 0; i < k_kept.size(); ++i) store(&out[4 * i], x[k_kept[i]]);
  SecretBytes secret(BytesView(reinterpret_cast<const char*>(out.data()), out.size()));
  OPENSSL_cleanse(out.data(), out.size());
  OPENSSL_cleanse(x.data(), sizeof(x));
  return secret;
}

// The `counter`th 64 bytes of the key stream.
[[nodiscard]] Block stream(BytesView key, BytesView nonce8, std::uint64_t counter) {
  std::array<char, 16> input{};
  for (std::size_t i = 0; i < 8; ++i) {
    input[i] = nonce8[i];
    input[8 + i] = static_cast<char>(counter >> (8 * i));
  }
  const Words before = start(key, BytesView(input.data(), input.size()));
  Words x = before;
  twenty_rounds(x);
  Block out{};
  for (std::size_t i = 0; i < x.size(); ++i) store(&out[4 * i], x[i] + before[i]);
  return out;
}

[[nodiscard]] bool authentic(BytesView key, BytesView message, BytesView tag) {
  const internal::Owned<EVP_MAC, EVP_MAC_free> algorithm(EVP_MAC_fetch(nullptr, "POLY1305", nullptr));
  const internal::Owned<EVP_MAC_CTX, EVP_MAC_CTX_free> context(algorithm ? EVP_MAC_CTX_new(algorithm.get())
                                                                         : nullptr);
  std::array<unsigned char, k_tag_bytes> out{};
  std::size_t size = 0;
  return context && EVP_MAC_init(context.get(), internal::bytes_of(key), key.size(), nullptr) == 1 &&
         EVP_MAC_update(context.get(), internal::bytes_of(message), message.size()) == 1 &&
         EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1 && size == tag.size() &&
         CRYPTO_memcmp(out.data(), tag.data(), size) == 0;
}

}  // namespace

Result<SecretBytes> open_secretbox(BytesView key, BytesView nonce, BytesView box) {
  if (key.size() != k_key_bytes || nonce.size() != k_nonce_bytes || box.size() < k_tag_bytes) {
    return fail(ErrorKind::invalid, "attest.secretbox", "the sealed box has wrong sizes");
  }
  internal::prepare_openssl();
  const SecretBytes inner = subkey(key, nonce.substr(0, 16));
  const BytesView rest = nonce.substr(16);
  const BytesView text = box.substr(k_tag_bytes);

  // The first 32 bytes of the stream are the authenticator's key; the message begins right after them.
  Block block = stream(inner.view(), rest, 0);
  const SecretBytes mac_key(BytesView(reinterpret_cast<const char*>(block.data()), 32));
  if (!authentic(mac_key.view(), text, box.substr(0, k_tag_bytes))) {
    OPENSSL_cleanse(block.data(), block.size());
    return fail(ErrorKind::crypto, "attest.secretbox", "the sealed box does not open with this key");
  }
  Bytes out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t at = i + 32;
    if (at % k_block_bytes == 0) block = stream(inner.view(), rest, at / k_block_bytes);
    out[i] = static_cast<char>(static_cast<unsigned char>(out[i]) ^ block[at % k_block_bytes]);
  }
  OPENSSL_cleanse(block.data(), block.size());
  SecretBytes secret(out);
  wipe(out);
  return secret;
}

}  // namespace sluice::attest
