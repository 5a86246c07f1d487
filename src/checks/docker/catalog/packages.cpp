// Package managers: versions, questions, caches. The rows of the tables below are the checks.
#include <array>

#include "checks/docker/check_row.h"
#include "checks/docker/pins.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

// --- unpinned
// ---------------------------------------------------------------------------------------------------------

constexpr std::string_view k_pin_why =
    "The same Dockerfile then installs another version tomorrow, one that nobody has looked at.";

struct PinRow {
  ManagerId manager;
  Check check;
};
constexpr Check pin_check(std::string_view id, std::string_view title, Severity severity, Profile profile,
                          std::string_view help, std::string_view aliases) {
  return {.id = id,
          .title = title,
          .why = k_pin_why,
          .help = help,
          .severity = severity,
          .confidence = Confidence::high,
          .profile = profile,
          .aliases = aliases,
          .cwe = "CWE-1357"};
}
constexpr PinRow k_pins[] = {
    {ManagerId::apt, pin_check("docker.apt-unpinned", "apt package without version", Severity::low,
                               Profile::all, "Write name=version, or pin the whole archive by a snapshot.",
                               "hadolint:DL3008 kics:apt_get_install_pin_version_not_defined")},
    {ManagerId::apk, pin_check("docker.apk-unpinned", "apk package without version", Severity::low,
                               Profile::all, "Write name=version or name~version.",
                               "hadolint:DL3018 kics:unpinned_package_version_in_apk_add")},
    {ManagerId::yum,
     pin_check("docker.yum-unpinned", "yum package without version", Severity::low, Profile::all,
               "Write name-version.", "hadolint:DL3033 kics:yum_install_without_version")},
    {ManagerId::dnf,
     pin_check("docker.dnf-unpinned", "dnf package without version", Severity::low, Profile::all,
               "Write name-version.", "hadolint:DL3041 kics:missing_version_specification_in_dnf_install")},
    {ManagerId::zypper,
     pin_check("docker.zypper-unpinned", "zypper package without version", Severity::low, Profile::all,
               "Write name=version.", "hadolint:DL3037 kics:missing_zypper_version")},
    {ManagerId::pip,
     pin_check("docker.pip-unpinned", "pip package without version", Severity::medium, Profile::normal,
               "Write name==version, or install from a requirements file with hashes (--require-hashes).",
               "hadolint:DL3013 kics:unpinned_package_version_in_pip_install")},
    {ManagerId::npm, pin_check("docker.npm-unpinned", "npm package without version", Severity::medium,
                               Profile::normal, "Write name@version, or use npm ci with a lock file.",
                               "hadolint:DL3016 kics:npm_install_without_pinned_version")},
    {ManagerId::gem, pin_check("docker.gem-unpinned", "gem without version", Severity::low, Profile::all,
                               "Write name:version.", "hadolint:DL3028 kics:gem_install_without_version")},
    {ManagerId::go, pin_check("docker.go-unpinned", "go install, get or run without @version",
                              Severity::medium, Profile::normal, "Write module@v1.2.3.", "hadolint:DL3062")},
};

constexpr Check k_pip_open{.id = "docker.pip-open-version",
                           .title = "pip package with a bound instead of a version",
                           .why = k_pin_why,
                           .help = "Write name==version, or install from a requirements file with hashes.",
                           .severity = Severity::low,
                           .profile = Profile::all,
                           .cwe = "CWE-1357"};

const Check* pin_check_of(ManagerId id) {
  if (id == ManagerId::microdnf) id = ManagerId::dnf;
  for (const PinRow& row : k_pins) {
    if (row.manager == id) return &row.check;
  }
  return nullptr;
}

