// The checks "verification is switched off", and what their files share: catalog/verification_*.cpp.
#pragma once

#include <string_view>

#include "checks/docker/check_row.h"

namespace sluice::checks::docker::verification {

inline constexpr std::string_view k_tls_why =
    "Anybody on the way can then answer in the server's place and hand out other bytes.";
inline constexpr std::string_view k_signature_why =
    "The signature is what ties a package to its publisher; without it anybody on the way, or a mirror, can "
    "put code in.";
inline constexpr std::string_view k_tls_help =
    "Remove it; for a private authority, install its certificate in the image.";
inline constexpr std::string_view k_signature_help = "Remove it; import the repository's key instead.";

constexpr Check tls(std::string_view id, std::string_view title, std::string_view aliases,
                    bool fixable = false) {
  return {.id = id,
          .title = title,
          .why = k_tls_why,
          .help = k_tls_help,
          .severity = Severity::high,
          .profile = Profile::normal,
          .aliases = aliases,
          .cwe = "CWE-295",
          .fixable = fixable};
}
constexpr Check signature(std::string_view id, std::string_view title, std::string_view aliases,
                          bool fixable = false) {
  return {.id = id,
          .title = title,
          .why = k_signature_why,
          .help = k_signature_help,
          .severity = Severity::high,
          .profile = Profile::normal,
          .aliases = aliases,
          .cwe = "CWE-347",
          .fixable = fixable};
}

inline constexpr Check k_curl =
    tls("docker.curl-tls-off", "curl without TLS check", "checkov:CKV2_DOCKER_2", true);
inline constexpr Check k_wget =
    tls("docker.wget-tls-off", "wget without TLS check", "checkov:CKV2_DOCKER_3", true);
inline constexpr Check k_pip =
    tls("docker.pip-trusted-host", "pip --trusted-host", "checkov:CKV2_DOCKER_4", true);
inline constexpr Check k_pip_env =
    tls("docker.pip-trusted-host-variable", "PIP_TRUSTED_HOST is set", "checkov:CKV2_DOCKER_16", true);
inline constexpr Check k_python_env =
    tls("docker.python-tls-off", "PYTHONHTTPSVERIFY=0", "checkov:CKV2_DOCKER_5", true);
inline constexpr Check k_node_env =
    tls("docker.node-tls-off", "NODE_TLS_REJECT_UNAUTHORIZED=0", "checkov:CKV2_DOCKER_6", true);
inline constexpr Check k_npm_env =
    tls("docker.npm-tls-off-variable", "NPM_CONFIG_STRICT_SSL=false", "checkov:CKV2_DOCKER_12", true);
inline constexpr Check k_npm_config =
    tls("docker.npm-tls-off", "npm or yarn strict-ssl is off", "checkov:CKV2_DOCKER_13", true);
inline constexpr Check k_git_env =
    tls("docker.git-tls-off-variable", "GIT_SSL_NO_VERIFY is set", "checkov:CKV2_DOCKER_14", true);
inline constexpr Check k_git_config = tls("docker.git-tls-off", "git http.sslVerify is off", "", true);
inline constexpr Check k_yum_ssl =
    tls("docker.yum-tls-off", "yum or dnf sslverify=0", "checkov:CKV2_DOCKER_15");
inline constexpr Check k_other_tls = tls("docker.tls-off", "TLS checks are switched off", "", true);
inline constexpr Check k_ssh = {.id = "docker.ssh-host-key-unchecked",
                                .title = "SSH host keys are not checked",
                                .why = k_tls_why,
                                .help = "Write the host's key to known_hosts.",
                                .severity = Severity::medium,
                                .profile = Profile::normal,
                                .cwe = "CWE-322"};
inline constexpr Check k_apt = signature(
    "docker.apt-unauthenticated", "apt installs unauthenticated packages", "checkov:CKV2_DOCKER_8", true);
inline constexpr Check k_apt_force =
    signature("docker.apt-force-yes", "apt --force-yes", "checkov:CKV2_DOCKER_11", true);
inline constexpr Check k_apt_source =
    signature("docker.apt-source-trusted", "An apt source is trusted without signature", "");
inline constexpr Check k_apt_config =
    signature("docker.apt-config-insecure", "apt is configured to take unsigned sources", "");
inline constexpr Check k_apk =
    signature("docker.apk-untrusted", "apk --allow-untrusted", "checkov:CKV2_DOCKER_7", true);
inline constexpr Check k_rpm_gpg = signature(
    "docker.rpm-gpgcheck-off", "yum, dnf or zypper without signature check", "checkov:CKV2_DOCKER_9", true);
inline constexpr Check k_rpm =
    signature("docker.rpm-nosignature", "rpm --nosignature or --nodigest", "checkov:CKV2_DOCKER_10", true);
inline constexpr Check k_other_signature = signature(
    "docker.signature-check-off", "Package signature or checksum checks are switched off", "", true);

// A value that is there and means no.
[[nodiscard]] bool off(std::string_view value);
// What stands in a setting's name or value; lower case.
[[nodiscard]] bool is_name_byte(char c);
// "key=no" stands in `text` (lower case); `repo_gpgcheck=0` is not `gpgcheck=0`.
[[nodiscard]] bool setting_off(std::string_view text, std::string_view key);
// "StrictHostKeyChecking no", "…=off", "…=accept-new" (takes whatever key comes first): ssh's options, its
// configuration file and the variables that hold its command line.
[[nodiscard]] bool host_key_off(std::string_view text);

}  // namespace sluice::checks::docker::verification
