#include "checks/docker/facts.h"

#include <algorithm>

namespace sluice::checks::docker {
namespace {

Verb verb_of(const Manager& manager, std::string_view word) {
  if (listed(manager.install, word)) return Verb::install;
  if (listed(manager.update, word)) return Verb::update;
  if (listed(manager.upgrade, word)) return Verb::upgrade;
  if (listed(manager.distribution_upgrade, word)) return Verb::distribution_upgrade;
  if (listed(manager.clean, word)) return Verb::clean;
  return Verb::other;
}

}  // namespace

Facts::Facts(const df::Document& d, const Model& m, std::string_view s, const Options& o)
    : document(d), model(m), source(s), options(o) {
  ranges_.resize(model.steps.size());
  for (const Step& step : model.steps) {
    const auto first = static_cast<std::uint32_t>(commands_.size());
    if (step.instruction->keyword == Keyword::run && step.script != df::k_no_index) {
      const df::BuildScript& build = model.scripts[step.script];
      for (const sh::Command& command : build.script.commands) commands_.push_back({&step, &build, &command});
    }
    ranges_[step.index] = {first, static_cast<std::uint32_t>(commands_.size())};
  }
  for (std::uint32_t i = 0; i < commands_.size(); ++i) {
    const std::string_view name = commands_[i].name();
    if (name.empty()) continue;
    auto found = by_name_.find(name);
    if (found == by_name_.end())
      found = by_name_.emplace(std::string(name), std::vector<std::uint32_t>{}).first;
    found->second.push_back(i);
    add_package_command(commands_[i]);
  }
  in_image_.resize(model.stages.size());
  used_.resize(model.stages.size());
  for (std::size_t i = model.stages.size(); i-- > 0;) {
    const Stage& stage = model.stages[i];
    if (stage.shipped) in_image_[i] = true;
    if (stage.base.stage != df::k_no_index) {
      used_[stage.base.stage] = true;
      if (in_image_[i]) in_image_[stage.base.stage] = true;
    }
    for (const df::StageUse& use : stage.uses) {
      if (use.stage != df::k_no_index) used_[use.stage] = true;
    }
  }
}

void Facts::add_package_command(const RunCommand& run) {
  const Manager* manager = find_manager(run.name());
  if (manager == nullptr) return;
  PackageCommand out;
  out.run = run;
  out.manager = manager;
  out.arguments = sh::arguments(*run.command, manager->valued, manager->long_single);
  std::size_t packages_from = 0;
  if (!out.arguments.operands.empty()) {
    out.verb_word = out.arguments.operands.front();
    out.verb = verb_of(*manager, out.verb_word->text);
    packages_from = 1;
    // `dnf module install x`, `yum group install "Development Tools"`
    const bool grouped =
        out.verb_word->is("module") || out.verb_word->is("group") || out.verb_word->is("groups");
    if (grouped && out.arguments.operands.size() > 1 &&
        (manager->id == ManagerId::yum || manager->id == ManagerId::dnf ||
         manager->id == ManagerId::microdnf)) {
      out.verb = verb_of(*manager, out.arguments.operands[1]->text);
      packages_from = 2;
    }
  } else if (manager->id == ManagerId::yarn && !out.arguments.has("--version --help -v -h")) {
    out.verb = Verb::install;  // bare `yarn`
  }
  const std::size_t end = std::max(out.arguments.before_dashes, packages_from);
  for (std::size_t i = packages_from; i < out.arguments.operands.size(); ++i) {
    // What stands behind `--` are packages too, except for gem, which hands it to the extension's build.
    if (manager->id == ManagerId::gem && i >= end) break;
    out.packages.push_back(out.arguments.operands[i]);
  }
  packages_.push_back(std::move(out));
}

std::vector<RunCommand> Facts::named(std::string_view name) const {
  std::vector<RunCommand> out;
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return out;
  for (const std::uint32_t i : found->second) out.push_back(commands_[i]);
  return out;
}

std::span<const RunCommand> Facts::commands_of(const Step& step) const {
  const auto [first, last] = ranges_[step.index];
  return std::span<const RunCommand>(commands_).subspan(first, last - first);
}

std::span<const PackageCommand> Facts::packages_of(const Step& step) const {
  const auto first =
      std::lower_bound(packages_.begin(), packages_.end(), step.index,
                       [](const PackageCommand& p, std::uint32_t s) { return p.run.step->index < s; });
  auto last = first;
  while (last != packages_.end() && last->run.step == &step) ++last;
  return {first, last};
}

bool Facts::is_leaf(const Stage& stage) const {
  return !used_[index_of(stage)];
}

}  // namespace sluice::checks::docker
