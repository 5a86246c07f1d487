// Verification switched off: TLS checks, package signatures, by flag, by configuration, by variable, by
// written file.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "checks/docker/check_row.h"
#include "checks/docker/removals.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr std::string_view k_tls_why =
    "Anybody on the way can then answer in the server's place and hand out other bytes.";
constexpr std::string_view k_signature_why =
    "The signature is what ties a package to its publisher; without it anybody on the way, or a mirror, can "
    "put code in.";
constexpr std::string_view k_tls_help =
    "Remove it; for a private authority, install its certificate in the image.";
constexpr std::string_view k_signature_help = "Remove it; import the repository's key instead.";

constexpr Check tls(std::string_view id, std::string_view title, std::string_view aliases,
                    bool fixable = false) {
  return {.id = id,
          .title = title,
          .why = k_tls_why,
          .help = k_tls_help,
          .severity = Severity::high,
          .profile = Profile::normal,
          .aliases = aliases,
          .cwe = "CWE-295",
          .fixable = fixable};
}
constexpr Check signature(std::string_view id, std::string_view title, std::string_view aliases,
                          bool fixable = false) {
  return {.id = id,
          .title = title,
          .why = k_signature_why,
          .help = k_signature_help,
          .severity = Severity::high,
          .profile = Profile::normal,
          .aliases = aliases,
          .cwe = "CWE-347",
          .fixable = fixable};
}

constexpr Check k_curl = tls("docker.curl-tls-off", "curl without TLS check", "checkov:CKV2_DOCKER_2", true);
constexpr Check k_wget = tls("docker.wget-tls-off", "wget without TLS check", "checkov:CKV2_DOCKER_3", true);
constexpr Check k_pip = tls("docker.pip-trusted-host", "pip --trusted-host", "checkov:CKV2_DOCKER_4", true);
constexpr Check k_pip_env =
    tls("docker.pip-trusted-host-variable", "PIP_TRUSTED_HOST is set", "checkov:CKV2_DOCKER_16", true);
constexpr Check k_python_env =
    tls("docker.python-tls-off", "PYTHONHTTPSVERIFY=0", "checkov:CKV2_DOCKER_5", true);
constexpr Check k_node_env =
    tls("docker.node-tls-off", "NODE_TLS_REJECT_UNAUTHORIZED=0", "checkov:CKV2_DOCKER_6", true);
constexpr Check k_npm_env =
    tls("docker.npm-tls-off-variable", "NPM_CONFIG_STRICT_SSL=false", "checkov:CKV2_DOCKER_12", true);
constexpr Check k_npm_config =
    tls("docker.npm-tls-off", "npm or yarn strict-ssl is off", "checkov:CKV2_DOCKER_13", true);
constexpr Check k_git_env =
    tls("docker.git-tls-off-variable", "GIT_SSL_NO_VERIFY is set", "checkov:CKV2_DOCKER_14", true);
constexpr Check k_git_config = tls("docker.git-tls-off", "git http.sslVerify is off", "", true);
constexpr Check k_yum_ssl = tls("docker.yum-tls-off", "yum or dnf sslverify=0", "checkov:CKV2_DOCKER_15");
constexpr Check k_other_tls = tls("docker.tls-off", "TLS checks are switched off", "", true);
constexpr Check k_ssh = {.id = "docker.ssh-host-key-unchecked",
                         .title = "SSH host keys are not checked",
                         .why = k_tls_why,
                         .help = "Write the host's key to known_hosts.",
                         .severity = Severity::medium,
                         .profile = Profile::normal,
                         .cwe = "CWE-322"};
constexpr Check k_apt = signature("docker.apt-unauthenticated", "apt installs unauthenticated packages",
                                  "checkov:CKV2_DOCKER_8", true);
constexpr Check k_apt_force =
    signature("docker.apt-force-yes", "apt --force-yes", "checkov:CKV2_DOCKER_11", true);
