// The reader behind argv.h: recursive descent over shell text, tolerant of everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "syntax/shell/argv.h"
#include "syntax/shell/mapped_text.h"

namespace sluice::syntax::shell {

// Shared by a reader and the readers of the texts nested in it (sh -c, eval, heredocs fed to a shell).
struct ReadState {
  Script& script;
  Environment environment;  // what the text sets, over what it starts with
  std::vector<std::pair<std::string, std::optional<Variable>>> undo;  // to leave a subshell
  std::uint32_t pipelines = 0;
  bool open_environment = false;  // a file was sourced or text evaluated: any variable may be set
};

class Reader {
 public:
  Reader(const MappedText& text, ReadState& state, std::uint32_t depth)
      : text_(text), s_(text.text()), state_(state), script_(state.script), depth_(depth) {}

  // Reads the whole text as a list in `scope`.
  void run(std::uint32_t scope);
  // One command whose words were split already (exec form).
  void run_exec(const std::vector<ExecWord>& words, std::uint32_t scope);

 private:
  enum class Stop : std::uint8_t { end, paren, brace, then_, do_, fi, done, item, backquote };
  struct RawWord {
    Word word;
    std::uint32_t begin = 0;  // in text_
    std::uint32_t end = 0;
    const MappedText* given = nullptr;  // exec form: its own text
  };
  struct Holder {  // a stage of a pipeline
    bool is_scope = false;
    std::uint32_t index = k_none;
  };
  struct Field;  // the word being put together
  struct PendingHeredoc {
    std::string delimiter;
    bool strip = false;
    bool is_scope = false;
    std::uint32_t owner = 0;     // command or scope
    std::uint32_t redirect = 0;  // in its redirects
  };

  // reader.cpp: lists and scopes
  void read_list(std::uint32_t scope, Stop stop);
  bool at_stop(Stop stop) const;
  bool at_closer() const;
  std::uint32_t read_pipeline(std::uint32_t scope, Join join);
  Holder read_stage(std::uint32_t scope, Stage stage, Join join, bool negated);
  std::uint32_t open_scope(ScopeKind kind, std::uint32_t parent, std::uint32_t owner = k_none);
  void close_scope(std::uint32_t scope, std::uint32_t begin);
  void read_nested_list(ScopeKind kind, std::uint32_t parent, Stop stop);
  void problem(std::uint32_t begin, std::uint32_t end, std::string message);

  // compound.cpp
  bool read_compound(std::uint32_t scope, Stage stage, Holder& holder);
  void read_body(std::string_view word, std::uint32_t scope);
  void skip_parentheses();
  void read_if(std::uint32_t scope);
  void read_for_head(std::uint32_t scope);
  void read_loop(std::uint32_t scope, bool is_for);
  void read_case(std::uint32_t scope);
  void read_function_name();
  std::uint32_t read_function_body(std::uint32_t scope);

  // simple.cpp
  std::uint32_t open_command(std::uint32_t scope, Stage stage, Join join, bool negated);
  std::uint32_t read_simple(std::uint32_t scope, Stage stage, Join join, bool negated);
  std::uint32_t read_test(std::uint32_t scope, Stage stage, Join join, bool negated);
  void read_array(std::uint32_t scope, std::uint32_t owner);
  std::optional<Assignment> read_assignment(std::uint32_t scope, std::uint32_t owner);

  // redirects.cpp
  bool at_redirect() const;
  Redirect read_redirect(std::uint32_t scope, std::uint32_t owner, bool is_scope, std::uint32_t number);
  void read_scope_redirects(std::uint32_t scope);
  void read_heredocs();

  // tokens.cpp
  bool at_end() const { return i_ >= s_.size(); }
  char peek(std::size_t ahead = 0) const { return i_ + ahead < s_.size() ? s_[i_ + ahead] : '\0'; }
  void skip_blanks();
  void skip_newlines();  // and blanks, comments; reads heredoc bodies that are due
  void take_newline();
  bool accept_word(std::string_view word);
  bool looking_at_word(std::string_view word) const;
  bool ends_word(char c) const;

  // words.cpp
  void read_word(std::uint32_t scope, std::uint32_t owner, std::vector<RawWord>& out, bool split);
  void read_escape(Field& field);
  void read_single_quotes(Field& field);
  void read_ansi_quotes(Field& field);
  void read_double_quotes(std::uint32_t scope, std::uint32_t owner, Field& field);
  MappedText decode(std::uint32_t begin, std::uint32_t end) const;

  // expansions.cpp
  void read_dollar(std::uint32_t scope, std::uint32_t owner, Field& field, bool quoted);
  void read_braces(std::uint32_t scope, std::uint32_t owner, Field& field, bool quoted);
  void read_operand(std::uint32_t scope, std::uint32_t owner, Field& operand, bool quoted);
  void put_parameter(Field& field, std::uint32_t begin, Expansion expansion, const Word& operand);
  void read_substitution(std::uint32_t scope, std::uint32_t owner, Field& field, bool quoted,
                         ExpansionKind kind);
  void read_backquotes(std::uint32_t scope, std::uint32_t owner, Field& field, bool quoted);
  bool read_arithmetic(Field& field, bool quoted);
  void put_unknown(Field& field, std::uint32_t begin, Expansion expansion);
  void put_value(Field& field, std::uint32_t begin, Expansion expansion, std::string_view value);
  void put_plain_variable(Field& field, std::uint32_t begin, std::string name, bool quoted);
  [[nodiscard]] Expansion variable_expansion(std::string name, bool quoted) const;
  std::string read_operator();
  std::string_view read_name();

  // finish.cpp: what a command means
  void finish_command(std::uint32_t index, std::uint32_t begin, std::uint32_t end,
                      std::vector<RawWord> words);
  void read_script_word(std::uint32_t owner, const RawWord& word);
  void read_text(std::uint32_t owner, const MappedText& text);
  void apply_assignments(std::uint32_t index);
  void apply_builtin(std::uint32_t index);
  void set_variable(std::uint32_t scope, Join join, std::string name, Variable variable);
  void restore(std::size_t mark);

  const MappedText& text_;
  std::string_view s_;
  std::uint32_t i_ = 0;
  ReadState& state_;
  Script& script_;
  std::uint32_t depth_;
  std::uint32_t braces_ = 0;      // nesting of ${…}
  std::uint32_t backquotes_ = 0;  // inside `…`, a backquote ends words and lists
  std::vector<Stop> stops_;
  std::vector<PendingHeredoc> pending_;
};

}  // namespace sluice::syntax::shell
