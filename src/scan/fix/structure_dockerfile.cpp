#include <algorithm>
#include <map>

#include "scan/fix/edits.h"
#include "scan/fix/structure.h"
#include "syntax/dockerfile/document.h"
#include "syntax/dockerfile/model.h"

namespace sluice::scan {
namespace {

using namespace syntax::dockerfile;

bool touches(const Edit& edit, Span span) {
  const std::uint64_t end = edit.offset + edit.length;
  if (edit.length == 0) return span.begin <= edit.offset && edit.offset <= span.end;
  return edit.offset < span.end && span.begin < end;
}

bool touched(const std::vector<Edit>& edits, Span span) {
  return std::any_of(edits.begin(), edits.end(), [span](const Edit& e) { return touches(e, span); });
}

// A line written above or below an instruction does not touch it.
bool touches_instruction(const Edit& edit, Span span) {
  if (edit.length == 0 && edit.offset == span.begin && edit.text.ends_with('\n')) return false;
  if (edit.length == 0 && edit.offset == span.end && edit.text.find_first_not_of("\r\n") != 0) return false;
  return touches(edit, span);
}

bool deletes(const std::vector<Edit>& edits, Span span) {
  return std::any_of(edits.begin(), edits.end(), [span](const Edit& edit) {
    return edit.offset <= span.begin && span.end <= edit.offset + edit.length &&
           edit.text.find_first_not_of(" \t\r\n") == std::string::npos;
  });
}

Span shifted(const std::vector<Edit>& edits, Span span) {
  return {new_offset(edits, span.begin, Side::behind), new_offset(edits, span.end, Side::before)};
}

bool written_by_edit(const std::vector<Edit>& edits, Span span) {
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (new_range(edits, i).contains(span)) return true;
  }
  return false;
}

bool same_content(const Instruction& a, const Instruction& b) {
  if (a.line.text != b.line.text || a.json != b.json || a.keyword != b.keyword) return false;
  if ((a.child == nullptr) != (b.child == nullptr) || a.heredocs.size() != b.heredocs.size()) return false;
  for (std::size_t i = 0; i < a.heredocs.size(); ++i) {
    const Heredoc& x = a.heredocs[i];
    const Heredoc& y = b.heredocs[i];
    if (x.name != y.name || x.content != y.content || x.terminated != y.terminated) return false;
  }
  return a.child == nullptr || same_content(*a.child, *b.child);
}

std::string quoted(const Instruction& instruction) {
  return instruction.name + " at byte " + std::to_string(instruction.span.begin);
}

class Comparison {
 public:
  Comparison(std::string_view before, std::string_view after, const std::vector<Edit>& edits)
      : before_(before),
        after_(after),
        edits_(edits),
        old_(parse_document(before)),
        new_(parse_document(after)) {}

  std::optional<std::string> run() {
    for (const auto step : {&Comparison::directives, &Comparison::instructions, &Comparison::comments,
                            &Comparison::problems, &Comparison::commands}) {
      if (std::optional<std::string> damage = (this->*step)()) return damage;
    }
    return std::nullopt;
  }

 private:
  std::optional<std::string> directives() {
    bool same = old_.escape == new_.escape && old_.directives.size() == new_.directives.size();
    for (std::size_t i = 0; same && i < old_.directives.size(); ++i) {
      const Directive& a = old_.directives[i];
      const Directive& b = new_.directives[i];
      same = a.name == b.name && (touched(edits_, a.value_span) || a.value == b.value);
    }
    if (same) return std::nullopt;
    return "it would change the parser directives";
  }

