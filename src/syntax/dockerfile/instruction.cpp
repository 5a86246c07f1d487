#include "syntax/dockerfile/instruction.h"

#include <algorithm>

#include "base/ascii.h"
#include "syntax/dockerfile/flags.h"
#include "syntax/dockerfile/json_array.h"
#include "syntax/dockerfile/runes.h"
#include "syntax/dockerfile/words.h"

namespace sluice::syntax::dockerfile {
namespace {

class Maker {
 public:
  Maker(LogicalText line, char escape, std::vector<Problem>& problems, std::uint32_t depth)
      : escape_(escape), problems_(problems), depth_(depth) {
    out_.line = std::move(line);
  }

  Instruction run() {
    split_command();
    switch (out_.keyword) {
      case Keyword::run:
      case Keyword::cmd:
      case Keyword::entrypoint:
      case Keyword::shell:
        json_or_text(out_.arguments);
        break;
      case Keyword::add:
      case Keyword::copy:
      case Keyword::volume:
        json_or_list();
        break;
      case Keyword::from:
      case Keyword::expose:
        list();
        break;
      case Keyword::maintainer:
      case Keyword::stopsignal:
      case Keyword::user:
      case Keyword::workdir:
        whole(out_.arguments);
        break;
      case Keyword::healthcheck:
        healthcheck();
        break;
      case Keyword::arg:
        names();
        break;
      case Keyword::env:
      case Keyword::label:
        pairs();
        break;
      case Keyword::onbuild:
        onbuild();
        break;
      case Keyword::unknown:
        break;
    }
    check_arguments();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view text() const { return out_.line.text; }

  void report(ProblemKind kind, LogicalRange range, std::string message) {
    problems_.push_back({kind, out_.line.span(range), std::move(message)});
  }

  void split_command() {
    // Only the left is cut off: a blank on the right may be an escaped one of a heredoc's name.
    const LogicalRange left = trim_left(text(), out_.line.all());
    if (left.begin > 0) out_.line = out_.line.slice(left);
    const LogicalRange all = trim(text(), out_.line.all());
    const LogicalRange gap = first_blanks(text(), all);
    const LogicalRange keyword{all.begin, gap.begin};
    out_.keyword_text = keyword.of(text());
    out_.name = to_upper(fold_keyword(out_.keyword_text));
    out_.keyword = keyword_of(out_.name);
    out_.keyword_span = out_.line.span(keyword);
    out_.span = out_.line.span(all);
    if (out_.keyword == Keyword::unknown) {
      report(ProblemKind::unknown_instruction, keyword, "unknown instruction " + out_.name);
    }
    auto flags = split_flags(text(), {gap.end, all.end}, out_.arguments);
    out_.flags = make_flags(out_.keyword, out_.line, std::move(flags), problems_);
  }

  void add_word(std::string word, LogicalRange range) {
    out_.words.push_back({std::move(word), out_.line.span(range), range});
  }

  void whole(LogicalRange range) {
    if (!range.empty()) add_word(std::string(range.of(text())), range);
  }

  void list() {
    for (RawWord& word : split_blanks(text(), out_.arguments)) add_word(std::move(word.text), word.range);
  }

  // Adds the items if the range is a JSON array; else false.
  bool json(LogicalRange range) {
    std::vector<JsonItem> items;
    const JsonRead read = read_json_array(range.of(text()), items);
    if (read == JsonRead::not_strings) {
      report(ProblemKind::json_not_strings, range, "a JSON array must hold strings only");
    } else if (read == JsonRead::not_json && looks_like_json(range.of(text()))) {
      report(ProblemKind::json_fallback, range, "this is no valid JSON array, so it is taken as plain text");
    }
    if (read != JsonRead::strings) return false;
    out_.json = true;
    for (JsonItem& item : items) {
      add_word(std::move(item.text), {range.begin + item.range.begin, range.begin + item.range.end});
    }
    return true;
  }

  // In shell text '[' is also a command, so there it takes "[word," or "[word]" to look like JSON.
  [[nodiscard]] bool looks_like_json(std::string_view all) const {
    all = trimmed(all);
    if (all.empty() || all[0] != '[') return false;
    if (out_.keyword != Keyword::run && out_.keyword != Keyword::healthcheck) return true;
    std::string_view rest = trimmed(all.substr(1));
    if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return false;
    const auto close = rest.find(rest[0], 1);
    if (close == std::string_view::npos) return false;
    rest = trimmed(rest.substr(close + 1));
    return rest.empty() || rest[0] == ',' || rest[0] == ']';
  }

  void json_or_text(LogicalRange range) {
    if (!range.empty() && !json(range)) whole(range);
  }

  void json_or_list() {
    if (!json(out_.arguments)) list();
  }

  void healthcheck() {
    // The type ends at white space, looked for byte by byte (as in the flags).
    const auto space = [&](std::uint32_t at) { return is_space(static_cast<unsigned char>(text()[at])); };
    LogicalRange type{out_.arguments.begin, out_.arguments.begin};
    while (type.end < out_.arguments.end && !space(type.end)) ++type.end;
    if (type.empty()) return;
    std::uint32_t next = type.end;
    while (next < out_.arguments.end && space(next)) ++next;
    whole(type);
    json_or_text({next, out_.arguments.end});
  }

  void check_quotes(const RawWord& word) {
    if (word.unterminated) report(ProblemKind::unterminated_quote, word.range, "a quote never closes");
  }

  void add_pair(const RawWord& word, KeyValue::Form form, LogicalRange key, LogicalRange value) {
    KeyValue pair;
    const auto equals = word.text.find('=');
    pair.key = form == KeyValue::Form::legacy ? std::string(key.of(text())) : word.text.substr(0, equals);
    if (form == KeyValue::Form::legacy) pair.value = value.of(text());
    if (form == KeyValue::Form::equals) pair.value = word.text.substr(equals + 1);
    pair.form = form;
    pair.span = out_.line.span({key.begin, std::max(key.end, value.end)});
    pair.key_span = out_.line.span(key);
    pair.value_span = out_.line.span(value);
    pair.key_range = key;
    pair.value_range = value;
    if (form == KeyValue::Form::key_only) pair.value_span = {pair.key_span.end, pair.key_span.end};
    out_.pairs.push_back(std::move(pair));
  }

  void add_word_pair(const RawWord& word) {
    const auto equals = word.range.of(text()).find('=');
    if (equals == std::string_view::npos) {
      add_pair(word, KeyValue::Form::key_only, word.range, {word.range.end, word.range.end});
      return;
    }
    const std::uint32_t at = word.range.begin + static_cast<std::uint32_t>(equals);
    add_pair(word, KeyValue::Form::equals, {word.range.begin, at}, {at + 1, word.range.end});
  }

  void names() {
    for (RawWord& word : split_quoted(text(), out_.arguments, escape_)) {
      check_quotes(word);
      add_word_pair(word);
      add_word(std::move(word.text), word.range);
    }
  }

  void pairs() {
    const std::vector<RawWord> words = split_quoted(text(), out_.arguments, escape_);
    if (words.empty()) return;
    if (words[0].text.find('=') == std::string::npos) {  // the first word decides the form
      const LogicalRange gap = first_blanks(text(), out_.arguments);
      if (gap.begin == out_.arguments.end) {
        report(ProblemKind::missing_value, out_.arguments, out_.name + " must have two arguments");
      }
      add_pair(words[0], KeyValue::Form::legacy, {out_.arguments.begin, gap.begin},
               {gap.end, out_.arguments.end});
      return;
    }
    for (const RawWord& word : words) {
      check_quotes(word);
      if (word.text.find('=') == std::string::npos) {
        report(ProblemKind::missing_equals, word.range, "there is no '=' in this word of " + out_.name);
      }
      add_word_pair(word);
      if (out_.pairs.back().key.empty()) {
        report(ProblemKind::wrong_arguments, word.range, "blank name in " + out_.name);
      }
    }
  }

  void onbuild() {
    if (out_.arguments.empty()) return;
    if (depth_ + 1 >= k_max_onbuild_depth) {
      report(ProblemKind::too_large, out_.arguments, "ONBUILD is nested too deep; the rest is not read");
      return;
    }
    const LogicalRange rest{out_.arguments.begin, out_.line.all().end};
    out_.child = std::make_unique<Instruction>(
        make_instruction(out_.line.slice(rest), escape_, problems_, depth_ + 1));
    const Keyword inner = out_.child->keyword;
    if (inner == Keyword::onbuild || inner == Keyword::from || inner == Keyword::maintainer) {
      problems_.push_back({ProblemKind::onbuild_not_allowed, out_.child->keyword_span,
                           out_.child->name + " is not allowed in ONBUILD"});
    }
  }

  void check_arguments() {
    const std::size_t count = out_.words.size();
    const auto missing = [&](std::string_view what) {
      problems_.push_back(
          {ProblemKind::missing_arguments, out_.keyword_span, out_.name + " requires " + std::string(what)});
    };
    const auto wrong = [&](std::string message) {
      report(ProblemKind::wrong_arguments, out_.arguments, std::move(message));
    };
    switch (out_.keyword) {
      case Keyword::from:
        if (count == 0) {
          missing("an image");
        } else if (count != 1 && !(count == 3 && to_upper(out_.words[1].text) == "AS")) {
          wrong("FROM requires either one or three arguments");
        }
        break;
      case Keyword::add:
      case Keyword::copy:
        if (count < 2) missing("a source and a destination");
        break;
      case Keyword::arg:
      case Keyword::expose:
      case Keyword::volume:
      case Keyword::maintainer:
      case Keyword::stopsignal:
      case Keyword::user:
      case Keyword::workdir:
        if (count == 0) missing("an argument");
        break;
      case Keyword::env:
      case Keyword::label:
        if (out_.pairs.empty()) missing("a name and a value");
        break;
      case Keyword::onbuild:
        if (out_.arguments.empty()) missing("an instruction");
        break;
      case Keyword::shell:
        if (count == 0) {
          missing("a JSON array");
        } else if (!out_.json) {
          wrong("SHELL requires its arguments in JSON form");
        }
        break;
      case Keyword::healthcheck:
        check_healthcheck();
        break;
      default:
        break;
    }
  }

  void check_healthcheck() {
    const std::size_t count = out_.words.size();
    const std::string type = count == 0 ? std::string() : to_upper(out_.words[0].text);
    if (count == 0) {
      problems_.push_back(
          {ProblemKind::missing_arguments, out_.keyword_span, "HEALTHCHECK requires CMD or NONE"});
    } else if (type == "NONE") {
      if (count > 1)
        report(ProblemKind::wrong_arguments, out_.arguments, "HEALTHCHECK NONE takes no arguments");
    } else if (type != "CMD") {
      report(ProblemKind::wrong_arguments, out_.words[0].range, "unknown type of HEALTHCHECK, try CMD");
    } else if (count == 1) {
      report(ProblemKind::missing_arguments, out_.words[0].range,
             "there is no command after HEALTHCHECK CMD");
    }
  }

  Instruction out_;
  char escape_;
  std::vector<Problem>& problems_;
  std::uint32_t depth_;
};

}  // namespace

Instruction make_instruction(LogicalText line, char escape, std::vector<Problem>& problems,
                             std::uint32_t depth) {
  return Maker(std::move(line), escape, problems, depth).run();
}

}  // namespace sluice::syntax::dockerfile
