// The parts of `sluice-test.yaml` that speak of what may be seen and of hardening: observe, harden, generate.
#include <algorithm>
#include <array>

#include "base/decode.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

constexpr std::array<std::string_view, k_hardenings> k_names{"read-only", "nonroot", "no-capabilities",
                                                             "no-new-privileges", "no-network"};

tl::unexpected<Error> no_such(const Document& document, const Node& node, std::string_view what,
                              const std::vector<std::string>& known) {
  const std::string near = decode::nearest(node.text, known);
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  return fail(document.error(node, "config.choice",
                             "there is no " + std::string(what) + " \"" + node.text + "\"",
                             near.empty() ? "it is one of " + all : "the nearest is \"" + near + "\""));
}

// A list of names out of `known`, each once, in the order of `known`.
Result<std::vector<std::string>> choices(const Document& document, const Node& node, std::string_view what,
                                         const std::vector<std::string>& known) {
  std::vector<bool> chosen(known.size());
  if (node.kind != yaml::Kind::sequence) {
    return fail(document.error(node, "config.type", std::string(what) + " must be a list"));
  }
  for (const Node& item : node.items) {
    const auto found = std::find(known.begin(), known.end(), item.text);
    if (item.kind != yaml::Kind::scalar || found == known.end()) return no_such(document, item, what, known);
    chosen[static_cast<std::size_t>(found - known.begin())] = true;
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (chosen[i]) names.push_back(known[i]);
  }
  return names;
}

std::vector<Hardening> hardenings(const std::vector<std::string>& names) {
  std::vector<Hardening> list;
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    if (std::find(names.begin(), names.end(), k_names[i]) != names.end())
      list.push_back(static_cast<Hardening>(i));
  }
  return list;
}

}  // namespace

std::string_view to_string(Hardening hardening) {
  return k_names[static_cast<std::size_t>(hardening)];
}

HardenSettings all_hardenings() {
  return {hardenings({k_names.begin(), k_names.end()}), {}};
}

Result<ObserveSettings> parse_observe(const Document& document, const Node& node) {
  Mapping mapping(document, node, "observe");
  ObserveSettings settings;
  if (const Node* expect = mapping.get("expect")) {
    Mapping inner(document, *expect, "observe.expect");
    settings.exec = SLUICE_TRY(optional_words(inner, "exec"));
    settings.listen = SLUICE_TRY(optional_words(inner, "listen"));
    settings.connect = SLUICE_TRY(optional_words(inner, "connect"));
    settings.write = SLUICE_TRY(optional_words(inner, "write"));
    settings.dns = SLUICE_TRY(optional_words(inner, "dns"));
    SLUICE_CHECK(inner.finish());
  }
  SLUICE_CHECK(mapping.finish());
  return settings;
}

Result<HardenSettings> parse_harden(const Document& document, const Node& node) {
  const std::vector<std::string> known(k_names.begin(), k_names.end());
  Mapping mapping(document, node, "harden");
  HardenSettings settings = all_hardenings();
  if (const Node* matrix = mapping.get("matrix")) {
    settings.matrix = hardenings(SLUICE_TRY(choices(document, *matrix, "hardening", known)));
  }
  if (const Node* require = mapping.get("require")) {
    std::vector<std::string> ran;
    for (const Hardening hardening : settings.matrix) ran.emplace_back(to_string(hardening));
    settings.require = SLUICE_TRY(choices(document, *require, "hardening", ran));
  }
  SLUICE_CHECK(mapping.finish());
  return settings;
}

Result<std::vector<std::string>> parse_generate(const Document& document, const Node& node) {
  return choices(document, node, "artefact", {k_artefact_kinds.begin(), k_artefact_kinds.end()});
}

}  // namespace sluice::sandbox
