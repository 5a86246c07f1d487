#include "store/source.h"

#include <algorithm>

#include "base/json.h"
#include "store/layout.h"

namespace sluice::store {
namespace {

using remote::Descriptor;
using remote::Manifest;

constexpr std::string_view k_ref_name = "org.opencontainers.image.ref.name";
constexpr std::string_view k_cosign_kind = "kind";  // as `cosign save` writes it

class RegistrySource final : public Source {
 public:
  explicit RegistrySource(remote::Registry& registry)
      : registry_(registry), name_(registry.repository().name()) {}
  Result<std::optional<Manifest>> find(const std::string& wanted) override {
    return registry_.find_manifest(wanted);
  }
  Result<Bytes> blob(const Digest& digest, std::uint64_t max_bytes) override {
    return registry_.blob(digest, max_bytes);
  }
  Result<std::vector<Descriptor>> referrers(const Digest& subject) override {
    return registry_.referrers(subject);
  }
  const std::string& name() const override { return name_; }

 private:
  remote::Registry& registry_;
  std::string name_;
};

class LayoutSource final : public Source {
 public:
  explicit LayoutSource(std::string folder) : layout_(folder), name_(std::move(folder)) {}

  Result<std::optional<Manifest>> find(const std::string& wanted) override {
    std::optional<Digest> digest;
    if (const auto parsed = Digest::parse_oci(wanted)) {
      digest = *parsed;
    } else {
      digest = SLUICE_TRY(by_tag(wanted));
    }
    if (!digest) return std::optional<Manifest>();
    auto bytes = layout_.read_blob(*digest, remote::k_max_manifest_bytes);
    if (!bytes && bytes.error().code == "store.missing") return std::optional<Manifest>();
    if (!bytes) return tl::unexpected(bytes.error());
    const json::Value value = SLUICE_TRY(json::parse(*bytes, digest->oci()));
    return std::optional(Manifest{std::move(*bytes), std::string(value.string_at("mediaType")), *digest});
  }

  Result<Bytes> blob(const Digest& digest, std::uint64_t max_bytes) override {
    return layout_.read_blob(digest, max_bytes);
  }

  Result<std::vector<Descriptor>> referrers(const Digest& subject) override {
    std::vector<Descriptor> out;
    for (const Descriptor& listed : SLUICE_TRY(entries())) {
      if (listed.media_type != k_manifest_media_type) continue;
      const Bytes bytes = SLUICE_TRY(layout_.read_blob(listed.digest, remote::k_max_manifest_bytes));
      const auto parts = SLUICE_TRY(remote::parse_manifest(bytes));
      if (!parts.subject || parts.subject->digest != subject) continue;
      Descriptor one = listed;
      one.artifact_type = parts.artifact_type;
      out.push_back(std::move(one));
    }
    return out;
  }

  const std::string& name() const override { return name_; }

 private:
  Result<std::vector<Descriptor>> entries() {
    const json::Value index = SLUICE_TRY(layout_.read_index());
    std::vector<Descriptor> out;
    for (const json::Value& entry : *index.find("manifests")->as_array())
      out.push_back(SLUICE_TRY(remote::parse_descriptor(entry)));
    return out;
  }

  // "sha256-….sig" and ".att" also by the kinds that `cosign save` gives them.
  Result<std::optional<Digest>> by_tag(const std::string& tag) {
    for (const Descriptor& entry : SLUICE_TRY(entries())) {
      if (entry.annotations.string_at(k_ref_name) == tag) return std::optional(entry.digest);
      const std::string_view kind = entry.annotations.string_at(k_cosign_kind);
      if ((tag.ends_with(".sig") && kind == "dev.cosignproject.cosign/sigs") ||
          (tag.ends_with(".att") && kind == "dev.cosignproject.cosign/atts"))
        return std::optional(entry.digest);
    }
    return std::optional<Digest>();
  }

  Layout layout_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Source> source_of_registry(remote::Registry& registry) {
  return std::make_unique<RegistrySource>(registry);
}

Result<std::unique_ptr<Source>> source_of_layout(const std::string& folder) {
  SLUICE_CHECK(Layout(folder).check());
  return std::unique_ptr<Source>(std::make_unique<LayoutSource>(folder));
}

}  // namespace sluice::store
