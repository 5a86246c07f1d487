// Statements: what is read can be written again, reads the same, and has subjects that can be matched.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/secret_filter.h"
#include "attest/statement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Cleaned text is UTF-8 and holds no secret any more.
  const std::string cleaned = attest::clean_text(text);
  if (!is_utf8(cleaned)) std::abort();
  const auto first = attest::parse_statement(text);
  if (!first) return 0;
  if (first->subjects.empty()) std::abort();
  for (const Subject& subject : first->subjects) {
    static_cast<void>(attest::match_subjects(first->subjects, subject.digest));
  }
  const auto bytes =
      attest::make_statement(first->subjects, first->predicate_type, *first->predicate.as_object());
  if (!bytes) return 0;  // only by its size
  const auto second = attest::parse_statement(*bytes);
  if (!second || second->subjects != first->subjects || second->predicate_type != first->predicate_type)
    std::abort();
  return 0;
}
