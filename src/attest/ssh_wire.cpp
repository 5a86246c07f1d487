#include "attest/ssh_wire.h"

namespace sluice::attest {

Result<BytesView> SshReader::raw(std::size_t size) {
  if (rest_.size() < size) return fail(ErrorKind::invalid, "attest.ssh-wire", "the SSH data ends too early");
  const BytesView out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

Result<std::uint32_t> SshReader::number() {
  const BytesView bytes = SLUICE_TRY(raw(4));
  std::uint32_t out = 0;
  for (const char byte : bytes) out = (out << 8) | static_cast<unsigned char>(byte);
  return out;
}

Result<BytesView> SshReader::string() {
  const std::uint32_t size = SLUICE_TRY(number());
  return raw(size);
}

Result<BytesView> SshReader::rest() {
  return raw(rest_.size());
}

Status SshReader::finish() const {
  if (rest_.empty()) return {};
  return fail(ErrorKind::invalid, "attest.ssh-wire", "there are bytes after the SSH data");
}

void append_ssh_number(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

void append_ssh_string(Bytes& out, BytesView value) {
  append_ssh_number(out, static_cast<std::uint32_t>(value.size()));
  out += value;
}

}  // namespace sluice::attest
