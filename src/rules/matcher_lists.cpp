// Matching of lists: arguments, elements, template parts, statements; with `...` and `$...X`.
#include <algorithm>

#include "rules/matcher.h"

namespace sluice::rules {

bool Matcher::metalist(TermId p, Items taken, Continuation k) {
  Binding binding;
  binding.what = Binding::What::list;
  if (!taken.empty()) {
    binding.term = taken.front();
    binding.end = target_[taken.back()].end;
    binding.span = {target_[taken.front()].span.begin, target_[taken.back()].span.end};
  } else {
    binding.term = 0;
    binding.end = 0;
  }
  return bind(pattern_[p].variable, binding, k);
}

bool Matcher::ordered(Items p, Items t, Continuation k) {
  if (!budget_.spend()) return true;
  if (p.empty()) return t.empty() && k();
  const bool ellipsis = pattern_.is(p[0], Role::ellipsis);
  const bool metalist_item = pattern_.is(p[0], Role::metalist);
  if (ellipsis && p.size() == 1) return k();
  if (ellipsis || metalist_item) {
    for (std::size_t taken = 0; taken <= t.size(); ++taken) {
      const auto rest = [&] { return ordered(p.subspan(1), t.subspan(taken), k); };
      if (ellipsis ? rest() : metalist(p[0], t.subspan(0, taken), rest)) return true;
    }
    return false;
  }
  if (t.empty()) return false;
  return term(p[0], t[0], [&] { return ordered(p.subspan(1), t.subspan(1), k); });
}

// Each item of the pattern matches another item of the target, in any order; others may be left if `open`.
bool Matcher::unordered(Items p, Items t, std::vector<bool>& used, bool open, Continuation k) {
  if (!budget_.spend()) return true;
  if (p.empty()) {
    return (open || std::find(used.begin(), used.end(), false) == used.end()) && k();
  }
  if (pattern_.is(p[0], Role::ellipsis)) return unordered(p.subspan(1), t, used, true, k);
  if (pattern_.is(p[0], Role::metalist)) {
    return metalist(p[0], t, [&] { return unordered(p.subspan(1), t, used, true, k); });
  }
  const bool once = !compiled_.binds[p[0]];
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (used[i]) continue;
    bool matched = false;
    used[i] = true;
    const bool stop = term(p[0], t[i], [&] {
      matched = true;
      return unordered(p.subspan(1), t, used, open, k);
    });
    used[i] = false;
    if (stop) return true;
    if (matched && once) return false;  // another item could only match the same way
  }
  return false;
}

bool Matcher::arguments(Items p, Items t, Continuation k) {
  std::vector<TermId> keywords;
  std::vector<TermId> positions;
  bool open = false;
  for (const TermId item : p) {
    if (pattern_.is(item, Role::keyword)) {
      keywords.push_back(item);
    } else {
      positions.push_back(item);
      open = open || pattern_.is(item, Role::ellipsis) || pattern_.is(item, Role::metalist);
    }
  }
  if (keywords.empty()) return ordered(p, t, k);
  std::vector<TermId> target_keywords;
  std::vector<TermId> target_positions;
  for (const TermId item : t)
    (target_.is(item, Role::keyword) ? target_keywords : target_positions).push_back(item);
  std::vector<bool> used(target_keywords.size(), false);
  return unordered(keywords, target_keywords, used, open,
                   [&] { return ordered(positions, target_positions, k); });
}

bool Matcher::list(TermId p, TermId t, Continuation k) {
  const auto items = pattern_.children(p);
  if (items.size() == 1 && pattern_.is(items[0], Role::ellipsis)) return k();
  const auto targets = target_.children(t);
  std::vector<bool> used(targets.size(), false);
  switch (pattern_.role(p)) {
    case Role::arguments:
      return arguments(items, targets, k);
    case Role::dictionary:
      return unordered(items, targets, used, program_.table().dictionary_is_open, k);
    case Role::set:
      return unordered(items, targets, used, false, k);
    case Role::decorators:
    case Role::bases:
    case Role::attributes:
    case Role::handlers:
    case Role::members:
      return unordered(items, targets, used, true, k);
    case Role::block:
      // More statements may follow, but an empty body matches only an empty one.
      return items.empty() ? targets.empty() && k() : statements(items, 0, t + 1, target_[t].end, true, k);
    default:
      return ordered(items, targets, k);
  }
}

// One statement of a sequence. An expression also matches anywhere inside the statement, but not in its
// blocks.
bool Matcher::statement(TermId p, bool expression, TermId t, Continuation k) {
  if (!expression) return term(p, t, k);
  return deep(p, t, target_[t].end, k);
}

// Items [first_item, …) against the statements from `from` to `end`, a preorder range. After `...` a
// statement may also lie in a nested block; `adjacent` demands the very statement at `from`.
bool Matcher::statements(Items p, std::size_t first_item, TermId from, TermId end, bool adjacent,
                         Continuation k) {
  if (!budget_.spend()) return true;
  std::size_t i = first_item;
  while (i < p.size() && pattern_.is(p[i], Role::ellipsis)) {
    adjacent = false;
    ++i;
  }
  if (i == p.size()) {
    const TermId before = last_end_;
    last_end_ = adjacent ? from : end;
    const bool stop = k();
    last_end_ = before;
    return stop;
  }
  const auto& all = program_.statements();
  const TermId item = p[i];
  const bool top = !compiled_.items.empty() && compiled_.is_sequence() && p.data() == compiled_.items.data();
  bool expression = false;
  if (top) {
    expression = compiled_.item_is_expression[i];
  } else {
    const Role role = pattern_.role(item);
    const bool pure = role == Role::if_ || role == Role::import_ || role == Role::class_ ||
                      role == Role::metavariable || role == Role::metalist ||
                      (role == Role::function && (pattern_[item].flags & k_declared) != 0) ||
                      (pattern_[item].flags & k_statement) != 0;
    expression = !pure;
  }
  auto candidate = std::lower_bound(all.begin(), all.end(), from);
  for (; candidate != all.end() && *candidate < end; ++candidate) {
    const TermId s = *candidate;
    if (adjacent && s != from) return false;
    const auto rest = [&] { return statements(p, i + 1, target_[s].end, end, true, k); };
    if (pattern_.is(item, Role::metalist)) {
      // $...BODY: the rest of this block.
      const TermId block = target_[s].parent;
      std::vector<TermId> taken;
      for (TermId c = s; c != k_no_term && c < target_[block].end; c = target_.next_sibling(c))
        taken.push_back(c);
      return metalist(item, taken, [&] { return statements(p, i + 1, target_[block].end, end, true, k); });
    }
    if (statement(item, expression, s, rest)) return true;
    if (adjacent) return false;
  }
  return false;
}

}  // namespace sluice::rules
