// The YAML reader: libfyaml's event stream into our tree. This file is libfyaml's only user.
//
// Events, not libfyaml's documents: they never resolve an alias and need no stack per
// level. Two steps: events become flat nodes with aliases as references; then the tree is
// built from them, aliases copied within the budget.
#include "base/yaml.h"

#include <libfyaml.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "base/bytes.h"

namespace sluice::yaml {
namespace {

struct FlatNode {
  Node node;                            // without children
  std::vector<std::uint32_t> children;  // indices; keys and values in turn for mappings
  std::uint32_t target = 0;             // of an alias: the node it stands for
  bool alias = false;
  bool open = false;  // a collection whose end was not seen yet
};

Error error_at(std::string_view text, std::string_view name, std::size_t offset, ErrorKind kind,
               std::string code, std::string message, std::string hint = {}) {
  Error error{kind, std::move(code), std::move(message), std::nullopt, std::move(hint), {}};
  error.where = LineIndex(text).place(std::string(name), offset);
  return error;
}

// libfyaml stops at a NUL byte as if the text ended there, and lets other control characters pass.
std::optional<std::size_t> first_forbidden(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return i;
    if (byte == 0x7F) return i;
    // U+0080 to U+009F but for U+0085, in UTF-8.
    if (byte == 0xC2 && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[i + 1]);
      if (next < 0xA0 && next != 0x85) return i;
    }
  }
  return std::nullopt;
}

struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};
struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};

std::string token_text(fy_token* token) {
  std::size_t size = 0;
  const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &size);
  return text == nullptr ? std::string{} : std::string(text, size);
}

Style style_of(fy_token* token) {
  switch (token == nullptr ? FYSS_PLAIN : fy_token_scalar_style(token)) {
    case FYSS_SINGLE_QUOTED:
      return Style::single_quoted;
    case FYSS_DOUBLE_QUOTED:
      return Style::double_quoted;
    case FYSS_LITERAL:
      return Style::literal;
    case FYSS_FOLDED:
      return Style::folded;
    default:
      return Style::plain;
  }
}

// Step one: the events of one stream as flat nodes.
class Flattener {
 public:
  Flattener(std::string_view text, std::string_view name, const Limits& limits)
      : text_(text), name_(name), limits_(limits) {}

  Status run() {
    fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = nullptr;
    diag_config.level = FYET_ERROR;
    const std::unique_ptr<fy_diag, DiagDeleter> diag(fy_diag_create(&diag_config));
    if (!diag) return no_memory();
    fy_diag_set_collect_errors(diag.get(), true);  // instead of printing them

    fy_parse_cfg config{};
    config.flags = static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_JSON_NONE | FYPCF_DISABLE_MMAP_OPT);
    config.diag = diag.get();
    const std::unique_ptr<fy_parser, ParserDeleter> parser(fy_parser_create(&config));
    if (!parser || fy_parser_set_string(parser.get(), text_.data(), text_.size()) != 0) return no_memory();

