#include "syntax/dockerfile/model_builder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "syntax/dockerfile/shell_ranges.h"

namespace sluice::syntax::dockerfile {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 7 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> split_blanks(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = text.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    at = end;
  }
  return words;
}

bool is_windows_image(const ImageName& image) {
  const std::string all = lower(image.registry + "/" + image.repository + ":" + image.tag);
  return all.find("nanoserver") != std::string::npos || all.find("windowsservercore") != std::string::npos ||
         all.find("mcr.microsoft.com/windows") != std::string::npos ||
         all.find("servercore") != std::string::npos;
}

// The escape directive alone does not make a file Windows': it would be a switch that turns checks off. Its
// text has to speak of Windows too.
bool find_windows_words(const Document& document) {
  constexpr std::array<std::string_view, 12> signs{"powershell", "pwsh",    "c:\\",   "c:/",
                                                   ".exe",       ".msi",    ".ps1",   "invoke-",
                                                   "choco ",     "msiexec", "nuget ", "windows"};
  const auto speaks = [&](const Instruction& instruction) {
    std::string text = instruction.line.text;
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return std::any_of(signs.begin(), signs.end(),
                       [&](std::string_view sign) { return text.find(sign) != std::string::npos; });
  };
  return std::any_of(document.instructions.begin(), document.instructions.end(), speaks);
}

bool absolute(std::string_view path) {
  if (path.empty()) return false;
  const bool drive = path.size() > 1 && path[1] == ':' &&
                     ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z'));
  return path[0] == '/' || path[0] == '\\' || drive;
}

}  // namespace

bool ModelBuilder::speaks_windows() {
  if (!speaks_windows_) speaks_windows_ = find_windows_words(document_);
  return *speaks_windows_;
}

Model ModelBuilder::build() {
  model_.document = &document_;
  model_.source = source_;
  model_.users.emplace_back();
  model_.workdirs.emplace_back();
  Shell shell = shell_from_words({"/bin/sh", "-c"});
  model_.shells.push_back(std::move(shell));
  trigger_.args.outer = &trigger_.env;
  trigger_.env.outer = &now_.env;
  now_.args.outer = &now_.env;
  const bool has_from = std::any_of(document_.instructions.begin(), document_.instructions.end(),
                                    [](const Instruction& i) { return i.keyword == Keyword::from; });
  model_.fragment = !has_from;
  if (!has_from) begin_stage(nullptr);
  for (const Instruction& instruction : document_.instructions) {
    if (model_.steps.size() >= k_max_steps) {
      model_.limits.push_back("more than " + std::to_string(k_max_steps) + " instructions");
      break;
    }
    if (instruction.keyword == Keyword::from) {
      if (model_.stages.size() >= k_max_stages) {
        model_.limits.push_back("more than " + std::to_string(k_max_stages) + " stages");
        break;
      }
      end_stage();
      begin_stage(&instruction);
      add_step(instruction, instruction, false);
      continue;
    }
    if (numbered_ == 0 && has_from && instruction.keyword == Keyword::arg) add_global_arg(instruction);
    if (stage_ == k_no_index) begin_stage(nullptr);
    if (instruction.keyword == Keyword::onbuild && instruction.child) {
      add_step(*instruction.child, instruction, true);
    } else {
      add_step(instruction, instruction, false);
    }
  }
  end_stage();
  for (Stage& stage : model_.stages) {
    for (StageUse& use : stage.uses) use.step = &model_.steps[use.step_index];
  }
  mark_shipped();
  return std::move(model_);
}

// --- values
// -----------------------------------------------------------------------------------------------------------

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

// --- stages
// -----------------------------------------------------------------------------------------------------------

void ModelBuilder::add_global_arg(const Instruction& instruction) {
  const Find find = [&](std::string_view name) -> const shell::Variable* {
    const auto found = model_.global_args.find(name);
    return found == model_.global_args.end() ? nullptr : &found->second;
  };
  for (const KeyValue& pair : instruction.pairs) {
    shell::Variable variable{std::nullopt, true};
    if (pair.form != KeyValue::Form::key_only) {
      Value value = resolve(pair.value, find, nullptr);
      if (!value.unknown) variable.value = std::move(value.text);
    }
    if (variable.value && variable.value->size() > shell::k_max_value) variable.value.reset();
    if (model_.global_args.size() < k_max_variables)
      model_.global_args[unquote(pair.key, document_.escape)] = std::move(variable);
  }
}

