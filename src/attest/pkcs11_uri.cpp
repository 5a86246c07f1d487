#include "attest/pkcs11.h"

namespace sluice::attest {
namespace {

[[nodiscard]] tl::unexpected<Error> bad_uri(std::string message) {
  return fail(ErrorKind::usage, "attest.pkcs11-uri", "the pkcs11: URI " + std::move(message),
              "write it as pkcs11:token=NAME;object=LABEL?module-path=/usr/lib/softhsm/libsofthsm2.so");
}

[[nodiscard]] Result<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    const auto byte = at + 2 < text.size() ? from_hex(text.substr(at + 1, 2)) : Result<Bytes>(bad_uri(""));
    if (!byte) return bad_uri("has a % without two hex digits");
    out += *byte;
    at += 2;
  }
  return out;
}

[[nodiscard]] Status set(Pkcs11Options& out, std::string_view name, std::string value) {
  if (value.empty()) return bad_uri("has an empty \"" + std::string(name) + "\"");
  std::string* field = name == "token"         ? &out.token
                       : name == "object"      ? &out.object
                       : name == "id"          ? &out.id
                       : name == "module-path" ? &out.module
                                               : nullptr;
  if (name == "pin-value" || name == "pin-source")
    return bad_uri("holds a PIN or its place; give it by environment variable name, file or descriptor");
  if (name == "type" && value == "private") return {};
  // A part that we do not know could narrow the choice of key; it is never dropped.
  if (field == nullptr) return bad_uri("has the unknown part \"" + std::string(name) + "\"");
  if (!field->empty()) return bad_uri("has \"" + std::string(name) + "\" twice");
  *field = std::move(value);
  return {};
}

}  // namespace

Result<Pkcs11Options> parse_pkcs11_uri(std::string_view uri) {
  constexpr std::string_view k_scheme = "pkcs11:";
  if (!uri.starts_with(k_scheme)) return bad_uri("does not begin with pkcs11:");
  uri.remove_prefix(k_scheme.size());
  Pkcs11Options out;
  while (!uri.empty()) {
    const std::string_view part = uri.substr(0, uri.find_first_of(";?&"));
    uri.remove_prefix(std::min(uri.size(), part.size() + 1));
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return bad_uri("has a part without \"=\"");
    SLUICE_CHECK(set(out, part.substr(0, equals), SLUICE_TRY(decoded(part.substr(equals + 1)))));
  }
  if (!out.module.starts_with('/')) return bad_uri("needs module-path, an absolute path");
  if (out.object.empty() && out.id.empty()) return bad_uri("names no key: object or id is needed");
  return out;
}

}  // namespace sluice::attest
