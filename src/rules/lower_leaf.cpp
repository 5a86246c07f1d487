// Lowering of names and strings, the places where a pattern's placeholders can stand.
#include "rules/lower.h"

namespace sluice::rules {

using syntax::k_no_node;
using syntax::NodeId;

// Emits the pattern role that `text` stands for; false if it is no placeholder.
bool Lowering::placeholder(Span span, std::string_view text, std::uint8_t flags) {
  if (placeholders_ == nullptr) return false;
  const Placeholders::Meaning meaning = placeholders_->of(text);
  Role role = Role::metavariable;
  switch (meaning.what) {
    case Placeholders::What::nothing:
      return false;
    case Placeholders::What::ellipsis:
      role = Role::ellipsis;
      break;
    case Placeholders::What::metalist:
      role = Role::metalist;
      break;
    case Placeholders::What::deep:
    case Placeholders::What::typed:  // names of calls: see pattern.cpp
    case Placeholders::What::metavariable:
      break;
  }
  if (meaning.what == Placeholders::What::deep || meaning.what == Placeholders::What::typed) return false;
  const TermId id = out_.open(role, span, static_cast<std::uint8_t>(flags | k_has_hole),
                              out_.keep(placeholders_->restore(text)));
  out_.edit(id).variable = meaning.variable;
  out_.close(id);
  return true;
}

void Lowering::name(Span span, std::string_view text, std::uint8_t flags) {
  if (placeholder(span, text, flags)) return;
  out_.leaf(Role::name, span, text, flags);
}

std::string_view Lowering::string_content(NodeId n) const {
  const NodeId first = tree_.first_child(n);
  if (first == k_no_node) return {};
  NodeId last = first;
  for (NodeId c = first; c != k_no_node; c = tree_.next_sibling(c)) last = c;
  if (first == last) return {};
  const Span content{tree_.span(first).end, tree_.span(last).begin};
  return content.begin <= content.end ? content.of(tree_.source()) : std::string_view{};
}

void Lowering::string(NodeId n, std::uint8_t flags) {
  const NodeId first = tree_.first_child(n);
  const bool formatted =
      first != k_no_node &&
      (tree_.text(first).find_first_of("fF") != std::string_view::npos || tree_.text(first) == "`");
  if (formatted) flags = static_cast<std::uint8_t>(flags | k_formatted);
  bool holes = false;
  for (const NodeId c : named(n)) {
    const Row& r = row(c);
    holes = holes || (r.row != nullptr && r.row->form == Form::hole);
  }
  const std::string_view text = string_content(n);
  const auto begin =
      text.empty() ? tree_.span(n).begin : static_cast<std::uint32_t>(text.data() - tree_.source().data());
  const Span content{begin, begin + static_cast<std::uint32_t>(text.size())};
  if (!holes) return string_term(tree_.span(n), content, text, flags);
  const TermId id = out_.open(Role::template_, tree_.span(n), flags);
  parts(n);
  out_.close(id);
}

void Lowering::string_term(Span span, Span content, std::string_view text, std::uint8_t flags) {
  if (placeholders_ == nullptr) {
    out_.leaf(Role::string, span, text, flags);
    return;
  }
  const std::string_view restored = out_.keep(placeholders_->restore(text));
  // With k_formatted or k_exact: any template, any concatenation.
  if (restored == "...") {
    out_.leaf(Role::any_string, span, restored, static_cast<std::uint8_t>(flags | k_has_hole));
    return;
  }
  if (restored.size() > 4 && restored.starts_with("=~/")) {
    const std::size_t slash = restored.rfind('/');
    out_.leaf(Role::string_regex, content, restored.substr(3, slash - 3),
              static_cast<std::uint8_t>(flags | k_has_hole));
    return;
  }
  const std::uint32_t variable = placeholders_->variable(restored);
  const TermId id = out_.open(Role::string, span, flags, restored);
  out_.edit(id).variable = variable;
  if (variable != k_no_variable) out_.edit(id).flags |= k_has_hole;
  out_.close(id);
}

void Lowering::part(Span span, std::string_view text) {
  if (text.empty()) return;
  if (placeholders_ == nullptr) {
    out_.leaf(Role::part, span, text, k_structural);
    return;
  }
  const std::string_view restored = out_.keep(placeholders_->restore(text));
  const Role role = restored == "..." ? Role::ellipsis : Role::part;
  const std::uint32_t variable = role == Role::part ? placeholders_->variable(restored) : k_no_variable;
  const bool hole = role == Role::ellipsis || variable != k_no_variable;
  const TermId id =
      out_.open(role, span, static_cast<std::uint8_t>(k_structural | (hole ? k_has_hole : 0)), restored);
  out_.edit(id).variable = variable;
  out_.close(id);
}

// The literal texts between the holes, and the holes.
void Lowering::parts(NodeId n) {
  const std::string_view all = string_content(n);
  if (all.empty()) return;
  auto at = static_cast<std::uint32_t>(all.data() - tree_.source().data());
  const auto end = at + static_cast<std::uint32_t>(all.size());
  for (const NodeId c : named(n)) {
    const Row& r = row(c);
    if (r.row == nullptr || r.row->form != Form::hole) continue;
    const Span hole = tree_.span(c);
    part({at, hole.begin}, Span{at, hole.begin}.of(tree_.source()));
    node(c);
    at = hole.end;
  }
  part({at, end}, Span{at, end}.of(tree_.source()));
}

// Adjacent literals are one string: "a" "b".
void Lowering::strings(NodeId n, std::uint8_t flags) {
  bool holes = false;
  bool any = placeholders_ != nullptr;
  std::string joined;
  flags |= k_exact;
  for (const NodeId c : named(n)) {
    any = any && placeholders_->restore(string_content(c)) == "...";
    for (const NodeId inner : named(c)) {
      const Row& r = row(inner);
      holes = holes || (r.row != nullptr && r.row->form == Form::hole);
    }
    joined += string_content(c);
  }
  if (any) return string_term(tree_.span(n), tree_.span(n), "...", flags);
  if (!holes) return string_term(tree_.span(n), tree_.span(n), out_.keep(std::move(joined)), flags);
  const TermId id = out_.open(Role::template_, tree_.span(n), flags);
  for (const NodeId c : named(n)) parts(c);
  out_.close(id);
}

}  // namespace sluice::rules
