// Tokens, modes and the state of the scanner; classes of characters.
#ifndef SLUICE_DOCKERFILE_STATE_H
#define SLUICE_DOCKERFILE_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tree_sitter/parser.h"

enum Symbol {
  LINE_CONTINUATION,
  COMMENT,
  BLANK_LINE,
  BLANK,
  EOL,
  EOL_HEREDOC,
  BEGIN,
  BEGIN_LEGACY,
  DIRECTIVE_MARK,
  DIRECTIVE_NAME,
  DIRECTIVE_VALUE,
  EQUALS,
  COMMA,
  COLON,
  AT,
  FLAG_MARK,
  FLAGS_END,
  FLAG_NAME,
  OPTION_NAME,
  TEXT,
  DOUBLE_QUOTE,
  SINGLE_QUOTE,
  UNTERMINATED,
  DOLLAR,
  DOLLAR_BRACE,
  VARIABLE_NAME,
  VARIABLE_MODIFIER,
  VARIABLE_OPERAND,
  CLOSE_BRACE,
  OPEN_BRACKET,
  CLOSE_BRACKET,
  JSON_QUOTE,
  JSON_TEXT,
  ESCAPE_SEQUENCE,
  HEREDOC_MARKER,
  HEREDOC_BODY,
  HEREDOC_END,
  AS,
  HEALTHCHECK_TYPE,
  ADD,
  ARG,
  CMD,
  COPY,
  ENTRYPOINT,
  ENV,
  EXPOSE,
  FROM,
  HEALTHCHECK,
  LABEL,
  MAINTAINER,
  ONBUILD,
  RUN,
  SHELL,
  STOPSIGNAL,
  USER,
  VOLUME,
  WORKDIR,
  UNKNOWN,
};

static const char *const k_keywords[] = {
    "ADD",        "ARG",     "CMD", "COPY",  "ENTRYPOINT", "ENV",  "EXPOSE", "FROM",    "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
};
enum { MAX_KEYWORD = 11 };

enum Mode {
  M_TOP,              // between instructions
  M_KEYWORD,          // an instruction has begun, its keyword has not
  M_DIRECTIVE_NAME,
  M_DIRECTIVE_EQUALS,
  M_DIRECTIVE_VALUE,
  M_HEAD,             // after the keyword: flags, or the arguments begin
  M_FLAG_NAME,
  M_FLAG_EQUALS,      // after a flag's name
  M_FLAG_VALUE,
  M_OPTION,           // of --mount
  M_OPTION_EQUALS,
  M_OPTION_VALUE,
  M_WORDS,
  M_PAIR_KEY,
  M_PAIR_VALUE,
  M_LEGACY_KEY,
  M_WHOLE,            // the rest of the line is one text
  M_SHELL,
  M_HEALTHCHECK_TYPE,
  M_HEALTHCHECK_REST, // after the type: the command begins
  M_JSON,
  M_JSON_STRING,
  M_HEREDOC,          // at the start of a line of a body
  M_HEREDOC_END,      // after a terminator
};

enum VariablePart { V_NONE, V_BARE_NAME, V_NAME, V_MODIFIER, V_OPERAND };

// Where in FROM's first word; then whether "as" may come; of USER only the first and the last.
enum ImagePart { I_NAME, I_TAG, I_DIGEST, I_SECOND_WORD, I_REST };

enum { MAX_HEREDOCS = 96, MAX_LOOKAHEAD = 512, MAX_ONBUILD = 16 };

typedef struct {
  uint64_t hash;
  uint8_t strip_tabs;
} Heredoc;

typedef struct {
  uint8_t escape;
  uint8_t mode;
  uint8_t keyword;
  uint8_t variable;
  uint8_t image;
  uint8_t quote;            // 0, '\'' or '"'
  bool line_start;          // nothing but comments and blank lines since the last newline
  bool directives_open;
  bool escape_value;        // the directive being read is "escape"
  uint8_t seen_directives;  // bits: syntax, escape, check
  uint8_t onbuild;          // how deep
  bool mount;               // the flag being read is RUN's --mount
  bool word_start;          // the next character begins a word
  bool no_brace;            // on this line a "${" without its end was found
  uint8_t markers;          // heredoc markers still to come in this instruction
  uint8_t heredoc_count;
} Fixed;

typedef struct {
  Fixed fixed;
  Heredoc heredocs[MAX_HEREDOCS];
} State;

_Static_assert(sizeof(Fixed) + MAX_HEREDOCS * (sizeof(uint64_t) + 1) <= TREE_SITTER_SERIALIZATION_BUFFER_SIZE,
               "the whole state must fit into the buffer");

// --- characters ---

static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r'; }

static bool is_space(int32_t c) {
  return is_blank(c) || c == '\n' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }

static bool is_letter(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_name(int32_t c) { return is_letter(c) || is_digit(c) || c == '_'; }

static int32_t upper(int32_t c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; }

static bool at_end(TSLexer *lexer) { return lexer->eof(lexer); }

static bool at_eol(TSLexer *lexer) { return at_end(lexer) || lexer->lookahead == '\n'; }

static void advance(TSLexer *lexer) { lexer->advance(lexer, false); }

static void skip(TSLexer *lexer) { lexer->advance(lexer, true); }

static uint64_t hash_char(uint64_t hash, int32_t c) { return (hash ^ (uint32_t)c) * UINT64_C(0x100000001b3); }

static const uint64_t k_hash_seed = UINT64_C(0xcbf29ce484222325);

#endif  // SLUICE_DOCKERFILE_STATE_H
