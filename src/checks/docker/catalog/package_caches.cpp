// Lists and caches that package managers leave in the layer, and lists refreshed in another layer than they
// are used in.
#include <algorithm>

#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr std::string_view k_why =
    "What one RUN leaves behind stays in its layer, whatever a later one removes.";
constexpr Check cache_check(std::string_view id, std::string_view title, std::string_view help,
                            std::string_view aliases) {
  return {.id = id,
          .title = title,
          .why = k_why,
          .help = help,
          .severity = Severity::info,
          .profile = Profile::all,
          .aliases = aliases,
          .fixable = true};
}
constexpr Check k_apt = cache_check("docker.apt-lists-kept", "apt lists are not removed",
                                    "End the RUN with rm -rf /var/lib/apt/lists/*.",
                                    "hadolint:DL3009 kics:apt_get_install_lists_were_not_deleted "
                                    "semgrep:remove-package-lists dockle:DKL-DI-0005");
constexpr Check k_yum =
    cache_check("docker.yum-cache-kept", "yum cache is not removed", "End the RUN with yum clean all.",
                "hadolint:DL3032 trivy:DS-0015 kics:yum_clean_all_missing semgrep:missing-yum-clean-all");
constexpr Check k_dnf =
    cache_check("docker.dnf-cache-kept", "dnf cache is not removed", "End the RUN with dnf clean all.",
                "hadolint:DL3040 trivy:DS-0019 kics:missing_dnf_clean_all semgrep:missing-dnf-clean-all");
constexpr Check k_microdnf =
    cache_check("docker.microdnf-cache-kept", "microdnf cache is not removed",
                "End the RUN with microdnf clean all.", "hadolint:DL3040 trivy:DS-0027");
constexpr Check k_zypper =
    cache_check("docker.zypper-cache-kept", "zypper cache is not removed", "End the RUN with zypper clean.",
                "hadolint:DL3036 trivy:DS-0020 kics:missing_zypper_clean semgrep:missing-zypper-clean");
constexpr Check k_yarn =
    cache_check("docker.yarn-cache-kept", "yarn cache is not removed",
                "End the RUN with yarn cache clean, or mount a cache.", "hadolint:DL3060");
constexpr Check k_update_alone{
    .id = "docker.update-without-install",
    .title = "Package lists are updated in a RUN of their own",
    .why = "The layer is cached: a later install takes the old lists, with old versions or none.",
    .help = "Update and install in one RUN.",
    .severity = Severity::low,
    .profile = Profile::all,
    .aliases = "trivy:DS-0017 checkov:CKV_DOCKER_5 kics:update_instruction_alone cis:4.7 dockle:CIS-DI-0007"};

const Check* cache_check_of(ManagerId id) {
  switch (id) {
    case ManagerId::apt:
      return &k_apt;
    case ManagerId::yum:
      return &k_yum;
    case ManagerId::dnf:
      return &k_dnf;
    case ManagerId::microdnf:
      return &k_microdnf;
    case ManagerId::zypper:
      return &k_zypper;
    case ManagerId::yarn:
      return &k_yarn;
    default:
      return nullptr;
  }
}

// The call leaves something in the cache.
bool fills_cache(const PackageCommand& call) {
  const bool installs =
      call.verb == Verb::install || call.verb == Verb::upgrade || call.verb == Verb::distribution_upgrade;
  switch (call.manager->id) {
    case ManagerId::apt:
      return call.verb == Verb::update;
    case ManagerId::yarn:
      return call.verb == Verb::install;
    case ManagerId::yum:
    case ManagerId::zypper:
      return call.verb == Verb::install;
    default:
      return installs;
  }
}

bool removes(const sh::Command& command, std::string_view path) {
  if (command.name() != "rm" && command.name() != "find") return false;
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const std::string& text = command.argv[i].text;
    if (text.starts_with("/") && (path_covers(text, path) || path_covers(path, text))) return true;
    if (const std::size_t brace = text.find('{');
        brace != std::string::npos) {  // rm -rf /var/lib/{apt,dpkg}/…
      const std::size_t close = text.find('}', brace);
      if (close == std::string::npos) continue;
      for (const std::string_view part :
           split(std::string_view(text).substr(brace + 1, close - brace - 1), ",")) {
        const std::string whole = text.substr(0, brace) + std::string(part) + text.substr(close + 1);
        if (path_covers(whole, path) || path_covers(path, whole)) return true;
      }
    }
  }
  return false;
}

bool cleans(const PackageCommand& filler, const PackageCommand& other) {
  if (other.verb != Verb::clean || other.manager->id != filler.manager->id) return false;
  const std::string_view verb = other.verb_word->text;
  switch (filler.manager->id) {
    case ManagerId::apt:
      return verb == "distclean" || verb == "dist-clean";
    case ManagerId::yum:
    case ManagerId::dnf:
    case ManagerId::microdnf: {
      for (const sh::Word* word : other.packages) {
        if (word->is("all") || word->is("packages")) return true;
      }
      return false;
    }
    case ManagerId::yarn: {
      for (const sh::Word* word : other.packages) {
        if (word->is("clean")) return true;
      }
      return false;
    }
    default:
      return true;
  }
}

