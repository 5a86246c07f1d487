#include "sandbox/observe/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/file.h"

namespace sluice::sandbox {

std::string digest_of(int fd) {
  struct stat st{};
  if (::fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return {};
  Sha256 hash;
  std::vector<char> buffer(256u << 10);
  std::uint64_t total = 0;
  while (total <= k_max_hashed_bytes) {
    const ssize_t size = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(total));
    if (size < 0) return {};
    if (size == 0) return hash.finish().hex();
    hash.update(BytesView(buffer.data(), static_cast<std::size_t>(size)));
    total += static_cast<std::uint64_t>(size);
  }
  return {};
}

std::string DigestCache::digest(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(path);
  if (known != known_.end()) return known->second;
  std::string hex;
  if (const auto root = Directory::open(root_)) {
    const auto file = root->open_file(path.substr(std::min<std::size_t>(path.size(), 1)),
                                      O_RDONLY | O_NONBLOCK, Directory::Resolve::in_root);
    if (file) hex = digest_of(file->get());
  }
  known_.emplace(path, hex);
  return hex;
}

void Recorder::exec(ExecSeen seen) {
  auto key = key_of(seen);
  const auto found = execs_.find(key);
  if (found != execs_.end()) {
    ++found->second.count;
  } else if (execs_.size() < k_max_traced_execs) {
    execs_.emplace(std::move(key), std::move(seen));
  } else {
    ++losses.execs;
  }
}

bool Recorder::knows(const ExecSeen& seen) const {
  return execs_.contains(key_of(seen));
}

void Recorder::file(const std::string& path, const std::string& program,
                    const std::function<void(FileSeen&)>& mark) {
  auto found = files_.find(path);
  if (found == files_.end()) {
    if (files_.size() >= k_max_traced_files) {
      ++losses.files;
      return;
    }
    found = files_.emplace(path, FileSeen{}).first;
    found->second.path = path;
    found->second.program = program;
  }
  ++found->second.count;
  mark(found->second);
}

void Recorder::network(NetworkSeen seen) {
  auto key = std::tuple(seen.kind, seen.protocol, seen.address, seen.port, seen.hostname);
  const auto found = network_.find(key);
  if (found != network_.end()) {
    ++found->second.count;
  } else if (network_.size() < k_max_traced_network) {
    seen.count = 1;
    network_.emplace(std::move(key), std::move(seen));
  } else {
    ++losses.network;
  }
}

void Recorder::identity(IdentitySeen seen) {
  auto key = std::tuple(seen.call, seen.arguments);
  const auto found = identity_.find(key);
  if (found != identity_.end()) {
    ++found->second.count;
    found->second.gain = found->second.gain || seen.gain;
  } else if (identity_.size() < k_max_traced_execs) {
    seen.count = 1;
    identity_.emplace(std::move(key), std::move(seen));
  } else {
    ++losses.execs;
  }
}

Trace Recorder::take(const std::map<std::string, CallCount>& calls, DigestCache& image) {
  Trace trace;
  for (const auto& [name, call] : calls) {
    trace.events += call.count;
    trace.syscalls.push_back({name, call.program, call.count, call.refused, call.missing});
  }
  for (auto& [key, seen] : execs_) {
    if (seen.origin == Origin::image) seen.sha256 = image.digest(seen.path);
    trace.execs.push_back(std::move(seen));
  }
  for (auto& [path, seen] : files_) trace.files.push_back(std::move(seen));
  std::sort(trace.files.begin(), trace.files.end(),
            [](const FileSeen& a, const FileSeen& b) { return a.path < b.path; });
  for (auto& [key, seen] : network_) trace.network.push_back(std::move(seen));
  for (auto& [key, seen] : identity_) trace.identity.push_back(std::move(seen));
  trace.init = init;
  trace.losses = losses;
  return trace;
}

void cross_check(Trace& trace, std::vector<LayerChange> layer, std::uint64_t lost) {
  std::sort(layer.begin(), layer.end());
  trace.layer_listed = true;
  trace.losses.layer += lost;
  for (FileSeen& file : trace.files) {
    const auto found =
        std::lower_bound(layer.begin(), layer.end(), file.path,
                         [](const LayerChange& c, const std::string& path) { return c.path < path; });
    file.in_layer = found != layer.end() && found->path == file.path;
  }
  trace.layer = std::move(layer);
}

}  // namespace sluice::sandbox
