// FROM and the graph of stages.
#include <algorithm>
#include <map>
#include <set>

#include "checks/docker/check_row.h"
#include "checks/docker/support.h"
#include "syntax/dockerfile/lex.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_unknown_stage{.id = "docker.copy-from-unknown-stage",
                                .title = "COPY --from names no earlier stage",
                                .why =
                                    "A name that is no stage is pulled as an image from a registry: a slip "
                                    "of the pen fetches a stranger's image.",
                                .help = "Name an earlier stage, or write the image with its tag or digest.",
                                .severity = Severity::medium,
                                .profile = Profile::normal,
                                .aliases = "hadolint:DL3022 kics:copy_from_references_current_from_alias",
                                .cwe = "CWE-829"};
constexpr Check k_copy_from_itself{
    .id = "docker.copy-from-itself",
    .title = "COPY --from the stage itself",
    .why = "A stage cannot copy from itself; the build fails.",
    .help = "Name another stage, or use RUN cp.",
    .severity = Severity::low,
    .profile = Profile::normal,
    .aliases =
        "hadolint:DL3023 trivy:DS-0006 kics:copy_from_references_current_from_alias "
        "semgrep:copy-from-own-alias"};
constexpr Check k_duplicate_name{.id = "docker.stage-name-duplicate",
                                 .title = "Two stages have the same name",
                                 .why = "COPY --from and --target find one of them only.",
                                 .help = "Give each stage its own name.",
                                 .severity = Severity::low,
                                 .profile = Profile::normal,
                                 .aliases =
                                     "hadolint:DL3024 buildkit:DuplicateStageName trivy:DS-0012 "
                                     "checkov:CKV_DOCKER_11 kics:same_alias_in_different_froms "
                                     "semgrep:alias-must-be-unique"};
constexpr Check k_reserved_name{
    .id = "docker.stage-name-reserved",
    .title = "Stage has a reserved name",
    .why = "scratch and context have a meaning of their own in FROM and COPY --from.",
    .help = "Choose another name.",
    .severity = Severity::info,
    .profile = Profile::normal,
    .aliases = "hadolint:DL3063 buildkit:ReservedStageName"};
constexpr Check k_platform_constant{
    .id = "docker.platform-constant",
    .title = "FROM --platform is a constant",
    .why = "The image is then built for one platform whatever the build asks for.",
    .help = "Use $BUILDPLATFORM or $TARGETPLATFORM, or leave the flag out.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases =
        "hadolint:DL3029 buildkit:FromPlatformFlagConstDisallowed kics:using_platform_with_from "
        "semgrep:remove-platform-flag"};
constexpr Check k_platform_redundant{.id = "docker.platform-redundant",
                                     .title = "FROM --platform=$TARGETPLATFORM is the default",
                                     .why = "The flag says what holds anyway.",
                                     .help = "Leave it out.",
                                     .severity = Severity::info,
                                     .profile = Profile::all,
                                     .aliases = "hadolint:DL3065 buildkit:RedundantTargetPlatform",
                                     .fixable = true};
constexpr Check k_from_argument_undefined{.id = "docker.from-argument-undefined",
                                          .title = "FROM uses an ARG that is not declared before it",
                                          .why =
                                              "Only ARGs before the first FROM can be used in FROM; the "
                                              "reference comes out wrong or the build fails.",
                                          .help = "Declare the ARG above the first FROM.",
                                          .severity = Severity::medium,
                                          .profile = Profile::normal,
                                          .aliases = "buildkit:UndefinedArgInFrom"};
constexpr Check k_from_default_invalid{
    .id = "docker.from-default-invalid",
    .title = "The ARG's default makes FROM invalid",
    .why = "Without a --build-arg the build fails, or takes another image than meant.",
    .help = "Give the ARG a usable default.",
    .severity = Severity::low,
    .profile = Profile::normal,
    .aliases = "buildkit:InvalidDefaultArgInFrom"};
constexpr Check k_unreachable{
    .id = "docker.stage-unreachable",
    .title = "Nothing is made out of this stage",
    .why = "It is built by old builders only, and nobody notices when it rots.",
    .help = "Remove it, or name it under scan.dockerfile.targets if it is built with --target.",
    .severity = Severity::low,
    .profile = Profile::all};
constexpr Check k_circular{
    .id = "docker.stage-circular",
    .title = "A stage refers to a later one or to itself",
    .why = "Stages see only what stands above them; the name is taken for an image of that name.",
    .help = "Reorder the stages.",
    .severity = Severity::low,
    .profile = Profile::normal};
