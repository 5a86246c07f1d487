// Placeholders: how the parts of a pattern that no grammar knows are written as plain identifiers, and read
// back.
#pragma once

#include <string>
#include <string_view>

#include "rules/lower.h"
#include "rules/pattern.h"

namespace sluice::rules {

// The pattern text with every metavariable and ellipsis written as the grammar accepts it.
[[nodiscard]] std::string with_placeholders(std::string_view text, const LanguageTable& table,
                                            const EllipsisShape& shape);

class PatternPlaceholders final : public Placeholders {
 public:
  explicit PatternPlaceholders(Variables& variables) : variables_(variables) {}
  [[nodiscard]] Meaning of(std::string_view identifier) const override;
  [[nodiscard]] std::string restore(std::string_view text) const override;
  [[nodiscard]] std::uint32_t variable(std::string_view text) const override;

 private:
  Variables& variables_;
};

}  // namespace sluice::rules
