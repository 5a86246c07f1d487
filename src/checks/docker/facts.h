// What the checks look at: the document, its model, and the commands of every RUN sorted by program and read
// as package manager calls once, for all checks.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/docker/docker.h"
#include "checks/docker/managers.h"
#include "syntax/dockerfile/model.h"
#include "syntax/shell/arguments.h"

namespace sluice::checks::docker {

namespace df = syntax::dockerfile;
namespace sh = syntax::shell;
using df::Keyword;
using df::Model;
using df::Stage;
using df::Step;

// A simple command of a RUN (an ONBUILD's too).
struct RunCommand {
  const Step* step = nullptr;
  const df::BuildScript* build = nullptr;
  const sh::Command* command = nullptr;
  [[nodiscard]] std::string_view name() const { return command->name(); }
  [[nodiscard]] const sh::Script& script() const { return build->script; }
};

// A call of a package manager: `apt-get -y install a b`.
struct PackageCommand {
  RunCommand run;
  const Manager* manager = nullptr;
  Verb verb = Verb::other;
  const sh::Word* verb_word = nullptr;    // null if there is none (`yarn`)
  sh::Arguments arguments;                // operands[0] is the verb
  std::vector<const sh::Word*> packages;  // operands behind the verb
};

class Facts {
 public:
  Facts(const df::Document& document, const Model& model, std::string_view source, const Options& options);
  Facts(const Facts&) = delete;
  Facts& operator=(const Facts&) = delete;

  const df::Document& document;
  const Model& model;
  std::string_view source;
  const Options& options;

  [[nodiscard]] std::span<const RunCommand> commands() const { return commands_; }
  // The commands of that program name, in order.
  [[nodiscard]] std::vector<RunCommand> named(std::string_view name) const;
  [[nodiscard]] std::span<const PackageCommand> packages() const { return packages_; }
  [[nodiscard]] std::span<const PackageCommand> packages_of(const Step& step) const;
  // The commands of one step, in order.
  [[nodiscard]] std::span<const RunCommand> commands_of(const Step& step) const;

  [[nodiscard]] const Stage& stage_of(const Step& step) const { return model.stages[step.stage]; }
  // The step's file system is part of a shipped image: its stage is one, or one is built FROM it.
  [[nodiscard]] bool reaches_image(const Step& step) const { return in_image_[step.stage]; }
  // Nobody builds FROM the stage or copies from it.
  [[nodiscard]] bool is_leaf(const Stage& stage) const;
  [[nodiscard]] std::uint32_t index_of(const Stage& stage) const {
    return static_cast<std::uint32_t>(&stage - model.stages.data());
  }

 private:
  void add_package_command(const RunCommand& run);
  std::vector<RunCommand> commands_;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> by_name_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges_;  // per step: [first, last) of commands_
  std::vector<PackageCommand> packages_;
  std::vector<bool> in_image_;  // per stage
  std::vector<bool> used_;      // per stage
};

}  // namespace sluice::checks::docker
