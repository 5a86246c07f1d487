#include "record/redact.h"

#include <algorithm>
#include <array>

#include "attest/secret_filter.h"
#include "base/scrub_url.h"

namespace sluice::record {
namespace {

constexpr std::string_view k_redacted = "[redacted]";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// The words of a name: "--npmAuth_token" → npm, auth, token.
std::vector<std::string> words(std::string_view name) {
  std::vector<std::string> out{""};
  char before = '\0';
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit) {
      if (!out.back().empty()) out.emplace_back();
    } else {
      if (upper && before >= 'a' && before <= 'z') out.emplace_back();
      out.back() += lower(std::string_view(&c, 1));
    }
    before = c;
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

bool contains(const auto& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Options whose value is "name:password".
constexpr std::array<std::string_view, 5> k_user_options{"-u", "--user", "--creds", "--src-creds",
                                                         "--dest-creds"};
// Options whose value is "NAME=value".
constexpr std::array<std::string_view, 7> k_setting_options{"-e",    "--env", "--build-arg", "--secret",
                                                            "--arg", "--set", "--define"};
constexpr std::array<std::string_view, 2> k_header_options{"-H", "--header"};

bool secret_header(std::string_view header) {
  const std::string name = lower(header.substr(0, header.find(':')));
  return name == "authorization" || name == "proxy-authorization" || name == "cookie" || secret_name(name);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

}  // namespace

bool secret_name(std::string_view name) {
  constexpr std::array<std::string_view, 24> k_words{
      "password", "passwd",    "passphrase", "passcode",   "pass",          "pwd",
      "secret",   "secrets",   "token",      "tokens",     "credential",    "credentials",
      "apikey",   "authtoken", "accesskey",  "privatekey", "signature",     "sas",
      "bearer",   "jwt",       "cookie",     "pat",        "authorization", "secretkey"};
  // A key or an authentication is one only with a word that says so: PUBLIC_KEY and KEYBOARD are none.
  constexpr std::array<std::string_view, 12> k_kinds{"api",        "access", "private", "signing",
                                                     "encryption", "auth",   "account", "master",
                                                     "ssh",        "deploy", "storage", "service"};
  const std::vector<std::string> parts = words(name);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (contains(k_words, parts[i])) return true;
    for (const std::string_view word : {"password", "passwd", "secret", "token", "apikey"}) {
      if (parts[i].size() > word.size() && parts[i].ends_with(word)) return true;
    }
    if (parts[i] == "key" && i > 0 && contains(k_kinds, parts[i - 1])) return true;
  }
  return parts.size() == 1 && (parts[0] == "auth" || parts[0] == "dsn");
}

Redactor::Redactor(const Environment& environment) {
  for (const auto& [name, value] : environment) {
    // A path or a switch is no secret, whatever the variable's name: TOKEN_FILE=/run/secrets/x.
    if (!secret_name(name) || value.size() < k_least_value || value.starts_with('/')) continue;
    if (value == "password" || value == "default") continue;
    known_.push_back({value, name});
  }
  std::sort(known_.begin(), known_.end(),
            [](const Known& a, const Known& b) { return a.value.size() > b.value.size(); });
}

std::string Redactor::text(std::string_view text) const {
  std::string out(text);
  for (const Known& known : known_) replace_all(out, known.value, "[redacted:$" + known.name + "]");
  return attest::clean_text(out);
}

std::string Redactor::argument(std::string_view argument) const {
  // "--token=X", "NAME=X": the value of a secret name, whatever it looks like.
  const std::size_t sign = argument.find('=');
  if (sign != std::string_view::npos && sign + 1 < argument.size()) {
    const std::string_view name = argument.substr(0, sign);
    if (name.find_first_of(" \t/:?&") == std::string_view::npos && secret_name(name))
      return text(name) + "=" + std::string(k_redacted);
  }
  // Of a URL goes what may be secret in it, whether or not it looks like a token.
  const std::size_t scheme = argument.find("://");
  if (scheme != std::string_view::npos && argument.find_first_of(" \t\n'\"") == std::string_view::npos) {
    const std::size_t begin = sign != std::string_view::npos && sign < scheme ? sign + 1 : 0;
    const std::string_view url = argument.substr(begin);
    if (url.find('@') != std::string_view::npos || url.find('?') != std::string_view::npos)
      return text(argument.substr(0, begin)) + text(scrub_url(url));
  }
  return text(argument);
}

std::vector<std::string> Redactor::arguments(const std::vector<std::string>& argv) const {
  std::vector<std::string> out;
  std::string_view option;  // that the argument is the value of, if it is one's
  for (const std::string& argument : argv) {
    const bool user = contains(k_user_options, option) && argument.find(':') != std::string::npos;
    const bool header = contains(k_header_options, option) && secret_header(argument);
    const bool named = option.starts_with("--") && option.find('=') == std::string_view::npos &&
                       secret_name(option) && !contains(k_setting_options, option) &&
                       !argument.starts_with("-");
    if (user) {
      out.push_back(text(argument.substr(0, argument.find(':'))) + ":" + std::string(k_redacted));
    } else if (header) {
      out.push_back(text(argument.substr(0, argument.find(':'))) + ": " + std::string(k_redacted));
    } else if (named) {
      out.emplace_back(k_redacted);
    } else {
      out.push_back(this->argument(argument));
    }
    option = argument;
  }
  return out;
}

}  // namespace sluice::record
