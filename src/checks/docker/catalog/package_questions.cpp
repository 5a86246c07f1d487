// Package managers that ask, and upgrades. The rows of the tables are the checks.
#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

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

void run(const Facts& facts, Sink& sink) {
  for (const PackageCommand& call : facts.packages()) {
    check_questions(facts, sink, call);
    check_upgrade(sink, call);
  }
}

constexpr const Check* k_checks[] = {
    &k_yes[0].check, &k_yes[1].check, &k_yes[2].check, &k_yes[3].check,  &k_apt_upgrade,
    &k_apk_upgrade,  &k_dnf_update,   &k_yum_update,   &k_zypper_update, &k_zypper_dist_upgrade};

}  // namespace

extern const CheckSet k_package_questions{k_checks, run};

}  // namespace sluice::checks::docker
