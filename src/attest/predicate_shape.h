// What a predicate of a known type must have. A statement whose type says "provenance" and that holds nothing
// has fooled verifiers that looked at the type alone (CVE-2022-35929, CVE-2026-39395).
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sluice::attest {

// The required members are there and of their kind. Unknown members are allowed, as the specifications say;
// predicates of unknown types pass. Code: attest.predicate-shape, with the path of the member.
[[nodiscard]] Status check_predicate(std::string_view predicate_type, const json::Value& predicate);

// The types by the short names of the command line: provenance, scan, test-result, verdict, spdx, cyclonedx,
// vulns, svr, release, link, runtime-trace, publish (npm's).
struct PredicateName {
  std::string_view name;
  std::string_view type;
};
[[nodiscard]] const std::vector<PredicateName>& predicate_names();
// The type that a short name stands for; another text is returned as it is.
[[nodiscard]] std::string_view predicate_type_of(std::string_view name_or_type);

}  // namespace sluice::attest
