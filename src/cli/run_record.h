// What `sluice run` gathers around the command: files before and after, lock files, base images.
#pragma once

#include "cli/context.h"
#include "record/record.h"

namespace sluice::cli {

[[nodiscard]] std::vector<OptionSpec> run_options();

// Runs the command between two looks at the tree. A command that fails is a record like any other. Codes:
// those of hash_tree and run_command.
[[nodiscard]] Result<record::RunRecord> record_run(const Arguments& arguments, const Context& context,
                                                   const record::Redactor& redactor);

// The packages of the lock files and the base images of the Dockerfiles among the record's materials. What
// cannot be read is a gap of the record.
[[nodiscard]] std::vector<attest::Dependency> resolved_dependencies(record::RunRecord& record);

}  // namespace sluice::cli
