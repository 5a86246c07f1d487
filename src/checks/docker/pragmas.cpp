#include "checks/docker/pragmas.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool take(std::string_view& text, std::string_view word) {
  if (lower(text.substr(0, word.size())) != word) return false;
  text = trim(text.substr(word.size()));
  return true;
}

enum class Reach { next, stage, file };

struct Pragma {
  Reach reach = Reach::next;
  std::vector<std::string> rules;
  std::string reason;
  Span covers;
};

// "hadolint [global|stage] ignore = A, B  reason"
std::optional<Pragma> parse_ignore(std::string_view text) {
  if (!take(text, "hadolint")) return std::nullopt;
  Pragma pragma;
  if (take(text, "global"))
    pragma.reach = Reach::file;
  else if (take(text, "stage"))
    pragma.reach = Reach::stage;
  if (!take(text, "ignore") || !take(text, "=")) return std::nullopt;
  for (;;) {
    const std::size_t end = std::min(text.find_first_of(", \t"), text.size());
    if (end == 0) break;
    pragma.rules.emplace_back(text.substr(0, end));
    text = trim(text.substr(end));
    if (!take(text, ",")) break;
  }
  if (!text.empty() && text[0] == '#') text = trim(text.substr(1));
  pragma.reason = std::string(text);
  if (pragma.rules.empty()) return std::nullopt;
  return pragma;
}

// The instruction that begins at or behind `offset`; the end if there is none.
using Position = std::vector<df::Instruction>::const_iterator;
Position instruction_from(const df::Document& document, std::uint32_t offset) {
  return std::lower_bound(document.instructions.begin(), document.instructions.end(), offset,
                          [](const df::Instruction& i, std::uint32_t at) { return i.span.begin < at; });
}

// The next instruction below the comment, comments and blank lines between them apart.
Span next_instruction(const df::Document& document, const df::Comment& comment) {
  const Position next = instruction_from(document, comment.span.end);
  return next == document.instructions.end() ? Span{comment.span.end, comment.span.end} : next->span;
}

// From the next instruction to the end of its stage. `stage_ends`: where each stage ends, ascending.
Span stage_around(const df::Document& document, const std::vector<std::uint32_t>& stage_ends,
                  const df::Comment& comment) {
  const Span next = next_instruction(document, comment);
  const auto end = std::lower_bound(stage_ends.begin(), stage_ends.end(), next.end);
  return end == stage_ends.end() ? next : Span{next.begin, *end};
}

std::vector<std::uint32_t> ends_of_stages(const df::Document& document) {
  std::vector<std::uint32_t> ends;
  for (std::size_t i = 0; i < document.instructions.size(); ++i) {
    const bool last =
        i + 1 == document.instructions.size() || document.instructions[i + 1].keyword == Keyword::from;
    if (last) ends.push_back(document.instructions[i].span.end);
  }
  return ends;
}

std::vector<Pragma> read_pragmas(const df::Document& document) {
  std::vector<Pragma> pragmas;
  const std::vector<std::uint32_t> stage_ends = ends_of_stages(document);
  for (const df::Comment& comment : document.comments) {
    std::optional<Pragma> pragma = parse_ignore(comment.text);
    if (!pragma) continue;
    switch (pragma->reach) {
      case Reach::next:
        pragma->covers = next_instruction(document, comment);
        break;
      case Reach::stage:
        pragma->covers = stage_around(document, stage_ends, comment);
        break;
      case Reach::file:
        pragma->covers = {0, UINT32_MAX};
        break;
    }
    if (pragma->reason.empty()) pragma->reason = comment.text;
    pragmas.push_back(std::move(*pragma));
  }
  if (const df::Directive* check = document.directive("check"); check != nullptr) {
    for (const std::string_view part : split(check->value, ";")) {
      std::string_view text = trim(part);
      if (!take(text, "skip") || !take(text, "=")) continue;
      Pragma pragma;
      pragma.covers = {0, UINT32_MAX};
      pragma.reason = "check=" + check->value;
      pragma.reach = Reach::file;
      for (const std::string_view rule : split(text, ", \t"))
        pragma.rules.push_back("buildkit:" + std::string(rule));
      pragmas.push_back(std::move(pragma));
    }
  }
  return pragmas;
}