void check_pins(Sink& sink, const PackageCommand& call) {
  const Check* check = pin_check_of(call.manager->id);
  if (check == nullptr || call.verb != Verb::install) return;
  if (call.manager->id == ManagerId::pip &&
      call.arguments.has("-r --requirement -c --constraint --require-hashes"))
    return;
  std::vector<const sh::Word*> unpinned;
  for (const sh::Word* package : call.packages) {
    const Pin pin = pin_of(call, *package);
    if (pin == Pin::unpinned) unpinned.push_back(package);
    if (pin == Pin::open)
      sink.report(k_pip_open, call.run, package->span,
                  quoted(package->text) + " takes whatever version is newest");
    if (call.manager->id == ManagerId::go && call.verb_word != nullptr && call.verb_word->is("run"))
      break;  // its arguments
  }
  if (call.manager->id == ManagerId::pip) {
    for (const sh::Option& option : call.arguments.options) {
      if (option.name != "-e" && option.name != "--editable") continue;
      sh::Word word;
      word.text = option.value.value_or("");
      word.unknown = contains(word.text, "$");
      if (word.text.starts_with("git+") && pin_of(call, word) == Pin::unpinned && option.word != nullptr) {
        sink.report(*check, call.run, option.word->span, "package " + quoted(word.text) + " has no version");
      }
    }
  }
  if (unpinned.empty()) return;
  std::string names;
  constexpr std::size_t k_shown = 5;
  for (std::size_t i = 0; i < unpinned.size() && i < k_shown; ++i)
    names += (i == 0 ? "" : ", ") + quoted(unpinned[i]->text);
  if (unpinned.size() > k_shown) names += " and " + std::to_string(unpinned.size() - k_shown) + " more";
  const Span span{unpinned.front()->span.begin, unpinned.back()->span.end};
  sink.report(*check, call.run, span.begin <= span.end ? span : unpinned.front()->span,
              std::string(unpinned.size() == 1 ? "package " : "packages ") + names +
                  (unpinned.size() == 1 ? " has no version" : " have no version"));
}

// --- questions
// --------------------------------------------------------------------------------------------------------

struct YesRow {
  ManagerId manager;
  Check check;
};
constexpr Check yes_check(std::string_view id, std::string_view title, std::string_view help,
                          std::string_view aliases) {
  return {.id = id,
          .title = title,
          .why = "The command waits for an answer that nobody gives, and the build fails.",
          .help = help,
          .severity = Severity::info,
          .profile = Profile::all,
          .aliases = aliases,
          .fixable = true};
}
constexpr YesRow k_yes[] = {
    {ManagerId::apt,
     yes_check("docker.apt-without-yes", "apt-get install without -y", "Add -y.",
               "hadolint:DL3014 trivy:DS-0021 kics:apt_get_missing_flags_to_avoid_manual_input "
               "semgrep:missing-assume-yes-switch")},
    {ManagerId::yum,
     yes_check("docker.yum-without-yes", "yum install without -y", "Add -y.",
               "hadolint:DL3030 kics:yum_install_allows_manual_input semgrep:missing-yum-assume-yes-switch")},
    {ManagerId::dnf,
     yes_check("docker.dnf-without-yes", "dnf install without -y", "Add -y.",
               "hadolint:DL3038 kics:missing_flag_from_dnf_install semgrep:missing-dnf-assume-yes-switch")},
    {ManagerId::zypper, yes_check("docker.zypper-interactive", "zypper without --non-interactive",
                                  "Add --non-interactive or -y.",
                                  "hadolint:DL3034 kics:zypper_install_without_non_interactive "
                                  "semgrep:missing-zypper-no-confirm-switch")},
};

bool answers(const PackageCommand& call) {
  if (call.arguments.has(call.manager->yes)) return true;
  if (call.manager->id != ManagerId::apt) return false;
  std::size_t quiet = 0;
  for (const sh::Option& option : call.arguments.options) {
    if (option.name == "-q" || option.name == "--quiet")
      quiet += option.value == "2" || option.value == "=2" ? 2U : 1U;
    if (option.name == "-o" && option.value && lower(*option.value).starts_with("apt::get::assume-yes=") &&
        truthy(option.value->substr(21))) {
      return true;
    }
  }
  if (quiet >= 2) return true;
  // `-q=2`: getopt's clusters read it as the options -q, -= and -2.
  for (const sh::Word& word : call.run.command->argv) {
    if (word.is("-q=2") || word.is("--force-yes")) return true;
  }
  return false;
}

void check_questions(const Facts& facts, Sink& sink, const PackageCommand& call) {
  const ManagerId id = call.manager->id == ManagerId::microdnf ? ManagerId::dnf : call.manager->id;
  const bool asks =
      call.verb == Verb::install ||
      (id == ManagerId::zypper && call.verb_word != nullptr &&
       listed("remove rm source-install si install-new-recommends inr verify ve", call.verb_word->text)) ||
      (id == ManagerId::zypper && (call.verb == Verb::upgrade || call.verb == Verb::distribution_upgrade));
  if (!asks || call.verb_word == nullptr || answers(call)) return;
  // `yes | apt-get install`
  for (const sh::Command* other : call.run.script().upstream(*call.run.command)) {
    if (other->name() == "yes") return;
  }
  for (const YesRow& row : k_yes) {
    if (row.manager != id) continue;
    RawFinding& finding =
        sink.report(row.check, call.run, call.verb_word->span,
                    std::string(call.run.name()) + " " + call.verb_word->text + " asks before it installs");
    if (is_plain(facts.source, *call.verb_word)) {
      finding.fix = fix_of("add -y", FixTier::safe, {insert_at(call.verb_word->span.end, " -y")});
    }
  }
}

