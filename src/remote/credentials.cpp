#include "remote/credentials.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"

namespace sluice::remote {
namespace {

std::string value_of(const Environment& environment, const std::string& name) {
  const auto it = environment.find(name);
  return it == environment.end() ? std::string() : it->second;
}

tl::unexpected<Error> bad_file(const std::string& message) {
  return fail(ErrorKind::config, "remote.credential-file", "the registry credentials: " + message,
              "`docker login` writes them anew");
}

std::string config_path(const Environment& environment) {
  if (const std::string file = value_of(environment, "REGISTRY_AUTH_FILE"); !file.empty()) return file;
  if (const std::string folder = value_of(environment, "DOCKER_CONFIG"); !folder.empty())
    return folder + "/config.json";
  if (const std::string home = value_of(environment, "HOME"); !home.empty())
    return home + "/.docker/config.json";
  return {};
}

// "https://index.docker.io/v1/" → "index.docker.io"; a repository after the host stays ("host/team").
std::string_view entry_name(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  while (key.ends_with('/')) key.remove_suffix(1);
  for (const std::string_view version : {"/v1", "/v2"}) {
    if (key.ends_with(version)) key.remove_suffix(version.size());
  }
  return key;
}

std::string_view canonical_host(std::string_view host) {
  const bool hub = host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io";
  return hub ? "docker.io" : host;
}

// How well an entry fits: 0 = not at all, else longer is better.
std::size_t fit(std::string_view key, std::string_view host, std::string_view repository) {
  const std::string_view name = entry_name(key);
  const std::size_t slash = name.find('/');
  if (canonical_host(name.substr(0, slash)) != canonical_host(host)) return 0;
  if (slash == std::string_view::npos) return 1;
  const std::string_view folder = name.substr(slash + 1);
  const bool inside =
      repository == folder || (repository.starts_with(folder) && repository[folder.size()] == '/');
  return inside ? 1 + folder.size() : 0;
}

const json::Member* best_entry(const json::Value* entries, std::string_view host,
                               std::string_view repository) {
  const json::Member* best = nullptr;
  std::size_t best_fit = 0;
  if (entries == nullptr || entries->as_object() == nullptr) return nullptr;
  for (const json::Member& member : entries->as_object()->members()) {
    const std::size_t here = fit(member.key, host, repository);
    if (here > best_fit) {
      best = &member;
      best_fit = here;
    }
  }
  return best;
}

Result<Credential> read_auth(const json::Value& entry) {
  Credential out;
  out.identity_token = std::string(entry.string_at("identitytoken"));
  out.username = std::string(entry.string_at("username"));
  out.password = std::string(entry.string_at("password"));
  const std::string_view auth = entry.string_at("auth");
  if (auth.empty()) return out;
  const auto plain = from_base64(auth);
  const std::size_t colon = plain ? plain->find(':') : std::string::npos;
  if (colon == std::string::npos) return bad_file("an `auth` entry is no base64 of NAME:PASSWORD");
  out.username = plain->substr(0, colon);
  out.password = plain->substr(colon + 1);
  while (!out.password.empty() && out.password.back() == '\0') out.password.pop_back();  // as docker does
  return out;
}

std::optional<std::string> find_program(const std::string& name, const std::string& path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    // A relative folder would be the build's own: a helper planted there would be given a say.
    if (folder.starts_with('/')) {
      std::string candidate = folder + "/" + name;
      if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

bool is_helper_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Result<Credential> ask_helper(std::string_view name, std::string_view server, const Environment& environment,
                              ProcessRunner& processes) {
  if (!is_helper_name(name)) return bad_file("the name of a credential helper is malformed");
  const std::string program = "docker-credential-" + std::string(name);
  const auto path = find_program(program, value_of(environment, "PATH"));
  if (!path) {
    return fail(ErrorKind::tool, "remote.credential-helper",
                program + " is not in the absolute folders of PATH",
                "install it, or remove it from the registry credentials file");
  }
  ProcessSpec spec;
  spec.argv = {*path, "get"};
  for (const auto& [key, value] : environment) spec.environment.emplace_back(key, value);
  spec.input = std::string(server);
  spec.deadline = std::chrono::seconds(30);
  const ProcessResult result = SLUICE_TRY(processes.run(spec));
  if (!result.ok()) {
    if (result.out.text().find("credentials not found") != std::string::npos) return Credential{};
    return fail(ErrorKind::tool, "remote.credential-helper", program + " failed",
                "run it by hand to see why: echo " + std::string(server) + " | " + program + " get");
  }
  const auto answer = json::parse(result.out.text(), program);
  if (!answer || answer->as_object() == nullptr)
    return fail(ErrorKind::tool, "remote.credential-helper", program + " gave no JSON object");
  Credential out;
  out.username = std::string(answer->string_at("Username"));
  out.password = std::string(answer->string_at("Secret"));
  if (out.username == "<token>") out.identity_token = std::exchange(out.password, {});
  return out;
}

Result<json::Value> parse_config(std::string_view text) {
  auto config = json::parse(text, "registry credentials");
  if (!config) return bad_file(config.error().message);
  if (config->as_object() == nullptr) return bad_file("the file holds no JSON object");
  return config;
}

}  // namespace

Result<Credential> credential_in(std::string_view config_json, std::string_view host,
                                 std::string_view repository) {
  const json::Value config = SLUICE_TRY(parse_config(config_json));
  const json::Member* entry = best_entry(config.find("auths"), host, repository);
  return entry == nullptr ? Result<Credential>(Credential{}) : read_auth(entry->value);
}

Result<Credential> find_credential(std::string_view host, std::string_view repository,
                                   const Environment& environment, ProcessRunner& processes) {
  if (const std::string named = value_of(environment, "SLUICE_REGISTRY"); !named.empty() && named == host) {
    return Credential{value_of(environment, "SLUICE_REGISTRY_USERNAME"),
                      value_of(environment, "SLUICE_REGISTRY_PASSWORD"),
                      {}};
  }
  const std::string path = config_path(environment);
  if (path.empty() || !path_exists(path)) return Credential{};
  const Bytes text = SLUICE_TRY(read_file(path, k_max_credential_file));
  const json::Value config = SLUICE_TRY(parse_config(text));
  if (const json::Member* helper = best_entry(config.find("credHelpers"), host, repository)) {
    if (const std::string* name = helper->value.as_string())
      return ask_helper(*name, helper->key, environment, processes);
    return bad_file("a credHelpers entry is no text");
  }
  const json::Member* entry = best_entry(config.find("auths"), host, repository);
  if (const std::string_view name = config.string_at("credsStore"); !name.empty()) {
    const std::string server = entry != nullptr                      ? entry->key
                               : canonical_host(host) == "docker.io" ? "https://index.docker.io/v1/"
                                                                     : std::string(host);
    Credential found = SLUICE_TRY(ask_helper(name, server, environment, processes));
    if (!found.empty()) return found;
  }
  return entry == nullptr ? Result<Credential>(Credential{}) : read_auth(entry->value);
}

}  // namespace sluice::remote
