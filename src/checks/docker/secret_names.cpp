#include "checks/docker/secret_names.h"

#include <algorithm>
#include <array>

#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

// Parts of a name: "dbPassword_v2" → db, password, v2.
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts;
  std::string part;
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter_or_digit = is_upper(c) || is_lower(c) || (c >= '0' && c <= '9');
    const bool hump = is_upper(c) && i > 0 && is_lower(name[i - 1]);
    if ((!letter_or_digit || hump) && !part.empty()) {
      parts.push_back(lower(part));
      part.clear();
    }
    if (letter_or_digit) part += c;
  }
  if (!part.empty()) parts.push_back(lower(part));
  return parts;
}

bool token_chars(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

struct Shape {
  std::string_view prefix;
  std::size_t length;  // of token characters behind the prefix, at least
  std::string_view what;
};
constexpr std::array k_shapes{
    Shape{"AKIA", 16, "an AWS access key id"},    Shape{"ASIA", 16, "an AWS session key id"},
    Shape{"ghp_", 30, "a GitHub token"},          Shape{"gho_", 30, "a GitHub token"},
    Shape{"ghu_", 30, "a GitHub token"},          Shape{"ghs_", 30, "a GitHub token"},
    Shape{"ghr_", 30, "a GitHub token"},          Shape{"github_pat_", 30, "a GitHub token"},
    Shape{"glpat-", 20, "a GitLab token"},        Shape{"glrt-", 20, "a GitLab runner token"},
    Shape{"xoxb-", 20, "a Slack token"},          Shape{"xoxp-", 20, "a Slack token"},
    Shape{"xoxa-", 20, "a Slack token"},          Shape{"npm_", 36, "an npm token"},
    Shape{"pypi-AgEIcHlwaS", 40, "a PyPI token"}, Shape{"sk_live_", 20, "a Stripe key"},
    Shape{"rk_live_", 20, "a Stripe key"},        Shape{"sk-ant-", 40, "an Anthropic key"},
    Shape{"sk-proj-", 40, "an OpenAI key"},       Shape{"AIza", 35, "a Google API key"},
    Shape{"ya29.", 20, "a Google access token"},  Shape{"SG.", 40, "a SendGrid key"},
    Shape{"dop_v1_", 60, "a DigitalOcean token"}, Shape{"hvs.", 20, "a Vault token"},
    Shape{"dckr_pat_", 20, "a Docker token"},     Shape{"eyJhbGciOi", 40, "a JSON web token"},
};

}  // namespace

