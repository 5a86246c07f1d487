// Predicates of every known type, and bills of materials: what passes as a document passes as a predicate.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/predicate_shape.h"
#include "attest/standard_predicates.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = json::parse(text, "predicate");
  if (!value) return 0;
  for (const attest::PredicateName& name : attest::predicate_names()) {
    [[maybe_unused]] const Status status = attest::check_predicate(name.type, *value);
  }
  for (const auto& made : {attest::spdx_predicate(text), attest::cyclonedx_predicate(text)}) {
    if (made && value->as_object() == nullptr) std::abort();
  }
  return 0;
}
