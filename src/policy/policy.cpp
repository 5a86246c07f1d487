#include "policy/policy.h"

#include <set>

namespace sluice::policy {
namespace {

using decode::Document;
using decode::Mapping;

Status decode_source(Mapping& mapping, Source& source) {
  if (const auto role = SLUICE_TRY(mapping.optional_string("signed_by"))) source.signed_by = *role;
  if (const yaml::Node* age = mapping.get("max_age")) {
    source.max_age = SLUICE_TRY(decode::as_duration(mapping.document(), *age, "max_age"));
  }
  const std::size_t level = SLUICE_TRY(mapping.optional_choice("level", {"deny", "warn"}, 0));
  source.level = level == 0 ? Level::deny : Level::warn;
  if (source.signed_by.empty()) {
    // An empty role would match no key or, worse, be read as "any".
    return fail(mapping.document().error(mapping.node(), "config.range",
                                         mapping.what() + ": signed_by is empty",
                                         "name a role that a key in `keys` has"));
  }
  return {};
}

using Limits = std::array<std::optional<std::int64_t>, 4>;

Result<Limits> decode_max(const Document& document, const yaml::Node& node) {
  Mapping max(document, node, "max");
  Limits out{};
  for (const Severity severity : {Severity::info, Severity::low, Severity::medium, Severity::high}) {
    if (const yaml::Node* limit = max.get(to_string(severity))) {
      out.at(static_cast<std::size_t>(severity)) =
          SLUICE_TRY(decode::as_int(document, *limit, to_string(severity), 0, 1'000'000'000));
    }
  }
  SLUICE_CHECK(max.finish());
  return out;
}

Result<FindingsControl> decode_findings(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "findings");
  FindingsControl control;
  SLUICE_CHECK(decode_source(mapping, control.source));
  const yaml::Node* max = SLUICE_TRY(mapping.required("max"));
  control.max = SLUICE_TRY(decode_max(document, *max));
  SLUICE_CHECK(mapping.finish());
  return control;
}

Result<CoverageControl> decode_coverage(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "coverage");
  CoverageControl control;
  SLUICE_CHECK(decode_source(mapping, control.source));
  control.max_failed = SLUICE_TRY(mapping.optional_int("max_failed", 0, 0, 1'000'000'000));
  control.analysers = SLUICE_TRY(mapping.optional_strings("analysers"));
  SLUICE_CHECK(mapping.finish());
  return control;
}

Result<TestsControl> decode_tests(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "tests");
  TestsControl control;
  SLUICE_CHECK(decode_source(mapping, control.source));
  control.min_passed = SLUICE_TRY(mapping.optional_int("min_passed", 1, 1, 1'000'000));
  SLUICE_CHECK(mapping.finish());
  return control;
}

Result<ProvenanceControl> decode_provenance(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "provenance");
  ProvenanceControl control;
  SLUICE_CHECK(decode_source(mapping, control.source));
  control.builder = SLUICE_TRY(mapping.optional_string("builder")).value_or("");
  control.repository = SLUICE_TRY(mapping.optional_string("repository")).value_or("");
  control.branch = SLUICE_TRY(mapping.optional_string("branch")).value_or("");
  control.min_level = SLUICE_TRY(mapping.optional_int("min_level", 1, 1, 3));
  control.allow_dirty = SLUICE_TRY(mapping.optional_bool("allow_dirty", false));
  control.need_identity = SLUICE_TRY(mapping.optional_choice("origin", {"any", "oidc"}, 0)) == 1;
  SLUICE_CHECK(mapping.finish());
  return control;
}

Result<CommitsControl> decode_commits(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "commits");
  CommitsControl control;
  SLUICE_CHECK(decode_source(mapping, control.source));
  control.whole_range = SLUICE_TRY(mapping.optional_choice("verified", {"head", "range"}, 0)) == 1;
  control.tag = SLUICE_TRY(mapping.optional_bool("tag", false));
  control.signers = SLUICE_TRY(mapping.optional_strings("signers"));
  if (mapping.has("max")) control.max = SLUICE_TRY(mapping.optional_int("max", 0, 0, 1'000'000));
  SLUICE_CHECK(mapping.finish());
  return control;
}

Result<RuntimeControl> decode_runtime(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "runtime");
  RuntimeControl control;
  SLUICE_CHECK(decode_source(mapping, control.source));
  const yaml::Node* max = SLUICE_TRY(mapping.required("max"));
  control.max = SLUICE_TRY(decode_max(document, *max));
  control.allow_losses = SLUICE_TRY(mapping.optional_bool("allow_losses", false));
  SLUICE_CHECK(mapping.finish());
  return control;
}

