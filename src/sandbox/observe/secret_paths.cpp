#include "sandbox/observe/secret_paths.h"

#include <algorithm>
#include <array>

namespace sluice::sandbox {
namespace {

constexpr auto k_whole = std::to_array<std::string_view>(
    {"/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/krb5.keytab"});
// Below any home directory: the end of the path.
constexpr auto k_ends = std::to_array<std::string_view>(
    {"/.ssh/id_rsa", "/.ssh/id_dsa", "/.ssh/id_ecdsa", "/.ssh/id_ed25519", "/.aws/credentials", "/.netrc",
     "/.docker/config.json", "/.kube/config", "/.git-credentials", "/.npmrc", "/.pypirc", "/.pgpass",
     "/.config/gcloud/credentials.db", "/.config/gcloud/application_default_credentials.json",
     "/.azure/accessTokens.json", "/.config/gh/hosts.yml", "/.vault-token"});
constexpr auto k_folders = std::to_array<std::string_view>(
    {"/run/secrets/", "/var/run/secrets/", "/etc/ssl/private/", "/root/.gnupg/private-keys-v1.d/"});

bool is_host_key(std::string_view path) {
  return path.starts_with("/etc/ssh/ssh_host_") && path.ends_with("_key");
}

// Another process's environment; one's own is no secret.
bool is_environment(std::string_view path) {
  return path.starts_with("/proc/") && path.ends_with("/environ") && !path.starts_with("/proc/self/") &&
         !path.starts_with("/proc/thread-self/");
}

}  // namespace

bool is_secret_path(std::string_view path) {
  if (std::find(k_whole.begin(), k_whole.end(), path) != k_whole.end()) return true;
  if (std::any_of(k_ends.begin(), k_ends.end(), [&](std::string_view end) { return path.ends_with(end); })) {
    return true;
  }
  if (std::any_of(k_folders.begin(), k_folders.end(),
                  [&](std::string_view folder) { return path.starts_with(folder); })) {
    return true;
  }
  return is_host_key(path) || is_environment(path);
}

}  // namespace sluice::sandbox
