#include "explain/groups.h"

#include <algorithm>
#include <array>

namespace sluice::explain {
namespace {

constexpr auto k_groups = std::to_array<Group>({
    {"Who runs the image, and with what rights",
     "What an intruder in the container may do from the first moment on.",
     "docker.user-missing docker.user-root docker.user-root-in-build-stage docker.user-not-numeric "
     "docker.user-unused "
     "docker.user-without-passwd docker.user-drops-groups docker.useradd-high-uid docker.copy-without-chown "
     "docker.chown-where-read-suffices"},
    {"Rights left behind", "Passwords, writable files, setuid programs and ways in that stay in the image.",
     "docker.password-set docker.setuid docker.file-capabilities docker.world-writable docker.sudo "
     "docker.sudoers-nopasswd docker.ssh-port docker.ssh-server docker.engine-socket "
     "docker.volume-system-path "
     "docker.workdir-system"},
    {"Base image identity", "Whether tomorrow's build starts from the bytes that were looked at today.",
     "docker.base-image-* docker.base-platform-mismatch docker.registry-not-allowed docker.argument-in-from"},
    {"Integrity of what is fetched",
     "Bytes from the network that are run, unpacked or installed without a check.",
     "docker.download-* docker.add-url-without-checksum docker.add-git-unpinned docker.git-clone-unpinned "
     "docker.package-index-over-http"},
    {"Verification switched off",
     "TLS and signatures that somebody turned off, by option, variable, setting or file.",
     "docker.*-tls-off docker.*-tls-off-variable docker.tls-off docker.signature-check-off "
     "docker.pip-trusted-host* "
     "docker.apt-unauthenticated docker.apt-force-yes docker.apt-config-insecure docker.apt-source-trusted "
     "docker.apk-untrusted docker.rpm-nosignature docker.rpm-gpgcheck-off docker.ssh-host-key-unchecked"},
    {"Secrets", "Secrets in the file, in layers and in the history, also by way of another stage.",
     "docker.secret-* docker.credentials-*"},
    {"Build arguments as input",
     "Values that whoever starts the build may choose, where they become code or an address.",
     "docker.argument-*"},
    {"Build privileges and front ends", "Steps that reach out of the build's confinement.",
     "docker.run-insecure docker.run-host-network docker.bind-mount-writable docker.ssh-mount-in-image "
     "docker.foreign-front-end docker.front-end-unpinned docker.directive-misspelt"},
    {"Build context", "What comes into the image because it lay around.",
     "docker.context-copied-whole docker.tooling-directory-copied docker.git-dir-kept "
     "docker.copy-of-ignored-file "
     "docker.whole-filesystem-copied"},
    {"Package sources and versions",
     "Packages from two indexes, of any version, or that changed since the last look.",
     "docker.extra-package-index docker.npm-install-without-lock docker.*-unpinned docker.pip-open-version "
     "docker.*-upgrade docker.*-update docker.zypper-dist-upgrade docker.update-without-install"},
    {"Hidden text and exceptions", "What a reviewer does not see.",
     "docker.hidden-text docker.inline-ignore sluice.suppression-without-reason"},
    {"Shell text of RUN", "Steps whose failure goes unnoticed, or that do something else than they say.",
     "docker.shell-* docker.pipe-without-pipefail docker.heredoc-without-errexit "
     "docker.cd-instead-of-workdir "
     "docker.senseless-command docker.wget-and-curl docker.wget-progress"},
    {"Stages and copies", "References between stages, and copies that end elsewhere than meant.",
     "docker.stage-* docker.copy-* docker.platform-* docker.run-in-scratch docker.add-instead-of-copy "
     "docker.workdir-relative"},
    {"Instructions and variables", "What the builder refuses, or reads otherwise than it looks.",
     "docker.syntax-* docker.unknown-* docker.first-instruction-not-from docker.json-not-valid "
     "docker.command-not-json "
     "docker.onbuild-not-allowed docker.env-refers-to-itself docker.variable-undefined docker.from-* "
     "docker.several-* "
     "docker.port-out-of-range docker.expose-* docker.stopsignal-invalid docker.healthcheck-missing"},
    {"Questions nobody answers", "Commands that wait for a terminal.",
     "docker.*-without-yes docker.zypper-interactive docker.apt-instead-of-apt-get"},
    {"Image size and caches", "What a layer keeps without need.",
     "docker.*-kept docker.apt-recommends docker.archive-copied-then-unpacked docker.consecutive-run"},
    {"Labels", "Labels against the schema in the configuration.", "docker.label-*"},
    {"Style", "How the file is written.",
     "docker.*-casing docker.legacy-key-value docker.maintainer-deprecated docker.empty-continuation "
     "docker.description-malformed"},
    {"Application code: Python", "Rules over Python sources.", "python.*"},
    {"Application code: JavaScript and TypeScript", "Rules over JavaScript and TypeScript sources.",
     "javascript.*"},
    {"Other rules", "Rules that no group names.", "*"},
});

// `pattern` may hold one '*'.
bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  return text.size() >= head.size() + tail.size() && text.starts_with(head) && text.ends_with(tail);
}

bool names(std::string_view list, std::string_view rule) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (matches(list.substr(0, end), rule)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

std::span<const Group> groups() {
  return k_groups;
}

const Group& group_of(std::string_view rule) {
  for (const Group& group : k_groups) {
    if (names(group.rules, rule)) return group;
  }
  return k_groups.back();
}

}  // namespace sluice::explain
