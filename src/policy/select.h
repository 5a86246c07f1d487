// Which evidence counts for a control: the one place that decides it, with the reason for each piece left
// out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"
#include "sluice/facts.h"

namespace sluice::policy {

struct Selection {
  std::vector<const EvidenceFact*> counted;  // newest first
  std::vector<std::string> rejected;         // why each other piece of this type does not count
  // "no test-result evidence" or "test-result evidence does not count: …", for messages.
  [[nodiscard]] std::string why_none(std::string_view what) const;
};

// Which of the facts' subjects the evidence must be about: the one to be promoted (the first), or the source
// tree.
enum class About : std::uint8_t { promoted, tree };

// Evidence of one predicate type about that subject, verified by a key with the role, fresh enough.
[[nodiscard]] Selection select(const Facts& facts, std::string_view predicate_type, const Source& source,
                               About about = About::promoted);

// True if the two name the same thing: at least one digest algorithm in common, and no common one that
// disagrees.
[[nodiscard]] bool same_subject(const Subject& a, const Subject& b);

}  // namespace sluice::policy
