// The analysers: what can be done with one file. An explicit table; a new one (pipeline files, deployment
// files …) is a row here and a function beside it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "scan/analysis.h"
#include "scan/discover.h"
#include "scan/protocol.h"
#include "scan/rule_book.h"
#include "syntax/tree.h"

namespace sluice::scan {

// An analyser is named by its place in the table: 0 = dockerfile, 1 = text (rules for any text, no syntax),
// then one for each language of syntax::languages(). The name is that of coverage.
using AnalyserId = std::uint8_t;
inline constexpr AnalyserId k_dockerfile_analyser = 0;
inline constexpr AnalyserId k_text_analyser = 1;

[[nodiscard]] std::string_view analyser_name(AnalyserId id);
[[nodiscard]] std::size_t analyser_count();

// Whether a rule may come out of this analyser; the parent refuses answers with any other.
[[nodiscard]] bool may_report(const RuleBook& book, AnalyserId id, std::string_view rule);

// What is to be done with one file: an analyser to run, or a coverage entry that says why not, or neither (a
// type of file that no analyser is for).
struct Plan {
  std::optional<AnalyserId> analyser;
  std::optional<Coverage> coverage;
};
[[nodiscard]] Plan plan_for(const RuleBook& book, const SourceFile& file, bool parse_all);

// The suppression comments of a Dockerfile, with what each speaks of.
[[nodiscard]] std::vector<CommentMark> dockerfile_marks(std::string_view text);

// Runs one analyser over one file. Used inside workers, and by tests in their own process. Not thread-safe:
// it keeps a parser between files.
class Analysers {
 public:
  Analysers(const RuleBook& book, std::chrono::milliseconds deadline) : book_(&book), deadline_(deadline) {}
  [[nodiscard]] Analysis analyse(const Request& request);

 private:
  Analysis analyse_dockerfile(const Request& request);
  Analysis analyse_source(const Request& request, const syntax::Language& language);
  void match_dockerfile_rules(const Request& request, Analysis& out);
  [[nodiscard]] Result<syntax::Tree> parse(const Request& request, const syntax::Language& language);
  void match_rules(const Request& request, const syntax::Tree* tree, Analysis& out) const;
  // Both end earlier than the parent's deadline, so that the answer is a reason and not a dead worker.
  [[nodiscard]] std::chrono::milliseconds parse_limit() const { return deadline_ * 3 / 4; }
  [[nodiscard]] std::chrono::steady_clock::time_point match_limit() const {
    return started_ + deadline_ * 9 / 10;
  }

  const RuleBook* book_;
  std::chrono::milliseconds deadline_;
  std::chrono::steady_clock::time_point started_;
  std::unique_ptr<syntax::Parser> parser_;
};

// A file of whose bytes more than this share lies in syntax errors was not understood: it is `failed`.
inline constexpr double k_max_error_share = 0.5;

}  // namespace sluice::scan
