#include <algorithm>
#include <tuple>

#include "scan/fix/edits.h"
#include "scan/fix/structure.h"

namespace sluice::scan {
namespace {

using syntax::NodeId;
using syntax::Tree;
using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint16_t>;  // begin, end, kind

std::size_t error_count(const Tree& tree) {
  std::size_t count = 0;
  for (NodeId id = 0; id < tree.size(); ++id) {
    if ((tree.flags(id) & (syntax::k_error | syntax::k_missing)) != 0) ++count;
  }
  return count;
}

// Touching at an end counts: an insertion behind a name may make it longer.
bool near(const std::vector<Edit>& edits, Span span) {
  return std::any_of(edits.begin(), edits.end(), [span](const Edit& edit) {
    return edit.offset <= span.end && span.begin <= edit.offset + edit.length;
  });
}

std::vector<Key> keys_of(const Tree& tree) {
  std::vector<Key> keys;
  keys.reserve(tree.size());
  for (NodeId id = 0; id < tree.size(); ++id)
    keys.emplace_back(tree.span(id).begin, tree.span(id).end, tree.kind(id));
  std::sort(keys.begin(), keys.end());
  return keys;
}

Span trimmed(std::string_view text, Span span) {
  constexpr std::string_view blanks = " \t\r\n";
  while (span.begin < span.end && blanks.find(text[span.begin]) != std::string_view::npos) ++span.begin;
  while (span.begin < span.end && blanks.find(text[span.end - 1]) != std::string_view::npos) --span.end;
  return span;
}

// The outermost node with exactly these bytes, but not the root.
NodeId node_of(const Tree& tree, Span span) {
  for (NodeId id = 1; id < tree.size(); ++id) {
    if (tree.span(id) == span) return id;
    if (!tree.span(id).contains(span)) id = tree.subtree_end(id) - 1;
  }
  return syntax::k_no_node;
}

// The parent of which whole children make up exactly these bytes.
NodeId parent_of_run(const Tree& tree, Span span) {
  NodeId parent = tree.node_at(span);
  while (parent != syntax::k_no_node) {
    bool begins = false;
    bool ends = false;
    for (NodeId c = tree.first_child(parent); c != syntax::k_no_node; c = tree.next_sibling(c)) {
      begins = begins || tree.span(c).begin == span.begin;
      ends = ends || tree.span(c).end == span.end;
    }
    if (begins && ends) return parent;
    if (tree.span(parent) != span) return syntax::k_no_node;
    parent = tree.parent(parent);
  }
  return syntax::k_no_node;
}

bool fits_in_place(const Tree& before, const Tree& after, const std::vector<Edit>& edits, std::size_t index) {
  const Edit& edit = edits[index];
  const Span old_span = trimmed(before.source(), {static_cast<std::uint32_t>(edit.offset),
                                                  static_cast<std::uint32_t>(edit.offset + edit.length)});
  const Span new_span = trimmed(after.source(), new_range(edits, index));
  if (old_span.empty() || new_span.empty()) return true;
  const NodeId was = node_of(before, old_span);
  if (was == syntax::k_no_node) return true;  // it never was a whole
  if (node_of(after, new_span) != syntax::k_no_node) return true;
  const NodeId parent = parent_of_run(after, new_span);
  return parent != syntax::k_no_node && before.parent(was) != syntax::k_no_node &&
         after.kind(parent) == before.kind(before.parent(was));
}

}  // namespace

std::optional<std::string> tree_damage(const Tree& before, const Tree& after,
                                       const std::vector<Edit>& edits) {
  if (error_count(after) > error_count(before)) return "the result has new syntax errors";
  const std::vector<Key> now = keys_of(after);
  for (NodeId id = 0; id < before.size(); ++id) {
    const Span span = before.span(id);
    if (span.empty() || near(edits, span)) continue;
    const Key wanted{new_offset(edits, span.begin, Side::behind), new_offset(edits, span.end, Side::before),
                     before.kind(id)};
    if (!std::binary_search(now.begin(), now.end(), wanted))
      return "it would change how the text at byte " + std::to_string(span.begin) + " is read";
    id = before.subtree_end(id) - 1;  // what is below it stands or falls with its own text
  }
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (!fits_in_place(before, after, edits, i))
      return "what replaces the text at byte " + std::to_string(edits[i].offset) +
             " does not hold together there; it may need parentheses";
  }
  return std::nullopt;
}

}  // namespace sluice::scan
