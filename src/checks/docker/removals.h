// Edits that take something out as a whole: an instruction, a pair of ENV, a command of a chain. None if it
// does not stand by itself in the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "checks/docker/facts.h"

namespace sluice::checks::docker {

// The instruction's lines, if it begins its line.
[[nodiscard]] std::optional<Edit> remove_instruction(std::string_view source,
                                                     const df::Instruction& instruction);

// Pair `index` of ENV, LABEL or ARG, with the blanks and continuations that tie it to its neighbour; the
// whole instruction if it is the only one.
[[nodiscard]] std::optional<Edit> remove_pair(const Facts& facts, const Step& step, std::size_t index);

// A command of a RUN that is one plain chain of && and ;, with the operator that ties it to its neighbour;
// the whole RUN if it is the only one.
[[nodiscard]] std::optional<Edit> remove_command(const Facts& facts, const RunCommand& run);

}  // namespace sluice::checks::docker
