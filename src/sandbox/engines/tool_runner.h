// An engine's program as we call it: where it is, with which of our variables, and short calls to it.
#pragma once

#include <string>
#include <vector>

#include "base/effects.h"
#include "base/result.h"
#include "base/subprocess.h"
#include "sandbox/engines/kind.h"

namespace sluice::sandbox {

inline constexpr std::chrono::milliseconds k_tool_deadline{60'000};

class ToolRunner {
 public:
  // Looks for the program in PATH of `environment`. Code: sandbox.unsupported (it is not there).
  [[nodiscard]] static Result<ToolRunner> find(const ToolTraits& traits, const Environment& environment);

  [[nodiscard]] const ToolTraits& traits() const { return *traits_; }
  [[nodiscard]] const std::string& program() const { return program_; }
  // Those of our variables that say where an engine, its configuration and its data are; no others.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& environment() const {
    return environment_;
  }

  // Runs it to its end. A failing call is a result.
  [[nodiscard]] Result<ProcessResult> run(std::vector<std::string> argv,
                                          std::chrono::milliseconds deadline = k_tool_deadline) const;
  // The same; a failing call is an error (sandbox.tool) with the first line of what it said.
  [[nodiscard]] Result<std::string> output(std::vector<std::string> argv,
                                           std::chrono::milliseconds deadline = k_tool_deadline) const;

 private:
  ToolRunner(const ToolTraits& traits, std::string program,
             std::vector<std::pair<std::string, std::string>> environment)
      : traits_(&traits), program_(std::move(program)), environment_(std::move(environment)) {}
  const ToolTraits* traits_;
  std::string program_;
  std::vector<std::pair<std::string, std::string>> environment_;
};

// What a tool said of its failure: the last line that is not empty, without "Error: " and the like.
[[nodiscard]] std::string complaint(std::string_view text);

}  // namespace sluice::sandbox
