#include "ci/detect.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"

namespace sluice::ci {
namespace {

struct Row {
  std::string_view field;
  std::string_view variable;
};

// https://docs.github.com/actions/reference/variables-reference
constexpr std::array<Row, 22> k_github{{{"server", "GITHUB_SERVER_URL"},
                                        {"repository_path", "GITHUB_REPOSITORY"},
                                        {"repository_id", "GITHUB_REPOSITORY_ID"},
                                        {"owner_id", "GITHUB_REPOSITORY_OWNER_ID"},
                                        {"ref", "GITHUB_REF"},
                                        {"ref_protected", "GITHUB_REF_PROTECTED"},
                                        {"commit", "GITHUB_SHA"},
                                        {"base_ref", "GITHUB_BASE_REF"},
                                        {"head_ref", "GITHUB_HEAD_REF"},
                                        {"run_id", "GITHUB_RUN_ID"},
                                        {"run_attempt", "GITHUB_RUN_ATTEMPT"},
                                        {"run_number", "GITHUB_RUN_NUMBER"},
                                        {"job", "GITHUB_JOB"},
                                        {"actor", "GITHUB_ACTOR"},
                                        {"actor_id", "GITHUB_ACTOR_ID"},
                                        {"triggering_actor", "GITHUB_TRIGGERING_ACTOR"},
                                        {"event", "GITHUB_EVENT_NAME"},
                                        {"workflow", "GITHUB_WORKFLOW_REF"},
                                        {"workflow_commit", "GITHUB_WORKFLOW_SHA"},
                                        {"runner", "RUNNER_NAME"},
                                        {"runner_environment", "RUNNER_ENVIRONMENT"},
                                        {"runner_arch", "RUNNER_ARCH"}}};

// https://docs.gitlab.com/ci/variables/predefined_variables/
constexpr std::array<Row, 21> k_gitlab{{{"server", "CI_SERVER_URL"},
                                        {"repository", "CI_PROJECT_URL"},
                                        {"repository_path", "CI_PROJECT_PATH"},
                                        {"repository_id", "CI_PROJECT_ID"},
                                        {"ref_name", "CI_COMMIT_REF_NAME"},
                                        {"ref_protected", "CI_COMMIT_REF_PROTECTED"},
                                        {"commit", "CI_COMMIT_SHA"},
                                        {"tag", "CI_COMMIT_TAG"},
                                        {"base_commit", "CI_MERGE_REQUEST_DIFF_BASE_SHA"},
                                        {"head_commit", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"},
                                        {"merge_request", "CI_MERGE_REQUEST_IID"},
                                        {"run_id", "CI_PIPELINE_ID"},
                                        {"run_url", "CI_PIPELINE_URL"},
                                        {"job_id", "CI_JOB_ID"},
                                        {"job", "CI_JOB_NAME"},
                                        {"job_url", "CI_JOB_URL"},
                                        {"actor", "GITLAB_USER_LOGIN"},
                                        {"event", "CI_PIPELINE_SOURCE"},
                                        {"workflow", "CI_CONFIG_PATH"},
                                        {"runner", "CI_RUNNER_ID"},
                                        {"runner_version", "CI_RUNNER_VERSION"}}};

constexpr std::array<Row, 11> k_jenkins{{{"repository", "GIT_URL"},
                                         {"ref_name", "GIT_BRANCH"},
                                         {"commit", "GIT_COMMIT"},
                                         {"change", "CHANGE_ID"},
                                         {"base_ref", "CHANGE_TARGET"},
                                         {"run_id", "BUILD_TAG"},
                                         {"run_number", "BUILD_NUMBER"},
                                         {"run_url", "BUILD_URL"},
                                         {"job", "JOB_NAME"},
                                         {"actor", "BUILD_USER"},
                                         {"runner", "NODE_NAME"}}};

std::string_view get(const Environment& environment, std::string_view name) {
  const auto it = environment.find(std::string(name));
  return it == environment.end() ? std::string_view{} : std::string_view(it->second);
}

CiKind kind_of(const Environment& environment) {
  if (get(environment, "GITHUB_ACTIONS") == "true") return CiKind::github;
  if (get(environment, "GITLAB_CI") == "true") return CiKind::gitlab;
  if (!get(environment, "JENKINS_HOME").empty() || !get(environment, "JENKINS_URL").empty())
    return CiKind::jenkins;
  return CiKind::none;
}

std::span<const Row> rows_of(CiKind kind) {
  switch (kind) {
    case CiKind::github:
      return k_github;
    case CiKind::gitlab:
      return k_gitlab;
    case CiKind::jenkins:
      return k_jenkins;
    case CiKind::none:
      return {};
  }
  return {};
}

// "https://user:token@host/x" → "https://host/x": a remote may hold a credential.
std::string without_userinfo(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t host = scheme + 3;
  const std::size_t at = url.substr(0, url.find('/', host)).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

void add(CiIdentity& identity, std::string_view name, std::string value) {
  if (value.empty() || value.size() > k_max_value_bytes || !is_utf8(value)) return;
  identity.fields.push_back({std::string(name), std::move(value), Origin::env});
}

}  // namespace

CiIdentity detect(const Environment& environment) {
  CiIdentity identity;
  identity.kind = kind_of(environment);
  for (const Row& row : rows_of(identity.kind)) {
    add(identity, row.field, without_userinfo(get(environment, row.variable)));
  }
  // One name for the same thing everywhere: the repository's URL, the full ref, the run's URL.
  if (identity.kind == CiKind::github) {
    const std::string server(identity.get("server"));
    const std::string path(identity.get("repository_path"));
    const std::string run(identity.get("run_id"));
    if (!server.empty() && !path.empty()) {
      add(identity, "repository", server + "/" + path);
      if (!run.empty()) add(identity, "run_url", server + "/" + path + "/actions/runs/" + run);
    }
  }
  if (identity.kind == CiKind::gitlab && !identity.get("ref_name").empty()) {
    const bool tag = !identity.get("tag").empty();
    add(identity, "ref", (tag ? "refs/tags/" : "refs/heads/") + std::string(identity.get("ref_name")));
  }
  std::sort(identity.fields.begin(), identity.fields.end(),
            [](const CiField& a, const CiField& b) { return a.name < b.name; });
  return identity;
}

}  // namespace sluice::ci
