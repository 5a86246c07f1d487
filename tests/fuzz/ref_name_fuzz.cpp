// Reference names as a hostile pipeline gives them: what passes is safe in a path, a command line and a
// terminal.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "ci/detect.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (ci::is_ref_name(text)) {
    if (text.find("..") != std::string::npos || text.find("//") != std::string::npos ||
        !text.starts_with("refs/"))
      std::abort();
    for (const char byte : text) {
      if (static_cast<unsigned char>(byte) <= 0x20) std::abort();
    }
  }
  for (const Environment& environment :
       {Environment{{"GITHUB_ACTIONS", "true"},
                    {"GITHUB_REF", text},
                    {"GITHUB_SERVER_URL", text},
                    {"GITHUB_REPOSITORY", text}},
        Environment{{"GITLAB_CI", "true"}, {"CI_COMMIT_REF_NAME", text}, {"CI_COMMIT_SHA", text}},
        Environment{{"JENKINS_URL", text}, {"BRANCH_NAME", text}, {"GIT_URL", text}}}) {
    const CiIdentity identity = ci::detect(environment);
    const std::string ref(identity.get("ref"));
    if (!ref.empty() && !ci::is_ref_name(ref)) std::abort();
    for (const CiField& field : identity.fields) {
      if (field.value.empty() || field.origin != Origin::env || field.value.find('\n') != std::string::npos)
        std::abort();
    }
  }
  return 0;
}
