#include "image/fold.h"

#include <algorithm>

namespace sluice::image {

std::string fold_name(std::string_view name) {
  constexpr std::string_view k_long_s = "\xc5\xbf";
  constexpr std::string_view k_kelvin = "\xe2\x84\xaa";
  std::string folded;
  while (!name.empty()) {
    if (name.starts_with(k_long_s)) {
      folded += 's';
      name.remove_prefix(k_long_s.size());
    } else if (name.starts_with(k_kelvin)) {
      folded += 'k';
      name.remove_prefix(k_kelvin.size());
    } else {
      const char byte = name.front();
      folded += byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
      name.remove_prefix(1);
    }
  }
  return folded;
}

Result<Folded> Folded::of(const json::Value& value, std::string what) {
  const json::Object* object = value.as_object();
  if (object == nullptr) return fail(ErrorKind::invalid, "image.json-type", what + " is not an object");
  Folded folded(std::move(what));
  for (const json::Member& member : object->members()) {
    if (!folded.members_.emplace(fold_name(member.key), &member.value).second) {
      return fail(ErrorKind::invalid, "image.json-case",
                  folded.what_ + " has two members named \"" + fold_name(member.key) + "\" in different case",
                  "runtimes do not tell them apart, so which one counts is unclear");
    }
  }
  return folded;
}

const json::Value* Folded::find(std::string_view lower_case_name) const {
  const auto found = members_.find(lower_case_name);
  return found == members_.end() || found->second->is_null() ? nullptr : found->second;
}

tl::unexpected<Error> Folded::wrong_type(std::string_view name, std::string_view wanted) const {
  return fail(ErrorKind::invalid, "image.json-type",
              "\"" + std::string(name) + "\" of " + what_ + " is not " + std::string(wanted));
}

Result<std::string> Folded::text(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::string();
  if (value->as_string() == nullptr) return wrong_type(name, "a string");
  return *value->as_string();
}

Result<std::optional<std::int64_t>> Folded::integer(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::optional<std::int64_t>();
  if (value->as_int() == nullptr) return wrong_type(name, "an integer");
  return std::optional<std::int64_t>(*value->as_int());
}

Result<bool> Folded::boolean(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return false;
  if (value->as_bool() == nullptr) return wrong_type(name, "true or false");
  return *value->as_bool();
}

Result<std::optional<std::vector<std::string>>> Folded::texts(std::string_view name) const {
  const json::Array* items = SLUICE_TRY(array(name));
  if (items == nullptr) return std::optional<std::vector<std::string>>();
  std::vector<std::string> result;
  for (const json::Value& item : *items) {
    if (item.as_string() == nullptr) return wrong_type(name, "a list of strings");
    result.push_back(*item.as_string());
  }
  return std::optional<std::vector<std::string>>(std::move(result));
}

Result<std::map<std::string, std::string>> Folded::text_map(std::string_view name) const {
  std::map<std::string, std::string> result;
  const json::Value* value = find(name);
  if (value == nullptr) return result;
  if (value->as_object() == nullptr) return wrong_type(name, "an object");
  for (const json::Member& member : value->as_object()->members()) {
    if (member.value.is_null()) {
      result.emplace(member.key, "");
      continue;
    }
    if (member.value.as_string() == nullptr) return wrong_type(name, "an object of strings");
    result.emplace(member.key, *member.value.as_string());
  }
  return result;
}

Result<std::vector<std::string>> Folded::key_set(std::string_view name) const {
  std::vector<std::string> result;
  const json::Value* value = find(name);
  if (value == nullptr) return result;
  if (value->as_object() == nullptr) return wrong_type(name, "an object");
  for (const json::Member& member : value->as_object()->members()) result.push_back(member.key);
  std::sort(result.begin(), result.end());
  return result;
}

Result<const json::Array*> Folded::array(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return static_cast<const json::Array*>(nullptr);
  if (value->as_array() == nullptr) return wrong_type(name, "a list");
  return value->as_array();
}

Result<std::optional<Folded>> Folded::object(std::string_view name) const {
  const json::Value* value = find(name);
  if (value == nullptr) return std::optional<Folded>();
  return std::optional<Folded>(SLUICE_TRY(Folded::of(*value, "\"" + std::string(name) + "\" of " + what_)));
}

}  // namespace sluice::image
