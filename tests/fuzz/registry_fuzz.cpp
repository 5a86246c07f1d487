// What a registry says: the first byte chooses the reader, the rest is the answer.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "remote/answers.h"
#include "remote/credentials.h"
#include "remote/reference.h"
#include "remote/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::remote;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'c') {
    for (const Challenge& challenge : parse_challenges(text)) {
      if (challenge.scheme.empty()) std::abort();
    }
  } else if (data[0] == 't') {
    const auto token = parse_token(text);
    // It becomes a header: nothing that could end one.
    if (token && token->value.find_first_of("\r\n ") != std::string::npos) std::abort();
  } else if (data[0] == 'i') {
    const auto index = parse_index(text);
    if (index && parse_index(write_index(*index)) != *index) std::abort();
  } else if (data[0] == 'm') {
    static_cast<void>(parse_manifest(text));
  } else if (data[0] == 'g') {
    static_cast<void>(parse_tags(text));
  } else if (data[0] == 'h') {
    static_cast<void>(next_link(text));
    static_cast<void>(parse_range_end(text));
    static_cast<void>(parse_retry_after(text, {}));
    static_cast<void>(error_text(text));
  } else if (data[0] == 'a') {
    static_cast<void>(credential_in(text, "registry.example.com", "team/app"));
  } else if (data[0] == 'u') {
    if (const auto url = parse_url(text); url && (url->host.find('@') != std::string::npos)) std::abort();
    if (const auto name = parse_reference(text); name && !parse_reference(name->text())) std::abort();
  }
  return 0;
}
