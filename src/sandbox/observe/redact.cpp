#include "sandbox/observe/redact.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace sluice::sandbox {
namespace {

constexpr auto k_names = std::to_array<std::string_view>(
    {"password", "passwd", "passphrase", "secret", "token", "apikey", "api-key", "api_key", "access-key",
     "access_key", "private-key", "private_key", "credential", "pgpassword", "mysql_pwd"});
// Well-known beginnings of tokens, with the length from which they are taken for one.
struct Prefix {
  std::string_view text;
  std::size_t length;
};
constexpr auto k_prefixes = std::to_array<Prefix>({{"AKIA", 20},
                                                   {"ASIA", 20},
                                                   {"ghp_", 30},
                                                   {"gho_", 30},
                                                   {"ghs_", 30},
                                                   {"github_pat_", 30},
                                                   {"glpat-", 20},
                                                   {"xoxb-", 20},
                                                   {"xoxp-", 20},
                                                   {"sk_live_", 20},
                                                   {"eyJhbGciOi", 40}});

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool telling(std::string_view name) {
  const std::string text = lower(name);
  return std::any_of(k_names.begin(), k_names.end(),
                     [&](std::string_view known) { return text.find(known) != std::string::npos; });
}

// NAME=value, --name=value; the name is a word of its own.
void redact_assignments(std::string& word) {
  const auto is_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  };
  for (std::size_t at = word.find_first_of("=:"); at != std::string::npos;
       at = word.find_first_of("=:", at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_name(word[begin - 1])) --begin;
    const bool header = word[at] == ':';
    const std::string name = word.substr(begin, at - begin);
    if (!telling(name) && !(header && lower(name) == "authorization")) continue;
    std::size_t end = header ? word.find_first_of("\r\n'\"", at) : word.find_first_of(" \t\n&;'\"", at + 1);
    // A quoted value ends at its own quote.
    if (!header && at + 1 < word.size() && (word[at + 1] == '"' || word[at + 1] == '\'')) {
      end = word.find(word[at + 1], at + 2);
    }
    word = word.substr(0, at + 1) + k_redacted + (end == std::string::npos ? "" : word.substr(end));
  }
}

// scheme://user:password@host
void redact_url(std::string& word) {
  for (std::size_t at = word.find("://"); at != std::string::npos; at = word.find("://", at + 3)) {
    const std::size_t end = word.find_first_of("/ ?#'\"", at + 3);
    const std::size_t sign = word.substr(0, end).rfind('@');
    if (sign == std::string::npos || sign < at + 3) continue;
    word = word.substr(0, at + 3) + k_redacted + word.substr(sign);
  }
}

void redact_tokens(std::string& word) {
  for (const Prefix& prefix : k_prefixes) {
    for (std::size_t at = word.find(prefix.text); at != std::string::npos;
         at = word.find(prefix.text, at + 1)) {
      std::size_t end = at;
      while (end < word.size() && (std::isalnum(static_cast<unsigned char>(word[end])) != 0 ||
                                   std::string_view("_-.+/=").find(word[end]) != std::string_view::npos)) {
        ++end;
      }
      if (end - at < prefix.length) continue;
      word = word.substr(0, at) + k_redacted + word.substr(end);
    }
  }
  if (word.find("-----BEGIN") != std::string::npos) word = k_redacted;
}

}  // namespace

std::vector<std::string> redact(std::vector<std::string> argv) {
  bool secret_next = false;
  for (std::string& word : argv) {
    if (secret_next && !word.starts_with('-')) {
      word = k_redacted;
      secret_next = false;
      continue;
    }
    secret_next = word.starts_with("--") && word.find('=') == std::string::npos && telling(word);
    redact_url(word);
    redact_assignments(word);
    redact_tokens(word);
  }
  return argv;
}

}  // namespace sluice::sandbox
