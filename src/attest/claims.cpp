#include "attest/claims.h"

#include <algorithm>
#include <array>

#include "attest/predicates.h"

namespace sluice::attest {
namespace {

constexpr std::string_view k_provenance_v02 = "https://slsa.dev/provenance/v0.2";

// Where the source was taken from, as a provenance says it.
struct StatedSource {
  std::string repository;  // canonical
  std::string ref;
  std::string commit;
};

[[nodiscard]] StatedSource split_source(std::string_view uri, const json::Value* digest) {
  StatedSource out;
  if (uri.starts_with("git+")) uri.remove_prefix(4);
  // "https://host/path@ref": the ref follows the last "@" after the path has begun.
  const auto path = uri.find('/', uri.find("://") == std::string_view::npos ? 0 : uri.find("://") + 3);
  const auto at = path == std::string_view::npos ? path : uri.find('@', path);
  out.repository = canonical_repository(uri.substr(0, at));
  if (at != std::string_view::npos) out.ref = uri.substr(at + 1);
  if (digest != nullptr) {
    out.commit = digest->string_at("gitCommit");
    if (out.commit.empty()) out.commit = digest->string_at("sha1");  // provenance v0.2
  }
  return out;
}

[[nodiscard]] const json::Value* follow(const json::Value& value,
                                        std::initializer_list<std::string_view> path) {
  const json::Value* at = &value;
  for (const std::string_view key : path) {
    at = at != nullptr ? at->find(key) : nullptr;
  }
  return at;
}

[[nodiscard]] std::vector<StatedSource> stated_sources(const json::Value& predicate, bool v1) {
  std::vector<StatedSource> out;
  const json::Value* list =
      v1 ? follow(predicate, {"buildDefinition", "resolvedDependencies"}) : predicate.find("materials");
  if (list != nullptr && list->as_array() != nullptr) {
    for (const json::Value& item : *list->as_array()) {
      if (item.string_at("uri").starts_with("git+"))
        out.push_back(split_source(item.string_at("uri"), item.find("digest")));
    }
  }
  return out;
}

[[nodiscard]] std::string claim(const VerifiedBundle& bundle, std::string_view name) {
  const auto found = bundle.claims.find(std::string(name));
  return found == bundle.claims.end() ? std::string() : found->second;
}

void compare(std::string_view name, const std::string& certificate, const std::string& document,
             std::vector<ClaimConflict>& out) {
  if (!certificate.empty() && !document.empty() && certificate != document) {
    out.push_back({std::string(name), certificate, document});
  }
}

}  // namespace

std::vector<ClaimConflict> claim_conflicts(const VerifiedBundle& bundle) {
  std::vector<ClaimConflict> out;
  if (!bundle.statement) return out;
  const bool v1 = bundle.statement->predicate_type == predicate::k_provenance;
  if (!v1 && bundle.statement->predicate_type != k_provenance_v02) return out;
  const json::Value& document = bundle.statement->predicate;

  const std::string repository = canonical_repository(claim(bundle, "sourceRepositoryURI"));
  const std::vector<StatedSource> sources = stated_sources(document, v1);
  const auto same = std::find_if(sources.begin(), sources.end(),
                                 [&](const StatedSource& source) { return source.repository == repository; });
  if (!repository.empty() && !sources.empty() && same == sources.end()) {
    out.push_back({"sourceRepositoryURI", repository, sources.front().repository});
  }
  if (same != sources.end()) {
    compare("sourceRepositoryDigest", claim(bundle, "sourceRepositoryDigest"), same->commit, out);
    compare("sourceRepositoryRef", claim(bundle, "sourceRepositoryRef"), same->ref, out);
  }
  const json::Value* builder = v1 ? follow(document, {"runDetails", "builder"}) : document.find("builder");
  const std::string id = builder != nullptr ? std::string(builder->string_at("id")) : std::string();
  // Builders that name a workflow can be compared; ones that name a kind of runner cannot.
  if (id.find("/workflows/") != std::string::npos && id != claim(bundle, "buildConfigURI")) {
    compare("buildSignerURI", claim(bundle, "buildSignerURI"), id, out);
  }
  return out;
}

std::optional<std::vector<std::string>> unknown_parameters(const json::Value& provenance) {
  struct KnownType {
    std::string_view type;
    std::array<std::string_view, 3> parameters;
  };
  constexpr std::array<KnownType, 3> k_known{
      {{predicate::k_build_type, {"source", "workflow", "parameters"}},
       {"https://actions.github.io/buildtypes/workflow/v1", {"workflow", "", ""}},
       {"https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
        {"workflow", "inputs", "vars"}}}};
  const json::Value* definition = provenance.find("buildDefinition");
  if (definition == nullptr) return std::nullopt;
  for (const KnownType& row : k_known) {
    if (row.type != definition->string_at("buildType")) continue;
    std::vector<std::string> out;
    const json::Value* parameters = definition->find("externalParameters");
    if (parameters == nullptr || parameters->as_object() == nullptr) return out;
    for (const json::Member& member : parameters->as_object()->members()) {
      const bool known = !member.key.empty() && std::find(row.parameters.begin(), row.parameters.end(),
                                                          member.key) != row.parameters.end();
      if (!known) out.push_back(member.key);
    }
    return out;
  }
  return std::nullopt;
}

}  // namespace sluice::attest
