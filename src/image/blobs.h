// Where an image's files lie: a folder, or an archive whose members are found by one pass over its headers.
// Private to src/image.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/result.h"
#include "image/byte_source.h"

namespace sluice::image {

// A range of an open file.
struct Blob {
  std::shared_ptr<const Fd> fd;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  [[nodiscard]] FileSource source() const { return {fd, offset, size}; }
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  // By path inside the image: "index.json", "blobs/sha256/…". Thread-safe. Code: image.missing-blob
  // (not_found).
  [[nodiscard]] virtual Result<Blob> open(const std::string& path) const = 0;
  [[nodiscard]] virtual bool has(const std::string& path) const = 0;
};

[[nodiscard]] Result<std::unique_ptr<BlobStore>> open_folder(const std::string& path);
// A tar archive, possibly gzip or zstd compressed (then it is expanded into an unnamed temporary file).
[[nodiscard]] Result<std::unique_ptr<BlobStore>> open_archive(const std::string& path);

[[nodiscard]] inline std::string blob_path(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

// A small document as it is; its size and digest are checked. Codes: image.blob-size, image.blob-digest,
// image.too-large.
[[nodiscard]] Result<Bytes> read_document(const BlobStore& store, const std::string& path,
                                          std::uint64_t max_bytes);
[[nodiscard]] Result<Bytes> read_blob(const BlobStore& store, const Digest& digest, std::uint64_t size,
                                      std::uint64_t max_bytes, const std::string& what);

}  // namespace sluice::image