// A name that a comment may call a finding by, and the peer's id that is meant ("" for ours).
struct Name {
  std::string text;
  std::string alias;
};

std::vector<Name> names_of(const RawFinding& finding) {
  std::vector<Name> names{{finding.rule, ""}};
  const auto add = [&](const std::string& alias) {
    names.push_back({alias, alias});
    const std::size_t colon = alias.find(':');
    if (colon == std::string::npos) return;
    names.push_back({alias.substr(colon + 1), alias});
    if (alias.starts_with("buildkit:")) names.push_back({"buildkit:all", alias});
  };
  if (const CheckInfo* info = find_check(finding.rule); info != nullptr) {
    for (const std::string& alias : info->info.aliases) add(alias);
  }
  for (const std::string& alias : finding.aliases) add(alias);
  return names;
}

// What is excused in one stretch of the file: name → reason.
using Excuses = std::map<std::string, std::string, std::less<>>;

}  // namespace

bool is_ignore_pragma(std::string_view comment) {
  return parse_ignore(trim(comment)).has_value();
}

std::string default_shell_pragma(const df::Document& document) {
  for (const df::Comment& comment : document.comments) {
    std::string_view text = comment.text;
    if (take(text, "hadolint") && take(text, "shell") && take(text, "=")) return std::string(text);
  }
  return {};
}

std::vector<IgnoreComment> ignore_comments(const df::Document& document) {
  std::vector<IgnoreComment> out;
  for (Pragma& pragma : read_pragmas(document)) {
    out.push_back({std::move(pragma.rules), std::move(pragma.reason), pragma.covers});
  }
  return out;
}

void suppress(const Facts& facts, Findings& findings) {
  std::map<Span, Excuses> instructions;  // of one instruction each
  Excuses file;
  // Of stages, by where they end: name → from where on, and why.
  struct From {
    std::uint32_t begin = 0;
    std::string reason;
  };
  std::map<std::uint32_t, std::map<std::string, From, std::less<>>> stages;
  for (const Pragma& pragma : read_pragmas(facts.document)) {
    for (const std::string& rule : pragma.rules) {
      switch (pragma.reach) {
        case Reach::next:
          instructions[pragma.covers].emplace(rule, pragma.reason);
          break;
        case Reach::file:
          file.emplace(rule, pragma.reason);
          break;
        case Reach::stage:
          stages[pragma.covers.end].emplace(rule, From{pragma.covers.begin, pragma.reason});
          break;
      }
    }
  }
  if (instructions.empty() && stages.empty() && file.empty()) return;
  for (RawFinding& finding : findings) {
    const std::vector<Name> names = names_of(finding);
    const auto excuse_as = [&finding](const Name& name, const std::string& reason) {
      if (!finding.suppressed) finding.suppressed = reason;
      if (!name.alias.empty()) finding.excused_aliases.push_back(name.alias);
    };
    const auto excuse = [&](const Excuses& excuses) {
      for (const Name& name : names) {
        if (const auto found = excuses.find(name.text); found != excuses.end())
          excuse_as(name, found->second);
      }
    };
    // Instructions do not overlap: only the last one that begins before the finding can hold it.
    auto around = instructions.upper_bound(Span{finding.span.begin, UINT32_MAX});
    if (around != instructions.begin() && (--around)->first.end >= finding.span.begin) excuse(around->second);
    excuse(file);
    const auto stage = stages.lower_bound(finding.span.begin);
    if (stage == stages.end()) continue;
    for (const Name& name : names) {
      const auto found = stage->second.find(name.text);
      const bool reached = found != stage->second.end() && found->second.begin <= finding.span.begin;
      if (reached) excuse_as(name, found->second.reason);
    }
  }
}

}  // namespace sluice::checks::docker
