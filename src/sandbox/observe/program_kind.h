// What kind of program a file is, by its name.
#pragma once

#include <cstdint>
#include <string_view>

#include "sandbox/observe/trace.h"

namespace sluice::sandbox {

enum class ProgramKind : std::uint8_t { other, shell, package_manager, downloader };

// By the file's name; of busybox and toybox by the applet that was asked for.
[[nodiscard]] ProgramKind kind_of_program(const ExecSeen& program);
// That name: "/usr/bin/curl" → "curl", busybox as "wget" → "wget".
[[nodiscard]] std::string_view program_name(const ExecSeen& program);

}  // namespace sluice::sandbox
