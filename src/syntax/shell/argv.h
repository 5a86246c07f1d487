// The argv model of shell text: every simple command with its resolved words, and how the commands hang
// together.
//
// Made by a tolerant reader of our own: it never refuses a text (see Script::problems), it is right about
// newlines, heredocs and pipelines where tree-sitter-bash is not ("A=1\nB=2\nmake" is one command there, and
// `cat <<X | sh` hides the `sh`), and each word keeps its exact bytes in the file under continuations,
// comments and quoting.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "syntax/shell/mapped_text.h"

namespace sluice::syntax::shell {

inline constexpr std::uint32_t k_max_depth = 48;         // nesting of lists, substitutions and `sh -c` bodies
inline constexpr std::size_t k_max_value = 64u << 10;    // bytes of a variable; a longer value is not known
inline constexpr std::uint32_t k_max_stages = 500;       // of one pipeline; the rest is read as another one
inline constexpr std::uint32_t k_max_commands = 50'000;  // of one script, with everything nested
inline constexpr std::uint32_t k_none = UINT32_MAX;

// What is known about a variable. `value` is empty when the name is set but its value is not known.
struct Variable {
  std::optional<std::string> value;
  bool outside = false;  // set, or may be set, by whoever starts the build (ARG), or made out of such a value
};

// Variables in layers: what is not in `own` is looked up in `outer`, which must outlive this one.
struct Environment {
  const Environment* outer = nullptr;
  std::map<std::string, Variable, std::less<>> own;
  [[nodiscard]] const Variable* find(std::string_view name) const;  // or null
};

enum class ExpansionKind : std::uint8_t { variable, command, arithmetic, process };

// "$X", "${X:-y}", "$(…)", "`…`", "$((…))", "<(…)" inside a word.
struct Expansion {
  ExpansionKind kind = ExpansionKind::variable;
  Span span;
  std::string name;              // of a variable: "X", "1", "@"
  std::string op;                // ":-", "#", …; "" if none; "length" for ${#X}, "indirect" for ${!X}
  bool quoted = false;           // inside double quotes
  bool resolved = false;         // its value is part of Word::text
  bool defined = false;          // a variable that somebody has set, as far as the text shows
  bool outside = false;          // see Variable::outside
  bool backquoted = false;       // `…`
  std::uint32_t scope = k_none;  // of a substitution: index into Script::scopes
};

struct Word {
  Span span;
  // Quotes removed and known variables put in; parts that are not known stay as they are written ("$X",
  // "$(…)").
  std::string text;
  std::vector<Expansion> expansions;
  bool quoted = false;   // some part of it
  bool unknown = false;  // holds a part whose value is not known
  bool split = false;    // came from splitting an unquoted variable: several words share one span

  [[nodiscard]] bool is(std::string_view value) const { return text == value; }
};

struct Assignment {
  Span span;
  std::string name;
  Word value;
  bool append = false;  // +=
};

struct Redirect {
  Span span;
  std::string op;  // "<", ">", ">>", ">&", "&>", "<<", "<<-", "<<<", …
  int fd = -1;     // the number before it, -1 if none
  Word target;     // the file; of a heredoc its delimiter
  bool heredoc = false;
  bool literal = false;   // heredoc with a quoted delimiter: nothing is expanded
  Span body;              // of a heredoc
  std::string body_text;  // of a heredoc, variables as written
};

// How a command hangs on the one before it in the same list.
enum class Join : std::uint8_t { first, sequence /* ; or newline */, and_, or_, pipe, background };

enum class ScopeKind : std::uint8_t {
  top,
  subshell,
  group,
  condition,
  branch,
  loop,
  function,
  substitution,
  process,
  shell_text /* sh -c, eval, heredoc */,
  exec_argument /* find -exec */
};

// A stage of a pipeline is a command or a whole compound command.
struct Stage {
  std::uint32_t pipeline = k_none;
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

struct Scope {
  ScopeKind kind = ScopeKind::top;
  Span span;
  std::uint32_t parent = k_none;  // the scope around it
  std::uint32_t owner = k_none;   // the command that holds it (substitution, shell text), if any
  std::uint32_t first = 0;        // commands in it stand at this index or behind
  Stage stage;                    // of a compound command in a pipeline
  std::vector<Redirect> redirects;
};

struct Command {
  Span span;
  std::vector<Assignment> assignments;
  std::vector<Word> wrappers;  // "sudo -E", "env A=b", "timeout 5", "python -m" … taken off the front of argv
  std::vector<Word> argv;      // empty if there are assignments or redirects only
  std::vector<Redirect> redirects;
  Join join = Join::first;  // with the command before
  Join next = Join::first;  // with the command after; first = there is none
  Stage stage;
  std::uint32_t scope = 0;
  bool negated = false;

  // The program's name without its folder and ".exe": "apt-get". Empty if there is none or it is not known.
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] bool wrapped_by(std::string_view wrapper) const;
};

struct Problem {
  Span span;
  std::string message;
};

struct Script {
  std::vector<Command> commands;  // a command stands before those that are nested in its words
  std::vector<Scope> scopes;      // 0 is the script itself
  std::vector<Problem>
      problems;             // what the reader could not understand; findings in such a script are less sure
  bool incomplete = false;  // a limit was reached, and a part was not read

  // Stands, at any depth, inside a scope of that kind.
  [[nodiscard]] bool inside(const Command& command, ScopeKind kind) const;
  // The commands whose output flows into `command` by pipes, those inside compound stages too.
  [[nodiscard]] std::vector<const Command*> upstream(const Command& command) const;
  // The commands nested (at any depth) in scope `scope`.
  [[nodiscard]] std::vector<const Command*> within(std::uint32_t scope) const;
};

// Reads a shell body. `environment` holds the variables that are set when it starts.
[[nodiscard]] Script read(const MappedText& text, const Environment& environment);

// The exec form: one command whose words are given; `sh -c TEXT` and wrappers are looked into as in read().
struct ExecWord {
  MappedText text;
  Span span;
};
[[nodiscard]] Script read_exec(const std::vector<ExecWord>& words, const Environment& environment);

// PowerShell or cmd.exe text: commands and words only, without variables or nesting.
[[nodiscard]] Script read_windows(const MappedText& text, bool powershell);

[[nodiscard]] bool is_shell_name(std::string_view name);  // sh, bash, dash, ash, zsh, ksh, …

}  // namespace sluice::syntax::shell
