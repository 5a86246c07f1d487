// The real outside world, and the doubles for tests.
#include "base/effects.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/file.h"

namespace sluice {
namespace {

std::string join(const std::vector<std::string>& argv) {
  std::string out;
  for (const std::string& word : argv) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

std::chrono::sys_seconds SystemClock::now() const {
  if (const char* fixed = std::getenv("SOURCE_DATE_EPOCH")) {
    const std::string_view text(fixed);
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0) {
      return std::chrono::sys_seconds(std::chrono::seconds(seconds));
    }
  }
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::chrono::nanoseconds SystemClock::monotonic() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

void FixedClock::advance(std::chrono::nanoseconds by) {
  const auto before = std::chrono::floor<std::chrono::seconds>(monotonic_);
  monotonic_ += by;
  now_ += std::chrono::floor<std::chrono::seconds>(monotonic_) - before;
}

Result<Bytes> SystemDisk::read(const std::string& path, std::uint64_t max_bytes) const {
  return read_file(path, max_bytes);
}
Status SystemDisk::write_atomic(const std::string& path, BytesView bytes) {
  return write_file_atomic(path, bytes);
}
bool SystemDisk::exists(const std::string& path) const {
  return path_exists(path);
}

Result<std::vector<std::string>> SystemDisk::list(const std::string& path) const {
  const Directory directory = SLUICE_TRY(Directory::open(path));
  std::vector<std::string> names;
  for (DirectoryEntry& entry : SLUICE_TRY(directory.list())) names.push_back(std::move(entry.name));
  return names;
}

Result<Bytes> MemoryDisk::read(const std::string& path, std::uint64_t max_bytes) const {
  const auto found = files.find(path);
  if (found == files.end())
    return fail(ErrorKind::not_found, "file.not-found", "no such file: \"" + path + "\"");
  if (found->second.size() > max_bytes) {
    return fail(ErrorKind::limit, "file.too-large",
                "\"" + path + "\" is larger than the limit of " + std::to_string(max_bytes) + " bytes");
  }
  return found->second;
}

Status MemoryDisk::write_atomic(const std::string& path, BytesView bytes) {
  files[path] = Bytes(bytes);
  return {};
}

bool MemoryDisk::exists(const std::string& path) const {
  const auto below = files.lower_bound(path + "/");
  return files.contains(path) || (below != files.end() && below->first.starts_with(path + "/"));
}

Result<std::vector<std::string>> MemoryDisk::list(const std::string& path) const {
  const std::string prefix = path.ends_with('/') ? path : path + "/";
  std::vector<std::string> names;
  for (auto at = files.lower_bound(prefix); at != files.end() && at->first.starts_with(prefix); ++at) {
    const std::string rest = at->first.substr(prefix.size());
    const std::string name = rest.substr(0, rest.find('/'));
    if (!name.empty() && (names.empty() || names.back() != name)) names.push_back(name);
  }
  if (names.empty())
    return fail(ErrorKind::not_found, "file.not-found", "no such directory: \"" + path + "\"");
  // "a-b/x" sorts before "a/x", so equal names need not have been neighbours.
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<ProcessResult> SystemProcessRunner::run(const ProcessSpec& spec) {
  return run_process(spec);
}

Result<ProcessResult> ScriptedProcessRunner::run(const ProcessSpec& spec) {
  asked.push_back(spec);
  const auto found = answers.find(join(spec.argv));
  if (found == answers.end()) {
    return fail(ErrorKind::not_found, "process.not-found", "no scripted answer for: " + join(spec.argv));
  }
  return found->second;
}

Environment current_environment() {
  Environment out;
  for (char** at = ::environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view variable(*at);
    const std::size_t equals = variable.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    out.emplace(variable.substr(0, equals), variable.substr(equals + 1));  // the first wins, as in getenv
  }
  return out;
}

}  // namespace sluice
