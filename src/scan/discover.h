// Which files of the given roots are looked at, and what each of them is.
//
// Walks with openat2 below each root; never follows a symbolic link (a linked file is reported as skipped),
// never enters .git, honours .gitignore (nested, and those of the folders above up to the repository's),
// .git/info/exclude and .sluiceignore. A file that the user names itself is always taken. Sorted, each file
// once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "sluice/coverage.h"
#include "syntax/language.h"

namespace sluice::scan {

inline constexpr std::uint64_t k_max_scanned_file_bytes = 5u << 20;  // default of ScanOptions::max_file_bytes
inline constexpr std::uint64_t k_max_ignore_file_bytes = 1u << 20;
inline constexpr std::size_t k_binary_probe_bytes = 8u << 10;  // a NUL in here makes a file binary
inline constexpr std::size_t k_max_folder_depth = 128;
inline constexpr std::size_t k_max_files = 1'000'000;

// The files that git tracks below a folder, relative to it, as raw bytes. An error means that this is not
// known.
using TrackedSource = std::function<Result<std::vector<std::string>>(const std::string& folder)>;

struct DiscoverOptions {
  std::vector<std::string> roots;  // files or folders, as the user named them
  // Paths (as in SourceFile::path) that git tracks: git's ignore files do not hold for them. Without this
  // list an ignored but committed file is not looked at.
  std::vector<std::string> tracked = {};
  // Gives such a list for a root. Called at most once a root, and only if a git ignore file matches something
  // there: reading an index costs more than a small scan.
  TrackedSource ask_tracked = {};
  // What the roots are called in SourceFile::path, one for each root; empty = as they were named.
  std::vector<std::string> shown_as = {};
};

// A file to look at. `path` is for people and reports; the file itself is reached through its root.
struct SourceFile {
  std::string
      path;  // relative to the root if it is the only one; else with the root in front. "/", valid UTF-8
  std::shared_ptr<const Directory> root;
  std::string below_root;  // raw bytes
  std::uint64_t size = 0;
  bool dockerfile = false;
  const syntax::Language* language =
      nullptr;                // null for Dockerfiles and for types that we have no grammar of
  bool through_link = false;  // the user named a symbolic link to it
};

// What a file is, by its name and, if that leaves it open, by its start. `head` gives the first
// k_binary_probe_bytes and is called only when needed. A file that the user names may be a Dockerfile
// whatever its name.
struct FileType {
  bool dockerfile = false;
  const syntax::Language* language = nullptr;
};
[[nodiscard]] FileType type_of_file(std::string_view path, bool named_by_user,
                                    const std::function<std::string()>& head);

struct Discovery {
  std::vector<SourceFile> files;   // sorted by path
  std::vector<Coverage> coverage;  // analyser "discover": links, unreadable folders, special files
  std::uint64_t ignored = 0;       // entries (files, or folders as one) that ignore files left out
};

// Fails if a root does not exist (scan.root-missing) or over k_max_files (scan.files).
[[nodiscard]] Result<Discovery> discover(const DiscoverOptions& options);

// The file's bytes. Codes: file.* of base/file.h; scan.changed if it is no regular file any more;
// scan.too-large; scan.binary. Does not follow a link put in its place meanwhile.
[[nodiscard]] Result<Bytes> read_source(const SourceFile& file, std::uint64_t max_bytes);
// The part of it that is about the bytes: scan.too-large, scan.binary.
[[nodiscard]] Status check_source(std::string_view bytes, std::uint64_t max_bytes);

// The text of the .dockerignore that a build of this Dockerfile would use: "NAME.dockerignore", the one in
// its folder, the one at the root (the build context is not known here); nullopt if there is none of them.
// Code: file.*
[[nodiscard]] Result<std::optional<Bytes>> read_dockerignore(const SourceFile& file);

// What a root is called in SourceFile::path: "" for the only folder. The same as DiscoverOptions::shown_as
// says otherwise.
[[nodiscard]] std::string shown_root(const std::string& name, bool only_root);

// A file name as valid UTF-8: bytes that are not become "\xNN".
[[nodiscard]] std::string printable_path(std::string_view raw);

}  // namespace sluice::scan
