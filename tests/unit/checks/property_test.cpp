// What must hold for every Dockerfile of the fixtures: the same findings however its lines are laid out,
// places inside the file, and a document that prints back to itself.
#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include <doctest/doctest.h>

#include "checks/docker/docker.h"
#include "fixture_texts.h"
#include "syntax/dockerfile/buildkit_dump.h"

namespace sluice::checks::docker {
namespace {

namespace df = syntax::dockerfile;

// A finding without its layout: the rule and the instruction that holds it (-1: none).
using Place = std::pair<int, std::string>;

std::multiset<Place> findings_of(std::string_view text, const std::set<std::string>& without) {
  Options options;
  options.profile = Profile::all;
  options.ignore_file = IgnoreFile::absent;
  const df::Document document = df::parse_document(text);
  std::multiset<Place> found;
  for (const RawFinding& finding : analyse(document, text, options).findings) {
    if (without.count(finding.rule) != 0) continue;
    int index = -1;
    for (std::size_t i = 0; i < document.instructions.size(); ++i) {
      const Span span = document.instructions[i].span;
      if (span.begin <= finding.span.begin && finding.span.begin < span.end) index = static_cast<int>(i);
    }
    found.emplace(index, finding.rule + (finding.suppressed ? " (suppressed)" : ""));
  }
  return found;
}

std::string shown(const std::multiset<Place>& places) {
  std::string out;
  for (const auto& [index, rule] : places) out += std::to_string(index) + " " + rule + "\n";
  return out;
}

// The blanks of the instructions' own lines where a continuation changes nothing: outside quotes and JSON
// strings, between two words.
std::vector<std::size_t> breakable(std::string_view text) {
  std::vector<std::size_t> places;
  for (const df::Instruction& instruction : df::parse_document(text).instructions) {
    std::size_t end = instruction.span.end;
    const df::Instruction& inner = instruction.child ? *instruction.child : instruction;
    if (!inner.heredocs.empty()) end = std::min(text.find('\n', instruction.span.begin), end);
    char quote = 0;
    for (std::size_t at = instruction.keyword_span.end; at < end; ++at) {
      const char c = text[at];
      if (quote != 0) {
        if (c == '\\')
          ++at;
        else if (c == quote)
          quote = 0;
      } else if (c == '\\' || c == '`') {
        ++at;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '#' && text[at - 1] == ' ') {
        break;  // a comment of the shell
      } else if (c == ' ' && at + 1 < end && text[at - 1] != ' ' && text[at - 1] != '\n') {
        const std::string_view next = text.substr(at + 1, 1);
        if (next != " " && next != "#" && next != "\\" && next != "`" && next != "\n") places.push_back(at);
      }
    }
  }
  return places;
}

// Breaks the line at every `step`th of those blanks; `between` stands between the two parts.
std::string wrapped(std::string_view text, std::size_t step, std::string_view between) {
  std::string out;
  std::size_t from = 0;
  std::size_t number = 0;
  for (const std::size_t at : breakable(text)) {
    if (number++ % step != 0) continue;
    out += std::string(text.substr(from, at - from)) + " \\\n" + std::string(between) + "  ";
    from = at + 1;
  }
  return out + std::string(text.substr(from));
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at, from.size()) == from) {
      out += to;
      at += from.size();
    } else {
      out += text[at++];
    }
  }
  return out;
}

// Holds `escape` as the other character only where a line goes on; nothing if that cannot be said of the
// text.
std::string with_backquote_escape(std::string_view text) {
  if (text.find('`') != std::string_view::npos || text.find("escape=") != std::string_view::npos) return "";
  const std::string moved = replaced(text, "\\\n", "`\n");
  if (moved.find('\\') != std::string::npos) return "";
  return "# escape=`\n" + moved;
}

// `docker.legacy-key-value` and others that speak of text between words are no exception; only what is about
// the layout itself is left out.
void check_same(const FixtureText& fixture, std::string_view changed,
                const std::set<std::string>& without = {}) {
  CAPTURE(fixture.name);
  CAPTURE(std::string(changed));
  CHECK(shown(findings_of(fixture.text, without)) == shown(findings_of(changed, without)));
}

