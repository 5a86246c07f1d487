#include "attest/internal/chain_links.h"

#include <ctime>
#include <mutex>
#include <set>

#include "base/digest.h"

namespace sluice::attest::internal {
namespace {

// Digest of (certificate, issuer's key) of links that hold. Only what held is remembered.
class Links {
 public:
  [[nodiscard]] bool holds(const Digest& link) {
    const std::lock_guard lock(mutex_);
    return known_.contains(link);
  }
  void remember(const Digest& link) {
    const std::lock_guard lock(mutex_);
    // A bound, not a policy: whoever verifies more certificates than this pays for them again.
    if (known_.size() >= k_max_remembered_links) known_.clear();
    known_.insert(link);
  }

 private:
  std::mutex mutex_;
  std::set<Digest> known_;
};

[[nodiscard]] Links& links() {
  static Links k_links;
  return k_links;
}

[[nodiscard]] int refuse(X509_STORE_CTX* context, int depth, int error) {
  X509_STORE_CTX_set_error_depth(context, depth);
  X509_STORE_CTX_set_current_cert(context, sk_X509_value(X509_STORE_CTX_get0_chain(context), depth));
  X509_STORE_CTX_set_error(context, error);
  return 0;
}

[[nodiscard]] bool signature_holds(X509* certificate, X509* issuer) {
  const std::string der = der_of<i2d_X509>(certificate);
  const std::string key = der_of<i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(issuer));
  if (der.empty() || key.empty()) return false;
  Sha256 hash;
  hash.update(sha256(der).hex());
  hash.update(key);
  const Digest link = hash.finish();
  if (links().holds(link)) return true;
  EVP_PKEY* public_key = X509_get0_pubkey(issuer);
  if (public_key == nullptr || X509_verify(certificate, public_key) != 1) return false;
  links().remember(link);
  return true;
}

// X509_cmp_time answers 0 for a time that does not parse, and that is no time to be valid at.
[[nodiscard]] int time_error(X509_STORE_CTX* context, X509* certificate) {
  std::time_t now = X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(context));
  const int start = X509_cmp_time(X509_get0_notBefore(certificate), &now);
  const int end = X509_cmp_time(X509_get0_notAfter(certificate), &now);
  if (start == 0) return X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD;
  if (end == 0) return X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD;
  if (start > 0) return X509_V_ERR_CERT_NOT_YET_VALID;
  return end < 0 ? X509_V_ERR_CERT_HAS_EXPIRED : X509_V_OK;
}

}  // namespace

int verify_links(X509_STORE_CTX* context) {
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context);
  for (int depth = sk_X509_num(chain) - 1; depth >= 0; --depth) {
    X509* certificate = sk_X509_value(chain, depth);
    // The last one is the anchor: it is trusted for being configured, not for what it says of itself.
    if (depth + 1 < sk_X509_num(chain)) {
      X509* issuer = sk_X509_value(chain, depth + 1);
      const bool limited = (X509_get_extension_flags(issuer) & EXFLAG_KUSAGE) != 0;
      if (limited && (X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN) == 0)
        return refuse(context, depth + 1, X509_V_ERR_KEYUSAGE_NO_CERTSIGN);
      if (!signature_holds(certificate, issuer))
        return refuse(context, depth, X509_V_ERR_CERT_SIGNATURE_FAILURE);
    }
    if (const int error = time_error(context, certificate); error != X509_V_OK)
      return refuse(context, depth, error);
  }
  return 1;
}

}  // namespace sluice::attest::internal
