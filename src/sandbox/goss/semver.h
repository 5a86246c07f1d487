// Semantic versions (semver.org 2.0.0) and ranges of them as goss writes them: ">1.0.0 <2.0.0 !=1.5.0",
// ">5.0.0 || <1.5.0", "1.x", "1.2.x".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sandbox::goss {

struct Version {
  std::array<std::uint64_t, 3> numbers{};
  std::vector<std::string> prerelease;  // of letters, digits and "-"; build metadata does not count

  // All three numbers, no leading zeros, nothing before them.
  [[nodiscard]] static std::optional<Version> parse(std::string_view text);
  // < 0, 0, > 0 by the precedence of section 11.
  [[nodiscard]] int compare(const Version& other) const;
};

class VersionRange {
 public:
  [[nodiscard]] static std::optional<VersionRange> parse(std::string_view text);
  [[nodiscard]] bool holds(const Version& version) const;

 private:
  enum class How : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };
  struct Bound {
    How how;
    Version version;
  };
  using All = std::vector<Bound>;  // every one of them
  // Adds what one term ("<=1.2.x") means; a term that is a hole, as "!=1.x", splits the alternative in two.
  static bool add_term(std::string_view how, std::string_view version, std::vector<All>& alternatives);

  std::vector<All> any_;
};

}  // namespace sluice::sandbox::goss
