// Words, values, variables, shell text and heredoc markers.
#ifndef SLUICE_DOCKERFILE_TEXT_H
#define SLUICE_DOCKERFILE_TEXT_H

#include "head.h"

typedef struct {
  bool quotes;        // ' and " begin strings
  bool escapes;       // the escape character keeps the next character from being special
  bool blanks;        // blanks belong to the text
  bool backslash;     // flags: a backslash escapes, whatever the escape character
  const char *stops;  // characters that end the text and are tokens
} TextRules;

static TextRules rules_of(const Fixed *f) {
  TextRules r = {false, false, false, false, ""};
  switch (f->mode) {
    case M_FLAG_VALUE:
      r.quotes = r.backslash = true;
      break;
    case M_OPTION_VALUE:
      r.quotes = r.backslash = true;
      r.stops = ",";
      break;
    case M_PAIR_KEY:
      r.quotes = r.escapes = true;
      r.stops = "=";
      break;
    case M_PAIR_VALUE:
      r.quotes = r.escapes = true;
      break;
    case M_WHOLE:
      r.blanks = true;
      if (f->image == I_NAME) r.stops = ":";
      break;
    case M_WORDS:
      if (f->image == I_NAME) r.stops = ":@";
      if (f->image == I_TAG) r.stops = "@";
      break;
    default:
      break;
  }
  if (f->quote != 0) {
    r.blanks = true;
    r.stops = "";
    if (f->quote == '\'') r.escapes = false;
  }
  return r;
}

static bool is_stop(const TextRules *r, int32_t c) { return c > 0 && c < 0x80 && strchr(r->stops, c) != NULL; }

static bool is_special_parameter(TSLexer *lexer) {
  int32_t c = lexer->lookahead;
  return !at_end(lexer) && c > 0 && c < 0x80 && strchr("@*#?-$!", c) != NULL;
}

// At a '$'. Emits it if a variable follows; else it is text, which is marked, and false is returned.
static bool scan_dollar(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  const TextRules r = rules_of(f);
  advance(lexer);
  lexer->mark_end(lexer);
  if (is_name(lexer->lookahead) || is_special_parameter(lexer)) {
    f->variable = V_BARE_NAME;
    return emit(lexer, valid, DOLLAR);
  }
  if (at_end(lexer) || lexer->lookahead != '{' || f->no_brace) return false;
  advance(lexer);
  lexer->mark_end(lexer);
  if (!is_name(lexer->lookahead)) return false;
  Joined j = joined(state, lexer);
  uint32_t depth = 1;
  for (uint32_t i = 0; i < MAX_LOOKAHEAD; ++i) {
    int32_t c = joined_next(&j);
    if (c == LINE_END) break;
    if (is_space(c) && !r.blanks) return false;  // the word ends before the brace
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) {
      f->variable = V_NAME;
      return emit(lexer, valid, DOLLAR_BRACE);
    }
  }
  f->no_brace = true;
  return false;
}

// Between "${" and "}", or after "$".
static bool scan_variable(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  if (is_escape(state, lexer)) {
    bool blanks;
    if (scan_escape(state, lexer, false, &blanks)) return emit(lexer, valid, LINE_CONTINUATION);
    if (f->variable == V_OPERAND) return emit(lexer, valid, VARIABLE_OPERAND);
    f->variable = V_OPERAND;
    return emit(lexer, valid, VARIABLE_MODIFIER);
  }
  if (f->variable == V_BARE_NAME || f->variable == V_NAME) {
    const bool braced = f->variable == V_NAME;
    const bool digits = is_digit(lexer->lookahead) && !braced;
    if (!is_name(lexer->lookahead)) advance(lexer);  // a special parameter
    while (digits ? is_digit(lexer->lookahead) : is_name(lexer->lookahead)) advance(lexer);
    lexer->mark_end(lexer);
    f->variable = braced ? V_MODIFIER : V_NONE;
    return emit(lexer, valid, VARIABLE_NAME);
  }
  if (lexer->lookahead == '}') {
    advance(lexer);
    lexer->mark_end(lexer);
    f->variable = V_NONE;
    return emit(lexer, valid, CLOSE_BRACE);
  }
  if (f->variable == V_MODIFIER) {
    const int32_t c = lexer->lookahead;
    advance(lexer);
    const bool colon = c == ':' && !at_eol(lexer) && strchr("-+?", lexer->lookahead) != NULL;
    const bool twice = (c == '#' || c == '%' || c == '/') && lexer->lookahead == c;
    if (!at_eol(lexer) && lexer->lookahead > 0 && lexer->lookahead < 0x80 && (colon || twice)) advance(lexer);
    lexer->mark_end(lexer);
    f->variable = V_OPERAND;
    return emit(lexer, valid, VARIABLE_MODIFIER);
  }
  // The operand is text up to the brace that closes the variable; where the line is continued it has pieces.
  uint32_t depth = 1;
  while (!at_eol(lexer) && !is_escape(state, lexer)) {
    if (lexer->lookahead == '{') ++depth;
    if (lexer->lookahead == '}' && --depth == 0) break;
    advance(lexer);
  }
  lexer->mark_end(lexer);
  return emit(lexer, valid, VARIABLE_OPERAND);
}

