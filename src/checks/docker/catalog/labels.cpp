// LABEL: keys, and values against the configured schema.
#include <algorithm>
#include <set>

#include "checks/docker/check_row.h"
#include "checks/docker/label_values.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_key{
    .id = "docker.label-key-invalid",
    .title = "Label key breaks Docker's naming rules",
    .why =
        "Keys outside the rules (lower-case letters, digits, single dots and hyphens; a letter first, a "
        "letter or digit "
        "last; no reserved name space) collide with the engine's own labels or are not found by tools.",
    .help = "Use a reverse-DNS key such as org.example.component.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL3048"};
constexpr Check k_missing{.id = "docker.label-missing",
                          .title = "Required label is missing",
                          .why =
                              "The configured label schema asks for it, and tools that sort or gate images "
                              "by label will not see this one.",
                          .help = "Add the LABEL to the stage.",
                          .severity = Severity::low,
                          .profile = Profile::normal,
                          .aliases = "hadolint:DL3049"};
constexpr Check k_superfluous{.id = "docker.label-superfluous",
                              .title = "Label is not in the schema",
                              .why = "strict_labels is set: labels outside the schema are mistakes or noise.",
                              .help = "Remove the label, or add it to label_schema.",
                              .severity = Severity::info,
                              .profile = Profile::normal,
                              .aliases = "hadolint:DL3050"};
constexpr Check k_empty{.id = "docker.label-empty",
                        .title = "Label has no value",
                        .why = "The schema asks for the label; an empty one says nothing.",
                        .help = "Give the label a value.",
                        .severity = Severity::info,
                        .profile = Profile::normal,
                        .aliases = "hadolint:DL3051"};

struct KindRow {
  LabelKind kind;
  Check check;
  std::string_view what;
};
constexpr std::string_view k_kind_why =
    "The configured label schema says what this label holds; tools that read it will fail or be misled.";
constexpr Check kind_check(std::string_view id, std::string_view title, std::string_view help,
                           std::string_view alias) {
  return {.id = id,
          .title = title,
          .why = k_kind_why,
          .help = help,
          .severity = Severity::info,
          .profile = Profile::normal,
          .aliases = alias};
}
constexpr KindRow k_kinds[] = {
    {LabelKind::url,
     kind_check("docker.label-not-url", "Label is not a URL", "Write an absolute URL.", "hadolint:DL3052"),
     "a URL"},
    {LabelKind::rfc3339,
     kind_check("docker.label-not-rfc3339", "Label is not an RFC 3339 time",
                "Write the time as 2024-01-31T12:00:00Z.", "hadolint:DL3053"),
     "an RFC 3339 time"},
    {LabelKind::spdx,
     kind_check("docker.label-not-spdx", "Label is not an SPDX licence expression",
                "Write SPDX identifiers, such as Apache-2.0 OR MIT.", "hadolint:DL3054"),
     "an SPDX licence expression"},
    {LabelKind::githash,
     kind_check("docker.label-not-git-hash", "Label is not a git hash", "Write the commit's full hash.",
                "hadolint:DL3055"),
     "a git commit hash"},
    {LabelKind::semver,
     kind_check("docker.label-not-semver", "Label is not a semantic version",
                "Write MAJOR.MINOR.PATCH, without a leading v.", "hadolint:DL3056"),
     "a semantic version"},
    {LabelKind::email,
     kind_check("docker.label-not-email", "Label is not an e-mail address", "Write name@host.",
                "hadolint:DL3058"),
     "an e-mail address"},
};

std::string key_problem(std::string_view key) {
  for (const std::string_view reserved : {"com.docker.", "io.docker.", "org.dockerproject."}) {
    if (key.starts_with(reserved)) return "is in a name space reserved for Docker";
  }
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (key.empty() || !is_lower(key.front())) return "does not begin with a lower-case letter";
  if (!is_lower(key.back()) && !is_digit(key.back())) return "does not end with a letter or digit";
  for (std::size_t i = 0; i < key.size(); ++i) {
    const bool divider = key[i] == '.' || key[i] == '-';
    if (divider && i > 0 && key[i - 1] == key[i]) return "has two dividers in a row";
    if (!divider && !is_lower(key[i]) && !is_digit(key[i])) return "holds " + quoted(key.substr(i, 1));
  }
  return {};
}

void check_pair(const Facts& facts, Sink& sink, const Step& step, std::size_t i) {
  const df::KeyValue& pair = step.instruction->pairs[i];
  const df::Value& key = step.keys[i];
  const df::Value& value = step.values[i];
  // "$x" with an x that nobody defines is more likely a slip than a variable.
  if (key.unknown && step.undefined.empty()) return;
  if (const std::string problem = key_problem(key.text); !problem.empty()) {
    sink.report(k_key, pair.key_span, "label key " + quoted(key.text) + " " + problem);
  }
  const auto& schema = facts.options.label_schema;
  const auto wanted = schema.find(key.text);
  if (wanted == schema.end()) {
    if (facts.options.strict_labels && !schema.empty()) {
      sink.report(k_superfluous, pair.span, "label " + quoted(key.text) + " is not in the label schema");
    }
    return;
  }
  if (value.unknown) return;
  if (value.text.empty()) sink.report(k_empty, pair.span, "label " + quoted(key.text) + " is empty");
  for (const KindRow& row : k_kinds) {
    if (row.kind != wanted->second || is_label_value(row.kind, value.text)) continue;
    sink.report(row.check, pair.value_span,
                "label " + quoted(key.text) + " should hold " + std::string(row.what) + ", not " +
                    quoted(value.text));
  }
}

// Labels are asked of the images that come out: stages that nobody builds on or copies from.
void check_missing(const Facts& facts, Sink& sink) {
  const Model& model = facts.model;
  if (facts.options.label_schema.empty() || model.fragment) return;
  std::vector<std::set<std::string>> labels(model.stages.size());
  for (std::size_t s = 0; s < model.stages.size(); ++s) {
    const Stage& stage = model.stages[s];
    if (stage.from == nullptr) continue;
    if (stage.base.stage != df::k_no_index) labels[s] = labels[stage.base.stage];
    for (std::uint32_t i = stage.first_step; i < stage.last_step; ++i) {
      if (model.steps[i].instruction->keyword != Keyword::label) continue;
      for (const df::Value& key : model.steps[i].keys) labels[s].insert(key.text);
    }
    if (!facts.is_leaf(stage)) continue;
    for (const auto& [name, kind] : facts.options.label_schema) {
      (void)kind;
      if (labels[s].count(name) == 0)
        sink.report(k_missing, stage.from->span, "label " + quoted(name) + " is missing");
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword != Keyword::label) continue;
    for (std::size_t i = 0; i < step.instruction->pairs.size(); ++i) check_pair(facts, sink, step, i);
  }
  check_missing(facts, sink);
}

constexpr const Check* k_checks[] = {&k_key,
                                     &k_missing,
                                     &k_superfluous,
                                     &k_empty,
                                     &k_kinds[0].check,
                                     &k_kinds[1].check,
                                     &k_kinds[2].check,
                                     &k_kinds[3].check,
                                     &k_kinds[4].check,
                                     &k_kinds[5].check};

}  // namespace

extern const CheckSet k_labels{k_checks, run};

}  // namespace sluice::checks::docker