Result<SignatureControl> decode_signature(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "signature");
  SignatureControl control;
  SLUICE_CHECK(decode_source(mapping, control.source));
  SLUICE_CHECK(mapping.finish());
  return control;
}

Result<VerdictControl> decode_verdict(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "verdict");
  VerdictControl control;
  SLUICE_CHECK(decode_source(mapping, control.source));
  control.stage = SLUICE_TRY(mapping.required_string("stage"));
  SLUICE_CHECK(mapping.finish());
  return control;
}

Result<Stage> decode_stage(const Document& document, const yaml::Node& node,
                           const std::set<std::string>& earlier) {
  Mapping mapping(document, node, "stage");
  Stage stage;
  stage.name = SLUICE_TRY(mapping.required_string("name"));
  const yaml::Node* require_node = SLUICE_TRY(mapping.required("require"));
  SLUICE_CHECK(mapping.finish());

  Mapping require(document, *require_node, "require");
  if (const yaml::Node* at = require.get("findings"))
    stage.findings = SLUICE_TRY(decode_findings(document, *at));
  if (const yaml::Node* at = require.get("coverage"))
    stage.coverage = SLUICE_TRY(decode_coverage(document, *at));
  if (const yaml::Node* at = require.get("tests")) stage.tests = SLUICE_TRY(decode_tests(document, *at));
  if (const yaml::Node* at = require.get("provenance"))
    stage.provenance = SLUICE_TRY(decode_provenance(document, *at));
  if (const yaml::Node* at = require.get("commits"))
    stage.commits = SLUICE_TRY(decode_commits(document, *at));
  if (const yaml::Node* at = require.get("runtime"))
    stage.runtime = SLUICE_TRY(decode_runtime(document, *at));
  if (const yaml::Node* at = require.get("signature"))
    stage.signature = SLUICE_TRY(decode_signature(document, *at));
  if (const yaml::Node* at = require.get("verdict")) {
    stage.verdicts.push_back(SLUICE_TRY(decode_verdict(document, *at)));
    if (!earlier.contains(stage.verdicts.back().stage)) {
      return fail(document.error(*at, "config.unknown-stage",
                                 "no earlier stage is named \"" + stage.verdicts.back().stage + "\"",
                                 "a stage can rest only on the verdict of a stage that stands before it"));
    }
  }
  SLUICE_CHECK(require.finish());
  if (!stage.findings && !stage.coverage && !stage.tests && !stage.provenance && !stage.commits &&
      !stage.runtime && !stage.signature && stage.verdicts.empty()) {
    return fail(document.error(node, "config.empty-stage", "stage \"" + stage.name + "\" requires nothing",
                               "it would allow everything; name at least one control under `require`"));
  }
  return stage;
}

}  // namespace

const Stage* Policy::find(std::string_view stage) const {
  for (const Stage& candidate : stages) {
    if (candidate.name == stage) return &candidate;
  }
  return nullptr;
}

Result<std::vector<Stage>> decode_stages(const Document& document, const yaml::Node& node) {
  if (node.kind != yaml::Kind::sequence || node.items.empty()) {
    return fail(document.error(node, "config.type", "`stages` must be a list of at least one stage"));
  }
  std::vector<Stage> stages;
  std::set<std::string> names;
  for (const yaml::Node& item : node.items) {
    stages.push_back(SLUICE_TRY(decode_stage(document, item, names)));
    if (!names.insert(stages.back().name).second) {
      return fail(document.error(item, "config.duplicate-stage",
                                 "two stages are named \"" + stages.back().name + "\""));
    }
  }
  return stages;
}

}  // namespace sluice::policy
