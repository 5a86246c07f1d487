#include "attest/pkcs11.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <array>
#include <mutex>
#include <vector>

#include "attest/hash.h"
#include "attest/internal/der.h"
#include "attest/internal/openssl.h"

namespace sluice::attest {
namespace {

using internal::der;
using internal::der_number;
using internal::spki;

constexpr unsigned long k_max_slots = 256;
constexpr unsigned long k_max_attribute = 16u << 10;

[[nodiscard]] std::string hex_code(CK_RV value) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string out;
  for (int shift = 28; shift >= 0; shift -= 4) out += k_digits[(value >> static_cast<unsigned>(shift)) & 15u];
  return "0x" + out;
}

[[nodiscard]] tl::unexpected<Error> refuse(std::string code, std::string message, std::string hint = {}) {
  return fail(ErrorKind::tool, std::move(code), std::move(message), std::move(hint));
}

[[nodiscard]] Status check(CK_RV value, const char* what) {
  if (value == CKR_OK) return {};
  return refuse("attest.pkcs11",
                std::string("the token's module failed at ") + what + " with " + hex_code(value));
}

// A loaded module. Never unloaded: modules start threads and register exit handlers of their own, and code
// that is gone when these run ends the process.
struct Module {
  CK_FUNCTION_LIST* call = nullptr;

  [[nodiscard]] static Result<Module> load(const std::string& path) {
    if (!path.starts_with('/')) {
      return refuse("attest.pkcs11-module", "the module's path \"" + path + "\" is not absolute");
    }
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* why = ::dlerror();
      return refuse("attest.pkcs11-module",
                    "cannot load the module " + path + ": " + (why != nullptr ? why : "no reason given"));
    }
    using GetList = CK_RV (*)(CK_FUNCTION_LIST**);
    const auto get_list = reinterpret_cast<GetList>(::dlsym(handle, "C_GetFunctionList"));
    Module out;
    if (get_list == nullptr || get_list(&out.call) != CKR_OK || out.call == nullptr)
      return refuse("attest.pkcs11-module", path + " is no PKCS#11 module");
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    const CK_RV value = out.call->C_Initialize(&arguments);
    if (value != CKR_CRYPTOKI_ALREADY_INITIALIZED) SLUICE_CHECK(check(value, "C_Initialize"));
    return out;
  }
};

[[nodiscard]] std::string label_of(const CK_TOKEN_INFO& info) {
  std::string out(reinterpret_cast<const char*>(info.label), sizeof info.label);
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

[[nodiscard]] Result<CK_SLOT_ID> find_slot(const Module& module, const std::string& token) {
  CK_ULONG count = 0;
  SLUICE_CHECK(check(module.call->C_GetSlotList(CK_TRUE, nullptr, &count), "C_GetSlotList"));
  if (count > k_max_slots) return refuse("attest.pkcs11", "the module has too many slots");
  std::vector<CK_SLOT_ID> slots(count);
  SLUICE_CHECK(check(module.call->C_GetSlotList(CK_TRUE, slots.data(), &count), "C_GetSlotList"));
  slots.resize(std::min<CK_ULONG>(count, slots.size()));
  std::vector<CK_SLOT_ID> fitting;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (module.call->C_GetTokenInfo(slot, &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0)
      continue;
    if (token.empty() || label_of(info) == token) fitting.push_back(slot);
  }
  if (fitting.size() == 1) return fitting.front();
  return refuse("attest.pkcs11-token", std::to_string(fitting.size()) + " tokens fit \"" + token + "\"",
                "name one token by its label, and see that it is plugged in");
}

}  // namespace

