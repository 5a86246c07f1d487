// What a Dockerfile means: stages and their graph, and the effective user, working directory, shell and
// variables at each instruction, with "unknown" where a value comes from outside the file.
//
// A file without FROM is a fragment and is read as the inside of one stage with an unknown base. Instructions
// before the first FROM (which no builder takes) stand in a stage of their own, so that nothing is left
// unread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/span.h"
#include "syntax/dockerfile/document.h"
#include "syntax/dockerfile/image_name.h"
#include "syntax/shell/argv.h"

namespace sluice::syntax::dockerfile {

inline constexpr std::uint32_t k_no_index = UINT32_MAX;
inline constexpr std::uint32_t k_max_steps = 20'000;  // more are not modelled: Model::limits says so
inline constexpr std::uint32_t k_max_stages = 1'000;  // the same
// What all stages together take over from their bases; a later stage then begins without, and Model::limits
// says so.
inline constexpr std::size_t k_max_inherited_variables = 500'000;
inline constexpr std::size_t k_max_triggered_steps = 100'000;  // ONBUILD instructions run
inline constexpr std::uint32_t k_max_variables = 20'000;       // of one stage; more are unknown

// A text after variables were put in and quotes removed. Parts that are not known stay as written.
struct Value {
  std::string text;
  bool unknown = false;  // holds a variable whose value is not known
  bool outside = false;  // made out of an ARG, which whoever builds may set
};

enum class ShellKind : std::uint8_t {
  posix /* sh, dash, ash, … */,
  bash /* bash, zsh */,
  powershell,
  cmd,
  other
};

struct Shell {
  std::vector<std::string> words;  // of SHELL, or the default
  std::string name = "sh";         // program of words[0], lower case, without ".exe"
  ShellKind kind = ShellKind::posix;
  bool pipefail = false;
  bool errexit = false;
  bool stated = false;  // by a SHELL instruction of this file
  [[nodiscard]] bool is_posix() const { return kind == ShellKind::posix || kind == ShellKind::bash; }
};

// The last USER or WORKDIR in force.
struct Setting {
  Value value;
  const Instruction* where = nullptr;  // null: nothing in this file says so, the base image decides
  std::uint32_t stage = k_no_index;    // of `where`
};

struct Base {
  Value name;                        // the resolved reference
  ImageName image;                   // its parts; empty if it is a stage
  std::uint32_t stage = k_no_index;  // an earlier stage of this file
  bool scratch = false;
  [[nodiscard]] bool is_image() const { return stage == k_no_index && !scratch; }
};

// An instruction in its place. An ONBUILD's child is a step too.
struct Step {
  const Instruction* instruction = nullptr;  // ONBUILD: its child
  const Instruction* outer = nullptr;        // the instruction as it stands in the file
  std::uint32_t stage = k_no_index;
  std::uint32_t index = 0;  // of this step in Model::steps
  bool onbuild = false;
  bool global = false;  // ARG before the first FROM
  std::vector<Value>
      words;  // of FROM, ADD, COPY, EXPOSE, VOLUME, USER, WORKDIR, STOPSIGNAL: parallel to theirs
  std::vector<Value> keys;  // of ENV, LABEL, ARG: parallel to pairs
  std::vector<Value> values;
  std::vector<Value> flags;            // parallel to flags
  std::vector<std::string> undefined;  // variables used here that nobody defines
  // In force when the instruction runs: indices into Model::users, workdirs, shells.
  std::uint32_t user = 0;
  std::uint32_t workdir = 0;
  std::uint32_t shell = 0;
  std::uint32_t script = k_no_index;  // of RUN, CMD, ENTRYPOINT, HEALTHCHECK: into Model::scripts
};

struct StageUse {              // COPY --from, RUN --mount=from: what this stage takes from elsewhere
  const Step* step = nullptr;  // set when the model is complete
  std::uint32_t step_index = 0;
  Span span;  // of the reference
  Value name;
  ImageName image;                   // when it is none of our stages
  std::uint32_t stage = k_no_index;  // an earlier stage
  bool mount = false;
};

struct Stage {
  const Instruction* from = nullptr;  // null: a fragment, or instructions before the first FROM
  std::uint32_t number = k_no_index;  // as BuildKit counts, for --from=0
  std::string name;                   // as written after AS
  Span name_span;
  Base base;
  std::uint32_t first_step = 0;  // [first_step, last_step) of Model::steps, the FROM first
  std::uint32_t last_step = 0;
  std::vector<StageUse> uses;
  std::vector<std::uint32_t> triggers;  // steps of its ONBUILDs
  bool shipped = false;                 // is an image that the file is built for
  bool contributes = false;             // a shipped stage is made out of it
  // At its end.
  std::uint32_t user = 0;
  std::uint32_t workdir = 0;
  std::uint32_t shell = 0;
};

// A shell text with where it came from.
struct BuildScript {
  shell::Script script;
  Shell shell;           // that reads it: of SHELL, of a heredoc's shebang; exec form: not read by any
  bool exec = false;     // exec form
  bool opaque = false;   // another language (a heredoc with a python shebang): script is empty
  bool heredoc = false;  // the body of RUN <<EOF
  Span span;
};

struct ModelOptions {
  std::vector<std::string> targets;  // names or numbers of the shipped stages; empty: the last one
  std::string default_shell;  // as if SHELL said so at the start of each external stage; empty: sh (or cmd)
};

struct Definition {
  std::uint32_t step = 0;
  shell::Variable variable;
  bool env = false;  // ENV, not ARG
};

struct Model {
  const Document* document = nullptr;
  std::string_view source;
  bool fragment = false;  // no FROM at all
  std::vector<Stage> stages;
  std::vector<Step> steps;  // in order of the file
  std::vector<BuildScript> scripts;
  std::vector<Setting> users;       // 0: nothing is said
  std::vector<Setting> workdirs;    // resolved to absolute paths where known
  std::vector<Shell> shells;        // 0: the default
  std::vector<std::string> limits;  // what was reached, for coverage
  // Per stage: name → its definitions in order.
  std::vector<std::map<std::string, std::vector<Definition>, std::less<>>> definitions;
  std::map<std::string, shell::Variable, std::less<>> global_args;

