// Verification switched off by a variable or by a written file.
#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "checks/docker/check_row.h"
#include "checks/docker/removals.h"
#include "checks/docker/support.h"
#include "checks/docker/verification.h"

namespace sluice::checks::docker {
namespace {

using namespace verification;

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
  const std::string upper_name = to_upper(name);
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
      out += to_lower(c);
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

void check_command(const Facts& facts, Sink& sink, const RunCommand& run) {
  for (const sh::Assignment& a : run.command->assignments)
    check_variable(sink, &run, a.name, a.value.text, a.span,
                   run.command->argv.empty() ? std::nullopt : remove_word(facts.source, a.span));
  if (run.command->argv.empty()) return;
  check_texts(sink, run);
  if (!listed("export declare typeset setx set", run.name())) return;
  for (const sh::Word& word : run.command->argv) {
    const std::size_t equals = word.text.find('=');
    if (equals != std::string::npos)
      check_variable(sink, &run, word.text.substr(0, equals), word.text.substr(equals + 1), word.span,
                     std::nullopt);
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const RunCommand& run : facts.commands()) check_command(facts, sink, run);
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

constexpr const Check* k_checks[] = {&k_pip_env, &k_python_env, &k_node_env,  &k_npm_env,
                                     &k_git_env, &k_apt_source, &k_apt_config};

}  // namespace

extern const CheckSet k_verification_written{k_checks, run};

}  // namespace sluice::checks::docker
