#include "sandbox/observe/program_kind.h"

#include <algorithm>
#include <array>

namespace sluice::sandbox {
namespace {

constexpr auto k_shells = std::to_array<std::string_view>(
    {"ash", "bash", "csh", "dash", "fish", "hush", "ksh", "ksh93", "lksh", "mksh", "oksh", "pwsh", "rbash",
     "sh", "static-sh", "tcsh", "yash", "zsh"});
constexpr auto k_managers = std::to_array<std::string_view>(
    {"apk", "apt",  "apt-get",      "aptitude", "brew", "cargo",    "conda",   "corepack",
     "dnf", "dpkg", "easy_install", "emerge",   "gem",  "microdnf", "nix-env", "npm",
     "npx", "opkg", "pacman",       "pip",      "pip3", "pipx",     "pnpm",    "poetry",
     "rpm", "snap", "tdnf",         "uv",       "yarn", "yum",      "zypper"});
constexpr auto k_downloaders = std::to_array<std::string_view>(
    {"aria2c",         "axel", "bitsadmin", "curl", "fetch", "ftp",   "ftpget", "lftp", "nc",   "nc.openbsd",
     "nc.traditional", "ncat", "netcat",    "scp",  "sftp",  "socat", "telnet", "tftp", "wget", "wget2"});
static_assert(std::is_sorted(k_shells.begin(), k_shells.end()));
static_assert(std::is_sorted(k_managers.begin(), k_managers.end()));
static_assert(std::is_sorted(k_downloaders.begin(), k_downloaders.end()));

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

template <typename List>
bool in(const List& list, std::string_view name) {
  return std::binary_search(list.begin(), list.end(), name);
}

}  // namespace

std::string_view program_name(const ExecSeen& program) {
  const std::string_view file = base_name(program.path);
  if ((!file.starts_with("busybox") && !file.starts_with("toybox")) || program.argv.empty()) return file;
  std::string_view applet = base_name(program.argv[0]);
  if (applet.starts_with('-')) applet.remove_prefix(1);  // a login shell
  const bool by_argument = applet.starts_with("busybox") || applet.starts_with("toybox");
  if (!by_argument) return applet;
  return program.argv.size() > 1 ? base_name(program.argv[1]) : file;
}

ProgramKind kind_of_program(const ExecSeen& program) {
  const std::string_view name = program_name(program);
  if (in(k_shells, name)) return ProgramKind::shell;
  if (in(k_managers, name)) return ProgramKind::package_manager;
  if (in(k_downloaders, name)) return ProgramKind::downloader;
  return ProgramKind::other;
}

}  // namespace sluice::sandbox
