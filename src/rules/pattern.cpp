#include "rules/pattern.h"

#include <algorithm>
#include <set>

#include "rules/placeholder.h"

namespace sluice::rules {

std::uint32_t Variables::index(std::string_view name) {
  const std::uint32_t known = find(name);
  if (known != k_no_variable) return known;
  names_.emplace_back(name);
  return static_cast<std::uint32_t>(names_.size() - 1);
}

std::uint32_t Variables::find(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return found == names_.end() ? k_no_variable : static_cast<std::uint32_t>(found - names_.begin());
}

namespace {

// A pattern is small; deadlines and node limits for it are those of a small file.
constexpr syntax::ParseLimits k_pattern_limits{std::chrono::milliseconds{2'000}, 200'000, 1'000};

bool is_expression(const TermTree& terms, TermId id) {
  switch (terms.role(id)) {
    case Role::if_:
    case Role::import_:
    case Role::block:
    case Role::members:
    case Role::class_:
    case Role::metavariable:
    case Role::ellipsis:
    case Role::metalist:
      return false;
    case Role::function:
      return (terms[id].flags & k_declared) == 0;
    case Role::end_:
      return (terms[id].flags & k_statement) == 0;
    default:
      return true;
  }
}

// The terms that are the pattern itself, inside what the wrapper added.
std::vector<TermId> pattern_items(const TermTree& terms, const Wrapper& wrapper) {
  TermId root = 0;
  while (root < terms.size() && !terms.is(root, wrapper.inside)) ++root;
  if (root == terms.size()) return {};
  return terms.children(root);
}

void mark_binding(Pattern& pattern) {
  const TermTree& terms = pattern.terms;
  pattern.binds.assign(terms.size(), false);
  for (TermId id = terms.size(); id-- > 0;) {
    const bool own = terms[id].variable != k_no_variable || terms.is(id, Role::metalist);
    if (own) pattern.binds[id] = true;
    if (pattern.binds[id] && terms[id].parent != k_no_term) pattern.binds[terms[id].parent] = true;
  }
}

bool prefers(const Wrapper& wrapper, std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  // `{a: 1}` is a block with a label to a statement grammar; as a pattern it means the object.
  if (wrapper.prefer == Wrapper::Prefer::brace) return text[first] == '{';
  if (wrapper.prefer != Wrapper::Prefer::pair) return false;
  std::size_t end = first;
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
  };
  while (end < text.size() && is_name(text[end])) ++end;
  while (end < text.size() && text[end] == ' ') ++end;
  return end > first && end < text.size() && text[end] == ':';
}

}  // namespace

Result<Pattern> compile_pattern(std::string_view text, const LanguageTable& table, Variables& variables,
                                syntax::Parser& parser) {
  std::vector<const syntax::Language*> grammars;
  for (const std::string_view grammar : table.pattern_grammars)
    grammars.push_back(syntax::find_language(grammar));
  std::erase(grammars, nullptr);
  if (grammars.empty()) {
    return fail(ErrorKind::unsupported, "rule.language",
                "this build has no grammar for " + std::string(table.name));
  }
  std::vector<const Wrapper*> wrappers;
  for (const Wrapper& wrapper : table.wrappers) wrappers.push_back(&wrapper);
  std::stable_partition(wrappers.begin(), wrappers.end(),
                        [&](const Wrapper* w) { return prefers(*w, text); });

  struct Attempt {
    const syntax::Language* grammar;
    const Wrapper* wrapper;
    const EllipsisShape* shape;
  };
  std::vector<Attempt> attempts;
  for (const syntax::Language* grammar : grammars) {
    for (const Wrapper* wrapper : wrappers) {
      for (const EllipsisShape& shape : table.ellipses) attempts.push_back({grammar, wrapper, &shape});
    }
  }
  // A text that was refused once need not be tried again: most patterns have no ellipsis whose shape could
  // differ.
  std::set<std::pair<const syntax::Language*, std::string>> refused;
  for (const auto& [grammar, wrapper, shape] : attempts) {
    Pattern pattern;
    pattern.text = std::make_unique<std::string>(
        std::string(wrapper->before) + with_placeholders(text, table, *shape) + std::string(wrapper->after));
    if (refused.contains({grammar, *pattern.text})) continue;
    const syntax::Tree tree = SLUICE_TRY(parser.parse(*grammar, *pattern.text, {}, k_pattern_limits));
    if (tree.has_error()) {
      refused.emplace(grammar, *pattern.text);
      continue;
    }
    const PatternPlaceholders placeholders(variables);
    pattern.terms = lower(tree, table, &placeholders);
    pattern.items = pattern_items(pattern.terms, *wrapper);
    if (pattern.items.empty()) continue;
    for (const TermId item : pattern.items) {
      pattern.item_is_expression.push_back(is_expression(pattern.terms, item));
    }
    for (TermId id = 0; id < pattern.terms.size(); ++id) {
      if (!pattern.terms.is(id, Role::string_regex)) continue;
      pattern.regexes.emplace_back(id, SLUICE_TRY(Regex::compile(pattern.terms[id].text, {})));
    }
    mark_binding(pattern);
    return pattern;
  }
  return fail(ErrorKind::config, "rule.pattern-syntax",
              "pattern does not parse as " + std::string(table.name));
}

}  // namespace sluice::rules
