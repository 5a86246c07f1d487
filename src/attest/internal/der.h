// Writing DER, as little as SubjectPublicKeyInfo and ECDSA signatures need. Private to src/attest.
#pragma once

#include "base/bytes.h"

namespace sluice::attest::internal {

// One element: tag, length (up to 65535), body.
[[nodiscard]] inline Bytes der(char tag, BytesView body) {
  Bytes out(1, tag);
  if (body.size() < 0x80) {
    out += static_cast<char>(body.size());
  } else if (body.size() <= 0xff) {
    out += '\x81';
    out += static_cast<char>(body.size());
  } else {
    out += '\x82';
    out += static_cast<char>(body.size() >> 8);
    out += static_cast<char>(body.size() & 0xff);
  }
  return out.append(body);
}

// SubjectPublicKeyInfo of an AlgorithmIdentifier (DER) and the key's bits.
[[nodiscard]] inline Bytes spki(BytesView algorithm, BytesView key_bits) {
  return der('\x30', Bytes(algorithm) + der('\x03', Bytes(1, '\0') + Bytes(key_bits)));
}

// INTEGER of a number that is not negative, from big-endian bytes.
[[nodiscard]] inline Bytes der_number(BytesView big_endian) {
  while (big_endian.size() > 1 && big_endian.front() == '\0') big_endian.remove_prefix(1);
  Bytes body(big_endian);
  if (body.empty() || (static_cast<unsigned char>(body.front()) & 0x80u) != 0) body.insert(0, 1, '\0');
  return der('\x02', body);
}

// An ECDSA signature from its two numbers of one size, one after the other, as JWS has it.
[[nodiscard]] inline Bytes der_ecdsa(BytesView both) {
  const std::size_t half = both.size() / 2;
  return der('\x30', der_number(both.substr(0, half)) + der_number(both.substr(half)));
}

[[nodiscard]] inline Bytes bytes_of_hex(std::string_view hex) {
  return from_hex(hex).value_or(Bytes());
}

}  // namespace sluice::attest::internal
