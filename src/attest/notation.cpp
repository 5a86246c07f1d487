#include "attest/notation.h"

#include <algorithm>
#include <array>

#include "attest/certificate_chain.h"
#include "attest/internal/der.h"
#include "attest/internal/signature.h"
#include "attest/timestamp.h"
#include "base/effects.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

constexpr std::chrono::seconds k_clock_skew{300};

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message) {
  return fail(ErrorKind::crypto, std::move(code), "the notation signature: " + std::move(message));
}

// The only algorithm that a key may have signed with: the header must agree, and decides nothing.
struct JwsAlgorithm {
  std::string_view name;
  KeyAlgorithm key;
  int rsa_bits;              // of RSA keys
  std::size_t number_bytes;  // of each ECDSA number
  const EVP_MD* (*hash)();
};
constexpr std::array<JwsAlgorithm, 6> k_algorithms{{{"PS256", KeyAlgorithm::rsa_pss, 2048, 0, EVP_sha256},
                                                    {"PS384", KeyAlgorithm::rsa_pss, 3072, 0, EVP_sha384},
                                                    {"PS512", KeyAlgorithm::rsa_pss, 4096, 0, EVP_sha512},
                                                    {"ES256", KeyAlgorithm::ecdsa_p256, 0, 32, EVP_sha256},
                                                    {"ES384", KeyAlgorithm::ecdsa_p384, 0, 48, EVP_sha384},
                                                    {"ES512", KeyAlgorithm::ecdsa_p521, 0, 66, EVP_sha512}}};

[[nodiscard]] const JwsAlgorithm* algorithm_of(const PublicKey& key) {
  const bool rsa = key.algorithm() == KeyAlgorithm::rsa_pkcs1 || key.algorithm() == KeyAlgorithm::rsa_pss;
  for (const JwsAlgorithm& row : k_algorithms) {
    if (rsa ? row.rsa_bits == EVP_PKEY_get_bits(key.handle()) : row.key == key.algorithm()) return &row;
  }
  return nullptr;
}

[[nodiscard]] Status check_signature(const NotationEnvelope& envelope) {
  const PublicKey key = SLUICE_TRY(envelope.certificates.front().public_key());
  const JwsAlgorithm* algorithm = algorithm_of(key);
  if (algorithm == nullptr || algorithm->name != envelope.algorithm)
    return refuse("attest.notation-algorithm",
                  "\"" + envelope.algorithm + "\" is not the algorithm of the certificate's key");
  Bytes signature = envelope.signature;
  if (algorithm->number_bytes != 0) {
    if (signature.size() != 2 * algorithm->number_bytes)
      return refuse("attest.signature", "the signature does not have the size of its key's");
    signature = internal::der_ecdsa(envelope.signature);
  }
  if (internal::verify(key.handle(), algorithm->key, algorithm->hash(), envelope.signing_input, signature))
    return {};
  return refuse("attest.signature", "the signature does not hold for its certificate's key");
}

// Narrower than for Sigstore's certificates: what the specification's certificate requirements say of leaves.
[[nodiscard]] Status check_leaf(const Certificate& leaf) {
  X509* x509 = leaf.handle();
  const std::uint32_t flags = X509_get_extension_flags(x509);
  constexpr std::uint32_t k_elsewhere =
      XKU_SSL_SERVER | XKU_SMIME | XKU_TIMESTAMP | XKU_OCSP_SIGN | XKU_ANYEKU;
  const std::uint32_t usage = (flags & EXFLAG_XKUSAGE) != 0 ? X509_get_extended_key_usage(x509) : 0;
  if ((usage & XKU_CODE_SIGN) == 0 || (usage & k_elsewhere) != 0)
    return refuse("attest.notation-certificate", "its certificate is not for code signing alone");
  const std::uint32_t key_usage = (flags & EXFLAG_KUSAGE) != 0 ? X509_get_key_usage(x509) : 0;
  if ((key_usage & KU_DIGITAL_SIGNATURE) == 0 || (key_usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0)
    return refuse("attest.notation-certificate", "its certificate's key is not for digital signatures alone");
  if ((flags & EXFLAG_CA) != 0)
    return refuse("attest.notation-certificate", "its certificate is that of an authority");
  return {};
}

[[nodiscard]] bool in_its_time(const Certificate& certificate, Moment time) {
  std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return X509_cmp_time(X509_get0_notBefore(certificate.handle()), &seconds) < 0 &&
         X509_cmp_time(X509_get0_notAfter(certificate.handle()), &seconds) > 0;
}

// Through any authority that was valid then. A leaf that signed itself is trusted only for being configured
// itself.
[[nodiscard]] Status check_chain(const std::vector<Certificate>& certificates, const TrustedRoot& root,
                                 Moment time) {
  const Certificate& leaf = certificates.front();
  std::vector<Certificate> steps;
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    if (!certificates[i].self_issued()) steps.push_back(certificates[i]);
  }
  std::optional<Error> problem;
  for (const TrustedAuthority& authority : root.certificate_authorities) {
    if (!authority.valid.contains(time)) continue;
    if (leaf.der() == authority.certificates.back().der()) {
      if (in_its_time(leaf, time)) return {};
      continue;
    }
    const auto chain = verify_chain(leaf, steps, authority, time);
    if (chain) return {};
    if (!problem) problem = chain.error();
  }
  if (problem) return fail(std::move(*problem));
  return refuse("attest.certificate-chain",
                "no authority of the trusted root was valid for its certificate at " + format_moment(time));
}

