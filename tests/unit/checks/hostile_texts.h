// Mean Dockerfiles: large, deep, cut off, or no text at all. Each is at most about 1 MB.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::checks::docker {

inline std::string repeated(std::string_view piece, std::size_t count) {
  std::string out;
  out.reserve(piece.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += piece;
  return out;
}

// Fills about `bytes` with numbered lines: `before`N`after`.
inline std::string numbered(std::string_view before, std::string_view after, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; out.size() < bytes; ++i) {
    out += before;
    out += std::to_string(i);
    out += after;
  }
  return out;
}

struct HostileText {
  std::string name;
  std::string text;
};

// `size`: of the large ones, in bytes; 1 MB is what the limits are meant for.
inline std::vector<HostileText> hostile_texts(std::size_t size) {
  const std::size_t third = size / 3;
  const auto fill = [size](std::string_view piece) { return repeated(piece, size / piece.size()); };
  const auto run = [](const std::string& body) { return "FROM a:1\nRUN " + body; };
  std::vector<HostileText> all{
      {"one word of a megabyte", run(repeated("x", size))},
      {"one line of words", run(fill("word "))},
      {"one line of commands", run(fill("apt-get install -y a && "))},
      {"one line of downloads", run(fill("curl -o f http://e.com/f && sh f; "))},
      {"one line of different downloads", run(numbered("curl -o f", " http://e.com/f && ", size))},
      {"one line of pipes", run(fill("a | "))},
      {"one line of curl pipes", run(fill("curl x | sh | "))},
      {"one line of substitutions", run(fill("$(a) "))},
      {"one line of backquotes", run(fill("`a` "))},
      {"one line of variables", run(fill("$a "))},
      {"one line of assignments", run(numbered("a", "=b ", size))},
      {"one line of quotes", run(fill("'a' "))},
      {"one line of open quotes", run(fill("\"'"))},
      {"one line of semicolons", run(fill(";"))},
      {"one line of ampersands", run(fill("& "))},
      {"one line of redirects", run(fill("> a "))},
      {"one line of backslashes", run(fill("\\"))},
      {"nested subshells", run(fill("("))},
      {"nested substitutions", run(fill("$("))},
      {"nested quoted substitutions", run(fill("\"$("))},
      {"nested braces", run(fill("{ "))},
      {"nested parameter expansions", run(fill("${a:-"))},
      {"nested ifs", run(fill("if a; then "))},
      {"nested cases", run(fill("case a in a) "))},
      {"nested sh -c", run(fill("sh -c 'a "))},
      {"nested wrappers", run(fill("sudo "))},
      {"nested arithmetic", run(fill("$((1+"))},
      {"functions", run(fill("f() { a; }; "))},
      {"sh -c of a large text", run("sh -c '" + repeated("a && ", third / 2) + "'")},
      {"continued lines", run(fill("a \\\n"))},
      {"continued comments", run(fill("\\\n# c\n"))},
      {"blank lines in a continuation", run("a \\\n" + repeated("\n", size))},
      {"100,000 instructions", "FROM a:1\n" + repeated("RUN a b\n", size / 10)},
      {"100,000 package lines", "FROM a:1\n" + repeated("RUN pip install a\n", size / 18)},
      {"instructions of every kind", fill("FROM a\nENV A=$B\nCOPY . .\nADD a b\nUSER a\nARG B\nCMD a\n")},
      {"10,000 stages", numbered("FROM a AS s", "\nCOPY --from=s1 a b\n", size)},
      {"stages on stages", numbered("FROM s AS s", "\nENV A=$A$A\nRUN a\n", size)},
      {"a chain of stages",
       [&] {
         std::string out = "FROM a AS s0\n";
         for (std::size_t i = 1; out.size() < size; ++i)
           out += "FROM s" + std::to_string(i - 1) + " AS s" + std::to_string(i) + "\nRUN a | b\n";
         return out;
       }()},
      {"a circle of stages", numbered("FROM t AS s", "\nCOPY --from=t a b\nFROM s0 AS t\n", size)},
      {"variables that grow",
       "FROM a:1\nENV A=xxxxxxxx\n" + repeated("ENV A=$A$A\n", size / 11) + "RUN echo $A\n"},
      {"variables that grow in a shell", run("A=xxxxxxxx; " + repeated("A=$A$A; ", size / 8) + "echo $A")},
      {"many variables", "FROM a:1\n" + numbered("ENV A", "=b\n", size) + "RUN echo $A1\n"},
      {"one ENV of many", "FROM a:1\nENV " + numbered("A", "=$B ", size)},
      {"one LABEL of many", "FROM a:1\nLABEL " + numbered("a", "=b ", size)},
      {"one COPY of many", "FROM a:1\nCOPY " + fill("a ") + "/b/"},
      {"one JSON array", "FROM a:1\nCMD [" + fill("\"a\",") + "\"b\"]"},
      {"JSON that opens", "FROM a:1\nCMD " + fill("[")},
      {"10,000 heredocs", "FROM a:1\n" + repeated("RUN <<EOF\napt-get install -y a\nEOF\n", 10'000)},
      {"10,000 heredocs in one line",
       "FROM a:1\nRUN " + repeated("<<a ", 10'000) + "\n" + repeated("a\n", 10'000)},
      {"one large heredoc", "FROM a:1\nRUN <<EOF\n" + fill("curl a | sh\n") + "EOF\n"},
      {"heredocs inside a heredoc", "FROM a:1\nRUN <<EOF\n" + fill("cat <<X\nX\n") + "EOF\n"},
      {"unterminated heredocs", "FROM a:1\n" + fill("RUN <<A <<B cat\n")},
      {"unterminated quotes", "FROM a:1\nENV A=\"" + fill("b c ")},
      {"an unterminated continuation", run("a \\")},
      {"ONBUILD of ONBUILD", "FROM a:1\n" + fill("ONBUILD ")},
      {"mount options", "FROM a:1\nRUN --mount=" + fill("type=secret,id=a,") + " b"},
      {"many mounts", "FROM a:1\nRUN " + fill("--mount=type=secret,id=a ") + "cat /run/secrets/a > /b"},
      {"flags without end", "FROM a:1\nCOPY " + fill("--chown=a ") + "b c"},
      {"comments", fill("# hadolint ignore=DL3008\n") + "FROM a\n"},
      {"comments and findings", "FROM a:1\n" + fill("# hadolint ignore=DL3004\nRUN sudo a\n")},
      {"directives", fill("# syntax=a\n") + "FROM a\n"},
      {"NUL bytes", std::string(size, '\0')},
      {"NUL bytes in a RUN", run(std::string(size, '\0'))},
      {"bytes that are no UTF-8", std::string(size, '\xFF')},
      {"bytes that are no UTF-8 in a RUN", run(fill("\xC3 \xE2\x80 "))},
      {"carriage returns", std::string(size, '\r')},
      {"hidden characters", run(fill("\xE2\x80\xAE"))},
      {"secrets in one line", run(fill("AKIAQX3ZP7LMN2WERT5Y "))},
      {"URLs with passwords", run(fill("curl https://u:p4ssw0rd@e.com/a; "))},
      {"high entropy", run(numbered("TOKEN=Zx9Qw", "Lk2Vb7Np4Rt8Ys1 ", size))},
      {"PowerShell", "FROM a:1\nSHELL [\"powershell\", \"-c\"]\nRUN " + fill("Get-A | Set-B; ")},
      {"escape by backquote", "# escape=`\nFROM a:1\nRUN " + fill("a `\n")},
      {"EXPOSE", "FROM a:1\nEXPOSE " + fill("1 99999 ")},
      {"globs in a COPY", "FROM a:1\nCOPY " + fill("*?[a-z]** ") + "/b/"},
      {"nothing", ""},
      {"one instruction without a newline", "FROM"},
  };
  return all;
}

}  // namespace sluice::checks::docker
