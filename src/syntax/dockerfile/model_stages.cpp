// What a stage begins with, is called and leaves behind.
#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "syntax/dockerfile/model_builder.h"

namespace sluice::syntax::dockerfile {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 7 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_windows_image(const ImageName& image) {
  const std::string all = to_lower(image.registry + "/" + image.repository + ":" + image.tag);
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
    const std::string text = to_lower(instruction.line.text);
    return std::any_of(signs.begin(), signs.end(),
                       [&](std::string_view sign) { return text.find(sign) != std::string::npos; });
  };
  return std::any_of(document.instructions.begin(), document.instructions.end(), speaks);
}

}  // namespace

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
  const auto found = names_.find(to_lower(name));
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
    if (from->words.size() >= 3 && to_lower(from->words[1].text) == "as") {
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
  stage.base.scratch = stage.base.stage == k_no_index && to_lower(stage.base.name.text) == "scratch";
  if (stage.base.is_image()) stage.base.image = parse_image_name(stage.base.name.text);
}

bool ModelBuilder::speaks_windows() {
  if (!speaks_windows_) speaks_windows_ = find_windows_words(document_);
  return *speaks_windows_;
}

std::uint32_t ModelBuilder::default_shell(const Stage& stage) {
  if (!options_.default_shell.empty())
    return add_shell(shell_from_words(split_blanks(options_.default_shell)));
  const bool windows = is_windows_image(stage.base.image) ||
                       (document_.escape == '`' && !stage.base.scratch && speaks_windows());
  if (windows) return add_shell(shell_from_words({"cmd", "/S", "/C"}));
  return 0;
}

std::uint32_t ModelBuilder::add_shell(Shell shell) {
  model_.shells.push_back(std::move(shell));
  return static_cast<std::uint32_t>(model_.shells.size() - 1);
}

// What FROM an earlier stage takes over: its ENV, user, workdir and shell, then its ONBUILD triggers are run.
void ModelBuilder::take_base_state(const Stage& base) {
  const auto index = static_cast<std::size_t>(&base - model_.stages.data());
  inherited_ += final_env_[index].size();
  if (inherited_ <= k_max_inherited_variables) {
    now_.env.own = final_env_[index];
  } else if (!final_env_[index].empty()) {
    note_limit("the stages take over more than " + std::to_string(k_max_inherited_variables) + " variables");
  }
  now_.user = base.user;
  now_.workdir = base.workdir;
  now_.shell = base.shell;
  for (const std::uint32_t trigger : base.triggers) {
    if (++triggered_ > k_max_triggered_steps) {
      note_limit("more than " + std::to_string(k_max_triggered_steps) + " ONBUILD instructions run");
      break;
    }
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
  if (!stage.name.empty()) names_[to_lower(stage.name)] = stage_;
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

}  // namespace sluice::syntax::dockerfile