TEST_CASE("wrapping lines changes no finding") {
  for (const FixtureText& fixture : fixture_texts()) {
    for (const std::size_t step : {1U, 2U, 3U}) check_same(fixture, wrapped(fixture.text, step, ""));
  }
}

TEST_CASE("comments and blank lines inside continuations change no finding") {
  for (const FixtureText& fixture : fixture_texts()) {
    check_same(fixture, wrapped(fixture.text, 1, "# a note\n"));
    check_same(fixture, wrapped(fixture.text, 2, "  # a note \\\n\t# and another\n"));
    check_same(fixture, wrapped(fixture.text, 1, "\n  \n"), {"docker.empty-continuation"});
  }
}

TEST_CASE("CRLF changes no finding") {
  for (const FixtureText& fixture : fixture_texts())
    check_same(fixture, replaced(fixture.text, "\n", "\r\n"));
}

TEST_CASE("the other escape character changes no finding") {
  const std::set<std::string> without{
      "docker.description-malformed"};  // the directive becomes part of the comment
  std::size_t tried = 0;
  for (const FixtureText& fixture : fixture_texts()) {
    const std::string changed = with_backquote_escape(fixture.text);
    if (changed.empty()) continue;
    ++tried;
    check_same(fixture, changed, without);
    check_same(fixture, with_backquote_escape(wrapped(fixture.text, 2, "")), without);
  }
  CHECK(tried > 200);
}

TEST_CASE("blank lines and comments between instructions change no finding") {
  for (const FixtureText& fixture : fixture_texts()) {
    const df::Document document = df::parse_document(fixture.text);
    if (!document.comments.empty() || !document.directives.empty()) continue;  // they speak of what follows
    std::string changed;
    std::size_t from = 0;
    for (const df::Instruction& instruction : document.instructions) {
      changed += fixture.text.substr(from, instruction.span.begin - from) + "\n# note\n\n";
      from = instruction.span.begin;
    }
    check_same(fixture, changed + fixture.text.substr(from));
  }
}

TEST_CASE("findings, their steps and their edits lie inside the file") {
  Options options;
  options.profile = Profile::all;
  for (const FixtureText& fixture : fixture_texts()) {
    CAPTURE(fixture.name);
    for (const std::string& text :
         {fixture.text, replaced(fixture.text, "\n", "\r\n"), wrapped(fixture.text, 1, "# a\n")}) {
      for (const RawFinding& finding : analyse(df::parse_document(text), text, options).findings) {
        CAPTURE(finding.rule);
        CHECK(finding.span.begin <= finding.span.end);
        CHECK(finding.span.end <= text.size());
        for (const RawFinding::Step& step : finding.trace) CHECK(step.span.end <= text.size());
        if (!finding.fix) continue;
        for (const Edit& edit : finding.fix->edits) CHECK(edit.offset + edit.length <= text.size());
      }
    }
  }
}

// The document as text: directives, then each joined line and the heredocs under it.
std::string printed(const df::Document& document, std::string_view source) {
  std::string out;
  for (const df::Directive& directive : document.directives)
    out += "# " + directive.name + "=" + directive.value + "\n";
  for (const df::Instruction& instruction : document.instructions) {
    out += instruction.line.text + "\n";
    const df::Instruction* inner = &instruction;
    while (inner->child) inner = inner->child.get();
    for (const df::Heredoc& heredoc : inner->heredocs) {
      out += heredoc.content;
      if (heredoc.terminated) out += std::string(heredoc.terminator.of(source)) + "\n";
    }
  }
  return out;
}

TEST_CASE("a document that is printed and read again is the same") {
  for (const FixtureText& fixture : fixture_texts()) {
    CAPTURE(fixture.name);
    const df::Document document = df::parse_document(fixture.text);
    const std::string text = printed(document, fixture.text);
    const df::Document again = df::parse_document(text);
    CHECK(df::buildkit_dump(document) == df::buildkit_dump(again));
    CHECK(printed(again, text) == text);
  }
}

}  // namespace
}  // namespace sluice::checks::docker
