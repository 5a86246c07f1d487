#include "checks/docker/pins.h"

#include <algorithm>

#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_path(std::string_view text) {
  return text.starts_with("/") || text.starts_with("./") || text.starts_with("../") ||
         text.starts_with("~") || text == "." || text == "..";
}

Pin pin_apt(std::string_view text) {
  if (is_path(text) || text.ends_with(".deb") || text.find('*') != std::string_view::npos) {
    return text.find('=') != std::string_view::npos ? Pin::pinned : Pin::not_a_package;
  }
  if (text.ends_with("-")) return Pin::not_a_package;  // removes it
  return text.find('=') != std::string_view::npos || text.find('/') != std::string_view::npos ? Pin::pinned
                                                                                              : Pin::unpinned;
}

Pin pin_apk(std::string_view text) {
  if (is_path(text) || text.ends_with(".apk") || text.starts_with("!") || text.starts_with("."))
    return Pin::not_a_package;
  return text.find_first_of("=~<>") != std::string_view::npos ? Pin::pinned : Pin::unpinned;
}

// name-version[-release]: a hyphen before a digit.
Pin pin_rpm(std::string_view text, bool module) {
  if (is_path(text) || text.ends_with(".rpm") || is_url(text) || text.starts_with("@"))
    return Pin::not_a_package;
  if (module) return text.find(':') != std::string_view::npos ? Pin::pinned : Pin::unpinned;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '-' && is_digit(text[i + 1])) return Pin::pinned;
  }
  return text.find_first_of("=<>") != std::string_view::npos ? Pin::pinned : Pin::unpinned;
}

Pin pin_zypper(std::string_view text) {
  if (is_path(text) || text.ends_with(".rpm") || is_url(text)) return Pin::not_a_package;
  return text.find_first_of("=<>") != std::string_view::npos ? Pin::pinned : Pin::unpinned;
}

Pin pin_pip(std::string_view text) {
  if (text.starts_with("git+") || text.starts_with("hg+") || text.starts_with("svn+") ||
      text.starts_with("bzr+")) {
    std::string_view url = text.substr(0, text.find('#'));
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos && text.starts_with("bzr+"))  // bzr+lp:project@revision
      return contains(url, "@") ? Pin::pinned : Pin::unpinned;
    if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
    const std::size_t host = url.find('/');
    return host != std::string_view::npos && url.find('@', host) != std::string_view::npos ? Pin::pinned
                                                                                           : Pin::unpinned;
  }
  if (is_path(text) || is_url(text)) return Pin::not_a_package;
  // "name @ https://…" names a file
  if (contains(text, "://")) return Pin::not_a_package;
  for (const std::string_view version : {"==", "~="}) {
    if (contains(text, version)) return Pin::pinned;
  }
  if (text.find_first_of("<>!") != std::string_view::npos) return Pin::open;
  const std::string_view name = text.substr(0, text.find('['));
  if (name.ends_with(".whl") || name.ends_with(".tar.gz") || name.ends_with(".zip") ||
      name.ends_with(".tar.bz2") || contains(name, "/")) {
    return Pin::not_a_package;
  }
  return Pin::unpinned;
}

Pin pin_npm(std::string_view text) {
  if (is_path(text) || text.starts_with("file:") || text.ends_with(".tgz") || text.ends_with(".tar.gz") ||
      text.ends_with(".tar")) {
    return Pin::not_a_package;
  }
  const bool git = text.starts_with("git+") || text.starts_with("git://") || text.starts_with("git@") ||
                   text.starts_with("github:") || text.starts_with("gitlab:") ||
                   text.starts_with("bitbucket:");
  if (git) return contains(text, "#") ? Pin::pinned : Pin::unpinned;
  if (is_url(text)) return Pin::not_a_package;
  const std::size_t at = text.find('@', 1);
  if (at != std::string_view::npos) {
    const std::string_view version = text.substr(at + 1);
    return version == "latest" || version == "next" || version.empty() ? Pin::unpinned : Pin::pinned;
  }
  if (!text.starts_with("@") && contains(text, "/"))
    return contains(text, "#") ? Pin::pinned : Pin::unpinned;  // owner/repo
  return Pin::unpinned;
}

Pin pin_gem(const PackageCommand& call, std::string_view text) {
  if (is_path(text) || text.ends_with(".gem") || call.arguments.has("-v --version -g --file"))
    return Pin::not_a_package;
  return contains(text, ":") ? Pin::pinned : Pin::unpinned;
}

Pin pin_go(std::string_view text) {
  if (is_path(text) || text.ends_with(".go") || contains(text, "...") || text == "std" || text == "cmd" ||
      text == "all" || text == "tool") {
    return Pin::not_a_package;
  }
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return Pin::unpinned;
  const std::string_view version = text.substr(at + 1);
  const bool moves = version == "latest" || version == "upgrade" || version == "patch" ||
                     version == "master" || version == "main" || version == "HEAD" || version.empty();
  return moves ? Pin::unpinned : Pin::pinned;
}

bool is_module_call(const PackageCommand& call) {
  return call.verb_word != nullptr && call.verb_word->is("module");
}
bool is_group_call(const PackageCommand& call) {
  return call.verb_word != nullptr &&
         (call.verb_word->is("group") || call.verb_word->is("groups") || call.verb_word->is("groupinstall"));
}

}  // namespace

Pin pin_of(const PackageCommand& call, const syntax::shell::Word& package) {
  const std::string_view text = package.text;
  if (text.empty() || text.starts_with("-")) return Pin::not_a_package;
  Pin pin = Pin::not_a_package;
  switch (call.manager->id) {
    case ManagerId::apt:
      pin = pin_apt(text);
      break;
    case ManagerId::apk:
      pin = pin_apk(text);
      break;
    case ManagerId::yum:
    case ManagerId::dnf:
    case ManagerId::microdnf:
      pin = is_group_call(call) ? Pin::not_a_package : pin_rpm(text, is_module_call(call));
      break;
    case ManagerId::zypper:
      pin = pin_zypper(text);
      break;
    case ManagerId::pip:
      pin = pin_pip(text);
      break;
    case ManagerId::npm:
    case ManagerId::yarn:
      pin = pin_npm(text);
      break;
    case ManagerId::gem:
      pin = pin_gem(call, text);
      break;
    case ManagerId::go:
      pin = pin_go(text);
      break;
  }
  // A variable may hold the version, or several packages.
  return pin == Pin::unpinned && package.unknown ? Pin::not_a_package : pin;
}

}  // namespace sluice::checks::docker
