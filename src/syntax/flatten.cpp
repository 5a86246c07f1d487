#include "syntax/flatten.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

namespace sluice::syntax {
namespace {

struct CursorGuard {
  TSTreeCursor cursor;
  explicit CursorGuard(TSNode root) : cursor(ts_tree_cursor_new(root)) {}
  ~CursorGuard() { ts_tree_cursor_delete(&cursor); }
  CursorGuard(const CursorGuard&) = delete;
  CursorGuard& operator=(const CursorGuard&) = delete;
};

constexpr std::uint64_t k_seed = 0x9e3779b97f4a7c15u;

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + k_seed + (hash << 6) + (hash >> 2);
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93u;
  return hash ^ (hash >> 29);
}

std::uint64_t mix_bytes(std::uint64_t hash, std::string_view bytes) {
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    hash = mix(hash, word);
  }
  std::uint64_t rest = bytes.size() + 1;
  for (; at < bytes.size(); ++at) rest = (rest << 8) | static_cast<unsigned char>(bytes[at]);
  return mix(hash, rest);
}

bool blank(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); });
}

// What a kind means for hashing.
struct KindTraits {
  bool skip = false;     // comments and line continuations, when they are extras
  bool literal = false;  // white space between its children is part of the value
};

std::vector<KindTraits> make_kind_traits(const TSLanguage* grammar) {
  std::vector<KindTraits> traits(ts_language_symbol_count(grammar));
  for (std::uint32_t i = 0; i < traits.size(); ++i) {
    const char* raw = ts_language_symbol_name(grammar, static_cast<TSSymbol>(i));
    if (raw == nullptr) continue;
    const std::string_view name = raw;
    const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
    traits[i].skip = has("comment") || has("line_continuation");
    traits[i].literal = has("string") || has("content") || has("text") || has("heredoc");
  }
  return traits;
}

// Made once per language and kept: for a short shell text it would cost more than parsing. May be called by
// any thread.
const std::vector<KindTraits>& kind_traits(const TSLanguage* grammar) {
  static std::mutex mutex;
  static std::map<const TSLanguage*, std::vector<KindTraits>> known;
  const std::lock_guard lock(mutex);
  const auto at = known.find(grammar);
  return at != known.end() ? at->second : known.emplace(grammar, make_kind_traits(grammar)).first->second;
}

}  // namespace

class TreeBuilder {
 public:
  TreeBuilder(const Language& language, std::string_view source, std::span<const Span> ranges,
              const ParseLimits& limits)
      : ranges_(ranges), limits_(limits), traits_(kind_traits(language.factory())) {
    tree_.source_ = source;
    tree_.language_ = &language;
  }

  Result<Tree> build(const TSTree& ts_tree) {
    const TSNode root = ts_tree_root_node(&ts_tree);
    const std::uint32_t count = ts_node_descendant_count(root);
    if (count > limits_.max_nodes) {
      return fail(ErrorKind::limit, "syntax.nodes",
                  "the syntax tree has " + std::to_string(count) + " nodes, the limit is " +
                      std::to_string(limits_.max_nodes));
    }
    reserve(count);
    SLUICE_CHECK(walk(root));
    hash();
    return std::move(tree_);
  }

 private:
  void reserve(std::uint32_t count) {
    tree_.kind_.reserve(count);
    tree_.field_.reserve(count);
    tree_.flags_.reserve(count);
    tree_.span_.reserve(count);
    tree_.parent_.reserve(count);
    tree_.end_.reserve(count);
  }

  NodeId add(const TSTreeCursor& cursor, NodeId parent) {
    const TSNode node = ts_tree_cursor_current_node(&cursor);
    std::uint8_t flags = 0;
    if (ts_node_is_named(node)) flags |= k_named;
    if (ts_node_is_extra(node)) flags |= k_extra;
    if (ts_node_is_error(node)) flags |= k_error;
    if (ts_node_is_missing(node)) flags |= k_missing;
    if (ts_node_has_error(node)) flags |= k_has_error;
    // A grammar of two ranges can give a node an end beyond the text only through its own bug; never trust
    // it.
    const auto size = static_cast<std::uint32_t>(tree_.source_.size());
    const std::uint32_t begin = std::min(ts_node_start_byte(node), size);
    const std::uint32_t end = std::clamp(ts_node_end_byte(node), begin, size);
    const auto id = static_cast<NodeId>(tree_.kind_.size());
    tree_.kind_.push_back(ts_node_symbol(node));
    tree_.field_.push_back(ts_tree_cursor_current_field_id(&cursor));
    tree_.flags_.push_back(flags);
    tree_.span_.push_back({begin, end});
    tree_.parent_.push_back(parent);
    tree_.end_.push_back(id + 1);
    return id;
  }

