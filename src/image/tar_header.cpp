#include "image/tar_header.h"

#include <algorithm>
#include <limits>

namespace sluice::image {
namespace {

struct Field {
  std::size_t offset;
  std::size_t size;
};
constexpr Field k_name{0, 100};
constexpr Field k_mode{100, 8};
constexpr Field k_uid{108, 8};
constexpr Field k_gid{116, 8};
constexpr Field k_size{124, 12};
constexpr Field k_mtime{136, 12};
constexpr Field k_checksum{148, 8};
constexpr std::size_t k_type_flag = 156;
constexpr Field k_link{157, 100};
constexpr Field k_magic{257, 8};  // with the version
constexpr Field k_device_major{329, 8};
constexpr Field k_device_minor{337, 8};
constexpr Field k_prefix{345, 155};
constexpr Field k_star_prefix{345, 131};
constexpr Field k_star_trailer{508, 4};

std::string_view raw(const TarBlock& block, Field field) {
  return {block.data() + field.offset, field.size};
}

std::string_view text(const TarBlock& block, Field field) {
  const std::string_view bytes = raw(block, field);
  return bytes.substr(0, bytes.find('\0'));
}

tl::unexpected<Error> bad(std::string code, std::string message) {
  return fail(ErrorKind::invalid, std::move(code), std::move(message));
}

// GNU's base-256: the first bit marks it, the second is the sign, big endian.
Result<std::int64_t> base256(std::string_view bytes) {
  const bool negative = (static_cast<unsigned char>(bytes[0]) & 0x40u) != 0;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    if (negative) byte = static_cast<unsigned char>(~byte);
    if (i == 0) byte &= 0x7fu;
    if (value >> 56 != 0) return bad("image.tar-number", "a number of a tar header is out of range");
    value = value << 8 | byte;
  }
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return bad("image.tar-number", "a number of a tar header is out of range");
  }
  const auto magnitude = static_cast<std::int64_t>(value);
  return negative ? -magnitude - 1 : magnitude;
}

// Octal with spaces and NULs around it, or base-256. An empty field is 0.
Result<std::int64_t> number(const TarBlock& block, Field field) {
  std::string_view bytes = raw(block, field);
  if ((static_cast<unsigned char>(bytes[0]) & 0x80u) != 0) return base256(bytes);
  constexpr std::string_view k_blank(" \0", 2);
  const std::size_t begin = bytes.find_first_not_of(k_blank);
  if (begin == std::string_view::npos) return std::int64_t{0};
  bytes = bytes.substr(begin);
  bytes = bytes.substr(0, bytes.find_first_of(k_blank));
  std::int64_t value = 0;
  for (const char digit : bytes) {
    if (digit < '0' || digit > '7') return bad("image.tar-number", "a number of a tar header is not octal");
    value = value * 8 + (digit - '0');  // at most 12 digits: 36 bits
  }
  return value;
}

Result<std::uint64_t> unsigned_number(const TarBlock& block, Field field) {
  const std::int64_t value = SLUICE_TRY(number(block, field));
  if (value < 0) return bad("image.tar-number", "a number of a tar header is negative");
  return static_cast<std::uint64_t>(value);
}

Result<std::uint32_t> id_number(const TarBlock& block, Field field) {
  const std::uint64_t value = SLUICE_TRY(unsigned_number(block, field));
  if (value > k_max_tar_id)
    return bad("image.tar-number", "a user or group id of a tar header is out of range");
  return static_cast<std::uint32_t>(value);
}

Status check_sum(const TarBlock& block) {
  const std::uint64_t stored = SLUICE_TRY(unsigned_number(block, k_checksum));
  std::uint64_t sum = 0;
  std::int64_t signed_sum = 0;  // some historic writers summed signed bytes, and every reader still takes it
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool blank = i >= k_checksum.offset && i < k_checksum.offset + k_checksum.size;
    const char byte = blank ? ' ' : block[i];
    sum += static_cast<unsigned char>(byte);
    signed_sum += static_cast<signed char>(byte);
  }
  if (stored == sum || static_cast<std::int64_t>(stored) == signed_sum) return {};
  return bad("image.tar-checksum", "the checksum of a tar header is wrong");
}

std::string header_path(const TarBlock& block) {
  const std::string_view magic = raw(block, k_magic);
  std::string_view prefix;
  if (magic.starts_with(std::string_view("ustar\0", 6))) {
    const bool star = raw(block, k_star_trailer) == std::string_view("tar\0", 4);
    prefix = text(block, star ? k_star_prefix : k_prefix);
  }
  const std::string_view name = text(block, k_name);
  if (prefix.empty()) return std::string(name);
  return std::string(prefix) + "/" + std::string(name);
}

EntryKind kind_of(char flag) {
  switch (flag) {
    case '0':
    case '\0':
    case '7':
      return EntryKind::regular;
    case '1':
      return EntryKind::hardlink;
    case '2':
      return EntryKind::symlink;
    case '3':
      return EntryKind::character;
    case '4':
      return EntryKind::block;
    case '5':
      return EntryKind::directory;
    case '6':
      return EntryKind::fifo;
    default:
      return EntryKind::other;
  }
}

}  // namespace

bool is_zero_block(const TarBlock& block) {
  return std::all_of(block.begin(), block.end(), [](char byte) { return byte == '\0'; });
}

Result<TarEntry> parse_tar_header(const TarBlock& block) {
  SLUICE_CHECK(check_sum(block));
  TarEntry entry;
  entry.path = header_path(block);
  entry.link = std::string(text(block, k_link));
  entry.type_flag = block[k_type_flag];
  entry.kind = kind_of(entry.type_flag);
  entry.mode = static_cast<std::uint32_t>(SLUICE_TRY(unsigned_number(block, k_mode)) & 07777u);
  entry.uid = SLUICE_TRY(id_number(block, k_uid));
  entry.gid = SLUICE_TRY(id_number(block, k_gid));
  entry.size = SLUICE_TRY(unsigned_number(block, k_size));
  entry.mtime = SLUICE_TRY(number(block, k_mtime));
  if (entry.kind == EntryKind::character || entry.kind == EntryKind::block) {
    entry.device_major = static_cast<std::uint32_t>(SLUICE_TRY(unsigned_number(block, k_device_major)));
    entry.device_minor = static_cast<std::uint32_t>(SLUICE_TRY(unsigned_number(block, k_device_minor)));
  }
  return entry;
}

}  // namespace sluice::image
