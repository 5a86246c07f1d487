#include "rules/env.h"

#include "rules/program.h"

namespace sluice::rules {

namespace {

bool same_list(const TermTree& terms, const Binding& a, const Binding& b) {
  TermId x = a.term;
  TermId y = b.term;
  while (x < a.end && y < b.end) {
    if (!TermTree::equal(terms, x, terms, y)) return false;
    x = terms[x].end;
    y = terms[y].end;
  }
  return x >= a.end && y >= b.end;
}

// The text that a binding spells, for comparing a name or string with the content of a string.
std::string_view spelled(const TermTree& terms, const Binding& b) {
  if (b.what == Binding::What::text) return b.text;
  if (b.what == Binding::What::term) return terms[b.term].text;
  return {};
}

}  // namespace

bool same(const TermTree& terms, const Binding& a, const Binding& b, const Program* symbolic) {
  if (symbolic != nullptr && a.what == Binding::What::term && b.what == Binding::What::term) {
    if (same(terms, a, b)) return true;
    for (const auto& [name, other] : {std::pair(a.term, b), std::pair(b.term, a)}) {
      const TermId value = symbolic->value_of(name);
      Binding resolved = other;
      resolved.term = value;
      if (value != k_no_term && same(terms, resolved, other)) return true;
    }
    return false;
  }
  if (a.what == Binding::What::term && b.what == Binding::What::term) {
    if (a.term == b.term) return true;
    // Two variables of the same name are not the same.
    const Term& x = terms[a.term];
    const Term& y = terms[b.term];
    if (x.variable != k_no_variable && y.variable != k_no_variable && x.variable != y.variable) return false;
    return TermTree::equal(terms, a.term, terms, b.term);
  }
  if (a.what == Binding::What::list && b.what == Binding::What::list) return same_list(terms, a, b);
  if (a.what == Binding::What::list || b.what == Binding::What::list) return false;
  return spelled(terms, a) == spelled(terms, b);
}

bool compatible(const TermTree& terms, const Env& a, const Env& b, const Program* symbolic) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i].bound() && b[i].bound() && !same(terms, a[i], b[i], symbolic)) return false;
  }
  return true;
}

Env merged(const Env& a, const Env& b) {
  Env result = a;
  result.resize(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (!result[i].bound()) result[i] = b[i];
  }
  return result;
}

bool equal(const Env& a, const Env& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].what != b[i].what || a[i].term != b[i].term || a[i].end != b[i].end || a[i].span != b[i].span)
      return false;
  }
  return true;
}

}  // namespace sluice::rules
