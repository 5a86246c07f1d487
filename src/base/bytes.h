// Bytes: owned raw bytes; hex and base64 in their strict forms.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

// Raw bytes are held in std::string throughout: every byte value is allowed, and no encoding is implied.
using Bytes = std::string;
using BytesView = std::string_view;

[[nodiscard]] std::string to_hex(BytesView bytes);  // lower case

// Accepts lower-case hex of even length only.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);

[[nodiscard]] std::string to_base64(BytesView bytes);  // standard alphabet, padded (RFC 4648 section 4)

// Strict: the alphabet named, right padding, zero trailing bits, no
// white space, no junk (RFC 4648 section 3).
enum class Base64 { standard, url, either };
[[nodiscard]] Result<Bytes> from_base64(std::string_view text, Base64 alphabet = Base64::standard);

// True if the text is well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);

// Length of the longest prefix that is well-formed UTF-8: where the first fault is, or the size of the text.
[[nodiscard]] std::size_t utf8_prefix(std::string_view text);

// The start of a foreign text for a message: at most `max_bytes`, not cut inside a code point.
[[nodiscard]] std::string_view excerpt(std::string_view text, std::size_t max_bytes = 100);

}  // namespace sluice
