// How things are written.
#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_casing = advice("docker.instruction-casing", "Instructions in mixed case",
                                  "Readers look for instructions by their shape.",
                                  "Write all of them in the same case, best in upper case.",
                                  "buildkit:ConsistentInstructionCasing", true);
constexpr Check k_as_casing =
    advice("docker.from-as-casing", "FROM and AS differ in case", "Readers look for the two together.",
           "Write AS like FROM.", "buildkit:FromAsCasing", true);
constexpr Check k_stage_casing =
    advice("docker.stage-name-casing", "Stage name is not in lower case",
           "Stage names are compared without case, images with: a slip then pulls an image.",
           "Write stage names in lower case.", "buildkit:StageNameCasing", true);
constexpr Check k_legacy =
    advice("docker.legacy-key-value", "ENV or LABEL key value without =",
           "The whole rest of the line becomes the value, also what was meant as a second pair.",
           "Write key=value.", "buildkit:LegacyKeyValueFormat", true);
constexpr Check k_description =
    advice("docker.description-malformed", "Comment above ARG or FROM does not begin with its name",
           "BuildKit shows it as the description of the argument or stage.",
           "Begin it with the name, or leave an empty line below it.",
           "buildkit:InvalidDefinitionDescription", false);

bool is_upper(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}
bool is_lower(std::string_view text) {
  return lower(text) == text;
}

void check_casing(const Facts& facts, Sink& sink) {
  std::size_t uppers = 0;
  std::size_t lowers = 0;
  std::vector<const df::Instruction*> all;
  for (const df::Instruction& instruction : facts.document.instructions) {
    if (instruction.keyword == Keyword::unknown) continue;
    all.push_back(&instruction);
    if (instruction.child && instruction.child->keyword != Keyword::unknown)
      all.push_back(instruction.child.get());
  }
  for (const df::Instruction* instruction : all) {
    if (is_upper(instruction->keyword_text)) ++uppers;
    if (is_lower(instruction->keyword_text)) ++lowers;
  }
  const bool to_lower = lowers > uppers;
  for (const df::Instruction* instruction : all) {
    const std::string& text = instruction->keyword_text;
    if (to_lower ? is_lower(text) : is_upper(text)) continue;
    const std::string better = to_lower ? lower(text) : to_upper(text);
    RawFinding& finding = sink.report(k_casing, instruction->keyword_span,
                                      quoted(text) + " is not written like the others: " + better);
    if (instruction->keyword_span.of(facts.source) == text) {
      std::vector<Edit> edits{replace(instruction->keyword_span, better)};
      // FROM and AS go together.
      const bool named = instruction->keyword == Keyword::from && instruction->words.size() >= 3 &&
                         lower(instruction->words[1].text) == "as";
      if (named && instruction->words[1].span.of(facts.source) == instruction->words[1].text)
        edits.push_back(replace(instruction->words[1].span, to_lower ? "as" : "AS"));
      finding.fix = fix_of("write " + better, FixTier::safe, std::move(edits));
    }
  }
}

// The name and what refers to it; builders compare without regard to case, readers do not.
std::optional<Fix> lower_stage(const Facts& facts, const df::Word& name) {
  const std::string better = lower(name.text);
  std::vector<Edit> edits;
  bool plain = true;
  const auto rename = [&](Span span, std::string_view text) {
    if (lower(text) != better || text == better) return;
    plain = plain && span.of(facts.source) == text;
    edits.push_back(replace(span, better));
  };
  rename(name.span, name.text);
  for (const Stage& stage : facts.model.stages) {
    const bool on_stage = stage.from != nullptr && stage.base.stage != df::k_no_index;
    if (on_stage && !stage.from->words.empty()) rename(stage.from->words.front().span, stage.base.name.text);
    for (const df::StageUse& use : stage.uses) {
      if (use.stage != df::k_no_index) rename(use.span, use.name.text);
    }
  }
  std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.offset < b.offset; });
  const auto same = [](const Edit& a, const Edit& b) { return a.offset == b.offset; };
  edits.erase(std::unique(edits.begin(), edits.end(), same), edits.end());
  if (!plain || edits.empty()) return std::nullopt;
  return fix_of("write " + better, FixTier::safe, std::move(edits));
}

