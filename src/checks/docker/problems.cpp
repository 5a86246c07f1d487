#include "checks/docker/problems.h"

#include <algorithm>

namespace sluice::checks::docker {

void note_problems(const Facts& facts, Output& out) {
  const auto count = [&](auto predicate) {
    return std::count_if(facts.document.problems.begin(), facts.document.problems.end(), predicate);
  };
  const auto refused = count([](const df::Problem& problem) { return problem.refused(); });
  if (refused > 0) out.notes.push_back(std::to_string(refused) + " places that a builder refuses");
  const auto unread =
      count([](const df::Problem& problem) { return problem.kind == df::ProblemKind::too_large; });
  std::size_t shell_problems = 0;
  std::size_t opaque = 0;
  for (const df::BuildScript& build : facts.model.scripts) {
    shell_problems += build.script.problems.size();
    opaque += build.opaque ? 1 : 0;
  }
  if (shell_problems > 0)
    out.notes.push_back(std::to_string(shell_problems) + " places in shell text not understood");
  if (opaque > 0) out.notes.push_back(std::to_string(opaque) + " texts in other languages not analysed");
  for (const std::string& limit : facts.model.limits) out.notes.push_back(limit);
  out.partial = out.partial || unread > 0 || !facts.model.limits.empty();
}

}  // namespace sluice::checks::docker
