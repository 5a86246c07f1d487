// Identity tokens and key sets: nothing verifies by keys that the input brings along.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "attest/id_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::attest;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A set of one P-256 key whose private part nobody has.
  static const auto k_keys = parse_jwks(
      R"({"keys":[{"kty":"EC","crv":"P-256","kid":"one","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",)"
      R"("y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}]})",
      "fixed");
  if (!k_keys) std::abort();
  const std::size_t cut = text.find('\n');
  static_cast<void>(parse_jwks(text.substr(0, cut), "fuzz"));
  const std::string_view token = cut == std::string_view::npos ? text : text.substr(cut + 1);
  if (verify_id_token(token, *k_keys, {"https://issuer.example", "a", {}})) std::abort();
  return 0;
}