// --- upgrades
// ---------------------------------------------------------------------------------------------------------

constexpr std::string_view k_upgrade_why =
    "What comes out depends on the day; the way to newer packages is a newer base image, which everyone then "
    "shares.";
constexpr Check upgrade_check(std::string_view id, std::string_view title, std::string_view aliases) {
  return {.id = id,
          .title = title,
          .why = k_upgrade_why,
          .help = "Move to a newer base image.",
          .severity = Severity::info,
          .profile = Profile::all,
          .aliases = aliases};
}
constexpr Check k_apt_upgrade =
    upgrade_check("docker.apt-upgrade", "apt-get upgrade or dist-upgrade",
                  "trivy:DS-0024 kics:apt_get_dist_upgrade semgrep:avoid-apt-get-upgrade dockle:DKL-DI-0003");
constexpr Check k_apk_upgrade =
    upgrade_check("docker.apk-upgrade", "apk upgrade", "kics:apk_upgrade semgrep:avoid-apk-upgrade");
constexpr Check k_dnf_update =
    upgrade_check("docker.dnf-update", "dnf update", "kics:dnf_update semgrep:avoid-dnf-update");
constexpr Check k_yum_update =
    upgrade_check("docker.yum-update", "yum update", "kics:yum_update_enabled semgrep:avoid-yum-update");
constexpr Check k_zypper_update =
    upgrade_check("docker.zypper-update", "zypper update", "kics:zypper_update semgrep:avoid-zypper-update");
constexpr Check k_zypper_dist_upgrade = upgrade_check("docker.zypper-dist-upgrade", "zypper dist-upgrade",
                                                      "hadolint:DL3035 kics:run_using_zypper_dup");

const Check* upgrade_check_of(const PackageCommand& call) {
  const bool distribution = call.verb == Verb::distribution_upgrade;
  if (call.verb != Verb::upgrade && !distribution) return nullptr;
  switch (call.manager->id) {
    case ManagerId::apt:
      return &k_apt_upgrade;
    case ManagerId::apk:
      return &k_apk_upgrade;
    case ManagerId::dnf:
    case ManagerId::microdnf:
      return &k_dnf_update;
    case ManagerId::yum:
      return &k_yum_update;
    case ManagerId::zypper:
      return distribution ? &k_zypper_dist_upgrade : &k_zypper_update;
    default:
      return nullptr;
  }
}

void check_upgrade(Sink& sink, const PackageCommand& call) {
  const Check* check = upgrade_check_of(call);
  if (check == nullptr) return;
  // `yum update openssl` names what it updates.
  if (!call.packages.empty() && call.verb == Verb::upgrade) return;
  sink.report(
      *check, call.run, call.verb_word->span,
      std::string(call.run.name()) + " " + call.verb_word->text + " changes packages of the base image");
}

// --- single-purpose ones
// ----------------------------------------------------------------------------------------------

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
    check_pins(sink, call);
    check_questions(facts, sink, call);
    check_upgrade(sink, call);
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

constexpr const Check* k_checks[] = {
    &k_pins[0].check, &k_pins[1].check, &k_pins[2].check, &k_pins[3].check,       &k_pins[4].check,
    &k_pins[5].check, &k_pins[6].check, &k_pins[7].check, &k_pins[8].check,       &k_yes[0].check,
    &k_yes[1].check,  &k_yes[2].check,  &k_yes[3].check,  &k_apt_upgrade,         &k_apk_upgrade,
    &k_dnf_update,    &k_yum_update,    &k_zypper_update, &k_zypper_dist_upgrade, &k_recommends,
    &k_apt,           &k_apk_cache,     &k_pip_cache,     &k_npm_install,         &k_extra_index,
    &k_pip_open};

}  // namespace

extern const CheckSet k_packages{k_checks, run};

}  // namespace sluice::checks::docker
