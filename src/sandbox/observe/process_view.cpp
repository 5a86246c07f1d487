#include "sandbox/observe/process_view.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::uint64_t k_page = 4096;
constexpr std::size_t k_max_status = 16u << 10;
constexpr std::size_t k_word_head = 128;  // bytes of each word that one call reads

std::uint64_t hexadecimal(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

}  // namespace

std::string ProcessView::bytes(std::uint64_t address, std::size_t size) const {
  std::string out(size, '\0');
  iovec local{out.data(), size};
  // A page at a time: the kernel stops at the first that is not there.
  std::array<iovec, 32> remote{};
  std::size_t pages = 0;
  std::size_t covered = 0;
  for (; pages < remote.size() && covered < size; ++pages) {
    const std::uint64_t at = address + covered;
    const auto part = std::min<std::size_t>(size - covered, k_page - at % k_page);
    remote[pages] = {reinterpret_cast<void*>(at), part};  // NOLINT(performance-no-int-to-ptr)
    covered += part;
  }
  ssize_t got = ::process_vm_readv(tid_, &local, 1, remote.data(), pages, 0);
  if (got < 0 && (errno == EPERM || errno == ENOSYS)) {
    // Some surroundings refuse that call, but not the file.
    const Fd memory = open("mem", O_RDONLY);
    if (memory.valid()) got = ::pread(memory.get(), out.data(), size, static_cast<off_t>(address));
  }
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

bool ProcessView::read(std::uint64_t address, void* to, std::size_t size) const {
  const std::string got = bytes(address, size);
  if (got.size() != size) return false;
  std::memcpy(to, got.data(), size);
  return true;
}

std::optional<std::string> ProcessView::text(std::uint64_t address, std::size_t max) const {
  std::string out;
  while (out.size() < max) {
    const std::uint64_t at = address + out.size();
    const auto part = std::min<std::size_t>({max - out.size(), 256, k_page - at % k_page});
    const std::string got = bytes(at, part);
    if (got.empty()) return std::nullopt;
    const std::size_t end = got.find('\0');
    out.append(got, 0, end);
    if (end != std::string::npos) return out;
    if (got.size() < part) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ProcessView::pointer(std::uint64_t address) const {
  if (wide_) {
    std::uint64_t value = 0;
    return read(address, &value, sizeof(value)) ? std::optional(value) : std::nullopt;
  }
  std::uint32_t value = 0;
  return read(address, &value, sizeof(value)) ? std::optional<std::uint64_t>(value) : std::nullopt;
}

std::optional<std::vector<std::string>> ProcessView::words(std::uint64_t address, std::size_t max_words,
                                                           std::size_t max_word) const {
  std::vector<std::string> out;
  if (address == 0) return out;
  const std::size_t width = pointer_size();
  const std::string table = bytes(address, (max_words + 1) * width);
  if (table.size() < width) return std::nullopt;
  std::vector<std::uint64_t> places;
  bool ended = false;
  for (std::size_t i = 0; i + width <= table.size() && places.size() <= max_words && !ended; i += width) {
    std::uint64_t at = 0;
    std::memcpy(&at, table.data() + i, width);  // both architectures are little-endian
    ended = at == 0;
    if (!ended) places.push_back(at);
  }
  if (places.size() > max_words) places.pop_back();
  const std::vector<std::string> heads = beginnings(places);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::uint64_t at = places[i];
    if (i < heads.size() && heads[i].size() <= max_word && heads[i].size() < k_word_head) {
      out.push_back(heads[i]);
      continue;
    }
    auto word = text(at, max_word + 1);
    if (!word) {
      word = bytes(at, max_word);
      if (word->empty()) return std::nullopt;
      *word += "…";
    }
    out.push_back(std::move(*word));
  }
  if (!ended) out.emplace_back("…");
  return out;
}

std::vector<std::string> ProcessView::beginnings(const std::vector<std::uint64_t>& places) const {
  std::string block(places.size() * k_word_head, '\0');
  std::vector<iovec> local;
  std::vector<iovec> remote;
  for (std::size_t i = 0; i < places.size(); ++i) {
    // Not over the end of a page: what is behind may not be there.
    const auto part = std::min<std::size_t>(k_word_head, k_page - places[i] % k_page);
    local.push_back({block.data() + i * k_word_head, part});
    remote.push_back({reinterpret_cast<void*>(places[i]), part});  // NOLINT(performance-no-int-to-ptr)
  }
  const ssize_t got = ::process_vm_readv(tid_, local.data(), local.size(), remote.data(), remote.size(), 0);
  std::vector<std::string> out;
  auto left = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  for (std::size_t i = 0; i < places.size() && left >= remote[i].iov_len; ++i) {
    left -= remote[i].iov_len;
    const std::string_view part(block.data() + i * k_word_head, remote[i].iov_len);
    const std::size_t end = part.find('\0');
    // One that goes on is marked by its length.
    out.emplace_back(end == part.npos ? std::string(k_word_head, '\0') : std::string(part.substr(0, end)));
  }
  return out;
}

std::string ProcessView::link(const std::string& name) const {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink((folder_ + "/" + name).c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

Fd ProcessView::open(const std::string& name, int flags) const {
  return Fd(::open((folder_ + "/" + name).c_str(), flags | O_CLOEXEC));
}

std::optional<ProcessView::Identity> ProcessView::identity() const {
  const auto status = read_file(folder_ + "/status", k_max_status);
  if (!status) return std::nullopt;
  Identity seen;
  for (const std::string_view line : split(*status, '\n')) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, tab);
    const std::string_view value = line.substr(tab + 1);
    const auto ids = split(value, '\t');
    if (name == "Tgid:") seen.group = static_cast<pid_t>(parse_u32(value).value_or(0));
    if (name == "Uid:" && ids.size() == 4) {
      seen.uid = parse_u32(ids[1]).value_or(0);
      seen.outer_fsuid = parse_u32(ids[3]).value_or(0);
    }
    if (name == "Gid:" && ids.size() == 4) seen.outer_fsgid = parse_u32(ids[3]).value_or(0);
    if (name == "CapPrm:") seen.permitted = hexadecimal(value);
    if (name == "SigCgt:") seen.caught = hexadecimal(value);
  }
  const auto map = read_file(folder_ + "/uid_map", k_max_status);
  if (map) seen.uid = inner_id(seen.uid, *map);
  return seen;
}

std::uint32_t inner_id(std::uint32_t outer, std::string_view map) {
  for (const std::string_view line : split(map, '\n')) {
    // inside, outside, count
    std::array<std::uint32_t, 3> numbers{};
    std::size_t count = 0;
    for (const std::string_view word : split(line, ' ')) {
      if (const auto number = parse_u64(word); number && count < numbers.size()) {
        numbers[count++] = static_cast<std::uint32_t>(*number);
      }
    }
    if (count != numbers.size() || outer < numbers[1] || outer - numbers[1] >= numbers[2]) continue;
    return numbers[0] + (outer - numbers[1]);
  }
  return outer;
}

}  // namespace sluice::sandbox
