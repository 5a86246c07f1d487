// Matchers of goss files: what an attribute of the system is held against. Read from YAML into a tree that
// judges a value; values are JSON, and texts (a file, what a command printed) are strings.
//
// A plain text, number or boolean is an equality, a list wants each of its items among the value's, or, for a
// text, is a list of line patterns ("foo", "!foo", "/re/", "!/re/"). A mapping has one key, the matcher's
// name. As in goss, a value is turned into what the matcher speaks of: a number for `gt`, lines for
// `contain-element`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/decode.h"
#include "base/json.h"
#include "base/result.h"
#include "base/yaml.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox::goss {

inline constexpr std::size_t k_max_matchers = 10'000;  // in one tree

// `text`: the value is read as lines (contents, stdout, stderr, body). Codes: config.*; goss.unjudged: the
// matcher is goss's, and we do not judge it.
[[nodiscard]] Result<std::shared_ptr<const ValueMatcher>> parse_matcher(const decode::Document& document,
                                                                        const yaml::Node& node, bool text);

}  // namespace sluice::sandbox::goss
