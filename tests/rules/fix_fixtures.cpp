#include "fix_fixtures.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/file.h"
#include "scan/fix/fix.h"
#include "scan/fix/mend.h"
#include "scan/fix/unified_diff.h"
#include "syntax/dockerfile/document.h"

namespace fixtures {

using namespace sluice;

namespace {

std::size_t refusals(const std::string& text) {
  const auto document = syntax::dockerfile::parse_document(text);
  return static_cast<std::size_t>(std::count_if(document.problems.begin(), document.problems.end(),
                                                [](const auto& problem) { return problem.refused(); }));
}

}  // namespace

void FixRunner::complain(const Fixture& fixture, const Block& block, const std::string& what) {
  ++failures_;
  std::fprintf(stderr, "%s:%zu: %s\n", fixture.path.c_str(), block.line, what.c_str());
}

void FixRunner::accept(const Fixture& fixture) {
  const Result<Bytes> text = read_file(fixture.path);
  if (!text) return;
  std::string out;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size() - 1) + 1;
    out += text->substr(at, end - at);
    at = end;
    ++number;
    for (const Block& block : fixture.examples) {
      if (block.last != number || block.fixed || block.marks.empty()) continue;
      const auto book = book_for(block, fixture.rules);
      if (!book) continue;
      const auto result = scan::fix_in_process(block.name, block.code, *book, block.ignore_file);
      if (!result || result->text == block.code) continue;
      out += "\nAfter `--fix`:\n\n```" + block.language + " fixed\n" + result->text + "```\n";
      complain(fixture, block, "its fixed block was written; look at it");
    }
  }
  if (out != *text && !write_file_atomic(fixture.path, out))
    complain(fixture, fixture.examples.front(), "not written");
}

void FixRunner::run(const Fixture& fixture) {
  const char* update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string_view(update) == "1") return accept(fixture);
  for (const Block& block : fixture.examples) {
    if (block.fixed) check_exact(fixture, block);
    if (block.marks.empty()) continue;
    check_all(fixture, block);
    if (block.language == "dockerfile") check_line_ends(fixture, block);
  }
}

void FixRunner::check_exact(const Fixture& fixture, const Block& block) {
  ++blocks_;
  const auto book = book_for(block, fixture.rules);
  const auto all = book_for(block);
  if (!book || !all) return complain(fixture, block, "the rules cannot be loaded");
  const auto result = scan::fix_in_process(block.name, block.code, *book, block.ignore_file);
  if (!result) return complain(fixture, block, to_string(result.error()));
  if (result->text != *block.fixed) {
    std::string reasons;
    for (const scan::ReportedFix& fix : result->file.fixes)
      if (!fix.fixed) reasons += fix.rule + ": " + fix.reason + "\n";
    complain(fixture, block,
             "not the text of the fixed block:\n" +
                 scan::unified_diff("expected", *block.fixed, result->text) + reasons);
  }
  bool any = false;
  for (const scan::ReportedFix& fix : result->file.fixes) {
    if (!fix.fixed) continue;
    any = true;
    fixed_rules_.insert(fix.rule);
  }
  if (!any && *block.fixed != block.code) complain(fixture, block, "nothing was fixed");
  const auto again = scan::fix_in_process(block.name, result->text, *book, block.ignore_file);
  if (!again || again->text != result->text) complain(fixture, block, "a second run changes it again");
  const auto before = scan::run_in_process(block.name, block.code, *all, false, block.ignore_file);
  const auto after = scan::run_in_process(block.name, result->text, *all, false, block.ignore_file);
  if (!before || !after) return complain(fixture, block, "it could not be scanned");
  Severity least = Severity::high;
  for (const std::string& rule : fixture.rules) {
    if (const auto* known = all->find(rule)) least = std::min(least, known->info.severity);
  }
  if (const auto fresh = scan::new_finding(before->findings, after->findings, least))
    complain(fixture, block, "the fix makes a finding of " + *fresh);
}

void FixRunner::check_all(const Fixture& fixture, const Block& block) {
  ++blocks_;
  const auto book = book_for(block);
  if (!book) return complain(fixture, block, "the rules cannot be loaded");
  const auto result = scan::fix_in_process(block.name, block.code, *book, block.ignore_file);
  if (!result) return complain(fixture, block, to_string(result.error()));
  if (!result->file.settled) complain(fixture, block, "mending it came to no end");
  for (const scan::ReportedFix& fix : result->file.fixes) {
    if (fix.fixed) applied_rules_.insert(fix.rule);
    const bool excused = fix.reason.find("suppressed") != std::string::npos;
    if (!fix.fixed && fix.tier == FixTier::safe && !excused)
      complain(fixture, block, "a safe fix of " + fix.rule + " was not applied: " + fix.reason);
  }
  const auto again = scan::fix_in_process(block.name, result->text, *book, block.ignore_file);
  if (!again || again->text != result->text) {
    complain(fixture, block,
             "a second run changes it again:\n" +
                 scan::unified_diff("first", result->text, again ? again->text : ""));
  }
  if (block.name.find("Dockerfile") != std::string::npos && refusals(result->text) > refusals(block.code))
    complain(fixture, block, "the result does not parse");
}

void FixRunner::check_line_ends(const Fixture& fixture, const Block& block) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  std::string text(mark);
  for (const char c : block.code) {
    if (c == '\n') text += '\r';
    text += c;
  }
  text.resize(text.size() - 2);
  const auto book = book_for(block);
  if (!book) return;
  const auto result = scan::fix_in_process(block.name, text, *book, block.ignore_file);
  if (!result) return complain(fixture, block, to_string(result.error()));
  const std::string& out = result->text;
  if (!out.starts_with(mark)) complain(fixture, block, "the fix lost the byte order mark");
  if (out.ends_with('\n')) complain(fixture, block, "the fix added a newline at the end");
  for (std::size_t at = out.find('\n'); at != std::string::npos; at = out.find('\n', at + 1)) {
    if (at == 0 || out[at - 1] != '\r')
      return complain(fixture, block, "the fix wrote LF among CRLF:\n" + out);
  }
  const auto again = scan::fix_in_process(block.name, out, *book, block.ignore_file);
  if (!again || again->text != out) complain(fixture, block, "with CRLF a second run changes it again");
}

void FixRunner::check_metadata() {
  for (const checks::docker::CheckInfo& check : checks::docker::checks()) {
    const std::string& id = check.info.id;
    const bool shown = fixed_rules_.contains(id);
    if (applied_rules_.contains(id) && !check.fixable) {
      ++failures_;
      std::fprintf(stderr, "%s is fixed, but does not say that it is fixable\n", id.c_str());
    }
    if (applied_rules_.contains(id) && !shown) {
      ++failures_;
      std::fprintf(stderr, "%s is fixed, but no fixed block shows it\n", id.c_str());
    }
  }
}

int FixRunner::finish() {
  check_metadata();
  std::printf("%zu blocks, %zu rules with an applied fix, %zu failures\n", blocks_, fixed_rules_.size(),
              failures_);
  for (const std::string& rule : applied_rules_)
    std::printf("  %s%s\n", rule.c_str(), fixed_rules_.contains(rule) ? "" : " (no fixed block)");
  if (fixed_rules_.size() < k_min_fixable_rules) {
    std::fprintf(stderr, "fewer than %zu rules have a fixture with an applied fix\n", k_min_fixable_rules);
    return 1;
  }
  return failures_ == 0 ? 0 : 1;
}

}  // namespace fixtures
