// Which bytes of a Dockerfile are shell text: what to hand to Parser::parse as included ranges with the bash
// language, so that every node of the shell tree keeps its offset in the Dockerfile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/span.h"
#include "syntax/dockerfile/document.h"

namespace sluice::syntax::dockerfile {

struct ShellText {
  enum class Kind : std::uint8_t {
    command,  // the shell-form command; heredocs of it are included, for the shell reads them itself
    script,   // RUN <<EOF: the heredoc's body is the script
  };
  Kind kind = Kind::command;
  std::vector<Span>
      ranges;  // ascending, disjoint, non-empty; without escape+newline, comment and blank lines
  std::string
      shebang;  // of a script that begins with "#!": the rest of that line, trimmed; it is not run by SHELL
  const Heredoc* heredoc = nullptr;  // of a script; owned by the instruction
};

// The shell text of RUN, CMD, ENTRYPOINT and HEALTHCHECK CMD in shell form (an ONBUILD's child has its own):
// none or one. Which shell reads it (SHELL in force, Windows) is the caller's knowledge.
[[nodiscard]] std::vector<ShellText> shell_texts(const Instruction& instruction, std::string_view source);

// The text that the shell sees: the ranges joined.
[[nodiscard]] std::string joined(const std::vector<Span>& ranges, std::string_view source);

}  // namespace sluice::syntax::dockerfile
