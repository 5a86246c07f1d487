// sluice verify chain: from the release back to the source, each link about the subject that the one before
// it names.
#include <algorithm>
#include <array>
#include <optional>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/registries.h"
#include "cli/verifier.h"
#include "report/escape.h"
#include "sluice/predicates.h"
#include "store/store.h"
#include "store/transfer.h"

namespace sluice::cli {
namespace {

using report::escape_line;

constexpr std::string_view k_default_store = ".sluice/evidence";
constexpr std::string_view k_release = "https://in-toto.io/attestation/release/v0.1";
constexpr std::array<std::string_view, 4> k_links{"source", "build", "test", "release"};

struct Link {
  std::string name;
  std::string subject;  // "sha256:…", "gitTree:…"
  std::string detail;
  std::vector<Judged> pieces;  // of its types
  std::optional<Judged> good;
  bool denied = false;  // there is something, and none of it will do
};

// Where the chain's evidence is: the store, and for a registry's image a copy of what is there.
class Evidence {
 public:
  static Result<Evidence> open(const Arguments& arguments, const Context& context, const std::string& image) {
    Evidence out;
    if (!path_exists(image) && remote::looks_like_reference(image)) {
      const auto reference = SLUICE_TRY(remote::parse_reference(image));
      out.registry_ =
          std::make_unique<remote::Registry>(SLUICE_TRY(open_registry(reference, false, arguments, context)));
      out.digest_ = SLUICE_TRY(out.registry_->manifest(reference.wanted())).digest;
      out.folder_ = SLUICE_TRY(TempDirectory::create("sluice-chain-"));
      out.store_ = SLUICE_TRY(store::EvidenceStore::open(out.folder_->path() + "/evidence", true));
      return out;
    }
    const auto digest = Digest::parse_oci(image);
    out.digest_ = digest ? *digest : SLUICE_TRY(image::Image::open(image)).manifest_digest();
    out.store_ = SLUICE_TRY(store::EvidenceStore::open(arguments.value("store", k_default_store), false));
    return out;
  }

  [[nodiscard]] const Digest& image() const { return digest_; }

  // All evidence about the subject, judged.
  Result<std::vector<Judged>> about(const std::string& key, const attest::DigestSet& subject,
                                    const Verifier& verifier, std::vector<std::string>& unreadable) {
    if (registry_) {
      const store::Transfer done = SLUICE_TRY(store::pull_evidence(*registry_, key, *store_));
      unreadable.insert(unreadable.end(), done.unreadable.begin(), done.unreadable.end());
    }
    const auto listing = SLUICE_TRY(store_->list(key));
    unreadable.insert(unreadable.end(), listing.unreadable.begin(), listing.unreadable.end());
    std::vector<Judged> out;
    for (const store::Entry& entry : listing.entries) {
      store::Attached piece;
      piece.kind = store::AttachedKind::bundle;
      piece.digest = entry.bundle;
      auto bytes = store_->get(entry);
      if (!bytes) {
        unreadable.push_back(entry.bundle.oci() + ": " + bytes.error().message);
        continue;
      }
      piece.bytes = std::move(*bytes);
      out.push_back(verifier.judge(piece, subject, ""));
    }
    return out;
  }