  std::optional<std::string> instructions() {
    std::size_t at = 0;
    const auto& now = new_.instructions;
    const auto skip_written = [&] {
      while (at < now.size() && written_by_edit(edits_, now[at].span)) ++at;
    };
    for (const Instruction& instruction : old_.instructions) {
      const bool touched_here = std::any_of(edits_.begin(), edits_.end(), [&](const Edit& e) {
        return touches_instruction(e, instruction.span);
      });
      if (!touched_here) {
        const Span place = shifted(edits_, instruction.span);
        while (at < now.size() && now[at].span != place && written_by_edit(edits_, now[at].span)) ++at;
        if (at >= now.size() || now[at].span != place || !same_content(instruction, now[at]))
          return "it would change " + quoted(instruction) + " too";
        ++at;
        continue;
      }
      const Span room{new_offset(edits_, instruction.span.begin, Side::before),
                      new_offset(edits_, instruction.span.end, Side::behind)};
      std::size_t found = 0;
      while (at < now.size() && room.contains(now[at].span)) {
        if (now[at].keyword == Keyword::unknown && instruction.keyword != Keyword::unknown)
          return "the edited " + quoted(instruction) + " is no instruction any more";
        ++at;
        ++found;
      }
      if (found == 0 && !deletes(edits_, instruction.span))
        return "the edited " + quoted(instruction) + " does not parse";
    }
    skip_written();
    if (at != now.size()) return "it would make a new instruction: " + quoted(now[at]);
    return std::nullopt;
  }

  std::optional<std::string> comments() {
    std::size_t at = 0;
    const auto& now = new_.comments;
    const auto written = [this](const Comment& comment) {
      return std::any_of(edits_.begin(), edits_.end(), [&, i = std::size_t{0}](const Edit&) mutable {
        const Span range = new_range(edits_, i++);
        return range.begin <= comment.span.begin && comment.span.begin < range.end;
      });
    };
    for (const Comment& comment : old_.comments) {
      if (touched(edits_, comment.span) && !comment.span.empty()) {
        if (at < now.size() && !written(now[at]) && now[at].span.begin == shifted(edits_, comment.span).begin)
          ++at;
        continue;
      }
      while (at < now.size() && written(now[at])) ++at;
      if (at >= now.size() || now[at].text != comment.text || now[at].inside != comment.inside)
        return "it would change the comment at byte " + std::to_string(comment.span.begin);
      ++at;
    }
    while (at < now.size() && written(now[at])) ++at;
    if (at != now.size()) return "it would make a comment out of other text";
    return std::nullopt;
  }

  std::optional<std::string> problems() {
    std::map<ProblemKind, int> balance;
    for (const Problem& problem : old_.problems) --balance[problem.kind];
    for (const Problem& problem : new_.problems) ++balance[problem.kind];
    for (const auto& [kind, more] : balance) {
      if (more > 0) return "the result has a new problem: " + std::string(to_string(kind));
    }
    return std::nullopt;
  }

  // What runs, and how commands hang together; words with their values.
  static std::string signature(const syntax::shell::Command& command) {
    std::string out;
    for (const auto& wrapper : command.wrappers) out += wrapper.text + '\x1f';
    for (const auto& assignment : command.assignments)
      out += assignment.name + '=' + assignment.value.text + '\x1f';
    for (const auto& word : command.argv) out += word.text + '\x1f';
    for (const auto& redirect : command.redirects)
      out += redirect.op + redirect.target.text + '\x1e' + redirect.body_text + '\x1f';
    return out;
  }

  std::optional<std::string> commands() {
    const Model was = build_model(old_, before_);
    const Model is = build_model(new_, after_);
    std::vector<std::string> now;
    std::size_t problems_before = 0;
    std::size_t problems_after = 0;
    for (const BuildScript& build : is.scripts) {
      problems_after += build.script.problems.size() + (build.opaque ? 1 : 0);
      for (const auto& command : build.script.commands) now.push_back(signature(command));
    }
    std::size_t at = 0;
    for (const BuildScript& build : was.scripts) {
      problems_before += build.script.problems.size() + (build.opaque ? 1 : 0);
      for (const auto& command : build.script.commands) {
        if (touched(edits_, command.span)) continue;
        const std::string wanted = signature(command);
        while (at < now.size() && now[at] != wanted) ++at;
        if (at == now.size())
          return "it would change the command at byte " + std::to_string(command.span.begin) + " too";
        ++at;
      }
    }
    if (problems_after > problems_before) return "the shell text of the result is not understood";
    if (is.limits.size() > was.limits.size()) return "the result is too large to be understood";
    return std::nullopt;
  }

  std::string_view before_;
  std::string_view after_;
  const std::vector<Edit>& edits_;
  Document old_;
  Document new_;
};

}  // namespace

std::optional<std::string> dockerfile_damage(std::string_view before, std::string_view after,
                                             const std::vector<Edit>& edits) {
  return Comparison(before, after, edits).run();
}

}  // namespace sluice::scan
