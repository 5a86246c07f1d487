// Ends of lines, continuations, comments and directives.
#ifndef SLUICE_DOCKERFILE_LINES_H
#define SLUICE_DOCKERFILE_LINES_H

#include "joined.h"

static bool emit(TSLexer *lexer, const bool *valid, enum Symbol symbol) {
  if (!valid[symbol]) return false;
  lexer->result_symbol = (TSSymbol)symbol;
  return true;
}

static bool is_escape(const State *state, TSLexer *lexer) {
  return !at_end(lexer) && lexer->lookahead == state->fixed.escape;
}

// At an escape character that begins a token. True if the line goes on: through the newline is marked. Else the run of
// escape characters is marked, and with `escapes` also the one character that they escape; `blanks` says whether blanks
// were read after it.
static bool scan_escape(State *state, TSLexer *lexer, bool escapes, bool *blanks) {
  uint32_t run = 0;
  while (is_escape(state, lexer)) {
    advance(lexer);
    ++run;
  }
  lexer->mark_end(lexer);
  *blanks = false;
  while (run == 1 && !at_eol(lexer) && is_blank(lexer->lookahead)) {
    advance(lexer);
    if (!*blanks && escapes) lexer->mark_end(lexer);
    *blanks = true;
  }
  if (run == 1 && at_eol(lexer)) {
    if (!at_end(lexer)) advance(lexer);
    lexer->mark_end(lexer);
    state->fixed.line_start = true;
    return true;
  }
  if (escapes && run % 2 == 1 && !*blanks && !at_eol(lexer)) {
    advance(lexer);
    lexer->mark_end(lexer);
  }
  return false;
}

// At the end of the joined line.
static bool scan_eol(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  if (!at_end(lexer)) advance(lexer);
  lexer->mark_end(lexer);
  f->line_start = true;
  f->quote = f->variable = f->onbuild = f->markers = 0;
  f->no_brace = f->mount = false;
  f->mode = f->heredoc_count > 0 ? M_HEREDOC : M_TOP;
  return emit(lexer, valid, f->heredoc_count > 0 ? EOL_HEREDOC : EOL);
}

static bool scan_comment(TSLexer *lexer, const bool *valid) {
  lexer->mark_end(lexer);
  while (!at_eol(lexer)) {
    bool carriage = lexer->lookahead == '\r';
    advance(lexer);
    if (!carriage) lexer->mark_end(lexer);
  }
  return emit(lexer, valid, COMMENT);
}

// At the '#' of a comment that may be a directive. Of a directive only the mark is emitted.
static bool scan_directive(State *state, TSLexer *lexer, const bool *valid) {
  static const char *const k_names[] = {"SYNTAX", "ESCAPE", "CHECK"};
  Fixed *f = &state->fixed;
  advance(lexer);
  lexer->mark_end(lexer);
  while (!at_eol(lexer) && is_space(lexer->lookahead)) advance(lexer);
  char name[8] = {0};
  uint32_t length = 0;
  while (is_letter(lexer->lookahead) || (length > 0 && is_digit(lexer->lookahead))) {
    if (length < sizeof(name) - 1) name[length] = (char)upper(lexer->lookahead);
    ++length;
    advance(lexer);
  }
  while (!at_eol(lexer) && is_blank(lexer->lookahead)) advance(lexer);
  bool equals = lexer->lookahead == '=';
  if (equals) advance(lexer);
  while (!at_eol(lexer) && is_blank(lexer->lookahead)) advance(lexer);
  int which = -1;
  for (int i = 0; i < 3; ++i) {
    if (length == strlen(k_names[i]) && strcmp(name, k_names[i]) == 0) which = i;
  }
  if (which < 0 || !equals || at_eol(lexer)) {
    f->directives_open = false;
    return scan_comment(lexer, valid);
  }
  if ((f->seen_directives >> which) & 1) return scan_comment(lexer, valid);
  f->seen_directives = (uint8_t)(f->seen_directives | (1u << which));
  f->escape_value = which == 1;
  f->mode = M_DIRECTIVE_NAME;
  f->line_start = false;
  return emit(lexer, valid, DIRECTIVE_MARK);
}

static bool scan_directive_part(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  while (!at_eol(lexer) && is_space(lexer->lookahead)) skip(lexer);
  if (at_eol(lexer)) return scan_eol(state, lexer, valid);
  if (f->mode == M_DIRECTIVE_NAME) {
    while (is_letter(lexer->lookahead) || is_digit(lexer->lookahead)) advance(lexer);
    lexer->mark_end(lexer);
    f->mode = M_DIRECTIVE_EQUALS;
    return emit(lexer, valid, DIRECTIVE_NAME);
  }
  if (f->mode == M_DIRECTIVE_EQUALS) {
    advance(lexer);
    lexer->mark_end(lexer);
    f->mode = M_DIRECTIVE_VALUE;
    return emit(lexer, valid, EQUALS);
  }
  int32_t first = lexer->lookahead;
  uint32_t length = 0;
  uint32_t kept = 0;
  while (!at_eol(lexer)) {
    bool blank = is_blank(lexer->lookahead);
    advance(lexer);
    ++length;
    if (!blank) {
      kept = length;
      lexer->mark_end(lexer);
    }
  }
  if (f->escape_value && kept == 1 && (first == '\\' || first == '`')) f->escape = (uint8_t)first;
  return emit(lexer, valid, DIRECTIVE_VALUE);
}

#endif  // SLUICE_DOCKERFILE_LINES_H