void check_from(const Facts& facts, Sink& sink, const df::Instruction& from) {
  if (from.words.size() < 3 || lower(from.words[1].text) != "as") return;
  const std::string& as = from.words[1].text;
  const bool both =
      (is_upper(from.keyword_text) && is_upper(as)) || (is_lower(from.keyword_text) && is_lower(as));
  if (!both) {
    RawFinding& finding = sink.report(k_as_casing, from.words[1].span,
                                      quoted(as) + " is not written like " + quoted(from.keyword_text));
    if (from.words[1].span.of(facts.source) == as) {
      const std::string better = is_lower(from.keyword_text) ? "as" : "AS";
      finding.fix = fix_of("write " + better, FixTier::safe, {replace(from.words[1].span, better)});
    }
  }
  if (!is_lower(from.words[2].text)) {
    RawFinding& finding = sink.report(k_stage_casing, from.words[2].span,
                                      "stage name " + quoted(from.words[2].text) + " is not in lower case");
    finding.fix = lower_stage(facts, from.words[2]);
  }
}

void check_pairs(const Facts& facts, Sink& sink, const df::Instruction& instruction) {
  for (const df::KeyValue& pair : instruction.pairs) {
    if (pair.form != df::KeyValue::Form::legacy) continue;
    RawFinding& finding =
        sink.report(k_legacy, pair.span,
                    std::string(df::to_string(instruction.keyword)) + " " + quoted(pair.key) + " has no =");
    const std::string_view value = pair.value_span.of(facts.source);
    const bool simple =
        !value.empty() && value == pair.value && value.find_first_of("\"'\n\r\\`") == std::string_view::npos;
    if (simple && pair.key_span.end <= pair.value_span.begin) {
      const bool blank = value.find_first_of(" \t") != std::string_view::npos;
      const std::string text = blank ? "=\"" + std::string(value) + "\"" : "=" + std::string(value);
      finding.fix =
          fix_of("write key=value", FixTier::safe, {replace({pair.key_span.end, pair.value_span.end}, text)});
    }
  }
}

// BuildKit takes the comment lines straight above an ARG or FROM for its description.
void check_descriptions(const Facts& facts, Sink& sink) {
  const LineIndex lines(facts.source);
  std::size_t at = 0;
  const auto& comments = facts.document.comments;
  std::set<std::string> stages;
  for (const df::Instruction& instruction : facts.document.instructions) {
    const bool arg = instruction.keyword == Keyword::arg && instruction.pairs.size() == 1;
    const bool from = instruction.keyword == Keyword::from && instruction.words.size() >= 3;
    const df::Comment* above = nullptr;
    while (at < comments.size() && comments[at].span.end <= instruction.span.begin) {
      if (!comments[at].inside) above = &comments[at];
      ++at;
    }
    if ((!arg && !from) || above == nullptr || above->text.empty()) continue;
    const auto comment_line = lines.at(above->span.begin).line;
    if (comment_line + 1 != lines.at(instruction.span.begin).line) continue;
    if (comment_line > 1 && lines.line(comment_line - 1).starts_with("#"))
      continue;  // a block of comments is none
    const std::string& name = arg ? instruction.pairs.front().key : instruction.words[2].text;
    const std::string_view first = std::string_view(above->text).substr(0, above->text.find(' '));
    if (first != name && !contains(above->text, "=")) {
      sink.report(k_description, above->span, "the comment does not begin with " + quoted(name));
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  check_casing(facts, sink);
  for (const Step& step : facts.model.steps) {
    const df::Instruction& instruction = *step.instruction;
    if (instruction.keyword == Keyword::from) check_from(facts, sink, instruction);
    if (instruction.keyword == Keyword::env || instruction.keyword == Keyword::label)
      check_pairs(facts, sink, instruction);
  }
  check_descriptions(facts, sink);
}

constexpr const Check* k_checks[] = {&k_casing, &k_as_casing, &k_stage_casing, &k_legacy, &k_description};

}  // namespace

extern const CheckSet k_style{k_checks, run};

}  // namespace sluice::checks::docker
