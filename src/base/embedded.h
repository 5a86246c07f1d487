// A file embedded into the binary at build time (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace sluice::embedded {

struct File {
  std::string_view path;  // relative to the embedded root, with "/"
  std::string_view bytes;
};

}  // namespace sluice::embedded
