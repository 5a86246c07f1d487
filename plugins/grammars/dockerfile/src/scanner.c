// The external scanner of the Dockerfile grammar: it makes every token.
//
// It reads characters the way BuildKit's front end does: a physical line that ends with one escape character (blanks may
// follow) goes on in the next one, and comment and blank lines in between do not count. Where a decision needs the whole
// joined line (is it JSON, which heredocs does it announce, "key=value" or "key value"), the scanner looks ahead and
// emits an empty token; the decision is kept in the state.
//
// The state has a fixed size, whatever the input: names of heredocs are kept as hashes. Nothing recurses with the input.
// Two things are not exact: of more than MAX_HEREDOCS heredocs on one line the bodies of the rest are read as
// instructions, and a quote that opens inside a flag and never closes there does not hide a heredoc behind it. The exact
// reading is that of src/syntax/dockerfile.

#include "bodies.h"
#include "text.h"

// Do blanks separate tokens here, or belong to the text?
static bool blanks_separate(const Fixed *f) {
  return f->quote == 0 && f->variable == V_NONE && f->mode != M_WHOLE && f->mode != M_SHELL && f->mode != M_JSON_STRING;
}

static bool emit_blank(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  switch (f->mode) {
    case M_FLAG_NAME:
    case M_FLAG_EQUALS:
    case M_FLAG_VALUE:
    case M_OPTION:
    case M_OPTION_EQUALS:
    case M_OPTION_VALUE:
      f->mode = M_HEAD;
      break;
    case M_PAIR_VALUE:
      f->mode = M_PAIR_KEY;
      break;
    case M_LEGACY_KEY:
      f->mode = M_WHOLE;
      break;
    case M_WORDS:
      f->word_start = true;
      if (f->image < I_SECOND_WORD) f->image = f->keyword == FROM ? I_SECOND_WORD : I_REST;
      break;
    default:
      break;
  }
  return emit(lexer, valid, BLANK);
}

// At the start of a line, bodies of heredocs apart: comments, blank lines, and the blanks before text. True if a token
// was made (or refused: `*made` says).
static bool scan_line_start(State *state, TSLexer *lexer, const bool *valid, bool *made) {
  Fixed *f = &state->fixed;
  bool blanks = false;
  while (!at_eol(lexer) && is_space(lexer->lookahead)) {
    skip(lexer);
    blanks = true;
  }
  lexer->mark_end(lexer);
  if (!at_end(lexer) && lexer->lookahead == '#') {
    if (f->mode == M_TOP && f->directives_open) {
      *made = scan_directive(state, lexer, valid);
    } else {
      *made = scan_comment(lexer, valid);
    }
    return true;
  }
  if (!at_end(lexer) && lexer->lookahead == '\n') {
    if (f->mode == M_TOP) f->directives_open = false;
    advance(lexer);
    lexer->mark_end(lexer);
    *made = emit(lexer, valid, BLANK_LINE);
    return true;
  }
  f->line_start = false;
  if (f->mode == M_TOP) f->directives_open = false;
  if (!blanks || at_end(lexer) || f->mode == M_TOP || f->mode == M_KEYWORD || !blanks_separate(f)) return false;
  *made = emit_blank(state, lexer, valid);
  return true;
}

static bool scan_flag(State *state, TSLexer *lexer, const bool *valid) {
  static const char k_mount[] = "MOUNT";
  Fixed *f = &state->fixed;
  char name[sizeof(k_mount)] = {0};
  uint32_t length;
  bool blanks;
  switch (f->mode) {
    case M_FLAG_NAME:
      if (is_escape(state, lexer)) {
        if (scan_escape(state, lexer, false, &blanks)) return emit(lexer, valid, LINE_CONTINUATION);
        f->mode = M_FLAG_EQUALS;
        return emit(lexer, valid, FLAG_NAME);
      }
      f->mode = M_FLAG_EQUALS;
      if (lexer->lookahead == '=') return scan_flag(state, lexer, valid);
      length = read_name(state, lexer, "=", name, sizeof(name) - 1);
      f->mount = f->keyword == RUN && length == strlen(k_mount) && strcmp(name, k_mount) == 0;
      return length > 0 && emit(lexer, valid, FLAG_NAME);
    case M_FLAG_EQUALS:
      if (lexer->lookahead != '=') break;
      f->mode = f->mount ? M_OPTION : M_FLAG_VALUE;
      return scan_equals(lexer, valid);
    case M_OPTION_EQUALS:
      if (lexer->lookahead != '=') break;
      f->mode = M_OPTION_VALUE;
      return scan_equals(lexer, valid);
    default:
      break;
  }
  if (f->mode == M_FLAG_EQUALS) {  // after a name that ended with an escape character
    f->mode = M_HEAD;
    return scan_head(state, lexer, valid);
  }
  if (lexer->lookahead == ',') {
    advance(lexer);
    lexer->mark_end(lexer);
    f->mode = M_OPTION;
    return emit(lexer, valid, COMMA);
  }
  if (is_escape(state, lexer)) {
    if (scan_escape(state, lexer, false, &blanks)) return emit(lexer, valid, LINE_CONTINUATION);
  } else {
    advance(lexer);
    lexer->mark_end(lexer);
    read_name(state, lexer, "=,", name, 0);
  }
  f->mode = M_OPTION_EQUALS;
  return emit(lexer, valid, OPTION_NAME);
}

