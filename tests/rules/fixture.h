// The Markdown fixtures of rules and checks, as README.md describes them: reading them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checks/docker/docker.h"
#include "scan/rule_book.h"

namespace fixtures {

using Mark = std::pair<std::uint32_t, std::string>;  // line in the analysed text, rule

struct Block {
  std::size_t line = 0;  // of the opening fence, in the Markdown file
  std::size_t last = 0;  // of the closing one
  std::string language;  // the word behind the fence
  std::string name;      // of the file that it stands for
  std::string text;      // without marks
  std::multiset<Mark> expected;
  bool exact = false;
  bool broken = false;
  sluice::checks::docker::Options docker;  // of the words label=, strict-labels, registry=
  bool configured = false;                 // one of those words stands behind the fence
  std::optional<std::string> ignore_file;  // of dockerignore=PATTERN
  sluice::scan::FixData fix_data;          // of image=REFERENCE=DIGEST and file=URL=DIGEST
  std::optional<std::string> fixed;        // the text after --fix: of the block behind it, marked "fixed"
};

struct Fixture {
  std::string path;
  std::vector<std::string> rules;
  std::vector<Block> blocks;
  std::vector<std::string> faults;  // of the fixture itself
};

[[nodiscard]] Fixture read_fixture(const std::string& path, std::string_view text);

// The rules that a block is analysed with: all, under the options of the block.
[[nodiscard]] sluice::Result<sluice::scan::RuleBook> book_for(const Block& block,
                                                              const std::vector<std::string>& only = {});

}  // namespace fixtures
