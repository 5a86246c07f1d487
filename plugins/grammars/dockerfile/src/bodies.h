// What is read by other rules: JSON arrays and the bodies of heredocs.
#ifndef SLUICE_DOCKERFILE_BODIES_H
#define SLUICE_DOCKERFILE_BODIES_H

#include "text.h"

static bool scan_json(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  const int32_t c = lexer->lookahead;
  bool blanks;
  if (is_escape(state, lexer) && f->mode == M_JSON) {
    return scan_escape(state, lexer, false, &blanks) && emit(lexer, valid, LINE_CONTINUATION);
  }
  if (f->mode == M_JSON) {
    advance(lexer);
    lexer->mark_end(lexer);
    if (c == '"') f->mode = M_JSON_STRING;
    return emit(lexer, valid, c == '[' ? OPEN_BRACKET : c == ']' ? CLOSE_BRACKET : c == '"' ? JSON_QUOTE : COMMA);
  }
  if (c == '"') {
    advance(lexer);
    lexer->mark_end(lexer);
    f->mode = M_JSON;
    return emit(lexer, valid, JSON_QUOTE);
  }
  if (c == '\\') {
    if (is_escape(state, lexer)) {
      if (scan_escape(state, lexer, true, &blanks)) return emit(lexer, valid, LINE_CONTINUATION);
    } else {
      advance(lexer);
      if (!at_eol(lexer) && !is_escape(state, lexer)) advance(lexer);
      lexer->mark_end(lexer);
    }
    return emit(lexer, valid, ESCAPE_SEQUENCE);
  }
  if (is_escape(state, lexer)) {
    if (scan_escape(state, lexer, false, &blanks)) return emit(lexer, valid, LINE_CONTINUATION);
    return emit(lexer, valid, JSON_TEXT);
  }
  while (!at_eol(lexer) && !is_escape(state, lexer) && lexer->lookahead != '"' && lexer->lookahead != '\\') {
    advance(lexer);
  }
  lexer->mark_end(lexer);
  return emit(lexer, valid, JSON_TEXT);
}

// --- heredoc bodies ---

static void pop_heredoc(State *state) {
  --state->fixed.heredoc_count;
  memmove(state->heredocs, state->heredocs + 1, state->fixed.heredoc_count * sizeof(Heredoc));
  state->fixed.mode = M_HEREDOC_END;
}

// At the start of a line: the body up to the terminator's line, or the terminator.
static bool scan_heredoc(State *state, TSLexer *lexer, const bool *valid) {
  const Heredoc heredoc = state->heredocs[0];
  state->fixed.line_start = false;
  bool any = false;
  while (!at_end(lexer)) {
    lexer->mark_end(lexer);
    uint64_t hash = k_hash_seed;
    uint32_t carriages = 0;  // they count unless the line ends with them
    bool stripping = heredoc.strip_tabs;
    while (!at_eol(lexer)) {
      const int32_t c = lexer->lookahead;
      advance(lexer);
      if (stripping && c == '\t') continue;
      stripping = false;
      if (c == '\r') {
        ++carriages;
        continue;
      }
      for (; carriages > 0; --carriages) hash = hash_char(hash, '\r');
      hash = hash_char(hash, c);
    }
    if (hash == heredoc.hash) {
      if (any) return emit(lexer, valid, HEREDOC_BODY);
      lexer->mark_end(lexer);
      pop_heredoc(state);
      return emit(lexer, valid, HEREDOC_END);
    }
    if (!at_end(lexer)) advance(lexer);
    any = true;
  }
  lexer->mark_end(lexer);
  if (any) return emit(lexer, valid, HEREDOC_BODY);
  pop_heredoc(state);
  return emit(lexer, valid, UNTERMINATED);
}

#endif  // SLUICE_DOCKERFILE_BODIES_H
