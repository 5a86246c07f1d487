#include "syntax/shell/argv.h"

#include <algorithm>

#include "syntax/shell/reader.h"
#include "syntax/shell/unwrap.h"

namespace sluice::syntax::shell {

const Variable* Environment::find(std::string_view name) const {
  for (const Environment* layer = this; layer != nullptr; layer = layer->outer) {
    const auto found = layer->own.find(name);
    if (found != layer->own.end()) return &found->second;
  }
  return nullptr;
}

std::string_view Command::name() const {
  if (argv.empty() || argv.front().unknown) return {};
  return program_name(argv.front().text);
}

bool Command::wrapped_by(std::string_view wrapper) const {
  for (const Word& word : wrappers) {
    if (program_name(word.text) == wrapper) return true;
  }
  return false;
}

bool Script::inside(const Command& command, ScopeKind kind) const {
  for (std::uint32_t at = command.scope; at != k_none; at = scopes[at].parent) {
    if (scopes[at].kind == kind) return true;
  }
  return false;
}

std::vector<const Command*> Script::upstream(const Command& command) const {
  // The stages that `command` is in: its own, and those of the compound commands around it that read the
  // pipe.
  std::vector<Stage> targets;
  if (command.stage.index > 0) targets.push_back(command.stage);
  for (std::uint32_t at = command.scope; at != k_none; at = scopes[at].parent) {
    if (scopes[at].stage.index > 0) targets.push_back(scopes[at].stage);
  }
  std::vector<const Command*> found;
  if (targets.empty()) return found;
  const auto feeds = [&](const Stage& from) {
    return std::any_of(targets.begin(), targets.end(), [&](const Stage& to) {
      return from.pipeline == to.pipeline && from.index < to.index;
    });
  };
  const std::uint32_t oldest =
      std::min_element(targets.begin(), targets.end(), [](const Stage& a, const Stage& b) {
        return a.pipeline < b.pipeline;
      })->pipeline;
  // Pipelines are numbered as they begin, so nothing of these stands before a command of an older one.
  for (auto other = commands.begin() + (&command - commands.data()); other != commands.begin();) {
    --other;
    if (other->stage.pipeline < oldest) break;
    bool hit = feeds(other->stage);
    for (std::uint32_t at = other->scope; !hit && at != k_none; at = scopes[at].parent) {
      if (scopes[at].kind == ScopeKind::substitution || scopes[at].kind == ScopeKind::process) break;
      hit = feeds(scopes[at].stage);
    }
    if (hit) found.push_back(&*other);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

std::vector<const Command*> Script::within(std::uint32_t scope) const {
  std::vector<const Command*> found;
  for (std::size_t i = scopes[scope].first; i < commands.size(); ++i) {
    bool inner = false;
    for (std::uint32_t at = commands[i].scope; !inner && at != k_none; at = scopes[at].parent)
      inner = at == scope;
    if (!inner) break;  // what a scope holds stands together
    found.push_back(&commands[i]);
  }
  return found;
}

Script read(const MappedText& text, const Environment& environment) {
  Script script;
  script.scopes.emplace_back();
  ReadState state{script, {&environment, {}}, {}, 0, false};
  Reader(text, state, 0).run(0);
  return script;
}

Script read_exec(const std::vector<ExecWord>& words, const Environment& environment) {
  Script script;
  script.scopes.emplace_back();
  ReadState state{script, {&environment, {}}, {}, 0, false};
  const MappedText nothing;
  Reader(nothing, state, 0).run_exec(words, 0);
  return script;
}

}  // namespace sluice::syntax::shell
