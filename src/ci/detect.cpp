#include "ci/detect.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"
#include "base/scrub_url.h"

namespace sluice::ci {
namespace {

enum class Form : std::uint8_t { text, url, commit, ref };

struct Row {
  std::string_view field;
  std::string_view variable;
  Form form = Form::text;
};

// https://docs.github.com/actions/reference/variables-reference
constexpr std::array<Row, 24> k_github{{{"server", "GITHUB_SERVER_URL", Form::url},
                                        {"repository_path", "GITHUB_REPOSITORY"},
                                        {"repository_id", "GITHUB_REPOSITORY_ID"},
                                        {"owner_id", "GITHUB_REPOSITORY_OWNER_ID"},
                                        {"ref", "GITHUB_REF", Form::ref},
                                        {"ref_protected", "GITHUB_REF_PROTECTED"},
                                        {"commit", "GITHUB_SHA", Form::commit},
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
                                        {"workflow_commit", "GITHUB_WORKFLOW_SHA", Form::commit},
                                        {"workflow_name", "GITHUB_WORKFLOW"},
                                        {"runner", "RUNNER_NAME"},
                                        {"runner_environment", "RUNNER_ENVIRONMENT"},
                                        {"runner_os", "RUNNER_OS"},
                                        {"runner_arch", "RUNNER_ARCH"}}};

// https://docs.gitlab.com/ci/variables/predefined_variables/
constexpr std::array<Row, 28> k_gitlab{{{"server", "CI_SERVER_URL", Form::url},
                                        {"repository", "CI_PROJECT_URL", Form::url},
                                        {"repository_path", "CI_PROJECT_PATH"},
                                        {"repository_id", "CI_PROJECT_ID"},
                                        {"owner_id", "CI_PROJECT_NAMESPACE_ID"},
                                        {"ref_name", "CI_COMMIT_REF_NAME"},
                                        {"ref_protected", "CI_COMMIT_REF_PROTECTED"},
                                        {"commit", "CI_COMMIT_SHA", Form::commit},
                                        {"tag", "CI_COMMIT_TAG"},
                                        {"base_ref", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"},
                                        {"head_ref", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"},
                                        {"base_commit", "CI_MERGE_REQUEST_DIFF_BASE_SHA", Form::commit},
                                        {"head_commit", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", Form::commit},
                                        {"head_repository", "CI_MERGE_REQUEST_SOURCE_PROJECT_URL", Form::url},
                                        {"change", "CI_MERGE_REQUEST_IID"},
                                        {"run_id", "CI_PIPELINE_ID"},
                                        {"run_url", "CI_PIPELINE_URL", Form::url},
                                        {"job_id", "CI_JOB_ID"},
                                        {"job", "CI_JOB_NAME"},
                                        {"job_url", "CI_JOB_URL", Form::url},
                                        {"actor", "GITLAB_USER_LOGIN"},
                                        {"actor_id", "GITLAB_USER_ID"},
                                        {"event", "CI_PIPELINE_SOURCE"},
                                        {"workflow", "CI_CONFIG_PATH"},
                                        {"runner", "CI_RUNNER_ID"},
                                        {"runner_version", "CI_RUNNER_VERSION"},
                                        {"runner_arch", "CI_RUNNER_EXECUTABLE_ARCH"},
                                        {"runner_disposable", "CI_DISPOSABLE_ENVIRONMENT"}}};

// https://www.jenkins.io/doc/book/pipeline/jenkinsfile (variables), the git and branch-api plugins.
constexpr std::array<Row, 15> k_jenkins{{{"server", "JENKINS_URL", Form::url},
                                         {"repository", "GIT_URL", Form::url},
                                         {"ref_name", "GIT_BRANCH"},
                                         {"tag", "TAG_NAME"},
                                         {"commit", "GIT_COMMIT", Form::commit},
                                         {"change", "CHANGE_ID"},
                                         {"change_url", "CHANGE_URL", Form::url},
                                         {"base_ref", "CHANGE_TARGET"},
                                         {"head_ref", "CHANGE_BRANCH"},
                                         {"run_id", "BUILD_TAG"},
                                         {"run_number", "BUILD_NUMBER"},
                                         {"run_url", "BUILD_URL", Form::url},
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
      break;
  }
  return {};
}

bool is_commit(std::string_view text) {
  return (text.size() == 40 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_plain(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](char byte) {
           return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
         });
}

void add(CiIdentity& identity, std::string_view name, std::string value, Form form = Form::text) {
  if (form == Form::url) value = scrub_url(value);
  if (value.empty() || value.size() > k_max_value_bytes || !is_plain(value)) return;
  if (form == Form::commit && !is_commit(value)) return;
  if (form == Form::ref && !is_ref_name(value)) return;
  identity.fields.push_back({std::string(name), std::move(value), Origin::env});
}

// The variables give parts; one name means the same thing everywhere.
void complete_github(CiIdentity& identity) {
  const std::string server(identity.get("server"));
  const std::string path(identity.get("repository_path"));
  const std::string run(identity.get("run_id"));
  if (!server.empty() && !path.empty()) {
    add(identity, "repository", server + "/" + path, Form::url);
    if (!run.empty()) add(identity, "run_url", server + "/" + path + "/actions/runs/" + run, Form::url);
  }
  // refs/pull/7/merge
  constexpr std::string_view k_pull = "refs/pull/";
  const std::string ref(identity.get("ref"));
  if (ref.starts_with(k_pull))
    add(identity, "change", ref.substr(k_pull.size(), ref.find('/', k_pull.size()) - k_pull.size()));
}

void complete_gitlab(CiIdentity& identity, const Environment& environment) {
  const std::string name(identity.get("ref_name"));
  // In a merge request's pipeline the ref's name is the source branch, which may be one of a fork.
  if (!identity.get("change").empty()) {
    add(identity, "ref", std::string(get(environment, "CI_MERGE_REQUEST_REF_PATH")), Form::ref);
  } else if (!name.empty()) {
    add(identity, "ref", (identity.get("tag").empty() ? "refs/heads/" : "refs/tags/") + name, Form::ref);
  }
}

void complete_jenkins(CiIdentity& identity, const Environment& environment) {
  if (!identity.get("change").empty()) return;  // what was checked out there is no ref of the repository
  constexpr std::string_view k_origin = "origin/";
  std::string branch(get(environment, "BRANCH_NAME"));  // multibranch jobs
  if (branch.empty()) branch = identity.get("ref_name");
  if (branch.starts_with(k_origin)) branch.erase(0, k_origin.size());
  if (branch == "detached" || branch == "HEAD") branch.clear();
  const std::string tag(identity.get("tag"));
  if (!tag.empty()) {
    add(identity, "ref", "refs/tags/" + tag, Form::ref);
  } else if (!branch.empty()) {
    add(identity, "ref", (branch.starts_with("refs/") ? "" : "refs/heads/") + branch, Form::ref);
  }
}

}  // namespace

CiIdentity detect(const Environment& environment) {
  CiIdentity identity;
  identity.kind = kind_of(environment);
  for (const Row& row : rows_of(identity.kind)) {
    add(identity, row.field, std::string(get(environment, row.variable)), row.form);
  }
  if (identity.kind == CiKind::github) complete_github(identity);
  if (identity.kind == CiKind::gitlab) complete_gitlab(identity, environment);
  if (identity.kind == CiKind::jenkins) complete_jenkins(identity, environment);
  std::sort(identity.fields.begin(), identity.fields.end(),
            [](const CiField& a, const CiField& b) { return a.name < b.name; });
  return identity;
}

}  // namespace sluice::ci
