// Layers as they come: compressed or plain tar bytes, read to the end and merged into the file tree, twice as
// two layers.
#include <cstdint>
#include <cstdlib>

#include "image/decompress.h"
#include "image/file_tree.h"
#include "image/tar.h"

namespace {

using namespace sluice;
using namespace sluice::image;

Status add_layer(FileTree& tree, BytesView bytes, std::size_t layer) {
  MemorySource source(bytes);
  const auto expanded = decompress(source, detect_compression(bytes), {4u << 20, 1000, 4u << 20});
  TarReader tar(*expanded);
  while (const auto entry = SLUICE_TRY(tar.next())) {
    const std::uint64_t size = SLUICE_TRY(drain(tar));
    if (size != entry->size) std::abort();
    FileInfo info;
    info.kind = entry->kind;
    info.link = entry->link;
    info.layer = layer;
    SLUICE_CHECK(tree.apply(*entry, std::move(info)));
  }
  SLUICE_TRY(tar.finish());
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes(reinterpret_cast<const char*>(data), size);
  FileTree tree;
  for (std::size_t layer = 0; layer < 2; ++layer) (void)add_layer(tree, bytes, layer);
  std::string path;
  std::size_t paths = 0;
  tree.visit(k_root, path, [&](std::string_view found, const FileInfo&) {
    ++paths;
    if (found.empty() || found.front() == '/' || normalise_path(found).refused == "dotdot") std::abort();
    if (tree.walk(k_root, found, FileTree::Follow::parents) == k_no_node) std::abort();
  });
  if (paths != tree.path_count()) std::abort();
  return 0;
}