struct Pkcs11Signer::Session {
  Module module;
  CK_SESSION_HANDLE handle = 0;
  CK_OBJECT_HANDLE key = 0;
  bool open = false;
  mutable std::mutex one_at_a_time;

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (open) module.call->C_CloseSession(handle);  // of the last session: logs out too
  }

  [[nodiscard]] Result<Bytes> attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) const {
    CK_ATTRIBUTE wanted{type, nullptr, 0};
    SLUICE_CHECK(check(module.call->C_GetAttributeValue(handle, object, &wanted, 1), "C_GetAttributeValue"));
    if (wanted.ulValueLen > k_max_attribute) return refuse("attest.pkcs11", "an attribute is too large");
    Bytes out(wanted.ulValueLen, '\0');
    wanted.pValue = out.data();
    SLUICE_CHECK(check(module.call->C_GetAttributeValue(handle, object, &wanted, 1), "C_GetAttributeValue"));
    out.resize(wanted.ulValueLen);
    return out;
  }

  // The one object of this class with the label and id, as far as they are given.
  [[nodiscard]] Result<CK_OBJECT_HANDLE> find(CK_OBJECT_CLASS kind, std::string label, std::string id) const {
    std::vector<CK_ATTRIBUTE> pattern{{CKA_CLASS, &kind, sizeof kind}};
    if (!label.empty()) pattern.push_back({CKA_LABEL, label.data(), label.size()});
    if (!id.empty()) pattern.push_back({CKA_ID, id.data(), id.size()});
    SLUICE_CHECK(
        check(module.call->C_FindObjectsInit(handle, pattern.data(), pattern.size()), "C_FindObjectsInit"));
    std::array<CK_OBJECT_HANDLE, 2> found{};
    CK_ULONG count = 0;
    const Status status =
        check(module.call->C_FindObjects(handle, found.data(), found.size(), &count), "C_FindObjects");
    module.call->C_FindObjectsFinal(handle);
    SLUICE_CHECK(status);
    if (count == 1) return found[0];
    const std::string what = kind == CKO_PRIVATE_KEY ? "private" : "public";
    return refuse("attest.pkcs11-key",
                  count == 0 ? "the token has no such " + what + " key"
                             : "more than one " + what + " key of the token fits",
                  "name the key by its label and its id");
  }

  [[nodiscard]] Result<PublicKey> read_public(CK_OBJECT_HANDLE object) const {
    const Bytes raw_type = SLUICE_TRY(attribute(object, CKA_KEY_TYPE));
    CK_KEY_TYPE type = 0;
    if (raw_type.size() != sizeof type) return refuse("attest.pkcs11", "a key has no type");
    raw_type.copy(reinterpret_cast<char*>(&type), sizeof type);
    if (type == CKK_RSA) {
      const Bytes modulus = SLUICE_TRY(attribute(object, CKA_MODULUS));
      const Bytes exponent = SLUICE_TRY(attribute(object, CKA_PUBLIC_EXPONENT));
      return PublicKey::from_der(spki(internal::bytes_of_hex("300d06092a864886f70d0101010500"),
                                      der('\x30', der_number(modulus) + der_number(exponent))));
    }
    if (type != CKK_EC && type != CKK_EC_EDWARDS) {
      return fail(ErrorKind::unsupported, "attest.key-algorithm",
                  "the type of the token's key is not supported");
    }
    const Bytes wrapped = SLUICE_TRY(attribute(object, CKA_EC_POINT));
    // An OCTET STRING around the point; some modules leave it out.
    const bool octets =
        wrapped.size() > 2 && wrapped[0] == '\x04' &&
        static_cast<std::size_t>(static_cast<unsigned char>(wrapped[1])) == wrapped.size() - 2;
    const BytesView point = octets ? BytesView(wrapped).substr(2) : BytesView(wrapped);
    if (type == CKK_EC_EDWARDS)
      return PublicKey::from_der(spki(internal::bytes_of_hex("300506032b6570"), point));
    const Bytes curve = SLUICE_TRY(attribute(object, CKA_EC_PARAMS));
    return PublicKey::from_der(
        spki(der('\x30', internal::bytes_of_hex("06072a8648ce3d0201") + curve), point));
  }

  [[nodiscard]] Result<Bytes> sign(CK_MECHANISM_TYPE mechanism, Bytes data) const {
    const std::lock_guard lock(one_at_a_time);
    CK_MECHANISM how{mechanism, nullptr, 0};
    SLUICE_CHECK(check(module.call->C_SignInit(handle, &how, key), "C_SignInit"));
    Bytes out(k_max_attribute, '\0');
    CK_ULONG size = out.size();
    SLUICE_CHECK(check(module.call->C_Sign(handle, reinterpret_cast<unsigned char*>(data.data()), data.size(),
                                           reinterpret_cast<unsigned char*>(out.data()), &size),
                       "C_Sign"));
    out.resize(size);
    return out;
  }
};

