#include "syntax/dockerfile/shell_ranges.h"

#include "syntax/dockerfile/heredoc.h"
#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {
namespace {

void add(std::vector<Span>& ranges, Span part) {
  if (part.empty()) return;
  if (!ranges.empty() && ranges.back().end == part.begin) {
    ranges.back().end = part.end;
  } else {
    ranges.push_back(part);
  }
}

// The lines of a body, without the tabs that <<- removes.
void add_body(std::vector<Span>& ranges, const Heredoc& heredoc, std::string_view source) {
  if (!heredoc.strip_tabs) return add(ranges, heredoc.body);
  for (std::uint32_t at = heredoc.body.begin; at < heredoc.body.end;) {
    const auto newline = source.find('\n', at);
    const std::uint32_t end = newline == std::string_view::npos || newline >= heredoc.body.end
                                  ? heredoc.body.end
                                  : static_cast<std::uint32_t>(newline) + 1;
    while (at < end && source[at] == '\t') ++at;
    add(ranges, {at, end});
    at = end;
  }
}

std::string shebang_of(const Heredoc& heredoc) {
  const std::string content = heredoc.stripped_content();
  // The builder looks at the body as written, so a shebang behind a tab does not count.
  if (heredoc.content.substr(0, 2) != "#!") return {};
  return std::string(trimmed(std::string_view(content).substr(2, content.find('\n') - 2)));
}

}  // namespace

std::vector<ShellText> shell_texts(const Instruction& instruction, std::string_view source) {
  const auto command = instruction.shell_command();
  if (!command) return {};
  ShellText text;
  HeredocWord whole;
  const bool is_script = instruction.keyword == Keyword::run && !instruction.heredocs.empty() &&
                         read_heredoc_word(command->of(instruction.line.text), whole) == HeredocRead::heredoc;
  if (is_script) {
    text.kind = ShellText::Kind::script;
    text.heredoc = &instruction.heredocs[0];
    text.shebang = shebang_of(instruction.heredocs[0]);
    add_body(text.ranges, instruction.heredocs[0], source);
    return {std::move(text)};
  }
  text.ranges = instruction.line.spans(*command);
  if (!instruction.heredocs.empty()) {
    // The builder hands the command with its bodies to the shell, each on lines of its own. The newline
    // before the first body ends the command's line.
    const std::uint32_t body = instruction.heredocs.front().body.begin;
    const std::uint32_t newline = body > 0 && source[body - 1] == '\n' ? body - 1 : body;
    if (text.ranges.empty() || newline >= text.ranges.back().end) add(text.ranges, {newline, body});
    for (const Heredoc& heredoc : instruction.heredocs) {
      std::uint32_t end = heredoc.terminator.end;
      while (end < source.size() && source[end] != '\n') ++end;
      const bool last = &heredoc == &instruction.heredocs.back();
      add(text.ranges, {heredoc.body.begin,
                        last ? heredoc.terminator.end
                             : std::min<std::uint32_t>(end + 1, static_cast<std::uint32_t>(source.size()))});
    }
  }
  return {std::move(text)};
}

std::string joined(const std::vector<Span>& ranges, std::string_view source) {
  std::string out;
  for (const Span& range : ranges) out += range.of(source);
  return out;
}

}  // namespace sluice::syntax::dockerfile
