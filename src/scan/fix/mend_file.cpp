#include "scan/fix/mend_file.h"

#include <utility>

#include "scan/assemble.h"
#include "scan/fix/mend.h"
#include "scan/fix/structure.h"
#include "syntax/tree.h"

namespace sluice::scan {
namespace {

using Clock = std::chrono::steady_clock;

Looked look_at(const RuleBook& book, const Request& request, Analysis analysis) {
  Looked out;
  out.status = analysis.status;
  out.reason = analysis.reason;
  out.findings = finish_findings(
      book, assemble(book, request.analyser, request.path, request.bytes, std::move(analysis)));
  return out;
}

// Damage by the file's own grammar. Both texts are parsed for each question: the trees are not kept, since
// most files are mended in one step.
std::optional<std::string> damage_of(const syntax::Language* language, std::string_view before,
                                     std::string_view after, const std::vector<Edit>& edits,
                                     std::chrono::milliseconds limit) {
  if (language == nullptr) return std::nullopt;  // a text without syntax
  syntax::Parser parser;
  syntax::ParseLimits limits;
  limits.deadline = limit;
  const Result<syntax::Tree> old_tree = parser.parse(*language, before, {}, limits);
  const Result<syntax::Tree> new_tree = parser.parse(*language, after, {}, limits);
  if (!old_tree || !new_tree) return "it could not be parsed again";
  return tree_damage(*old_tree, *new_tree, edits);
}

}  // namespace

Analysis mend_file(const RuleBook& book, Analysers& analysers, const Request& request,
                   std::chrono::milliseconds limit) {
  Analysis first = analysers.analyse(request);
  apply_limits(first);
  if (first.status != CoverageStatus::analysed) return first;
  const auto analyse = [&](const std::string& text) {
    Request again = request;
    again.bytes = text;
    Analysis analysis;
    if (const Status usable = check_source(text, k_max_patched_bytes); !usable) {
      analysis = Analysis::failed(usable.error().message);
    } else {
      analysis = analysers.analyse(again);
      apply_limits(analysis);
    }
    return look_at(book, again, std::move(analysis));
  };
  const syntax::Language* language = syntax::find_language(analyser_name(request.analyser));
  const bool dockerfile = request.analyser == k_dockerfile_analyser;
  const Clock::time_point end = Clock::now() + limit;
  const Mending mending{analyse,
                        [&](std::string_view before, std::string_view after, const std::vector<Edit>& edits) {
                          return dockerfile ? dockerfile_damage(before, after, edits)
                                            : damage_of(language, before, after, edits, limit);
                        },
                        [end] { return Clock::now() >= end; }};
  first.patch = mend(request.bytes, look_at(book, request, first), mending);
  return first;
}

}  // namespace sluice::scan
