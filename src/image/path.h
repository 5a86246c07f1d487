// Names inside images. An entry's name is hostile bytes; it becomes a normal path or is refused, and is never
// joined onto a path of the host.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::image {

struct NormalPath {
  std::string
      path;  // "usr/bin/env": no leading or trailing "/", no empty, "." or ".." component; "" is the root
  bool absolute = false;  // it was written with a leading "/"
  std::string refused;    // "dotdot", "too-long", "name-too-long", "nul" or "" if it is good
};

[[nodiscard]] NormalPath normalise_path(std::string_view raw);

// "usr/bin" and "env" of "usr/bin/env"; "" and "env" of "env".
struct SplitPath {
  std::string_view parent;
  std::string_view name;
};
[[nodiscard]] SplitPath split_path(std::string_view normal);

// The non-empty components of any path, "." left out, ".." kept.
[[nodiscard]] std::vector<std::string_view> components(std::string_view path);

// Whiteouts (OCI image spec, layer.md "Whiteouts").
enum class Whiteout { none, file, opaque, reserved };  // reserved: any other name with ".wh..wh."
struct WhiteoutName {
  Whiteout kind = Whiteout::none;
  std::string_view hidden;  // of `file`: the name it hides
};
[[nodiscard]] WhiteoutName whiteout(std::string_view name);

}  // namespace sluice::image
