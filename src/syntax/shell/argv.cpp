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
  std::vector<const Command*> found;
  // What feeds a stage stands before it, and not before a command of an older pipeline: pipelines are
  // numbered as they begin.
  const auto collect = [&](const Stage& target, std::size_t end) {
    for (std::size_t i = end; i-- > 0 && commands[i].stage.pipeline >= target.pipeline;) {
      const auto feeds = [&](const Stage& from) {
        return from.pipeline == target.pipeline && from.index < target.index;
      };
      bool hit = feeds(commands[i].stage);
      for (std::uint32_t at = commands[i].scope; !hit && at != k_none; at = scopes[at].parent) {
        if (scopes[at].kind == ScopeKind::substitution || scopes[at].kind == ScopeKind::process) break;
        hit = feeds(scopes[at].stage);
      }
      if (hit) found.push_back(&commands[i]);
    }
  };
  if (command.stage.index > 0) collect(command.stage, static_cast<std::size_t>(&command - commands.data()));
  for (std::uint32_t at = command.scope; at != k_none;
       at = scopes[at].parent) {  // compound commands that read the pipe
    if (scopes[at].stage.index > 0) collect(scopes[at].stage, scopes[at].first);
  }
  std::sort(found.begin(), found.end());
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
