#include "rules/resolve.h"

namespace sluice::rules {

void Resolver::run() {
  make_scopes();
  for (TermId id = 0; id < program_.end_; ++id) collect(id);
  for (TermId id = 0; id < program_.end_; ++id) {
    if (!terms_.is(id, Role::name) || (terms_[id].flags & k_label) != 0) continue;
    terms_.edit(id).variable = lookup(terms_[id].text, scope_of(id), id);
  }
}

// A function's name, decorators and parameters' defaults are looked up outside in truth; only the name
// matters here.
void Resolver::make_scopes() {
  scopes_.push_back({});
  scope_by_term_.assign(program_.end_, 0);
  for (TermId id = 0; id < program_.end_; ++id) {
    const TermId parent = terms_[id].parent;
    std::size_t scope = parent == k_no_term ? 0 : scope_by_term_[parent];
    if (parent != k_no_term && terms_.is(parent, Role::function)) {
      // The scope starts with the parameters: slots 0 and 1 (decorators, name) belong outside.
      const bool outside = id == terms_.first_child(parent) || id == terms_.child(parent, 1);
      if (outside) scope = scopes_[scope].outer;
    }
    if (terms_.is(id, Role::function) || terms_.is(id, Role::class_)) {
      Scope inner;
      inner.owner = id;
      inner.outer = scope;
      inner.is_class = terms_.is(id, Role::class_);
      scopes_.push_back(std::move(inner));
      scope = scopes_.size() - 1;
    }
    scope_by_term_[id] = static_cast<std::uint32_t>(scope);
  }
}

std::uint32_t Resolver::declare(std::string_view name, std::size_t scope, TermId at, bool anew) {
  auto& versions = scopes_[scope].names[name];
  if (!versions.empty() && !anew) return versions.back().second;
  versions.emplace_back(at, static_cast<std::uint32_t>(program_.variables_.size()));
  Variable variable;
  variable.name = name;
  variable.scope = scopes_[scope].owner;
  program_.variables_.push_back(std::move(variable));
  return versions.back().second;
}

std::uint32_t Resolver::lookup(std::string_view name, std::size_t scope, TermId at) const {
  for (bool first = true;; first = false) {
    // Names of a class body are not seen from its methods.
    if (first || !scopes_[scope].is_class) {
      const auto found = scopes_[scope].names.find(name);
      if (found != scopes_[scope].names.end()) {
        std::uint32_t variable = found->second.front().second;
        for (const auto& [from, version] : found->second) {
          if (from <= at) variable = version;
        }
        return variable;
      }
    }
    if (scope == 0) return k_no_variable;
    scope = scopes_[scope].outer;
  }
}

// Declares every name of an assignment's left side. `value` counts only if the whole left side is one name.
void Resolver::targets(TermId id, std::size_t scope, TermId at, TermId value, bool declares) {
  switch (terms_.role(id)) {
    case Role::name: {
      std::uint32_t variable = k_no_variable;
      if (!declares) variable = lookup(terms_[id].text, scope, id);
      if (variable == k_no_variable) {
        const bool anew = terms_.is(at, Role::assign) && (terms_[at].flags & k_declared) != 0;
        variable = declare(terms_[id].text, declares ? scope : 0, at, anew);
      }
      program_.variables_[variable].definitions.push_back({at, value});
      terms_.edit(id).variable = variable;
      return;
    }
    case Role::attribute:
    case Role::index:
    case Role::string:
      return;
    case Role::pair: {
      const TermId bound = terms_.child(id, 1);
      if (bound != k_no_term) targets(bound, scope, at, k_no_term, declares);
      return;
    }
    default:
      for (TermId c = terms_.first_child(id); c != k_no_term; c = terms_.next_sibling(c)) {
        targets(c, scope, at, k_no_term, declares);
      }
  }
}

void Resolver::collect(TermId id) {
  const std::size_t scope = scope_of(id);
  const bool declares = program_.table_.assignment_declares || (terms_[id].flags & k_declared) != 0;
  switch (terms_.role(id)) {
    case Role::assign: {
      const TermId left = terms_.child(id, 0);
      const TermId right = terms_.child(id, 1);
      if (left == k_no_term || (terms_[left].flags & k_label) != 0) return;
      targets(left, scope, id, right != k_no_term && !terms_.is(right, Role::absent) ? right : k_no_term,
              declares);
      javascript_require(id, scope);
      return;
    }
    case Role::augmented: {
      const TermId left = terms_.child(id, 0);
      if (left != k_no_term) targets(left, scope, id, k_no_term, program_.table_.assignment_declares);
      return;
    }
    case Role::parameter: {
      const TermId pattern = terms_.child(id, 0);
      if (pattern != k_no_term) targets(pattern, scope, id, k_no_term, true);
      return;
    }
    case Role::function:
    case Role::class_: {
      const TermId name = terms_.child(id, 1);
      if (name != k_no_term && terms_.is(name, Role::name)) {
        const std::uint32_t variable = declare(terms_[name].text, scopes_[scope].outer, id);
        program_.variables_[variable].definitions.push_back({id, k_no_term});
      }
      return;
    }
    case Role::import_:
      return import(id, scope);
    case Role::call: {
      const TermId module = required_module(id);
      if (module != k_no_term) program_.modules_.emplace(id, dotted(module, {}, terms_[id].span));
      return;
    }
    case Role::loop: {
      const TermId header = terms_.first_child(id);
      const TermId bound = header == k_no_term ? k_no_term : terms_.first_child(header);
      if (bound != k_no_term && !terms_.is(bound, Role::assign)) targets(bound, scope, id, k_no_term, true);
      return;
    }
    case Role::end_:
      for (const std::string_view outer : program_.table_.outer_names) {
        if (kind_of(outer) != terms_[id].kind) continue;
        for (const TermId c : terms_.children(id)) {
          if (terms_.is(c, Role::name))
            scopes_[scope].names[terms_[c].text] = {{0, declare(terms_[c].text, 0, id)}};
        }
      }
      for (const BindingRow& row : program_.table_.bindings) {
        if (kind_of(row.kind) != terms_[id].kind) continue;
        const TermId bound = terms_.child(id, row.slot);
        if (bound != k_no_term) targets(bound, scope, id, k_no_term, true);
      }
      return;
    default:
      return;
  }
}

// Copies a chain of names as synthetic terms.
void Resolver::copy(TermId id) {
  const Term original = terms_[id];
  if (terms_.is(id, Role::string)) {
    constexpr std::string_view builtin = "node:";
    std::string_view module = original.text;
    if (module.starts_with(builtin)) module.remove_prefix(builtin.size());
    terms_.leaf(Role::name, original.span, module, k_synthetic);
    return;
  }
  const TermId made = terms_.open(original.kind, original.span, k_synthetic, original.text);
  for (const TermId c : terms_.children(id)) copy(c);
  terms_.close(made);
}

// `module.member` as a synthetic term; the member may be empty.
TermId Resolver::dotted(TermId module, std::string_view member, Span span) {
  const TermId made = terms_.size();
  if (member.empty()) {
    copy(module);
    return made;
  }
  const TermId attribute = terms_.open(Role::attribute, span, k_synthetic);
  copy(module);
  terms_.leaf(Role::name, span, member, k_synthetic | k_label);
  terms_.close(attribute);
  return made;
}

void Resolver::import(TermId id, std::size_t scope) {
  const TermId module = terms_.child(id, 0);
  const TermId name = terms_.child(id, 1);
  const TermId alias = terms_.child(id, 2);
  if (module == k_no_term || name == k_no_term || alias == k_no_term) return;
  const bool whole = !terms_.is(name, Role::name);  // `import a.b`, `import * as x`, `import x from`
  const bool aliased = terms_.is(alias, Role::name);
  if (!aliased && whole) {
    // `import a.b` binds `a`, which stands for itself.
    TermId first = module;
    while (terms_.is(first, Role::attribute)) first = terms_.first_child(first);
    if (terms_.is(first, Role::name)) {
      program_.variables_[declare(terms_[first].text, scope, id)].definitions.push_back({id, k_no_term});
    }
    return;
  }
  const std::string_view local = terms_[aliased ? alias : name].text;
  const std::uint32_t variable = declare(local, scope, id);
  program_.variables_[variable].definitions.push_back({id, k_no_term});
  if (terms_.is(module, Role::operator_)) return;  // relative: the full name is not known
  const std::string_view member = whole ? std::string_view{} : terms_[name].text;
  if (member == local && terms_[module].text.empty() && terms_.is(module, Role::absent)) return;
  program_.variables_[variable].imports.push_back({id, dotted(module, member, terms_[id].span)});
}

// The string of `require('m')`, or k_no_term.
TermId Resolver::required_module(TermId call) const {
  if (!terms_.is(call, Role::call)) return k_no_term;
  const TermId callee = terms_.first_child(call);
  const TermId arguments = terms_.child(call, 1);
  if (!terms_.is(callee, Role::name) || terms_[callee].text != "require" || arguments == k_no_term)
    return k_no_term;
  const TermId module = terms_.first_child(arguments);
  return module != k_no_term && terms_.is(module, Role::string) ? module : k_no_term;
}

// const x = require('m'); const {a, b: c} = require('m'); const x = require('m').a
void Resolver::javascript_require(TermId assign, std::size_t scope) {
  const TermId left = terms_.child(assign, 0);
  TermId call = terms_.child(assign, 1);
  std::string_view member;
  if (call != k_no_term && terms_.is(call, Role::attribute)) {
    member = terms_[terms_.child(call, 1)].text;
    call = terms_.first_child(call);
  }
  const TermId module = call == k_no_term ? k_no_term : required_module(call);
  if (module == k_no_term) return;
  const Span span = terms_[assign].span;
  if (terms_.is(left, Role::name)) {
    const std::uint32_t variable = lookup(terms_[left].text, scope, left);
    if (variable != k_no_variable)
      program_.variables_[variable].imports.push_back({assign, dotted(module, member, span)});
    return;
  }
  if (!terms_.is(left, Role::dictionary) || !member.empty()) return;
  for (const TermId pair : terms_.children(left)) {
    if (!terms_.is(pair, Role::pair)) continue;
    const TermId key = terms_.child(pair, 0);
    const TermId bound = terms_.child(pair, 1);
    if (!terms_.is(key, Role::name) || bound == k_no_term || !terms_.is(bound, Role::name)) continue;
    const std::uint32_t variable = lookup(terms_[bound].text, scope, bound);
    if (variable == k_no_variable) continue;
    const TermId full = dotted(module, terms_[key].text, span);
    program_.variables_[variable].imports.push_back({assign, full});
  }
}

}  // namespace sluice::rules
