// Ownership of OpenSSL's objects, and the few helpers that every file here needs. Private to src/attest.
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::attest::internal {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

using PkeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using PkeyCtxPtr = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using MdCtxPtr = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Pkcs8Ptr = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using SigPtr = Owned<X509_SIG, X509_SIG_free>;
using AlgorPtr = Owned<X509_ALGOR, X509_ALGOR_free>;
using X509Ptr = Owned<X509, X509_free>;
using X509StorePtr = Owned<X509_STORE, X509_STORE_free>;
using X509StoreCtxPtr = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
using TsRespPtr = Owned<TS_RESP, TS_RESP_free>;

// A stack that owns the certificates in it.
inline void free_x509_stack(STACK_OF(X509) * stack) {
  sk_X509_pop_free(stack, X509_free);
}
using X509StackPtr = Owned<STACK_OF(X509), free_x509_stack>;
// A stack that only refers to certificates owned elsewhere.
inline void free_x509_stack_only(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}
using X509RefStackPtr = Owned<STACK_OF(X509), free_x509_stack_only>;

// Called before the first use of OpenSSL on every way in: no openssl.cnf is read, so neither a file nor
// OPENSSL_CONF of the job may change which code signs or checks a signature.
// The generator is Hash_DRBG instead of CTR_DRBG (both SP 800-90A, both seeded by the kernel): the latter has
// OpenSSL fetch every cipher that it has before the first random byte. Nothing is torn down at exit: each key
// wipes itself, and the rest is the kernel's to take back.
inline void prepare_openssl() {
  static const bool k_done =
      OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr) == 1 &&
      (RAND_set_DRBG_type(nullptr, "HASH-DRBG", nullptr, nullptr, "SHA256") == 1 || RAND_status() == 1);
  if (!k_done) std::abort();
}

[[nodiscard]] inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// What i2d_X wrote for an object: DER bytes. Empty on failure.
template <auto Encode, typename T>
[[nodiscard]] std::string der_of(const T* object) {
  unsigned char* out = nullptr;
  const int size = Encode(object, &out);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

// d2i_X over all of `der`: null if it does not parse or if bytes are left over.
template <typename Pointer, auto Decode>
[[nodiscard]] Pointer from_der(std::string_view der) {
  if (der.empty() || der.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return nullptr;
  const unsigned char* at = bytes_of(der);
  Pointer object(Decode(nullptr, &at, static_cast<long>(der.size())));
  if (object && at != bytes_of(der) + der.size()) object.reset();
  if (!object) ERR_clear_error();
  return object;
}

// The newest entry of OpenSSL's error queue as text, and the queue emptied; for messages only.
[[nodiscard]] inline std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

[[nodiscard]] inline tl::unexpected<Error> crypto_failure(std::string what) {
  return fail(ErrorKind::internal, "attest.openssl", std::move(what) + ": " + take_openssl_error());
}

}  // namespace sluice::attest::internal
