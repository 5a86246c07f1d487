// The word lexer behind lex.h, which also tells where each word lies. Private to the folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syntax/dockerfile/lex.h"

namespace sluice::syntax::dockerfile {

struct LexWord {
  std::string text;
  LogicalRange range;  // in the text lexed
};

class Lexer {
 public:
  Lexer(std::string_view input, const Lookup& lookup, const LexOptions& options)
      : input_(input), lookup_(lookup), options_(options), raw_escapes_(options.raw_escapes) {
    if (input_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;  // the builder's reader drops a byte order mark
  }

  // False when BuildKit would refuse the text: see error().
  [[nodiscard]] bool run();

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::string& text() { return text_; }
  [[nodiscard]] std::vector<LexWord>& words() { return words_; }
  [[nodiscard]] std::vector<std::string>& used() { return used_; }
  [[nodiscard]] std::vector<std::string>& unset() { return unset_; }

 private:
  static constexpr char32_t k_end = 0xFFFFFFFF;

  [[nodiscard]] char32_t peek() const;
  char32_t next();
  bool refuse(std::string message);

  bool until(char32_t stop, bool raw_escapes,
             std::string& out);  // everything up to `stop` (k_end: to the end)
  bool single_quote(std::string& out);
  bool double_quote(std::string& out);
  bool dollar(std::string& out);
  bool braces(std::string& out);
  bool replacement(const std::string& name, std::string& out);
  bool modified(const std::string& name, char32_t modifier, bool colon, std::string& out);
  void possible_heredoc(std::string& out);
  std::string name();
  std::optional<std::string> value_of(const std::string& name);

  // Words exist at the outermost level only.
  void add_char(char32_t rune, std::uint32_t begin);
  void add_raw(std::string_view text, std::uint32_t begin);
  void end_word();

  std::string_view input_;
  const Lookup& lookup_;
  const LexOptions& options_;
  bool raw_escapes_;
  std::uint32_t at_ = 0;
  int depth_ = 0;
  std::string error_;
  std::string text_;
  std::vector<LexWord> words_;
  LexWord word_;
  bool in_word_ = false;
  std::vector<std::string> used_;
  std::vector<std::string> unset_;
};

}  // namespace sluice::syntax::dockerfile
