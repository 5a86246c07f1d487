#include "explain/ignore.h"

#include "explain/peers.h"

namespace sluice::explain {
namespace {

// Findings at a parser directive: a comment above it would end the directives, and the directive be none.
bool about_directives(std::string_view rule) {
  return rule == "docker.directive-misspelt" || rule == "docker.foreign-front-end" ||
         rule == "docker.front-end-unpinned";
}

// Findings at the comments that excuse.
bool about_exceptions(const Page& page) {
  return page.origin == scan::RuleOrigin::scan || page.info.id == "docker.inline-ignore";
}

}  // namespace

std::vector<IgnoreForm> ignore_comments(const Page& page) {
  const std::string& id = page.info.id;
  if (about_exceptions(page) || about_directives(id)) return {};
  if (page.origin == scan::RuleOrigin::pack) {
    const bool slashes = id.starts_with("javascript.");
    const std::string comment = slashes ? "// " : "# ";
    return {
        {comment + "sluice:ignore " + id + " REASON", "its own line, or the line below if it stands alone"},
        {comment + "nosemgrep: " + id, "the same, without a reason"}};
  }
  std::vector<IgnoreForm> forms{{"# sluice:ignore " + id + " REASON", "the instruction below"}};
  bool buildkit = false;
  bool hadolint = false;
  for (const std::string& alias : page.info.aliases) {
    const PeerId peer = peer_id(alias);
    if ((peer.peer == "hadolint" || peer.peer == "shellcheck") && !hadolint) {
      hadolint = true;
      forms.push_back({"# hadolint ignore=" + peer.id, "the instruction below"});
      forms.push_back({"# hadolint global ignore=" + peer.id, "the file"});
    }
    if (peer.peer == "buildkit" && !buildkit) {
      buildkit = true;
      forms.push_back({"# check=skip=" + peer.id, "the file; stands at its top"});
    }
  }
  return forms;
}

std::string ignore_config(const Page& page) {
  const std::string& id = page.info.id;
  const std::string lower = page.info.severity == Severity::low ? "info" : "low";
  return "scan:\n  off: [" + id + "]  # never\n  severity: {" + id + ": " + lower +
         "}  # or of another severity\n";
}

}  // namespace sluice::explain
