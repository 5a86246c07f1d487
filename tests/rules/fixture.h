// A fixture of tests/rules with its place, and the rules that its blocks are analysed with.
#pragma once

#include <string>
#include <vector>

#include "explain/fixture.h"
#include "scan/rule_book.h"

namespace fixtures {

using Block = sluice::explain::Example;
using sluice::explain::Mark;

struct Fixture : sluice::explain::Fixture {
  std::string path;
};

[[nodiscard]] sluice::Result<Fixture> read_fixture_file(const std::string& path);

// All rules, under the options and with the fix data of the block.
[[nodiscard]] sluice::Result<sluice::scan::RuleBook> book_for(const Block& block,
                                                              const std::vector<std::string>& only = {});

}  // namespace fixtures
