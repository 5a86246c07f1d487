// Secrets kept out of what is recorded: by the shape of tokens, by the names of options and variables, and by
// the values that secret-named variables of this very environment have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/effects.h"

namespace sluice::record {

// True for names that by their words hold a secret: "DB_PASSWORD", "--api-key", "GITHUB_TOKEN", …
[[nodiscard]] bool secret_name(std::string_view name);

class Redactor {
 public:
  // Learns the values of the environment's secret-named variables. Values of fewer than k_least_value bytes
  // are not looked for in other texts: they would be found everywhere.
  explicit Redactor(const Environment& environment);
  static constexpr std::size_t k_least_value = 6;

  // What may be recorded of a text: known values and token shapes replaced, not UTF-8 made visible.
  [[nodiscard]] std::string text(std::string_view text) const;

  // A command line, argument by argument: also the values of secret-named options ("--password X",
  // "--token=X", "-e API_KEY=X", "--build-arg NPM_TOKEN=X"), of "-u name:password" and of headers that
  // authorise.
  [[nodiscard]] std::vector<std::string> arguments(const std::vector<std::string>& argv) const;

 private:
  [[nodiscard]] std::string argument(std::string_view text) const;

  struct Known {
    std::string value;
    std::string name;
  };
  std::vector<Known> known_;  // longest value first
};

}  // namespace sluice::record
