// sluice verify bundle: Sigstore bundles over artifacts, offline: signed by this key, or by this identity
// under this trusted root. One bundle, or a list of them in one go.
#include <optional>

#include "attest/claims.h"
#include "attest/trusted_root.h"
#include "attest/verify_bundle.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using report::escape_line;

constexpr std::uint64_t k_max_list_bytes = 16u << 20;

// What stands for all bundles of a run; it owns what BundleOptions only refers to.
struct Demands {
  std::optional<attest::TrustedRoot> root;
  attest::BundleOptions options;
};

Result<Demands> demands_of(const Arguments& arguments) {
  Demands out;
  if (arguments.has("trusted-root")) {
    const Bytes text =
        SLUICE_TRY(read_file(arguments.value("trusted-root"), attest::k_max_trusted_root_bytes));
    out.root = SLUICE_TRY(attest::parse_trusted_root(text));
  }
  if (arguments.has("key")) out.options.key_pem = SLUICE_TRY(read_file(arguments.value("key"), 64U << 10U));
  out.options.certificate_identity = arguments.value("certificate-identity");
  out.options.certificate_issuer = arguments.value("certificate-oidc-issuer");
  out.options.predicate_types = arguments.values("type");
  for (const std::string& text : arguments.values("certificate-claim")) {
    const std::size_t sign = text.find('=');
    if (sign == std::string::npos)
      return fail(ErrorKind::usage, "cli.usage", "a claim is NAME=VALUE, not \"" + text + "\"");
    if (!out.options.certificate_claims.emplace(text.substr(0, sign), text.substr(sign + 1)).second)
      return fail(ErrorKind::usage, "cli.usage", "the claim " + text.substr(0, sign) + " is demanded twice");
  }
  return out;
}

Result<attest::VerifiedBundle> verify_one(const Demands& demands, const std::string& bundle_path,
                                          const std::string& artifact_name) {
  const Bytes text = SLUICE_TRY(read_file(bundle_path, attest::k_max_bundle_bytes));
  attest::BundleOptions options = demands.options;
  Bytes artifact;
  if (artifact_name.starts_with("sha256:")) {
    options.artifact_digest = SLUICE_TRY(Digest::parse_oci(artifact_name));
  } else {
    artifact = SLUICE_TRY(read_file(artifact_name));
    options.artifact = artifact;
  }
  const attest::Bundle bundle = SLUICE_TRY(attest::parse_bundle(text));
  return attest::verify_bundle(bundle, demands.root ? &*demands.root : nullptr, options);
}

json::Object facts_of(const attest::VerifiedBundle& verified) {
  json::Object out;
  const auto set = [&](std::string name, const std::string& value) {
    if (!value.empty()) out.set(std::move(name), value);
  };
  set("keyId", verified.key_id);
  set("identity", verified.identity);
  set("issuer", verified.issuer);
  json::Object claims;
  for (const auto& [name, value] : verified.claims) claims.set(name, value);
  if (!claims.empty()) out.set("claims", std::move(claims));
  json::Array times;
  for (const attest::Moment time : verified.times) times.emplace_back(attest::format_moment(time));
  out.set("verifiedTimes", std::move(times));
  if (!verified.statement) return out;
  out.set("predicateType", verified.statement->predicate_type);
  if (const auto unknown = attest::unknown_parameters(verified.statement->predicate)) {
    json::Array names;
    for (const std::string& name : *unknown) names.emplace_back(name);
    out.set("unknownExternalParameters", std::move(names));
  }
  json::Array conflicts;
  for (const attest::ClaimConflict& conflict : attest::claim_conflicts(verified)) {
    conflicts.emplace_back(json::Object{
        {"claim", conflict.claim}, {"certificate", conflict.certificate}, {"document", conflict.document}});
  }
  out.set("claimConflicts", std::move(conflicts));
  return out;
}