constexpr Check k_scratch_run{.id = "docker.run-in-scratch",
                              .title = "Shell RUN in a scratch stage",
                              .why = "scratch has no shell: the command cannot run.",
                              .help = "Copy what is needed from another stage.",
                              .severity = Severity::low,
                              .confidence = Confidence::medium,
                              .profile = Profile::normal};
constexpr Check k_empty_scratch{.id = "docker.copy-from-empty-stage",
                                .title = "COPY --from an empty scratch stage",
                                .why = "There is nothing in it: the build fails.",
                                .help = "Copy from the stage that holds the file.",
                                .severity = Severity::low,
                                .profile = Profile::normal};
constexpr Check k_base_platform{
    .id = "docker.base-platform-mismatch",
    .title = "The base image's name names another platform than --platform",
    .why = "The image either cannot be pulled for that platform or will not run there.",
    .help = "Make the two agree.",
    .severity = Severity::low,
    .confidence = Confidence::medium,
    .profile = Profile::normal,
    .aliases = "buildkit:InvalidBaseImagePlatform"};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

void check_uses(const Facts& facts, Sink& sink, const Stage& stage,
                const std::map<std::string, std::uint32_t>& later) {
  for (const df::StageUse& use : stage.uses) {
    const std::string& name = use.name.text;
    if (use.name.unknown) continue;
    const bool self = !stage.name.empty() && lower(name) == lower(stage.name);
    const bool self_number =
        is_number(name) && stage.number != df::k_no_index && name == std::to_string(stage.number);
    if (self || self_number) {
      if (!use.mount) sink.report(k_copy_from_itself, use.span, "the stage copies from itself");
      continue;
    }
    if (use.stage != df::k_no_index) {
      const Stage& source = facts.model.stages[use.stage];
      const bool fills = std::any_of(facts.model.steps.begin() + source.first_step,
                                     facts.model.steps.begin() + source.last_step, [](const Step& step) {
                                       const Keyword k = step.instruction->keyword;
                                       return k == Keyword::copy || k == Keyword::add || k == Keyword::run ||
                                              k == Keyword::workdir;
                                     });
      if (source.base.scratch && !fills) {
        sink.report(k_empty_scratch, use.span, "stage " + quoted(name) + " is scratch with nothing in it");
      }
      continue;
    }
    const auto after = later.find(lower(name));
    if (after != later.end() && after->second >= facts.index_of(stage)) {
      sink.report(k_circular, use.span, "stage " + quoted(name) + " is defined below");
    }
    // "nginx:1.27" and "ghcr.io/x/y" are images beyond doubt; a bare word may be either.
    if (name.find_first_of(":/@") != std::string::npos || use.mount) continue;
    sink.report(
        k_unknown_stage, use.span,
        is_number(name) ? "there is no earlier stage " + name : quoted(name) + " is no earlier stage");
  }
}

void check_platform(const Facts& facts, Sink& sink, const Step& step) {
  const df::Flag* flag = flag_of(step, "platform");
  if (flag == nullptr || !flag->value) return;
  const std::string& written = *flag->value;
  if (written == "$TARGETPLATFORM" || written == "${TARGETPLATFORM}") {
    RawFinding& finding =
        sink.report(k_platform_redundant, flag->span, "--platform=$TARGETPLATFORM is the default");
    if (const auto edit = remove_word(facts.source, flag->span))
      finding.fix = fix_of("leave the flag out", FixTier::safe, {*edit});
  } else if (!written.empty() && written.find('$') == std::string::npos) {
    sink.report(k_platform_constant, flag->span, "the platform is fixed to " + quoted(written));
    const std::string name = lower(facts.stage_of(step).base.image.repository);
    const auto slash = name.find('/');
    const std::string owner = slash == std::string::npos ? "" : name.substr(0, slash);
    struct Pair {
      std::string_view owner, platform;
    };
    for (const Pair pair : {Pair{"arm64v8", "arm64"}, Pair{"arm32v7", "arm/v7"}, Pair{"arm32v6", "arm/v6"},
                            Pair{"amd64", "amd64"}, Pair{"i386", "386"}, Pair{"ppc64le", "ppc64le"},
                            Pair{"s390x", "s390x"}, Pair{"riscv64", "riscv64"}}) {
      if (owner == pair.owner && !contains(lower(written), pair.platform) &&
          !(pair.platform == "arm64" && contains(written, "aarch64"))) {
        sink.report(k_base_platform, flag->span,
                    quoted(name) + " is an image for " + std::string(pair.platform));
      }
    }
  }
}

