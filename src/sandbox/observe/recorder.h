// Collects what a supervisor sees into a Trace: sets with bounds, each entry with the first program that did
// it. One thread only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "sandbox/observe/trace.h"

namespace sluice::sandbox {

// SHA-256 of files of an unpacked image, by path; shared by the containers on it. Thread-safe.
class DigestCache {
 public:
  explicit DigestCache(std::string root) : root_(std::move(root)) {}
  [[nodiscard]] const std::string& root() const { return root_; }
  // Hex; empty if the file cannot be read.
  [[nodiscard]] std::string digest(const std::string& path);

 private:
  std::string root_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::string> known_;
};

class Recorder {
 public:
  struct CallCount {
    std::uint64_t count = 0;
    std::string program;
    bool refused = false;
    bool missing = false;
  };

  void exec(ExecSeen seen);
  // True if the same start (program, arguments, starter) was seen before.
  [[nodiscard]] bool knows(const ExecSeen& seen) const;
  void file(const std::string& path, const std::string& program, const std::function<void(FileSeen&)>& mark);
  void network(NetworkSeen seen);
  void identity(IdentitySeen seen);

  // The counts of calls by name, the digests of programs of the image, in order.
  [[nodiscard]] Trace take(const std::map<std::string, CallCount>& calls, DigestCache& image);

  Losses losses;
  InitSeen init;

 private:
  // A file that is changed between two starts is two programs.
  using ExecKey = std::tuple<std::string, std::vector<std::string>, std::string, Origin, std::string>;
  static ExecKey key_of(const ExecSeen& seen) {
    return {seen.path, seen.argv, seen.by, seen.origin, seen.sha256};
  }
  std::map<ExecKey, ExecSeen> execs_;
  std::unordered_map<std::string, FileSeen> files_;
  std::map<std::tuple<NetworkKind, std::string, std::string, std::uint16_t, std::string>, NetworkSeen>
      network_;
  std::map<std::tuple<std::string, std::string>, IdentitySeen> identity_;
};

// Hex; empty if the file cannot be read or is over k_max_hashed_bytes.
inline constexpr std::uint64_t k_max_hashed_bytes = 512ull << 20;
[[nodiscard]] std::string digest_of(int fd);

// Fills FileSeen::in_layer and adds what only the layer shows.
void cross_check(Trace& trace, std::vector<LayerChange> layer, std::uint64_t lost);

}  // namespace sluice::sandbox