    bool ended = false;
    while (!ended) {
      fy_event* event = fy_parser_parse(parser.get());
      if (event == nullptr) return syntax_error(diag.get());
      ended = event->type == FYET_STREAM_END;
      const Status handled = handle(*event);
      fy_parser_event_free(parser.get(), event);
      SLUICE_CHECK(handled);
    }
    if (fy_parser_get_stream_error(parser.get())) return syntax_error(diag.get());
    return {};
  }

  [[nodiscard]] const std::vector<FlatNode>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<std::uint32_t>& roots() const { return roots_; }

 private:
  static tl::unexpected<Error> no_memory() {
    return fail(ErrorKind::internal, "yaml.internal", "libfyaml could not be set up");
  }

  tl::unexpected<Error> error(std::size_t offset, std::string code, std::string message,
                              ErrorKind kind = ErrorKind::config, std::string hint = {}) const {
    return fail(error_at(text_, name_, offset, kind, std::move(code), std::move(message), std::move(hint)));
  }

  tl::unexpected<Error> syntax_error(fy_diag* diag) const {
    void* position = nullptr;
    const fy_diag_error* first = fy_diag_errors_iterate(diag, &position);
    if (first == nullptr) return error(last_end_, "yaml.syntax", "not valid YAML");
    const fy_mark* mark = first->fyt == nullptr ? nullptr : fy_token_start_mark(first->fyt);
    std::size_t offset = last_end_;
    if (mark != nullptr) {
      offset = mark->input_pos;
    } else if (first->line > 0) {
      const LineIndex lines(text_);
      const auto column = static_cast<std::size_t>(std::max(first->column, 1) - 1);
      offset = lines.line_start(static_cast<std::uint32_t>(first->line)) + column;
    }
    const std::string message = first->msg == nullptr ? "" : first->msg;
    std::string hint;
    if (message.find("expected node content") != std::string::npos) {
      // libfyaml 0.7 wrongly refuses an empty item of a list that stands as deep as its key.
      hint = "an empty list item is understood only in a list that is indented deeper than its key";
    }
    return error(offset, "yaml.syntax", "not valid YAML: " + message, ErrorKind::config, hint);
  }

  Status handle(fy_event& event) {
    switch (event.type) {
      case FYET_DOCUMENT_START:
        anchors_.clear();
        return {};
      case FYET_SCALAR:
        return scalar(event);
      case FYET_ALIAS:
        return alias(event);
      case FYET_SEQUENCE_START:
        return begin(event, Kind::sequence, event.sequence_start.anchor);
      case FYET_MAPPING_START:
        return begin(event, Kind::mapping, event.mapping_start.anchor);
      case FYET_SEQUENCE_END:
      case FYET_MAPPING_END:
        return end(event);
      default:
        return {};
    }
  }

  // Empty scalars have no marks: they stand where the last token ended.
  Span span_of(fy_event& event) {
    const fy_mark* first = fy_event_start_mark(&event);
    const fy_mark* last = fy_event_end_mark(&event);
    if (first == nullptr || last == nullptr) {
      return {static_cast<std::uint32_t>(last_end_), static_cast<std::uint32_t>(last_end_)};
    }
    const std::size_t end = std::min(last->input_pos, text_.size());
    last_end_ = std::max(last_end_, end);
    return {static_cast<std::uint32_t>(std::min(first->input_pos, end)), static_cast<std::uint32_t>(end)};
  }

  Status scalar(fy_event& event) {
    FlatNode flat;
    fy_token* token = event.scalar.value;
    flat.node.style = style_of(token);
    flat.node.span = span_of(event);
    flat.node.text = token_text(token);
    flat.node.tag = token_text(event.scalar.tag);
    flat.node.kind = Kind::scalar;
    if (resolves_to_null(flat.node)) flat.node.kind = Kind::null;
    if (!is_utf8(flat.node.text)) {
      return error(flat.node.span.begin, "yaml.utf8", "an escape yields text that is not UTF-8");
    }
    return add(std::move(flat), event.scalar.anchor);
  }

  Status alias(fy_event& event) {
    FlatNode flat;
    flat.alias = true;
    flat.node.span = span_of(event);
    if (flat.node.span.begin > 0) --flat.node.span.begin;  // the "*"
    const std::string name = token_text(event.alias.anchor);
    const auto known = anchors_.find(name);
    if (known == anchors_.end()) {
      return error(flat.node.span.begin, "yaml.unknown-anchor",
                   "alias of an anchor that is not defined before it: *" + name);
    }
    if (nodes_[known->second].open) {
      return error(flat.node.span.begin, "yaml.recursion", "alias of a node that contains it: *" + name);
    }
    flat.target = known->second;
    return add(std::move(flat), nullptr);
  }

  Status begin(fy_event& event, Kind kind, fy_token* anchor) {
    FlatNode flat;
    flat.node.kind = kind;
    flat.node.span = span_of(event);
    flat.node.tag = token_text(fy_event_get_tag_token(&event));
    flat.open = true;
    if (stack_.size() >= limits_.depth) {
      return error(flat.node.span.begin, "yaml.depth",
                   "nested deeper than " + std::to_string(limits_.depth) + " levels", ErrorKind::limit);
    }
    SLUICE_CHECK(add(std::move(flat), anchor));
    stack_.push_back(static_cast<std::uint32_t>(nodes_.size() - 1));
    return {};
  }

  Status end(fy_event& event) {
    // A block collection ends at a mark of no width, before whatever
    // comes next; its own end is its last child's.
    const fy_mark* first = fy_event_start_mark(&event);
    const fy_mark* last = fy_event_end_mark(&event);
    const std::uint32_t index = stack_.back();
    stack_.pop_back();
    FlatNode& flat = nodes_[index];
    flat.open = false;
    if (first != nullptr && last != nullptr && last->input_pos > first->input_pos) {
      flat.node.span.end = span_of(event).end;
    }
    for (const std::uint32_t child : flat.children) {
      flat.node.span.begin = std::min(flat.node.span.begin, nodes_[child].node.span.begin);
      flat.node.span.end = std::max(flat.node.span.end, nodes_[child].node.span.end);
    }
    return flat.node.kind == Kind::mapping ? check_keys(flat) : Status{};
  }

  Status add(FlatNode flat, fy_token* anchor) {
    if (nodes_.size() >= limits_.nodes) {
      return error(flat.node.span.begin, "yaml.size", "more than " + std::to_string(limits_.nodes) + " nodes",
                   ErrorKind::limit);
    }
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    if (anchor != nullptr)
      anchors_[token_text(anchor)] = index;  // a later anchor of the same name replaces it
    if (stack_.empty()) {
      roots_.push_back(index);
    } else {
      nodes_[stack_.back()].children.push_back(index);
    }
    nodes_.push_back(std::move(flat));
    return {};
  }

  // Keys must be scalars and differ as text: `a`, "a" and "\x61" are one key to whoever looks it up.
  Status check_keys(const FlatNode& mapping) const {
    std::vector<std::pair<std::string_view, std::uint32_t>> keys;
    for (std::size_t i = 0; i < mapping.children.size(); i += 2) {
      const FlatNode& child = nodes_[mapping.children[i]];
      const Node& key = child.alias ? nodes_[child.target].node : child.node;
      if (key.kind == Kind::sequence || key.kind == Kind::mapping) {
        return error(child.node.span.begin, "yaml.key", "a mapping's key must be a scalar");
      }
      keys.emplace_back(key.text, child.node.span.begin);
    }
    std::sort(keys.begin(), keys.end());
    std::optional<std::pair<std::string_view, std::uint32_t>> first;
    for (std::size_t i = 1; i < keys.size(); ++i) {
      if (keys[i].first == keys[i - 1].first && (!first || keys[i].second < first->second)) first = keys[i];
    }
    if (!first) return {};
    return error(first->second, "yaml.duplicate-key", "duplicate key " + json::quote(excerpt(first->first)));
  }

  std::string_view text_;
  std::string_view name_;
  const Limits& limits_;
  std::vector<FlatNode> nodes_;
  std::vector<std::uint32_t> roots_;
  std::vector<std::uint32_t> stack_;  // open collections
  std::map<std::string, std::uint32_t, std::less<>> anchors_;
  std::size_t last_end_ = 0;
};

