// Python (tree-sitter-python 0.25).
#include <array>

#include "rules/languages/table.h"
#include "rules/lower.h"

namespace sluice::rules {

using syntax::k_no_node;
using syntax::NodeId;

namespace {

void decorated(Lowering& l, NodeId n) {
  std::vector<NodeId> decorators;
  for (const NodeId c : l.named(n)) {
    if (l.tree().kind_name(c) == "decorator") decorators.push_back(c);
  }
  const NodeId definition = l.tree().child_by_field(n, "definition");
  if (definition != k_no_node) l.with_decorators(decorators, definition, l.tree().span(n));
}

// `a.b.c` of an import, as a chain of attributes that is no expression.
void dotted(Lowering& l, const std::vector<NodeId>& names, std::size_t count) {
  const Span last = l.tree().span(names[count - 1]);
  if (count == 1) return l.name(last, l.tree().text(names[0]), k_label);
  const TermId id = l.out().open(Role::attribute, {l.tree().span(names[0]).begin, last.end}, k_label);
  dotted(l, names, count - 1);
  l.name(last, l.tree().text(names[count - 1]), k_label);
  l.out().close(id);
}

void module_name(Lowering& l, NodeId n) {
  if (n == k_no_node) return l.absent({});
  const auto names = l.named(n);
  if (l.tree().kind_name(n) == "dotted_name" && !names.empty() && names.size() < 64) {
    return dotted(l, names, names.size());
  }
  l.out().leaf(Role::operator_, l.tree().span(n), l.tree().text(n), k_structural);  // relative: its text
}

// One import_ term for each imported name, so that `from a import b, c` holds both `from a import b` and `…
// c`.
void import_name(Lowering& l, NodeId statement, NodeId module, NodeId n) {
  const bool aliased = l.tree().kind_name(n) == "aliased_import";
  const NodeId name = aliased ? l.tree().child_by_field(n, "name") : n;
  const NodeId alias = aliased ? l.tree().child_by_field(n, "alias") : k_no_node;
  const TermId id = l.out().open(Role::import_, l.tree().span(statement), k_structural);
  if (module == k_no_node) {
    module_name(l, name);
    l.out().leaf(Role::operator_, l.tree().span(n), "module", k_structural);
  } else {
    module_name(l, module);
    module_name(l, name);
  }
  l.slot(alias, "label");
  l.out().close(id);
}

void import_statement(Lowering& l, NodeId n) {
  const NodeId module = l.tree().child_by_field(n, "module_name");
  for (const NodeId c : l.named(n)) {
    if (c == module) continue;
    import_name(l, n, module, c);
  }
}

// Two operands are a binary expression; a chain keeps all its operands and operators.
void comparison(Lowering& l, NodeId n) {
  std::size_t operators = 0;
  const std::uint16_t field = l.tree().field_id("operators");
  for (NodeId c = l.tree().first_child(n); c != k_no_node; c = l.tree().next_sibling(c)) {
    if (l.tree().field(c) == field) ++operators;
  }
  const TermId id = l.out().open(operators == 1 ? Role::binary : Role::comparison, l.tree().span(n));
  for (NodeId c = l.tree().first_child(n); c != k_no_node; c = l.tree().next_sibling(c)) {
    if (l.tree().field(c) == field) {
      l.slot(c, "operator");
    } else if (l.tree().is_named(c) && (l.tree().flags(c) & syntax::k_extra) == 0) {
      l.expression(c);
    }
  }
  l.out().close(id);
}

void not_operator(Lowering& l, NodeId n) {
  const TermId id = l.out().open(Role::unary, l.tree().span(n));
  l.slot(l.tree().first_child(n), "operator");
  l.expression(l.tree().child_by_field(n, "argument"));
  l.out().close(id);
}

// `**...` is how an ellipsis is written inside a dictionary pattern.
void dictionary_splat(Lowering& l, NodeId n) {
  const TermId id = l.out().open(Role::spread, l.tree().span(n));
  for (const NodeId c : l.named(n)) l.expression(c);
  const TermId inner = id + 1;
  if (inner < l.out().size() && (l.out().is(inner, Role::ellipsis) || l.out().is(inner, Role::metalist))) {
    l.out().close(id);
    const Term kept = l.out()[inner];
    l.out().truncate(id);
    const TermId bare = l.out().open(kept.kind, kept.span, kept.flags, kept.text);
    l.out().edit(bare).variable = kept.variable;
    return l.out().close(bare);
  }
  l.out().close(id);
}

// `x as y` of with, except and match: the alias is optional in none of them.
constexpr std::array k_rows = {
    KindRow{"module", Form::list, Role::block},
    KindRow{"block", Form::list, Role::block},
    KindRow{"expression_statement", Form::tuple},
    KindRow{"parenthesized_expression", Form::transparent},
    KindRow{"type", Form::transparent},
    KindRow{"as_pattern_target", Form::transparent},
    KindRow{"comment", Form::drop},
    KindRow{"line_continuation", Form::drop},
    KindRow{"identifier", Form::name},
    KindRow{"keyword_identifier", Form::name},
    KindRow{"dotted_name", Form::slots, Role::absent, "*:rest"},
    KindRow{"integer", Form::number},
    KindRow{"float", Form::number},
    KindRow{"string", Form::string},
    KindRow{"concatenated_string", Form::strings},
    KindRow{"interpolation", Form::hole},
    KindRow{"attribute", Form::slots, Role::attribute, "object attribute:label"},
    KindRow{"subscript", Form::slots, Role::index, "value subscript:rest"},
    KindRow{"call", Form::slots, Role::call, "function arguments:args"},
    KindRow{"argument_list", Form::list, Role::arguments},
    KindRow{"keyword_argument", Form::slots, Role::keyword, "name:label value"},
    KindRow{"list_splat", Form::slots, Role::spread, "0"},
    KindRow{"list_splat_pattern", Form::slots, Role::spread, "0"},
    KindRow{"dictionary_splat_pattern", Form::hook, Role::absent, "", 0, dictionary_splat},
    KindRow{"dictionary_splat", Form::hook, Role::absent, "", 0, dictionary_splat},
    KindRow{"assignment", Form::slots, Role::assign, "left right"},
    KindRow{"named_expression", Form::slots, Role::assign, "name value"},
    KindRow{"augmented_assignment", Form::slots, Role::augmented, "left operator:operator right"},
    KindRow{"binary_operator", Form::slots, Role::binary, "left operator:operator right"},
    KindRow{"boolean_operator", Form::slots, Role::binary, "left operator:operator right"},
    KindRow{"comparison_operator", Form::hook, Role::absent, "", 0, comparison},
    KindRow{"unary_operator", Form::slots, Role::unary, "operator:operator argument"},
    KindRow{"not_operator", Form::hook, Role::absent, "", 0, not_operator},
    KindRow{"list", Form::list, Role::list},
    KindRow{"list_pattern", Form::list, Role::list},
    KindRow{"tuple", Form::list, Role::tuple},
    KindRow{"tuple_pattern", Form::list, Role::tuple},
    KindRow{"pattern_list", Form::list, Role::tuple},
    KindRow{"expression_list", Form::tuple},
    KindRow{"set", Form::list, Role::set},
    KindRow{"dictionary", Form::list, Role::dictionary},
    KindRow{"pair", Form::slots, Role::pair, "key:key value"},
    KindRow{"function_definition", Form::slots, Role::function,
            "-:decorators name:label parameters:params return_type:type body:block", k_declared},
    KindRow{"lambda", Form::slots, Role::function, "-:decorators - parameters:params - body:block"},
    KindRow{"parameters", Form::list, Role::parameters},
    KindRow{"lambda_parameters", Form::list, Role::parameters},
    KindRow{"default_parameter", Form::slots, Role::parameter, "name:label - value"},
    KindRow{"typed_parameter", Form::slots, Role::parameter, "0:binding type:type -"},
    KindRow{"typed_default_parameter", Form::slots, Role::parameter, "name:label type:type value"},
    KindRow{"class_definition", Form::slots, Role::class_,
            "-:decorators name:label superclasses:bases body:members", k_declared},
    KindRow{"decorated_definition", Form::hook, Role::absent, "", 0, decorated},
    KindRow{"decorator", Form::transparent},
    KindRow{"if_statement", Form::slots, Role::if_, "condition consequence:block alternative:else"},
    KindRow{"elif_clause", Form::slots, Role::if_, "condition consequence:block alternative:else"},
    KindRow{"while_statement", Form::slots, Role::absent, "condition body:block alternative:else"},
    KindRow{"for_statement", Form::slots, Role::loop, "left+right:header body:block"},
    KindRow{"try_statement", Form::slots, Role::attempt,
            "body:block @except_clause+@except_group_clause+@else_clause+@finally_clause:handlers"},
    KindRow{"with_statement", Form::slots, Role::absent, "0 body:block"},
    KindRow{"import_statement", Form::hook, Role::absent, "", 0, import_statement},
    KindRow{"import_from_statement", Form::hook, Role::absent, "", 0, import_statement},
    KindRow{"future_import_statement", Form::drop},
};

constexpr std::array<std::string_view, 4> k_names = {"python", "py", "python2", "python3"};
constexpr std::array k_bindings = {
    BindingRow{"for_in_clause", 0},
    BindingRow{"as_pattern", 1},
    BindingRow{"delete_statement", 0},
};
constexpr std::array<std::string_view, 1> k_pattern_grammars = {"python"};
constexpr std::array<std::string_view, 1> k_outer_names = {"global_statement"};
constexpr std::array k_wrappers = {Wrapper{"", "\n"}};
constexpr std::array k_ellipses = {
    EllipsisShape{"%", "**%", "%"},
    EllipsisShape{"%", "%", "%"},
};

}  // namespace

const LanguageTable k_python_table = {
    "python",           k_names,       k_rows, k_wrappers, k_ellipses, k_bindings, "python",
    k_pattern_grammars, k_outer_names, true,   false,      false,      "",         true,
};

}  // namespace sluice::rules
