#include "sandbox/engines/leftovers.h"

#include <algorithm>

#include "sandbox/engines/tool_runner.h"
#include "sandbox/engines/tool_spec.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

bool is_our_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789-:/";
  return name.starts_with("sluice-") && name.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<Leftover> parse(std::string_view line, std::string_view word, bool image) {
  const auto words = split(line, ' ');
  if (words.size() != 3 || words[0] != word || !is_our_name(words[2])) return std::nullopt;
  const auto kind = parse_engine_kind(words[1]);
  if (!kind || tool_traits(*kind) == nullptr) return std::nullopt;
  return Leftover{image, *kind, std::string(words[2])};
}

bool says_gone(std::string_view text) {
  for (const std::string_view phrase : {"does not exist", "No such", "no such", "not found"}) {
    if (text.find(phrase) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::vector<Leftover> leftovers(std::string_view journal) {
  std::vector<Leftover> containers;
  std::vector<Leftover> images;
  while (!journal.empty()) {
    const std::size_t end = journal.find('\n');
    if (end == std::string_view::npos) break;  // half a line: written by one who died before making the thing
    const std::string_view line = journal.substr(0, end);
    journal.remove_prefix(end + 1);
    if (auto made = parse(line, "engine", false)) containers.push_back(std::move(*made));
    if (auto made = parse(line, "image", true)) images.push_back(std::move(*made));
    if (const auto gone = parse(line, "engine-gone", false)) std::erase(containers, *gone);
    if (const auto gone = parse(line, "image-gone", true)) std::erase(images, *gone);
  }
  containers.insert(containers.end(), images.begin(), images.end());
  return containers;
}

void remove_leftovers(const std::vector<Leftover>& list, const std::string& run_path,
                      std::vector<std::string>& problems) {
  const Environment environment = list.empty() ? Environment() : current_environment();
  for (const Leftover& leftover : list) {
    const ToolTraits& traits = *tool_traits(leftover.kind);
    const auto runner = ToolRunner::find(traits, environment);
    std::vector<std::string> argv = remove_arguments(traits, runc_state(run_path), leftover.name);
    if (leftover.image) argv = {std::string(traits.name), "image", "rm", "--force", leftover.name};
    const auto removed = runner ? runner->run(argv) : Result<ProcessResult>(tl::unexpected(runner.error()));
    if (removed && (removed->ok() || says_gone(removed->err.text()))) continue;
    problems.push_back("cannot remove " + leftover.name + " of " + std::string(traits.name) + ": " +
                       (removed ? complaint(removed->err.text()) : removed.error().message));
  }
}

std::string runc_state(const std::string& run_path) {
  return run_path + "/runc";
}

}  // namespace sluice::sandbox