// Step two: the tree. Recursion is bounded by Limits::depth.
class Builder {
 public:
  Builder(std::string_view text, std::string_view name, const Limits& limits,
          const std::vector<FlatNode>& flat)
      : text_(text), name_(name), limits_(limits), flat_(flat) {}

  Result<Node> build(std::uint32_t index) { return build(index, 0, std::nullopt); }

 private:
  // `via`: the span of the outermost alias through which the node was reached; all copies are placed there.
  Result<Node> build(std::uint32_t index, std::size_t depth, std::optional<Span> via) {
    const FlatNode& flat = flat_[index];
    if (flat.alias) return build(flat.target, depth, via ? via : flat.node.span);
    const Span span = via ? *via : flat.node.span;
    SLUICE_CHECK(pay(flat, span, via.has_value()));
    const bool collection = flat.node.kind == Kind::sequence || flat.node.kind == Kind::mapping;
    if (collection && depth >= limits_.depth) {
      return refuse(span, "yaml.depth",
                    "nested deeper than " + std::to_string(limits_.depth) + " levels by aliases");
    }
    Node node = flat.node;
    node.span = span;
    if (node.kind == Kind::sequence) {
      node.items.reserve(flat.children.size());
      for (const std::uint32_t child : flat.children)
        node.items.push_back(SLUICE_TRY(build(child, depth + 1, via)));
    } else if (node.kind == Kind::mapping) {
      node.entries.reserve(flat.children.size() / 2);
      for (std::size_t i = 0; i + 1 < flat.children.size(); i += 2) {
        Node key = SLUICE_TRY(build(flat.children[i], depth + 1, via));
        Node value = SLUICE_TRY(build(flat.children[i + 1], depth + 1, via));
        node.entries.push_back({std::move(key), std::move(value)});
      }
    }
    return node;
  }

