// Texts that look like Dockerfiles and are not: pieces that matter to the reader, strung together. The same
// number gives the same text on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::syntax::dockerfile {

inline std::string random_dockerfile(std::uint64_t number) {
  static constexpr std::string_view k_pieces[] = {
      "FROM",
      "RUN",
      "run",
      "COPY",
      "ADD",
      "ENV",
      "LABEL",
      "ARG",
      "CMD",
      "ENTRYPOINT",
      "USER",
      "WORKDIR",
      "HEALTHCHECK",
      "ONBUILD",
      "EXPOSE",
      "VOLUME",
      "SHELL",
      "FOO",
      "\\",
      "`",
      "\n",
      "\n",
      "\r\n",
      " ",
      " ",
      "\t",
      "\\\n",
      "\\ \n",
      "\\\n# c\n",
      "\\\n\n",
      "`\n",
      "# x\n",
      "#",
      "# escape=`\n",
      "# syntax=a\n",
      "--from=x",
      "--mount=type=a,b=c,",
      "--",
      "--link",
      "\"",
      "\"",
      "'",
      "'",
      "[",
      "]",
      "[\"a\", \"b\"]",
      "[\"a\" , 1]",
      "\"a\"",
      ",",
      "{",
      "}",
      "$",
      "${",
      "$a",
      "${a:-b}",
      "<<EOF",
      "<<-E",
      "3<<'EOF'",
      "<< EOF",
      "<<<x",
      "\nEOF\n",
      "\n\tE\n",
      ":",
      "@",
      "/",
      "=",
      "a=b",
      "as",
      "b",
      "x y",
      "NONE",
      "\xC3\xA0",
      "\xFF",
      "\xC2\xA0",
      "\xEF\xBB\xBF",
      std::string_view("\0", 1),
      "1",
      "\\u0041",
      "&&",
  };
  constexpr std::uint64_t k_count = std::size(k_pieces);
  std::uint64_t state = number * 0x9E3779B97F4A7C15u + 1;
  const auto next = [&](std::uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
  };
  std::string out;
  for (std::uint64_t left = 1 + next(40); left > 0; --left) {
    if (next(6) == 0) {
      out.append("\n").append(k_pieces[next(18)]).append(" ");
    } else {
      out.append(k_pieces[next(k_count)]);
    }
  }
  return out;
}

}  // namespace sluice::syntax::dockerfile
