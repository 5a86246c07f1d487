// Arguments of programs, made fit for evidence.
#pragma once

#include <string>
#include <vector>

namespace sluice::sandbox {

inline constexpr const char* k_redacted = "[redacted]";

// Replaces what looks like a secret: the value of an option or variable with a telling name (--password=…,
// API_TOKEN=…, and the word after "--password"), the user part of a URL, an authorization header, a private
// key, a token of a well-known form.
[[nodiscard]] std::vector<std::string> redact(std::vector<std::string> argv);

}  // namespace sluice::sandbox
