// Remotes as hostile repositories and variables give them: what is scrubbed stays so, and user info of a
// well-formed URL never gets through.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/scrub_url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string clean = sluice::scrub_url(text);
  if (sluice::scrub_url(clean) != clean || clean.size() > text.size()) std::abort();
  for (const char byte : clean) {
    if (byte == '\n' || byte == '\x1b' || byte == '?' || byte == '#') std::abort();
  }
  // The input as a password, percent-encoded as it must be.
  std::string password = "~";
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    password += {static_cast<char>('a' + value / 16), static_cast<char>('a' + value % 16)};
  }
  if (sluice::scrub_url("https://user:" + password + "@host/path") != "https://host/path") std::abort();
  return 0;
}