bool invalid_reference(std::string_view text) {
  if (text.empty() || text.front() == ':' || text.front() == '/' || text.back() == ':' ||
      text.back() == '/' || text.back() == '@' || text.front() == '-') {
    return true;
  }
  return contains(text, "//") || contains(text, ":@") || contains(text, "/:") ||
         text.find_first_of(" \t\"'") != std::string_view::npos;
}

void check_from(const Facts& facts, Sink& sink, const Step& step) {
  const Stage& stage = facts.stage_of(step);
  if (step.words.empty()) return;
  const Span span = step.instruction->words.front().span;
  for (const std::string& name : step.undefined) {
    sink.report(k_from_argument_undefined, span,
                "ARG " + quoted(name) + " is not declared before the first FROM");
  }
  check_platform(facts, sink, step);
  // BuildKit expands an ARG without a value to nothing.
  const df::LexOptions options{.escape = facts.document.escape};
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = facts.model.global_args.find(name);
    if (found != facts.model.global_args.end()) return found->second.value;
    return df::is_platform_arg(name) ? std::optional<std::string>("linux/amd64") : std::nullopt;
  };
  const bool uses_variable = contains(step.instruction->words.front().text, "$");
  if (uses_variable && step.undefined.empty()) {
    const df::Expansion expansion = df::expand(step.instruction->words.front().text, lookup, options);
    if (expansion.ok() && invalid_reference(expansion.text)) {
      sink.report(k_from_default_invalid, span,
                  "without --build-arg the reference becomes " + quoted(expansion.text));
    }
  }
  (void)stage;
}

void check_scratch(const Facts& facts, Sink& sink, const Stage& stage) {
  if (!stage.base.scratch) return;
  for (std::uint32_t i = stage.first_step; i < stage.last_step; ++i) {
    const Step& step = facts.model.steps[i];
    const Keyword keyword = step.instruction->keyword;
    if (keyword == Keyword::copy || keyword == Keyword::add) return;  // may bring a shell
    if (keyword != Keyword::run || step.onbuild) continue;
    const df::BuildScript* build = facts.model.script_of(step);
    if (build != nullptr && !build->exec) {
      sink.report(k_scratch_run, step.outer->keyword_span, "there is no shell in scratch to run this");
    }
    return;
  }
}

void run(const Facts& facts, Sink& sink) {
  const Model& model = facts.model;
  std::map<std::string, std::uint32_t> named;
  for (std::uint32_t s = 0; s < model.stages.size(); ++s) {
    if (!model.stages[s].name.empty()) named[lower(model.stages[s].name)] = s;
  }
  std::set<std::string> seen;
  for (const Stage& stage : model.stages) {
    check_uses(facts, sink, stage, named);
    check_scratch(facts, sink, stage);
    if (stage.from == nullptr) continue;
    if (!stage.name.empty()) {
      const std::string name = lower(stage.name);
      if (!seen.insert(name).second) {
        sink.report(k_duplicate_name, stage.name_span,
                    "stage name " + quoted(stage.name) + " was used before");
      }
      if (name == "scratch" || name == "context") {
        sink.report(k_reserved_name, stage.name_span, "stage name " + quoted(stage.name) + " is reserved");
      }
    }
    if (!stage.contributes && facts.options.targets.empty() && facts.is_leaf(stage)) {
      sink.report(k_unreachable, stage.from->span, "no later stage uses this one");
    }
    if (stage.base.is_image() && !stage.base.name.unknown) {
      const auto after = named.find(lower(stage.base.name.text));
      if (after != named.end() && after->second >= facts.index_of(stage)) {
        sink.report(k_circular, stage.from->words.front().span,
                    "stage " + quoted(stage.base.name.text) + " is defined below");
      }
    }
  }
  for (const Step& step : model.steps) {
    if (step.instruction->keyword == Keyword::from && !step.onbuild) check_from(facts, sink, step);
  }
}

constexpr const Check* k_checks[] = {&k_unknown_stage,
                                     &k_copy_from_itself,
                                     &k_duplicate_name,
                                     &k_reserved_name,
                                     &k_platform_constant,
                                     &k_platform_redundant,
                                     &k_from_argument_undefined,
                                     &k_from_default_invalid,
                                     &k_unreachable,
                                     &k_circular,
                                     &k_scratch_run,
                                     &k_empty_scratch,
                                     &k_base_platform};

}  // namespace

extern const CheckSet k_stages{k_checks, run};

}  // namespace sluice::checks::docker