// At a ':' in an image's name: a colon separates the tag, unless a path follows; then it was a port.
static bool scan_image_colon(State *state, TSLexer *lexer, const bool *valid) {
  advance(lexer);
  lexer->mark_end(lexer);
  uint32_t ahead = 0;
  while (!at_eol(lexer) && !is_space(lexer->lookahead) && lexer->lookahead != '/' && ahead++ < MAX_LOOKAHEAD) {
    advance(lexer);
  }
  if (!at_eol(lexer) && lexer->lookahead == '/') return emit(lexer, valid, TEXT);
  state->fixed.image = I_TAG;
  return emit(lexer, valid, COLON);
}

// A character of TextRules::stops at the beginning of a token.
static bool scan_stop(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  const int32_t c = lexer->lookahead;
  if (c == ':' && f->mode == M_WORDS) return scan_image_colon(state, lexer, valid);
  if (c == '=') {
    f->mode = M_PAIR_VALUE;
    return scan_equals(lexer, valid);
  }
  advance(lexer);
  lexer->mark_end(lexer);
  if (c == ',') {
    f->mode = M_OPTION;
    return emit(lexer, valid, COMMA);
  }
  f->image = c == '@' ? I_DIGEST : I_REST;
  return emit(lexer, valid, c == '@' ? AT : COLON);
}

// Reads plain text from here on. `any`: the token has read blanks already.
static bool scan_text(State *state, TSLexer *lexer, const bool *valid, bool any) {
  Fixed *f = &state->fixed;
  const TextRules r = rules_of(f);
  bool trailing_blank = any;
  while (!at_eol(lexer)) {
    const int32_t c = lexer->lookahead;
    if (c == f->escape || is_stop(&r, c)) break;
    if (c == '$' && f->quote != '\'') break;
    if (f->quote != 0 ? c == f->quote : r.quotes && (c == '\'' || c == '"')) break;
    const bool blank = is_blank(c);
    if (blank && !r.blanks) break;
    advance(lexer);
    any = true;
    trailing_blank = blank;
    if (!blank) lexer->mark_end(lexer);
    if (c == '\\' && r.backslash && !at_eol(lexer)) {
      advance(lexer);
      lexer->mark_end(lexer);
    }
  }
  if (!any) return false;
  // Blanks at the end of the line are no part of anything.
  if (trailing_blank && !at_eol(lexer)) lexer->mark_end(lexer);
  return emit(lexer, valid, TEXT);
}

// At the first letter of FROM's second word: the keyword "as", if a word follows. Else text.
static bool scan_as(State *state, TSLexer *lexer, const bool *valid) {
  state->fixed.image = I_REST;
  if (upper(lexer->lookahead) != 'A') return scan_text(state, lexer, valid, false);
  advance(lexer);
  lexer->mark_end(lexer);
  if (at_eol(lexer) || upper(lexer->lookahead) != 'S') return scan_text(state, lexer, valid, true);
  advance(lexer);
  lexer->mark_end(lexer);
  if (!at_eol(lexer) && !is_blank(lexer->lookahead) && !is_escape(state, lexer)) {
    return scan_text(state, lexer, valid, true);
  }
  Joined j = joined(state, lexer);
  int32_t c = joined_next(&j);
  const bool ended = is_blank(c);
  while (is_blank(c)) c = joined_next(&j);
  return emit(lexer, valid, ended && c != LINE_END ? AS : TEXT);
}

// Reads digits and "<<". True if that begins a heredoc marker.
static bool read_heredoc_operator(TSLexer *lexer, bool *any) {
  while (is_digit(lexer->lookahead)) {
    advance(lexer);
    *any = true;
  }
  for (int i = 0; i < 2; ++i) {
    if (at_end(lexer) || lexer->lookahead != '<') return false;
    advance(lexer);
    *any = true;
  }
  return at_end(lexer) || lexer->lookahead != '<';
}