// Something behind `call` in the same RUN removes the cache again.
bool cleaned(const Facts& facts, const PackageCommand& call) {
  bool behind = false;
  for (const RunCommand& run : facts.commands_of(*call.run.step)) {
    if (run.command == call.run.command) behind = true;
    if (!behind) continue;
    for (const std::string_view path : split(call.manager->cache_paths, " ")) {
      if (path.starts_with("/") && removes(*run.command, path)) return true;
    }
    if (call.manager->id == ManagerId::yarn && run.name() == "rm") {
      for (const sh::Word& word : run.command->argv) {
        if (contains(word.text, ".cache") || contains(word.text, "yarn")) return true;
      }
    }
  }
  for (const PackageCommand& other : facts.packages_of(*call.run.step)) {
    if (other.run.command > call.run.command && cleans(call, other)) return true;
  }
  return false;
}

std::string_view clean_command(ManagerId id) {
  switch (id) {
    case ManagerId::apt:
      return " && rm -rf /var/lib/apt/lists/*";
    case ManagerId::yum:
      return " && yum clean all";
    case ManagerId::dnf:
      return " && dnf clean all";
    case ManagerId::microdnf:
      return " && microdnf clean all";
    case ManagerId::zypper:
      return " && zypper clean --all";
    default:
      return " && yarn cache clean";
  }
}

// The end of the RUN's command line, if all of it is one chain of && and ;, so that another && can be added.
std::optional<std::uint32_t> chain_end(const RunCommand& run) {
  if (run.build->exec || run.build->heredoc || !run.script().problems.empty() ||
      run.script().scopes.size() != 1)
    return std::nullopt;
  const auto& commands = run.script().commands;
  for (const sh::Command& command : commands) {
    const bool chained = command.join == sh::Join::first || command.join == sh::Join::and_ ||
                         command.join == sh::Join::sequence;
    if (!chained || command.stage.count > 1) return std::nullopt;
    for (const sh::Redirect& redirect : command.redirects) {
      if (redirect.heredoc) return std::nullopt;
    }
  }
  if (commands.back().next != sh::Join::first) return std::nullopt;
  return commands.back().span.end;
}

// A later RUN installs with these lists, having fetched none itself: without them it would fail.
bool lists_are_used_later(const Facts& facts, const PackageCommand& call) {
  const Step* updated = nullptr;
  for (const PackageCommand& other : facts.packages()) {
    if (other.manager->id != ManagerId::apt || other.run.step->index <= call.run.step->index) continue;
    if (other.verb == Verb::update) updated = other.run.step;
    const bool uses = other.verb_word != nullptr &&
                      !listed("remove purge autoremove auto-remove autopurge", other.verb_word->text) &&
                      other.verb != Verb::update && other.verb != Verb::clean;
    if (!uses || updated == other.run.step) continue;
    const auto chain = facts.model.chain_of(facts.stage_of(*other.run.step));
    if (std::find(chain.begin(), chain.end(), &facts.stage_of(*call.run.step)) != chain.end()) return true;
  }
  // What a script that is run later needs is not known; what builds on this image neither.
  return false;
}

// Layers that nobody ships do not matter; triggers run in images that are not known here.
bool matters(const Facts& facts, const Step& step) {
  return step.onbuild || facts.reaches_image(step);
}

void check_cache(const Facts& facts, Sink& sink, const PackageCommand& call) {
  const Check* check = cache_check_of(call.manager->id);
  if (check == nullptr || !fills_cache(call) || !matters(facts, *call.run.step)) return;
  if (any_cache_mount(*call.run.step, call.manager->cache_paths) || cleaned(facts, call)) return;
  const Span span = call.verb_word != nullptr
                        ? Span{call.run.command->argv.front().span.begin, call.verb_word->span.end}
                        : call.run.command->span;
  RawFinding& finding =
      sink.report(*check, call.run, span, std::string(call.run.name()) + " leaves its files in the layer");
  if (const auto end = chain_end(call.run)) {
    const bool safe = call.manager->id != ManagerId::apt || !lists_are_used_later(facts, call);
    finding.fix = fix_of("remove them in the same RUN", safe ? FixTier::safe : FixTier::suggestion,
                         {insert_at(*end, std::string(clean_command(call.manager->id)))});
  }
}

void check_update(const Facts& facts, Sink& sink, const PackageCommand& call) {
  const ManagerId id = call.manager->id;
  if (call.verb != Verb::update || (id != ManagerId::apt && id != ManagerId::apk && id != ManagerId::zypper))
    return;
  for (const PackageCommand& other : facts.packages_of(*call.run.step)) {
    const bool uses = other.verb == Verb::install || other.verb == Verb::upgrade ||
                      other.verb == Verb::distribution_upgrade ||
                      (other.verb == Verb::other && other.verb_word != nullptr);
    if (other.manager->id == id && uses) return;
  }
  if (any_cache_mount(*call.run.step, call.manager->cache_paths)) return;
  sink.report(k_update_alone, call.run, call.run.command->span,
              "the lists are updated here and used in another layer");
}

void run(const Facts& facts, Sink& sink) {
  const Step* last = nullptr;
  ManagerId last_id = ManagerId::go;
  for (const PackageCommand& call : facts.packages()) {
    check_update(facts, sink, call);
    if (call.run.step == last && call.manager->id == last_id) continue;  // one finding a RUN and manager
    const std::size_t before = sink.size();
    check_cache(facts, sink, call);
    if (sink.size() > before) {
      last = call.run.step;
      last_id = call.manager->id;
    }
  }
}

constexpr const Check* k_checks[] = {&k_apt,    &k_yum,  &k_dnf,         &k_microdnf,
                                     &k_zypper, &k_yarn, &k_update_alone};

}  // namespace

extern const CheckSet k_package_caches{k_checks, run};

}  // namespace sluice::checks::docker
