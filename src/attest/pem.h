// Strict PEM (RFC 7468): exactly one block, no text around it but white space, no headers, strict base64.
//
// OpenSSL's own reader was rejected: it skips junk before the block, accepts encryption headers, and takes
// the first block of many, so that two programs can read two different keys out of one file.
#pragma once

#include <string>
#include <string_view>

#include "attest/secret_bytes.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_pem_bytes = 256u << 10;

struct Pem {
  std::string label;  // "PUBLIC KEY", "CERTIFICATE", …
  Bytes der;          // the caller wipes it if it is a private key
};

// Codes: attest.pem, attest.pem-size.
[[nodiscard]] Result<Pem> parse_pem(std::string_view text);

// "-----BEGIN label-----", lines of 64 characters, "-----END label-----", each with "\n".
[[nodiscard]] std::string write_pem(std::string_view label, BytesView der);

}  // namespace sluice::attest
