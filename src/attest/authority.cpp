#include "attest/authority.h"

#include <openssl/rand.h>

#include <algorithm>

#include "attest/internal/openssl.h"
#include "attest/internal/signature.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): owners of OpenSSL's objects only

using BignumPtr = Owned<BIGNUM, BN_free>;
using ExtensionPtr = Owned<X509_EXTENSION, X509_EXTENSION_free>;
using NamesPtr = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using ObjectPtr = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using TextPtr = Owned<ASN1_STRING, ASN1_STRING_free>;

constexpr int k_serial_bits = 127;
constexpr const char* k_issuer_oid = "1.3.6.1.4.1.57264.1.8";

[[nodiscard]] tl::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::usage, "attest.authority", std::move(message));
}

struct ExtensionText {
  int nid;
  const char* value;
};

// What all certificates have; the caller adds extensions and signs.
struct Draft {
  X509Ptr certificate;
  const Certificate* issuer = nullptr;  // null: self-signed
};

[[nodiscard]] Result<Draft> draft(const PublicKey& key, const Certificate* issuer,
                                  std::chrono::sys_seconds not_before, std::chrono::sys_seconds not_after) {
  prepare_openssl();
  Draft out{X509Ptr(X509_new()), issuer};
  const BignumPtr serial(BN_new());
  X509* certificate = out.certificate.get();
  const bool made =
      certificate != nullptr && serial && X509_set_version(certificate, X509_VERSION_3) == 1 &&
      BN_rand(serial.get(), k_serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(certificate), not_before.time_since_epoch().count()) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate), not_after.time_since_epoch().count()) != nullptr &&
      X509_set_pubkey(certificate, key.handle()) == 1;
  if (!made) return crypto_failure("making a certificate");
  return out;
}

[[nodiscard]] Status set_subject(Draft& draft, const std::string& organization, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(draft.certificate.get());
  const auto add = [&](const char* field, const std::string& text) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, bytes_of(text),
                                      static_cast<int>(text.size()), -1, 0) == 1;
  };
  if (!add("O", organization) || !add("CN", name)) {
    ERR_clear_error();
    return refuse("the name \"" + organization + "\" does not fit into a certificate");
  }
  return {};
}

[[nodiscard]] Status set_extensions(Draft& draft, std::initializer_list<ExtensionText> extensions) {
  X509* certificate = draft.certificate.get();
  X509* issuer = draft.issuer != nullptr ? draft.issuer->handle() : certificate;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const ExtensionText& item : extensions) {
    const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, item.nid, item.value));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
      return crypto_failure("adding a certificate extension");
  }
  return {};
}

[[nodiscard]] Result<Certificate> finish(Draft& draft, const PrivateKey& key) {
  X509* certificate = draft.certificate.get();
  const X509_NAME* issuer =
      X509_get_subject_name(draft.issuer != nullptr ? draft.issuer->handle() : certificate);
  if (X509_set_issuer_name(certificate, issuer) != 1 ||
      X509_sign(certificate, key.handle(), hash_of(key.public_key().algorithm())) == 0) {
    return crypto_failure("signing a certificate");
  }
  return Certificate::from_der(der_of<i2d_X509>(certificate));
}

