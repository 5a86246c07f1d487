// Strict JSON (RFC 8259): reader with every rejection that signed and
// policy-bearing input needs, and a writer.
//
// Boost.JSON does the lexing (its only user is json.cpp); our handler refuses what it lets pass: duplicate
// keys (also when one of them is escaped), numbers that are out of range or not finite, depth or size over
// the limits, a byte order mark, trailing text. What was signed is never re-serialised: keep the bytes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sluice::json {

class Value;
struct Member;
using Array = std::vector<Value>;

// Members in document order, keys unique (the reader refuses duplicates; `set` replaces).
class Object {
 public:
  // Defined below Member: while it is incomplete, clang refuses what a vector of it would instantiate.
  Object();
  Object(std::initializer_list<Member> members);
  Object(const Object& other);
  Object(Object&& other) noexcept;
  Object& operator=(const Object& other);
  Object& operator=(Object&& other) noexcept;
  ~Object();

  [[nodiscard]] const Value* find(std::string_view key) const;  // null if absent
  [[nodiscard]] Value* find(std::string_view key);
  void set(std::string key, Value value);
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  [[nodiscard]] std::vector<Member>& members() { return members_; }
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::size_t size() const;
  friend bool operator==(const Object&, const Object&);

 private:
  std::vector<Member> members_;
};

class Value {
 public:
  using Storage =
      std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object>;

  Value() : storage_(nullptr) {}
  Value(std::nullptr_t) : storage_(nullptr) {}
  Value(bool value) : storage_(value) {}
  Value(int value) : storage_(static_cast<std::int64_t>(value)) {}
  Value(unsigned value) : storage_(static_cast<std::int64_t>(value)) {}
  Value(long value) : storage_(static_cast<std::int64_t>(value)) {}
  Value(long long value) : storage_(static_cast<std::int64_t>(value)) {}
  Value(unsigned long value);       // stored as int64 when it fits, else uint64
  Value(unsigned long long value);  // likewise
  Value(double value) : storage_(value) {}
  Value(const char* value) : storage_(std::string(value)) {}
  Value(std::string_view value) : storage_(std::string(value)) {}
  Value(std::string value) : storage_(std::move(value)) {}
  Value(Array value) : storage_(std::move(value)) {}
  Value(Object value) : storage_(std::move(value)) {}

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::nullptr_t>(storage_); }
  [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&storage_); }
  [[nodiscard]] const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&storage_); }
  [[nodiscard]] const std::uint64_t* as_uint() const { return std::get_if<std::uint64_t>(&storage_); }
  [[nodiscard]] const double* as_double() const { return std::get_if<double>(&storage_); }
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&storage_); }
  [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&storage_); }
  [[nodiscard]] const Object* as_object() const { return std::get_if<Object>(&storage_); }
  [[nodiscard]] Array* as_array() { return std::get_if<Array>(&storage_); }
  [[nodiscard]] Object* as_object() { return std::get_if<Object>(&storage_); }

  // Member of an object, or null if this is no object or has no such member.
  [[nodiscard]] const Value* find(std::string_view key) const;
  // Member that is a string, or "" otherwise. For optional fields only.
  [[nodiscard]] std::string_view string_at(std::string_view key) const;

  [[nodiscard]] const Storage& storage() const { return storage_; }
  friend bool operator==(const Value&, const Value&) = default;

 private:
  Storage storage_;
};

struct Member {
  std::string key;
  Value value;
  friend bool operator==(const Member&, const Member&) = default;
};

inline Object::Object() = default;
inline Object::Object(const Object& other) = default;
inline Object::Object(Object&& other) noexcept = default;
inline Object& Object::operator=(const Object& other) = default;
inline Object& Object::operator=(Object&& other) noexcept = default;
inline Object::~Object() = default;
inline bool Object::empty() const {
  return members_.empty();
}
inline std::size_t Object::size() const {
  return members_.size();
}

struct Limits {
  std::size_t bytes = 64u << 20;   // of the text
  std::size_t depth = 64;          // nested arrays and objects
  std::size_t values = 4'000'000;  // values in all
};

// `name` is the display path for errors. Errors carry line and column. Codes: json.syntax,
// json.duplicate-key, json.number-range, json.depth, json.size, json.utf8, json.bom, json.trailing.
[[nodiscard]] Result<Value> parse(std::string_view text, std::string_view name, const Limits& limits = {});

// Compact, members in the order held, UTF-8 as it is. Doubles
// round-trip; a non-finite double is a programming error.
[[nodiscard]] std::string write(const Value& value);
// Indented by two spaces, with a trailing newline: for files that people read.
[[nodiscard]] std::string write_pretty(const Value& value);
// `text` as a JSON string literal with its quotes.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace sluice::json
