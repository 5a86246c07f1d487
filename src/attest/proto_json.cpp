#include "attest/internal/proto_json.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace sluice::attest::internal {

tl::unexpected<Error> Message::fail_with(std::string_view suffix, std::string message) const {
  return fail(ErrorKind::invalid, std::string(code_) + std::string(suffix),
              std::string(what_) + ": " + message);
}

Result<Message> Message::open(const json::Value& value, std::string_view what, std::string_view code,
                              std::initializer_list<std::string_view> fields) {
  Message out(value, what, code);
  if (value.as_object() == nullptr) return out.fail_with("", "missing or no JSON object");
  for (const json::Member& member : value.as_object()->members()) {
    if (std::find(fields.begin(), fields.end(), member.key) == fields.end()) {
      return out.fail_with("-field", "unknown member \"" + member.key + "\"");
    }
  }
  return out;
}

const json::Value* Message::get(std::string_view field) const {
  const json::Value* member = value_->find(field);
  return member == nullptr || member->is_null() ? nullptr : member;
}

const json::Value& Message::get_or_null(std::string_view field) const {
  static const json::Value k_null;
  const json::Value* member = get(field);
  return member == nullptr ? k_null : *member;
}

Result<std::string> Message::text(std::string_view field) const {
  const json::Value* member = get(field);
  if (member == nullptr) return std::string();
  if (member->as_string() == nullptr) return fail_with("", "\"" + std::string(field) + "\" is no string");
  return *member->as_string();
}

Result<Bytes> Message::bytes(std::string_view field) const {
  const std::string encoded = SLUICE_TRY(text(field));
  auto decoded = from_base64(encoded, Base64::either);
  if (!decoded)
    return fail_with("-base64", "\"" + std::string(field) + "\" is not base64: " + decoded.error().message);
  return decoded;
}

Result<Bytes> Message::required_bytes(std::string_view field) const {
  Bytes out = SLUICE_TRY(bytes(field));
  if (out.empty()) return fail_with("", "\"" + std::string(field) + "\" is missing or empty");
  return out;
}

Result<std::int64_t> Message::number(std::string_view field) const {
  const json::Value* member = get(field);
  if (member == nullptr) return 0;
  if (member->as_int() != nullptr) return *member->as_int();
  if (const std::string* digits = member->as_string()) {
    std::int64_t value = 0;
    const char* end = digits->data() + digits->size();
    const auto [at, problem] = std::from_chars(digits->data(), end, value);
    const bool spelled = std::to_string(value) == *digits;  // no "-0", no leading zeros
    if (problem == std::errc() && at == end && spelled) return value;
  }
  return fail_with("-number", "\"" + std::string(field) + "\" is no integer of 64 bits");
}

Result<std::uint64_t> Message::natural(std::string_view field) const {
  const std::int64_t value = SLUICE_TRY(number(field));
  if (value < 0) return fail_with("-number", "\"" + std::string(field) + "\" is negative");
  return static_cast<std::uint64_t>(value);
}

Result<const json::Array*> Message::list(std::string_view field, std::size_t most) const {
  static const json::Array k_none;
  const json::Value* member = get(field);
  if (member == nullptr) return &k_none;
  if (member->as_array() == nullptr) return fail_with("", "\"" + std::string(field) + "\" is no array");
  if (member->as_array()->size() > most) {
    return fail_with("-limit", "\"" + std::string(field) + "\" has " +
                                   std::to_string(member->as_array()->size()) + " items, more than " +
                                   std::to_string(most));
  }
  return member->as_array();
}

}  // namespace sluice::attest::internal
