// The files of a folder by digest: what a build was given, and what it made. Read by several threads, and
// only as far as something changed since they were last read.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace sluice::record {

inline constexpr std::size_t k_max_files = 2'000'000;  // of one tree
inline constexpr std::size_t k_max_depth = 256;        // folders in folders

// What tells that a file is still the one that was read. All of it: a build may set mtime back, but not
// ctime.
struct FileState {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  friend bool operator==(const FileState&, const FileState&) = default;
};

struct FileRecord {
  std::string path;  // relative to the root, with "/"
  Digest digest;     // of the content; of a symbolic link, of its target's text
  std::uint64_t size = 0;
  bool link = false;
  bool executable = false;
  FileState state;
  bool reused = false;  // the digest is from the cache
};

// Digests by path and state. Memory only, unless loaded and saved: a saved cache is believed only if it is a
// file of ours that nobody else can write. Whoever can write as us can forge it, as he could forge the
// outputs themselves: do not carry it from one job to another that trusts it less.
class StatCache {
 public:
  // Null if the path is not known in that state.
  [[nodiscard]] const Digest* find(std::string_view path, const FileState& state) const;
  void put(const FileRecord& file);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // A file that is absent, damaged, foreign or of another version leaves the cache empty: it only costs time.
  static StatCache load(const std::string& path, const std::string& root);
  [[nodiscard]] Status save(const std::string& path, const std::string& root) const;

 private:
  struct Entry {
    std::string path;
    FileState state;
    Digest digest;
  };
  std::vector<Entry> entries_;  // sorted by path after load; `fresh_` goes before it
  std::map<std::string, Entry, std::less<>> fresh_;
};

struct TreeOptions {
  std::string root = ".";
  std::vector<std::string> include{"**"};  // globs of relative paths
  std::vector<std::string> exclude{".git/**", ".sluice/**"};
  unsigned threads = 0;  // 0: as many as the machine has
};

struct Tree {
  std::vector<FileRecord> files;      // sorted by path
  std::vector<std::string> problems;  // what could not be recorded, one line each; sorted
  std::uint64_t bytes = 0;            // of all files
  std::size_t hashed = 0;             // files read …
  std::size_t reused = 0;             // … and files that the cache knew
};

// Codes: record.root, record.limit. A file that cannot be read, is no file, or changes while it is read is a
// problem, and no record. The cache learns what was read, save what is too young to be told from a file that
// is changed again within the same tick of the file system's clock.
[[nodiscard]] Result<Tree> hash_tree(const TreeOptions& options, StatCache& cache);

// Go's Hash1 of a tree ("h1:" without its name, in hex): SHA-256 over the sorted lines
// "<sha256>  <path>\n". One digest for many files, which anybody can compute: in-toto's dirHash1.
[[nodiscard]] std::string dir_hash(const std::vector<FileRecord>& files);

// "*" and "?" within a name, "**" over folders, everything else is itself. A pattern without a wildcard also
// means everything below the folder of that name.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view path);

}  // namespace sluice::record