namespace {

[[nodiscard]] Status log_in(const Module& module, CK_SESSION_HANDLE session, const SecretBytes& pin) {
  std::vector<unsigned char> copy(pin.view().begin(), pin.view().end());
  const CK_RV value = module.call->C_Login(session, CKU_USER, copy.data(), copy.size());
  OPENSSL_cleanse(copy.data(), copy.size());
  if (value == CKR_USER_ALREADY_LOGGED_IN) return {};
  if (value == CKR_PIN_INCORRECT || value == CKR_PIN_LOCKED || value == CKR_PIN_INVALID ||
      value == CKR_PIN_LEN_RANGE) {
    // Never tried again: a token locks itself after a few wrong ones.
    return refuse("attest.pkcs11-pin", "the token does not accept the PIN (" + hex_code(value) + ")");
  }
  return check(value, "C_Login");
}

// r and s side by side, as tokens make them, into DER.
[[nodiscard]] Result<Bytes> der_signature(const Bytes& raw) {
  if (raw.empty() || raw.size() % 2 != 0)
    return refuse("attest.pkcs11", "the token's signature has an odd size");
  return internal::der_ecdsa(raw);
}

}  // namespace

Result<std::unique_ptr<Pkcs11Signer>> Pkcs11Signer::open(const Pkcs11Options& options) {
  internal::prepare_openssl();
  if (options.object.empty() && options.id.empty())
    return refuse("attest.pkcs11-key", "no key is named: a label or an id is needed");
  auto session = std::make_unique<Session>();
  session->module = SLUICE_TRY(Module::load(options.module));
  const CK_SLOT_ID slot = SLUICE_TRY(find_slot(session->module, options.token));
  SLUICE_CHECK(
      check(session->module.call->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session->handle),
            "C_OpenSession"));
  session->open = true;
  if (options.pin != nullptr) SLUICE_CHECK(log_in(session->module, session->handle, *options.pin));
  session->key = SLUICE_TRY(session->find(CKO_PRIVATE_KEY, options.object, options.id));
  const Bytes id = SLUICE_TRY(session->attribute(session->key, CKA_ID));
  const CK_OBJECT_HANDLE public_half =
      SLUICE_TRY(session->find(CKO_PUBLIC_KEY, id.empty() ? options.object : std::string(), id));
  PublicKey key = SLUICE_TRY(session->read_public(public_half));
  return std::unique_ptr<Pkcs11Signer>(new Pkcs11Signer(std::move(session), std::move(key)));
}

Pkcs11Signer::Pkcs11Signer(std::unique_ptr<Session> session, PublicKey key)
    : session_(std::move(session)), key_(std::move(key)) {}

Pkcs11Signer::~Pkcs11Signer() = default;

const PublicKey& Pkcs11Signer::public_key() const {
  return key_;
}

Result<Bytes> Pkcs11Signer::sign(BytesView message) const {
  Bytes signature;
  switch (key_.algorithm()) {
    case KeyAlgorithm::ed25519:
      signature = SLUICE_TRY(session_->sign(CKM_EDDSA, Bytes(message)));
      break;
    case KeyAlgorithm::rsa_pkcs1:
    case KeyAlgorithm::rsa_pss:
      signature = SLUICE_TRY(session_->sign(CKM_SHA256_RSA_PKCS, Bytes(message)));
      break;
    case KeyAlgorithm::ecdsa_p256:
    case KeyAlgorithm::ecdsa_p384:
    case KeyAlgorithm::ecdsa_p521: {
      const char* name = key_.algorithm() == KeyAlgorithm::ecdsa_p256   ? "sha256"
                         : key_.algorithm() == KeyAlgorithm::ecdsa_p384 ? "sha384"
                                                                        : "sha512";
      Bytes digest = SLUICE_TRY(hash(name, message));
      const Bytes raw = SLUICE_TRY(session_->sign(CKM_ECDSA, std::move(digest)));
      signature = SLUICE_TRY(der_signature(raw));
      break;
    }
  }
  // The private and the public object are two; what was signed must hold under the one that is announced.
  SLUICE_CHECK(key_.verify(message, signature));
  return signature;
}

}  // namespace sluice::attest
