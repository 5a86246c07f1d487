#include "rules/prefilter.h"

#include <algorithm>

#include "rules/rule.h"

namespace sluice::rules {

namespace {

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
         byte == '_' || byte >= 128;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_word_byte);
}

// A name of the pattern stands in every match: as itself, or in the import that gives the full name. Strings
// do not: they may be put together from pieces.
Prefilter words_of(const Pattern& pattern) {
  Prefilter needed;
  const TermTree& terms = pattern.terms;
  for (const TermId item : pattern.items) {
    for (TermId id = item; id < terms[item].end; ++id) {
      if (terms.is(id, Role::typed)) {
        id = terms[id].end - 1;  // a type may be inferred
        continue;
      }
      if (terms.is(id, Role::name) && is_word(terms[id].text))
        needed.clauses.push_back({std::string(terms[id].text)});
    }
  }
  std::sort(needed.clauses.begin(), needed.clauses.end());
  needed.clauses.erase(std::unique(needed.clauses.begin(), needed.clauses.end()), needed.clauses.end());
  return needed;
}

// The clause that is likely to hold most seldom: few and long words.
const Prefilter::Clause* best(const Prefilter& filter) {
  const Prefilter::Clause* found = nullptr;
  const auto weight = [](const Prefilter::Clause& clause) {
    std::size_t shortest = 1000;
    for (const std::string& word : clause) shortest = std::min(shortest, word.size());
    return shortest * 8 / clause.size();
  };
  for (const Prefilter::Clause& clause : filter.clauses) {
    if (found == nullptr || weight(clause) > weight(*found)) found = &clause;
  }
  return found;
}

}  // namespace

Words::Words(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (!is_word_byte(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_word_byte(text[end])) ++end;
    words_.insert(text.substr(i, end - i));
    i = end;
  }
}

bool Prefilter::admits(const Words& words) const {
  return std::all_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
    return std::any_of(clause.begin(), clause.end(),
                       [&](const std::string& word) { return words.has(word); });
  });
}

Prefilter either(const Prefilter& a, const Prefilter& b) {
  const Prefilter::Clause* x = best(a);
  const Prefilter::Clause* y = best(b);
  if (x == nullptr || y == nullptr) return {};
  Prefilter both;
  both.clauses.push_back(*x);
  both.clauses.back().insert(both.clauses.back().end(), y->begin(), y->end());
  return both;
}

Prefilter needed_words(const Formula& formula, const std::vector<Pattern>& patterns) {
  switch (formula.kind) {
    case Formula::Kind::pattern:
      return formula.leaf < patterns.size() ? words_of(patterns[formula.leaf]) : Prefilter{};
    case Formula::Kind::regex:
    case Formula::Kind::negation:
      return {};
    case Formula::Kind::inside:
    case Formula::Kind::all: {
      Prefilter all;
      for (const Formula& child : formula.children) {
        Prefilter needed = needed_words(child, patterns);
        all.clauses.insert(all.clauses.end(), needed.clauses.begin(), needed.clauses.end());
      }
      return all;
    }
    case Formula::Kind::any: {
      Prefilter any;
      for (std::size_t i = 0; i < formula.children.size(); ++i) {
        const Prefilter needed = needed_words(formula.children[i], patterns);
        any = i == 0 ? needed : either(any, needed);
        if (any.clauses.empty()) return {};
      }
      return any;
    }
  }
  return {};
}

}  // namespace sluice::rules
