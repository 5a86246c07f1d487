// SecretBytes: a private key, a passphrase. Move-only, overwritten before its memory is given back, never
// printed.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::attest {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}
  ~SecretBytes() { wipe(); }
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::move(other.bytes_)) { other.bytes_.clear(); }
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  // Valid as long as this object lives; do not copy it into a std::string.
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  void wipe();

 private:
  // A vector and not a string: a short string lives inside the object, and moving it would leave a copy
  // behind.
  std::vector<char> bytes_;
};

// Overwrites the bytes of a buffer that is not a SecretBytes, e.g. what read_file returned.
void wipe(std::string& buffer);

}  // namespace sluice::attest
