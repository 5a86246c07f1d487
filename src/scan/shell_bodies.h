// The shell bodies of a Dockerfile's RUN steps, for adapters that run an outside shell linter: which bytes of
// the file each is made of, which shell reads it, and what comments excuse. Made in the worker, read by the
// parent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/span.h"

namespace sluice::scan {

enum class ShellDialect : std::uint8_t { sh, dash, bash, ksh };
[[nodiscard]] std::string_view to_string(ShellDialect dialect);

struct ShellBody {
  ShellDialect dialect = ShellDialect::sh;
  bool errexit = false;                // SHELL or the shebang has -e
  std::vector<Span> ranges;            // ascending, disjoint: the file's bytes that the shell sees
  std::vector<std::string> variables;  // ARG and ENV in force: plain names, sorted
};

// "# hadolint ignore=SC2086": what it names, and where it holds.
struct ShellExcuse {
  std::vector<std::string> names;
  std::string reason;
  Span covers;
};

struct ShellBodies {
  std::vector<ShellBody> bodies;
  std::vector<ShellExcuse> excuses;
  std::uint32_t other_shells = 0;  // bodies for a shell that is none of the dialects (zsh, PowerShell, cmd)
  bool incomplete = false;         // a limit was reached
};

inline constexpr std::size_t k_max_shell_bodies = 2'000;     // of one file
inline constexpr std::size_t k_max_shell_bytes = 1u << 20;   // of all bodies of one file
inline constexpr std::size_t k_max_shell_variables = 2'000;  // of one body

[[nodiscard]] ShellBodies shell_bodies(std::string_view dockerfile);

// The wire form, which goes as Analysis::adapter. Decoding believes nothing. Code: scan.protocol.
[[nodiscard]] std::string encode(const ShellBodies& bodies);
[[nodiscard]] Result<ShellBodies> decode_shell_bodies(std::string_view wire, std::size_t file_size);

}  // namespace sluice::scan
