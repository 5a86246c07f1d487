// The outcome of one check, and the text checks that all kinds of tests share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/subprocess.h"
#include "sandbox/run_tests.h"
#include "sandbox/test_spec.h"
#include "sluice/test_result.h"

namespace sluice::sandbox {

struct Outcome {
  TestStatus status = TestStatus::passed;
  std::string message;
};

// Collects the verdict of one test. `error` (cannot tell) outweighs `failed`, for a half-judged test is not
// judged; each keeps its messages, and the printed one lists all of the weightier kind.
class Verdicts {
 public:
  void fail(std::string message) { add(failed_, std::move(message)); }
  void error(std::string message) { add(errors_, std::move(message)); }
  [[nodiscard]] bool clean() const { return failed_.empty() && errors_.empty(); }
  [[nodiscard]] Outcome outcome() const {
    if (!errors_.empty()) return {TestStatus::error, errors_};
    if (!failed_.empty()) return {TestStatus::failed, failed_};
    return {};
  }

 private:
  static void add(std::string& list, std::string message) {
    if (!list.empty()) list += "; ";
    list += message;
  }
  std::string failed_;
  std::string errors_;
};

// `captured` may be cut in its middle: what then cannot be told is an error.
void check_text(const TextChecks& checks, std::string_view what, const Captured& captured,
                const TextMatcher& matcher, Verdicts& verdicts);

// A value that must be equal to, or matched by, what the check says. `what` names its kind: "label".
void check_value(const ValueCheck& check, const std::string& what, const std::optional<std::string>& value,
                 const TextMatcher& matcher, Verdicts& verdicts);

// "…" around a bounded, one-line form, for messages.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace sluice::sandbox