[[nodiscard]] Result<Certificate> make_root(const AuthorityRequest& request, const PrivateKey& key) {
  Draft item =
      SLUICE_TRY(draft(key.public_key(), nullptr, request.not_before, request.not_before + request.lifetime));
  SLUICE_CHECK(set_subject(item, request.organization, "root"));
  SLUICE_CHECK(set_extensions(item, {{NID_basic_constraints, "critical,CA:TRUE,pathlen:1"},
                                     {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                     {NID_subject_key_identifier, "hash"}}));
  return finish(item, key);
}

[[nodiscard]] Result<Certificate> make_below(const AuthorityRequest& request, const Certificate& root,
                                             const PrivateKey& root_key, const PublicKey& key,
                                             const std::string& name,
                                             std::initializer_list<ExtensionText> extensions) {
  Draft item = SLUICE_TRY(draft(key, &root, request.not_before, request.not_before + request.lifetime));
  SLUICE_CHECK(set_subject(item, request.organization, name));
  SLUICE_CHECK(set_extensions(item, extensions));
  return finish(item, root_key);
}

[[nodiscard]] bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

[[nodiscard]] Status add_identity(X509* certificate, const std::string& identity) {
  const bool uri = identity.find("://") != std::string::npos;
  if (!uri && identity.find('@') == std::string::npos)
    return refuse("the identity \"" + identity + "\" is no URI and no e-mail address");
  NamesPtr names(sk_GENERAL_NAME_new_null());
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  if (!names || name == nullptr || text == nullptr ||
      ASN1_STRING_set(text, identity.data(), static_cast<int>(identity.size())) != 1 ||
      sk_GENERAL_NAME_push(names.get(), name) == 0) {
    GENERAL_NAME_free(name);
    ASN1_IA5STRING_free(text);
    return crypto_failure("naming an identity");
  }
  GENERAL_NAME_set0_value(name, uri ? GEN_URI : GEN_EMAIL, text);
  // Critical, since the subject is empty (RFC 5280 section 4.2.1.6).
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 1, X509V3_ADD_DEFAULT) != 1)
    return crypto_failure("adding an identity");
  return {};
}

[[nodiscard]] Status add_issuer(X509* certificate, const std::string& issuer) {
  const ObjectPtr oid(OBJ_txt2obj(k_issuer_oid, 1));
  const TextPtr text(ASN1_STRING_type_new(V_ASN1_UTF8STRING));
  const TextPtr data(ASN1_STRING_type_new(V_ASN1_OCTET_STRING));
  if (!oid || !text || !data ||
      ASN1_STRING_set(text.get(), issuer.data(), static_cast<int>(issuer.size())) != 1) {
    return crypto_failure("naming an issuer");
  }
  const Bytes der = der_of<i2d_ASN1_UTF8STRING>(text.get());
  if (ASN1_STRING_set(data.get(), der.data(), static_cast<int>(der.size())) != 1)
    return crypto_failure("naming an issuer");
  const ExtensionPtr extension(X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 0, data.get()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return crypto_failure("adding an issuer");
  return {};
}

[[nodiscard]] json::Object authority_json(const TrustedAuthority& authority) {
  json::Array certificates;
  for (const Certificate& certificate : authority.certificates) {
    certificates.emplace_back(json::Object{{"rawBytes", to_base64(certificate.der())}});
  }
  json::Object valid{{"start", format_moment(authority.valid.start)}};
  if (authority.valid.end) valid.set("end", format_moment(*authority.valid.end));
  json::Object out;
  if (!authority.uri.empty()) out.set("uri", authority.uri);
  out.set("certChain", json::Object{{"certificates", std::move(certificates)}});
  out.set("validFor", std::move(valid));
  return out;
}

[[nodiscard]] std::string_view details_of(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p256:
      return "PKIX_ECDSA_P256_SHA_256";
    case KeyAlgorithm::ecdsa_p384:
      return "PKIX_ECDSA_P384_SHA_384";
    case KeyAlgorithm::ecdsa_p521:
      return "PKIX_ECDSA_P521_SHA_512";
    case KeyAlgorithm::ed25519:
      return "PKIX_ED25519";
    case KeyAlgorithm::rsa_pkcs1:
      return "PKIX_RSA_PKCS1V5";
    case KeyAlgorithm::rsa_pss:
      return "PKIX_RSA_PSS";
  }
  return "";
}

[[nodiscard]] json::Object log_json(const TrustedLog& log) {
  json::Object key;
  if (log.key) {
    key.set("rawBytes", to_base64(log.key->der()));
    key.set("keyDetails", details_of(log.key->algorithm()));
  }
  if (log.valid) {
    json::Object valid{{"start", format_moment(log.valid->start)}};
    if (log.valid->end) valid.set("end", format_moment(*log.valid->end));
    key.set("validFor", std::move(valid));
  }
  return json::Object{{"baseUrl", log.base_url},
                      {"hashAlgorithm", "SHA2_256"},
                      {"publicKey", std::move(key)},
                      {"logId", json::Object{{"keyId", to_base64(log.log_id)}}}};
}

template <typename T, typename Write>
[[nodiscard]] json::Array list_json(const std::vector<T>& items, Write write) {
  json::Array out;
  for (const T& item : items) out.emplace_back(write(item));
  return out;
}

}  // namespace