// After "<<": the rest of the marker.
static bool scan_heredoc_name(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  lexer->mark_end(lexer);
  if (!at_end(lexer) && lexer->lookahead == '-') advance(lexer);
  while (!at_eol(lexer) && is_space(lexer->lookahead)) advance(lexer);
  int32_t quote = 0;
  bool escaped = false;
  while (!at_eol(lexer)) {
    const int32_t c = lexer->lookahead;
    if (quote == 0 && !escaped && is_space(c)) break;
    if (c == f->escape && !escaped) {
      // Perhaps the line is continued here; then the rest of the name is text of the next token.
      advance(lexer);
      if (at_eol(lexer) || is_blank(lexer->lookahead)) break;
      lexer->mark_end(lexer);
      escaped = c == '\\' && quote != '\'';
      continue;
    }
    if (escaped) {
      escaped = false;
    } else if (c == '\\' && quote != '\'') {
      escaped = true;
    } else if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote != 0 ? 0 : c;
    }
    advance(lexer);
    lexer->mark_end(lexer);
  }
  --f->markers;
  f->word_start = false;
  return emit(lexer, valid, HEREDOC_MARKER);
}

// One token of a word, a value, or a whole text. `any`: blanks have been read that belong to it.
static bool scan_part(State *state, TSLexer *lexer, const bool *valid, bool any) {
  Fixed *f = &state->fixed;
  if (any) return scan_text(state, lexer, valid, true);
  const TextRules r = rules_of(f);
  const int32_t c = lexer->lookahead;
  const bool word_start = f->word_start;
  f->word_start = false;
  if (is_escape(state, lexer)) {
    bool blanks;
    if (scan_escape(state, lexer, r.escapes || (r.backslash && f->escape == '\\'), &blanks)) {
      f->word_start = word_start;
      return emit(lexer, valid, LINE_CONTINUATION);
    }
    return emit(lexer, valid, TEXT);
  }
  if (f->quote != 0 ? c == f->quote : r.quotes && (c == '\'' || c == '"')) {
    advance(lexer);
    lexer->mark_end(lexer);
    f->quote = f->quote != 0 ? 0 : (uint8_t)c;
    return emit(lexer, valid, c == '"' ? DOUBLE_QUOTE : SINGLE_QUOTE);
  }
  if (is_stop(&r, c)) return scan_stop(state, lexer, valid);
  if (f->mode == M_WORDS && f->image == I_SECOND_WORD && word_start) {
    if (c != '$') return scan_as(state, lexer, valid);
    f->image = I_REST;
  }
  if (c == '$' && f->quote != '\'') return scan_dollar(state, lexer, valid) || emit(lexer, valid, TEXT);
  if (f->mode == M_WORDS && f->markers > 0 && word_start && (is_digit(c) || c == '<')) {
    bool read = false;
    if (read_heredoc_operator(lexer, &read)) return scan_heredoc_name(state, lexer, valid);
    lexer->mark_end(lexer);
    return scan_text(state, lexer, valid, read);
  }
  return scan_text(state, lexer, valid, false);
}

// Shell text: pieces of physical lines, cut only at heredoc markers. `any`: blanks have been read.
static bool scan_shell(State *state, TSLexer *lexer, const bool *valid, bool any) {
  Fixed *f = &state->fixed;
  if (!any && is_escape(state, lexer)) {
    bool blanks;
    if (scan_escape(state, lexer, f->escape == '\\' && f->quote != '\'', &blanks)) {
      return emit(lexer, valid, LINE_CONTINUATION);
    }
    f->word_start = false;
    return emit(lexer, valid, TEXT);
  }
  bool trailing_blank = any;
  if (any && f->quote == 0) f->word_start = true;
  while (!at_eol(lexer)) {
    const int32_t c = lexer->lookahead;
    if (c == f->escape) break;
    if (f->markers > 0 && f->word_start && f->quote == 0 && (is_digit(c) || c == '<')) {
      // What was read before the marker is a token of its own; the marker is read again then.
      lexer->mark_end(lexer);
      const bool had_text = any;
      if (read_heredoc_operator(lexer, &any)) {
        return had_text ? emit(lexer, valid, TEXT) : scan_heredoc_name(state, lexer, valid);
      }
      lexer->mark_end(lexer);
      trailing_blank = f->word_start = false;
      continue;
    }
    const bool blank = is_blank(c);
    advance(lexer);
    any = true;
    trailing_blank = blank;
    if (!blank) lexer->mark_end(lexer);
    f->word_start = blank && f->quote == 0;
    if (f->markers == 0) continue;  // quotes matter for markers only
    if (c == '\\' && f->quote != '\'') {  // the escape character is the backtick here
      if (!at_eol(lexer) && !is_escape(state, lexer)) advance(lexer);
      if (!is_blank(c)) lexer->mark_end(lexer);
    } else if (f->quote != 0 ? c == f->quote : c == '\'' || c == '"') {
      f->quote = f->quote != 0 ? 0 : (uint8_t)c;
    }
  }
  if (!any) return false;
  if (trailing_blank && !at_eol(lexer)) lexer->mark_end(lexer);
  return emit(lexer, valid, TEXT);
}

#endif  // SLUICE_DOCKERFILE_TEXT_H
