// Makes a Model in one pass over the instructions. Private to the folder.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "syntax/dockerfile/lex.h"
#include "syntax/dockerfile/model.h"

namespace sluice::syntax::dockerfile {

class ModelBuilder {
 public:
  ModelBuilder(const Document& document, std::string_view source, const ModelOptions& options)
      : document_(document), source_(source), options_(options) {}
  [[nodiscard]] Model build();

 private:
  // What is in force in a stage while it is read. ARGs lie over ENVs, so a name that is an ENV is never set
  // as an ARG.
  struct State {
    shell::Environment env;
    shell::Environment args;
    std::uint32_t user = 0;
    std::uint32_t workdir = 0;
    std::uint32_t shell = 0;
  };

  // model_builder.cpp: one step after the other
  void add_step(const Instruction& instruction, const Instruction& outer, bool onbuild);
  void find_uses(const Step& step);
  void read_scripts(Step& step, const State& state);
  static std::vector<std::string> split_blanks(std::string_view text);
  void note_limit(std::string what);  // for Model::limits, each once

  // model_stages.cpp
  void add_global_arg(const Instruction& instruction);
  void begin_stage(const Instruction* from);
  void end_stage();
  void resolve_base(Stage& stage, const Step& step);
  void take_base_state(const Stage& base);
  std::uint32_t stage_named(std::string_view name) const;
  std::uint32_t default_shell(const Stage& stage);
  bool speaks_windows();  // the document; looked up once
  std::uint32_t add_shell(Shell shell);
  void mark_shipped();

  // model_values.cpp
  using Find = std::function<const shell::Variable*(std::string_view)>;
  Value resolve(std::string_view word, const Find& find, std::vector<std::string>* undefined) const;
  void resolve_words(Step& step, const State& state);

  // model_effects.cpp
  void apply(const Step& step, State& state, bool effects_only);
  void apply_env(const Step& step, State& state);
  void apply_arg(const Step& step, State& state);
  void apply_workdir(const Value& value, const Instruction& where, State& state);
  void define(State& state, bool env, const std::string& name, shell::Variable variable, std::uint32_t step);

  const Document& document_;
  std::string_view source_;
  const ModelOptions& options_;
  Model model_;
  State now_;
  State trigger_;  // what ONBUILD instructions see: now_.env below, no ARGs of this build
  std::uint32_t stage_ = k_no_index;
  std::uint32_t numbered_ = 0;
  std::size_t inherited_ = 0;  // variables taken over from bases so far
  std::size_t triggered_ = 0;  // ONBUILD instructions run so far
  std::optional<bool> speaks_windows_;
  std::map<std::string, std::uint32_t> names_;  // lower-case stage name → stage
  std::vector<std::map<std::string, shell::Variable, std::less<>>> final_env_;  // per stage, while building
};

}  // namespace sluice::syntax::dockerfile
