#include <openssl/ct.h>

#include "attest/certificate_chain.h"
#include "attest/internal/openssl.h"
#include "base/digest.h"

namespace sluice::attest {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): owners of OpenSSL's objects only

using SctListPtr = Owned<STACK_OF(SCT), SCT_LIST_free>;

constexpr std::size_t k_max_scts = 32;

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), "the certificate's transparency proof: " + message);
}

void append_number(Bytes& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

// The leaf's TBSCertificate without the SCT list: what the log saw as a precertificate (RFC 6962
// section 3.2).
[[nodiscard]] Result<Bytes> precertificate(const Certificate& leaf) {
  const X509Ptr copy(X509_dup(leaf.handle()));
  if (!copy) return crypto_failure("copying a certificate");
  const int at = X509_get_ext_by_NID(copy.get(), NID_ct_precert_scts, -1);
  if (at < 0) return refuse("attest.sct-missing", "there is none");
  const Owned<X509_EXTENSION, X509_EXTENSION_free> removed(X509_delete_ext(copy.get(), at));
  if (X509_get_ext_by_NID(copy.get(), NID_ct_precert_scts, -1) >= 0)
    return refuse("attest.sct", "it is there twice");
  unsigned char* der = nullptr;
  const int size = i2d_re_X509_tbs(copy.get(), &der);
  if (size <= 0) return crypto_failure("encoding a precertificate");
  Bytes out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

// digitally-signed struct of an SCT over a precertificate.
[[nodiscard]] Bytes signed_part(const SCT* sct, BytesView tbs, const Certificate& issuer) {
  unsigned char* extensions = nullptr;
  const std::size_t extension_size = SCT_get0_extensions(sct, &extensions);
  const Bytes issuer_key = der_of<i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(issuer.handle()));
  const Digest issuer_hash = sha256(issuer_key);
  Bytes out;
  append_number(out, 0, 1);  // v1
  append_number(out, 0, 1);  // certificate_timestamp
  append_number(out, SCT_get_timestamp(sct), 8);
  append_number(out, 1, 2);  // precert_entry
  out.append(reinterpret_cast<const char*>(issuer_hash.raw().data()), issuer_hash.raw().size());
  append_number(out, tbs.size(), 3);
  out += tbs;
  append_number(out, extension_size, 2);
  if (extension_size > 0) out.append(reinterpret_cast<const char*>(extensions), extension_size);
  return out;
}

[[nodiscard]] bool algorithm_fits(const SCT* sct, const PublicKey& key) {
  const int nid = SCT_get_signature_nid(sct);
  const KeyAlgorithm algorithm = key.algorithm();
  if (nid == NID_sha256WithRSAEncryption) return algorithm == KeyAlgorithm::rsa_pkcs1;
  return nid == NID_ecdsa_with_SHA256 &&
         (algorithm == KeyAlgorithm::ecdsa_p256 || algorithm == KeyAlgorithm::ecdsa_p384 ||
          algorithm == KeyAlgorithm::ecdsa_p521);
}

// True if the log made this SCT and it holds, false if it is of another log.
[[nodiscard]] Result<bool> check(const SCT* sct, BytesView tbs, const Certificate& issuer,
                                 const std::vector<TrustedLog>& logs) {
  unsigned char* raw = nullptr;
  const std::size_t id_size = SCT_get0_log_id(sct, &raw);
  const BytesView id(reinterpret_cast<const char*>(raw), id_size);
  const Moment time{std::chrono::milliseconds(static_cast<std::int64_t>(SCT_get_timestamp(sct)))};
  bool known = false;
  bool in_time = false;
  for (const TrustedLog& log : logs) {
    if (log.log_id != id || !log.key) continue;
    known = true;
    if (log.valid && !log.valid->contains(time)) continue;
    in_time = true;
    unsigned char* bytes = nullptr;
    const std::size_t size = SCT_get0_signature(sct, &bytes);
    const Bytes message = signed_part(sct, tbs, issuer);
    if (algorithm_fits(sct, *log.key) &&
        log.key->verify(message, BytesView(reinterpret_cast<const char*>(bytes), size))) {
      return true;
    }
  }
  if (in_time) return refuse("attest.sct-signature", "its signature does not hold");
  if (known) return refuse("attest.sct-time", "its time is outside of the log's validity");
  return false;
}

}  // namespace

Status verify_sct(const Certificate& leaf, const Certificate& issuer, const std::vector<TrustedLog>& logs) {
  const SctListPtr list(
      static_cast<STACK_OF(SCT)*>(X509_get_ext_d2i(leaf.handle(), NID_ct_precert_scts, nullptr, nullptr)));
  ERR_clear_error();
  if (!list || sk_SCT_num(list.get()) <= 0)
    return refuse("attest.sct-missing", "there is none, or it does not parse");
  if (static_cast<std::size_t>(sk_SCT_num(list.get())) > k_max_scts)
    return refuse("attest.sct", "there are too many");
  const Bytes tbs = SLUICE_TRY(precertificate(leaf));
  bool verified = false;
  for (int i = 0; i < sk_SCT_num(list.get()); ++i) {
    const SCT* sct = sk_SCT_value(list.get(), i);
    if (SCT_get_version(sct) != SCT_VERSION_V1) continue;
    const bool holds = SLUICE_TRY(check(sct, tbs, issuer, logs));
    verified = verified || holds;
  }
  if (!verified) return refuse("attest.sct-unknown-log", "no log of the trusted root made it");
  return {};
}

}  // namespace sluice::attest
