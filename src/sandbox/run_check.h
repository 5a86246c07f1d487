// What every engine asks of a RunSpec before it starts anything, and the environment that it gives a program.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sandbox/engine.h"

namespace sluice::sandbox {

// Code sandbox.spec: what no container can be started with, or is never given.
[[nodiscard]] Status check_run_spec(const RunSpec& spec);

// RunSpec::env, with what engines add if it asks for that.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> environment_of(const RunSpec& spec,
                                                                              const std::string& home);

}  // namespace sluice::sandbox