constexpr Check k_apt_source =
    signature("docker.apt-source-trusted", "An apt source is trusted without signature", "");
constexpr Check k_apt_config =
    signature("docker.apt-config-insecure", "apt is configured to take unsigned sources", "");
constexpr Check k_apk =
    signature("docker.apk-untrusted", "apk --allow-untrusted", "checkov:CKV2_DOCKER_7", true);
constexpr Check k_rpm_gpg = signature("docker.rpm-gpgcheck-off", "yum, dnf or zypper without signature check",
                                      "checkov:CKV2_DOCKER_9", true);
constexpr Check k_rpm =
    signature("docker.rpm-nosignature", "rpm --nosignature or --nodigest", "checkov:CKV2_DOCKER_10", true);
constexpr Check k_other_signature = signature(
    "docker.signature-check-off", "Package signature or checksum checks are switched off", "", true);

// --- flags
// ------------------------------------------------------------------------------------------------------------

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

// --- settings in text
// ----------------------------------------------------------------------------------------------------

bool off(std::string_view value) {
  return !value.empty() && !truthy(value);
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// "key=no" stands in `text` (lower case); `repo_gpgcheck=0` is not `gpgcheck=0`.
bool setting_off(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const std::size_t equals = at + key.size();
    if ((at > 0 && is_name_byte(text[at - 1])) || equals >= text.size() || text[equals] != '=') continue;
    std::string_view value = text.substr(equals + 1);
    while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
    const auto end = std::find_if_not(value.begin(), value.end(), is_name_byte);
    if (off(value.substr(0, static_cast<std::size_t>(end - value.begin())))) return true;
  }
  return false;
}

// "StrictHostKeyChecking no", "…=off", "…=accept-new" (takes whatever key comes first): ssh's options, its
// configuration file and the variables that hold its command line.
bool host_key_off(std::string_view text) {
  constexpr std::string_view key = "stricthostkeychecking";
  const std::string low = lower(text);
  for (std::size_t at = low.find(key); at != std::string::npos; at = low.find(key, at + 1)) {
    const std::size_t begin = low.find_first_not_of(" \t=\"'\\", at + key.size());
    if (begin == std::string::npos || begin == at + key.size()) continue;
    const std::string_view value = std::string_view(low).substr(begin);
    for (const std::string_view bad : {"no", "off", "false", "accept-new"}) {
      if (value.starts_with(bad) && (value.size() == bad.size() || !is_name_byte(value[bad.size()])))
        return true;
    }
  }
  return false;
}

// --- configuration by command
// -----------------------------------------------------------------------------------------

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

// --- variables
// --------------------------------------------------------------------------------------------------------

struct VariableRow {
  std::string_view name;
  const Check* check;
  bool when_on;  // switches off verification when truthy (or set); otherwise when falsy
};
constexpr VariableRow k_variables[] = {
    {"NODE_TLS_REJECT_UNAUTHORIZED", &k_node_env, false},
    {"PYTHONHTTPSVERIFY", &k_python_env, false},
    {"GIT_SSL_NO_VERIFY", &k_git_env, true},
    {"PIP_TRUSTED_HOST", &k_pip_env, true},
    {"NPM_CONFIG_STRICT_SSL", &k_npm_env, false},
    {"YARN_STRICT_SSL", &k_npm_env, false},
    {"YARN_ENABLE_STRICT_SSL", &k_npm_env, false},
    {"GOINSECURE", &k_other_tls, true},
    {"GONOSUMDB", &k_other_signature, true},
    {"GONOSUMCHECK", &k_other_signature, true},
    {"GOSUMDB", &k_other_signature, false},
    {"CURL_INSECURE", &k_other_tls, true},
    {"HTTPLIB_CA_CERTS_INSECURE", &k_other_tls, true},
    {"CONDA_SSL_VERIFY", &k_other_tls, false},
    {"COMPOSER_DISABLE_TLS", &k_other_tls, true},
    {"HOMEBREW_NO_VERIFY_ATTESTATIONS", &k_other_signature, true},
    {"COSIGN_INSECURE", &k_other_signature, true},
    {"DOCKER_TLS_VERIFY", &k_other_tls, false},
    {"VAULT_SKIP_VERIFY", &k_other_tls, true},
    {"TF_SKIP_VERIFY", &k_other_signature, true},
    {"REQUESTS_VERIFY", &k_other_tls, false},
    {"SSL_NO_VERIFY", &k_other_tls, true},
};

