#include "syntax/dockerfile/model_builder.h"

#include <algorithm>
#include <utility>

#include "syntax/dockerfile/shell_ranges.h"

namespace sluice::syntax::dockerfile {

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
      note_limit("more than " + std::to_string(k_max_steps) + " instructions");
      break;
    }
    if (instruction.keyword == Keyword::from) {
      if (model_.stages.size() >= k_max_stages) {
        note_limit("more than " + std::to_string(k_max_stages) + " stages");
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
  if (out.script.incomplete) note_limit("a shell text is nested too deep or too long to be read whole");
  step.script = static_cast<std::uint32_t>(model_.scripts.size());
  model_.scripts.push_back(std::move(out));
}

void ModelBuilder::note_limit(std::string what) {
  auto& limits = model_.limits;
  if (std::find(limits.begin(), limits.end(), what) == limits.end()) limits.push_back(std::move(what));
}

std::vector<std::string> ModelBuilder::split_blanks(std::string_view text) {
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

}  // namespace sluice::syntax::dockerfile
