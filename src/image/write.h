// Writing images: small, deterministic ones, for examples, tests and `FROM scratch` images that are assembled
// from a list of files. The same spec gives the same bytes on any machine: entries in the order given, one
// time for all, no names of users, no compression header fields. Not a builder: nothing is run and nothing is
// pulled.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "image/config.h"
#include "image/decompress.h"
#include "image/tar.h"

namespace sluice::image {

// One entry of a layer: `header.path`, kind, mode, owner, link, xattrs as given (also hostile ones); size is
// that of the content; mtime is the spec's.
struct FileSpec {
  TarEntry header;
  Bytes content;
};

// The usual shapes. Paths without a leading "/".
[[nodiscard]] FileSpec file_spec(std::string path, Bytes content, std::uint32_t mode = 0644);
[[nodiscard]] FileSpec folder_spec(std::string path, std::uint32_t mode = 0755);
[[nodiscard]] FileSpec symlink_spec(std::string path, std::string target);
[[nodiscard]] FileSpec hardlink_spec(std::string path, std::string target);

struct LayerSpec {
  std::vector<FileSpec> files;
  std::optional<Bytes> tar;  // instead of `files`: an archive as it is
  std::string created_by = "sluice write-image";
};

struct ImageSpec {
  std::vector<LayerSpec> layers;
  ImageConfig config;  // history and diff_ids are made from `layers`; an empty platform means the host's
  Compression compression = Compression::gzip;
  std::int64_t time = 0;  // of every entry and of the image, seconds since the epoch
  std::string reference;  // org.opencontainers.image.ref.name, or the docker archive's tag; may be empty
};

struct WrittenImage {
  Digest manifest;
  Digest config;
  std::vector<Digest> layers;
};

// An OCI layout in the folder `path`, which is made if missing; index.json then lists this image alone. Blobs
// that are there already stay.
[[nodiscard]] Result<WrittenImage> write_layout(const std::string& path, const ImageSpec& spec);

// The same as a tar archive, and in the form of `docker save` before OCI (layers uncompressed;
// WrittenImage::manifest is the one that Image::open derives).
[[nodiscard]] Result<WrittenImage> write_oci_archive(const std::string& path, const ImageSpec& spec);
[[nodiscard]] Result<WrittenImage> write_docker_archive(const std::string& path, const ImageSpec& spec);

[[nodiscard]] Bytes make_tar(const std::vector<FileSpec>& files, std::int64_t time);
[[nodiscard]] Result<Bytes> compress(BytesView bytes, Compression compression);
[[nodiscard]] Bytes config_json(const ImageConfig& config);  // with history and diff_ids as they stand in it

}  // namespace sluice::image
