// The byte form of what parent and worker say to each other: little-endian numbers, length-prefixed texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::scan {

class WireWriter {
 public:
  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void text(std::string_view value) {
    u32(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<char>((value >> (8 * i)) & 0xFFU));
  }
  std::string out_;
};

// Reads what may be hostile: after the first thing that does not fit, `ok` is false for good and all values
// are zero.
class WireReader {
 public:
  explicit WireReader(std::string_view in) : in_(in) {}
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return in_.empty(); }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  // A view into the input; longer than `max` is broken.
  std::string_view text(std::size_t max) {
    const std::uint32_t size = u32();
    if (size > max || size > in_.size()) {
      fail();
      return {};
    }
    const std::string_view out = in_.substr(0, size);
    in_.remove_prefix(size);
    return out;
  }
  // A count of items of at least `item_bytes` each: bounded by `max` and by what is left, so that nothing
  // reserves more than the message can hold.
  std::uint32_t count(std::size_t max, std::size_t item_bytes) {
    const std::uint32_t n = u32();
    if (n > max || n > in_.size() / item_bytes) {
      fail();
      return 0;
    }
    return n;
  }
  void fail() {
    ok_ = false;
    in_ = {};
  }

 private:
  std::uint64_t number(unsigned bytes) {
    if (in_.size() < bytes) {
      fail();
      return 0;
    }
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(in_[i])} << (8U * i);
    }
    in_.remove_prefix(bytes);
    return value;
  }
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace sluice::scan
