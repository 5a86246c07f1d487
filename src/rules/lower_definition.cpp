// Lowering of what has a form of its own: if chains, decorated definitions, parameters.
#include "rules/lower.h"

namespace sluice::rules {

using syntax::k_no_node;
using syntax::NodeId;

void Lowering::else_part(const std::vector<NodeId>& rest, std::size_t from, Span at) {
  if (from >= rest.size()) return absent(at);
  const NodeId n = rest[from];
  const Row& r = row(n);
  const bool chained = r.row != nullptr && r.row->role == Role::if_ && from + 1 < rest.size();
  const TermId id = out_.open(Role::block, tree_.span(n), k_structural);
  if (chained || (r.row != nullptr && r.row->role == Role::if_)) {
    // `elif`: an if of its own whose else is the rest.
    const TermId inner = out_.open(Role::if_, tree_.span(n));
    const auto condition = select(n, "condition");
    const auto then = select(n, "consequence");
    slot(condition.empty() ? k_no_node : condition.front(), "");
    slot(then.empty() ? k_no_node : then.front(), "block");
    const auto own = select(n, "alternative");
    if (own.empty()) {
      else_part(rest, from + 1, tree_.span(n));
    } else {
      else_part(own, 0, tree_.span(n));
    }
    out_.close(inner);
  } else {
    // `else`: the statements of its block, or its single statement.
    const NodeId body = tree_.child_by_field(n, "body");
    for (const NodeId c : body != k_no_node ? std::vector<NodeId>{body} : named(n)) {
      const Row& inner = row(c);
      const bool is_block =
          inner.row != nullptr && inner.row->form == Form::list && inner.row->role == Role::block;
      for (const NodeId s : is_block ? named(c) : std::vector<NodeId>{c}) node(s);
    }
  }
  out_.close(id);
}

void Lowering::with_decorators(const std::vector<NodeId>& decorators, NodeId definition, Span span) {
  pending_decorators_ = decorators;
  pending_span_ = span;
  has_pending_ = true;
  node(definition);
  has_pending_ = false;
}

void Lowering::decorators(NodeId n, Span at) {
  std::vector<NodeId> all;
  if (has_pending_) {
    all = std::move(pending_decorators_);
    pending_decorators_.clear();
    has_pending_ = false;
  }
  for (const NodeId c : named(n)) {
    if (tree_.kind_name(c) == "decorator") all.push_back(c);
  }
  const Span span = all.empty() ? Span{at.begin, at.begin}
                                : Span{tree_.span(all.front()).begin, tree_.span(all.back()).end};
  const TermId id = out_.open(Role::decorators, span, k_structural);
  for (const NodeId d : all) node(d);
  out_.close(id);
}

void Lowering::parameters(NodeId n) {
  const Row& r = row(n);
  const TermId id = out_.open(Role::parameters, tree_.span(n), k_structural);
  if (r.row != nullptr && r.row->role == Role::parameters) {
    for (const NodeId c : named(n)) parameter(c);
  } else {
    parameter(n);
  }
  out_.close(id);
}

void Lowering::parameter(NodeId n) {
  const Row& r = row(n);
  if (r.row != nullptr && r.row->role == Role::parameter) {
    // `...` in a typed grammar may still be wrapped as a parameter.
    const TermId before = out_.size();
    node(n);
    const TermId first = out_.first_child(before);
    if (first != k_no_term && (out_.is(first, Role::ellipsis) || out_.is(first, Role::metalist))) {
      const Term inner = out_[first];
      out_.truncate(before);
      const TermId id = out_.open(inner.kind, inner.span, inner.flags, inner.text);
      out_.edit(id).variable = inner.variable;
      out_.close(id);
    }
    return;
  }
  const TermId id = out_.open(Role::parameter, tree_.span(n), k_structural);
  node(n, r.row != nullptr && r.row->form == Form::name ? k_label : std::uint8_t{0});
  const TermId inner = out_.size() > id + 1 ? id + 1 : k_no_term;
  if (inner != k_no_term && (out_.is(inner, Role::ellipsis) || out_.is(inner, Role::metalist))) {
    out_.close(id);
    const Term kept = out_[inner];
    out_.truncate(id);
    const TermId bare = out_.open(kept.kind, kept.span, kept.flags, kept.text);
    out_.edit(bare).variable = kept.variable;
    out_.close(bare);
    return;
  }
  absent(tree_.span(n));
  absent(tree_.span(n));
  out_.close(id);
}

}  // namespace sluice::rules
