// Verification switched off by a flag.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "checks/docker/check_row.h"
#include "checks/docker/removals.h"
#include "checks/docker/support.h"
#include "checks/docker/verification.h"

namespace sluice::checks::docker {
namespace {

using namespace verification;

struct FlagRow {
  std::string_view programs;
  std::string_view flags;  // whole words; a trailing "=" matches the start of the word
  const Check* check;
  bool removable;  // the word can be taken out by itself
};
constexpr FlagRow k_flags[] = {
    {"wget wget2", "--no-check-certificate", &k_wget, true},
    {"apt apt-get aptitude", "--allow-unauthenticated --allow-insecure-repositories --no-gpg-check", &k_apt,
     true},
    {"apt apt-get aptitude", "--force-yes", &k_apt_force, false},
    {"apk", "--allow-untrusted", &k_apk, true},
    {"yum dnf dnf5 tdnf microdnf yumdownloader", "--nogpgcheck --no-gpgchecks --nogpgchecks", &k_rpm_gpg,
     true},
    {"zypper", "--no-gpg-checks --allow-unsigned-rpm", &k_rpm_gpg, true},
    {"rpm", "--nosignature --nodigest --noverify --nogpg", &k_rpm, true},
    {"pip pip2 pip3", "--trusted-host --trusted-host=", &k_pip, false},
    {"aws", "--no-verify-ssl", &k_other_tls, true},
    {"gem", "--no-verify-ssl", &k_other_tls, true},
    {"helm kubectl oc", "--insecure-skip-tls-verify --insecure-skip-tls-verify=true", &k_other_tls, true},
    {"docker podman skopeo buildah crane",
     "--tls-verify=false --src-tls-verify=false --dest-tls-verify=false --insecure", &k_other_tls, true},
    {"svn", "--trust-server-cert", &k_other_tls, true},
    {"conda mamba", "--insecure", &k_other_tls, true},
    {"http https", "--verify=no --verify=false", &k_other_tls, true},
    {"invoke-webrequest iwr invoke-restmethod irm", "-skipcertificatecheck", &k_other_tls, true},
    {"mvn", "-Dmaven.wagon.http.ssl.insecure=true", &k_other_tls, true},
    {"pacman", "--nosignature", &k_other_signature, true},
    {"dpkg", "--force-bad-verify --no-debsig", &k_other_signature, true},
    {"go", "-insecure", &k_other_tls, true},
    {"choco", "--ignore-checksums --allow-empty-checksums", &k_other_signature, true},
    {"composer", "--no-secure-http", &k_other_tls, true},
};

struct ProgramFlags {
  const FlagRow* row = nullptr;
  std::vector<std::string_view> flags;
  [[nodiscard]] bool match(std::string_view word) const {
    return std::any_of(flags.begin(), flags.end(), [word](std::string_view flag) {
      return flag == word || (flag.ends_with("=") && word.starts_with(flag));
    });
  }
};

// The rows of each program: most commands have none.
const std::unordered_map<std::string_view, std::vector<ProgramFlags>>& rows_by_program() {
  static const std::unordered_map<std::string_view, std::vector<ProgramFlags>> table = [] {
    std::unordered_map<std::string_view, std::vector<ProgramFlags>> out;
    for (const FlagRow& row : k_flags) {
      for (const std::string_view program : split(row.programs, " "))
        out[program].push_back({&row, split(row.flags, " ")});
    }
    return out;
  }();
  return table;
}

// Where the command cannot work without the flag, taking it out is for a person to judge.
FixTier tier_of(const RunCommand& run, const FlagRow& row) {
  for (const sh::Word& word : run.command->argv) {
    const bool local_package =
        row.check == &k_apk && (word.text.ends_with(".apk") || contains(word.text, "/"));
    const bool plain_index = row.check == &k_pip && contains(word.text, "http://");
    if (local_package || plain_index) return FixTier::suggestion;
  }
  return FixTier::safe;
}

void check_flags(const Facts& facts, Sink& sink, const RunCommand& run) {
  const bool windows = !run.build->shell.is_posix();
  const std::string name = windows ? lower(run.name()) : std::string(run.name());
  const auto found =
      rows_by_program().find(name.starts_with("pip") ? std::string_view("pip") : std::string_view(name));
  if (found == rows_by_program().end()) return;
  for (const ProgramFlags& program : found->second) {
    const FlagRow& row = *program.row;
    for (const sh::Word& word : run.command->argv) {
      const bool powershell = row.flags.starts_with("-skip");
      if (!word.text.starts_with("-") || !program.match(powershell ? lower(word.text) : word.text)) continue;
      RawFinding& finding =
          sink.report(*row.check, run, word.span, quoted(word.text) + " switches a check off");
      if (row.removable && is_plain(facts.source, word)) {
        if (const auto edit = remove_word(facts.source, word.span)) {
          finding.fix = fix_of("leave " + word.text + " out", tier_of(run, row), {*edit});
        }
      }
      if (row.check == &k_pip) {
        const auto at = static_cast<std::size_t>(&word - run.command->argv.data());
        const bool joined = contains(word.text, "=");
        const bool pair = joined || at + 1 < run.command->argv.size();
        const Span span{word.span.begin,
                        joined || !pair ? word.span.end : run.command->argv[at + 1].span.end};
        const bool one_line = !contains(span.of(facts.source), "\n");
        if (const auto edit = remove_word(facts.source, span); edit && pair && one_line) {
          finding.fix = fix_of("leave --trusted-host out", tier_of(run, row), {*edit});
        }
      }
      if (row.check == &k_apt_force && is_plain(facts.source, word)) {
        finding.fix = fix_of("use --yes", FixTier::safe, {replace(word.span, "--yes")});
      }
    }
  }
}

// curl's -k hides in clusters: -sSLk, -fksSL.
void check_curl(const Facts& facts, Sink& sink, const RunCommand& run) {
  constexpr std::string_view valued = "oHduAexbcFTXwmEKrzDCUYyt";
  const auto& argv = run.command->argv;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view text = argv[i].text;
    if (text == "--insecure" || text == "--proxy-insecure" || text == "--doh-insecure") {
      RawFinding& finding =
          sink.report(k_curl, run, argv[i].span, quoted(text) + " switches the TLS check off");
      const auto edit = remove_word(facts.source, argv[i].span);
      if (edit && is_plain(facts.source, argv[i]))
        finding.fix = fix_of("leave it out", FixTier::safe, {*edit});
      continue;
    }
    if (text.size() < 2 || text[0] != '-' || text[1] == '-') continue;
    for (std::size_t k = 1; k < text.size(); ++k) {
      if (valued.find(text[k]) != std::string_view::npos) {
        if (k + 1 == text.size()) ++i;  // its value is the next word
        break;
      }
      if (text[k] != 'k') continue;
      RawFinding& finding = sink.report(k_curl, run, argv[i].span, "-k switches the TLS check off");
      if (!is_plain(facts.source, argv[i])) break;
      if (text.size() == 2) {
        if (const auto edit = remove_word(facts.source, argv[i].span))
          finding.fix = fix_of("leave -k out", FixTier::safe, {*edit});
      } else {
        const auto at = static_cast<std::uint32_t>(argv[i].span.begin + k);
        finding.fix = fix_of("leave k out", FixTier::safe, {replace({at, at + 1}, "")});
      }
      break;
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const RunCommand& run : facts.commands()) {
    if (run.command->argv.empty()) continue;
    check_flags(facts, sink, run);
    if (run.name() == "curl") check_curl(facts, sink, run);
  }
}

constexpr const Check* k_checks[] = {&k_curl,      &k_wget, &k_pip,     &k_other_tls, &k_apt,
                                     &k_apt_force, &k_apk,  &k_rpm_gpg, &k_rpm,       &k_other_signature};

}  // namespace

extern const CheckSet k_verification_flags{k_checks, run};

}  // namespace sluice::checks::docker