 private:
  Evidence() = default;
  std::unique_ptr<remote::Registry> registry_;
  std::optional<TempDirectory> folder_;
  std::optional<store::EvidenceStore> store_;
  Digest digest_;
};

// Takes the pieces of the types; the last one that verifies and that `accept` takes is the link.
void settle(Link& link, const std::vector<Judged>& all, const std::vector<std::string_view>& types,
            std::size_t threshold, bool (*accept)(const Judged&)) {
  for (const Judged& piece : all) {
    if (std::find(types.begin(), types.end(), piece.predicate_type) != types.end())
      link.pieces.push_back(piece);
  }
  for (const Judged& piece : link.pieces) {
    const auto same = [&](const Judged& other) { return other.payload == piece.payload && accept(other); };
    if (piece.judgement == Judgement::verified && accept(piece) &&
        enough_signers(link.pieces, threshold, same))
      link.good = piece;
  }
  link.denied = !link.good && !link.pieces.empty();
}

bool any(const Judged&) {
  return true;
}
bool passed(const Judged& piece) {
  return piece.statement && piece.statement->predicate.string_at("result") == "PASSED";
}
bool released(const Judged& piece) {
  return piece.predicate_type == k_release ||
         (piece.statement && piece.statement->predicate.string_at("verificationResult") == "PASSED");
}

// The source that provenance names: the digests of its first dependency with a gitCommit.
attest::DigestSet source_of(const json::Value& predicate) {
  attest::DigestSet out;
  const json::Value* definition = predicate.find("buildDefinition");
  const json::Value* list = definition == nullptr ? nullptr : definition->find("resolvedDependencies");
  if (list == nullptr || list->as_array() == nullptr) return out;
  for (const json::Value& dependency : *list->as_array()) {
    const json::Value* digest = dependency.find("digest");
    if (digest == nullptr || digest->string_at("gitCommit").empty()) continue;
    out["gitCommit"] = std::string(digest->string_at("gitCommit"));
    if (!digest->string_at("gitTree").empty()) out["gitTree"] = std::string(digest->string_at("gitTree"));
    return out;
  }
  return out;
}

Result<Link> source_link(const Link& build, Evidence& evidence, const Verifier& verifier,
                         const Arguments& arguments, std::vector<std::string>& unreadable) {
  Link link{"source", "", "", {}, {}, false};
  if (!build.good || !build.good->statement) {
    link.detail = "no build names a source";
    return link;
  }
  const attest::DigestSet source = source_of(build.good->statement->predicate);
  if (source.empty()) {
    link.detail = "the provenance names no commit";
    return link;
  }
  link.subject = "gitCommit:" + source.at("gitCommit");
  if (arguments.has("commit") && arguments.value("commit") != source.at("gitCommit")) {
    link.detail = "the build was of another commit than " + arguments.value("commit");
    link.denied = true;
    return link;
  }
  std::vector<Judged> all;
  for (const auto& [name, value] : source) {
    for (Judged& piece : SLUICE_TRY(evidence.about(name + ":" + value, source, verifier, unreadable)))
      all.push_back(std::move(piece));
  }
  settle(link, all, {predicate::k_scan}, verifier.threshold(), any);
  return link;
}

bool required(const Arguments& arguments, std::string_view name) {
  const std::vector<std::string> named = arguments.values("require");
  return named.empty() || std::find(named.begin(), named.end(), name) != named.end();
}

std::string_view result_of(const Link& link) {
  return link.good ? "verified" : link.denied ? "refused" : "missing";
}

std::string why(const Link& link) {
  if (!link.detail.empty()) return link.detail;
  if (link.good || link.pieces.empty()) return {};
  const Judged& last = link.pieces.back();
  return last.judgement == Judgement::verified ? "it does not say that it passed, or too few keys signed it"
                                               : last.problem + " [" + last.code + "]";
}

std::string as_text(const std::vector<Link>& links) {
  std::string out;
  for (const Link& link : links) {
    out += std::string(result_of(link)) + "  " + link.name + "  " + escape_line(link.subject);
    if (link.good) out += "  by " + escape_line(link.good->signer) + "  " + link.good->digest.oci();
    if (const std::string reason = why(link); !reason.empty()) out += "  " + escape_line(reason);
    out += "\n";
  }
  return out;
}

std::string as_json(const std::vector<Link>& links, int status) {
  json::Array list;
  for (const Link& link : links) {
    json::Object row{
        {"link", link.name}, {"subject", report::to_valid_utf8(link.subject)}, {"result", result_of(link)}};
    if (link.good) {
      row.set("evidence", link.good->digest.oci());
      row.set("signer", report::to_valid_utf8(link.good->signer));
      row.set("predicateType", report::to_valid_utf8(link.good->predicate_type));
    }
    if (const std::string reason = why(link); !reason.empty())
      row.set("reason", report::to_valid_utf8(reason));
    list.emplace_back(std::move(row));
  }
  return report::disarm_json(json::write_pretty(json::Object{
      {"schema", "sluice.verify-chain/v1"}, {"verified", status == k_exit_ok}, {"links", std::move(list)}}));
}

Result<int> run(const Arguments& arguments, Context& context) {
  const Verifier verifier = SLUICE_TRY(Verifier::open(arguments, context));
  Evidence evidence = SLUICE_TRY(Evidence::open(arguments, context, arguments.value("IMAGE")));
  std::vector<std::string> unreadable;
  const std::string key = evidence.image().oci();
  const std::vector<Judged> about_image =
      SLUICE_TRY(evidence.about(key, {{"sha256", evidence.image().hex()}}, verifier, unreadable));
  Link build{"build", key, "", {}, {}, false};
  settle(build, about_image, {predicate::k_provenance}, verifier.threshold(), any);
  Link test{"test", key, "", {}, {}, false};
  settle(test, about_image, {predicate::k_test_result}, verifier.threshold(), passed);
  Link release{"release", key, "", {}, {}, false};
  settle(release, about_image, {predicate::k_verdict, k_release}, verifier.threshold(), released);
  std::vector<Link> links;
  if (required(arguments, "source"))
    links.push_back(SLUICE_TRY(source_link(build, evidence, verifier, arguments, unreadable)));
  if (required(arguments, "build")) links.push_back(std::move(build));
  if (required(arguments, "test")) links.push_back(std::move(test));
  if (required(arguments, "release")) links.push_back(std::move(release));

  int status = k_exit_ok;
  for (const Link& link : links) {
    if (!link.good && status != k_exit_denied) status = link.denied ? k_exit_denied : k_exit_indeterminate;
  }
  if (status == k_exit_ok && !unreadable.empty()) status = k_exit_indeterminate;
  for (const std::string& line : unreadable) print_error("unreadable evidence: " + escape_line(line));
  SLUICE_CHECK(print(arguments.value("format", "text") == "json" ? as_json(links, status) : as_text(links)));
  return status;
}

}  // namespace

Command verify_chain_command() {
  std::vector<OptionSpec> options{
      {"IMAGE", "IMAGE", "registry/repository@sha256:…, a layout folder or archive, or just sha256:…", true},
      {"--store", "FOLDER",
       "the evidence store (default .sluice/evidence); of a registry's image the registry"},
      {"--commit", "COMMIT", "the commit that the build must have been of"},
      {"--require",
       "LINK",
       "only these links; may be repeated (default: all four)",
       false,
       true,
       {k_links.begin(), k_links.end()}},
      {"--format", "FORMAT", "text or json", false, false, {"text", "json"}}};
  for (OptionSpec& option : verifier_options()) options.push_back(std::move(option));
  for (OptionSpec& option : registry_options()) options.push_back(std::move(option));
  return {"verify chain", "Verify an image back to its source: release, test, build, source",
          "sluice verify chain out/image --key keys/pipeline.pub --commit $(git rev-parse HEAD)",
          std::move(options), run};
}

}  // namespace sluice::cli
