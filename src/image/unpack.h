// Unpacking layers into a folder, for the sandbox. Every name is resolved by openat2(RESOLVE_IN_ROOT): an
// absolute link, a ".." or a symbolic link in the image leads to a place in the folder, never out of it;
// nothing is followed in the last component. The folder must belong to us alone while this runs.
//
// On top of what is there: regular files, folders, symbolic and hard links, fifos, mode bits with setuid and
// setgid, times, owners (as root), xattrs (best effort), whiteouts. Device nodes are left out: the sandbox
// brings its own. Without root, owners stay ours and folders keep u+rwx, so that later layers and the removal
// can work in them.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "image/image.h"
#include "image/problem.h"

namespace sluice::image {

inline constexpr std::uint64_t k_max_unpacked_bytes = 32ull << 30;

struct UnpackOptions {
  std::uint64_t max_bytes = k_max_unpacked_bytes;  // of file contents written, in all layers of this call
  std::size_t max_entries = k_max_entries;
  bool owners = true;  // set uid and gid; done only when running as root
  bool xattrs = true;  // failures are recorded, not fatal
};

struct UnpackReport {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  // "unpack.device", "unpack.xattr", "unpack.hardlink-missing", "entry.dotdot", … An entry that is named in a
  // lossy problem is not on disk as the image has it.
  ProblemList problems;
};

// One layer, verified as it is read; on an error the folder holds a part of it and must be thrown away.
// Codes: unpack.write, unpack.limit, and those of Image::for_each_entry.
[[nodiscard]] Result<UnpackReport> unpack_layer(const Image& image, std::size_t layer, int root_dirfd,
                                                const UnpackOptions& options = {});

// All layers in order.
[[nodiscard]] Result<UnpackReport> unpack(const Image& image, int root_dirfd,
                                          const UnpackOptions& options = {});

}  // namespace sluice::image
