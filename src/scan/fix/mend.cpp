#include "scan/fix/mend.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "scan/fix/edits.h"

namespace sluice::scan {
namespace {

bool is_applicable(const Finding& finding) {
  return finding.status == FindingStatus::fresh && finding.fix && finding.fix->needs.empty() &&
         finding.fix->tier != FixTier::suggestion && !finding.fix->edits.empty();
}

Span span_of(const Finding& finding) {
  const auto begin = static_cast<std::uint32_t>(finding.region.offset);
  return {begin, begin + static_cast<std::uint32_t>(finding.region.length)};
}

std::ptrdiff_t count_of(const Looked& looked, const std::string& rule) {
  return std::count_if(looked.findings.begin(), looked.findings.end(),
                       [&rule](const Finding& finding) { return finding.rule == rule; });
}

// The finding still stands where the edits have put its place.
bool still_there(const Finding& finding, const std::vector<Edit>& edits, const Looked& before,
                 const Looked& after) {
  const Span old = span_of(finding);
  const std::uint32_t begin = new_offset(edits, old.begin, Side::before);
  const std::uint32_t end = std::max(begin, new_offset(edits, old.end, Side::behind));
  // Its place is gone; whatever follows it now begins there.
  if (begin == end && !old.empty()) return count_of(after, finding.rule) >= count_of(before, finding.rule);
  return std::any_of(after.findings.begin(), after.findings.end(), [&](const Finding& other) {
    const Span place = span_of(other);
    const bool overlaps = place.begin < end && begin < place.end;
    return other.rule == finding.rule && (overlaps || place.begin == begin);
  });
}

std::string why_not(const Finding& finding) {
  if (finding.status == FindingStatus::suppressed) return "the finding is suppressed";
  if (finding.status == FindingStatus::existing) return "the finding is in the baseline";
  if (finding.status == FindingStatus::waived) return "the finding is waived";
  if (finding.fix->tier == FixTier::suggestion) return "a suggestion only; it needs a person to judge";
  if (!finding.fix->needs.empty()) {
    const DataNeed& need = finding.fix->needs.front();
    const std::string what = need.kind == DataKind::image_digest ? "the digest of " : "the checksum of ";
    return "it needs " + what + need.key + ", which no --fix-data gives";
  }
  if (finding.fix->edits.empty()) return "it cannot be written as an edit here";
  return "";
}

class Mender {
 public:
  Mender(std::string_view text, Looked first, const Mending& mending)
      : mending_(mending), text_(text), now_(std::move(first)) {}

  Patch run() {
    while (!exhausted()) {
      std::vector<const Finding*> group = next_group();
      if (group.empty()) break;
      try_group(std::move(group));
    }
    report_rest();
    patch_.text = std::move(text_);
    return std::move(patch_);
  }

 private:
  // A fix by what it is about, so that it is known again after other fixes.
  using Key = std::tuple<std::string, std::uint32_t, std::string>;
  struct Refusal {
    std::size_t version = 0;  // of the text; a later text may allow it
    std::string reason;
  };

  // Of a finding that has one: what next_group() hands out does.
  static const Fix& fix_of(const Finding& finding) {
    static const Fix none;
    return finding.fix ? *finding.fix : none;
  }

  bool exhausted() {
    const bool bound = looks_ >= k_max_looks;
    if (!bound && !mending_.out_of_time()) return false;
    const bool more = !next_group().empty();
    if (more) {
      stopped_ = bound ? "not tried: the bound of " + std::to_string(k_max_looks) + " analyses was reached"
                       : "not tried: the time for this file was up";
      patch_.settled = false;
    }
    return true;
  }

  std::uint32_t original(std::uint32_t offset) const {
    for (auto edits = history_.rbegin(); edits != history_.rend(); ++edits)
      offset = old_offset(*edits, offset);
    return offset;
  }

  Key key_of(const Finding& finding) const {
    return {finding.rule, original(static_cast<std::uint32_t>(finding.region.offset)),
            fix_of(finding).description};
  }

