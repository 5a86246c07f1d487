#include "attest/certificate_chain.h"

#include "attest/internal/chain_links.h"
#include "attest/internal/openssl.h"

namespace sluice::attest {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): owners of OpenSSL's objects only

constexpr int k_security_level = 2;  // 112 bits: RSA 2048, P-256, no SHA-1 signatures

[[nodiscard]] tl::unexpected<Error> bad_chain(const std::string& message) {
  return fail(ErrorKind::crypto, "attest.certificate-chain",
              "the certificate does not lead to the authority: " + message);
}

[[nodiscard]] Status check_leaf(X509* leaf) {
  if ((X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0 ||
      (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) == 0) {
    return bad_chain("it is not for code signing");
  }
  if ((X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) != 0 &&
      (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0) {
    return bad_chain("its key is not for digital signatures");
  }
  // Not X509_check_ca: that says "no" of an authority whose key usage forgets to allow signing certificates.
  if ((X509_get_extension_flags(leaf) & EXFLAG_CA) != 0)
    return bad_chain("it is the certificate of an authority, not of a signer");
  return {};
}

[[nodiscard]] Status check_issuers(const std::vector<Certificate>& chain) {
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (!chain[i].is_ca()) return bad_chain("an issuer is no certificate authority");
    X509* issuer = chain[i].handle();
    const bool limited = (X509_get_extension_flags(issuer) & EXFLAG_XKUSAGE) != 0;
    if (limited && (X509_get_extended_key_usage(issuer) & (XKU_CODE_SIGN | XKU_ANYEKU)) == 0) {
      return bad_chain("an issuer may not issue for code signing");
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Certificate>> verify_chain(const Certificate& leaf,
                                              const std::vector<Certificate>& intermediates,
                                              const TrustedAuthority& authority, Moment time) {
  SLUICE_CHECK(check_leaf(leaf.handle()));
  // The last certificate of the authority is the anchor, whether it is self-signed or not; all others are
  // only steps.
  const Certificate& anchor = authority.certificates.back();

  const X509StorePtr store(X509_STORE_new());
  const X509StoreCtxPtr context(X509_STORE_CTX_new());
  const X509RefStackPtr untrusted(sk_X509_new_null());
  if (!store || !context || !untrusted || X509_STORE_add_cert(store.get(), anchor.handle()) != 1) {
    return crypto_failure("preparing a certificate check");
  }
  X509_STORE_set_verify(store.get(), verify_links);
  for (const Certificate& step : intermediates) sk_X509_push(untrusted.get(), step.handle());
  for (std::size_t i = 0; i + 1 < authority.certificates.size(); ++i) {
    sk_X509_push(untrusted.get(), authority.certificates[i].handle());
  }
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.handle(), untrusted.get()) != 1) {
    return crypto_failure("preparing a certificate check");
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters,
                             std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(parameters, k_security_level);

  const bool holds = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!holds) {
    return bad_chain(std::string(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()))) +
                     " at " + format_moment(time));
  }
  std::vector<Certificate> chain;
  const STACK_OF(X509)* found = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(found); ++i) {
    chain.push_back(Certificate::share(sk_X509_value(found, i)));
  }
  if (chain.size() < 2) return bad_chain("it has no issuer");
  SLUICE_CHECK(check_issuers(chain));
  return chain;
}

}  // namespace sluice::attest