  Status pay(const FlatNode& flat, Span span, bool by_alias) {
    if (++nodes_ > limits_.nodes) {
      return refuse(span, "yaml.size", "more than " + std::to_string(limits_.nodes) + " nodes");
    }
    if (!by_alias) return {};
    alias_bytes_ += flat.node.text.size() + flat.node.tag.size();
    if (++alias_nodes_ > limits_.alias_nodes || alias_bytes_ > limits_.alias_bytes) {
      return refuse(span, "yaml.alias-budget",
                    "aliases expand to more than " + std::to_string(limits_.alias_nodes) + " nodes or " +
                        std::to_string(limits_.alias_bytes) + " bytes");
    }
    return {};
  }

  tl::unexpected<Error> refuse(Span span, std::string code, std::string message) const {
    return fail(error_at(text_, name_, span.begin, ErrorKind::limit, std::move(code), std::move(message)));
  }

  std::string_view text_;
  std::string_view name_;
  const Limits& limits_;
  const std::vector<FlatNode>& flat_;
  std::size_t nodes_ = 0;
  std::size_t alias_nodes_ = 0;
  std::size_t alias_bytes_ = 0;
};

Status check_text(std::string_view text, std::string_view name, const Limits& limits) {
  if (text.size() > limits.bytes) {
    return fail(ErrorKind::limit, "yaml.size",
                std::string(name) + ": YAML text is larger than the limit of " +
                    std::to_string(limits.bytes) + " bytes");
  }
  if (const std::size_t bad = utf8_prefix(text); bad < text.size()) {
    return fail(error_at(text, name, bad, ErrorKind::config, "yaml.utf8", "not well-formed UTF-8"));
  }
  if (const auto bad = first_forbidden(text)) {
    return fail(error_at(text, name, *bad, ErrorKind::config, "yaml.syntax",
                         "a control character that YAML forbids"));
  }
  return {};
}

}  // namespace

Result<std::vector<Node>> parse(std::string_view text, std::string_view name, const Limits& limits) {
  SLUICE_CHECK(check_text(text, name, limits));
  if (text.empty()) return std::vector<Node>{};
  Flattener flattener(text, name, limits);
  SLUICE_CHECK(flattener.run());
  Builder builder(text, name, limits, flattener.nodes());
  std::vector<Node> documents;
  for (const std::uint32_t root : flattener.roots()) documents.push_back(SLUICE_TRY(builder.build(root)));
  return documents;
}

Result<Node> parse_one(std::string_view text, std::string_view name, const Limits& limits) {
  std::vector<Node> documents = SLUICE_TRY(parse(text, name, limits));
  if (documents.empty()) return Node{};
  if (documents.size() > 1) {
    return fail(error_at(text, name, documents[1].span.begin, ErrorKind::config, "yaml.documents",
                         "one YAML document was expected, here begins a second one"));
  }
  return std::move(documents.front());
}

}  // namespace sluice::yaml