std::uint32_t ModelBuilder::stage_named(std::string_view name) const {
  if (is_number(name)) {
    const auto number = static_cast<std::uint32_t>(std::stoul(std::string(name)));
    for (std::uint32_t i = 0; i < model_.stages.size(); ++i) {
      if (model_.stages[i].number == number && i != stage_) return i;
    }
  }
  const auto found = names_.find(lower(name));
  return found == names_.end() || found->second == stage_ ? k_no_index : found->second;
}

void ModelBuilder::begin_stage(const Instruction* from) {
  stage_ = static_cast<std::uint32_t>(model_.stages.size());
  Stage& stage = model_.stages.emplace_back();
  model_.definitions.emplace_back();
  final_env_.emplace_back();
  stage.from = from;
  stage.first_step = static_cast<std::uint32_t>(model_.steps.size());
  now_.env.own.clear();
  now_.args.own.clear();
  trigger_.env.own.clear();
  trigger_.args.own.clear();
  now_.user = now_.workdir = now_.shell = 0;
  if (from == nullptr) {
    now_.shell = default_shell(stage);
  } else {
    stage.number = numbered_++;
    if (from->words.size() >= 3 && lower(from->words[1].text) == "as") {
      stage.name = from->words[2].text;
      stage.name_span = from->words[2].span;
    }
  }
}

void ModelBuilder::resolve_base(Stage& stage, const Step& step) {
  if (step.words.empty()) return;
  stage.base.name = step.words.front();
  stage.base.stage = stage_named(stage.base.name.text);
  if (is_number(stage.base.name.text)) stage.base.stage = k_no_index;  // FROM 0 is an image
  stage.base.scratch = stage.base.stage == k_no_index && lower(stage.base.name.text) == "scratch";
  if (stage.base.is_image()) stage.base.image = parse_image_name(stage.base.name.text);
}

std::uint32_t ModelBuilder::add_shell(Shell shell) {
  model_.shells.push_back(std::move(shell));
  return static_cast<std::uint32_t>(model_.shells.size() - 1);
}

std::uint32_t ModelBuilder::default_shell(const Stage& stage) {
  if (!options_.default_shell.empty())
    return add_shell(shell_from_words(split_blanks(options_.default_shell)));
  const bool windows = is_windows_image(stage.base.image) ||
                       (document_.escape == '`' && !stage.base.scratch && speaks_windows());
  if (windows) return add_shell(shell_from_words({"cmd", "/S", "/C"}));
  return 0;
}

// What FROM an earlier stage takes over: its ENV, user, workdir and shell, then its ONBUILD triggers are run.
void ModelBuilder::take_base_state(const Stage& base) {
  const auto index = static_cast<std::size_t>(&base - model_.stages.data());
  now_.env.own = final_env_[index];
  now_.user = base.user;
  now_.workdir = base.workdir;
  now_.shell = base.shell;
  for (const std::uint32_t trigger : base.triggers) {
    const Step step = model_.steps[trigger];  // a copy: apply() may grow the vectors it points into
    apply(step, now_, true);
  }
}

void ModelBuilder::end_stage() {
  if (stage_ == k_no_index) return;
  Stage& stage = model_.stages[stage_];
  stage.last_step = static_cast<std::uint32_t>(model_.steps.size());
  stage.user = now_.user;
  stage.workdir = now_.workdir;
  stage.shell = now_.shell;
  final_env_[stage_] = now_.env.own;
  // A later stage of the same name hides the earlier one; BuildKit refuses that, and a check says so.
  if (!stage.name.empty()) names_[lower(stage.name)] = stage_;
  stage_ = k_no_index;
}

void ModelBuilder::mark_shipped() {
  auto& stages = model_.stages;
  if (stages.empty()) return;
  for (const std::string& target : options_.targets) {
    const std::uint32_t stage = stage_named(target);
    if (stage != k_no_index) stages[stage].shipped = true;
  }
  const bool any = std::any_of(stages.begin(), stages.end(), [](const Stage& s) { return s.shipped; });
  if (!any) stages.back().shipped = true;
  for (std::size_t i = stages.size(); i-- > 0;) {  // references point backwards only
    Stage& stage = stages[i];
    stage.contributes = stage.contributes || stage.shipped;
    if (!stage.contributes) continue;
    if (stage.base.stage != k_no_index) stages[stage.base.stage].contributes = true;
    for (const StageUse& use : stage.uses) {
      if (use.stage != k_no_index) stages[use.stage].contributes = true;
    }
  }
}

// --- steps
// ------------------------------------------------------------------------------------------------------------

