// What could not be read, or is read otherwise than it looks.
#include <algorithm>

#include "checks/docker/check_row.h"
#include "checks/docker/pragmas.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_instruction{.id = "docker.unknown-instruction",
                              .title = "Unknown instruction",
                              .why = "The builder refuses the file.",
                              .help = "Check the spelling.",
                              .severity = Severity::medium,
                              .profile = Profile::normal};
constexpr Check k_flag{.id = "docker.unknown-flag",
                       .title = "Unknown flag",
                       .why = "The builder refuses it, or needs a newer syntax than the file names.",
                       .help = "Check the spelling and the syntax directive.",
                       .severity = Severity::low,
                       .profile = Profile::normal};
constexpr Check k_error{.id = "docker.syntax-error",
                        .title = "The builder refuses this",
                        .why = "The file does not build, and what stands here is not analysed.",
                        .help = "Correct it.",
                        .severity = Severity::medium,
                        .profile = Profile::normal};
constexpr Check k_doubtful{.id = "docker.syntax-doubtful",
                           .title = "The file does not mean here what it seems to",
                           .why = "The builder reads on without a word.",
                           .help = "Write it plainly.",
                           .severity = Severity::low,
                           .profile = Profile::normal};
constexpr Check k_directive{.id = "docker.directive-misspelt",
                            .title = "Parser directive misspelt or too late",
                            .why =
                                "It is then a plain comment: another front end reads the file, or checks run "
                                "that were to be skipped.",
                            .help = "Directives are syntax, escape and check; they stand at the very top.",
                            .severity = Severity::medium,
                            .confidence = Confidence::medium,
                            .profile = Profile::normal};
constexpr Check k_continuation{
    .id = "docker.empty-continuation",
    .title = "Empty line inside a continued instruction",
    .why = "Builders will refuse it; and the reader takes the next line for a new instruction.",
    .help = "Remove the empty line.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "buildkit:NoEmptyContinuation",
    .fixable = true};
constexpr Check k_shell{
    .id = "docker.shell-syntax",
    .title = "Shell text that a shell would not understand",
    .why = "The step fails, or does something else; and what stands here is analysed by guess only.",
    .help = "Correct it.",
    .severity = Severity::low,
    .confidence = Confidence::low,
    .profile = Profile::all,
    .aliases = "shellcheck:SC1072 shellcheck:SC1073"};
constexpr Check k_hidden{.id = "docker.hidden-text",
                         .title = "Hidden characters",
                         .why =
                             "Direction and zero-width characters make the text read otherwise "
                             "than it runs: a review does not see what is built.",
                         .help = "Remove them.",
                         .severity = Severity::high,
                         .profile = Profile::normal,
                         .cwe = "CWE-1007",
                         .fixable = true};
constexpr Check k_ignored{.id = "docker.inline-ignore",
                          .title = "A comment excuses findings",
                          .why = "Some policies allow no exceptions in the file itself.",
                          .help = "Use a signed waiver.",
                          .severity = Severity::info,
                          .profile = Profile::all,
                          .aliases = "hadolint:DL1001"};

// Edit distance of at most one change, transposition or missing letter, for words of four letters on.
bool nearly(std::string_view a, std::string_view b) {
  if (a == b) return false;
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || a.size() < 4) return false;
  std::size_t i = 0;
  while (i < a.size() && a[i] == b[i]) ++i;
  if (a.size() < b.size()) return a.substr(i) == b.substr(i + 1);
  if (a.substr(i + 1) == b.substr(i + 1)) return true;
  return i + 1 < a.size() && a[i] == b[i + 1] && a[i + 1] == b[i] && a.substr(i + 2) == b.substr(i + 2);
}

bool names_directive(std::string_view text) {
  const std::string name = lower(text.substr(0, text.find('=')));
  std::string_view word = name;
  while (!word.empty() && (word.front() == '#' || word.front() == ' ')) word.remove_prefix(1);
  while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
  return nearly(word, "syntax") || nearly(word, "escape") || nearly(word, "check");
}

const Check* check_of(const df::Problem& problem, std::string_view source) {
  switch (problem.kind) {
    case df::ProblemKind::unknown_instruction:
      return &k_instruction;
    case df::ProblemKind::unknown_flag:
      return &k_flag;
    case df::ProblemKind::onbuild_not_allowed:
    case df::ProblemKind::json_fallback:
    case df::ProblemKind::no_instructions:
      return nullptr;  // another check's, or nothing to say
    case df::ProblemKind::unknown_directive:
      return names_directive(problem.span.of(source)) ? &k_directive : nullptr;
    case df::ProblemKind::late_directive:
      return &k_directive;
    case df::ProblemKind::empty_continuation:
      return &k_continuation;
    case df::ProblemKind::trailing_continuation:
    case df::ProblemKind::unterminated_quote:
    case df::ProblemKind::nul_byte:
    case df::ProblemKind::invalid_utf8:
      return &k_doubtful;
    default:
      return &k_error;
  }
}

