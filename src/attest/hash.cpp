#include "attest/hash.h"

#include <array>
#include <string>

#include "attest/internal/openssl.h"

namespace sluice::attest {
namespace {

struct HashName {
  std::string_view name;
  std::string_view protobuf;
  const EVP_MD* (*function)();
};
constexpr std::array<HashName, 5> k_hashes{{{"sha256", "SHA2_256", EVP_sha256},
                                            {"sha384", "SHA2_384", EVP_sha384},
                                            {"sha512", "SHA2_512", EVP_sha512},
                                            {"sha3_256", "SHA3_256", EVP_sha3_256},
                                            {"sha3_384", "SHA3_384", EVP_sha3_384}}};

}  // namespace

Result<Bytes> hash(std::string_view name, BytesView data) {
  internal::prepare_openssl();
  for (const HashName& row : k_hashes) {
    if (row.name != name && row.protobuf != name) continue;
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned size = 0;
    if (EVP_Digest(data.data(), data.size(), raw.data(), &size, row.function(), nullptr) != 1) {
      return internal::crypto_failure("hashing");
    }
    return Bytes(reinterpret_cast<const char*>(raw.data()), size);
  }
  return fail(ErrorKind::unsupported, "attest.hash-unknown",
              "the hash \"" + std::string(name) + "\" is not accepted");
}

}  // namespace sluice::attest
