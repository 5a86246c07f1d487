// What the readers of lock files share. For src/record only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/lockfile.h"

namespace sluice::record {

// Gathers packages within the limit.
class PackageSink {
 public:
  explicit PackageSink(std::string_view path) : path_(path) {}
  // `type` as in package URLs ("npm"); names are escaped here. `hash` may be empty or of an unknown form.
  void add(std::string_view type, std::string_view name, std::string_view version, std::string_view hash,
           std::string_view file = {});
  [[nodiscard]] Result<LockedPackages> take();
  [[nodiscard]] tl::unexpected<Error> wrong(const std::string& what) const;

 private:
  std::string path_;
  LockedPackages out_;
  bool full_ = false;
};

[[nodiscard]] Status read_package_lock(std::string_view text, PackageSink& sink);
[[nodiscard]] Status read_yarn_lock(std::string_view text, PackageSink& sink);
[[nodiscard]] Status read_pnpm_lock(std::string_view text, PackageSink& sink);
[[nodiscard]] Status read_toml_lock(std::string_view text, std::string_view type, PackageSink& sink);
[[nodiscard]] Status read_pipfile_lock(std::string_view text, PackageSink& sink);
[[nodiscard]] Status read_requirements(std::string_view text, PackageSink& sink);
[[nodiscard]] Status read_go_sum(std::string_view text, PackageSink& sink);
[[nodiscard]] Status read_gemfile_lock(std::string_view text, PackageSink& sink);
[[nodiscard]] Status read_composer_lock(std::string_view text, PackageSink& sink);

// Lines without their ends; blanks around them stay.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);
// The first quoted text of the line ("…"), or "".
[[nodiscard]] std::string_view quoted(std::string_view line);

}  // namespace sluice::record
