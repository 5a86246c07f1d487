// Raw commits and tags of SHA-256 repositories: what was signed is the object less its signature.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "git/program_objects.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto commit = sluice::git::parse_raw_commit(text);
  if (commit && (commit->tree.size() != 64 || commit->payload.size() > text.size())) std::abort();
  const auto tag = sluice::git::parse_raw_tag(text);
  if (tag && !tag->signature.empty() && tag->payload + tag->signature != text) std::abort();
  return 0;
}
