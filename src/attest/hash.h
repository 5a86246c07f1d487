// Hashes by the names that the formats use. Only sound ones: md5 and sha1 are not known here.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

// `name` in any of the spellings: "sha256" (in-toto, Rekor v1), "SHA2_256" (protobuf). Raw digest.
// Code: attest.hash-unknown.
[[nodiscard]] Result<Bytes> hash(std::string_view name, BytesView data);

}  // namespace sluice::attest
