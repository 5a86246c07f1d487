#include <algorithm>
#include <charconv>

#include "attest/ssh_signature.h"
#include "base/effects.h"

namespace sluice::attest {
namespace {

// A line that is being read: what is left of it, and where it stands.
struct Line {
  std::string_view rest;
  std::string_view file;
  std::uint32_t number = 0;

  [[nodiscard]] tl::unexpected<Error> bad(std::string message,
                                          std::string code = "attest.allowed-signers") const {
    Error error{
        ErrorKind::config, std::move(code), "allowed signers: " + std::move(message), std::nullopt, {}, {}};
    error.where = Place{std::string(file), number, 0, {}};
    return fail(std::move(error));
  }
};

[[nodiscard]] bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// The next word; blanks inside of double quotes belong to it.
[[nodiscard]] std::string_view take_word(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  bool quoted = false;
  std::size_t end = 0;
  while (end < rest.size() && (quoted || !is_blank(rest[end]))) {
    if (rest[end] == '"') quoted = !quoted;
    ++end;
  }
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (true) {
    const auto at = text.find(separator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

// Splits options at commas outside of quotes.
[[nodiscard]] std::vector<std::string_view> split_options(std::string_view text) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] == '"') quoted = !quoted;
    if (at == text.size() || (text[at] == ',' && !quoted)) {
      out.push_back(text.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  return out;
}

// YYYYMMDDZ, YYYYMMDDHHMMZ, YYYYMMDDHHMMSSZ.
[[nodiscard]] Result<std::chrono::sys_seconds> read_time(std::string_view text, const Line& line) {
  const bool utc = text.ends_with('Z');
  if (utc) text.remove_suffix(1);
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!utc || !digits || (text.size() != 8 && text.size() != 12 && text.size() != 14)) {
    return line.bad("a time must be YYYYMMDD[HHMM[SS]]Z");
  }
  std::string full(text);
  full.append(14 - full.size(), '0');
  auto parsed = parse_time(full.substr(0, 4) + "-" + full.substr(4, 2) + "-" + full.substr(6, 2) + "T" +
                           full.substr(8, 2) + ":" + full.substr(10, 2) + ":" + full.substr(12, 2) + "Z");
  if (!parsed) return line.bad("a time does not exist");
  return parsed;
}

[[nodiscard]] Status read_option(std::string_view option, AllowedSigner& out, const Line& line) {
  const auto equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  std::string_view value = equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  if (quoted) value = value.substr(1, value.size() - 2);
  if (name == "namespaces" && quoted && !value.empty()) {
    out.namespaces = split(value, ',');
  } else if (name == "valid-after" && quoted) {
    out.valid_after = SLUICE_TRY(read_time(value, line));
  } else if (name == "valid-before" && quoted) {
    out.valid_before = SLUICE_TRY(read_time(value, line));
  } else if (name == "cert-authority") {
    return line.bad("certificate authorities are not supported", "attest.ssh-unsupported");
  } else {
    // An option that we do not know may restrict the key: passing it over would widen who may sign.
    return line.bad("unknown option \"" + std::string(option) + "\"");
  }
  return {};
}

[[nodiscard]] bool is_key_type(std::string_view word) {
  return word.starts_with("ssh-") || word.starts_with("ecdsa-") || word.starts_with("sk-");
}

[[nodiscard]] Result<AllowedSigner> read_line(Line line) {
  std::string_view principals = take_word(line.rest);
  if (principals.size() >= 2 && principals.front() == '"' && principals.back() == '"') {
    principals = principals.substr(1, principals.size() - 2);
  }
  std::vector<std::string> names = split(principals, ',');
  std::string_view word = take_word(line.rest);
  AllowedSigner restrictions;
  if (!is_key_type(word)) {
    for (const std::string_view option : split_options(word))
      SLUICE_CHECK(read_option(option, restrictions, line));
    word = take_word(line.rest);
  }
  const std::string_view encoded = take_word(line.rest);
  const auto blob = from_base64(encoded);
  if (!blob) return line.bad("the key is not base64");
  auto key = parse_ssh_public_key(*blob);
  if (!key) return line.bad(key.error().message, key.error().code);
  if (key->type != word) return line.bad("the key is no " + std::string(word));
  return AllowedSigner{std::move(names), std::move(restrictions.namespaces), restrictions.valid_after,
                       restrictions.valid_before, std::move(*key)};
}

// OpenSSH's match_pattern: * and ?, nothing else.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] != '*' && pattern[p] == text[t]))) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

[[nodiscard]] bool allows_namespace(const AllowedSigner& signer, std::string_view name) {
  if (signer.namespaces.empty()) return true;
  bool found = false;
  for (const std::string& pattern : signer.namespaces) {
    if (pattern.starts_with('!')) {
      if (matches(std::string_view(pattern).substr(1), name)) return false;
    } else {
      found = found || matches(pattern, name);
    }
  }
  return found;
}

}  // namespace

Result<std::vector<AllowedSigner>> parse_allowed_signers(std::string_view text, std::string_view name) {
  std::vector<AllowedSigner> out;
  Line line{{}, name, 0};
  if (text.size() > k_max_allowed_signers_bytes) return line.bad("the file is too large");
  while (!text.empty()) {
    const auto end = text.find('\n');
    line.rest = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line.number;
    if (line.rest.ends_with('\r')) line.rest.remove_suffix(1);
    while (!line.rest.empty() && is_blank(line.rest.front())) line.rest.remove_prefix(1);
    if (line.rest.empty() || line.rest.front() == '#') continue;
    out.push_back(SLUICE_TRY(read_line(line)));
  }
  return out;
}

Result<std::string> allowed_principal(const std::vector<AllowedSigner>& allowed,
                                      const SshSignature& signature, std::chrono::sys_seconds time) {
  std::string why = "no line of the allowed signers has this key";
  for (const AllowedSigner& signer : allowed) {
    if (signer.key.blob != signature.signer.blob) continue;
    if (!allows_namespace(signer, signature.name_space)) {
      why = "the key may not sign for \"" + signature.name_space + "\"";
    } else if (signer.valid_after && time < *signer.valid_after) {
      why = "the key was not valid yet";
    } else if (signer.valid_before && time > *signer.valid_before) {
      why = "the key was no longer valid";
    } else {
      return signer.principals.front();
    }
  }
  return fail(ErrorKind::crypto, "attest.ssh-signer",
              "the SSH key " + signature.signer.fingerprint() + ": " + why);
}

}  // namespace sluice::attest
