// What is particular to one package manager.
#include <optional>

#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_recommends{
    .id = "docker.apt-recommends",
    .title = "apt-get install without --no-install-recommends",
    .why = "Recommended packages come along that nobody asked for: a larger image and more to attack.",
    .help = "Add --no-install-recommends.",
    .severity = Severity::low,
    .profile = Profile::all,
    .aliases =
        "hadolint:DL3015 trivy:DS-0029 kics:apt_get_not_avoiding_additional_packages "
        "semgrep:missing-no-install-recommends cis:4.3",
    .cwe = "CWE-1104",
    .fixable = true};
constexpr Check k_apt{
    .id = "docker.apt-instead-of-apt-get",
    .title = "apt instead of apt-get",
    .why = "apt is made for people: its output and options change between versions.",
    .help = "Use apt-get or apt-cache.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL3027 checkov:CKV_DOCKER_9 kics:run_using_apt semgrep:prefer-apt-get",
    .fixable = true};
constexpr Check k_apk_cache{.id = "docker.apk-cache-kept",
                            .title = "apk add without --no-cache",
                            .why = "The package index stays in the layer.",
                            .help = "Add --no-cache.",
                            .severity = Severity::info,
                            .profile = Profile::all,
                            .aliases =
                                "hadolint:DL3019 trivy:DS-0025 kics:apk_add_using_local_cache_path "
                                "semgrep:missing-apk-no-cache dockle:DKL-DI-0004",
                            .fixable = true};
constexpr Check k_pip_cache{
    .id = "docker.pip-cache-kept",
    .title = "pip install without --no-cache-dir",
    .why = "pip's download cache stays in the layer.",
    .help = "Add --no-cache-dir, or a cache mount at /root/.cache/pip.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL3042 kics:pip_install_keeping_cached_packages semgrep:missing-pip-no-cache-dir",
    .fixable = true};
constexpr Check k_npm_install{.id = "docker.npm-install-without-lock",
                              .title = "npm install where npm ci is possible",
                              .why =
                                  "npm install may change what the lock file says; npm ci installs exactly "
                                  "that, with its hashes, or fails.",
                              .help = "Copy package-lock.json and run npm ci.",
                              .severity = Severity::medium,
                              .confidence = Confidence::medium,
                              .profile = Profile::normal,
                              .cwe = "CWE-1357"};
constexpr Check k_extra_index{
    .id = "docker.extra-package-index",
    .title = "A second package index beside the public one",
    .why =
        "pip takes the highest version from any index: whoever registers the name of a private package on "
        "the public index "
        "gets their code installed (dependency confusion).",
    .help = "Use one --index-url that mirrors the public index, or pin with hashes.",
    .severity = Severity::high,
    .confidence = Confidence::medium,
    .profile = Profile::normal,
    .cwe = "CWE-427"};

bool without_recommends(const PackageCommand& call) {
  if (call.arguments.has("--no-install-recommends --without-recommends -R")) return true;
  for (const sh::Option& option : call.arguments.options) {
    if (!option.value) continue;
    const std::string value = lower(*option.value);
    if ((option.name == "-o" || option.name == "--option") && value.starts_with("apt::install-recommends=") &&
        !truthy(value.substr(24))) {
      return true;
    }
  }
  return false;
}

void check_apt(const Facts& facts, Sink& sink, const PackageCommand& call) {
  const sh::Word& program = call.run.command->argv.front();
  if (call.run.name() == "apt") {
    RawFinding& finding =
        sink.report(k_apt, call.run, program.span, "apt is made for people; use apt-get in scripts");
    constexpr std::string_view shared =
        "update upgrade install remove purge autoremove clean autoclean full-upgrade build-dep source";
    const bool same = call.verb_word != nullptr && listed(shared, call.verb_word->text);
    if (same && is_plain(facts.source, program) && program.text == "apt") {
      std::vector<Edit> edits{replace(program.span, "apt-get")};
      if (call.verb_word->is("full-upgrade") && is_plain(facts.source, *call.verb_word)) {
        edits.push_back(replace(call.verb_word->span, "dist-upgrade"));
      }
      finding.fix = fix_of("use apt-get", FixTier::safe, std::move(edits));
    }
  }
  if (call.verb == Verb::install && !call.packages.empty() && !without_recommends(call)) {
    RawFinding& finding =
        sink.report(k_recommends, call.run, call.verb_word->span, "recommended packages are installed too");
    if (is_plain(facts.source, *call.verb_word)) {
      finding.fix = fix_of("add --no-install-recommends", FixTier::safe,
                           {insert_at(call.verb_word->span.end, " --no-install-recommends")});
    }
  }
}