  // Those never refused, as many as do not conflict; else one that an earlier text refused.
  std::vector<const Finding*> next_group() const {
    std::vector<const Finding*> group;
    EditGroup edits;
    const Finding* again = nullptr;
    for (const Finding& finding : now_.findings) {
      if (!is_applicable(finding)) continue;
      const auto refused = refused_.find(key_of(finding));
      if (refused != refused_.end()) {
        if (refused->second.version < history_.size() && again == nullptr) again = &finding;
        continue;
      }
      // Invalid ones are told of in report_rest().
      if (edits_are_valid(fix_of(finding).edits, text_.size()) && edits.add(fix_of(finding).edits))
        group.push_back(&finding);
    }
    if (group.empty() && again != nullptr) group.push_back(again);
    return group;
  }

  void try_group(std::vector<const Finding*> group) {
    while (true) {
      std::string reason = attempt(group);
      if (reason.empty()) return;
      if (group.size() == 1) {
        refused_[key_of(*group.front())] = {history_.size(), std::move(reason)};
        return;
      }
      group.resize(group.size() / 2);
      if (looks_ >= k_max_looks || mending_.out_of_time()) return;
    }
  }

  // Empty if the fixes were applied. The findings of `group` are gone then.
  std::string attempt(const std::vector<const Finding*>& group) {
    std::vector<Edit> edits;
    Severity least = Severity::high;
    for (const Finding* finding : group) {
      const Fix& fix = fix_of(*finding);
      edits.insert(edits.end(), fix.edits.begin(), fix.edits.end());
      least = std::min(least, finding->severity);
    }
    edits = sorted_edits(std::move(edits));
    std::string next = apply_edits(text_, edits);
    if (next.size() > k_max_patched_bytes) return "the result would be too large";
    ++looks_;
    if (auto damage = mending_.damage(text_, next, edits)) return *damage;
    Looked after = mending_.look(next);
    if (after.status != now_.status && after.status != CoverageStatus::analysed)
      return "the result could not be analysed: " + after.reason;
    for (const Finding* finding : group) {
      if (still_there(*finding, edits, now_, after)) return "the finding would still be there";
    }
    if (const auto fresh = new_finding(now_.findings, after.findings, least))
      return "it would make a new finding: " + *fresh;
    for (const Finding* finding : group) {
      const Fix& fix = fix_of(*finding);
      patch_.outcomes.push_back(
          {finding->rule, original(span_of(*finding).begin), fix.description, fix.tier, true, ""});
    }
    history_.push_back(std::move(edits));
    text_ = std::move(next);
    now_ = std::move(after);
    return {};
  }

  void report_rest() {
    for (const Finding& finding : now_.findings) {
      if (!finding.fix) {
        if (finding.status == FindingStatus::fresh) ++patch_.without_fix;
        continue;
      }
      std::string reason = why_not(finding);
      if (reason.empty()) {
        const auto refused = refused_.find(key_of(finding));
        reason = refused != refused_.end() ? refused->second.reason
                 : !stopped_.empty()       ? stopped_
                                           : "its edits do not fit the file";
      }
      patch_.outcomes.push_back({finding.rule, original(span_of(finding).begin), finding.fix->description,
                                 finding.fix->tier, false, std::move(reason)});
    }
    std::stable_sort(patch_.outcomes.begin(), patch_.outcomes.end(),
                     [](const FixOutcome& a, const FixOutcome& b) {
                       return std::tie(a.offset, a.rule) < std::tie(b.offset, b.rule);
                     });
  }

  const Mending& mending_;
  std::string text_;
  Looked now_;
  std::vector<std::vector<Edit>> history_;
  std::map<Key, Refusal> refused_;
  unsigned looks_ = 0;
  std::string stopped_;
  Patch patch_;
};

}  // namespace

std::optional<std::string> new_finding(const std::vector<Finding>& before, const std::vector<Finding>& after,
                                       Severity at_least) {
  std::map<std::string_view, int> balance;
  for (const Finding& finding : before) {
    if (finding.status == FindingStatus::fresh) --balance[finding.rule];
  }
  for (const Finding& finding : after) {
    if (finding.status == FindingStatus::fresh && finding.severity >= at_least) ++balance[finding.rule];
  }
  for (const auto& [rule, more] : balance) {
    if (more > 0) return std::string(rule);
  }
  return std::nullopt;
}

Patch mend(std::string_view text, Looked first, const Mending& mending) {
  return Mender(text, std::move(first), mending).run();
}

}  // namespace sluice::scan
