// Whether a label's text is of the kind that the schema asks for.
#pragma once

#include <string_view>

#include "checks/docker/docker.h"

namespace sluice::checks::docker {

[[nodiscard]] bool is_label_value(LabelKind kind, std::string_view text);

[[nodiscard]] bool is_absolute_url(std::string_view text);  // scheme://host…, RFC 3986 characters only
[[nodiscard]] bool is_rfc3339(std::string_view text);       // date and time with offset
[[nodiscard]] bool is_spdx_expression(
    std::string_view text);                             // SPDX 2.3 annex D; identifiers of spdx_ids.inc
[[nodiscard]] bool is_git_hash(std::string_view text);  // 40 or 64 hex digits, or an abbreviation from 7 on
[[nodiscard]] bool is_semver(std::string_view text);    // SemVer 2.0.0
[[nodiscard]] bool is_email(std::string_view text);

}  // namespace sluice::checks::docker
