#include "rules/types.h"

#include <algorithm>
#include <array>

namespace sluice::rules {

namespace {

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool literal_has_type(Role role, std::string_view type) {
  static constexpr std::array<std::string_view, 3> strings = {"string", "str", "String"};
  static constexpr std::array<std::string_view, 5> numbers = {"number", "int", "float", "Number", "double"};
  if (role == Role::string || role == Role::template_) return contains(strings, type);
  return role == Role::number && contains(numbers, type);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == ':')) text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

bool has_type(const Program& program, TermId term, std::string_view type) {
  const TermTree& terms = program.terms();
  TermId value = term;
  if (terms.is(term, Role::name) && terms[term].variable != k_no_variable) {
    for (const Variable::Definition& d : program.variables()[terms[term].variable].definitions) {
      if (!terms.is(d.at, Role::parameter)) continue;
      const TermId declared = terms.child(d.at, 1);
      if (declared == k_no_term || terms.is(declared, Role::absent)) continue;
      if (trimmed(terms[declared].span.of(program.source())) == type) return true;
    }
    value = program.value_of(term);
    if (value == k_no_term) return false;
  }
  const TermId constant = program.constant(value);
  if (constant != k_no_term) value = constant;
  const Role role = terms.role(value);
  if (role == Role::create || role == Role::call) {
    return terms[terms.first_child(value)].span.of(program.source()) == type;
  }
  return literal_has_type(role, type);
}

}  // namespace sluice::rules
