// The languages Sluice can parse: a table made at build time from the lock file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct TSLanguage;

namespace sluice::syntax {

struct Language {
  std::string_view name;  // "python", "csharp", "dockerfile"
  const TSLanguage* (*factory)();
  std::string_view package;  // npm package, or "sluice" for our own
  std::string_view version;
  std::string_view integrity;  // "sha512-…" of the lock file; empty for our own
};

[[nodiscard]] std::span<const Language> languages();                 // sorted by name
[[nodiscard]] const Language* find_language(std::string_view name);  // null if unknown

// The language of a source file by its name ("a/b.py" → python), or null. Dockerfiles are found by scan, not
// here.
[[nodiscard]] const Language* language_of_path(std::string_view path);

[[nodiscard]] std::uint32_t abi_version(const Language& language);
[[nodiscard]] std::string_view core_version();
[[nodiscard]] std::string_view core_integrity();

// Fails (syntax.abi) if a grammar's ABI is outside the core's range. Called once at start by whoever parses:
// a refused language returns a null tree, and a naive program would then pass every file.
[[nodiscard]] Status check_languages();

}  // namespace sluice::syntax
