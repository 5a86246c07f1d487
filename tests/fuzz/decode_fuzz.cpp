// decode: every reader over every member of an arbitrary mapping; printed errors hold no control character.
#include <cstdint>
#include <cstdlib>

#include "base/decode.h"

using namespace sluice;

namespace {

template <typename T>
void check(const Result<T>& result) {
  if (result) return;
  for (const char c : to_string(result.error())) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1U << 14U) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto root = yaml::parse_one(text, "f");
  check(root);
  if (!root) return 0;
  const decode::Document document(text, "f");
  decode::Mapping mapping(document, *root, "it");
  for (const yaml::Entry& entry : root->entries) {
    check(decode::as_size(document, entry.value, "size"));
    check(mapping.required_string(entry.key.text));
    check(mapping.optional_bool(entry.key.text, false));
    check(mapping.optional_int(entry.key.text, 0, -5, 5));
    check(mapping.optional_duration(entry.key.text, std::chrono::milliseconds(1)));
    check(mapping.optional_strings(entry.key.text));
    check(mapping.optional_choice(entry.key.text, {"one", "two"}, 0));
  }
  if (root->kind == yaml::Kind::mapping && !mapping.finish()) std::abort();
  decode::Mapping strict(document, *root, "it");
  check(strict.required("stages"));
  if (strict.finish() && root->entries.size() > 1) std::abort();
  return 0;
}
