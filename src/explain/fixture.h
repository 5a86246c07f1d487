// Fixtures as examples: what a Markdown fixture of tests/rules (its README.md describes the form) says to a
// reader.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "checks/docker/docker.h"

namespace sluice::explain {

struct Example {
  std::string prose;                       // the paragraphs before the block, since the one before; Markdown
  std::string language;                    // the word behind the fence: "dockerfile"
  std::string name;                        // the file that the block stands for: "Dockerfile"
  std::string code;                        // without the marks
  std::set<std::string> rules;             // that must fire in it; empty: a clean one
  std::optional<std::string> fixed;        // what --fix makes of it, from the block "fixed" behind it
  std::string fix_images;                  // what --fix-data holds: lines of YAML, "  debian:12: sha256:…"
  std::string fix_files;                   // the same of checksums by URL
  bool broken = false;                     // has syntax errors on purpose
  checks::docker::Options docker;          // what the check has to be told: label=, strict-labels, registry=
  bool configured = false;                 // it has to be told something
  std::optional<std::string> ignore_file;  // the text of its .dockerignore
};

struct Fixture {
  std::vector<std::string> rules;  // of the first heading
  std::vector<Example> examples;   // in order
};

// Tolerant: what is no example is left out. The tests' own reader (tests/rules/run_fixtures.cpp) is the
// strict one.
[[nodiscard]] Fixture read_fixture(std::string_view markdown);

// The embedded fixture that speaks of the rule; nothing if there is none (rules of the user's).
[[nodiscard]] std::optional<Fixture> find_fixture(std::string_view rule);

}  // namespace sluice::explain