Result<Authority> make_authority(const AuthorityRequest& request) {
  if (request.organization.empty()) return refuse("the authority needs a name");
  if (request.lifetime <= std::chrono::seconds(0)) return refuse("the authority's lifetime is not positive");
  PrivateKey root_key = SLUICE_TRY(PrivateKey::generate());
  PrivateKey issuing_key = SLUICE_TRY(PrivateKey::generate());
  PrivateKey timestamp_key = SLUICE_TRY(PrivateKey::generate());
  Certificate root = SLUICE_TRY(make_root(request, root_key));
  Certificate issuing = SLUICE_TRY(make_below(request, root, root_key, issuing_key.public_key(), "signing",
                                              {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                               {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                               {NID_ext_key_usage, "codeSigning"},
                                               {NID_subject_key_identifier, "hash"},
                                               {NID_authority_key_identifier, "keyid:always"}}));
  Certificate timestamp =
      SLUICE_TRY(make_below(request, root, root_key, timestamp_key.public_key(), "timestamp",
                            {{NID_basic_constraints, "critical,CA:FALSE"},
                             {NID_key_usage, "critical,digitalSignature"},
                             {NID_ext_key_usage, "critical,timeStamping"},
                             {NID_subject_key_identifier, "hash"},
                             {NID_authority_key_identifier, "keyid:always"}}));
  return Authority{std::move(root_key), std::move(issuing_key), std::move(timestamp_key),
                   std::move(root),     std::move(issuing),     std::move(timestamp)};
}

Result<Certificate> issue_certificate(const LeafRequest& request, const Certificate& issuing,
                                      const PrivateKey& issuing_key) {
  if (!is_plain(request.identity)) return refuse("the identity is empty or not plain text");
  if (!is_plain(request.issuer)) return refuse("the issuer is empty or not plain text");
  if (request.lifetime <= std::chrono::seconds(0) || request.lifetime > k_max_leaf_lifetime)
    return refuse("the certificate's lifetime is not positive, or longer than " +
                  std::to_string(k_max_leaf_lifetime.count()) + " days");
  const PublicKey issuer_key = SLUICE_TRY(issuing.public_key());
  if (!(issuer_key == issuing_key.public_key()))
    return refuse("the issuing key is not that of its certificate");
  auto end = request.not_before + request.lifetime;
  const auto past = [&](std::chrono::sys_seconds time) {
    std::time_t at = time.time_since_epoch().count();
    return X509_cmp_time(X509_get0_notAfter(issuing.handle()), &at) < 0 ||
           X509_cmp_time(X509_get0_notBefore(issuing.handle()), &at) > 0;
  };
  if (past(request.not_before) || past(end))
    return refuse("the certificate would be valid when its issuer is not");

  Draft item = SLUICE_TRY(draft(request.key, &issuing, request.not_before, end));
  SLUICE_CHECK(set_extensions(item, {{NID_basic_constraints, "critical,CA:FALSE"},
                                     {NID_key_usage, "critical,digitalSignature"},
                                     {NID_ext_key_usage, "codeSigning"},
                                     {NID_subject_key_identifier, "hash"},
                                     {NID_authority_key_identifier, "keyid:always"}}));
  SLUICE_CHECK(add_identity(item.certificate.get(), request.identity));
  SLUICE_CHECK(add_issuer(item.certificate.get(), request.issuer));
  return finish(item, issuing_key);
}

TrustedRoot trusted_root_of(const Authority& authority, const AuthorityRequest& request) {
  const TimeRange valid{request.not_before, Moment(request.not_before + request.lifetime)};
  TrustedRoot out;
  out.certificate_authorities.push_back({"", {authority.issuing, authority.root}, valid});
  out.timestamp_authorities.push_back({"", {authority.timestamp, authority.root}, valid});
  return out;
}

std::string write_trusted_root(const TrustedRoot& root) {
  return json::write(
      json::Object{{"mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1"},
                   {"tlogs", list_json(root.tlogs, log_json)},
                   {"certificateAuthorities", list_json(root.certificate_authorities, authority_json)},
                   {"ctlogs", list_json(root.ctlogs, log_json)},
                   {"timestampAuthorities", list_json(root.timestamp_authorities, authority_json)}});
}

}  // namespace sluice::attest
