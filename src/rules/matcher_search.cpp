// Search: every place of a file where a pattern matches.
#include <algorithm>

#include "rules/matcher.h"

namespace sluice::rules {

namespace {

// Far above what honest rules yield for one file.
constexpr std::size_t k_max_hits = 100'000;

}  // namespace

std::vector<Hit> Matcher::all(TermId begin, TermId end) {
  std::vector<Hit> hits;
  if (compiled_.is_sequence()) {
    sequences(hits, begin, end);
  } else {
    single(hits, begin, end);
  }
  if (hits.size() >= k_max_hits && budget_.exhausted.empty()) {
    budget_.exhausted = "a pattern matches more than " + std::to_string(k_max_hits) + " times";
  }
  return hits;
}

// Terms that a single pattern can match, by the kind of its root.
std::vector<TermId> Matcher::candidates(TermId begin, TermId end) const {
  const TermId p = compiled_.items[0];
  const bool whole_file = begin == 0 && end == program_.end();
  std::vector<TermId> found;
  // What a metavariable is bound to may be a label or synthetic: then every term is tried.
  if (!whole_file) {
    for (TermId t = begin; t < end; ++t) found.push_back(t);
    return found;
  }
  const auto add = [&](Kind kind) {
    const auto all = program_.of_kind(kind);
    const auto from = std::lower_bound(all.begin(), all.end(), begin);
    const auto to = std::lower_bound(from, all.end(), end);
    found.insert(found.end(), from, to);
  };
  const Role role = pattern_.role(p);
  switch (role) {
    case Role::metavariable:
    case Role::deep:
    case Role::typed:
    case Role::ellipsis:
    case Role::metalist:
      for (TermId t = begin; t < end; ++t) {
        if ((target_[t].flags & (k_structural | k_label)) == 0 && !program_.is_pure_statement(t))
          found.push_back(t);
      }
      return found;
    case Role::any_string:
    case Role::string_regex:
    case Role::string:
      add(kind_of(Role::string));
      add(kind_of(Role::template_));
      add(kind_of(Role::binary));
      add(kind_of(Role::name));
      break;
    case Role::attribute: {
      const TermId name = pattern_.child(p, 1);
      if (name != k_no_term && pattern_.is(name, Role::ellipsis)) {
        add(kind_of(Role::call));
        add(kind_of(Role::index));
      }
      add(kind_of(Role::attribute));
      add(kind_of(Role::name));
      break;
    }
    default:
      add(pattern_[p].kind);
      if (pattern_.first_child(p) == k_no_term && !pattern_.is(p, Role::name))
        add(kind_of(Role::name));  // a constant
  }
  std::sort(found.begin(), found.end());
  return found;
}

void Matcher::single(std::vector<Hit>& hits, TermId begin, TermId end) {
  const TermId p = compiled_.items[0];
  const bool once = !compiled_.binds[p];
  for (const TermId t : candidates(begin, end)) {
    if ((target_[t].flags & k_label) != 0 && t != begin) continue;
    const std::size_t first = hits.size();
    const bool stop = term(p, t, [&] {
      const bool known = std::any_of(hits.begin() + static_cast<std::ptrdiff_t>(first), hits.end(),
                                     [&](const Hit& hit) { return equal(hit.env, env_); });
      if (!known) hits.push_back({target_[t].span, env_, t});
      return once || hits.size() >= k_max_hits;
    });
    if ((stop && !once) || !budget_.exhausted.empty() || hits.size() >= k_max_hits) return;
  }
}

void Matcher::sequences(std::vector<Hit>& hits, TermId begin, TermId end) {
  const Items items = compiled_.items;
  const bool leading = pattern_.is(items[0], Role::ellipsis);
  const auto& all = program_.statements();
  const auto from = std::lower_bound(all.begin(), all.end(), begin);
  for (auto s = from; s != all.end() && *s < end; ++s) {
    const TermId block = target_[*s].parent;
    if (leading && target_.first_child(block) != *s) continue;
    const TermId block_end = std::min(target_[block].end, end);
    const std::size_t first = hits.size();
    const bool stop = statements(items, 0, *s, block_end, true, [&] {
      // The last matched statement is the one that ends where the sequence does.
      Span span = target_[*s].span;
      for (TermId c = *s; c != k_no_term && c < last_end_; c = target_.next_sibling(c)) {
        span.end = std::max(span.end, target_[c].end <= last_end_ ? target_[c].span.end : span.end);
        if (target_[c].end > last_end_) {
          // The sequence ends inside this statement: at the statement that ends there.
          for (auto inner = std::lower_bound(all.begin(), all.end(), c);
               inner != all.end() && *inner < last_end_; ++inner) {
            if (target_[*inner].end <= last_end_) span.end = std::max(span.end, target_[*inner].span.end);
          }
        }
      }
      const bool known =
          std::any_of(hits.begin() + static_cast<std::ptrdiff_t>(first), hits.end(),
                      [&](const Hit& hit) { return hit.span == span && equal(hit.env, env_); });
      if (!known) hits.push_back({span, env_, k_no_term});
      return hits.size() >= k_max_hits;
    });
    if (stop || !budget_.exhausted.empty()) return;
  }
}

}  // namespace sluice::rules
