// The files of an OCI image layout folder, read and written safely: blobs by digest, index.json under a lock.
// For src/store only.
#pragma once

#include <functional>
#include <string>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::store {

inline constexpr std::size_t k_max_index_bytes = 64u << 20;
inline constexpr std::string_view k_index_media_type = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view k_manifest_media_type = "application/vnd.oci.image.manifest.v1+json";

class Layout {
 public:
  explicit Layout(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] Status create() const;  // makes what is missing; existing files stay
  [[nodiscard]] Status check() const;   // store.not-found, store.format, store.link

  // Returns the digest. A blob that is there already is kept if it is whole, else written anew.
  [[nodiscard]] Result<Digest> write_blob(BytesView bytes) const;
  // Fills a new file by `fill`, which must have seen to the digest, and takes it in under its name. Skipped
  // if a file of that digest and size is there.
  [[nodiscard]] Status receive_blob(const Digest& digest, std::uint64_t size,
                                    const std::function<Status(const Fd& out)>& fill) const;
  // Codes: store.missing, store.digest, store.too-large.
  [[nodiscard]] Result<Bytes> read_blob(const Digest& digest, std::size_t max_bytes) const;

  // The index as it is now. Code: store.index.
  [[nodiscard]] Result<json::Value> read_index() const;
  // Reads, changes and replaces the index while no other writer can; `change` returns whether anything
  // changed.
  [[nodiscard]] Status update_index(const std::function<Result<bool>(json::Value& index)>& change) const;

 private:
  std::string path_;
};

}  // namespace sluice::store
