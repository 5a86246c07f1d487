#include "attest/pem.h"

namespace sluice::attest {
namespace {

constexpr std::string_view k_begin = "-----BEGIN ";
constexpr std::string_view k_end = "-----END ";
constexpr std::string_view k_dashes = "-----";
constexpr std::size_t k_line = 64;

[[nodiscard]] tl::unexpected<Error> bad_pem(std::string message) {
  return fail(ErrorKind::invalid, "attest.pem", std::move(message),
              "expected one PEM block: a BEGIN line, base64, an END line, and nothing else");
}

[[nodiscard]] std::string_view trim(std::string_view text) {
  constexpr std::string_view k_space = " \t\r\n";
  const auto first = text.find_first_not_of(k_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(k_space) - first + 1);
}

}  // namespace

Result<Pem> parse_pem(std::string_view text) {
  if (text.size() > k_max_pem_bytes) {
    return fail(ErrorKind::limit, "attest.pem-size",
                "PEM text is larger than " + std::to_string(k_max_pem_bytes) + " bytes");
  }
  text = trim(text);
  if (!text.starts_with(k_begin)) return bad_pem("the text does not start with a PEM block");
  text.remove_prefix(k_begin.size());

  const auto label_end = text.find(k_dashes);
  if (label_end == std::string_view::npos) return bad_pem("the BEGIN line has no end");
  const std::string_view label = text.substr(0, label_end);
  if (label.empty() || label.find_first_of("\r\n") != std::string_view::npos)
    return bad_pem("the PEM label is not right");
  text.remove_prefix(label_end + k_dashes.size());

  const std::string tail = std::string(k_end) + std::string(label) + std::string(k_dashes);
  if (!text.ends_with(tail)) return bad_pem("the END line is missing or has another label");
  text.remove_suffix(tail.size());

  std::string body;
  body.reserve(text.size());
  for (const char c : text) {
    if (c != '\n' && c != '\r') body.push_back(c);
  }
  auto der = from_base64(body, Base64::standard);
  wipe(body);
  if (!der) return bad_pem("the PEM block is not base64: " + der.error().message);
  if (der->empty()) return bad_pem("the PEM block is empty");
  return Pem{std::string(label), std::move(*der)};
}

std::string write_pem(std::string_view label, BytesView der) {
  std::string body = to_base64(der);
  std::string out = std::string(k_begin) + std::string(label) + "-----\n";
  for (std::size_t at = 0; at < body.size(); at += k_line) {
    out.append(body, at, k_line);
    out += '\n';
  }
  wipe(body);
  return out + std::string(k_end) + std::string(label) + "-----\n";
}

}  // namespace sluice::attest
