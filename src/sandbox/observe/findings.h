// Judges what a container did: findings with rules of their own (`runtime.*`, docs/runtime-rules.md). Pure.
//
// What an image may do is what its configuration declares (exposed ports, volumes), what the test file's
// `run` gives it (tmpfs), and what `observe.expect` lists. Without a list for them, programs are judged by
// kind alone (shells, package managers, downloaders), and of the network only the container's own addresses
// are free.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/config.h"
#include "sandbox/engine.h"
#include "sandbox/test_spec.h"
#include "sluice/finding.h"
#include "sluice/report.h"

namespace sluice::sandbox {

struct Declared {
  ObserveSettings expect;
  std::vector<std::string> ports;    // "8080/tcp"
  std::vector<std::string> volumes;  // absolute paths
};

// Of the image's configuration, the test file's `observe`, and the ports that its tests name.
[[nodiscard]] Declared declared_by(const image::ImageConfig& config, const TestSpec& spec);

// In the order of the rules, each once. Empty if nothing was observed: that is for others to see
// (`unobserved`).
[[nodiscard]] std::vector<Finding> judge_run(const RunSpec& spec, const RunResult& result,
                                             const Declared& declared);

// Appends what is not there yet, by fingerprint, and keeps the order of a report.
void add_findings(std::vector<Finding>& all, std::vector<Finding> more);

[[nodiscard]] std::vector<RuleInfo> runtime_rules();

// "/srv/data" matches itself and all below; "*" stands for any part of one component, "**" for any text.
[[nodiscard]] bool matches_path(std::string_view pattern, std::string_view path);

}  // namespace sluice::sandbox
