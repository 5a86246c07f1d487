// sluice verify image: what is attached to an image, and which of it is signed by whom we trust.
#include <algorithm>

#include "attest/predicate_shape.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/registries.h"
#include "cli/verifier.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using report::escape_line;

constexpr std::string_view k_default_store = ".sluice/evidence";

struct Target {
  Digest digest;
  std::string name;
  std::string repository;
};

struct Outcome {
  Target image;
  std::vector<Judged> pieces;
  std::vector<std::string> unreadable;
  std::vector<std::string> missing;  // required types of which nothing verified is there
  bool denied = false;               // of a missing type there is something that was refused
};

Status collect(store::Source& source, const Target& image, const Verifier& verifier, Outcome& out) {
  store::AttachedList list = SLUICE_TRY(store::collect_attached(source, image.digest));
  for (const store::Attached& piece : list.items) {
    const bool known = std::any_of(out.pieces.begin(), out.pieces.end(), [&](const Judged& other) {
      return other.digest == piece.digest && piece.kind != store::AttachedKind::simple_signing;
    });
    if (!known)
      out.pieces.push_back(verifier.judge(piece, {{"sha256", image.digest.hex()}}, image.repository));
  }
  for (std::string& line : list.unreadable) out.unreadable.push_back(std::move(line));
  return {};
}

// The image's own place first, then the evidence store.
Result<Outcome> look(const Arguments& arguments, const Context& context, const Verifier& verifier) {
  Outcome out;
  const std::string image = arguments.value("IMAGE");
  const bool archive = path_exists(image) && !is_directory(image);
  if (archive) {
    out.image = {SLUICE_TRY(image::Image::open(image)).manifest_digest(), image, ""};
  } else {
    const ImageEvidence evidence = SLUICE_TRY(open_evidence_of(image, arguments, context));
    out.image = {evidence.manifest.digest, evidence.source->name(), evidence.repository};
    SLUICE_CHECK(collect(*evidence.source, out.image, verifier, out));
  }
  const std::string folder = arguments.value("store", k_default_store);
  if (arguments.has("store") || path_exists(folder + "/oci-layout")) {
    const auto source = SLUICE_TRY(store::source_of_layout(folder));
    SLUICE_CHECK(collect(*source, out.image, verifier, out));
  }
  return out;
}

// Each type that is demanded needs a piece that verifies, by as many different keys as the threshold says;
// without a demand any one will do.
Status decide(const Arguments& arguments, std::size_t threshold, Outcome& out) {
  const long least = SLUICE_TRY(arguments.number("min-level", 0, 0, 3));
  std::vector<std::string> required;
  for (const std::string& type : arguments.values("type"))
    required.emplace_back(attest::predicate_type_of(type));
  if (least > 0) required.emplace_back(attest::predicate_type_of("provenance"));
  const auto fits = [&](const Judged& piece, const std::string& type) {
    if (piece.judgement != Judgement::verified || (!type.empty() && piece.predicate_type != type))
      return false;
    return type != attest::predicate_type_of("provenance") || piece.level >= least;
  };
  if (required.empty()) required.emplace_back();
  for (const std::string& type : required) {
    if (enough_signers(out.pieces, threshold, [&](const Judged& piece) { return fits(piece, type); }))
      continue;
    out.missing.push_back(type.empty() ? "any verified statement or signature" : type);
    out.denied =
        out.denied || std::any_of(out.pieces.begin(), out.pieces.end(), [&](const Judged& piece) {
          return piece.judgement != Judgement::unjudged && (type.empty() || piece.predicate_type == type);
        });
  }
  return {};
}

int status_of(const Outcome& out) {
  if (out.denied) return k_exit_denied;
  return out.missing.empty() && out.unreadable.empty() ? k_exit_ok : k_exit_indeterminate;
}

