// Helpers of the image tests: what an operation answered, and images in a temporary folder.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "image/file_index.h"
#include "image/image.h"
#include "image/tar_writer.h"
#include "image/write.h"

namespace sluice::image::test {

template <typename T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

inline std::vector<std::string> codes(const ProblemList& problems) {
  std::vector<std::string> list;
  for (const Problem& problem : problems.kept()) list.push_back(problem.code);
  return list;
}

inline std::string paths(const FileIndex& index) {
  std::string text;
  index.for_each(
      [&](std::string_view path, const FileInfo&) { text += (text.empty() ? "" : " ") + std::string(path); });
  return text;
}

// Without the sync of write_file_atomic, which would be most of the tests' time.
inline void write_plain(const std::string& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A temporary folder with images in it.
class Workshop {
 public:
  Workshop() : folder_(TempDirectory::create().value()) {}
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  // An OCI layout of these layers, opened.
  [[nodiscard]] Result<Image> image(std::vector<std::vector<FileSpec>> layers) const {
    ImageSpec spec;
    for (auto& files : layers) spec.layers.push_back({std::move(files), {}, "test"});
    SLUICE_TRY(write_layout(path("image"), spec));
    return Image::open(path("image"));
  }

  // One layer that is this archive.
  [[nodiscard]] Result<Image> image_of_tar(Bytes tar, Compression compression = Compression::gzip) const {
    ImageSpec spec;
    spec.compression = compression;
    spec.layers.push_back({{}, std::move(tar), "test"});
    SLUICE_TRY(write_layout(path("image"), spec));
    return Image::open(path("image"));
  }

  [[nodiscard]] FileIndex index(std::vector<std::vector<FileSpec>> layers) const {
    const Image opened = image(std::move(layers)).value();
    return FileIndex::build(opened).value();
  }

 private:
  TempDirectory folder_;
};

}  // namespace sluice::image::test