  // Pre-order by cursor, without recursion: several of the core's node functions recurse once per level.
  Status walk(TSNode root) {
    CursorGuard guard(root);
    std::vector<NodeId> open;  // the path to the current node
    open.push_back(add(guard.cursor, k_no_node));
    for (;;) {
      if (ts_tree_cursor_goto_first_child(&guard.cursor)) {
        if (open.size() >= limits_.max_depth) {
          return fail(ErrorKind::limit, "syntax.depth",
                      "the syntax tree is deeper than " + std::to_string(limits_.max_depth) + " levels");
        }
        open.push_back(add(guard.cursor, open.back()));
        continue;
      }
      for (;;) {
        tree_.end_[open.back()] = static_cast<NodeId>(tree_.kind_.size());
        const NodeId parent = tree_.parent_[open.back()];
        open.pop_back();
        if (ts_tree_cursor_goto_next_sibling(&guard.cursor)) {
          open.push_back(add(guard.cursor, parent));
          break;
        }
        if (open.empty() || !ts_tree_cursor_goto_parent(&guard.cursor)) return {};
      }
      if (tree_.kind_.size() > limits_.max_nodes) {
        return fail(ErrorKind::limit, "syntax.nodes", "the syntax tree has too many nodes");
      }
    }
  }

  [[nodiscard]] bool skipped(NodeId id) const {
    const std::uint16_t kind = tree_.kind_[id];
    return (tree_.flags_[id] & k_extra) != 0 && kind < traits_.size() && traits_[kind].skip;
  }

  // Mixes in the source bytes of [begin, end), but only those that were parsed.
  [[nodiscard]] std::uint64_t mix_source(std::uint64_t hash, std::uint32_t begin, std::uint32_t end,
                                         bool keep_blanks) const {
    if (begin >= end) return hash;
    const auto add_part = [&](Span part) {
      const std::string_view bytes = part.of(tree_.source_);
      if (keep_blanks || !blank(bytes)) text_.append(bytes);
    };
    text_.clear();
    if (ranges_.empty()) {
      add_part({begin, end});
    } else {
      auto at = std::upper_bound(ranges_.begin(), ranges_.end(), begin,
                                 [](std::uint32_t offset, const Span& s) { return offset < s.end; });
      for (; at != ranges_.end() && at->begin < end; ++at) {
        add_part({std::max(begin, at->begin), std::min(end, at->end)});
      }
    }
    return text_.empty() ? hash : mix_bytes(hash, text_);
  }

  // Children come after their parents in the arrays, so one backward pass sees every child first; but
  // children must be mixed in reading order, hence the walk over them.
  void hash() {
    const std::uint32_t count = tree_.size();
    tree_.hash_.assign(count, 0);
    for (NodeId id = count; id-- > 0;) {
      const std::uint16_t kind = tree_.kind_[id];
      const bool literal = kind < traits_.size() && traits_[kind].literal;
      std::uint64_t value = mix(k_seed, kind);
      std::uint32_t at = tree_.span_[id].begin;
      const bool leaf = tree_.is_leaf(id);
      for (NodeId child = tree_.first_child(id); child != k_no_node; child = tree_.next_sibling(child)) {
        // Text between the children belongs to the node itself: "a\nb" in a string with escape nodes.
        value = mix_source(value, at, tree_.span_[child].begin, literal);
        at = std::max(at, tree_.span_[child].end);
        if (!skipped(child)) value = mix(value, tree_.hash_[child]);
      }
      tree_.hash_[id] = mix_source(value, at, tree_.span_[id].end, leaf || literal);
    }
  }

  Tree tree_;
  std::span<const Span> ranges_;
  const ParseLimits& limits_;
  const std::vector<KindTraits>& traits_;
  mutable std::string text_;
};

Result<Tree> flatten(const TSTree& tree, const Language& language, std::string_view source,
                     std::span<const Span> ranges, const ParseLimits& limits) {
  return TreeBuilder(language, source, ranges, limits).build(tree);
}

}  // namespace sluice::syntax
