#include "rules/program.h"

#include <algorithm>

#include "rules/lower.h"
#include "rules/resolve.h"

namespace sluice::rules {

namespace {

constexpr int k_max_fold_depth = 64;  // of concatenations and variables; deeper ones are not constant
constexpr std::size_t k_max_folded_bytes = 4096;  // longer strings are not folded
constexpr std::size_t k_max_definitions = 32;     // a variable assigned more often has no known value

bool is_literal(const TermTree& terms, TermId id) {
  const Role role = terms.role(id);
  if (role == Role::string || role == Role::number) return true;
  if (role != Role::end_ || terms.first_child(id) != k_no_term)
    return false;  // `true`, `null`: their own kinds
  const std::string_view text = terms[id].text;
  return text == "true" || text == "false" || text == "null" || text == "True" || text == "False" ||
         text == "None";
}

}  // namespace

Program::Program(const syntax::Tree& tree, const LanguageTable& table)
    : tree_(tree), table_(table), terms_(lower(tree, table)), end_(terms_.size()) {
  for (TermId id = 0; id < end_; ++id) {
    by_kind_[terms_[id].kind].push_back(id);
    const TermId parent = terms_[id].parent;
    if (parent != k_no_term && (terms_.is(parent, Role::block) || terms_.is(parent, Role::members))) {
      statements_.push_back(id);
    }
  }
  Resolver(*this).run();
  // Now, since it adds terms: while matching the terms must stay where they are.
  for (TermId id = 0; id < end_; ++id) {
    if (terms_.is(id, Role::binary) || terms_.is(id, Role::template_)) constant(id);
  }
}

std::span<const TermId> Program::of_kind(Kind kind) const {
  const auto found = by_kind_.find(kind);
  if (found == by_kind_.end()) return {};
  return found->second;
}

bool Program::is_pure_statement(TermId id) const {
  switch (terms_.role(id)) {
    case Role::if_:
    case Role::import_:
    case Role::class_:
      return true;
    case Role::function:
      return (terms_[id].flags & k_declared) != 0;
    case Role::end_:
      return (terms_[id].flags & k_statement) != 0;
    default:
      return false;
  }
}

TermId Program::function_of(TermId id) const {
  for (TermId p = terms_[id].parent; p != k_no_term; p = terms_[p].parent) {
    if (terms_.is(p, Role::function)) return p;
  }
  return k_no_term;
}

void Program::alternatives(TermId id, bool symbolic, std::vector<TermId>& found) const {
  found.clear();
  const Role role = terms_.role(id);
  if (role == Role::binary || role == Role::template_) {
    const TermId folded = constant(id);
    if (folded != k_no_term) found.push_back(folded);
    return;
  }
  if (role == Role::call) {
    const auto module = modules_.find(id);
    if (module != modules_.end()) found.push_back(module->second);
    return;
  }
  if (role != Role::name || terms_[id].variable == k_no_variable) return;
  const Variable& variable = variables_[terms_[id].variable];
  for (const Variable::Import& import : variable.imports) {
    if (import.at <= id) found.push_back(import.full);
  }
  const TermId value = value_of(id);
  if (value == k_no_term) return;
  const TermId folded = constant(value);
  if (folded != k_no_term) {
    found.push_back(folded);
  } else if (symbolic) {
    found.push_back(value);
  }
}

TermId Program::value_of(TermId name) const {
  if (!terms_.is(name, Role::name) || terms_[name].variable == k_no_variable) return k_no_term;
  const auto known = values_.find(name);
  if (known != values_.end()) return known->second;
  const Variable& variable = variables_[terms_[name].variable];
  const auto& definitions = variable.definitions;
  TermId value = k_no_term;
  if (definitions.size() == 1) {
    // Not inside its own definition: `x = x + 1` says nothing of x.
    const Variable::Definition& only = definitions.front();
    if (name < only.at || name >= terms_[only.at].end) value = only.value;
  } else if (!definitions.empty() && definitions.size() <= k_max_definitions) {
    value = reaching(name, variable);
  }
  values_.emplace(name, value);
  return value;
}

// Looks back over the statements before the use, block by block outwards: the first assignment met is the
// one, if nothing nearer could have changed the variable.
TermId Program::reaching(TermId use, const Variable& variable) const {
  const auto defined_in = [&](TermId begin, TermId end) {
    return std::any_of(variable.definitions.begin(), variable.definitions.end(),
                       [&](const Variable::Definition& d) { return d.at >= begin && d.at < end; });
  };
  TermId at = use;
  while (at != k_no_term) {
    const TermId parent = terms_[at].parent;
    if (parent == k_no_term) return k_no_term;
    if (terms_.is(parent, Role::block)) {
      TermId nearest = k_no_term;
      bool touched = false;
      for (TermId s = terms_.first_child(parent); s != k_no_term && s < at; s = terms_.next_sibling(s)) {
        if (!defined_in(s, terms_[s].end)) continue;
        touched = true;
        nearest = k_no_term;
        for (const Variable::Definition& d : variable.definitions) {
          if (d.at == s) nearest = d.value;
        }
      }
      if (touched) return nearest;
    } else if (terms_.is(parent, Role::function)) {
      return k_no_term;
    } else if (!terms_.is(parent, Role::if_) && terms_.role(parent) == Role::end_ &&
               defined_in(parent, terms_[parent].end)) {
      return k_no_term;  // a loop or a handler that assigns it too
    }
    at = parent;
  }
  return k_no_term;
}

TermId Program::constant(TermId id) const {
  return fold(id, 0);
}

TermId Program::fold(TermId id, int depth) const {
  if (is_literal(terms_, id)) return id;
  if (depth > k_max_fold_depth) return k_no_term;
  const Role role = terms_.role(id);
  if (role == Role::name) {
    const TermId value = value_of(id);
    return value == k_no_term ? k_no_term : fold(value, depth + 1);
  }
  if (role != Role::binary && role != Role::template_) return k_no_term;
  const auto known = folded_.find(id);
  if (known != folded_.end()) return known->second;
  folded_[id] = k_no_term;  // also ends a cycle
  std::string joined;
  if (role == Role::binary) {
    const TermId left = terms_.child(id, 0);
    const TermId sign = terms_.child(id, 1);
    const TermId right = terms_.child(id, 2);
    if (right == k_no_term || terms_[sign].text != "+") return k_no_term;
    const TermId a = fold(left, depth + 1);
    const TermId b = a == k_no_term ? k_no_term : fold(right, depth + 1);
    if (a == k_no_term || b == k_no_term || !terms_.is(a, Role::string) || !terms_.is(b, Role::string))
      return k_no_term;
    joined = std::string(terms_[a].text) + std::string(terms_[b].text);
  } else {
    for (const TermId c : terms_.children(id)) {
      const TermId value = terms_.is(c, Role::part) ? c : fold(c, depth + 1);
      if (value == k_no_term) return k_no_term;
      joined += terms_[value].text;
    }
  }
  if (joined.size() > k_max_folded_bytes) return k_no_term;
  const Span span = terms_[id].span;
  const TermId made = terms_.leaf(Role::string, span, terms_.keep(std::move(joined)), k_synthetic);
  folded_[id] = made;
  return made;
}

}  // namespace sluice::rules
