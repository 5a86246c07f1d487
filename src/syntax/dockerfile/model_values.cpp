// Words with their variables replaced.
#include <algorithm>
#include <utility>

#include "syntax/dockerfile/model_builder.h"

namespace sluice::syntax::dockerfile {

Value ModelBuilder::resolve(std::string_view word, const Find& find,
                            std::vector<std::string>* undefined) const {
  Value value;
  const Lookup lookup = [&](std::string_view name) -> std::optional<std::string> {
    const shell::Variable* variable = find(name);
    if (variable == nullptr) return std::nullopt;
    value.outside = value.outside || variable->outside;
    return variable->value;
  };
  LexOptions options;
  options.escape = document_.escape;
  options.keep_unset = true;
  Expansion expansion = expand(word, lookup, options);
  if (!expansion.ok()) {
    value.text = std::string(word);
    value.unknown = true;
    return value;
  }
  value.text = std::move(expansion.text);
  if (expansion.unset.empty()) return value;
  const auto is_unset = [&](const std::string& name) {
    return std::find(expansion.unset.begin(), expansion.unset.end(), name) != expansion.unset.end();
  };
  bool defaults = true;  // every unset variable has a default written beside it
  for (const VariableUse& use :
       variables(word, {0, static_cast<std::uint32_t>(word.size())}, document_.escape)) {
    if (use.single_quoted || !is_unset(use.name)) continue;
    const bool has_default =
        use.modifier == ":-" || use.modifier == "-" || use.modifier == ":+" || use.modifier == "+";
    defaults = defaults && has_default;
    if (!has_default && undefined != nullptr && find(use.name) == nullptr) undefined->push_back(use.name);
  }
  if (defaults) {
    options.keep_unset = false;
    Expansion with_defaults = expand(word, lookup, options);
    if (with_defaults.ok()) {
      value.text = std::move(with_defaults.text);
      value.outside = true;
      return value;
    }
  }
  value.unknown = true;
  return value;
}

void ModelBuilder::resolve_words(Step& step, const State& state) {
  const Instruction& instruction = *step.instruction;
  const bool from = instruction.keyword == Keyword::from;
  const Find find = [&](std::string_view name) -> const shell::Variable* {
    static const shell::Variable given{std::nullopt, false};
    if (from || step.global) {
      const auto found = model_.global_args.find(name);
      if (found != model_.global_args.end()) return &found->second;
      return is_platform_arg(name) ? &given : nullptr;
    }
    return state.args.find(name);
  };
  switch (instruction.keyword) {
    case Keyword::from:
    case Keyword::add:
    case Keyword::copy:
    case Keyword::expose:
    case Keyword::volume:
    case Keyword::user:
    case Keyword::workdir:
    case Keyword::stopsignal:
      for (const Word& word : instruction.words)
        step.words.push_back(resolve(word.text, find, &step.undefined));
      break;
    default:
      break;
  }
  for (const KeyValue& pair : instruction.pairs) {
    const bool arg = instruction.keyword == Keyword::arg;
    step.keys.push_back(resolve(pair.key, find, arg ? nullptr : &step.undefined));
    step.values.push_back(resolve(pair.value, find, &step.undefined));
  }
  for (const Flag& flag : instruction.flags) {
    const bool expanded =
        instruction.keyword != Keyword::run && flag.value;  // of RUN only mounts are, see find_uses
    Value value =
        expanded ? resolve(*flag.value, find, &step.undefined) : Value{flag.value.value_or(""), false, false};
    step.flags.push_back(std::move(value));
  }
}

}  // namespace sluice::syntax::dockerfile