// verify_timestamp takes a whole response; a token alone is one that was granted.
[[nodiscard]] Result<std::vector<Moment>> verified_times(const NotationEnvelope& envelope,
                                                         const TrustedRoot& root) {
  constexpr BytesView k_granted("\x30\x03\x02\x01\x00", 5);
  constexpr std::size_t k_max_token = 60'000;
  std::vector<Moment> out;
  if (envelope.timestamp.empty() || root.timestamp_authorities.empty()) return out;
  if (envelope.timestamp.size() > k_max_token)
    return refuse("attest.timestamp", "its timestamp is too large");
  const Bytes response = internal::der('\x30', Bytes(k_granted) + envelope.timestamp);
  out.push_back(SLUICE_TRY(verify_timestamp(response, envelope.signature, root.timestamp_authorities)).time);
  return out;
}

// {"targetArtifact":{"mediaType":…,"digest":…,"size":…,…}}
[[nodiscard]] Status check_payload(BytesView payload, const Digest& image) {
  const auto bad = [](std::string message) { return refuse("attest.notation-payload", std::move(message)); };
  const auto parsed = json::parse(payload, "notation payload");
  if (!parsed) return bad(parsed.error().message);
  const json::Value* target = parsed->find("targetArtifact");
  if (target == nullptr || parsed->as_object()->size() != 1 || target->as_object() == nullptr)
    return bad("its payload is not exactly one target");
  const json::Value* size = target->find("size");
  if (target->string_at("mediaType").empty() || size == nullptr || size->as_int() == nullptr ||
      *size->as_int() < 0) {
    return bad("its target has no media type or no size");
  }
  const std::string_view digest = target->string_at("digest");
  if (digest.empty()) return bad("its target has no digest");
  if (digest == image.oci()) return {};
  return refuse("attest.subject-mismatch", "it is about another manifest: " + std::string(excerpt(digest)));
}

[[nodiscard]] Status check_times(const NotationEnvelope& envelope, std::chrono::sys_seconds now) {
  if (envelope.signed_at > now + k_clock_skew)
    return refuse("attest.time-future", "it says that it was made at " + format_time(envelope.signed_at));
  if (!envelope.expiry || now < *envelope.expiry) return {};
  return refuse("attest.notation-expired", "it has expired at " + format_time(*envelope.expiry));
}

}  // namespace

Result<VerifiedNotation> verify_notation(BytesView text, const TrustedRoot& root,
                                         const NotationOptions& options) {
  internal::prepare_openssl();
  if (options.identity.empty())
    return fail(ErrorKind::usage, "attest.no-expectation", "no expected identity was given");
  NotationEnvelope envelope = SLUICE_TRY(parse_notation(text));
  const Certificate& leaf = envelope.certificates.front();
  VerifiedNotation out;
  out.times = SLUICE_TRY(verified_times(envelope, root));
  SLUICE_CHECK(check_leaf(leaf));
  for (const Moment time : out.times) SLUICE_CHECK(check_chain(envelope.certificates, root, time));
  if (out.times.empty()) SLUICE_CHECK(check_chain(envelope.certificates, root, options.now));
  SLUICE_CHECK(check_signature(envelope));
  out.identity = leaf.subject();
  if (out.identity != options.identity)
    return refuse("attest.identity",
                  "its certificate is for \"" + out.identity + "\", not for \"" + options.identity + "\"");
  SLUICE_CHECK(check_payload(envelope.payload, options.image));
  SLUICE_CHECK(check_times(envelope, options.now));
  out.stated = envelope.signed_at;
  out.expiry = envelope.expiry;
  out.payload = std::move(envelope.payload);
  return out;
}

}  // namespace sluice::attest