void check_apk(const Facts& facts, Sink& sink, const PackageCommand& call) {
  if (call.verb != Verb::install || call.arguments.has("--no-cache")) return;
  if (any_cache_mount(*call.run.step, call.manager->cache_paths)) return;
  RawFinding& finding = sink.report(k_apk_cache, call.run, call.verb_word->span,
                                    "apk add keeps the package index in the layer");
  if (is_plain(facts.source, *call.verb_word)) {
    finding.fix =
        fix_of("add --no-cache", FixTier::safe, {insert_at(call.verb_word->span.end, " --no-cache")});
  }
}

// The value of a variable as the command sees it: its own prefix, then exports before it, then ENV.
std::optional<std::string> seen_value(const Facts& facts, const RunCommand& run, std::string_view name) {
  for (const sh::Assignment& assignment : run.command->assignments) {
    if (assignment.name == name) return assignment.value.text;
  }
  std::optional<std::string> value;
  for (const RunCommand& other : facts.commands_of(*run.step)) {
    if (other.command == run.command) break;
    if (other.name() != "export") {
      if (!other.command->argv.empty()) continue;
      for (const sh::Assignment& a : other.command->assignments) {
        if (a.name == name) value = a.value.text;
      }
      continue;
    }
    for (const sh::Word& word : other.command->argv) {
      if (word.text.starts_with(name) && word.text.size() > name.size() && word.text[name.size()] == '=') {
        value = word.text.substr(name.size() + 1);
      }
    }
  }
  if (value) return value;
  const df::Definition* definition = facts.model.variable(*run.step, name);
  if (definition == nullptr) return std::nullopt;
  return definition->variable.value ? definition->variable.value : std::optional<std::string>("unknown");
}

void check_pip(const Facts& facts, Sink& sink, const PackageCommand& call) {
  if (call.verb != Verb::install) return;
  if (call.run.name() != "pipx" && !call.arguments.has("--no-cache-dir --no-cache")) {
    const auto setting = seen_value(facts, call.run, "PIP_NO_CACHE_DIR");
    const bool off = setting && truthy(*setting);
    if (!off && !any_cache_mount(*call.run.step, call.manager->cache_paths)) {
      RawFinding& finding =
          sink.report(k_pip_cache, call.run, call.verb_word->span, "pip install keeps its download cache");
      if (is_plain(facts.source, *call.verb_word)) {
        finding.fix = fix_of("add --no-cache-dir", FixTier::safe,
                             {insert_at(call.verb_word->span.end, " --no-cache-dir")});
      }
    }
  }
  if (const sh::Option* option = call.arguments.option("--extra-index-url");
      option != nullptr && option->word != nullptr) {
    const bool hashed = call.arguments.has("--require-hashes");
    if (!hashed)
      sink.report(k_extra_index, call.run, option->word->span,
                  "packages may come from either index, whichever has the higher version");
  }
}

void check_npm(Sink& sink, const PackageCommand& call) {
  if (call.manager->id != ManagerId::npm || call.verb != Verb::install || !call.packages.empty()) return;
  if (call.arguments.has("-g --global")) return;
  const std::string& verb = call.verb_word->text;
  if (verb == "install" || verb == "i" || verb == "add" || verb == "in" || verb == "ins") {
    sink.report(k_npm_install, call.run,
                {call.run.command->argv.front().span.begin, call.verb_word->span.end},
                "npm " + verb + " does not hold to the lock file; npm ci does");
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const PackageCommand& call : facts.packages()) {
    switch (call.manager->id) {
      case ManagerId::apt:
        check_apt(facts, sink, call);
        break;
      case ManagerId::apk:
        check_apk(facts, sink, call);
        break;
      case ManagerId::pip:
        check_pip(facts, sink, call);
        break;
      case ManagerId::npm:
        check_npm(sink, call);
        break;
      default:
        break;
    }
  }
}

constexpr const Check* k_checks[] = {&k_recommends, &k_apt,         &k_apk_cache,
                                     &k_pip_cache,  &k_npm_install, &k_extra_index};

}  // namespace

extern const CheckSet k_packages{k_checks, run};

}  // namespace sluice::checks::docker
