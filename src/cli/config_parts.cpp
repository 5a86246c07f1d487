// The sections `source`, `identity`, `registry` and `runtime`.
#include "cli/config_parts.h"

#include <algorithm>

#include "remote/reference.h"
#include "sandbox/observe/findings.h"

namespace sluice::cli {
namespace {

using decode::Document;
using decode::Mapping;

Status check_runtime_rule(const Document& document, const yaml::Node& node, const std::string& rule) {
  std::vector<std::string> known;
  for (const RuleInfo& info : sandbox::runtime_rules()) known.push_back(info.id);
  if (std::find(known.begin(), known.end(), rule) != known.end()) return {};
  const std::string nearest = decode::nearest(rule, known);
  return fail(document.error(
      node, "config.unknown-rule", "no runtime rule is named \"" + rule + "\"",
      nearest.empty() ? "docs/runtime-rules.md lists them" : "the nearest is \"" + nearest + "\""));
}

Result<RuntimeSuppression> decode_suppression(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "suppress");
  RuntimeSuppression out;
  out.rule = SLUICE_TRY(mapping.required_string("rule"));
  out.fingerprint = SLUICE_TRY(mapping.optional_string("fingerprint")).value_or("");
  out.reason = SLUICE_TRY(mapping.required_string("reason"));
  SLUICE_CHECK(mapping.finish());
  SLUICE_CHECK(check_runtime_rule(document, node, out.rule));
  if (out.reason.find_first_not_of(" \t") == std::string::npos)
    return fail(document.error(node, "config.range", "a suppression needs a reason"));
  return out;
}

}  // namespace

Result<SourceConfig> decode_source_config(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "source");
  SourceConfig out;
  out.allowed_signers = SLUICE_TRY(mapping.optional_string("allowed_signers")).value_or("");
  out.x509_roots = SLUICE_TRY(mapping.optional_strings("x509_roots"));
  out.openpgp_keys = SLUICE_TRY(mapping.optional_string("openpgp_keys")).value_or("");
  out.promoted = SLUICE_TRY(mapping.optional_string("promoted")).value_or("");
  SLUICE_CHECK(mapping.finish());
  return out;
}

Result<IdentityConfig> decode_identity(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "identity");
  IdentityConfig out;
  out.issuer = SLUICE_TRY(mapping.required_string("issuer"));
  out.audience = SLUICE_TRY(mapping.required_string("audience"));
  out.token_env = SLUICE_TRY(mapping.optional_string("token_env")).value_or("");
  out.token_file = SLUICE_TRY(mapping.optional_string("token_file")).value_or("");
  out.github = SLUICE_TRY(mapping.optional_choice("request", {"none", "github"}, 0)) == 1;
  out.jwks = SLUICE_TRY(mapping.optional_string("jwks")).value_or("");
  out.ca_file = SLUICE_TRY(mapping.optional_string("ca_file")).value_or("");
  SLUICE_CHECK(mapping.finish());
  const int sources =
      (out.token_env.empty() ? 0 : 1) + (out.token_file.empty() ? 0 : 1) + (out.github ? 1 : 0);
  if (sources != 1) {
    return fail(document.error(node, "config.range", "identity needs exactly one place of its token",
                               "name `token_env`, `token_file` or `request: github`"));
  }
  if (!out.issuer.starts_with("https://") || out.audience.empty()) {
    return fail(document.error(node, "config.range",
                               "identity needs an issuer (https://…) and an audience that is not empty"));
  }
  return out;
}

Result<RegistryConfig> decode_registry(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "registry");
  RegistryConfig out;
  out.repository = SLUICE_TRY(mapping.required_string("repository"));
  out.pull = SLUICE_TRY(mapping.optional_bool("pull", true));
  out.push = SLUICE_TRY(mapping.optional_bool("push", true));
  out.plain_http = SLUICE_TRY(mapping.optional_bool("plain_http", false));
  out.ca_file = SLUICE_TRY(mapping.optional_string("ca_file")).value_or("");
  SLUICE_CHECK(mapping.finish());
  const auto reference = remote::parse_reference(out.repository);
  if (!reference || reference->digest || !reference->tag.empty()) {
    return fail(document.error(node, "config.range", "\"" + out.repository + "\" is no repository",
                               "write registry/repository, without tag and digest"));
  }
  return out;
}

Result<RuntimeConfig> decode_runtime(const Document& document, const yaml::Node& node) {
  Mapping mapping(document, node, "runtime");
  RuntimeConfig out;
  if (const yaml::Node* severity = mapping.get("severity")) {
    out.severity = SLUICE_TRY(decode_severities(document, *severity));
    for (const auto& [rule, value] : out.severity)
      SLUICE_CHECK(check_runtime_rule(document, *severity, rule));
  }
  if (const yaml::Node* list = mapping.get("suppress")) {
    if (list->kind != yaml::Kind::sequence)
      return fail(document.error(*list, "config.type", "`suppress` must be a list"));
    for (const yaml::Node& item : list->items)
      out.suppress.push_back(SLUICE_TRY(decode_suppression(document, item)));
  }
  SLUICE_CHECK(mapping.finish());
  return out;
}

}  // namespace sluice::cli
