#include "attest/commit_signature.h"

#include <openssl/cms.h>

#include "attest/internal/openssl.h"
#include "attest/openpgp.h"
#include "attest/pem.h"

namespace sluice::attest {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): owners of OpenSSL's objects only

using CmsPtr = Owned<CMS_ContentInfo, CMS_ContentInfo_free>;
using BioPtr = Owned<BIO, BIO_free_all>;

constexpr std::string_view k_git_namespace = "git";
constexpr int k_security_level = 2;  // 112 bits; no SHA-1 in the path

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), std::move(message));
}

[[nodiscard]] tl::unexpected<Error> nothing_configured(std::string_view kind) {
  return refuse("attest.commit-kind", "nothing is configured that could judge a signature of the kind \"" +
                                          std::string(kind) + "\"");
}

[[nodiscard]] Result<CommitSigner> verify_ssh(BytesView signature, BytesView payload,
                                              std::chrono::sys_seconds time, const CommitTrust& trust) {
  if (trust.ssh.empty()) return nothing_configured("ssh");
  const SshSignature parsed = SLUICE_TRY(parse_ssh_signature(signature));
  SLUICE_CHECK(verify_ssh_signature(parsed, payload, k_git_namespace));
  std::string name = SLUICE_TRY(allowed_principal(trust.ssh, parsed, time));
  return CommitSigner{"ssh", std::move(name), parsed.signer.fingerprint()};
}

[[nodiscard]] bool has_sound_hash(CMS_ContentInfo* cms) {
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms);
  if (signers == nullptr || sk_CMS_SignerInfo_num(signers) != 1) return false;
  X509_ALGOR* digest = nullptr;
  CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(signers, 0), nullptr, nullptr, &digest, nullptr);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, digest);
  const int nid = OBJ_obj2nid(object);
  return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

[[nodiscard]] Result<X509StorePtr> store_of(const CommitTrust& trust, std::chrono::sys_seconds time) {
  X509StorePtr store(X509_STORE_new());
  if (!store) return crypto_failure("preparing a certificate check");
  for (const Certificate& root : trust.x509_roots) {
    if (X509_STORE_add_cert(store.get(), root.handle()) != 1)
      return crypto_failure("preparing a certificate check");
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(parameters, time.time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(parameters, k_security_level);
  // CMS_verify's own default is S/MIME; certificates for signing code are as right for commits.
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
  return store;
}

[[nodiscard]] Result<CommitSigner> verify_x509(BytesView signature, BytesView payload,
                                               std::chrono::sys_seconds time, const CommitTrust& trust) {
  if (trust.x509_roots.empty()) return nothing_configured("x509");
  prepare_openssl();
  const auto block = parse_pem(signature);
  if (!block || block->label != "SIGNED MESSAGE")
    return refuse("attest.commit-signature", "the commit's signature is no SIGNED MESSAGE block");
  const CmsPtr cms = from_der<CmsPtr, d2i_CMS_ContentInfo>(block->der);
  if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed)
    return refuse("attest.commit-signature", "the commit's signature is no CMS SignedData");
  if (!has_sound_hash(cms.get()))
    return refuse("attest.commit-hash", "the commit is not signed once, with a sound hash");
  const X509StorePtr store = SLUICE_TRY(store_of(trust, time));
  const BioPtr input(BIO_new_mem_buf(payload.data(), static_cast<int>(payload.size())));
  const bool holds = input && CMS_verify(cms.get(), nullptr, store.get(), input.get(), nullptr,
                                         CMS_BINARY | CMS_DETACHED) == 1;
  if (!holds) {
    const bool chain = ERR_GET_REASON(ERR_peek_error()) == CMS_R_CERTIFICATE_VERIFY_ERROR;
    const std::string why = take_openssl_error();
    return refuse(chain ? "attest.commit-signer" : "attest.signature",
                  "the commit's signature does not hold: " + why);
  }
  const X509RefStackPtr signers(CMS_get0_signers(cms.get()));
  if (!signers || sk_X509_num(signers.get()) != 1)
    return refuse("attest.commit-signature", "the commit's signature has not exactly one signer");
  const Certificate signer = Certificate::share(sk_X509_value(signers.get(), 0));
  const std::vector<std::string> names = signer.identities();
  if (names.empty()) return refuse("attest.commit-signer", "the signer's certificate names nobody");
  return CommitSigner{"x509", names.front(), sha256(signer.der()).hex()};
}

}  // namespace

Result<CommitSigner> verify_commit_signature(std::string_view kind, BytesView signature, BytesView payload,
                                             std::chrono::sys_seconds time, const CommitTrust& trust,
                                             ProcessRunner& runner) {
  if (kind.empty()) return refuse("attest.commit-unsigned", "it is not signed");
  if (kind == "ssh") return verify_ssh(signature, payload, time, trust);
  if (kind == "x509") return verify_x509(signature, payload, time, trust);
  if (kind != "openpgp") return refuse("attest.commit-kind", "the signature is of an unknown kind");
  if (trust.openpgp_keys.empty()) return nothing_configured(kind);
  std::string fingerprint =
      SLUICE_TRY(verify_openpgp(signature, payload, trust.openpgp_keys, trust.gpg, runner));
  return CommitSigner{"openpgp", fingerprint, fingerprint};
}

}  // namespace sluice::attest
