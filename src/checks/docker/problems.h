// What could not be read, as notes for coverage.
#pragma once

#include "checks/docker/facts.h"

namespace sluice::checks::docker {

void note_problems(const Facts& facts, Output& out);

}  // namespace sluice::checks::docker