std::string describe(const attest::VerifiedBundle& verified) {
  std::string out = "verified\n";
  const auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out += "  " + std::string(name) + "  " + escape_line(value) + "\n";
  };
  line("key     ", verified.key_id);
  line("identity", verified.identity);
  line("issuer  ", verified.issuer);
  for (const auto& [name, value] : verified.claims) line("claim   ", name + " = " + value);
  for (const attest::Moment time : verified.times) line("signed  ", attest::format_moment(time));
  if (verified.statement) line("type    ", verified.statement->predicate_type);
  if (verified.statement) {
    for (const std::string& name :
         attest::unknown_parameters(verified.statement->predicate).value_or(std::vector<std::string>{})) {
      line("unknown ", "external parameter " + name);
    }
  }
  for (const attest::ClaimConflict& conflict : attest::claim_conflicts(verified)) {
    line("conflict", conflict.claim + ": the certificate says " + conflict.certificate + ", the document " +
                         conflict.document);
  }
  return out;
}

// Lines of "BUNDLE<TAB>ARTIFACT". Every line is verified; one that fails fails the run, with its own reason.
Result<int> run_list(const Arguments& arguments, const Demands& demands) {
  const std::string path = arguments.value("from-list");
  const Bytes text = SLUICE_TRY(read_file(path, k_max_list_bytes));
  std::string_view rest = text;
  std::size_t good = 0;
  std::size_t all = 0;
  std::string out;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty()) continue;
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos)
      return fail(ErrorKind::invalid, "cli.list", path + ": a line is no BUNDLE<TAB>ARTIFACT");
    const std::string bundle(line.substr(0, tab));
    const auto verified = verify_one(demands, bundle, std::string(line.substr(tab + 1)));
    ++all;
    good += verified ? 1U : 0U;
    out += verified ? "verified  " + escape_line(bundle) + "\n"
                    : "REFUSED   " + escape_line(bundle) + ": " + escape_line(verified.error().message) +
                          " [" + verified.error().code + "]\n";
  }
  if (all == 0) return fail(ErrorKind::invalid, "cli.list", path + " lists nothing");
  SLUICE_CHECK(print(out + std::to_string(good) + " of " + std::to_string(all) + " verified\n"));
  return good == all ? k_exit_ok : k_exit_failed;
}

Result<int> run(const Arguments& arguments, Context&) {
  const Demands demands = SLUICE_TRY(demands_of(arguments));
  if (arguments.has("from-list")) {
    if (arguments.has("bundle") || arguments.has("ARTIFACT"))
      return fail(ErrorKind::usage, "cli.usage", "a list names its bundles and artifacts itself");
    return run_list(arguments, demands);
  }
  if (!arguments.has("bundle") || !arguments.has("ARTIFACT"))
    return fail(ErrorKind::usage, "cli.usage",
                "name the bundle by --bundle and the artifact, or --from-list FILE");
  const attest::VerifiedBundle verified =
      SLUICE_TRY(verify_one(demands, arguments.value("bundle"), arguments.value("ARTIFACT")));
  std::string out = describe(verified);
  if (arguments.value("format") == "json") out = json::write(facts_of(verified)) + "\n";
  if (arguments.has("payload")) out = verified.payload + "\n";
  SLUICE_CHECK(print(out));
  return k_exit_ok;
}

}  // namespace

Command verify_bundle_command() {
  return {
      "verify bundle",
      "Verify Sigstore bundles over artifacts, offline",
      "sluice verify bundle --bundle app.sigstore.json --key cosign.pub app.tar",
      {{"ARTIFACT", "ARTIFACT", "the signed file, or sha256:…"},
       {"--bundle", "FILE", "Sigstore bundle, v0.1 to v0.3"},
       {"--from-list", "FILE", "many at once: lines of BUNDLE, tabulator, ARTIFACT"},
       {"--trusted-root", "FILE",
        "trusted root (JSON): certificate authorities, logs, time-stamping authorities"},
       {"--key", "FILE", "public key (PEM) that must have signed"},
       {"--certificate-identity", "TEXT", "subject alternative name that the certificate must have, exactly"},
       {"--certificate-oidc-issuer", "URL", "issuer that the certificate must name, exactly"},
       {"--certificate-claim", "NAME=VALUE",
        "what the certificate must say of the build, exactly; may be repeated", false, true},
       {"--type", "URI", "accepted predicate type; may be repeated (default: any)", false, true},
       {"--format", "FORMAT", "how to print what was verified", false, false, {"text", "json"}},
       {"--payload", "", "print the verified statement itself"}},
      run};
}

}  // namespace sluice::cli
