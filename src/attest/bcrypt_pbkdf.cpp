#include "attest/internal/bcrypt_pbkdf.h"

#include <algorithm>

#include "attest/internal/openssl.h"

namespace sluice::attest::internal {
namespace {

constexpr std::size_t k_schedule = 18;
constexpr std::size_t k_box = 256;
constexpr std::size_t k_hash_bytes = 32;
constexpr std::size_t k_sha512_bytes = 64;
constexpr int k_expansions = 64;
constexpr std::string_view k_magic = "OxychromaticBlowfishSwatDynamite";

using Sha512 = std::array<unsigned char, k_sha512_bytes>;
using Hash = std::array<unsigned char, k_hash_bytes>;

// Reads big-endian words round and round.
class Words {
 public:
  explicit Words(const Sha512& bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint32_t next() {
    std::uint32_t out = 0;
    for (int i = 0; i < 4; ++i) {
      out = out << 8 | bytes_[at_];
      at_ = (at_ + 1) % bytes_.size();
    }
    return out;
  }

 private:
  const Sha512& bytes_;
  std::size_t at_ = 0;
};

// Blowfish with bcrypt's expensive key schedule. Wiped when it goes.
class Blowfish {
 public:
  Blowfish() : words_(k_pi_fraction) {}
  ~Blowfish() { OPENSSL_cleanse(words_.data(), sizeof words_); }
  Blowfish(const Blowfish&) = delete;
  Blowfish& operator=(const Blowfish&) = delete;

  void encrypt(std::uint32_t& left, std::uint32_t& right) const {
    std::uint32_t l = left;
    std::uint32_t r = right;
    for (std::size_t i = 0; i < 16; i += 2) {
      l ^= words_[i];
      r ^= round(l) ^ words_[i + 1];
      l ^= round(r);
    }
    left = r ^ words_[17];
    right = l ^ words_[16];
  }

  // `salt` is mixed into what is encrypted; null: nothing is.
  void expand(const Sha512& key, const Sha512* salt) {
    Words from_key(key);
    for (std::size_t i = 0; i < k_schedule; ++i) words_[i] ^= from_key.next();
    static constexpr Sha512 k_nothing{};
    Words from_salt(salt != nullptr ? *salt : k_nothing);
    std::uint32_t left = 0;
    std::uint32_t right = 0;
    for (std::size_t i = 0; i < words_.size(); i += 2) {
      if (salt != nullptr) {
        left ^= from_salt.next();
        right ^= from_salt.next();
      }
      encrypt(left, right);
      words_[i] = left;
      words_[i + 1] = right;
    }
  }

 private:
  [[nodiscard]] std::uint32_t round(std::uint32_t x) const {
    const std::uint32_t* box = words_.data() + k_schedule;
    return ((box[x >> 24] + box[k_box + (x >> 16 & 0xff)]) ^ box[2 * k_box + (x >> 8 & 0xff)]) +
           box[3 * k_box + (x & 0xff)];
  }

  std::array<std::uint32_t, k_blowfish_words> words_;
};

[[nodiscard]] Hash bcrypt_hash(const Sha512& pass, const Sha512& salt) {
  Blowfish cipher;
  cipher.expand(pass, &salt);
  for (int i = 0; i < k_expansions; ++i) {
    cipher.expand(salt, nullptr);
    cipher.expand(pass, nullptr);
  }
  Hash out{};
  for (std::size_t block = 0; block < k_hash_bytes; block += 8) {
    std::array<std::uint32_t, 2> halves{};
    for (std::size_t i = 0; i < 8; ++i)
      halves.at(i / 4) = halves.at(i / 4) << 8 | static_cast<unsigned char>(k_magic[block + i]);
    for (int i = 0; i < k_expansions; ++i) cipher.encrypt(halves[0], halves[1]);
    for (std::size_t i = 0; i < 8; ++i)
      out.at(block + i) = static_cast<unsigned char>(halves.at(i / 4) >> (8 * (i % 4)));
  }
  return out;
}

[[nodiscard]] bool sha512(BytesView bytes, Sha512& out) {
  return EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha512(), nullptr) == 1;
}

// One block of output: the hashes of `rounds` salts, each the digest of the hash before, added up.
[[nodiscard]] bool derive_block(const Sha512& pass, BytesView first_salt, std::uint32_t rounds, Hash& out) {
  Sha512 salt{};
  if (!sha512(first_salt, salt)) return false;
  Hash hash = bcrypt_hash(pass, salt);
  out = hash;
  for (std::uint32_t i = 1; i < rounds; ++i) {
    if (!sha512(BytesView(reinterpret_cast<const char*>(hash.data()), hash.size()), salt)) return false;
    hash = bcrypt_hash(pass, salt);
    for (std::size_t j = 0; j < out.size(); ++j) out[j] ^= hash[j];
  }
  OPENSSL_cleanse(hash.data(), hash.size());
  return true;
}

[[nodiscard]] Status check(std::string_view passphrase, BytesView salt, std::uint32_t rounds,
                           std::size_t size) {
  if (rounds > k_max_bcrypt_rounds) {
    return fail(ErrorKind::limit, "attest.key-cost",
                "the key file asks for too much work: " + std::to_string(rounds) + " bcrypt rounds");
  }
  const bool sound = rounds > 0 && !passphrase.empty() && !salt.empty() && salt.size() <= k_max_bcrypt_salt &&
                     size > 0 && size <= k_max_bcrypt_key;
  if (sound) return {};
  return fail(ErrorKind::invalid, "attest.key-format", "the parameters of the key derivation are not right");
}

}  // namespace

Result<SecretBytes> bcrypt_pbkdf(std::string_view passphrase, BytesView salt, std::uint32_t rounds,
                                 std::size_t size) {
  SLUICE_CHECK(check(passphrase, salt, rounds, size));
  Sha512 pass{};
  if (!sha512(passphrase, pass)) return crypto_failure("hashing");
  // The bytes of each block are spread over the whole key.
  const std::size_t blocks = (size + k_hash_bytes - 1) / k_hash_bytes;
  Bytes key(size, '\0');
  Hash block{};
  bool done = true;
  for (std::size_t n = 0; n < blocks && done; ++n) {
    const auto number = static_cast<char>(n + 1);
    done = derive_block(pass, Bytes(salt) + Bytes(3, '\0') + number, rounds, block);
    for (std::size_t i = 0; i * blocks + n < size && i < block.size(); ++i)
      key[i * blocks + n] = static_cast<char>(block[i]);
  }
  OPENSSL_cleanse(pass.data(), pass.size());
  OPENSSL_cleanse(block.data(), block.size());
  SecretBytes out(done ? BytesView(key) : BytesView());
  wipe(key);
  if (!done) return crypto_failure("hashing");
  return out;
}

}  // namespace sluice::attest::internal
