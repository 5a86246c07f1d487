// What a command means for what follows: nested shell texts, variables it sets.
#include <algorithm>
#include <array>

#include "syntax/shell/reader.h"
#include "syntax/shell/unwrap.h"

namespace sluice::syntax::shell {
namespace {

bool outside(const Word& word) {
  return std::any_of(word.expansions.begin(), word.expansions.end(),
                     [](const Expansion& e) { return e.outside; });
}

bool sets_variables(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"export",   "declare", "local",
                                                  "readonly", "typeset", "unset"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void Reader::finish_command(std::uint32_t index, std::uint32_t begin, std::uint32_t end,
                            std::vector<RawWord> raw) {
  std::vector<Word> words;
  words.reserve(raw.size());
  for (RawWord& item : raw) words.push_back(std::move(item.word));
  const Shape shape = shape_of(words);
  {
    Command& command = script_.commands[index];
    if (end > begin) command.span = text_.span(begin, end);
    for (const std::size_t at : shape.assignments) {
      const std::string& text = words[at].text;
      Assignment assignment;
      assignment.span = words[at].span;
      assignment.name = text.substr(0, text.find('='));
      assignment.value = words[at];
      assignment.value.text = text.substr(text.find('=') + 1);
      command.assignments.push_back(std::move(assignment));
    }
    const auto cut = words.begin() + static_cast<std::ptrdiff_t>(shape.wrappers);
    command.argv.assign(cut, words.end());
    command.wrappers.assign(words.begin(), cut);
  }
  apply_assignments(index);
  apply_builtin(index);
  if (shape.script && shape.joined_script) {
    MappedText joined;
    for (std::size_t i = *shape.script; i < raw.size(); ++i) {
      if (raw[i].given == nullptr) joined.append(decode(raw[i].begin, raw[i].end), 0, UINT32_MAX);
      joined.append_decoded(" ", {words[i].span.end, words[i].span.end});
    }
    read_text(index, joined);
    state_.open_environment = true;
  } else if (shape.script) {
    const RawWord& word = raw[*shape.script];
    read_text(index, word.given != nullptr ? *word.given : decode(word.begin, word.end));
  }
  for (const auto& [from, to] : shape.nested) {
    const std::uint32_t scope = open_scope(ScopeKind::exec_argument, script_.commands[index].scope, index);
    const std::span<const Word> inner = std::span<const Word>(words).subspan(from, to - from);
    const Shape inner_shape = shape_of(inner);
    Command nested;
    nested.scope = scope;
    nested.stage = {state_.pipelines++, 0, 1};
    nested.span = {inner.front().span.begin, inner.back().span.end};
    nested.wrappers.assign(inner.begin(), inner.begin() + static_cast<std::ptrdiff_t>(inner_shape.wrappers));
    nested.argv.assign(inner.begin() + static_cast<std::ptrdiff_t>(inner_shape.wrappers), inner.end());
    script_.scopes[scope].span = nested.span;
    script_.commands.push_back(std::move(nested));
    const auto nested_index = static_cast<std::uint32_t>(script_.commands.size() - 1);
    if (inner_shape.script) {
      const RawWord& word = raw[from + *inner_shape.script];
      read_text(nested_index, word.given != nullptr ? *word.given : decode(word.begin, word.end));
    }
  }
}

void Reader::read_text(std::uint32_t owner, const MappedText& text) {
  const auto depth = static_cast<std::uint32_t>(depth_ + stops_.size() + 1);
  if (depth >= k_max_depth) {
    script_.incomplete = true;
    return;
  }
  const std::uint32_t scope = open_scope(ScopeKind::shell_text, script_.commands[owner].scope, owner);
  const std::size_t mark = state_.undo.size();
  Reader reader(text, state_, depth);
  reader.run(scope);
  restore(mark);
}

void Reader::set_variable(std::uint32_t scope, Join join, std::string name, Variable variable) {
  bool conditional = join == Join::or_;
  for (std::uint32_t at = scope; at != k_none; at = script_.scopes[at].parent) {
    const ScopeKind kind = script_.scopes[at].kind;
    if (kind == ScopeKind::branch || kind == ScopeKind::loop || kind == ScopeKind::function)
      conditional = true;
  }
  if (conditional) {
    const Variable* before = state_.environment.find(name);
    if (before == nullptr || before->value != variable.value) variable.value.reset();
    variable.outside = variable.outside || (before != nullptr && before->outside);
  }
  if (variable.value && variable.value->size() > k_max_value)
    variable.value.reset();  // A=$A$A again and again
  auto& own = state_.environment.own;
  std::optional<Variable> old;
  if (const auto found = own.find(name); found != own.end()) old = std::move(found->second);
  own[name] = std::move(variable);
  state_.undo.emplace_back(std::move(name), std::move(old));
}

void Reader::restore(std::size_t mark) {
  while (state_.undo.size() > mark) {
    auto& [name, old] = state_.undo.back();
    if (old) {
      state_.environment.own[name] = std::move(*old);
    } else {
      state_.environment.own.erase(name);
    }
    state_.undo.pop_back();
  }
}

void Reader::apply_assignments(std::uint32_t index) {
  const Command& command = script_.commands[index];
  if (!command.argv.empty() || !command.wrappers.empty()) return;  // A=b cmd: for that command only
  const std::uint32_t scope = command.scope;
  const Join join = command.join;
  for (std::size_t i = 0; i < script_.commands[index].assignments.size(); ++i) {
    const Assignment assignment = script_.commands[index].assignments[i];
    Variable variable;
    variable.outside = outside(assignment.value);
    if (!assignment.value.unknown) variable.value = assignment.value.text;
    if (assignment.append) {
      const Variable* before = state_.environment.find(assignment.name);
      const bool known = before != nullptr && before->value && variable.value;
      variable.value = known ? std::optional(*before->value + *variable.value) : std::nullopt;
      variable.outside = variable.outside || (before != nullptr && before->outside);
    }
    set_variable(scope, join, assignment.name, std::move(variable));
  }
}

void Reader::apply_builtin(std::uint32_t index) {
  const Command& command = script_.commands[index];
  if (command.argv.empty()) return;
  const std::string name(command.name());
  const std::uint32_t scope = command.scope;
  const Join join = command.join;
  if (name == "." || name == "source") {
    state_.open_environment = true;
    return;
  }
  if (sets_variables(name)) {
    for (std::size_t i = 1; i < script_.commands[index].argv.size(); ++i) {
      const Word word = script_.commands[index].argv[i];
      const std::size_t equals = word.text.find('=');
      const std::string variable_name = word.text.substr(0, equals);
      if (variable_name.empty() || variable_name[0] == '-') continue;
      if (equals == std::string::npos) {
        if (name != "unset" && state_.environment.find(variable_name) != nullptr) continue;
        set_variable(scope, join, variable_name, {});
        continue;
      }
      Variable variable;
      variable.outside = outside(word);
      if (!word.unknown) variable.value = word.text.substr(equals + 1);
      set_variable(scope, join, variable_name, std::move(variable));
    }
  } else if (name == "read" || name == "mapfile" || name == "readarray" || name == "getopts") {
    for (std::size_t i = 1; i < script_.commands[index].argv.size(); ++i) {
      const std::string text = script_.commands[index].argv[i].text;
      if (!text.empty() && text[0] != '-') set_variable(scope, join, text, {});
    }
  } else if (name == "printf" && command.argv.size() > 2 && command.argv[1].text == "-v") {
    set_variable(scope, join, command.argv[2].text, {});
  }
}

}  // namespace sluice::syntax::shell
