// json::Value and json::Object: the plain tree.
#include <limits>

#include "base/json.h"

namespace sluice::json {
namespace {

Value::Storage integer(unsigned long long value) {
  constexpr auto k_max = static_cast<unsigned long long>(std::numeric_limits<std::int64_t>::max());
  if (value <= k_max) return static_cast<std::int64_t>(value);
  return static_cast<std::uint64_t>(value);
}

}  // namespace

Value::Value(unsigned long value) : storage_(integer(value)) {}
Value::Value(unsigned long long value) : storage_(integer(value)) {}

const Value* Value::find(std::string_view key) const {
  const Object* object = as_object();
  return object == nullptr ? nullptr : object->find(key);
}

std::string_view Value::string_at(std::string_view key) const {
  const Value* member = find(key);
  const std::string* text = member == nullptr ? nullptr : member->as_string();
  return text == nullptr ? std::string_view{} : std::string_view(*text);
}

Object::Object(std::initializer_list<Member> members) {
  for (const Member& member : members) set(member.key, member.value);
}

const Value* Object::find(std::string_view key) const {
  for (const Member& member : members_) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Value* Object::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

void Object::set(std::string key, Value value) {
  if (Value* old = find(key)) {
    *old = std::move(value);
  } else {
    members_.push_back({std::move(key), std::move(value)});
  }
}

bool operator==(const Object& a, const Object& b) {
  return a.members_ == b.members_;
}

}  // namespace sluice::json
