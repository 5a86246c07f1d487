#include "sandbox/goss/read_goss.h"

#include <glob.h>
#include <stdlib.h>

#include <iterator>
#include <memory>
#include <set>

#include "base/digest.h"
#include "base/file.h"
#include "sandbox/goss/goss_spec.h"

namespace sluice::sandbox::goss {
namespace {

constexpr std::uint64_t k_max_file_bytes = 8u << 20;

tl::unexpected<Error> bad_include(const std::string& path, const std::string& why) {
  return fail(ErrorKind::config, "goss.include", path + ": " + why);
}

// One file has one, however it is named; a file that is not there has its path.
std::string identity(const std::string& path) {
  const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), &::free);
  return real ? std::string(real.get()) : path;
}

// Sorted. A path without special characters is itself, so that a missing file is told as one.
Result<std::vector<std::string>> matching(const std::string& pattern) {
  if (pattern.find_first_of("*?[\\") == std::string::npos) return std::vector<std::string>{pattern};
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  const std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (status != 0 && status != GLOB_NOMATCH) return bad_include(pattern, "its folders cannot be read");
  if (paths.empty()) return bad_include(pattern, "no file matches");
  return paths;
}

class Files {
 public:
  Result<TestSpec> read(const std::string& path) {
    SLUICE_CHECK(add(path, 0));
    if (seen_.size() > 1) spec_.sha256 = sha256(digests_).hex();
    if (spec_.tests.empty()) return bad_include(path, "there are no tests in it or in what it includes");
    if (spec_.tests.size() > k_max_tests)
      return bad_include(path, "more than " + std::to_string(k_max_tests) + " tests");
    return std::move(spec_);
  }

 private:
  Status add(const std::string& path, std::size_t depth) {
    if (!seen_.insert(identity(path)).second) return {};
    if (depth > k_max_depth) return bad_include(path, "included too deep");
    if (seen_.size() > k_max_files)
      return bad_include(path, "more than " + std::to_string(k_max_files) + " files");
    const Bytes text = SLUICE_TRY(read_file(path, k_max_file_bytes));
    GossFile file = SLUICE_TRY(parse_goss_file(text, path));
    digests_ += file.spec.sha256;
    if (seen_.size() == 1) {
      spec_ = std::move(file.spec);
    } else {
      auto& more = file.spec.tests;
      spec_.tests.insert(spec_.tests.end(), std::make_move_iterator(more.begin()),
                         std::make_move_iterator(more.end()));
    }
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    for (const std::string& include : file.includes) {
      const std::string pattern = include.starts_with('/') ? include : folder + include;
      for (const std::string& found : SLUICE_TRY(matching(pattern))) SLUICE_CHECK(add(found, depth + 1));
    }
    return {};
  }

  TestSpec spec_;
  std::string digests_;
  std::set<std::string> seen_;
};

}  // namespace

Result<TestSpec> read_goss(const std::string& path) {
  return Files().read(path);
}

}  // namespace sluice::sandbox::goss