void ModelBuilder::add_step(const Instruction& instruction, const Instruction& outer, bool onbuild) {
  Step step;
  step.instruction = &instruction;
  step.outer = &outer;
  step.stage = stage_;
  step.index = static_cast<std::uint32_t>(model_.steps.size());
  step.onbuild = onbuild;
  step.global = numbered_ == 0 && !model_.fragment && instruction.keyword == Keyword::arg;
  State& state = onbuild ? trigger_ : now_;
  resolve_words(step, state);
  if (instruction.keyword == Keyword::from && !onbuild) {
    Stage& stage = model_.stages[stage_];
    resolve_base(stage, step);
    if (stage.base.stage != k_no_index) {
      take_base_state(model_.stages[stage.base.stage]);
    } else {
      now_.shell = default_shell(stage);
    }
  }
  const auto effective = [&](std::uint32_t State::* field) {
    return onbuild && trigger_.*field != 0 ? trigger_.*field : now_.*field;
  };
  step.user = effective(&State::user);
  step.workdir = effective(&State::workdir);
  step.shell = effective(&State::shell);
  find_uses(step);
  read_scripts(step, state);
  if (onbuild) model_.stages[stage_].triggers.push_back(step.index);
  model_.steps.push_back(std::move(step));
  apply(model_.steps.back(), state, false);
}

void ModelBuilder::find_uses(const Step& step) {
  const Instruction& instruction = *step.instruction;
  const auto add = [&](Value name, Span span, bool mount) {
    StageUse use;
    use.step_index = step.index;
    use.span = span;
    use.stage = stage_named(name.text);
    if (use.stage == k_no_index) use.image = parse_image_name(name.text);
    use.name = std::move(name);
    use.mount = mount;
    model_.stages[stage_].uses.push_back(std::move(use));
  };
  if (instruction.keyword == Keyword::copy || instruction.keyword == Keyword::add) {
    for (std::size_t i = 0; i < instruction.flags.size(); ++i) {
      const Flag& flag = instruction.flags[i];
      if (flag.name == "from" && flag.value) add(step.flags[i], flag.value_span, false);
    }
  } else if (instruction.keyword == Keyword::run) {
    const State& state = step.onbuild ? trigger_ : now_;
    for (const Flag& flag : instruction.flags) {
      for (const FlagOption& option : flag.options) {
        if (option.name != "from" || !option.value) continue;
        const Find find = [&](std::string_view name) { return state.args.find(name); };
        add(resolve(*option.value, find, nullptr), option.value_span, true);
      }
    }
  }
}

void ModelBuilder::read_scripts(Step& step, const State& state) {
  const Instruction& instruction = *step.instruction;
  const Keyword keyword = instruction.keyword;
  if (keyword != Keyword::run && keyword != Keyword::cmd && keyword != Keyword::entrypoint &&
      keyword != Keyword::healthcheck) {
    return;
  }
  BuildScript out;
  out.span = instruction.arguments_span();
  const std::size_t first = keyword == Keyword::healthcheck ? 1 : 0;
  if (instruction.json) {
    out.exec = true;
    std::vector<shell::ExecWord> words;
    for (std::size_t i = first; i < instruction.words.size(); ++i) {
      words.push_back({mapped_json_word(instruction, instruction.words[i]), instruction.words[i].span});
    }
    if (words.empty()) return;
    out.script = shell::read_exec(words, state.args);
  } else {
    const std::vector<ShellText> texts = shell_texts(instruction, source_);
    if (texts.empty()) return;
    out.shell = model_.shells[step.shell];
    MappedText text;
    for (const ShellText& part : texts) {
      if (part.kind == ShellText::Kind::script) {
        out.heredoc = true;
        if (part.heredoc != nullptr) out.span = part.heredoc->body;
        if (!part.shebang.empty()) out.shell = shell_from_words(split_blanks(part.shebang));
      }
      for (const Span range : part.ranges) text.append(range.of(source_), range.begin);
    }
    if (out.shell.kind == ShellKind::other) {
      out.opaque = true;
    } else if (out.shell.is_posix()) {
      out.script = shell::read(text, state.args);
    } else {
      out.script = shell::read_windows(text, out.shell.kind == ShellKind::powershell);
    }
  }
  if (out.script.incomplete)
    model_.limits.push_back("a shell text is nested too deep or too long to be read whole");
  step.script = static_cast<std::uint32_t>(model_.scripts.size());
  model_.scripts.push_back(std::move(out));
}

// --- effects
// ----------------------------------------------------------------------------------------------------------

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
    if (model_.limits.empty())
      model_.limits.push_back("more than " + std::to_string(k_max_variables) + " variables");
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
