#include "attest/timestamp.h"

#include <array>
#include <ctime>

#include "attest/certificate.h"
#include "attest/internal/chain_links.h"
#include "attest/internal/openssl.h"

namespace sluice::attest {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): owners of OpenSSL's objects only

constexpr int k_security_level = 2;  // 112 bits

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), "the timestamp: " + message);
}

[[nodiscard]] const EVP_MD* sound_hash(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  switch (OBJ_obj2nid(object)) {
    case NID_sha256:
      return EVP_sha256();
    case NID_sha384:
      return EVP_sha384();
    case NID_sha512:
      return EVP_sha512();
    default:
      return nullptr;
  }
}

[[nodiscard]] Status check_granted(TS_RESP* response) {
  const ASN1_INTEGER* status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response));
  const long value = status != nullptr ? ASN1_INTEGER_get(status) : -1;
  if (value != TS_STATUS_GRANTED && value != TS_STATUS_GRANTED_WITH_MODS) {
    return refuse("attest.timestamp", "the authority did not grant it");
  }
  if (TS_RESP_get_token(response) == nullptr || TS_RESP_get_tst_info(response) == nullptr) {
    return refuse("attest.timestamp", "there is no token");
  }
  if (TS_TST_INFO_get_version(TS_RESP_get_tst_info(response)) != 1) {
    return refuse("attest.timestamp", "its version is not 1");
  }
  return {};
}

[[nodiscard]] Status check_imprint(TS_TST_INFO* info, BytesView signature) {
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
  const EVP_MD* hash = sound_hash(TS_MSG_IMPRINT_get_algo(imprint));
  if (hash == nullptr) return refuse("attest.timestamp-imprint", "its hash is not accepted");
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  if (EVP_Digest(signature.data(), signature.size(), raw.data(), &size, hash, nullptr) != 1) {
    return crypto_failure("hashing");
  }
  const ASN1_OCTET_STRING* stated = TS_MSG_IMPRINT_get_msg(imprint);
  const BytesView claimed(reinterpret_cast<const char*>(ASN1_STRING_get0_data(stated)),
                          static_cast<std::size_t>(ASN1_STRING_length(stated)));
  if (claimed != BytesView(reinterpret_cast<const char*>(raw.data()), size)) {
    return refuse("attest.timestamp-imprint", "it is about another signature");
  }
  return {};
}

[[nodiscard]] Result<Moment> time_of(const TS_TST_INFO* info) {
  const ASN1_GENERALIZEDTIME* stated = TS_TST_INFO_get_time(info);
  std::tm broken{};
  if (stated == nullptr || ASN1_TIME_to_tm(stated, &broken) != 1) {
    ERR_clear_error();
    return refuse("attest.timestamp", "its time does not parse");
  }
  const auto whole = std::chrono::sys_seconds(std::chrono::seconds(timegm(&broken)));
  const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(stated)),
                              static_cast<std::size_t>(ASN1_STRING_length(stated)));
  int thousandths = 0;
  int weight = 100;
  if (const auto dot = text.find('.'); dot != std::string_view::npos) {
    for (std::size_t at = dot + 1; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      thousandths += (text[at] - '0') * weight;
      weight /= 10;
    }
  }
  return Moment(whole) + std::chrono::milliseconds(thousandths);
}

[[nodiscard]] bool signed_with_sound_hash(PKCS7* token) {
  STACK_OF(PKCS7_SIGNER_INFO)* infos = PKCS7_get_signer_info(token);
  if (infos == nullptr || sk_PKCS7_SIGNER_INFO_num(infos) != 1) return false;
  X509_ALGOR* digest = nullptr;
  PKCS7_SIGNER_INFO_get0_algs(sk_PKCS7_SIGNER_INFO_value(infos, 0), nullptr, &digest, nullptr);
  return digest != nullptr && sound_hash(digest) != nullptr;
}

// The token is signed under this authority's root at `time`, by its configured timestamping certificate.
[[nodiscard]] Status check_signed_by(PKCS7* token, const TrustedAuthority& authority, Moment time) {
  const std::vector<Certificate>& certificates = authority.certificates;

  const X509StorePtr store(X509_STORE_new());
  const X509RefStackPtr known(sk_X509_new_null());
  if (!store || !known || X509_STORE_add_cert(store.get(), certificates.back().handle()) != 1) {
    return crypto_failure("preparing a timestamp check");
  }
  X509_STORE_set_verify(store.get(), verify_links);
  for (const Certificate& certificate : certificates) sk_X509_push(known.get(), certificate.handle());
  X509_VERIFY_PARAM* parameters = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(parameters,
                             std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(parameters, k_security_level);

  X509* found = nullptr;
  const bool holds = TS_RESP_verify_signature(token, known.get(), store.get(), &found) == 1;
  const X509Ptr signer(found);  // TS_RESP_verify_signature hands over a reference
  if (!holds)
    return refuse("attest.timestamp-untrusted", "it does not lead to the authority: " + take_openssl_error());
  // Judged is the certificate that signed, not the first one in the token's bag; and it must be the
  // configured one, not just any that the same root issued.
  const bool pinned = !certificates.front().is_ca();
  if (pinned && (!signer || X509_cmp(signer.get(), certificates.front().handle()) != 0)) {
    return refuse("attest.timestamp-untrusted", "it is signed by another certificate than the authority's");
  }
  return {};
}

}  // namespace

Result<VerifiedTimestamp> verify_timestamp(BytesView response, BytesView signature,
                                           const std::vector<TrustedAuthority>& authorities) {
  prepare_openssl();
  const TsRespPtr parsed = from_der<TsRespPtr, d2i_TS_RESP>(response);
  if (!parsed) return refuse("attest.timestamp", "it is no DER TimeStampResp");
  SLUICE_CHECK(check_granted(parsed.get()));
  TS_TST_INFO* info = TS_RESP_get_tst_info(parsed.get());
  SLUICE_CHECK(check_imprint(info, signature));
  const Moment time = SLUICE_TRY(time_of(info));
  PKCS7* token = TS_RESP_get_token(parsed.get());
  if (!signed_with_sound_hash(token))
    return refuse("attest.timestamp", "it is not signed once, with a sound hash");

  std::optional<Error> problem;
  for (const TrustedAuthority& authority : authorities) {
    const Status status = check_signed_by(token, authority, time);
    if (!status) {
      if (!problem) problem = status.error();
      continue;
    }
    if (authority.valid.contains(time)) return VerifiedTimestamp{time, authority.uri};
    problem =
        refuse("attest.timestamp-time", "its time " + format_moment(time) +
                                            " is outside of the authority's validity in the trusted root")
            .value();
  }
  if (problem) return fail(*problem);
  return refuse("attest.timestamp-untrusted", "there is no timestamp authority in the trusted root");
}

}  // namespace sluice::attest
