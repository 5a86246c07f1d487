#include <algorithm>
#include <array>

#include "attest/predicates.h"
#include "attest/secret_filter.h"
#include "base/effects.h"

namespace sluice::attest {
namespace {

constexpr std::string_view k_observed = "observed";

// The build's inputs as its caller chose them, each with where we know it from.
struct Chosen {
  std::string repository;
  std::string repository_origin;
  std::string ref;
  std::string ref_origin;
  std::string_view commit_origin = k_observed;
  std::vector<CiConflict> conflicts;  // the token's with what git shows
};

[[nodiscard]] std::string_view origin_of(const CiIdentity& ci, std::string_view name) {
  for (const CiField& field : ci.fields) {
    if (field.name == name) return to_string(field.origin);
  }
  return {};
}

// "https://host/path" and "ssh://host/path" are one repository.
[[nodiscard]] std::string_view without_scheme(std::string_view repository) {
  const auto at = repository.find("://");
  return at == std::string_view::npos ? repository : repository.substr(at + 3);
}

// The platform's own word goes first: of what git shows it says whether it agrees.
void choose_by_token(const SourceRecord& source, const CiIdentity& ci, Chosen& out) {
  const auto by_token = [&](std::string_view name) {
    return origin_of(ci, name) == to_string(Origin::oidc) ? std::string(ci.get(name)) : std::string();
  };
  const auto compare = [&](std::string_view field, const std::string& token, const std::string& git,
                           bool same) {
    if (!token.empty() && !git.empty() && !same)
      out.conflicts.push_back({std::string(field), token, git, Origin::observed});
  };
  if (const std::string token = by_token("repository"); !token.empty()) {
    out.repository = canonical_repository(token);
    out.repository_origin = to_string(Origin::oidc);
    const std::string git = canonical_repository(source.remote);
    compare("repository", out.repository, git, without_scheme(out.repository) == without_scheme(git));
  }
  if (const std::string token = by_token("ref"); !token.empty()) {
    out.ref = token;
    out.ref_origin = to_string(Origin::oidc);
    compare("ref", token, source.branch, token == source.branch);
  }
  const std::string commit = by_token("commit");
  compare("commit", commit, source.commit, commit == source.commit);
  if (!commit.empty() && commit == source.commit) out.commit_origin = to_string(Origin::oidc);
}

// What git shows goes before what the environment claims: an earlier step of the job can set any variable.
[[nodiscard]] Chosen choose(const SourceRecord& source, const CiIdentity& ci) {
  Chosen out;
  choose_by_token(source, ci, out);
  if (!out.repository.empty()) {
    // The token's.
  } else if (!source.remote.empty()) {
    out.repository = canonical_repository(source.remote);
    out.repository_origin = k_observed;
  } else if (!ci.get("repository").empty()) {
    out.repository = canonical_repository(ci.get("repository"));
    out.repository_origin = origin_of(ci, "repository");
  }
  if (!out.ref.empty()) {
    // The token's.
  } else if (!source.branch.empty()) {
    out.ref = source.branch;
    out.ref_origin = k_observed;
  } else if (!ci.get("ref").empty()) {
    out.ref = ci.get("ref");
    out.ref_origin = origin_of(ci, "ref");
  }
  return out;
}

[[nodiscard]] json::Object external_parameters(const ProvenanceInput& input, const Chosen& chosen) {
  json::Object source;
  if (!chosen.repository.empty()) source.set("repository", clean_text(chosen.repository));
  if (!chosen.ref.empty()) source.set("ref", clean_text(chosen.ref));
  json::Object out{{"source", std::move(source)}};
  if (!input.ci.get("workflow").empty()) out.set("workflow", clean_text(input.ci.get("workflow")));
  if (!input.parameters.empty()) out.set("parameters", input.parameters);
  return out;
}

// `kind` is what git saw, also where nobody judged it.
[[nodiscard]] json::Object signature_json(const SourceSignature& signature, const std::string& kind) {
  const bool verified = signature.state == SignatureState::verified;
  json::Object out{{"state", to_string(signature.state)}, {"verified", verified}};
  if (!kind.empty()) out.set("kind", kind);
  if (verified) {
    out.set("signer", clean_text(signature.signer));
    out.set("key", clean_text(signature.key));
  }
  if (!signature.code.empty()) {
    out.set("code", signature.code);
    out.set("problem", clean_text(signature.problem));
  }
  return out;
}

[[nodiscard]] json::Array tags_json(const std::vector<SourceTag>& tags) {
  json::Array out;
  for (const SourceTag& tag : tags) {
    out.emplace_back(json::Object{{"name", clean_text(tag.name)},
                                  {"object", tag.object},
                                  {"signature", signature_json(tag.signature, tag.signature.kind)}});
  }
  return out;
}

[[nodiscard]] json::Object range_json(const SourceRange& range) {
  json::Array commits;
  for (const SourceCommit& commit : range.commits) {
    commits.emplace_back(
        json::Object{{"commit", commit.id},
                     {"subject", clean_text(commit.subject)},
                     {"time", commit.time},
                     {"parents", static_cast<std::int64_t>(commit.parents)},
                     {"otherCommitter", commit.other_committer},
                     {"signature", signature_json(commit.signature, commit.signature.kind)}});
  }
  json::Object out{{"base", clean_text(range.base)},
                   {"reachesBase", range.reaches_base},
                   {"commits", std::move(commits)},
                   {"filesChanged", static_cast<std::int64_t>(range.files_changed)},
                   {"insertions", static_cast<std::int64_t>(range.insertions)},
                   {"deletions", static_cast<std::int64_t>(range.deletions)}};
  if (!range.base_commit.empty()) out.set("baseCommit", range.base_commit);
  if (!range.problem.empty()) out.set("problem", clean_text(range.problem));
  return out;
}

[[nodiscard]] json::Object source_state(const SourceRecord& source) {
  json::Object out{{"dirty", source.dirty},
                   {"shallow", source.shallow},
                   {"replaceRefs", source.replace_refs},
                   {"alternates", source.alternates}};
  if (!source.tree.empty()) out.set("tree", source.tree);
  if (!source.worktree_tree.empty()) out.set("worktreeTree", source.worktree_tree);
  if (!source.index_tree.empty()) out.set("indexTree", source.index_tree);
  if (!source.describe.empty()) out.set("describe", clean_text(source.describe));
  out.set("signature", signature_json(source.signature, source.signature_kind));
  if (!source.signed_tags.empty()) out.set("tags", tags_json(source.signed_tags));
  if (source.range) out.set("range", range_json(*source.range));
  if (!source.signer_files.empty()) {
    json::Object files;
    for (const auto& [name, digest] : source.signer_files) files.set(name, json::Object{{"sha256", digest}});
    out.set("signers", std::move(files));
  }
  if (!source.unknowns.empty()) {
    json::Array unknowns;
    for (const std::string& line : source.unknowns) unknowns.emplace_back(clean_text(line));
    out.set("unknowns", std::move(unknowns));
  }
  json::Array dirty;
  for (const std::string& path : source.dirty_paths) dirty.emplace_back(clean_text(path));
  if (!dirty.empty()) {
    out.set("dirtyPaths", std::move(dirty));
    out.set("dirtyPathsTruncated", source.dirty_paths_truncated);
  }
  return out;
}

// What became of the platform's token; never a part of it.
[[nodiscard]] json::Object identity_json(const CiIdentity& ci, const Chosen& chosen) {
  json::Object out{{"state", to_string(ci.token)}};
  if (!ci.token_issuer.empty()) out.set("issuer", clean_text(ci.token_issuer));
  if (!ci.token_code.empty()) {
    out.set("code", ci.token_code);
    out.set("problem", clean_text(ci.token_problem));
  }
  json::Array conflicts;
  for (const auto* list : {&ci.conflicts, &chosen.conflicts}) {
    for (const CiConflict& conflict : *list) {
      conflicts.emplace_back(json::Object{{"field", conflict.field},
                                          {"token", clean_text(conflict.token)},
                                          {"other", clean_text(conflict.other)},
                                          {"origin", to_string(conflict.origin)}});
    }
  }
  out.set("conflicts", std::move(conflicts));
  return out;
}

[[nodiscard]] json::Object internal_parameters(const ProvenanceInput& input, const Chosen& chosen) {
  json::Object ci{{"kind", to_string(input.ci.kind)}};
  json::Object origins;
  if (!chosen.repository.empty())
    origins.set("externalParameters.source.repository", chosen.repository_origin);
  if (!chosen.ref.empty()) origins.set("externalParameters.source.ref", chosen.ref_origin);
  if (!input.source.commit.empty()) origins.set("resolvedDependencies.source", chosen.commit_origin);
  if (!input.ci.get("workflow").empty()) {
    origins.set("externalParameters.workflow", origin_of(input.ci, "workflow"));
  }
  for (const CiField& field : input.ci.fields) {
    ci.set(clean_text(field.name), clean_text(field.value));
    origins.set("internalParameters.ci." + clean_text(field.name), to_string(field.origin));
  }
  return json::Object{
      {"ci", std::move(ci)},
      {"identity", identity_json(input.ci, chosen)},
      {"source", source_state(input.source)},
      {"origin", std::move(origins)},
      // Said by the document for its readers only; a verifier takes the level from its own table.
      {"level",
       json::Object{{"slsaBuildLevel", 1},
                    {"reason", "made inside the job that it describes, so the job could have changed it"}}}};
}

[[nodiscard]] json::Object digest_json(const DigestSet& digests) {
  json::Object out;
  for (const auto& [name, value] : digests) out.set(name, value);
  return out;
}

[[nodiscard]] json::Object source_dependency(const SourceRecord& source, const Chosen& chosen) {
  json::Object out{{"name", "source"}};
  if (!chosen.repository.empty()) {
    out.set("uri", clean_text("git+" + chosen.repository + (chosen.ref.empty() ? "" : "@" + chosen.ref)));
  }
  json::Object digest{{"gitCommit", source.commit}};
  if (!source.tree.empty()) digest.set("gitTree", source.tree);
  out.set("digest", std::move(digest));
  // The commit is what was checked out; what was built is the work tree.
  if (source.dirty) out.set("annotations", json::Object{{"dirty", true}});
  return out;
}

[[nodiscard]] Result<json::Array> resolved_dependencies(const ProvenanceInput& input, const Chosen& chosen) {
  json::Array out;
  if (!input.source.commit.empty()) out.emplace_back(source_dependency(input.source, chosen));
  for (const Submodule& submodule : input.source.submodules) {
    json::Object item{{"name", clean_text("submodule " + submodule.path)}};
    if (!submodule.url.empty()) item.set("uri", clean_text("git+" + canonical_repository(submodule.url)));
    item.set("digest", json::Object{{"gitCommit", submodule.commit}});
    if (submodule.dirty) item.set("annotations", json::Object{{"dirty", true}});
    out.emplace_back(std::move(item));
  }
  for (const Dependency& dependency : input.dependencies) {
    json::Object item;
    if (!dependency.name.empty()) item.set("name", clean_text(dependency.name));
    if (!dependency.uri.empty()) item.set("uri", clean_text(dependency.uri));
    if (!dependency.digest.empty()) {
      SLUICE_CHECK(check_digest_set(dependency.digest));
      item.set("digest", digest_json(dependency.digest));
    }
    out.emplace_back(std::move(item));
  }
  return out;
}

[[nodiscard]] Result<json::Object> run_details(const ProvenanceInput& input) {
  json::Object metadata;
  std::string_view invocation = input.ci.get("run_url");
  if (invocation.empty()) invocation = input.ci.get("run_id");
  if (!invocation.empty()) metadata.set("invocationId", clean_text(invocation));
  if (input.started_on.time_since_epoch().count() > 0)
    metadata.set("startedOn", format_time(input.started_on));
  if (input.finished_on.time_since_epoch().count() > 0)
    metadata.set("finishedOn", format_time(input.finished_on));
  json::Object out{{"builder", json::Object{{"id", input.builder_id},
                                            {"version", json::Object{{"sluice", input.tool_version}}}}},
                   {"metadata", std::move(metadata)}};
  json::Array byproducts;
  for (const Dependency& one : input.byproducts) {
    SLUICE_CHECK(check_digest_set(one.digest));
    byproducts.emplace_back(
        json::Object{{"name", clean_text(one.name)}, {"digest", digest_json(one.digest)}});
  }
  if (!byproducts.empty()) out.set("byproducts", std::move(byproducts));
  return out;
}

[[nodiscard]] std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

std::string canonical_repository(std::string_view url) {
  std::string_view rest = url;
  std::string scheme;
  if (const auto at = url.find("://"); at != std::string_view::npos) {
    scheme = lower(url.substr(0, at));
    rest = url.substr(at + 3);
  } else if (const auto colon = url.find(':'); colon != std::string_view::npos && colon > 0 &&
                                               url.substr(0, colon).find('/') == std::string_view::npos) {
    // scp form: host:path
    std::string ssh = "ssh://" + std::string(url.substr(0, colon)) + "/";
    std::string_view path = url.substr(colon + 1);
    while (path.starts_with('/')) path.remove_prefix(1);
    return canonical_repository(ssh + std::string(path));
  } else {
    return std::string(url);  // a local path, or empty
  }
  if (const auto end = rest.find_first_of("?#"); end != std::string_view::npos) rest = rest.substr(0, end);
  const auto slash = rest.find('/');
  std::string_view host = rest.substr(0, slash);
  std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with(".git")) path.remove_suffix(4);
  return scheme + "://" + lower(host) + std::string(path);
}

Result<json::Object> provenance_predicate(const ProvenanceInput& input) {
  if (input.builder_id.find(':') == std::string::npos) {
    return fail(ErrorKind::config, "attest.builder-id",
                "the builder id \"" + input.builder_id + "\" is no URI",
                "set one that names who runs this build, e.g. https://ci.example.com/builders/linux");
  }
  const Chosen chosen = choose(input.source, input.ci);
  json::Array dependencies = SLUICE_TRY(resolved_dependencies(input, chosen));
  json::Object details = SLUICE_TRY(run_details(input));
  return json::Object{
      {"buildDefinition", json::Object{{"buildType", predicate::k_build_type},
                                       {"externalParameters", external_parameters(input, chosen)},
                                       {"internalParameters", internal_parameters(input, chosen)},
                                       {"resolvedDependencies", std::move(dependencies)}}},
      {"runDetails", std::move(details)}};
}

}  // namespace sluice::attest
