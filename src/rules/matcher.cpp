// Matching of single terms: metavariables, roles with slots, and what a term may stand for besides itself.
#include "rules/matcher.h"

#include "rules/types.h"

namespace sluice::rules {

namespace {

constexpr int k_max_alternative_depth = 8;  // x = y; y = z; …: chains longer than this are not followed
constexpr std::uint64_t k_clock_interval = 4096;

// Slots that a pattern may leave out (the target then may have anything there).
bool may_leave_out(Role role, std::size_t slot) {
  switch (role) {
    case Role::function:
      return slot == 3;
    case Role::parameter:
      return slot == 1 || slot == 2;
    case Role::if_:
    case Role::import_:
    case Role::element:
      return slot == 2;
    default:
      return false;
  }
}

}  // namespace

bool Budget::spend() {
  if (!exhausted.empty()) return false;
  if (++steps > max_steps) {
    exhausted = "the matcher's limit of " + std::to_string(max_steps) + " steps was reached";
    return false;
  }
  if (steps % k_clock_interval == 0 && std::chrono::steady_clock::now() > deadline) {
    exhausted = "the deadline passed while matching";
    return false;
  }
  return true;
}

Matcher::Matcher(const Program& program, const Pattern& pattern, std::size_t variables, bool symbolic,
                 Budget& budget)
    : program_(program),
      target_(program.terms()),
      compiled_(pattern),
      pattern_(pattern.terms),
      symbolic_(symbolic),
      budget_(budget),
      env_(variables) {}

bool Matcher::bind(std::uint32_t variable, const Binding& binding, Continuation k) {
  if (variable == k_no_variable) return k();  // $_
  Binding& slot = env_[variable];
  if (slot.bound()) return same(target_, slot, binding, symbolic_ ? &program_ : nullptr) && k();
  slot = binding;
  const bool stop = k();
  env_[variable] = Binding{};
  return stop;
}

bool Matcher::metavariable(TermId p, TermId t, Continuation k) {
  if ((target_[t].flags & k_structural) != 0) return false;
  const bool synthetic = (target_[t].flags & k_synthetic) != 0;
  return bind(pattern_[p].variable,
              {Binding::What::term, t, k_no_term, synthetic ? alternative_span_ : target_[t].span, {}}, k);
}

bool Matcher::term(TermId p, TermId t, Continuation k) {
  if (!budget_.spend()) return true;
  switch (pattern_.role(p)) {
    case Role::ellipsis:
      return k();
    case Role::metavariable:
      return metavariable(p, t, k);
    case Role::metalist: {
      const TermId one[] = {t};
      return metalist(p, one, k);
    }
    case Role::deep: {
      const TermId inner = pattern_.first_child(p);
      return inner != k_no_term && deep(inner, t, target_[t].end, k);
    }
    case Role::typed:
      return typed(p, t, k);
    case Role::any_string:
    case Role::string_regex:
    case Role::string:
      return strings(p, t, k) || alternatives(p, t, k);
    case Role::part:
      // `$HTML${…}`: the literal text itself is bound.
      if (pattern_[p].variable != k_no_variable) {
        return target_.is(t, Role::part) &&
               bind(pattern_[p].variable,
                    {Binding::What::text, t, k_no_term, target_[t].span, target_[t].text}, k);
      }
      break;
    case Role::import_:
      return target_.is(t, Role::import_) && import(p, t, k);
    case Role::attribute: {
      const TermId name = pattern_.child(p, 1);
      if (name != k_no_term && pattern_.is(name, Role::ellipsis)) return chain(pattern_.first_child(p), t, k);
      break;
    }
    default:
      break;
  }
  return structure(p, t, k) || alternatives(p, t, k);
}

bool Matcher::alternatives(TermId p, TermId t, Continuation k) {
  if (alternative_depth_ >= k_max_alternative_depth) return false;
  std::vector<TermId> found;
  program_.alternatives(t, symbolic_, found);
  if (found.empty()) return false;
  const Span outer = alternative_span_;
  if (alternative_depth_ == 0) alternative_span_ = target_[t].span;
  ++alternative_depth_;
  bool stop = false;
  for (const TermId other : found) {
    stop = term(p, other, k);
    if (stop) break;
  }
  --alternative_depth_;
  alternative_span_ = outer;
  return stop;
}

bool Matcher::structure(TermId p, TermId t, Continuation k) {
  const Term& pattern = pattern_[p];
  const Term& target = target_[t];
  if (pattern.kind != target.kind) return false;
  switch (pattern_.role(p)) {
    case Role::arguments:
    case Role::list:
    case Role::tuple:
    case Role::dictionary:
    case Role::set:
    case Role::decorators:
    case Role::parameters:
    case Role::bases:
    case Role::block:
    case Role::members:
    case Role::attributes:
    case Role::header:
    case Role::handlers:
    case Role::template_:
    case Role::comparison:
    case Role::index:
      return list(p, t, k);
    default:
      break;
  }
  if (pattern_.first_child(p) == k_no_term && target_.first_child(t) == k_no_term) {
    return pattern.text == target.text && k();
  }
  if (pattern.kind >= k_first_grammar_kind) return list(p, t, k);
  return slots(p, t, k);
}

bool Matcher::slots(TermId p, TermId t, Continuation k) {
  const Role role = pattern_.role(p);
  if (role == Role::function && pattern_.is(pattern_.child(p, 1), Role::absent) &&
      (target_[t].flags & k_declared) != 0) {
    return false;  // an anonymous function is no declaration
  }
  // `var $X = …` is a declaration; `$X = …` is any assignment.
  if (role == Role::assign && (pattern_[p].flags & k_declared & ~target_[t].flags) != 0) return false;
  return slot_tail(role, 0, pattern_.first_child(p), target_.first_child(t), k);
}

bool Matcher::slot_tail(Role role, std::size_t index, TermId p, TermId t, Continuation k) {
  if (p == k_no_term) return t == k_no_term && k();
  if (t == k_no_term) return false;
  const auto next = [&] {
    return slot_tail(role, index + 1, pattern_.next_sibling(p), target_.next_sibling(t), k);
  };
  // The name of a function expression says nothing.
  const bool declared = role == Role::function && (pattern_[pattern_[p].parent].flags & k_declared) != 0;
  if (role == Role::function && index == 1 && !declared) return next();
  if (pattern_.is(p, Role::absent)) {
    const bool free = may_leave_out(role, index);
    return (free || target_.is(t, Role::absent)) && next();
  }
  return term(p, t, next);
}

// `a. ... .b`: `p` is what stands before the ellipsis; it may match the target itself or any receiver in its
// chain.
bool Matcher::chain(TermId p, TermId t, Continuation k) {
  while (t != k_no_term) {
    if (term(p, t, k)) return true;
    const Role role = target_.role(t);
    if (role != Role::call && role != Role::attribute && role != Role::index && role != Role::create)
      return false;
    t = target_.first_child(t);
  }
  return false;
}

// Any expression in [begin, end), but not in the bodies of statements and functions.
bool Matcher::deep(TermId p, TermId begin, TermId end, Continuation k) {
  const bool once = !compiled_.binds[p];
  bool found = false;
  const auto first_only = [&] {
    found = true;
    return true;
  };
  TermId t = begin;
  while (t < end) {
    const bool block = target_.is(t, Role::block) || target_.is(t, Role::members);
    if (block && t != begin) {
      t = target_[t].end;
      continue;
    }
    if ((target_[t].flags & (k_structural | k_label)) == 0) {
      if (once ? term(p, t, first_only) : term(p, t, k)) {
        // Without metavariables one way is as good as another.
        return once && found ? k() : true;
      }
    }
    ++t;
  }
  return false;
}

// `($X: T)`.
bool Matcher::typed(TermId p, TermId t, Continuation k) {
  const TermId variable = pattern_.child(p, 0);
  const TermId type = pattern_.child(p, 1);
  if (variable == k_no_term || type == k_no_term || (target_[t].flags & k_synthetic) != 0) return false;
  return has_type(program_, t, pattern_[type].span.of(*compiled_.text)) && term(variable, t, k);
}

// A module's name matches longer ones that begin with it: `import a` is found in `import a.b` and `from a.b
// import c`.
bool Matcher::module(TermId p, TermId t, Continuation k) {
  if (term(p, t, k)) return true;
  if (target_.is(t, Role::string) && pattern_.is(p, Role::string) && pattern_[p].variable == k_no_variable) {
    const std::string_view shorter = pattern_[p].text;
    const std::string_view longer = target_[t].text;
    return longer.size() > shorter.size() && longer.starts_with(shorter) && longer[shorter.size()] == '/' &&
           k();
  }
  if (pattern_.is(p, Role::metavariable)) return false;
  for (TermId inner = t; target_.is(inner, Role::attribute);) {
    inner = target_.first_child(inner);
    if (term(p, inner, k)) return true;
  }
  return false;
}

bool Matcher::import(TermId p, TermId t, Continuation k) {
  const TermId p_name = pattern_.child(p, 1);
  const TermId t_name = target_.child(t, 1);
  if (p_name == k_no_term || t_name == k_no_term) return false;
  const auto alias = [&] {
    const TermId wanted = pattern_.child(p, 2);
    return pattern_.is(wanted, Role::absent) ? k() : term(wanted, target_.child(t, 2), k);
  };
  const TermId p_module = pattern_.first_child(p);
  const TermId t_module = target_.first_child(t);
  const bool whole = pattern_.is(p_name, Role::operator_) &&
                     (pattern_[p_name].text.empty() || pattern_[p_name].text == "module");
  if (!whole) return module(p_module, t_module, [&] { return term(p_name, t_name, alias); });
  if (module(p_module, t_module, alias)) return true;
  // `import a.b` is also found in `from a import b`.
  return pattern_.is(p_module, Role::attribute) && target_.is(t_name, Role::name) &&
         term(pattern_.first_child(p_module), t_module,
              [&] { return term(pattern_.child(p_module, 1), t_name, alias); });
}

bool Matcher::strings(TermId p, TermId t, Continuation k) {
  const Term& target = target_[t];
  if (pattern_.is(p, Role::any_string)) {
    const std::uint8_t wanted = pattern_[p].flags & (k_formatted | k_exact);
    if (wanted != 0) {
      const bool text = target_.is(t, Role::string) || target_.is(t, Role::template_);
      return text && (target.flags & wanted) == wanted && k();
    }
  }
  if (!target_.is(t, Role::string)) return false;
  switch (pattern_.role(p)) {
    case Role::any_string:
      return k();
    case Role::string_regex:
      for (const auto& [id, regex] : compiled_.regexes) {
        if (id != p) continue;
        const auto matched = regex.matches(target.text);
        if (!matched) {
          budget_.exhausted = matched.error().message;
          return true;
        }
        return *matched && k();
      }
      return false;
    default:
      break;
  }
  if (pattern_[p].variable == k_no_variable) return pattern_[p].text == target.text && k();
  // "$X" binds the content, without the quotes.
  Span span = alternative_depth_ > 0 && (target.flags & k_synthetic) != 0 ? alternative_span_ : target.span;
  if ((target.flags & k_synthetic) == 0 && !target.text.empty()) {
    const std::string_view source = program_.source();
    if (target.text.data() >= source.data() && target.text.data() < source.data() + source.size()) {
      const auto begin = static_cast<std::uint32_t>(target.text.data() - source.data());
      span = {begin, begin + static_cast<std::uint32_t>(target.text.size())};
    }
  }
  return bind(pattern_[p].variable, {Binding::What::text, t, k_no_term, span, target.text}, k);
}

}  // namespace sluice::rules