// The tool whose findings the comment excuses; "" if it excuses none.
std::string_view excusing_tool(std::string_view comment) {
  if (is_ignore_pragma(comment)) return "hadolint";
  struct Form {
    std::string_view start;
    std::string_view tool;
  };
  constexpr Form k_forms[] = {
      {"sluice:ignore", "sluice"},   {"nosemgrep", "Semgrep"},          {"nosem:", "Semgrep"},
      {"checkov:skip=", "Checkov"},  {"bridgecrew:skip=", "Checkov"},   {"trivy:ignore:", "Trivy"},
      {"tfsec:ignore:", "Trivy"},    {"kics-scan ignore", "KICS"},      {"kics-scan disable=", "KICS"},
      {"tally ignore=", "tally"},    {"tally global ignore=", "tally"}, {"shellcheck disable=", "ShellCheck"},
      {"gitleaks:allow", "gitleaks"}};
  std::string text = lower(comment);
  text.erase(0, text.find_first_not_of(" \t"));
  for (const Form& form : k_forms) {
    if (text.starts_with(form.start)) return form.tool;
  }
  return {};
}

void check_problems(const Facts& facts, Sink& sink) {
  for (const df::Problem& problem : facts.document.problems) {
    const Check* check = check_of(problem, facts.source);
    if (check == nullptr) continue;
    RawFinding& finding = sink.report(*check, problem.span, problem.message);
    if (check != &k_continuation) continue;
    // The span is the blank line; take it out with its newline.
    std::uint32_t begin = problem.span.begin;
    std::uint32_t end = problem.span.end;
    while (begin > 0 && facts.source[begin - 1] != '\n') --begin;
    while (end < facts.source.size() && facts.source[end] != '\n') ++end;
    const std::string_view line = Span{begin, end}.of(facts.source);
    // The lines behind it too, if they are empty.
    while (end < facts.source.size()) {
      const std::size_t next = std::min(facts.source.find('\n', end + 1), facts.source.size());
      if (next == facts.source.size() ||
          facts.source.substr(end, next - end).find_first_not_of(" \t\r\n") != std::string_view::npos)
        break;
      end = static_cast<std::uint32_t>(next);
    }
    if (end < facts.source.size() && line.find_first_not_of(" \t\r") == std::string_view::npos) {
      finding.fix = fix_of("remove the empty line", FixTier::safe, {replace({begin, end + 1}, "")});
    }
  }
  for (const df::BuildScript& build : facts.model.scripts) {
    for (const sh::Problem& problem : build.script.problems)
      sink.report(k_shell, problem.span, problem.message);
  }
}

// U+202A–202E, U+2066–2069 (direction), U+200B–200F, U+2060, U+FEFF (zero width), in UTF-8.
void check_hidden(const Facts& facts, Sink& sink) {
  const std::string_view text = facts.source;
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const auto a = static_cast<unsigned char>(text[i]);
    if (a != 0xE2 && a != 0xEF) continue;
    const auto b = static_cast<unsigned char>(text[i + 1]);
    const auto c = static_cast<unsigned char>(text[i + 2]);
    const bool direction =
        a == 0xE2 && ((b == 0x80 && c >= 0xAA && c <= 0xAE) || (b == 0x81 && c >= 0xA6 && c <= 0xA9));
    const bool zero_width =
        (a == 0xE2 && ((b == 0x80 && c >= 0x8B && c <= 0x8F) || (b == 0x81 && c == 0xA0))) ||
        (a == 0xEF && b == 0xBB && c == 0xBF && i > 0);
    if (!direction && !zero_width) continue;
    const Span span{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i + 3)};
    RawFinding& finding = sink.report(
        k_hidden, span,
        direction ? "a character that turns the direction of the text" : "a zero-width character");
    if (!direction) finding.severity = Severity::medium;
    finding.fix = fix_of("remove the character", FixTier::suggestion, {replace(span, "")});
  }
}

void run(const Facts& facts, Sink& sink) {
  check_problems(facts, sink);
  check_hidden(facts, sink);
  for (const df::Comment& comment : facts.document.comments) {
    if (const std::string_view tool = excusing_tool(comment.text); !tool.empty())
      sink.report(k_ignored, comment.span, "the comment excuses findings of " + std::string(tool));
  }
  if (const df::Directive* check = facts.document.directive("check");
      check != nullptr && contains(lower(check->value), "skip"))
    sink.report(k_ignored, check->span, "the directive excuses findings of the builder");
}

constexpr const Check* k_checks[] = {&k_instruction,  &k_flag,  &k_error,  &k_doubtful, &k_directive,
                                     &k_continuation, &k_shell, &k_hidden, &k_ignored};

}  // namespace

extern const CheckSet k_syntax{k_checks, run};

}  // namespace sluice::checks::docker
