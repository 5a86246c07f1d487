// Signed notes: the signed text and the signature lines together are the whole note.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "attest/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto note = attest::parse_checkpoint(text);
  if (!note) return 0;
  std::string again = note->text + "\n";
  for (const auto& line : note->signatures) {
    again += "\xE2\x80\x94 " + line.name + " " + to_base64(line.key_id + line.signature) + "\n";
  }
  if (again != text || note->root.size() != 32) std::abort();
  return 0;
}
