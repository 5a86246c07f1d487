#include "checks/docker/managers.h"

#include <algorithm>
#include <array>

namespace sluice::checks::docker {
namespace {

constexpr std::array k_managers{
    Manager{
        .id = ManagerId::apt,
        .programs = "apt-get apt aptitude",
        .install = "install reinstall",
        .update = "update",
        .upgrade = "upgrade safe-upgrade",
        .distribution_upgrade = "dist-upgrade full-upgrade",
        .clean = "clean distclean dist-clean",
        .valued = "-t --target-release --default-release -o --option -c --config-file -a --host-architecture",
        .yes = "-y --yes --assume-yes -qq",
        .cache_paths = "/var/lib/apt/lists"},
    Manager{
        .id = ManagerId::apk,
        .programs = "apk",
        .install = "add",
        .update = "update",
        .upgrade = "upgrade",
        .clean = "cache",
        .valued =
            "-t --virtual -X --repository -p --root --keys-dir --repositories-file --wait --arch --cache-dir "
            "--cache-max-age --progress-fd",
        .cache_paths = "/var/cache/apk"},
    Manager{
        .id = ManagerId::yum,
        .programs = "yum",
        .install = "install localinstall groupinstall reinstall",
        .update = "makecache",
        .upgrade = "update upgrade update-minimal",
        .clean = "clean",
        .valued =
            "-c --config -x --exclude --enablerepo --disablerepo --installroot --releasever --setopt -d -e "
            "-R --disableplugin --enableplugin --downloaddir --repo --repoid",
        .yes = "-y --assumeyes",
        .cache_paths = "/var/cache/yum"},
    Manager{
        .id = ManagerId::dnf,
        .programs = "dnf dnf5 tdnf dnf-3 dnf4",
        .install = "install in localinstall groupinstall reinstall rei",
        .update = "makecache mc",
        .upgrade = "upgrade up update upgrade-minimal up-min",
        .distribution_upgrade = "distro-sync distrosync dsync system-upgrade",
        .clean = "clean",
        .valued =
            "-c --config -x --exclude --excludepkgs --enablerepo --disablerepo --installroot --releasever "
            "--setopt -d -e --repo --repoid --forcearch --repofrompath --comment --downloaddir --destdir",
        .yes = "-y --assumeyes",
        .cache_paths = "/var/cache/dnf /var/cache/libdnf5 /var/cache/yum /var/cache/tdnf"},
    Manager{.id = ManagerId::microdnf,
            .programs = "microdnf",
            .install = "install reinstall",
            .update = "makecache",
            .upgrade = "update upgrade",
            .clean = "clean",
            .valued = "--enablerepo --disablerepo --installroot --releasever --setopt --config --repo",
            .yes = "-y --assumeyes",
            .cache_paths = "/var/cache/dnf /var/cache/libdnf5 /var/cache/yum /var/cache/microdnf"},
    Manager{.id = ManagerId::zypper,
            .programs = "zypper",
            .install = "install in",
            .update = "refresh ref",
            .upgrade = "update up patch",
            .distribution_upgrade = "dist-upgrade dup",
            .clean = "clean cc",
            .valued =
                "-c --config -C --cache-dir -R --root -p --plus-repo --repo -r --from -t --type --reposd-dir "
                "--userdata --installroot --releasever",
            .yes = "-n --non-interactive -y --no-confirm",
            .cache_paths = "/var/cache/zypp"},
    Manager{
        .id = ManagerId::pip,
        .programs = "pip pip2 pip3 pipx",
        .install = "install inject",
        .clean = "cache",
        .valued =
            "-r --requirement -c --constraint -e --editable -i --index-url --extra-index-url -f --find-links "
            "--trusted-host -t --target --prefix --root --root-user-action -b --build --src --platform "
            "--python --python-version --implementation --abi --cache-dir --progress-bar --no-binary "
            "--only-binary --config-settings -C --global-option --install-option --build-option --timeout "
            "--retries --proxy --cert --client-cert --log --exists-action --upgrade-strategy --report "
            "--use-feature --use-deprecated --default-timeout --keyring-provider --suffix --pip-args --spec "
            "--index --group",
        .cache_paths = ".cache/pip .cache/pipx"},
    Manager{
        .id = ManagerId::npm,
        .programs = "npm",
        .install = "install i add in ins isntall",
        .upgrade = "update up upgrade",
        .clean = "cache",
        .valued =
            "--registry --prefix -C --cache --userconfig --loglevel --tag --workspace -w --omit --include "
            "--install-strategy --script-shell --before --otp --location --fetch-timeout --fetch-retries "
            "--network-timeout --maxsockets",
        .cache_paths = ".npm"},
    Manager{.id = ManagerId::yarn,
            .programs = "yarn yarnpkg",
            .install = "install add",
            .upgrade = "upgrade up",
            .clean = "cache",
            .valued = "--registry --cwd --modules-folder --cache-folder --mutex --network-timeout "
                      "--network-concurrency --use-yarnrc --preferred-cache-folder --proxy --https-proxy",
            .cache_paths = ".cache/yarn"},
    Manager{.id = ManagerId::gem,
            .programs = "gem",
            .install = "install i",
            .upgrade = "update",
            .clean = "cleanup",
            .valued =
                "-v --version -i --install-dir -n --bindir -s --source -P --trust-policy --platform -p "
                "--http-proxy -B --build-root -g --file --document --use-system-libraries --config-file"},
    Manager{.id = ManagerId::go,
            .programs = "go",
            .install = "install get run",
            .clean = "clean",
            .valued =
                "-o -C -p -tags -ldflags -gcflags -asmflags -gccgoflags -mod -modfile -overlay -pkgdir -exec "
                "-toolexec -installsuffix -buildmode -compiler -covermode -coverpkg -buildvcs -vcs",
            .long_single = true},
};

// pip3.11, pip-3, pip2.7
bool is_pip(std::string_view program) {
  if (!program.starts_with("pip")) return false;
  program.remove_prefix(3);
  return std::all_of(program.begin(), program.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == '-'; });
}

}  // namespace

bool listed(std::string_view list, std::string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

std::span<const Manager> managers() {
  return k_managers;
}

const Manager* find_manager(std::string_view program) {
  for (const Manager& manager : k_managers) {
    if (listed(manager.programs, program) || (manager.id == ManagerId::pip && is_pip(program)))
      return &manager;
  }
  return nullptr;
}

}  // namespace sluice::checks::docker