// `fix`: takes the variable out.
void check_variable(Sink& sink, const RunCommand* run, std::string_view name, std::string_view value,
                    Span span, const std::optional<Edit>& fix) {
  const std::string upper_name = [&] {
    std::string out(name);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return out;
  }();
  for (const VariableRow& row : k_variables) {
    if (row.name != upper_name) continue;
    const bool set_off = row.when_on ? truthy(value) : off(value);
    if (!set_off) continue;
    std::string message =
        std::string(name) + "=" + std::string(value.substr(0, 40)) + " switches a check off";
    RawFinding& finding = run != nullptr ? sink.report(*row.check, *run, span, std::move(message))
                                         : sink.report(*row.check, span, std::move(message));
    if (fix) finding.fix = fix_of("leave " + std::string(name) + " out", FixTier::safe, {*fix});
  }
  if (listed("GIT_SSH_COMMAND RSYNC_RSH CVS_RSH", upper_name) && host_key_off(value)) {
    if (run != nullptr)
      sink.report(k_ssh, *run, span, "host keys are not checked");
    else
      sink.report(k_ssh, span, "host keys are not checked");
  }
}

// --- written files
// ----------------------------------------------------------------------------------------------------

struct TextRow {
  std::string_view text;  // lower case, blanks removed
  const Check* check;
};
constexpr TextRow k_texts[] = {
    {"trusted=yes", &k_apt_source},
    {"trusted=true", &k_apt_source},
    {"allow-insecure=yes", &k_apt_source},
    {"acquire::allowinsecurerepositories\"true", &k_apt_config},
    {"acquire::allowinsecurerepositoriestrue", &k_apt_config},
    {"apt::get::allowunauthenticated\"true", &k_apt_config},
    {"apt::get::allowunauthenticatedtrue", &k_apt_config},
    {"apt::get::allowunauthenticated\"1", &k_apt_config},
    {"acquire::allowinsecurerepositories\"1", &k_apt_config},
    {"verify-peer\"false", &k_other_tls},
    {"verify-peerfalse", &k_other_tls},
    {"verify-host\"false", &k_other_tls},
    {"strict-ssl=false", &k_npm_config},
    {"strict-sslfalse", &k_npm_config},
    {"siglevel=never", &k_other_signature},
    {"ssl_verify:false", &k_other_tls},
    {":ssl_verify_mode:0", &k_other_tls},
    {"check_certificate=off", &k_wget},
    {"check-certificate=off", &k_wget},
    {"[trusted:yes", &k_apt_source},
    {"trusted:yes", &k_apt_source},
};

// Lower case without blanks and backslashes; the "\\n" of `echo -e` and `printf` is a line's end.
std::string squeeze(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 't')) {
      out += '\n';
      ++i;
    } else if (c != ' ' && c != '\t' && c != '\\') {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
  }
  return out;
}

