#include "image/tar_writer.h"

#include <array>
#include <map>

namespace sluice::image {
namespace {

constexpr std::size_t k_block = 512;

char type_flag_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::regular:
      return '0';
    case EntryKind::hardlink:
      return '1';
    case EntryKind::symlink:
      return '2';
    case EntryKind::character:
      return '3';
    case EntryKind::block:
      return '4';
    case EntryKind::directory:
      return '5';
    case EntryKind::fifo:
      return '6';
    case EntryKind::other:
      break;
  }
  return 'Z';
}

void put(std::array<char, k_block>& block, std::size_t offset, std::size_t size, std::string_view text) {
  std::copy_n(text.data(), std::min(size, text.size()), block.data() + offset);
}

// Octal with a final NUL, or base-256 where the digits do not suffice.
void put_number(std::array<char, k_block>& block, std::size_t offset, std::size_t size, std::uint64_t value) {
  if (value < std::uint64_t{1} << (3 * (size - 1))) {
    for (std::size_t i = size - 1; i-- > 0; value >>= 3)
      block[offset + i] = static_cast<char>('0' + (value & 7u));
    return;
  }
  for (std::size_t i = size; i-- > 0; value >>= 8) block[offset + i] = static_cast<char>(value & 0xffu);
  block[offset] = static_cast<char>(0x80);
}

// "LENGTH KEY=VALUE\n", where LENGTH counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (std::to_string(length).size() + rest != length) length = std::to_string(length).size() + rest;
  return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

}  // namespace

void TarWriter::pad() {
  bytes_.resize((bytes_.size() + k_block - 1) / k_block * k_block, '\0');
}

void TarWriter::header(const TarEntry& entry, char type_flag, std::uint64_t size) {
  std::array<char, k_block> block{};
  put(block, 0, 100, entry.path);
  put_number(block, 100, 8, entry.mode);
  put_number(block, 108, 8, entry.uid);
  put_number(block, 116, 8, entry.gid);
  put_number(block, 124, 12, size);
  put_number(block, 136, 12, static_cast<std::uint64_t>(entry.mtime));
  block[156] = type_flag;
  put(block, 157, 100, entry.link);
  put(block, 257, 8, std::string_view("ustar\00000", 8));
  put_number(block, 329, 8, entry.device_major);
  put_number(block, 337, 8, entry.device_minor);
  std::fill_n(block.data() + 148, 8, ' ');
  std::uint64_t sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  put_number(block, 148, 7, sum);
  bytes_.append(block.data(), block.size());
}

void TarWriter::add(const TarEntry& entry, BytesView content) {
  std::string records;
  if (entry.path.size() > 100) records += pax_record("path", entry.path);
  if (entry.link.size() > 100) records += pax_record("linkpath", entry.link);
  for (const auto& [name, value] : entry.xattrs) records += pax_record("SCHILY.xattr." + name, value);
  if (!records.empty()) add_raw('x', "PaxHeaders/entry", records);
  header(entry, type_flag_of(entry.kind), content.size());
  bytes_ += content;
  pad();
}

void TarWriter::add_raw(char type_flag, std::string_view name, BytesView content) {
  TarEntry entry;
  entry.path = name;
  entry.mode = 0644;
  header(entry, type_flag, content.size());
  bytes_ += content;
  pad();
}

Bytes TarWriter::finish() {
  bytes_.append(2 * k_block, '\0');
  return std::move(bytes_);
}

}  // namespace sluice::image
