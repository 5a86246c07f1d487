#include "explain/wording.h"

#include <array>
#include <utility>

namespace sluice::explain {
namespace {

std::string_view kind_name(checks::docker::LabelKind kind) {
  for (const std::string_view name : {"text", "url", "rfc3339", "spdx", "githash", "semver", "email"}) {
    if (checks::docker::parse_label_kind(name) == kind) return name;
  }
  return "text";
}

}  // namespace

std::string shown_when(const Page& page) {
  return page.by_default ? "by default" : "with `--profile all`";
}

std::string fix_sentence(const PageFix& fix) {
  switch (fix.tier) {
    case FixTier::safe:
      return "`sluice scan --fix` does it (safe): " + fix.description + ".";
    case FixTier::needs_data:
      return "`sluice scan --fix` does it with data that you supply, and never makes any up: " +
             fix.description + ".";
    case FixTier::suggestion:
      return "Shown as a suggestion, never applied: " + fix.description + ".";
  }
  return {};
}

std::string no_fix_sentence(const Page& page) {
  if (!page.fixes.empty()) return {};
  return page.fixable ? "Some findings carry a fix; `sluice scan --fix --dry-run` shows it."
                      : "There is no automatic fix.";
}

std::string fix_data_of(const Example& example) {
  std::string out;
  if (!example.fix_images.empty()) out += "images:\n" + example.fix_images;
  if (!example.fix_files.empty()) out += "files:\n" + example.fix_files;
  return out.empty() ? out : "version: 1\n" + out;
}

std::string configuration_of(const Example& example) {
  std::string keys;
  if (!example.docker.label_schema.empty()) {
    keys += "    label_schema: {";
    for (auto it = example.docker.label_schema.begin(); it != example.docker.label_schema.end(); ++it) {
      if (it != example.docker.label_schema.begin()) keys += ", ";
      keys += it->first + ": " + std::string(kind_name(it->second));
    }
    keys += "}\n";
  }
  if (example.docker.strict_labels) keys += "    strict_labels: true\n";
  if (!example.docker.allowed_registries.empty()) {
    keys += "    allowed_registries: [";
    for (std::size_t i = 0; i < example.docker.allowed_registries.size(); ++i) {
      keys += (i == 0 ? "\"" : ", \"") + example.docker.allowed_registries[i] + "\"";
    }
    keys += "]\n";
  }
  return keys.empty() ? keys : "scan:\n  dockerfile:\n" + keys;
}

}  // namespace sluice::explain