void check_written(Sink& sink, const RunCommand* run, std::string_view text, Span span) {
  const std::string squeezed = squeeze(text);
  const auto report = [&](const Check& check, std::string_view what) {
    std::string message = "the text written switches a check off (" + std::string(what) + ")";
    if (run != nullptr)
      sink.report(check, *run, span, std::move(message));
    else
      sink.report(check, span, std::move(message));
  };
  for (const TextRow& row : k_texts) {
    if (contains(squeezed, row.text)) return report(*row.check, row.text.substr(0, row.text.find('"')));
  }
  if (setting_off(squeezed, "sslverify")) report(k_yum_ssl, "sslverify");
  if (setting_off(squeezed, "gpgcheck")) report(k_rpm_gpg, "gpgcheck");
  if (host_key_off(text)) report(k_ssh, "StrictHostKeyChecking");
  // .curlrc: a line "insecure" or "-k"
  for (const std::string_view line : split(squeezed, "\n")) {
    if (line == "insecure" && run != nullptr) {
      sink.report(k_curl, *run, span, "curl's configuration switches the TLS check off");
      return;
    }
  }
}

// What sed puts in: "s/gpgcheck=1/gpgcheck=0/" → "gpgcheck=0/". Other words as they are.
std::string_view replacement_of(std::string_view script) {
  if (script.size() < 4 || script[0] != 's' || is_name_byte(script[1]) || script[1] == ' ') return script;
  for (std::size_t i = 2; i < script.size(); ++i) {
    if (script[i] == '\\')
      ++i;
    else if (script[i] == script[1])
      return script.substr(i + 1);
  }
  return script;
}

void check_texts(Sink& sink, const RunCommand& run) {
  if (!listed("echo printf tee sed cat add-apt-repository", run.name())) return;
  std::string text;
  for (std::size_t i = 1; i < run.command->argv.size(); ++i) {
    const std::string& word = run.command->argv[i].text;
    text += (run.name() == "sed" ? std::string(replacement_of(word)) : word) + "\n";
  }
  for (const sh::Redirect& redirect : run.command->redirects) text += redirect.body_text;
  check_written(sink, &run, text, run.command->span);
}

void run(const Facts& facts, Sink& sink) {
  for (const RunCommand& run : facts.commands()) {
    for (const sh::Assignment& a : run.command->assignments)
      check_variable(sink, &run, a.name, a.value.text, a.span,
                     run.command->argv.empty() ? std::nullopt : remove_word(facts.source, a.span));
    if (run.command->argv.empty()) continue;
    check_flags(facts, sink, run);
    if (run.name() == "curl") check_curl(facts, sink, run);
    check_config(facts, sink, run);
    check_ssh(sink, run);
    check_texts(sink, run);
    if (listed("export declare typeset setx set", run.name())) {
      for (const sh::Word& word : run.command->argv) {
        const std::size_t equals = word.text.find('=');
        if (equals != std::string::npos)
          check_variable(sink, &run, word.text.substr(0, equals), word.text.substr(equals + 1), word.span,
                         std::nullopt);
      }
    }
  }
  for (const Step& step : facts.model.steps) {
    const Keyword keyword = step.instruction->keyword;
    if (keyword == Keyword::env || keyword == Keyword::arg) {
      for (std::size_t i = 0; i < step.keys.size(); ++i) {
        check_variable(sink, nullptr, step.keys[i].text, step.values[i].text, step.instruction->pairs[i].span,
                       remove_pair(facts, step, i));
      }
    } else if (keyword == Keyword::copy || keyword == Keyword::add) {
      for (const df::Heredoc& heredoc : step.instruction->heredocs)
        check_written(sink, nullptr, heredoc.content, heredoc.body);
    }
  }
}

constexpr const Check* k_checks[] = {
    &k_curl,       &k_wget,       &k_pip,        &k_pip_env, &k_python_env, &k_node_env, &k_npm_env,
    &k_npm_config, &k_git_env,    &k_git_config, &k_yum_ssl, &k_other_tls,  &k_ssh,      &k_apt,
    &k_apt_force,  &k_apt_source, &k_apt_config, &k_apk,     &k_rpm_gpg,    &k_rpm,      &k_other_signature};

}  // namespace

extern const CheckSet k_verification{k_checks, run};

}  // namespace sluice::checks::docker
