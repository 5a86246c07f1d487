#include "syntax/tree.h"

#include <tree_sitter/api.h>

namespace sluice::syntax {
namespace {

std::string_view view(const char* text) {
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

// A leaf's text on one line, for a person.
void append_quoted(std::string& out, std::string_view text) {
  static constexpr char k_hex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += k_hex[byte >> 4];
      out += k_hex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

std::string_view Tree::kind_name(NodeId id) const {
  return view(ts_language_symbol_name(language_->factory(), kind_[id]));
}

std::string_view Tree::field_name(NodeId id) const {
  return field_[id] == 0 ? std::string_view{}
                         : view(ts_language_field_name_for_id(language_->factory(), field_[id]));
}

NodeId Tree::child_by_field(NodeId id, std::string_view field) const {
  const std::uint16_t wanted = field_id(field);
  if (wanted == 0) return k_no_node;
  for (NodeId child = first_child(id); child != k_no_node; child = next_sibling(child)) {
    if (field_[child] == wanted) return child;
  }
  return k_no_node;
}

std::vector<NodeId> Tree::children(NodeId id) const {
  std::vector<NodeId> out;
  for (NodeId child = first_child(id); child != k_no_node; child = next_sibling(child)) out.push_back(child);
  return out;
}

std::vector<NodeId> Tree::named_children(NodeId id) const {
  std::vector<NodeId> out;
  for (NodeId child = first_child(id); child != k_no_node; child = next_sibling(child)) {
    if ((flags_[child] & (k_named | k_extra)) == k_named) out.push_back(child);
  }
  return out;
}

NodeId Tree::node_at(Span span) const {
  if (size() == 0 || !span_[0].contains(span)) return k_no_node;
  NodeId at = 0;
  for (;;) {
    NodeId next = k_no_node;
    for (NodeId child = first_child(at); child != k_no_node; child = next_sibling(child)) {
      if (span_[child].contains(span)) {
        next = child;
        if (!span_[child].empty()) break;
      }
      if (span_[child].begin > span.begin) break;
    }
    if (next == k_no_node) return at;
    at = next;
  }
}

std::uint16_t Tree::kind_id(std::string_view name, bool named) const {
  return ts_language_symbol_for_name(language_->factory(), name.data(),
                                     static_cast<std::uint32_t>(name.size()), named);
}

std::uint16_t Tree::field_id(std::string_view name) const {
  return ts_language_field_id_for_name(language_->factory(), name.data(),
                                       static_cast<std::uint32_t>(name.size()));
}

std::string print(const Tree& tree) {
  std::string out;
  std::vector<NodeId> ends;  // subtree ends of the open ancestors: their number is the depth
  for (NodeId id = 0; id < tree.size(); ++id) {
    while (!ends.empty() && ends.back() <= id) ends.pop_back();
    out.append(ends.size() * 2, ' ');
    if (const auto field = tree.field_name(id); !field.empty()) out.append(field).append(": ");
    if ((tree.flags(id) & k_missing) != 0) out += "MISSING ";
    if (tree.is_named(id)) {
      out += tree.kind_name(id);
    } else {
      append_quoted(out, tree.kind_name(id));
    }
    const Span span = tree.span(id);
    out += " [" + std::to_string(span.begin) + "-" + std::to_string(span.end) + ")";
    if (tree.is_leaf(id) && tree.is_named(id)) {
      out += ' ';
      append_quoted(out, tree.text(id));
    }
    out += '\n';
    ends.push_back(tree.subtree_end(id));
  }
  return out;
}

}  // namespace sluice::syntax
