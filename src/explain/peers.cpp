#include "explain/peers.h"

#include <array>
#include <cctype>

namespace sluice::explain {
namespace {

struct Peer {
  std::string_view key;
  std::string_view name;
  std::string_view url;  // %s: the id; %k: the id in kebab case
};
constexpr auto k_peers = std::to_array<Peer>({
    {"buildkit", "BuildKit", "https://docs.docker.com/reference/build-checks/%k/"},
    {"checkov", "Checkov", ""},
    {"cis", "CIS Docker Benchmark", ""},
    {"dockle", "dockle", ""},
    {"hadolint", "hadolint", "https://github.com/hadolint/hadolint/wiki/%s"},
    {"kics", "KICS", ""},
    {"semgrep", "Semgrep", ""},
    {"shellcheck", "ShellCheck", "https://www.shellcheck.net/wiki/%s"},
    {"tally", "tally", ""},
    {"trivy", "Trivy", ""},
});

// "SecretsUsedInArgOrEnv" → "secrets-used-in-arg-or-env", "JSONArgsRecommended" → "json-args-recommended"
std::string kebab(std::string_view id) {
  std::string out;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const auto upper = [&id](std::size_t at) {
      return at < id.size() && std::isupper(static_cast<unsigned char>(id[at])) != 0;
    };
    const bool word_begins = upper(i) && i > 0 && (!upper(i - 1) || (i + 1 < id.size() && !upper(i + 1)));
    if (word_begins) out += '-';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(id[i])));
  }
  return out;
}

}  // namespace

PeerId peer_id(std::string_view alias) {
  const std::size_t colon = alias.find(':');
  if (colon == std::string_view::npos) return {{}, {}, std::string(alias), {}};
  PeerId out{std::string(alias.substr(0, colon)),
             std::string(alias.substr(0, colon)),
             std::string(alias.substr(colon + 1)),
             {}};
  for (const Peer& peer : k_peers) {
    if (peer.key != out.peer) continue;
    out.name = peer.name;
    const std::size_t at = peer.url.find('%');
    if (at == std::string_view::npos) return out;
    out.url = std::string(peer.url.substr(0, at)) + (peer.url[at + 1] == 'k' ? kebab(out.id) : out.id) +
              std::string(peer.url.substr(at + 2));
  }
  return out;
}

}  // namespace sluice::explain