bool is_secret_name(std::string_view name) {
  const std::vector<std::string> parts = parts_of(name);
  if (parts.empty()) return false;
  const auto has = [&](std::string_view part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  const std::string& last = parts.back();
  constexpr std::string_view harmless_ends =
      "file path dir directory url uri endpoint name host port length len size ttl timeout type format "
      "version fingerprint enabled "
      "provider server store issuer header prefix suffix algorithm alg mode policy";
  if (listed(harmless_ends, last)) return false;
  if (has("public") || has("pub") || has("gpg") || has("pgp") || has("fingerprint")) return false;
  constexpr std::string_view secret_parts =
      "password passwd passphrase pword pwd pass secret secrets token tokens credential credentials apikey "
      "apitoken auth "
      "authtoken accesskey secretkey privatekey";
  for (const std::string& part : parts) {
    if (listed(secret_parts, part)) return true;
    for (const std::string_view ending : {"password", "passwd", "secret", "token", "apikey"}) {
      if (part.size() > ending.size() && part.ends_with(ending)) return true;
    }
  }
  // "KEY" alone says little; API_KEY, ACCESS_KEY_ID, SSH_KEY, PRIVATE_KEY do.
  if (has("key") || has("keys")) {
    constexpr std::string_view companions =
        "api access secret private ssh encryption signing master aws azure gcp service account license "
        "deploy rsa app client "
        "openai anthropic stripe storage session jwt";
    return std::any_of(parts.begin(), parts.end(),
                       [&](const std::string& part) { return listed(companions, part); });
  }
  return false;
}

bool is_secret_file(std::string_view path) {
  const std::string name = lower(base_name(path));
  const std::string whole = lower(path);
  if (name.ends_with(".pub") || name.ends_with(".example") || name.ends_with(".sample") ||
      name.ends_with(".template") || name.ends_with(".dist")) {
    return false;
  }
  constexpr std::string_view exact =
      "id_rsa id_dsa id_ecdsa id_ed25519 id_ecdsa_sk id_ed25519_sk .env .envrc .npmrc .pypirc .netrc _netrc "
      ".git-credentials "
      ".dockercfg .dockerconfigjson .htpasswd .pgpass .my.cnf .boto .s3cfg credentials.json "
      "service-account.json "
      "serviceaccount.json service_account.json kubeconfig .kubeconfig secrets.yml secrets.yaml secrets.json "
      ".vault-token "
      "terraform.tfstate terraform.tfvars master.key wallet.dat .yarnrc.auth keystore.jks "
      "application_default_credentials.json";
  if (listed(exact, name)) return true;
  if (name.starts_with(".env.") || name.starts_with("id_rsa")) return true;
  for (const std::string_view tail :
       {".aws/credentials", ".docker/config.json", ".kube/config", ".config/gcloud", ".ssh", ".aws", ".gnupg",
        ".config/gh/hosts.yml", ".cargo/credentials.toml", ".cargo/credentials"}) {
    if (whole == tail || whole.ends_with("/" + std::string(tail)) ||
        whole.ends_with("/" + std::string(tail) + "/") || whole == std::string(tail) + "/") {
      return true;
    }
  }
  for (const std::string_view ending : {".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx", ".key"}) {
    if (name.ends_with(ending) && name.size() > ending.size()) return true;
  }
  return name.ends_with(".pem") && (contains(name, "key") || contains(name, "priv"));
}

std::vector<SecretText> find_secrets(std::string_view text) {
  // Most bytes begin no shape.
  static const std::array<bool, 256> begins = [] {
    std::array<bool, 256> table{};
    table['-'] = true;
    for (const Shape& shape : k_shapes) table[static_cast<unsigned char>(shape.prefix[0])] = true;
    return table;
  }();
  std::vector<SecretText> found;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!begins[static_cast<unsigned char>(text[at])]) continue;
    const bool boundary = at == 0 || !token_chars(text[at - 1]);
    if (text[at] == '-' && text.substr(at).starts_with("-----BEGIN ")) {
      const std::string_view header = text.substr(at, 80);
      const std::size_t end = header.find("-----", 11);
      if (end != std::string_view::npos && contains(header.substr(0, end), "PRIVATE KEY")) {
        found.push_back({"a private key", at, at + end});
      }
      at += 10;
      continue;
    }
    if (!boundary) continue;
    for (const Shape& shape : k_shapes) {
      if (!text.substr(at).starts_with(shape.prefix)) continue;
      std::size_t end = at + shape.prefix.size();
      while (end < text.size() && (token_chars(text[end]) || text[end] == '.')) ++end;
      if (end - at - shape.prefix.size() < shape.length) continue;
      if (contains(lower(text.substr(at, end - at)), "example")) continue;  // the documentation's own keys
      found.push_back({std::string(shape.what), at, end});
      at = end - 1;
      break;
    }
  }
  return found;
}

bool is_harmless_value(std::string_view value) {
  if (value.empty() || value.find('$') != std::string_view::npos) return true;
  const std::string text = lower(value);
  return text == "true" || text == "false" || text == "null" || text == "none" || text == "0" ||
         text == "1" || value.starts_with("/") || value.starts_with("./");
}

std::optional<Span> url_password(std::string_view text, std::size_t from) {
  for (std::size_t scheme = text.find("://", from); scheme != std::string_view::npos;
       scheme = text.find("://", scheme + 3)) {
    const std::size_t begin = scheme + 3;
    const std::size_t end = std::min(text.find_first_of("/ \t\"'<>?#", begin), text.size());
    const std::string_view authority = text.substr(begin, end - begin);
    const std::size_t at = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (at == std::string_view::npos || colon == std::string_view::npos || colon >= at || colon + 1 == at)
      continue;
    const std::string_view password = authority.substr(colon + 1, at - colon - 1);
    if (is_harmless_value(password) || password.find_first_of("{<%[") != std::string_view::npos) continue;
    return Span{static_cast<std::uint32_t>(begin + colon + 1), static_cast<std::uint32_t>(begin + at)};
  }
  return std::nullopt;
}

}  // namespace sluice::checks::docker