std::string as_json(const Outcome& out) {
  json::Array pieces;
  for (const Judged& piece : out.pieces) {
    json::Object row{{"digest", piece.digest.oci()},
                     {"kind", store::to_string(piece.kind)},
                     {"result", to_string(piece.judgement)},
                     {"predicateType", report::to_valid_utf8(piece.predicate_type)}};
    if (piece.judgement == Judgement::verified) {
      row.set("signer", report::to_valid_utf8(piece.signer));
      if (!piece.issuer.empty()) row.set("issuer", report::to_valid_utf8(piece.issuer));
      if (!piece.key_id.empty()) row.set("keyId", piece.key_id);
      if (!piece.time.empty()) row.set("time", piece.time);
      row.set("timeVerified", piece.time_verified);
      if (piece.level > 0) row.set("buildLevel", piece.level);
    } else {
      row.set("code", piece.code);
      row.set("problem", report::to_valid_utf8(piece.problem));
    }
    pieces.emplace_back(std::move(row));
  }
  json::Array unreadable, missing;
  for (const std::string& line : out.unreadable) unreadable.emplace_back(report::to_valid_utf8(line));
  for (const std::string& type : out.missing) missing.emplace_back(report::to_valid_utf8(type));
  return report::disarm_json(json::write_pretty(json::Object{{"schema", "sluice.verify-image/v1"},
                                                             {"image", report::to_valid_utf8(out.image.name)},
                                                             {"digest", out.image.digest.oci()},
                                                             {"verified", status_of(out) == k_exit_ok},
                                                             {"evidence", std::move(pieces)},
                                                             {"missing", std::move(missing)},
                                                             {"unreadable", std::move(unreadable)}}));
}

std::string as_text(const Outcome& out) {
  std::string text = "image  " + escape_line(out.image.name) + "@" + out.image.digest.oci() + "\n";
  for (const Judged& piece : out.pieces) {
    text += "  " + std::string(to_string(piece.judgement)) + "  " +
            (piece.predicate_type.empty() ? std::string(store::to_string(piece.kind))
                                          : escape_line(piece.predicate_type));
    if (piece.judgement == Judgement::verified) {
      text += "  by " + escape_line(piece.signer);
      if (!piece.issuer.empty()) text += " (" + escape_line(piece.issuer) + ")";
      if (!piece.time.empty()) text += piece.time_verified ? "  at " + piece.time : "  says " + piece.time;
      if (piece.level > 0) text += "  build level " + std::to_string(piece.level);
    } else {
      text += "  " + escape_line(piece.problem) + " [" + piece.code + "]";
    }
    text += "\n";
  }
  for (const std::string& line : out.unreadable) text += "  unreadable  " + escape_line(line) + "\n";
  for (const std::string& type : out.missing) text += "  missing  " + escape_line(type) + "\n";
  const int status = status_of(out);
  text += status == k_exit_ok       ? "verified\n"
          : status == k_exit_denied ? "NOT verified\n"
                                    : "NOT verified: evidence is missing\n";
  return text;
}

Result<int> run(const Arguments& arguments, Context& context) {
  const Verifier verifier = SLUICE_TRY(Verifier::open(arguments, context));
  Outcome outcome = SLUICE_TRY(look(arguments, context, verifier));
  SLUICE_CHECK(decide(arguments, verifier.threshold(), outcome));
  SLUICE_CHECK(print(arguments.value("format", "text") == "json" ? as_json(outcome) : as_text(outcome)));
  return status_of(outcome);
}

}  // namespace

Command verify_image_command() {
  std::vector<OptionSpec> options{
      {"IMAGE", "IMAGE", "registry/repository@sha256:…, an OCI layout folder or an archive", true},
      {"--store", "FOLDER", "an evidence store to look into, too (default .sluice/evidence, if it is there)"},
      {"--type", "TYPE", "demand a verified statement of this type (short name or URI); may be repeated",
       false, true},
      {"--min-level", "NUMBER", "demand provenance of this SLSA Build level, by the verifier's own table"},
      {"--format", "FORMAT", "text or json", false, false, {"text", "json"}}};
  for (OptionSpec& option : verifier_options()) options.push_back(std::move(option));
  for (OptionSpec& option : registry_options()) options.push_back(std::move(option));
  return {
      "verify image", "Verify what is attached to an image, in its registry or beside it",
      "sluice verify image registry.example.com/team/app@sha256:… --key keys/pipeline.pub --type provenance",
      std::move(options), run};
}

}  // namespace sluice::cli
