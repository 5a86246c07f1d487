#include "rules/lower.h"

#include <algorithm>

namespace sluice::rules {

using syntax::k_no_node;
using syntax::NodeId;

namespace {

bool is_list(Role role) {
  switch (role) {
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
      return true;
    default:
      return false;
  }
}

// Grammars name their kinds alike enough.
bool is_statement_kind(std::string_view name) {
  for (const std::string_view end :
       {"_statement", "_definition", "_declaration", "_clause", "_case", "ERROR"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

std::uint8_t structural(Role role) {
  switch (role) {
    case Role::arguments:
    case Role::keyword:
    case Role::decorators:
    case Role::parameters:
    case Role::parameter:
    case Role::bases:
    case Role::block:
    case Role::members:
    case Role::attributes:
    case Role::absent:
    case Role::part:
    case Role::operator_:
    case Role::pair:
    case Role::import_:
      return k_structural;
    default:
      return 0;
  }
}

}  // namespace

std::vector<Lowering::Slot> Lowering::parse_spec(std::string_view spec) {
  std::vector<Slot> slots;
  while (!spec.empty()) {
    const std::size_t space = std::min(spec.find(' '), spec.size());
    const std::string_view word = spec.substr(0, space);
    spec.remove_prefix(std::min(space + 1, spec.size()));
    const std::size_t colon = word.find(':');
    if (colon == std::string_view::npos) {
      slots.push_back({word, ""});
    } else {
      slots.push_back({word.substr(0, colon), word.substr(colon + 1)});
    }
  }
  return slots;
}

Lowering::Lowering(const syntax::Tree& tree, const LanguageTable& table, const Placeholders* placeholders,
                   TermTree& out)
    : tree_(tree), table_(table), placeholders_(placeholders), out_(out) {}

const Lowering::Row& Lowering::row(NodeId n) {
  const std::size_t kind = tree_.kind(n);
  if (kind >= row_known_.size()) {
    // Symbol ids are small but ERROR's is 65535.
    rows_.resize(kind + 1);
    row_known_.resize(kind + 1);
  }
  if (!row_known_[kind]) {
    row_known_[kind] = true;
    const std::string_view name = tree_.kind_name(n);
    for (const KindRow& candidate : table_.rows) {
      if (candidate.kind == name) rows_[kind] = Row{&candidate, parse_spec(candidate.spec), 0, false};
    }
    rows_[kind].kind = kind_of(name);
    rows_[kind].is_statement = is_statement_kind(name);
  }
  return rows_[kind];
}

void Lowering::node(NodeId n, std::uint8_t flags) {
  const std::uint8_t node_flags = tree_.flags(n);
  if ((node_flags & syntax::k_missing) != 0) return;
  if ((node_flags & syntax::k_named) == 0) return;
  if ((node_flags & syntax::k_extra) != 0 && (node_flags & syntax::k_error) == 0) return;
  emit(n, row(n), flags);
}

void Lowering::emit(NodeId n, const Row& row, std::uint8_t flags) {
  if (row.row == nullptr) return plain(n, flags);
  const KindRow& table_row = *row.row;
  const std::uint8_t all_flags = static_cast<std::uint8_t>(flags | table_row.flags);
  switch (table_row.form) {
    case Form::slots:
      return slots(n, row, all_flags);
    case Form::list:
      return list(n, table_row.role, all_flags);
    case Form::transparent:
      for (const NodeId c : named(n)) node(c, all_flags);
      return;
    case Form::first: {
      const auto children = named(n);
      if (!children.empty()) node(children.front(), all_flags);
      return;
    }
    case Form::tuple: {
      const auto children = named(n);
      if (children.size() == 1) return node(children.front(), all_flags);
      return list(n, Role::tuple, all_flags);
    }
    case Form::drop:
      return;
    case Form::name:
      return name(tree_.span(n), tree_.text(n), all_flags);
    case Form::number:
      out_.leaf(Role::number, tree_.span(n), tree_.text(n), all_flags);
      return;
    case Form::string:
      return string(n, all_flags);
    case Form::strings:
      return strings(n, all_flags);
    case Form::hole: {
      const NodeId inner = tree_.child_by_field(n, "expression");
      const auto children = named(n);
      if (inner != k_no_node) return expression(inner);
      if (!children.empty()) return expression(children.front());
      return absent(tree_.span(n));
    }
    case Form::hook:
      return table_row.hook(*this, n);
  }
}

std::vector<NodeId> Lowering::named(NodeId n) const {
  std::vector<NodeId> found;
  for (NodeId c = tree_.first_child(n); c != k_no_node; c = tree_.next_sibling(c)) {
    const std::uint8_t flags = tree_.flags(c);
    const bool comment = (flags & syntax::k_extra) != 0 && (flags & syntax::k_error) == 0;
    if ((flags & syntax::k_named) != 0 && (flags & syntax::k_missing) == 0 && !comment) found.push_back(c);
  }
  return found;
}

// The children that a slot's FIELD names.
std::vector<NodeId> Lowering::select(NodeId n, std::string_view fields) const {
  if (fields == "-") return {};
  if (fields == "*") return named(n);
  if (fields.size() == 1 && fields[0] >= '0' && fields[0] <= '9') {
    const auto children = named(n);
    const auto index = static_cast<std::size_t>(fields[0] - '0');
    if (index < children.size()) return {children[index]};
    return {};
  }
  std::vector<NodeId> found;
  if (const std::size_t plus = fields.find('+'); plus != std::string_view::npos) {
    found = select(n, fields.substr(0, plus));
    const auto more = select(n, fields.substr(plus + 1));
    found.insert(found.end(), more.begin(), more.end());
    return found;
  }
  if (fields.starts_with('@')) {
    for (const NodeId c : named(n)) {
      if (tree_.kind_name(c) == fields.substr(1)) found.push_back(c);
    }
    return found;
  }
  while (found.empty() && !fields.empty()) {
    const std::size_t bar = std::min(fields.find('|'), fields.size());
    const std::uint16_t field = tree_.field_id(fields.substr(0, bar));
    fields.remove_prefix(std::min(bar + 1, fields.size()));
    if (field == 0) continue;
    for (NodeId c = tree_.first_child(n); c != k_no_node; c = tree_.next_sibling(c)) {
      if (tree_.field(c) == field && (tree_.flags(c) & (syntax::k_extra | syntax::k_missing)) == 0)
        found.push_back(c);
    }
  }
  return found;
}

void Lowering::slots(NodeId n, const Row& row, std::uint8_t flags) {
  const Role role = row.row->role;
  if (role == Role::call && placeholders_ != nullptr && pattern_call(n, flags)) return;
  const Kind kind = role == Role::absent ? row.kind : kind_of(role);
  Span span = tree_.span(n);
  if (has_pending_ && (role == Role::function || role == Role::class_)) span = pending_span_;
  if (role == Role::absent && row.is_statement) flags |= k_statement;
  const std::uint8_t own = role == Role::absent ? std::uint8_t{0} : structural(role);
  const TermId id = out_.open(kind, span, static_cast<std::uint8_t>(flags | own));
  for (const Slot& spec : row.slots) {
    if (spec.mode == "decorators") {
      decorators(n, span);
      continue;
    }
    const auto chosen = select(n, spec.fields);
    if (spec.mode == "rest") {
      for (const NodeId c : chosen) expression(c);
    } else if (spec.mode == "header" || spec.mode == "handlers") {
      const TermId list =
          out_.open(spec.mode == "header" ? Role::header : Role::handlers, span, k_structural);
      for (const NodeId c : chosen) node(c);
      out_.close(list);
    } else if (spec.mode == "else") {
      else_part(chosen, 0, span);
    } else if (chosen.empty()) {
      slot(k_no_node, spec.mode);
    } else {
      slot(chosen.front(), spec.mode);
    }
  }
  out_.close(id);
}

// Patterns: `<... e ...>` and `($X: T)` are written as calls of placeholder names.
bool Lowering::pattern_call(NodeId n, std::uint8_t flags) {
  const auto callee = named(n);
  if (callee.size() < 2) return false;
  const Placeholders::What what = placeholders_->of(tree_.text(callee[0])).what;
  if (what != Placeholders::What::deep && what != Placeholders::What::typed) return false;
  const TermId id = out_.open(what == Placeholders::What::deep ? Role::deep : Role::typed, tree_.span(n),
                              static_cast<std::uint8_t>(flags | k_has_hole));
  for (const NodeId argument : named(callee[1])) expression(argument);
  out_.close(id);
  return true;
}

// A kind without a row: its own kind, its named children and its operator tokens.
void Lowering::plain(NodeId n, std::uint8_t flags) {
  const Kind kind = row(n).kind;
  if (row(n).is_statement) flags |= k_statement;
  if (tree_.is_leaf(n)) {
    if (placeholder(tree_.span(n), tree_.text(n), flags)) return;
    out_.close(out_.open(kind, tree_.span(n), flags, tree_.text(n)));
    return;
  }
  const std::uint16_t operator_field = tree_.field_id("operator");
  const TermId id = out_.open(kind, tree_.span(n), flags);
  for (NodeId c = tree_.first_child(n); c != k_no_node; c = tree_.next_sibling(c)) {
    if (tree_.is_named(c)) {
      node(c);
    } else if (operator_field != 0 && tree_.field(c) == operator_field) {
      out_.leaf(Role::operator_, tree_.span(c), tree_.text(c), k_structural);
    }
  }
  out_.close(id);
}

void Lowering::list(NodeId n, Role role, std::uint8_t flags) {
  if (role == Role::parameters) return parameters(n);
  const TermId id = out_.open(role, tree_.span(n), static_cast<std::uint8_t>(flags | structural(role)));
  for (const NodeId c : named(n)) node(c);
  out_.close(id);
}

void Lowering::absent(Span at) {
  out_.leaf(Role::absent, {at.end, at.end}, {}, k_structural);
}

void Lowering::slot(NodeId n, std::string_view mode) {
  const Span at = n == k_no_node ? Span{} : tree_.span(n);
  if (mode == "operator") {
    out_.leaf(Role::operator_, at, n == k_no_node ? std::string_view{} : tree_.text(n), k_structural);
    return;
  }
  if (n == k_no_node) {
    const bool is_list_mode =
        mode == "params" || mode == "args" || mode == "bases" || mode == "members" || mode == "attributes";
    if (!is_list_mode) return absent(at);
    const Role role = mode == "params"    ? Role::parameters
                      : mode == "args"    ? Role::arguments
                      : mode == "bases"   ? Role::bases
                      : mode == "members" ? Role::members
                                          : Role::attributes;
    out_.leaf(role, at, {}, k_structural);
    return;
  }
  if (mode == "params") return parameters(n);
  if (mode == "block") {
    const Row& r = row(n);
    if (r.row != nullptr && r.row->form == Form::list && r.row->role == Role::block) return node(n);
    return block({n}, at);
  }
  if (mode == "args" || mode == "bases" || mode == "members" || mode == "attributes") {
    const Role role = mode == "args"      ? Role::arguments
                      : mode == "bases"   ? Role::bases
                      : mode == "members" ? Role::members
                                          : Role::attributes;
    const Row& r = row(n);
    const bool container = r.row != nullptr && r.row->form == Form::list && is_list(r.row->role);
    const TermId id = out_.open(role, at, k_structural);
    if (container) {
      for (const NodeId c : named(n)) node(c);
    } else {
      node(n);
    }
    out_.close(id);
    return;
  }
  const TermId before = out_.size();
  if (mode == "key") {
    const Row& r = row(n);
    if (r.row != nullptr && r.row->form == Form::string && table_.dictionary_is_open) {
      return name(at, string_content(n), k_label);
    }
    node(n, r.row != nullptr && r.row->form == Form::name ? k_label : std::uint8_t{0});
  } else {
    const Row& r = row(n);
    const bool plain_name = r.row != nullptr && r.row->form == Form::name;
    node(n, mode == "label" || (mode == "binding" && plain_name) ? k_label : std::uint8_t{0});
  }
  // A slot is exactly one term: none becomes absent, several become a tuple.
  if (out_.size() == before) return absent(at);
  if (out_[before].end == out_.size()) return;
  out_.truncate(before);
  const TermId id = out_.open(Role::tuple, at);
  node(n);
  out_.close(id);
}

void Lowering::block(const std::vector<NodeId>& statements, Span span) {
  const TermId id = out_.open(Role::block, span, k_structural);
  for (const NodeId s : statements) node(s);
  out_.close(id);
}

TermTree lower(const syntax::Tree& tree, const LanguageTable& table, const Placeholders* placeholders) {
  TermTree out;
  if (tree.size() == 0) {
    out.leaf(Role::block, {}, {}, k_structural);
    return out;
  }
  Lowering lowering(tree, table, placeholders, out);
  lowering.node(0);
  if (out.size() == 0) out.leaf(Role::block, tree.span(0), {}, k_structural);
  return out;
}

}  // namespace sluice::rules
