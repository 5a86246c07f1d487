#include "store/attached.h"

#include <set>

namespace sluice::store {
namespace {

using remote::Descriptor;
using remote::Manifest;
using remote::ManifestParts;

constexpr std::string_view k_bundle_prefix = "application/vnd.dev.sigstore.bundle";
constexpr std::string_view k_envelope = "application/vnd.dsse.envelope.v1+json";
constexpr std::string_view k_simple = "application/vnd.dev.cosign.simplesigning.v1+json";
constexpr std::string_view k_jws = "application/jose+json";
constexpr std::uint64_t k_max_piece = 48u << 20;

AttachedKind kind_of(std::string_view media_type) {
  if (media_type.starts_with(k_bundle_prefix)) return AttachedKind::bundle;
  if (media_type == k_envelope) return AttachedKind::envelope;
  if (media_type == k_simple) return AttachedKind::simple_signing;
  if (media_type == k_jws) return AttachedKind::notation;
  return AttachedKind::other;
}

class Collector {
 public:
  explicit Collector(Source& source) : source_(source) {}

  Status take(const Manifest& manifest, const std::optional<Digest>& subject) {
    if (!seen_.insert(manifest.digest).second) return {};
    const ManifestParts parts = SLUICE_TRY(remote::parse_manifest(manifest.bytes));
    if (subject && (!parts.subject || parts.subject->digest != *subject))
      return fail(ErrorKind::invalid, "store.manifest",
                  "it is listed as a referrer of another manifest than it names");
    for (const Descriptor& layer : parts.layers) SLUICE_CHECK(take_layer(manifest, layer));
    return {};
  }

  void note(const std::string& what, const Error& error) {
    out.unreadable.push_back(what + ": " + error.message);
  }

  AttachedList out;

 private:
  Status take_layer(const Manifest& manifest, const Descriptor& layer) {
    Attached one;
    one.kind = kind_of(layer.media_type);
    one.media_type = layer.media_type;
    one.digest = layer.digest;
    one.manifest = manifest.digest;
    if (const json::Object* annotations = layer.annotations.as_object()) {
      for (const json::Member& member : annotations->members()) {
        if (const std::string* text = member.value.as_string()) one.annotations.emplace(member.key, *text);
      }
    }
    if (out.items.size() >= k_max_attached) {
      return fail(ErrorKind::limit, "store.too-many",
                  "more than " + std::to_string(k_max_attached) + " pieces are attached to the image");
    }
    if (one.kind != AttachedKind::other) {
      if (layer.size > k_max_piece)
        return fail(ErrorKind::limit, "store.too-large", "a piece is larger than evidence may be");
      if (bytes_ + layer.size > k_max_attached_bytes)
        return fail(ErrorKind::limit, "store.too-many", "what is attached to the image is too large in all");
      bytes_ += layer.size;
      one.bytes = SLUICE_TRY(source_.blob(layer.digest, layer.size));
    }
    out.items.push_back(std::move(one));
    return {};
  }

  Source& source_;
  std::set<Digest> seen_;
  std::uint64_t bytes_ = 0;
};

bool ends_all(const Error& error) {
  return error.code == "store.too-many";
}

}  // namespace

std::string_view to_string(AttachedKind kind) {
  switch (kind) {
    case AttachedKind::bundle:
      return "bundle";
    case AttachedKind::envelope:
      return "envelope";
    case AttachedKind::simple_signing:
      return "simple-signing";
    case AttachedKind::notation:
      return "notation";
    case AttachedKind::other:
      break;
  }
  return "other";
}

Result<AttachedList> collect_attached(Source& source, const Digest& subject) {
  Collector collector(source);
  const auto keep = [&](const std::string& what, const Status& status) -> Status {
    if (status) return {};
    if (ends_all(status.error())) return status;
    collector.note(what, status.error());
    return {};
  };
  for (const Descriptor& listed : SLUICE_TRY(source.referrers(subject))) {
    const auto found = source.find(listed.digest.oci());
    Status status;
    if (!found) {
      status = tl::unexpected(found.error());
    } else if (!*found) {
      status = fail(ErrorKind::invalid, "store.missing", "it is listed, but not there");
    } else {
      status = collector.take(**found, subject);
    }
    SLUICE_CHECK(keep(listed.digest.oci(), status));
  }
  for (const std::string_view suffix : {".att", ".sig"}) {
    const std::string tag = remote::fallback_tag(subject) + std::string(suffix);
    const auto found = SLUICE_TRY(source.find(tag));
    if (found) SLUICE_CHECK(keep(tag, collector.take(*found, std::nullopt)));
  }
  return std::move(collector.out);
}

}  // namespace sluice::store
