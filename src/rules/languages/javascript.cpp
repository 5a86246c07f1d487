// JavaScript (tree-sitter-javascript 0.25), TypeScript and TSX (tree-sitter-typescript 0.23): one table; the
// TypeScript kinds are simply unknown to the JavaScript grammar.
#include <array>

#include "rules/languages/table.h"
#include "rules/lower.h"

namespace sluice::rules {

using syntax::k_no_node;
using syntax::NodeId;

namespace {

NodeId child_of_kind(const Lowering& l, NodeId n, std::string_view kind) {
  for (const NodeId c : l.named(n)) {
    if (l.tree().kind_name(c) == kind) return c;
  }
  return k_no_node;
}

struct ImportedName {
  NodeId name = k_no_node;
  std::string_view fixed;  // "default", "*", "" (side effects only): names that the text does not spell
  NodeId alias = k_no_node;
};

void import_term(Lowering& l, NodeId statement, NodeId source, const ImportedName& imported) {
  const TermId id = l.out().open(Role::import_, l.tree().span(statement), k_structural);
  l.string(source, k_label);
  if (imported.name != k_no_node) {
    l.slot(imported.name, "label");
  } else {
    l.out().leaf(Role::operator_, l.tree().span(statement), imported.fixed, k_structural);
  }
  l.slot(imported.alias, "label");
  l.out().close(id);
}

// One import_ term for each imported name.
void import_statement(Lowering& l, NodeId n) {
  const NodeId source = l.tree().child_by_field(n, "source");
  if (source == k_no_node) return;
  const NodeId clause = child_of_kind(l, n, "import_clause");
  if (clause == k_no_node) return import_term(l, n, source, {});
  for (const NodeId c : l.named(clause)) {
    const std::string_view kind = l.tree().kind_name(c);
    if (kind == "identifier") {
      import_term(l, n, source, {k_no_node, "default", c});
    } else if (kind == "namespace_import") {
      const auto names = l.named(c);
      import_term(l, n, source, {k_no_node, "*", names.empty() ? k_no_node : names.front()});
    } else if (kind == "named_imports") {
      for (const NodeId s : l.named(c)) {
        import_term(l, n, source,
                    {l.tree().child_by_field(s, "name"), "", l.tree().child_by_field(s, "alias")});
      }
    }
  }
}

void attributes(Lowering& l, NodeId tag) {
  const TermId id = l.out().open(Role::attributes, l.tree().span(tag), k_structural);
  const NodeId name = l.tree().child_by_field(tag, "name");
  for (const NodeId c : l.named(tag)) {
    if (c != name) l.expression(c);
  }
  l.out().close(id);
}

// <a b={c}>d</a>: name, attributes, children; a self-closing tag has no children slot.
void element(Lowering& l, NodeId n) {
  const NodeId open = l.tree().child_by_field(n, "open_tag");
  const NodeId tag = open == k_no_node ? n : open;
  const TermId id = l.out().open(Role::element, l.tree().span(n));
  l.slot(l.tree().child_by_field(tag, "name"), "label");
  attributes(l, tag);
  if (open == k_no_node) {
    l.absent(l.tree().span(n));
  } else {
    std::vector<NodeId> children;
    for (const NodeId c : l.named(n)) {
      if (c != open && c != l.tree().child_by_field(n, "close_tag")) children.push_back(c);
    }
    l.block(children, l.tree().span(n));
  }
  l.out().close(id);
}

// <a b={c}>: a pair; `{...c}` a spread; a bare name a pair without a value.
void attribute(Lowering& l, NodeId n) {
  const auto parts = l.named(n);
  if (parts.empty()) return;
  const TermId before = l.out().size();
  if (parts.size() == 1) {
    // The bare name may be an ellipsis of the pattern.
    l.slot(parts[0], "label");
    if (l.out().is(before, Role::ellipsis)) return;
    l.out().truncate(before);
  }
  const TermId id = l.out().open(Role::pair, l.tree().span(n), k_structural);
  l.slot(parts[0], "label");
  l.slot(parts.size() > 1 ? parts[1] : k_no_node, "");
  l.out().close(id);
}

void jsx_text(Lowering& l, NodeId n) {
  std::string_view text = l.tree().text(n);
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return;
  text = text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
  l.name(l.tree().span(n), text, k_label);
}

// `{a}` is `{a: a}`; an ellipsis or a list metavariable stays as it is.
void shorthand(Lowering& l, NodeId n) {
  const TermId before = l.out().size();
  l.name(l.tree().span(n), l.tree().text(n), 0);
  const Role role = l.out().role(before);
  if (role == Role::ellipsis || role == Role::metalist) return;
  l.out().truncate(before);
  const TermId id = l.out().open(Role::pair, l.tree().span(n), k_structural);
  l.name(l.tree().span(n), l.tree().text(n), k_label);
  l.name(l.tree().span(n), l.tree().text(n), 0);
  l.out().close(id);
}

// A member of a class: `x = 1;`. A lone ellipsis of a pattern is written as a field.
void field(Lowering& l, NodeId n) {
  const TermId before = l.out().size();
  const NodeId property = l.tree().child_by_field(n, "property") != k_no_node
                              ? l.tree().child_by_field(n, "property")
                              : l.tree().child_by_field(n, "name");
  l.slot(property, "label");
  const NodeId value = l.tree().child_by_field(n, "value");
  if (value == k_no_node && (l.out().is(before, Role::ellipsis) || l.out().is(before, Role::metalist)))
    return;
  l.out().truncate(before);
  const TermId id = l.out().open(Role::assign, l.tree().span(n));
  l.slot(property, "label");
  l.slot(value, "");
  l.out().close(id);
}

// Parameters of TypeScript: `x`, `x?: T = v`, `this: T`.
void typed_parameter(Lowering& l, NodeId n) {
  const TermId id = l.out().open(Role::parameter, l.tree().span(n), k_structural);
  l.slot(l.tree().child_by_field(n, "pattern"), "binding");
  l.slot(l.tree().child_by_field(n, "type"), "type");
  l.slot(l.tree().child_by_field(n, "value"), "");
  l.out().close(id);
}

void export_statement(Lowering& l, NodeId n) {
  const NodeId declaration = l.tree().child_by_field(n, "declaration");
  const NodeId value = l.tree().child_by_field(n, "value");
  if (declaration != k_no_node) {
    std::vector<NodeId> decorators;
    for (const NodeId c : l.named(n)) {
      if (l.tree().kind_name(c) == "decorator") decorators.push_back(c);
    }
    if (decorators.empty()) return l.node(declaration);
    return l.with_decorators(decorators, declaration, l.tree().span(n));
  }
  if (value != k_no_node) return l.node(value);
  for (const NodeId c : l.named(n)) l.node(c);
}

constexpr std::string_view k_function =
    "-:decorators name:label parameters|parameter:params return_type:type body:block";

constexpr std::array k_rows = {
    KindRow{"program", Form::list, Role::block},
    KindRow{"statement_block", Form::list, Role::block},
    KindRow{"class_static_block", Form::slots, Role::absent, "body:block"},
    KindRow{"expression_statement", Form::transparent},
    KindRow{"parenthesized_expression", Form::transparent},
    KindRow{"sequence_expression", Form::tuple},
    KindRow{"lexical_declaration", Form::transparent},
    KindRow{"variable_declaration", Form::transparent},
    KindRow{"export_statement", Form::hook, Role::absent, "", 0, export_statement},
    KindRow{"empty_statement", Form::drop},
    KindRow{"optional_chain", Form::drop},
    KindRow{"comment", Form::drop},
    KindRow{"html_comment", Form::drop},
    KindRow{"hash_bang_line", Form::drop},
    KindRow{"identifier", Form::name},
    KindRow{"property_identifier", Form::name},
    KindRow{"private_property_identifier", Form::name},
    KindRow{"statement_identifier", Form::name},
    KindRow{"type_identifier", Form::name},
    KindRow{"predefined_type", Form::name},
    KindRow{"undefined", Form::name},
    KindRow{"shorthand_property_identifier", Form::hook, Role::absent, "", 0, shorthand},
    KindRow{"shorthand_property_identifier_pattern", Form::hook, Role::absent, "", 0, shorthand},
    KindRow{"number", Form::number},
    KindRow{"string", Form::string},
    KindRow{"template_string", Form::string},
    KindRow{"template_substitution", Form::hole},
    KindRow{"member_expression", Form::slots, Role::attribute, "object property:label"},
    KindRow{"nested_identifier", Form::slots, Role::attribute, "object property:label"},
    KindRow{"subscript_expression", Form::slots, Role::index, "object index:rest"},
    KindRow{"call_expression", Form::slots, Role::call, "function arguments:args"},
    KindRow{"new_expression", Form::slots, Role::create, "constructor arguments:args"},
    KindRow{"arguments", Form::list, Role::arguments},
    KindRow{"spread_element", Form::slots, Role::spread, "0"},
    KindRow{"rest_pattern", Form::slots, Role::spread, "0"},
    KindRow{"variable_declarator", Form::slots, Role::assign, "name value", k_declared},
    KindRow{"assignment_expression", Form::slots, Role::assign, "left right"},
    KindRow{"augmented_assignment_expression", Form::slots, Role::augmented, "left operator:operator right"},
    KindRow{"binary_expression", Form::slots, Role::binary, "left operator:operator right"},
    KindRow{"unary_expression", Form::slots, Role::unary, "operator:operator argument"},
    KindRow{"array", Form::list, Role::list},
    KindRow{"array_pattern", Form::list, Role::list},
    KindRow{"object", Form::list, Role::dictionary},
    KindRow{"object_pattern", Form::list, Role::dictionary},
    KindRow{"pair", Form::slots, Role::pair, "key:key value"},
    KindRow{"pair_pattern", Form::slots, Role::pair, "key:key value"},
    KindRow{"object_assignment_pattern", Form::first},
    KindRow{"computed_property_name", Form::transparent},
    KindRow{"function_declaration", Form::slots, Role::function, k_function, k_declared},
    KindRow{"generator_function_declaration", Form::slots, Role::function, k_function, k_declared},
    KindRow{"method_definition", Form::slots, Role::function, k_function, k_declared},
    KindRow{"function_expression", Form::slots, Role::function, k_function},
    KindRow{"generator_function", Form::slots, Role::function, k_function},
    KindRow{"arrow_function", Form::slots, Role::function, k_function},
    KindRow{"formal_parameters", Form::list, Role::parameters},
    KindRow{"assignment_pattern", Form::slots, Role::parameter, "left:binding - right"},
    KindRow{"required_parameter", Form::hook, Role::parameter, "", 0, typed_parameter},
    KindRow{"optional_parameter", Form::hook, Role::parameter, "", 0, typed_parameter},
    KindRow{"class_declaration", Form::slots, Role::class_,
            "-:decorators name:label @class_heritage:bases body:members", k_declared},
    KindRow{"abstract_class_declaration", Form::slots, Role::class_,
            "-:decorators name:label @class_heritage:bases body:members", k_declared},
    KindRow{"class", Form::slots, Role::class_, "-:decorators name:label @class_heritage:bases body:members"},
    KindRow{"class_body", Form::list, Role::members},
    KindRow{"class_heritage", Form::transparent},
    KindRow{"extends_clause", Form::first},
    KindRow{"implements_clause", Form::transparent},
    KindRow{"field_definition", Form::hook, Role::absent, "", 0, field},
    KindRow{"public_field_definition", Form::hook, Role::absent, "", 0, field},
    KindRow{"decorator", Form::transparent},
    KindRow{"if_statement", Form::slots, Role::if_, "condition consequence:block alternative:else"},
    KindRow{"while_statement", Form::slots, Role::absent, "condition body:block"},
    KindRow{"do_statement", Form::slots, Role::absent, "body:block condition"},
    KindRow{"for_statement", Form::slots, Role::loop, "initializer+condition+increment:header body:block"},
    KindRow{"for_in_statement", Form::slots, Role::loop, "left+right:header body:block"},
    KindRow{"try_statement", Form::slots, Role::attempt, "body:block handler+finalizer:handlers"},
    KindRow{"catch_clause", Form::slots, Role::absent, "parameter body:block"},
    KindRow{"labeled_statement", Form::slots, Role::absent, "label:label body:block"},
    KindRow{"import_statement", Form::hook, Role::absent, "", 0, import_statement},
    KindRow{"jsx_element", Form::hook, Role::absent, "", 0, element},
    KindRow{"jsx_self_closing_element", Form::hook, Role::absent, "", 0, element},
    KindRow{"jsx_attribute", Form::hook, Role::absent, "", 0, attribute},
    KindRow{"jsx_expression", Form::transparent},
    KindRow{"jsx_text", Form::hook, Role::absent, "", 0, jsx_text},
    KindRow{"jsx_identifier", Form::name},
    KindRow{"as_expression", Form::first},
    KindRow{"satisfies_expression", Form::first},
    KindRow{"type_assertion", Form::transparent},
    KindRow{"non_null_expression", Form::transparent},
    KindRow{"type_annotation", Form::transparent},
    KindRow{"accessibility_modifier", Form::drop},
    KindRow{"override_modifier", Form::drop},
    KindRow{"type_arguments", Form::drop},
    KindRow{"type_parameters", Form::drop},
};

constexpr std::array<std::string_view, 2> k_javascript_names = {"javascript", "js"};
constexpr std::array<std::string_view, 2> k_typescript_names = {"typescript", "ts"};
constexpr std::array k_wrappers = {
    Wrapper{"", "\n"},
    Wrapper{"(", "\n)", Role::block, Wrapper::Prefer::brace},
    Wrapper{"({", "\n})", Role::dictionary, Wrapper::Prefer::pair},
    Wrapper{"class sluice_wrapper_ {\n", "\n}", Role::members},
};
constexpr std::array k_ellipses = {
    EllipsisShape{"%;", "%", "%"},
    EllipsisShape{"%", "%", "%"},
    EllipsisShape{"%;", "%,", "%"},
    EllipsisShape{"%;", "%", "%", "{%}"},
};

constexpr std::array k_bindings = {BindingRow{"catch_clause", 0}};

// TSX reads nearly all of JavaScript; the others are for what it cannot (`<T>x`, odd scripts).
constexpr std::array<std::string_view, 3> k_pattern_grammars = {"tsx", "typescript", "javascript"};

constexpr LanguageTable table(std::string_view grammar, std::span<const std::string_view> names) {
  return {grammar, names, k_rows, k_wrappers, k_ellipses, k_bindings, "javascript", k_pattern_grammars,
          {},      false, true,   true,       "%;;",      true};
}

}  // namespace

const LanguageTable k_javascript_table = table("javascript", k_javascript_names);
const LanguageTable k_typescript_table = table("typescript", k_typescript_names);
const LanguageTable k_tsx_table = table("tsx", k_typescript_names);

}  // namespace sluice::rules
