// The record of one command as predicates: what ran, on what, with what result. Every string has gone through
// the redactor; nothing of the command's output is in it.
#pragma once

#include <string>
#include <vector>

#include "attest/predicates.h"
#include "base/json.h"
#include "record/command.h"
#include "record/redact.h"
#include "record/tree.h"

namespace sluice::record {

// Files that a link lists; of a larger tree it has the tree's digest only, and says so.
inline constexpr std::size_t k_max_listed_files = 5'000;

struct RunRecord {
  std::string name;                  // of the step
  std::vector<std::string> command;  // redacted
  std::string program_path;          // of the tool, and its digest, where it is a file that can be read
  std::string program_digest;        // hex; empty if unknown
  std::string directory;             // relative to the source's root; "." at its top
  CommandResult result;
  std::vector<std::string> environment_names;                    // sorted
  std::vector<std::pair<std::string, std::string>> environment;  // allowed ones with their values, redacted
  Tree materials;                                                // before
  Tree outputs;                                                  // after
  std::vector<FileRecord> products;                              // of `outputs`: new or changed
  std::vector<std::string> removed;                              // materials that are gone
  std::vector<std::string> gaps;                                 // what could not be recorded, one line each
};

// New and changed files of `after`, by path and digest; and those of `before` that are gone.
[[nodiscard]] std::vector<FileRecord> changed_files(const Tree& before, const Tree& after);
[[nodiscard]] std::vector<std::string> removed_files(const Tree& before, const Tree& after);

// The environment for the record: all names, and the values of those that `allow` names.
void record_environment(const Environment& environment, const std::vector<std::string>& allow,
                        const Redactor& redactor, RunRecord& record);

// in-toto link v0.3 (docs/formats/run.md).
[[nodiscard]] json::Object link_predicate(const RunRecord& record, const Redactor& redactor);

// externalParameters.parameters of the provenance, and the dependencies that stand for the inputs and the
// tool.
[[nodiscard]] json::Object provenance_parameters(const RunRecord& record, const Redactor& redactor);
[[nodiscard]] std::vector<attest::Dependency> input_dependencies(const RunRecord& record);

}  // namespace sluice::record
