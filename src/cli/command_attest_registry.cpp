// sluice attest push | pull | list | tree: evidence between the store and a registry, and what there is.
#include "cli/commands.h"
#include "cli/registries.h"
#include "report/escape.h"
#include "store/attached.h"
#include "store/store.h"
#include "store/transfer.h"

namespace sluice::cli {
namespace {

using report::escape_line;

constexpr std::string_view k_default_store = ".sluice/evidence";

const OptionSpec k_store_option{"--store", "FOLDER", "the evidence store (default .sluice/evidence)"};

std::string store_path(const Arguments& arguments) {
  return arguments.value("store", k_default_store);
}

std::optional<std::string> subject_filter(const Arguments& arguments) {
  if (!arguments.has("subject")) return std::nullopt;
  return arguments.value("subject");
}

// 4 when something could not be read: a copy with holes must not pass for whole.
Result<int> finish(const store::Transfer& transfer, const std::string& text) {
  for (const std::string& line : transfer.unreadable)
    print_error("unreadable evidence: " + escape_line(line));
  SLUICE_CHECK(print(text));
  return transfer.unreadable.empty() ? k_exit_ok : k_exit_indeterminate;
}

Result<int> run_push(const Arguments& arguments, Context& context) {
  const auto evidence = SLUICE_TRY(store::EvidenceStore::open(store_path(arguments), false));
  const remote::Reference reference = SLUICE_TRY(remote::parse_reference(arguments.value("REPOSITORY")));
  remote::Registry registry = SLUICE_TRY(open_registry(reference, true, arguments, context));
  const store::Transfer done =
      SLUICE_TRY(store::push_evidence(evidence, registry, subject_filter(arguments)));
  std::string text;
  for (const Digest& digest : done.copied) text += "pushed  " + reference.name() + "@" + digest.oci() + "\n";
  return finish(done, text.empty() ? "nothing to push\n" : text);
}

Result<int> run_pull(const Arguments& arguments, Context& context) {
  const remote::Reference reference = SLUICE_TRY(remote::parse_reference(arguments.value("IMAGE")));
  remote::Registry registry = SLUICE_TRY(open_registry(reference, false, arguments, context));
  std::string key = arguments.value("subject");
  if (key.empty()) {
    key = reference.digest ? reference.digest->oci()
                           : SLUICE_TRY(registry.manifest(reference.wanted())).digest.oci();
  }
  auto evidence = SLUICE_TRY(store::EvidenceStore::open(store_path(arguments), true));
  const store::Transfer done = SLUICE_TRY(store::pull_evidence(registry, key, evidence));
  std::string text;
  for (const Digest& digest : done.copied) text += "pulled  " + digest.oci() + "\n";
  return finish(done, text.empty() ? "no evidence about " + escape_line(key) + "\n" : text);
}

Result<int> run_push_image(const Arguments& arguments, Context& context) {
  const std::string folder = arguments.value("LAYOUT");
  const remote::Reference reference = SLUICE_TRY(remote::parse_reference(arguments.value("REFERENCE")));
  const Digest digest = SLUICE_TRY(image::Image::open(folder)).manifest_digest();
  remote::Registry registry = SLUICE_TRY(open_registry(reference, true, arguments, context));
  SLUICE_CHECK(store::push_image(folder, digest, registry, reference.tag));
  SLUICE_CHECK(print("pushed  " + reference.name() + "@" + digest.oci() + "\n"));
  return k_exit_ok;
}

json::Array entries_json(const std::vector<store::Entry>& entries) {
  json::Array out;
  for (const store::Entry& entry : entries) {
    out.push_back(json::Object{{"bundle", entry.bundle.oci()},
                               {"manifest", entry.manifest.oci()},
                               {"subject", entry.subject_key},
                               {"predicateType", entry.predicate_type},
                               {"created", entry.created}});
  }
  return out;
}

Result<int> run_list(const Arguments& arguments, Context&) {
  const auto evidence = SLUICE_TRY(store::EvidenceStore::open(store_path(arguments), false));
  const auto listing = SLUICE_TRY(evidence.list(subject_filter(arguments)));
  std::string text;
  if (arguments.value("format", "text") == "json") {
    json::Array unreadable;
    for (const std::string& line : listing.unreadable) unreadable.emplace_back(report::to_valid_utf8(line));
    text = report::disarm_json(json::write_pretty(json::Object{{"schema", "sluice.evidence-list/v1"},
                                                               {"evidence", entries_json(listing.entries)},
                                                               {"unreadable", std::move(unreadable)}}));
  } else {
    for (const store::Entry& entry : listing.entries) {
      text += entry.bundle.oci() + "  " + escape_line(entry.created) + "  " +
              escape_line(entry.predicate_type) + "  " + escape_line(entry.subject_key) + "\n";
    }
  }
  return finish({{}, listing.unreadable}, text);
}

Status add_tree(store::Source& source, const Digest& digest, const std::string& indent, int depth,
                std::string& out) {
  constexpr int k_max_depth = 4;
  for (const remote::Descriptor& one : SLUICE_TRY(source.referrers(digest))) {
    const std::string_view predicate = one.annotations.string_at("dev.sigstore.bundle.predicateType");
    out += indent + one.digest.oci() + "  " + escape_line(one.artifact_type) +
           (predicate.empty() ? "" : "  " + escape_line(predicate)) + "\n";
    if (depth < k_max_depth) {
      SLUICE_CHECK(add_tree(source, one.digest, indent + "  ", depth + 1, out));
    } else {
      out += indent + "  … deeper levels are not shown\n";
    }
  }
  return {};
}

Result<int> run_tree(const Arguments& arguments, Context& context) {
  const ImageEvidence image = SLUICE_TRY(open_evidence_of(arguments.value("IMAGE"), arguments, context));
  const Digest& digest = image.manifest.digest;
  std::string text = escape_line(image.source->name()) + "@" + digest.oci() + "\n";
  SLUICE_CHECK(add_tree(*image.source, digest, "  ", 1, text));
  if (arguments.has("store")) {
    const auto other = SLUICE_TRY(store::source_of_layout(store_path(arguments)));
    SLUICE_CHECK(add_tree(*other, digest, "  ", 1, text));
  }
  for (const std::string_view suffix : {".sig", ".att"}) {
    const std::string tag = remote::fallback_tag(digest) + std::string(suffix);
    const auto found = SLUICE_TRY(image.source->find(tag));
    if (found) text += "  " + found->digest.oci() + "  tag " + tag + "\n";
  }
  SLUICE_CHECK(print(text));
  return k_exit_ok;
}

std::vector<OptionSpec> with_registry(std::vector<OptionSpec> options) {
  for (OptionSpec& option : registry_options()) options.push_back(std::move(option));
  return options;
}

}  // namespace

Command attest_push_command() {
  return {"attest push", "Copy evidence from the store to a registry, as referrers of its images",
          "sluice attest push registry.example.com/team/app --subject sha256:…",
          with_registry({{"REPOSITORY", "REPOSITORY", "registry/repository", true},
                         k_store_option,
                         {"--subject", "DIGEST", "only evidence about this: sha256:… or gitTree:…"}}),
          run_push};
}

Command attest_pull_command() {
  return {"attest pull", "Copy evidence about an image from its registry to the store",
          "sluice attest pull registry.example.com/team/app@sha256:…",
          with_registry({{"IMAGE", "IMAGE", "registry/repository@sha256:…", true},
                         k_store_option,
                         {"--subject", "DIGEST", "evidence about this instead of the image: gitTree:…"}}),
          run_pull};
}

Command attest_list_command() {
  return {"attest list",
          "List the evidence in the store",
          "sluice attest list --subject sha256:…",
          {k_store_option,
           {"--subject", "DIGEST", "only evidence about this: sha256:… or gitTree:…"},
           {"--format", "FORMAT", "text or json", false, false, {"text", "json"}}},
          run_list};
}

Command attest_tree_command() {
  return {"attest tree", "Show what is attached to an image, in its registry or layout folder",
          "sluice attest tree registry.example.com/team/app@sha256:…",
          with_registry({{"IMAGE", "IMAGE", "registry/repository@sha256:…, or an OCI layout folder", true},
                         {"--store", "FOLDER", "also look into this evidence store"}}),
          run_tree};
}

Command debug_push_image_command() {
  return {"debug push-image", "Copy an image from a layout folder to a registry, byte for byte",
          "sluice debug push-image out/image registry.example.com/team/app:v1",
          with_registry({{"LAYOUT", "LAYOUT", "an OCI layout folder", true},
                         {"REFERENCE", "REFERENCE", "registry/repository:tag", true}}),
          run_push_image};
}

}  // namespace sluice::cli
