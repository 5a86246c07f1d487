// SSH's wire form (RFC 4251 section 5): strings with a length of four bytes before them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

// Reads from the front of a view, which must outlive it. Code of all failures: attest.ssh-wire.
class SshReader {
 public:
  explicit SshReader(BytesView bytes) : rest_(bytes) {}
  [[nodiscard]] Result<std::uint32_t> number();
  [[nodiscard]] Result<BytesView> string();
  [[nodiscard]] Result<BytesView> raw(std::size_t size);
  [[nodiscard]] Result<BytesView> rest();  // all that is left over; may be nothing
  [[nodiscard]] Status finish() const;     // nothing is left over

 private:
  BytesView rest_;
};

void append_ssh_number(Bytes& out, std::uint32_t value);
void append_ssh_string(Bytes& out, BytesView value);

}  // namespace sluice::attest
