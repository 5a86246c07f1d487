// Command tests: one container each (with `setup`, several on one file system).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "image/config.h"
#include "sandbox/engine.h"
#include "sandbox/outcome.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox {

struct CommandContext {
  Engine& engine;
  std::shared_ptr<PreparedImage> image;
  const image::ImageConfig& config;
  const TestSpec& spec;
  const TextMatcher& matcher;
  const Environment& environment;
  RunObserver observer = {};  // told of every container that has ended

  void note(const RunSpec& run, const RunResult& result) const {
    if (observer) observer(run, result);
  }
};

struct CommandOutcome {
  Outcome outcome;
  std::string output;                       // bounded excerpt
  std::vector<std::string> limits_missing;  // of its containers
};

// How the test's container is run; the argument vector may be empty (an image without entrypoint and
// command).
[[nodiscard]] RunSpec run_spec(const CommandTest& test, const CommandContext& context);

// Fails only if the run was cancelled.
[[nodiscard]] Result<CommandOutcome> judge(const CommandTest& test, const CommandContext& context);

// "SIGINT", "INT", "2" → 2; 15 for an empty text; nothing for another.
[[nodiscard]] std::optional<int> signal_number(std::string_view name);

}  // namespace sluice::sandbox
