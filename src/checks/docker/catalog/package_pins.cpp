// Packages without a version. The rows of the table are the checks.
#include "checks/docker/check_row.h"
#include "checks/docker/pins.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

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

void run(const Facts& facts, Sink& sink) {
  for (const PackageCommand& call : facts.packages()) check_pins(sink, call);
}

constexpr const Check* k_checks[] = {&k_pins[0].check, &k_pins[1].check, &k_pins[2].check, &k_pins[3].check,
                                     &k_pins[4].check, &k_pins[5].check, &k_pins[6].check, &k_pins[7].check,
                                     &k_pins[8].check, &k_pip_open};

}  // namespace

extern const CheckSet k_package_pins{k_checks, run};

}  // namespace sluice::checks::docker
