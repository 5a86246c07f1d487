#include "ci/claims.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "ci/detect.h"

namespace sluice::ci {
namespace {

constexpr std::string_view k_github_issuer = "https://token.actions.githubusercontent.com";

struct Row {
  std::string_view field;
  std::string_view claim;
};

// Names of both platforms; no token has two claims of one field that could differ.
constexpr std::array<Row, 25> k_rows{{{"repository_path", "repository"},
                                      {"repository_path", "project_path"},
                                      {"repository_id", "repository_id"},
                                      {"repository_id", "project_id"},
                                      {"owner_id", "repository_owner_id"},
                                      {"owner_id", "namespace_id"},
                                      {"commit", "sha"},
                                      {"base_ref", "base_ref"},
                                      {"head_ref", "head_ref"},
                                      {"run_id", "run_id"},
                                      {"run_id", "pipeline_id"},
                                      {"run_attempt", "run_attempt"},
                                      {"run_number", "run_number"},
                                      {"job_id", "job_id"},
                                      {"actor", "actor"},
                                      {"actor", "user_login"},
                                      {"actor_id", "actor_id"},
                                      {"actor_id", "user_id"},
                                      {"event", "event_name"},
                                      {"event", "pipeline_source"},
                                      {"workflow", "workflow_ref"},
                                      {"workflow_commit", "workflow_sha"},
                                      {"job_workflow", "job_workflow_ref"},
                                      {"ref_protected", "ref_protected"},
                                      {"runner_environment", "runner_environment"}}};

// GitLab gives numbers as strings, GitHub too; a number is taken all the same.
std::string text_of(const json::Value& claims, std::string_view name) {
  const json::Value* value = claims.find(name);
  if (value == nullptr) return {};
  if (value->as_string() != nullptr) return *value->as_string();
  if (value->as_int() != nullptr) return std::to_string(*value->as_int());
  if (value->as_bool() != nullptr) return *value->as_bool() ? "true" : "false";
  return {};
}

bool is_plain(std::string_view text) {
  return is_utf8(text) && text.size() <= k_max_value_bytes &&
         std::none_of(text.begin(), text.end(),
                      [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
}

void set(CiIdentity& identity, std::string_view name, std::string value) {
  if (value.empty() || !is_plain(value)) return;
  const auto at = std::find_if(identity.fields.begin(), identity.fields.end(),
                               [&](const CiField& field) { return field.name == name; });
  if (at == identity.fields.end()) {
    identity.fields.push_back({std::string(name), std::move(value), Origin::oidc});
    return;
  }
  if (at->value != value && at->origin != Origin::oidc)
    identity.conflicts.push_back({at->name, value, at->value, at->origin});
  at->value = std::move(value);
  at->origin = Origin::oidc;
}

// GitHub's `ref` is full; GitLab's is a name, beside `ref_path` or `ref_type`.
std::string ref_of(const json::Value& claims) {
  for (const char* name : {"ref_path", "ref"}) {
    const std::string ref = text_of(claims, name);
    if (is_ref_name(ref)) return ref;
  }
  const std::string name = text_of(claims, "ref");
  const std::string type = text_of(claims, "ref_type");
  std::string ref;
  if (type == "branch") ref = "refs/heads/" + name;
  if (type == "tag") ref = "refs/tags/" + name;
  return is_ref_name(ref) ? ref : std::string();
}

}  // namespace

void apply_claims(const json::Value& claims, const std::string& issuer, CiIdentity& identity) {
  identity.token = TokenState::verified;
  identity.token_issuer = issuer;
  for (const Row& row : k_rows) set(identity, row.field, text_of(claims, row.claim));
  set(identity, "ref", ref_of(claims));
  // The instance is the issuer on GitLab; GitHub's issuer is a host of its own.
  const std::string path(identity.get("repository_path"));
  const bool told = claims.find("repository") != nullptr || claims.find("project_path") != nullptr;
  if (told && issuer == k_github_issuer) set(identity, "repository", "https://github.com/" + path);
  if (told && claims.find("project_path") != nullptr) set(identity, "repository", issuer + "/" + path);
  std::sort(identity.fields.begin(), identity.fields.end(),
            [](const CiField& a, const CiField& b) { return a.name < b.name; });
  std::sort(identity.conflicts.begin(), identity.conflicts.end(),
            [](const CiConflict& a, const CiConflict& b) { return a.field < b.field; });
}

}  // namespace sluice::ci
