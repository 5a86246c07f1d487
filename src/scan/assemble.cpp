#include "scan/assemble.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "base/span.h"
#include "scan/fingerprint.h"

namespace sluice::scan {
namespace {

constexpr std::size_t k_max_source_line_bytes = 2u << 10;  // minified files have lines of megabytes

// Valid UTF-8: each bad byte becomes U+FFFD. Matched text gets into messages, and files need not be UTF-8.
std::string to_utf8(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t good = utf8_prefix(text);
    out += text.substr(0, good);
    if (good == text.size()) return out;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(good + 1);
  }
}

Region region_of(const LineIndex& lines, Span span) {
  const LineColumn begin = lines.at(span.begin);
  const LineColumn end = lines.at(span.end);
  return {begin.line, begin.column, end.line, end.column, span.begin, span.size()};
}

// The line of a finding, or nothing if the finding begins too far out to show.
std::string source_line(const LineIndex& lines, Span span, std::uint32_t line) {
  if (span.begin - lines.line_start(line) >= k_max_source_line_bytes) return {};
  std::string_view text = lines.line(line);
  std::size_t end = std::min(text.size(), k_max_source_line_bytes);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return to_utf8(text.substr(0, end));
}

class FileAssembler {
 public:
  FileAssembler(const RuleBook& book, AnalyserId analyser, std::string_view path, std::string_view text)
      : book_(book), analyser_(analyser_name(analyser)), path_(path), text_(text), lines_(text) {}

  std::vector<Assembled> run(Analysis analysis) {
    for (const CommentMark& mark : analysis.marks) {
      if (auto suppression = parse_suppression(text_, mark)) suppressions_.push_back(*std::move(suppression));
    }
    std::vector<Assembled> out;
    for (checks::RawFinding& found : analysis.findings) {
      const KnownRule* rule = book_.find(found.rule);
      if (rule == nullptr || !book_.wants_rule(analyser_, found.rule)) continue;
      if (book_.is_off(found.rule)) continue;
      out.push_back(finish(*rule, std::move(found)));
    }
    add_broken_suppressions(out);
    return out;
  }

 private:
  Assembled finish(const KnownRule& rule, checks::RawFinding raw) const {
    Finding out;
    out.rule = rule.info.id;
    out.aliases = rule.info.aliases;
    for (const std::string& alias : raw.aliases) out.aliases.push_back(to_utf8(alias));
    std::sort(out.aliases.begin(), out.aliases.end());
    out.aliases.erase(std::unique(out.aliases.begin(), out.aliases.end()), out.aliases.end());
    std::erase_if(out.aliases, [&raw](const std::string& alias) {
      return std::find(raw.excused_aliases.begin(), raw.excused_aliases.end(), alias) !=
             raw.excused_aliases.end();
    });
    out.severity = raw.severity.value_or(rule.info.severity);
    if (const auto severity = book_.severity_of(rule.info.id)) out.severity = *severity;
    out.confidence = raw.confidence.value_or(rule.confidence);
    out.message = to_utf8(raw.message);
    out.path = path_;
    out.region = region_of(lines_, raw.span);
    out.source_line = source_line(lines_, raw.span, out.region.line);
    out.cwe = rule.info.cwe;
    out.help = rule.info.help;
    out.fix = finish_fix(std::move(raw.fix));
    for (const auto& step : raw.trace) {
      out.trace.push_back({std::string(path_), region_of(lines_, step.span), to_utf8(step.message)});
    }
    suppress(rule, raw, out);
    return {std::move(out), fingerprint_text(raw.span.of(text_))};
  }

  std::optional<Fix> finish_fix(std::optional<Fix> fix) const {
    if (!fix) return fix;
    fix->description = to_utf8(fix->description);
    for (DataNeed& need : fix->needs) need.key = to_utf8(need.key);
    std::string missing;
    if (!fill_in(book_.fix_data(), *fix, missing)) fix->edits.clear();  // half a fix is none
    for (Edit& edit : fix->edits) {
      // A fix that is no text cannot be shown, and must not be changed by showing it.
      if (!is_utf8(edit.text)) return std::nullopt;
      const auto begin = static_cast<std::uint32_t>(edit.offset);
      edit.region = region_of(lines_, {begin, begin + static_cast<std::uint32_t>(edit.length)});
    }
    return fix;
  }

  void suppress(const KnownRule& rule, const checks::RawFinding& raw, Finding& out) const {
    if (raw.suppressed) {  // by a peer's comment that the analyser itself understands ("# hadolint ignore=…")
      out.status = FindingStatus::suppressed;
      out.status_reason = to_utf8(*raw.suppressed);
    }
    for (const Suppression& suppression : suppressions_) {
      if (suppression.own ? suppression.reason.empty() : rule.origin != RuleOrigin::pack) continue;
      if (!covers(suppression, raw.span)) continue;
      const bool any = !suppression.own && suppression.rules.empty();
      const bool named =
          std::any_of(suppression.rules.begin(), suppression.rules.end(),
                      [&out](const auto& name) { return names_rule(name, out.rule, out.aliases); });
      if (!any && !named) continue;
      out.status = FindingStatus::suppressed;
      out.status_reason = to_utf8(suppression.reason);
      if (suppression.own) return;  // a written reason is worth more than a bare "nosemgrep"
    }
  }

  void add_broken_suppressions(std::vector<Assembled>& out) const {
    const KnownRule* rule = book_.find(k_rule_suppression_without_reason);
    if (rule == nullptr || !book_.wants_rule(analyser_, k_rule_suppression_without_reason)) return;
    for (const Suppression& suppression : suppressions_) {
      if (!suppression.own || (!suppression.reason.empty() && !suppression.rules.empty())) continue;
      checks::RawFinding found;
      found.span = suppression.comment;
      found.message = suppression.rules.empty() ? "this suppression names no rule, so it does not apply"
                                                : "this suppression of " + suppression.rules.front() +
                                                      " gives no reason, so it does not apply";
      out.push_back(finish(*rule, std::move(found)));
    }
  }

  const RuleBook& book_;
  std::string_view analyser_;
  std::string_view path_;
  std::string_view text_;
  LineIndex lines_;
  std::vector<Suppression> suppressions_;
};

}  // namespace

std::vector<Assembled> assemble(const RuleBook& book, AnalyserId analyser, std::string_view path,
                                std::string_view text, Analysis analysis) {
  if (analysis.findings.empty() && analysis.marks.empty()) return {};
  return FileAssembler(book, analyser, path, text).run(std::move(analysis));
}

std::vector<Finding> finish_findings(const RuleBook& book, std::vector<Assembled> assembled) {
  const auto key = [](const Assembled& a) {
    const Finding& f = a.finding;
    return std::tie(f.path, f.region.offset, f.rule, f.region.length, f.message);
  };
  std::sort(assembled.begin(), assembled.end(),
            [&key](const Assembled& a, const Assembled& b) { return key(a) < key(b); });
  Fingerprinter fingerprints;
  std::vector<Finding> out;
  out.reserve(assembled.size());
  for (Assembled& item : assembled) {
    item.finding.fingerprint = fingerprints.next(item.finding.rule, item.finding.path, item.matched_text);
    if (item.finding.status == FindingStatus::fresh && book.in_baseline(item.finding.fingerprint))
      item.finding.status = FindingStatus::existing;
    out.push_back(std::move(item.finding));
  }
  return out;
}

}  // namespace sluice::scan
