#include "checks/docker/removals.h"

#include <algorithm>

namespace sluice::checks::docker {
namespace {

Edit cut(std::uint32_t begin, std::uint32_t end) {
  return {begin, end - begin, ""};
}

// Nothing but blanks, line ends, the escape character and what is in `also`: no comment and no word goes
// along.
bool only_glue(const Facts& facts, std::uint32_t begin, std::uint32_t end, std::string_view also) {
  if (begin > end || end > facts.source.size()) return false;
  const std::string_view text = facts.source.substr(begin, end - begin);
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == facts.document.escape ||
           also.find(c) != std::string_view::npos;
  });
}

bool chains(sh::Join join) {
  return join == sh::Join::and_ || join == sh::Join::sequence;
}

}  // namespace

std::optional<Edit> remove_instruction(std::string_view source, const df::Instruction& instruction) {
  std::uint32_t begin = instruction.span.begin;
  while (begin > 0 && (source[begin - 1] == ' ' || source[begin - 1] == '\t')) --begin;
  if (begin > 0 && source[begin - 1] != '\n') return std::nullopt;
  std::uint32_t end = instruction.span.end;
  while (end < source.size() && (source[end] == ' ' || source[end] == '\t' || source[end] == '\r')) ++end;
  if (end < source.size() && source[end] != '\n') return std::nullopt;
  if (end < source.size()) return cut(begin, end + 1);
  // The last line has no newline: the one before it goes, so that the file still ends without.
  if (begin > 0) --begin;
  if (begin > 0 && source[begin - 1] == '\r') --begin;
  return cut(begin, end);
}

std::optional<Edit> remove_pair(const Facts& facts, const Step& step, std::size_t index) {
  const auto& pairs = step.instruction->pairs;
  if (step.onbuild || index >= pairs.size()) return std::nullopt;
  if (pairs.size() == 1) return remove_instruction(facts.source, *step.instruction);
  if (pairs[index].form == df::KeyValue::Form::legacy) return std::nullopt;
  const Span own = pairs[index].span;
  if (index == 0) {
    const std::uint32_t next = pairs[1].span.begin;
    if (!only_glue(facts, own.end, next, "")) return std::nullopt;
    return cut(own.begin, next);
  }
  const std::uint32_t before = pairs[index - 1].span.end;
  if (!only_glue(facts, before, own.begin, "")) return std::nullopt;
  return cut(before, own.end);
}

std::optional<Edit> remove_command(const Facts& facts, const RunCommand& run) {
  const auto& commands = run.script().commands;
  const sh::Command& own = *run.command;
  const bool plain = !run.build->exec && !run.build->heredoc && run.script().problems.empty() &&
                     run.script().scopes.size() == 1 && own.stage.count == 1 && own.redirects.empty();
  if (!plain || run.step->onbuild) return std::nullopt;
  if (commands.size() == 1) return remove_instruction(facts.source, *run.step->instruction);
  const auto at = static_cast<std::size_t>(&own - commands.data());
  const bool first = at == 0;
  if (at + 1 < commands.size() && (first || chains(own.join)) && chains(own.next)) {
    const std::uint32_t next = commands[at + 1].span.begin;
    if (only_glue(facts, own.span.end, next, "&;")) return cut(own.span.begin, next);
  }
  if (at + 1 == commands.size() && chains(own.join) && own.next == sh::Join::first) {
    const std::uint32_t before = commands[at - 1].span.end;
    if (only_glue(facts, before, own.span.begin, "&;")) return cut(before, own.span.end);
  }
  return std::nullopt;
}

}  // namespace sluice::checks::docker