static bool scan(State *state, TSLexer *lexer, const bool *valid) {
  Fixed *f = &state->fixed;
  if (f->mode == M_HEREDOC) return scan_heredoc(state, lexer, valid);
  if (f->mode == M_DIRECTIVE_NAME || f->mode == M_DIRECTIVE_EQUALS || f->mode == M_DIRECTIVE_VALUE) {
    return scan_directive_part(state, lexer, valid);
  }
  bool made = false;
  if (f->line_start && scan_line_start(state, lexer, valid, &made)) return made;
  lexer->mark_end(lexer);
  if (f->mode == M_TOP && at_end(lexer)) return false;
  if (f->mode == M_TOP || f->mode == M_KEYWORD) return scan_keyword(state, lexer, valid);

  bool blanks = false;
  while (!at_eol(lexer) && is_blank(lexer->lookahead)) {
    advance(lexer);
    blanks = true;
  }
  if (at_eol(lexer)) {
    if (f->quote == 0 || f->mode == M_SHELL) return scan_eol(state, lexer, valid);
    f->quote = 0;
    return emit(lexer, valid, UNTERMINATED);
  }
  if (blanks && blanks_separate(f)) {
    lexer->mark_end(lexer);
    return emit_blank(state, lexer, valid);
  }
  if (f->variable != V_NONE) {
    if (!blanks) return scan_variable(state, lexer, valid);
    lexer->mark_end(lexer);
    const bool modifier = f->variable == V_MODIFIER;
    f->variable = V_OPERAND;
    return emit(lexer, valid, modifier ? VARIABLE_MODIFIER : VARIABLE_OPERAND);
  }
  switch (f->mode) {
    case M_HEAD:
    case M_HEALTHCHECK_REST:
      return scan_head(state, lexer, valid);
    case M_FLAG_NAME:
    case M_FLAG_EQUALS:
    case M_OPTION:
    case M_OPTION_EQUALS:
      return scan_flag(state, lexer, valid);
    case M_HEALTHCHECK_TYPE: {
      char name[1];
      f->mode = M_HEALTHCHECK_REST;
      return read_name(state, lexer, "", name, 0) > 0 && emit(lexer, valid, HEALTHCHECK_TYPE);
    }
    case M_JSON:
    case M_JSON_STRING:
      if (blanks) lexer->mark_end(lexer);
      return blanks ? emit(lexer, valid, JSON_TEXT) : scan_json(state, lexer, valid);
    case M_SHELL:
      return scan_shell(state, lexer, valid, blanks);
    default:
      return scan_part(state, lexer, valid, blanks);
  }
}

// --- the interface of tree-sitter ---

static void reset(State *state) {
  memset(state, 0, sizeof(*state));
  state->fixed.escape = '\\';
  state->fixed.line_start = true;
  state->fixed.directives_open = true;
}

void *tree_sitter_dockerfile_external_scanner_create(void) {
  State *state = malloc(sizeof(State));
  if (state != NULL) reset(state);
  return state;
}

void tree_sitter_dockerfile_external_scanner_destroy(void *payload) { free(payload); }

unsigned tree_sitter_dockerfile_external_scanner_serialize(void *payload, char *buffer) {
  const State *state = payload;
  if (state == NULL) return 0;
  unsigned size = sizeof(Fixed);
  memcpy(buffer, &state->fixed, sizeof(Fixed));
  for (unsigned i = 0; i < state->fixed.heredoc_count && i < MAX_HEREDOCS; ++i) {
    memcpy(buffer + size, &state->heredocs[i].hash, sizeof(uint64_t));
    size += sizeof(uint64_t);
    buffer[size++] = (char)state->heredocs[i].strip_tabs;
  }
  return size;
}

void tree_sitter_dockerfile_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  State *state = payload;
  if (state == NULL) return;
  reset(state);
  if (length < sizeof(Fixed)) return;
  memcpy(&state->fixed, buffer, sizeof(Fixed));
  unsigned at = sizeof(Fixed);
  for (unsigned i = 0; i < state->fixed.heredoc_count && i < MAX_HEREDOCS; ++i) {
    if (at + sizeof(uint64_t) + 1 > length) {
      state->fixed.heredoc_count = (uint8_t)i;
      break;
    }
    memcpy(&state->heredocs[i].hash, buffer + at, sizeof(uint64_t));
    at += sizeof(uint64_t);
    state->heredocs[i].strip_tabs = (uint8_t)buffer[at++];
  }
}

bool tree_sitter_dockerfile_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid_symbols) {
  State *state = payload;
  return state != NULL && scan(state, lexer, valid_symbols);
}
