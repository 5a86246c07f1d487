// Escaping of foreign text (scanned names, sources, program output) for each output. A scanned file must not
// be able to command a terminal, a browser or the CI runner that reads our log.
#pragma once

#include <string>
#include <string_view>

namespace sluice::report {

// One line for a terminal or a CI log. Control characters (C0, DEL, C1), invalid UTF-8, bidirectional and
// zero-width characters become visible \x.. or \u{...}; a tab stays. Texts that CI runners obey are broken
// up: "::" at the start (after blanks) as "\x3a:", "##[" and "##vso[" and "##teamcity[" anywhere as "\x23#["
// and so on.
[[nodiscard]] std::string escape_line(std::string_view text);

// Text of a GitHub workflow command: data of the message, or a property (which also escapes ':' and ',').
// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
[[nodiscard]] std::string escape_github_data(std::string_view text);
[[nodiscard]] std::string escape_github_property(std::string_view text);

// Inline Markdown (GitHub and GitLab flavours), on one line: markup and HTML characters are made literal.
[[nodiscard]] std::string escape_markdown(std::string_view text);

// XML 1.0 character data and attribute values; characters XML cannot hold become U+FFFD.
[[nodiscard]] std::string escape_xml(std::string_view text);

// A relative path as a URI reference: everything but unreserved characters and "/" percent-encoded (RFC
// 3986).
[[nodiscard]] std::string uri_path(std::string_view path);

// A finished JSON text in which no line can be taken for a runner's command: "##[" inside strings as
// "\u0023#[".
[[nodiscard]] std::string disarm_json(std::string json);

// The text with every byte that is not well-formed UTF-8 replaced by U+FFFD; JSON and XML hold Unicode only.
[[nodiscard]] std::string to_valid_utf8(std::string_view text);

}  // namespace sluice::report
