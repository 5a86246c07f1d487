#include "fixture.h"

#include "base/file.h"
#include "explain/wording.h"

namespace fixtures {

using namespace sluice;

Result<Fixture> read_fixture_file(const std::string& path) {
  return Fixture{explain::read_fixture(SLUICE_TRY(read_file(path))), path};
}

Result<scan::RuleBook> book_for(const Block& block, const std::vector<std::string>& only) {
  scan::RuleBookOptions options;
  options.profile = checks::Profile::all;
  options.docker = block.docker;
  options.docker.profile = options.profile;
  const std::string data = explain::fix_data_of(block);
  if (!data.empty()) SLUICE_CHECK(options.fix_data.add_document(data, "fixture"));
  options.only = only;
  return scan::RuleBook::load(options);
}

}  // namespace fixtures
