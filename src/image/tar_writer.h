// TarWriter: the smallest writer that is needed, deterministic: entries in the order given, no clock, no
// names of users. Long names and xattrs become pax records. Used by write.h and by tests, which also need it
// to write hostile archives: names are stored as given.
#pragma once

#include <string>

#include "base/bytes.h"
#include "image/tar.h"

namespace sluice::image {

class TarWriter {
 public:
  // entry.size is ignored: the content's size is written.
  void add(const TarEntry& entry, BytesView content = {});
  // One header block and its padded content, byte for byte as asked: for archives that no sane writer makes.
  void add_raw(char type_flag, std::string_view name, BytesView content);
  void append(BytesView bytes) { bytes_ += bytes; }
  // The archive with its two end blocks.
  [[nodiscard]] Bytes finish();

 private:
  void header(const TarEntry& entry, char type_flag, std::uint64_t size);
  void pad();
  Bytes bytes_;
};

}  // namespace sluice::image
