// Verification switched off by a configuration command.
#include <optional>

#include "checks/docker/check_row.h"
#include "checks/docker/removals.h"
#include "checks/docker/support.h"
#include "checks/docker/verification.h"

namespace sluice::checks::docker {
namespace {

using namespace verification;

constexpr std::string_view k_rpm_programs = "yum dnf dnf5 tdnf microdnf yum-config-manager";

void check_rpm_settings(Sink& sink, const RunCommand& run) {
  const auto& argv = run.command->argv;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string text = lower(argv[i].text);
    if (setting_off(text, "sslverify"))
      sink.report(k_yum_ssl, run, argv[i].span, "sslverify is switched off");
    if (setting_off(text, "gpgcheck")) sink.report(k_rpm_gpg, run, argv[i].span, "gpgcheck is switched off");
  }
}

void check_ssh(Sink& sink, const RunCommand& run) {
  if (!listed("ssh scp sftp rsync git ssh-copy-id autossh sshfs", run.name())) return;
  for (const sh::Word& word : run.command->argv) {
    if (host_key_off(word.text)) return void(sink.report(k_ssh, run, word.span, "host keys are not checked"));
  }
}

// `npm config set strict-ssl false` goes as a whole; of `git -c http.sslVerify=false clone` two words go.
std::optional<Edit> remove_setting(const Facts& facts, const RunCommand& run, std::size_t at) {
  const auto& argv = run.command->argv;
  if (argv.size() > 1 && argv[1].is("config")) return remove_command(facts, run);
  if (run.name() == "git" && at > 1 && argv[at - 1].is("-c")) {
    const Span both{argv[at - 1].span.begin, argv[at].span.end};
    if (contains(both.of(facts.source), "\n")) return std::nullopt;
    return remove_word(facts.source, both);
  }
  if (argv[at].text.starts_with("--") && contains(argv[at].text, "="))
    return remove_word(facts.source, argv[at].span);
  return std::nullopt;
}

void check_config(const Facts& facts, Sink& sink, const RunCommand& run) {
  const std::string_view name = run.name();
  const auto& argv = run.command->argv;
  if (listed(k_rpm_programs, name)) return check_rpm_settings(sink, run);
  constexpr std::string_view k_programs =
      "npm yarn pnpm git apt apt-get aptitude conda mamba composer bundle poetry zypper";
  if (!listed(k_programs, name) && !name.starts_with("pip")) return;
  std::size_t at = 0;
  const auto report = [&](const Check& check, std::string message) {
    RawFinding& finding = sink.report(check, run, run.command->span, std::move(message));
    if (&check != &k_npm_config && &check != &k_git_config) return;
    if (const auto edit = remove_setting(facts, run, at))
      finding.fix = fix_of("leave the setting out", FixTier::safe, {*edit});
  };
  // Pairs of words, and words "key=value".
  for (std::size_t i = 1; i < argv.size(); ++i) {
    at = i;
    const std::string text = lower(argv[i].text);
    const std::size_t equals = text.find('=');
    const std::string key = text.substr(0, equals);
    const std::string value = equals != std::string::npos ? text.substr(equals + 1)
                              : i + 1 < argv.size()       ? lower(argv[i + 1].text)
                                                          : "";
    if (listed("npm yarn pnpm", name) &&
        (key == "strict-ssl" || key == "--strict-ssl" || key == "enablestrictssl") && off(value)) {
      report(k_npm_config, "strict-ssl is switched off");
    } else if (name == "git" &&
               (key == "http.sslverify" || (key.starts_with("http.") && key.ends_with(".sslverify"))) &&
               off(value)) {
      report(k_git_config, "http.sslVerify is switched off");
    } else if (name.starts_with("pip") && key == "global.trusted-host") {
      report(k_pip, "global.trusted-host is set");
    } else if (listed("apt apt-get aptitude", name) &&
               (key.starts_with("acquire::allowinsecure") ||
                key.starts_with("acquire::allowdowngradetoinsecure") ||
                key == "apt::get::allowunauthenticated") &&
               truthy(value)) {
      report(k_apt, quoted(argv[i].text) + " allows unsigned packages");
    } else if (listed("apt apt-get aptitude", name) && contains(key, "verify-peer") && off(value)) {
      report(k_other_tls, "apt's TLS check is switched off");
    } else if (listed("conda mamba", name) && key == "ssl_verify" && off(value)) {
      report(k_other_tls, "conda's TLS check is switched off");
    } else if (name == "composer" && (key == "disable-tls" || key == "secure-http") &&
               (key == "disable-tls" ? truthy(value) : off(value))) {
      report(k_other_tls, "composer's TLS check is switched off");
    } else if (name == "bundle" && key == "ssl_verify_mode" && value == "0") {
      report(k_other_tls, "bundler's TLS check is switched off");
    } else if (name == "poetry" && key.starts_with("certificates.") && key.ends_with(".cert") && off(value)) {
      report(k_other_tls, "poetry's TLS check is switched off");
    } else if (name == "zypper" &&
               (text == "--no-gpgcheck" || text == "-g" || text == "--gpgcheck-allow-unsigned") &&
               argv[1].is("ar")) {
      report(k_rpm_gpg, "the repository's signature is not checked");
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const RunCommand& run : facts.commands()) {
    if (run.command->argv.empty()) continue;
    check_config(facts, sink, run);
    check_ssh(sink, run);
  }
}

constexpr const Check* k_checks[] = {&k_npm_config, &k_git_config, &k_yum_ssl, &k_ssh};

}  // namespace

extern const CheckSet k_verification{k_checks, run};

}  // namespace sluice::checks::docker
