#include "attest/certificate.h"

#include "attest/internal/openssl.h"
#include "attest/pem.h"

namespace sluice::attest {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): owners of OpenSSL's objects only

using NamesPtr = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using ObjectPtr = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using Utf8Ptr = Owned<ASN1_UTF8STRING, ASN1_UTF8STRING_free>;

constexpr std::string_view k_fulcio_arc = "1.3.6.1.4.1.57264.1.";
constexpr int k_last_raw_extension = 6;

[[nodiscard]] tl::unexpected<Error> bad_certificate(std::string message) {
  return fail(ErrorKind::invalid, "attest.certificate", std::move(message));
}

[[nodiscard]] std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

[[nodiscard]] std::optional<std::string> identity_of(const GENERAL_NAME* name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_URI || type == GEN_EMAIL) return text_of(static_cast<const ASN1_IA5STRING*>(value));
  if (type != GEN_OTHERNAME) return std::nullopt;
  ASN1_OBJECT* oid = nullptr;
  ASN1_TYPE* other = nullptr;
  const ObjectPtr fulcio(OBJ_txt2obj((std::string(k_fulcio_arc) + "7").c_str(), 1));
  if (GENERAL_NAME_get0_otherName(name, &oid, &other) != 1 || !fulcio || OBJ_cmp(oid, fulcio.get()) != 0 ||
      other->type != V_ASN1_UTF8STRING) {
    return std::nullopt;
  }
  return text_of(other->value.utf8string);
}

}  // namespace

Result<Certificate> Certificate::from_der(BytesView der) {
  prepare_openssl();
  X509Ptr certificate = internal::from_der<X509Ptr, d2i_X509>(der);
  if (!certificate) return bad_certificate("this is no DER certificate");
  Certificate out;
  out.der_ = der;
  out.certificate_ = std::shared_ptr<x509_st>(std::move(certificate));
  return out;
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  const Pem block = SLUICE_TRY(parse_pem(pem));
  if (block.label != "CERTIFICATE")
    return bad_certificate("expected a CERTIFICATE block, found " + block.label);
  return from_der(block.der);
}

Result<std::vector<Certificate>> Certificate::list_from_pem(std::string_view pem) {
  constexpr std::string_view k_end = "-----END CERTIFICATE-----";
  std::vector<Certificate> out;
  while (pem.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    const auto at = pem.find(k_end);
    const std::size_t size = at == std::string_view::npos ? pem.size() : at + k_end.size();
    out.push_back(SLUICE_TRY(from_pem(pem.substr(0, size))));
    pem.remove_prefix(size);
  }
  if (out.empty()) return bad_certificate("there is no certificate");
  return out;
}

std::string Certificate::pem() const {
  return write_pem("CERTIFICATE", der_);
}

Certificate Certificate::share(x509_st* certificate) {
  Certificate out;
  X509_up_ref(certificate);
  out.certificate_ = std::shared_ptr<x509_st>(X509Ptr(certificate));
  out.der_ = der_of<i2d_X509>(certificate);
  return out;
}

Result<PublicKey> Certificate::public_key() const {
  PkeyPtr key(X509_get_pubkey(certificate_.get()));
  if (!key) {
    ERR_clear_error();
    return bad_certificate("the key of the certificate does not parse");
  }
  return PublicKey::adopt(std::shared_ptr<evp_pkey_st>(std::move(key)));
}

bool Certificate::self_issued() const {
  return X509_NAME_cmp(X509_get_subject_name(certificate_.get()), X509_get_issuer_name(certificate_.get())) ==
         0;
}

std::string Certificate::subject() const {
  const Owned<BIO, BIO_free_all> out(BIO_new(BIO_s_mem()));
  constexpr unsigned long k_form = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate_.get()), 0, k_form) < 0)
    return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

bool Certificate::is_ca() const {
  return X509_check_ca(certificate_.get()) == 1;
}

std::vector<std::string> Certificate::identities() const {
  std::vector<std::string> out;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate_.get(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  if (!names) return out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    if (auto identity = identity_of(sk_GENERAL_NAME_value(names.get(), i)))
      out.push_back(std::move(*identity));
  }
  return out;
}

Result<std::optional<std::string>> Certificate::fulcio_extension(int number) const {
  const std::string oid = std::string(k_fulcio_arc) + std::to_string(number);
  const ObjectPtr object(OBJ_txt2obj(oid.c_str(), 1));
  if (!object) return crypto_failure("naming an extension");
  const int at = X509_get_ext_by_OBJ(certificate_.get(), object.get(), -1);
  if (at < 0) return std::optional<std::string>();
  if (X509_get_ext_by_OBJ(certificate_.get(), object.get(), at) >= 0) {
    return bad_certificate("the certificate has the extension " + oid + " twice");
  }
  const std::string raw = text_of(X509_EXTENSION_get_data(X509_get_ext(certificate_.get(), at)));
  if (number <= k_last_raw_extension) return std::optional<std::string>(raw);
  const auto utf8 = internal::from_der<Utf8Ptr, d2i_ASN1_UTF8STRING>(raw);
  if (!utf8) return bad_certificate("the certificate's extension " + oid + " is no UTF8String");
  return std::optional<std::string>(text_of(utf8.get()));
}

}  // namespace sluice::attest
