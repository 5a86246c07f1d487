// Comments of other linters that excuse findings:
//   # hadolint ignore=DL3008,SC2086 [reason]     the next instruction
//   # hadolint global ignore=DL3008               the file
//   # hadolint stage ignore=DL3008                from here to the end of the stage (above FROM: that stage)
//   # hadolint shell=powershell                   the default shell
//   # check=skip=JSONArgsRecommended[;error=…]    BuildKit's directive, the file
#pragma once

#include <string>
#include <vector>

#include "checks/docker/facts.h"

namespace sluice::checks::docker {

// Marks the findings that comments excuse. A finding is named by its rule id or by an alias with or without
// its peer: "DL3008", "hadolint:DL3008", "docker.apt-unpinned", "all" for BuildKit's checks.
void suppress(const Facts& facts, Findings& findings);

[[nodiscard]] std::string default_shell_pragma(const df::Document& document);  // "" if none

// What the comments above name, and where it holds; for findings that are made elsewhere.
struct IgnoreComment {
  std::vector<std::string> rules;  // as written: "SC2086"
  std::string reason;
  Span covers;
};
[[nodiscard]] std::vector<IgnoreComment> ignore_comments(const df::Document& document);

// The text after "hadolint", if the comment is such a pragma of the kind that ignores.
[[nodiscard]] bool is_ignore_pragma(std::string_view comment);

}  // namespace sluice::checks::docker