  [[nodiscard]] const Setting& user_of(const Step& step) const { return users[step.user]; }
  [[nodiscard]] const Setting& workdir_of(const Step& step) const { return workdirs[step.workdir]; }
  [[nodiscard]] const Shell& shell_of(const Step& step) const { return shells[step.shell]; }
  [[nodiscard]] const BuildScript* script_of(const Step& step) const {
    return step.script == k_no_index ? nullptr : &scripts[step.script];
  }
  // The variable's definition in force at `step`, also an inherited one; null if nothing in the file defines
  // it.
  [[nodiscard]] const Definition* variable(const Step& step, std::string_view name) const;
  // The image at the root of a stage's FROM chain; the stage itself if its base is no stage.
  [[nodiscard]] const Stage& root_of(const Stage& stage) const;
  // `stage` and, outward, the stages that it is built FROM.
  [[nodiscard]] std::vector<const Stage*> chain_of(const Stage& stage) const;
};

// Both arguments must outlive the model.
[[nodiscard]] Model build_model(const Document& document, std::string_view source,
                                const ModelOptions& options = {});

// The shell that the words of a SHELL instruction (or a shebang) name.
[[nodiscard]] Shell shell_from_words(std::vector<std::string> words);

// The text of a JSON item, each byte with its place in the file. `instruction` is the one that holds the
// word.
[[nodiscard]] MappedText mapped_json_word(const Instruction& instruction, const Word& word);

// ARGs that every build has without a declaration in FROM ("TARGETPLATFORM") or in RUN ("HTTP_PROXY").
[[nodiscard]] bool is_platform_arg(std::string_view name);
[[nodiscard]] bool is_proxy_arg(std::string_view name);

}  // namespace sluice::syntax::dockerfile
