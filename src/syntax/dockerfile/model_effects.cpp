// What an instruction changes for those below it.
#include <utility>

#include "syntax/dockerfile/model_builder.h"

namespace sluice::syntax::dockerfile {
namespace {

bool absolute(std::string_view path) {
  if (path.empty()) return false;
  const bool drive = path.size() > 1 && path[1] == ':' &&
                     ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z'));
  return path[0] == '/' || path[0] == '\\' || drive;
}

}  // namespace

void ModelBuilder::define(State& state, bool env, const std::string& name, shell::Variable variable,
                          std::uint32_t step) {
  if (env) {
    state.args.own.erase(name);
  } else if (state.env.find(name) != nullptr) {
    return;  // an ENV wins over an ARG, wherever they stand
  }
  if (variable.value && variable.value->size() > shell::k_max_value) variable.value.reset();
  auto& layer = env ? state.env.own : state.args.own;
  if (layer.size() >= k_max_variables && layer.find(name) == layer.end()) {
    note_limit("more than " + std::to_string(k_max_variables) + " variables");
    return;
  }
  model_.definitions[stage_][name].push_back({step, variable, env});
  layer[name] = std::move(variable);
}

void ModelBuilder::apply_env(const Step& step, State& state) {
  for (std::size_t i = 0; i < step.values.size(); ++i) {
    shell::Variable variable;
    variable.outside = step.values[i].outside;
    if (!step.values[i].unknown) variable.value = step.values[i].text;
    define(state, true, step.keys[i].text, std::move(variable), step.index);
  }
}

void ModelBuilder::apply_arg(const Step& step, State& state) {
  for (std::size_t i = 0; i < step.values.size(); ++i) {
    const std::string& name = step.keys[i].text;
    shell::Variable variable{std::nullopt, !is_platform_arg(name)};
    if (step.instruction->pairs[i].form != KeyValue::Form::key_only) {
      if (!step.values[i].unknown) variable.value = step.values[i].text;
    } else if (const auto global = model_.global_args.find(name); global != model_.global_args.end()) {
      variable = global->second;
    }
    define(state, false, name, std::move(variable), step.index);
  }
}

void ModelBuilder::apply_workdir(const Value& value, const Instruction& where, State& state) {
  Setting setting{value, &where, stage_};
  if (!value.unknown && !absolute(value.text)) {
    const Setting& before = model_.workdirs[state.workdir];
    const bool known = before.where != nullptr && !before.value.unknown;
    setting.value.unknown = !known;
    if (known)
      setting.value.text = before.value.text + (before.value.text.ends_with("/") ? "" : "/") + value.text;
    setting.value.outside = value.outside || before.value.outside;
  }
  model_.workdirs.push_back(std::move(setting));
  state.workdir = static_cast<std::uint32_t>(model_.workdirs.size() - 1);
}

// `effects_only`: a trigger of the base stage, run at the start of this one.
void ModelBuilder::apply(const Step& step, State& state, bool effects_only) {
  const Instruction& instruction = *step.instruction;
  Step at = effects_only ? step : Step{};
  if (effects_only) at.index = model_.stages[stage_].first_step;
  const Step& effective = effects_only ? at : step;
  switch (instruction.keyword) {
    case Keyword::env:
      apply_env(effective, state);
      break;
    case Keyword::arg:
      if (!step.global) apply_arg(effective, state);
      break;
    case Keyword::user:
      if (!step.words.empty()) {
        model_.users.push_back({step.words.front(), &instruction, stage_});
        state.user = static_cast<std::uint32_t>(model_.users.size() - 1);
      }
      break;
    case Keyword::workdir:
      if (!step.words.empty()) apply_workdir(step.words.front(), instruction, state);
      break;
    case Keyword::shell: {
      std::vector<std::string> words;
      for (const Word& word : instruction.words) words.push_back(word.text);
      if (!instruction.json && words.size() == 1) words = split_blanks(words.front());
      Shell shell = shell_from_words(std::move(words));
      shell.stated = true;
      state.shell = add_shell(std::move(shell));
      break;
    }
    default:
      break;
  }
}

}  // namespace sluice::syntax::dockerfile
