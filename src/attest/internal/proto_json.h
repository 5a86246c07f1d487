// Reading proto3 JSON messages: every member must be known, null is "not set", numbers may be strings.
// Private to src/attest.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::attest::internal {

// One message. Holds references: the value and the texts must outlive it.
class Message {
 public:
  // Fails with `code`-field if the value is no object or has a member that is not in `fields`.
  [[nodiscard]] static Result<Message> open(const json::Value& value, std::string_view what,
                                            std::string_view code,
                                            std::initializer_list<std::string_view> fields);

  [[nodiscard]] const json::Value* get(std::string_view field) const;  // null if absent or JSON null
  [[nodiscard]] const json::Value& get_or_null(std::string_view field) const;

  [[nodiscard]] Result<std::string> text(std::string_view field) const;  // "" if absent
  [[nodiscard]] Result<Bytes> bytes(std::string_view field) const;  // "" if absent; base64 of either alphabet
  [[nodiscard]] Result<Bytes> required_bytes(std::string_view field) const;  // not empty
  [[nodiscard]] Result<std::int64_t> number(
      std::string_view field) const;  // int64 as number or decimal string; 0 if absent
  [[nodiscard]] Result<std::uint64_t> natural(std::string_view field) const;  // the same, not negative
  [[nodiscard]] Result<const json::Array*> list(std::string_view field,
                                                std::size_t most) const;  // empty if absent

  [[nodiscard]] tl::unexpected<Error> fail_with(std::string_view suffix, std::string message) const;

 private:
  Message(const json::Value& value, std::string_view what, std::string_view code)
      : value_(&value), what_(what), code_(code) {}
  const json::Value* value_;
  std::string_view what_;
  std::string_view code_;
};

}  // namespace sluice::attest::internal
