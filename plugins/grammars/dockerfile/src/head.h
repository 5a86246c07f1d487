// The keyword, the flags' beginning, and where the arguments begin.
#ifndef SLUICE_DOCKERFILE_HEAD_H
#define SLUICE_DOCKERFILE_HEAD_H

#include "lines.h"

// Reads characters of the joined line up to a blank or one of `stops`, and marks them. Returns how many. Of the first
// ones `name` gets the upper case, as far as there is room.
static uint32_t read_name(State *state, TSLexer *lexer, const char *stops, char *name, uint32_t room) {
  Joined j = joined(state, lexer);
  uint32_t length = 0;
  for (;;) {
    int32_t c = joined_next(&j);
    if (c == LINE_END || is_blank(c) || (c > 0 && c < 0x80 && strchr(stops, c) != NULL)) return length;
    lexer->mark_end(lexer);
    if (c == 0x212A) c = 'K';  // the Kelvin sign is a 'k' to the builder
    if (length < room) name[length] = c > 0 && c < 0x80 ? (char)upper(c) : '?';
    ++length;
  }
}

static bool emit_keyword(State *state, TSLexer *lexer, const bool *valid, const char *name, uint32_t length) {
  Fixed *f = &state->fixed;
  f->mode = M_HEAD;
  f->keyword = UNKNOWN;
  for (int i = 0; i < UNKNOWN - ADD; ++i) {
    if (length == strlen(k_keywords[i]) && strcmp(name, k_keywords[i]) == 0) f->keyword = (uint8_t)(ADD + i);
  }
  if (f->keyword == ONBUILD && ++f->onbuild >= MAX_ONBUILD) f->keyword = UNKNOWN;
  return emit(lexer, valid, (enum Symbol)f->keyword);
}

static bool scan_keyword(State *state, TSLexer *lexer, const bool *valid) {
  char name[MAX_KEYWORD + 1] = {0};
  if (at_eol(lexer)) {
    if (state->fixed.onbuild > 0) return scan_eol(state, lexer, valid);
    return emit_keyword(state, lexer, valid, "", 0);  // an escape character that nothing follows
  }
  if (is_escape(state, lexer)) {
    bool blanks;
    if (scan_escape(state, lexer, false, &blanks)) {
      if (state->fixed.mode == M_TOP) state->fixed.mode = M_KEYWORD;
      return emit(lexer, valid, LINE_CONTINUATION);
    }
    if (!blanks) read_name(state, lexer, "", name, 0);
    return emit_keyword(state, lexer, valid, "", 0);
  }
  uint32_t length = read_name(state, lexer, "", name, MAX_KEYWORD);
  return emit_keyword(state, lexer, valid, name, length);
}

// The arguments begin with what was read last: chooses their form. The token is empty.
static bool begin_arguments(State *state, TSLexer *lexer, const bool *valid, Joined *j) {
  Fixed *f = &state->fixed;
  f->image = f->keyword == FROM || f->keyword == USER ? I_NAME : I_REST;
  f->word_start = true;
  bool in_string = false;
  switch (f->keyword) {
    case RUN:
    case CMD:
    case ENTRYPOINT:
    case SHELL:
    case ADD:
    case COPY:
    case VOLUME:
      if (is_json(j, &in_string)) {
        f->mode = M_JSON;
        return emit(lexer, valid, BEGIN);
      }
      // What was read cannot be read again, but there is no heredoc in it: a '[', strings and commas.
      // The builder looks for heredocs right under one ONBUILD, not deeper.
      if (f->onbuild <= 1 && (f->keyword == RUN || f->keyword == ADD || f->keyword == COPY)) {
        find_heredocs(state, j, in_string ? '"' : 0, is_space(j->previous));
      }
      f->mode = f->keyword == ADD || f->keyword == COPY || f->keyword == VOLUME ? M_WORDS : M_SHELL;
      return emit(lexer, valid, BEGIN);
    case HEALTHCHECK:
      if (f->mode == M_HEALTHCHECK_REST) {
        f->mode = is_json(j, &in_string) ? M_JSON : M_SHELL;
      } else {
        f->mode = M_HEALTHCHECK_TYPE;
      }
      return emit(lexer, valid, BEGIN);
    case ENV:
    case LABEL:
      if (first_word_has_equals(j)) {
        f->mode = M_PAIR_KEY;
        return emit(lexer, valid, BEGIN);
      }
      f->mode = M_LEGACY_KEY;
      return emit(lexer, valid, BEGIN_LEGACY);
    case ARG:
      f->mode = M_PAIR_KEY;
      return emit(lexer, valid, BEGIN);
    case FROM:
    case EXPOSE:
      f->mode = M_WORDS;
      return emit(lexer, valid, BEGIN);
    default:
      f->mode = M_WHOLE;
      return emit(lexer, valid, BEGIN);
  }
}

// After the keyword, at no blank and not at the end: a flag, the nested keyword of ONBUILD, or the arguments.
static bool scan_head(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  const bool flags = f->mode == M_HEAD;
  if (flags && f->keyword == ONBUILD && lexer->lookahead != '-') return scan_keyword(state, lexer, valid);
  Joined j = joined(state, lexer);
  if (is_escape(state, lexer)) {
    // Not by the joined line, which would swallow a continuation.
    uint32_t run = 0;
    while (is_escape(state, lexer)) {
      advance(lexer);
      ++run;
    }
    while (run == 1 && !at_eol(lexer) && is_blank(lexer->lookahead)) joined_blank(&j);
    if (run == 1 && at_eol(lexer)) {
      if (!at_end(lexer)) advance(lexer);
      lexer->mark_end(lexer);
      f->line_start = true;
      return emit(lexer, valid, LINE_CONTINUATION);
    }
    j.last = j.escape;
    j.after_escape = j.pending_blanks == 0;
    return begin_arguments(state, lexer, valid, &j);
  }
  joined_next(&j);
  if (flags && j.last == '-' && !at_end(lexer) && lexer->lookahead == '-') {
    advance(lexer);
    lexer->mark_end(lexer);
    if (at_eol(lexer) || is_space(lexer->lookahead)) return emit(lexer, valid, FLAGS_END);
    f->mode = M_FLAG_NAME;
    return emit(lexer, valid, FLAG_MARK);
  }
  if (flags && f->keyword == ONBUILD) {
    lexer->mark_end(lexer);
    char name[1];
    read_name(state, lexer, "", name, 0);
    return emit_keyword(state, lexer, valid, "", 0);
  }
  return begin_arguments(state, lexer, valid, &j);
}

static bool scan_equals(TSLexer *lexer, const bool *valid) {
  advance(lexer);
  lexer->mark_end(lexer);
  return emit(lexer, valid, EQUALS);
}

#endif  // SLUICE_DOCKERFILE_HEAD_H
