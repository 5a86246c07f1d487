#include "checks/docker/support.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace sluice::checks::docker {

std::string lower(std::string_view text) {
  return to_lower(text);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string_view base_name(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string quoted(std::string_view text) {
  constexpr std::size_t k_longest = 80;
  std::string out = "\"";
  for (const char c : text.substr(0, k_longest)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  if (text.size() > k_longest) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0x80) != 0)
      out.pop_back();  // no cut character
    out += "…";
  }
  return out + "\"";
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool path_covers(std::string_view outer, std::string_view inner) {
  const auto trim = [](std::string_view& path) {
    if (path.ends_with("/*")) path.remove_suffix(2);
    while (path.size() > 1 && path.ends_with("/")) path.remove_suffix(1);
  };
  trim(outer);
  trim(inner);
  if (outer == "/" || outer == inner) return true;
  return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/';
}

bool is_tar_name(std::string_view name) {
  constexpr std::array<std::string_view, 16> endings{".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".tgz", ".txz",
                                                     ".tbz", ".tbz2",   ".tb2",    ".tlz",     ".tpz", ".tZ",
                                                     ".gz",  ".bz2",    ".xz",     ".tar.zst"};
  constexpr std::array<std::string_view, 3> rare{".lz", ".lzma", ".Z"};
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  return std::any_of(endings.begin(), endings.end(), ends) || std::any_of(rare.begin(), rare.end(), ends);
}

bool is_url(std::string_view text) {
  const std::string start = lower(text.substr(0, 8));
  return start.starts_with("http://") || start.starts_with("https://") || start.starts_with("ftp://");
}

bool is_git_url(std::string_view text) {
  if (text.starts_with("git@") || text.starts_with("git://") || text.starts_with("ssh://")) return true;
  if (!is_url(text)) return false;
  const std::string_view path = text.substr(0, text.find_first_of("#?"));
  return path.ends_with(".git");
}

bool is_local_host(std::string_view url) {
  const std::size_t scheme = url.find("://");
  std::string_view host = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/:?#"));
  return host == "localhost" || host.starts_with("127.") || host == "0.0.0.0" || host == "[" ||
         host.ends_with(".localhost");
}

bool is_plain_http(std::string_view text) {
  const std::size_t at = lower(text).find("http://");
  return at != std::string::npos && !is_local_host(text.substr(at));
}

bool is_hex(std::string_view text, std::size_t length) {
  return text.size() == length && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

bool has_cache_mount(const Step& step, std::string_view path) {
  for (const df::Flag& flag : step.instruction->flags) {
    if (lower(flag.name) != "mount") continue;
    std::string_view type = "bind";
    std::string_view target;
    for (const df::FlagOption& option : flag.options) {
      if (!option.value) continue;
      if (option.name == "type") type = *option.value;
      if (option.name == "target" || option.name == "dst" || option.name == "destination")
        target = *option.value;
    }
    if ((type != "cache" && type != "tmpfs") || target.empty()) continue;
    if (path.starts_with("/") ? path_covers(target, path)
                              : contains(target, path) || target.ends_with("/.cache")) {
      return true;
    }
  }
  return false;
}

bool any_cache_mount(const Step& step, std::string_view paths) {
  for (const std::string_view path : split(paths, " ")) {
    if (has_cache_mount(step, path)) return true;
  }
  return false;
}

const df::Flag* flag_of(const Step& step, std::string_view name) {
  return step.instruction->flag(name);
}

const df::Value* flag_value(const Step& step, std::string_view name) {
  const auto& flags = step.instruction->flags;
  for (std::size_t i = 0; i < flags.size() && i < step.flags.size(); ++i) {
    if (flags[i].name == name && flags[i].value) return &step.flags[i];
  }
  return nullptr;
}

namespace {

std::optional<ModeBits> parse_octal(std::string_view mode) {
  if (mode.size() > 5) return std::nullopt;
  unsigned value = 0;
  for (const char c : mode) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + static_cast<unsigned>(c - '0');
  }
  return ModeBits{(value & 02) != 0, (value & 04000) != 0, (value & 02000) != 0, (value & 01000) != 0};
}

// One clause of a symbolic mode: who, then [+-=]permissions, possibly several.
bool parse_clause(std::string_view clause, ModeBits& bits) {
  std::size_t at = 0;
  std::string_view who = clause.substr(0, clause.find_first_of("+-="));
  at = who.size();
  if (at >= clause.size() || who.find_first_not_of("ugoa") != std::string_view::npos) return false;
  const bool all = who.find('a') != std::string_view::npos;
  const bool others = all || who.find('o') != std::string_view::npos;
  const bool user = all || who.empty() || who.find('u') != std::string_view::npos;
  const bool group = all || who.empty() || who.find('g') != std::string_view::npos;
  while (at < clause.size()) {
    const char action = clause[at++];
    const std::size_t end = std::min(clause.find_first_of("+-=", at), clause.size());
    const std::string_view what = clause.substr(at, end - at);
    at = end;
    if (what.find_first_not_of("rwxXstugo") != std::string_view::npos) return false;
    if (action == '-') continue;
    if (what.find('w') != std::string_view::npos && others) bits.world_write = true;
    if (what.find('s') != std::string_view::npos) {
      bits.setuid = bits.setuid || user;
      bits.setgid = bits.setgid || group;
    }
    if (what.find('t') != std::string_view::npos) bits.sticky = true;
  }
  return true;
}

}  // namespace

std::optional<ModeBits> parse_mode(std::string_view mode) {
  if (mode.empty()) return std::nullopt;
  if (mode[0] >= '0' && mode[0] <= '9') return parse_octal(mode);
  ModeBits bits;
  for (const std::string_view clause : split(mode, ",")) {
    if (!parse_clause(clause, bits)) return std::nullopt;
  }
  return bits;
}

bool truthy(std::string_view value) {
  const std::string text = lower(value);
  return !(text.empty() || text == "0" || text == "false" || text == "no" || text == "off" || text == "n" ||
           text == "f");
}

Edit insert_at(std::uint32_t offset, std::string text) {
  return {offset, 0, std::move(text)};
}

Edit replace(Span span, std::string text) {
  return {span.begin, span.size(), std::move(text)};
}

Fix fix_of(std::string description, FixTier tier, std::vector<Edit> edits) {
  return {std::move(description), tier, std::move(edits)};
}

std::optional<Edit> remove_word(std::string_view source, Span word) {
  std::uint32_t begin = word.begin;
  while (begin > 0 && (source[begin - 1] == ' ' || source[begin - 1] == '\t')) --begin;
  const bool alone = begin < word.begin &&
                     (word.end >= source.size() || source[word.end] == ' ' || source[word.end] == '\t' ||
                      source[word.end] == '\n' || source[word.end] == '\r');
  if (!alone) return std::nullopt;
  const bool starts_line = begin == 0 || source[begin - 1] == '\n';
  if (starts_line) {  // keep the indentation; take the blanks behind instead
    std::uint32_t end = word.end;
    while (end < source.size() && (source[end] == ' ' || source[end] == '\t')) ++end;
    return Edit{word.begin, end - word.begin, ""};
  }
  return Edit{begin, word.end - begin, ""};
}

bool is_plain(std::string_view source, const sh::Word& word) {
  return word.span.end <= source.size() && word.span.of(source) == word.text;
}

}  // namespace sluice::checks::docker
