// Small helpers of the checks: paths, modes, mounts, edits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/docker/facts.h"

namespace sluice::checks::docker {

[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] bool contains(std::string_view text, std::string_view part);
[[nodiscard]] std::string_view base_name(std::string_view path);
[[nodiscard]] std::string quoted(
    std::string_view text);  // for messages: "text", cut when long, control bytes as "?"
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, std::string_view separators);

// `inner` is `outer` or lies below it; both absolute. Trailing "/" and "/*" do not matter.
[[nodiscard]] bool path_covers(std::string_view outer, std::string_view inner);

// A file name with an extension that `ADD` unpacks.
[[nodiscard]] bool is_tar_name(std::string_view name);
[[nodiscard]] bool is_url(std::string_view text);      // http, https, ftp
[[nodiscard]] bool is_git_url(std::string_view text);  // as ADD takes it: git@…, git://…, https://….git[#ref]
[[nodiscard]] bool is_local_host(std::string_view url);
[[nodiscard]] bool is_plain_http(std::string_view text);  // an http:// URL of another host stands in it
[[nodiscard]] bool is_hex(std::string_view text, std::size_t length);

// The step's RUN has a cache or tmpfs mount at `path` or above. A `path` without leading "/" is matched as a
// tail.
[[nodiscard]] bool has_cache_mount(const Step& step, std::string_view path);
[[nodiscard]] bool any_cache_mount(const Step& step, std::string_view paths);  // blank-separated

// The value of a flag of an instruction, with variables resolved; null if it is not given.
[[nodiscard]] const df::Value* flag_value(const Step& step, std::string_view name);
[[nodiscard]] const df::Flag* flag_of(const Step& step, std::string_view name);

// File modes: "0777", "u+s", "a+rwX". Bits that the mode sets; none if it is neither.
struct ModeBits {
  bool world_write = false;
  bool setuid = false;
  bool setgid = false;
  bool sticky = false;
};
[[nodiscard]] std::optional<ModeBits> parse_mode(std::string_view mode);

// False for "0", "false", "no", "off" and "".
[[nodiscard]] bool truthy(std::string_view value);

// Edits of the original bytes.
[[nodiscard]] Edit insert_at(std::uint32_t offset, std::string text);
[[nodiscard]] Edit replace(Span span, std::string text);
[[nodiscard]] Fix fix_of(std::string description, FixTier tier, std::vector<Edit> edits);
// Removes a word with the blanks before it. None if the word does not stand alone between blanks in the file.
[[nodiscard]] std::optional<Edit> remove_word(std::string_view source, Span word);
// True if the bytes of the file at the word are its text: no quotes, no variables, no continuation inside.
[[nodiscard]] bool is_plain(std::string_view source, const sh::Word& word);

}  // namespace sluice::checks::docker
