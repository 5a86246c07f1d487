// Lock files and data documents of --fix-data: refused as a whole, or every digest in them is one.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scan/fix/fix_data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  scan::FixData lock;
  (void)lock.add_lock(text, "fuzz.lock");
  scan::FixData document;
  (void)document.add_document(text, "fuzz.yaml");
  for (const scan::FixData* made : {&lock, &document}) {
    const auto image = made->find(DataKind::image_digest, "debian:12");
    const auto file = made->find(DataKind::file_sha256, "https://example.com/x");
    if ((image && image->size() != 71) || (file && file->size() != 64)) std::abort();
  }
  return 0;
}
