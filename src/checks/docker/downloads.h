// Downloads in shell commands, and what becomes of the bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/docker/facts.h"

namespace sluice::checks::docker {

struct Download {
  RunCommand run;
  std::vector<const syntax::shell::Word*> urls;  // words that are URLs, or hold one in part
  std::string file;                              // where the bytes go; "" = standard output
  bool to_stdout = false;
};

// curl, wget, aria2c, fetch: none if the command is no download (curl --version, an upload).
[[nodiscard]] std::optional<Download> as_download(const RunCommand& run);

// A program that runs what it reads: shells, python, perl, ruby, node, php.
[[nodiscard]] bool is_interpreter(std::string_view name);

// A command that runs its standard input as a program: `| sh`, `| bash -s -- x`, `| python3 -`.
[[nodiscard]] bool runs_stdin(const syntax::shell::Command& command);

// A command that checks a file against a checksum or signature: `sha256sum -c`, `gpg --verify`, `cosign
// verify-blob` …
[[nodiscard]] bool is_verification(const RunCommand& run);

}  // namespace sluice::checks::docker
