// Digests. `base` declares them and stays free of any crypto library; the definitions stand
// in src/attest/sha256.cpp, which is linked as a tiny library of its own (sluice_sha256),
// because attest is the only user of OpenSSL. A hash of our own was rejected: OpenSSL's uses
// the CPU's SHA instructions (1.9 GB/s against 0.2).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice {

// A SHA-256 digest. Printed form of OCI: "sha256:<64 lower-case hex>".
class Digest {
 public:
  Digest() = default;
  explicit Digest(const std::array<std::uint8_t, 32>& raw) : raw_(raw) {}

  [[nodiscard]] static Result<Digest> parse_oci(std::string_view text);  // "sha256:…"
  [[nodiscard]] static Result<Digest> parse_hex(std::string_view text);  // 64 lower-case hex

  [[nodiscard]] std::string hex() const;
  [[nodiscard]] std::string oci() const;
  [[nodiscard]] const std::array<std::uint8_t, 32>& raw() const { return raw_; }

  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  std::array<std::uint8_t, 32> raw_{};
};

// Incremental SHA-256. Not thread-safe; `finish` may be called once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(BytesView bytes);
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] Digest sha256(BytesView bytes);

}  // namespace sluice
