// Which images a build takes in: FROM, COPY --from and RUN --mount=from, through ARG defaults.
#include "checks/docker/check_row.h"
#include "checks/docker/end_of_life.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_untagged{.id = "docker.base-image-untagged",
                           .title = "Base image without tag",
                           .why = "No tag means latest: each build may take another image.",
                           .help = "Name a version, best with its digest.",
                           .severity = Severity::medium,
                           .profile = Profile::normal,
                           .aliases =
                               "hadolint:DL3006 trivy:DS-0001 checkov:CKV_DOCKER_7 "
                               "kics:image_version_not_explicit semgrep:missing-image-version",
                           .cwe = "CWE-829",
                           .fixable = true};
constexpr Check k_latest{.id = "docker.base-image-latest",
                         .title = "Base image is :latest",
                         .why = "Each build may take another image.",
                         .help = "Name a version, best with its digest.",
                         .severity = Severity::medium,
                         .profile = Profile::normal,
                         .aliases =
                             "hadolint:DL3007 trivy:DS-0001 checkov:CKV_DOCKER_7 "
                             "kics:image_version_using_latest semgrep:avoid-latest-version "
                             "dockle:DKL-DI-0006",
                         .cwe = "CWE-829",
                         .fixable = true};
constexpr Check k_unpinned{
    .id = "docker.base-image-unpinned",
    .title = "Base image is not pinned by digest",
    .why = "A tag can be moved by whoever holds the registry account; only a digest names bytes.",
    .help = "Append @sha256:…, kept current by a bot or a lock file.",
    .severity = Severity::medium,
    .profile = Profile::normal,
    .aliases = "semgrep:missing-image-digest",
    .cwe = "CWE-829 CWE-494",
    .references = "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
    .fixable = true};
constexpr Check k_registry{.id = "docker.registry-not-allowed",
                           .title = "Image from a registry that is not allowed",
                           .why = "The configuration lists the registries that images may come from.",
                           .help = "Use a mirror on an allowed registry.",
                           .severity = Severity::high,
                           .profile = Profile::normal,
                           .aliases = "hadolint:DL3026 cis:4.2",
                           .cwe = "CWE-829"};
constexpr Check k_end_of_life{.id = "docker.base-image-end-of-life",
                              .title = "Base image is past its end of life",
                              .why = "It gets no security fixes any more.",
                              .help = "Move to a supported release.",
                              .severity = Severity::high,
                              .profile = Profile::normal,
                              .cwe = "CWE-1104"};
constexpr Check k_unknown{.id = "docker.base-image-unknown",
                          .title = "Base image comes from outside and cannot be judged",
                          .why = "An ARG without a default decides what is built on.",
                          .help = "Give the ARG a default with a digest.",
                          .severity = Severity::info,
                          .profile = Profile::all,
                          .cwe = "CWE-829"};

// "*", "*.example.com", "example.*", "example.com"
bool matches(std::string_view pattern, std::string_view registry) {
  if (pattern == "*") return true;
  if (pattern.starts_with("*")) return registry.ends_with(pattern.substr(1));
  if (pattern.ends_with("*")) return registry.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == registry;
}

bool allowed(const Options& options, const df::ImageName& image) {
  const std::string registry = lower(image.effective_registry());
  const bool hub =
      registry == "docker.io" || registry == "index.docker.io" || registry == "registry-1.docker.io";
  for (const std::string& pattern : options.allowed_registries) {
    if (matches(lower(pattern), registry)) return true;
    if (hub && (matches(lower(pattern), "docker.io") || matches(lower(pattern), "hub.docker.com")))
      return true;
  }
  return false;
}

// Where the reference ends as it is written: here, or as the default of the ARG that stands here.
std::optional<std::uint32_t> end_of_reference(const Facts& facts, const df::Value& name, Span span) {
  std::string_view text = span.of(facts.source);
  if (text == name.text) return span.end;
  if (!text.starts_with('$')) return std::nullopt;
  text.remove_prefix(1);
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  std::optional<std::uint32_t> end;
  for (const Step& step : facts.model.steps) {
    if (!step.global) continue;
    for (const df::KeyValue& pair : step.instruction->pairs) {
      if (pair.key != text) continue;  // the last definition holds
      end.reset();
      const std::string_view value = pair.value_span.of(facts.source);
      if (value == name.text) end = pair.value_span.end;
      if (value == "\"" + name.text + "\"") end = pair.value_span.end - 1;
    }
  }
  return end;
}

// `prefix`: what stands before the image in the message.
void check_image(const Facts& facts, Sink& sink, const df::Value& name, const df::ImageName& image, Span span,
                 bool from) {
  const auto& options = facts.options;
  if (name.unknown) {
    // The part that is written can still be judged: "registry.example.com/x:${TAG}".
    if (!options.allowed_registries.empty() && !image.registry.empty() && !contains(image.registry, "$") &&
        !allowed(options, image)) {
      sink.report(k_registry, span,
                  "registry " + quoted(image.effective_registry()) + " is not on the allow-list");
    }
    if (from)
      sink.report(k_unknown, span, "the base image " + quoted(name.text) + " is decided outside this file");
    return;
  }
  if (!image.valid()) return;
  const std::string by_default = name.outside ? " (the default of an ARG)" : "";
  if (!options.allowed_registries.empty() && !allowed(options, image)) {
    sink.report(k_registry, span,
                "registry " + quoted(image.effective_registry()) + " is not on the allow-list");
  }
  const auto end = end_of_life(image);
  if (end) {
    sink.report(k_end_of_life, span,
                quoted(name.text) + " is past its end of life since " + end->date + by_default +
                    " (data of " + std::string(k_end_of_life_data_date) + ")");
  }
  if (!image.digest.empty()) return;
  // A digest says all that a tag says: it mends each of the three.
  std::optional<Fix> fix;
  if (const auto at = end_of_reference(facts, name, span)) {
    fix = fix_of("append the digest of " + name.text, FixTier::needs_data, {});
    fix->needs.push_back({DataKind::image_digest, name.text, insert_at(*at, "@" + std::string(k_data_mark))});
  }
  if (image.tag.empty())
    sink.report(k_untagged, span, "image " + quoted(name.text) + " has no tag" + by_default).fix = fix;
  if (image.tag == "latest")
    sink.report(k_latest, span, "image " + quoted(name.text) + " is whatever is newest" + by_default).fix =
        fix;
  RawFinding& finding =
      sink.report(k_unpinned, span, "image " + quoted(name.text) + " is not pinned by digest" + by_default);
  // The image has to change before its digest matters: one finding for it is enough at a gate.
  finding.all_profile_only = end || image.tag.empty() || image.tag == "latest";
  finding.fix = std::move(fix);
}

void run(const Facts& facts, Sink& sink) {
  for (const Stage& stage : facts.model.stages) {
    if (stage.from != nullptr && stage.base.is_image() && !stage.from->words.empty()) {
      check_image(facts, sink, stage.base.name, stage.base.image, stage.from->words.front().span, true);
    }
    for (const df::StageUse& use : stage.uses) {
      if (use.stage != df::k_no_index || lower(use.name.text) == "scratch") continue;
      // A bare word may be a named build context or a misspelt stage: another check speaks of it.
      if (use.name.text.find_first_of(":/@") == std::string::npos) continue;
      check_image(facts, sink, use.name, use.image, use.span, false);
    }
  }
}

constexpr const Check* k_checks[] = {&k_untagged, &k_latest,      &k_unpinned,
                                     &k_registry, &k_end_of_life, &k_unknown};

}  // namespace

extern const CheckSet k_base_image{k_checks, run};

}  // namespace sluice::checks::docker
