// Looking ahead over the joined line: continuations, comments and blank lines are skipped as the builder skips them. And
// the decisions that need it: is this JSON, "key=value" or "key value", which heredocs does the line announce.
#ifndef SLUICE_DOCKERFILE_JOINED_H
#define SLUICE_DOCKERFILE_JOINED_H

#include "state.h"

enum { LINE_END = -2 };

typedef struct {
  TSLexer *lexer;
  int32_t escape;
  int32_t last;            // what joined_next returned last
  int32_t previous;        // what it returned before; at first a blank
  bool pending_escape;     // an escape character that turned out not to end the line
  uint32_t pending_blanks;
  int32_t blank;           // one of the pending blanks; a tab if there is any
  bool after_escape;       // the last physical character was an escape character
  bool hashing;            // characters that are left behind go into `hash`
  uint64_t hash;
} Joined;

static Joined joined(const State *state, TSLexer *lexer) {
  Joined out = {.lexer = lexer, .escape = state->fixed.escape, .last = ' ', .previous = ' ', .blank = ' '};
  return out;
}

static void joined_blank(Joined *j) {
  if (j->pending_blanks++ == 0) j->blank = ' ';
  if (j->lexer->lookahead != ' ') j->blank = '\t';
  advance(j->lexer);
}

// After the newline of a continuation: skips comment and blank lines.
static void joined_next_line(Joined *j) {
  TSLexer *lexer = j->lexer;
  for (;;) {
    j->pending_blanks = 0;
    while (!at_eol(lexer) && is_space(lexer->lookahead)) joined_blank(j);
    if (at_end(lexer)) {
      j->pending_blanks = 0;
      return;
    }
    if (lexer->lookahead != '\n' && lexer->lookahead != '#') return;
    while (!at_eol(lexer)) advance(lexer);
    if (!at_end(lexer)) advance(lexer);
  }
}

static int32_t joined_read(Joined *j) {
  TSLexer *lexer = j->lexer;
  for (;;) {
    if (j->pending_escape) {
      j->pending_escape = false;
      return j->escape;
    }
    if (j->pending_blanks > 0) {
      --j->pending_blanks;
      return j->blank;
    }
    if (at_eol(lexer)) return LINE_END;
    int32_t c = lexer->lookahead;
    if (c != j->escape || j->after_escape) {
      j->after_escape = c == j->escape;
      advance(lexer);
      return c;
    }
    advance(lexer);
    j->after_escape = true;
    while (!at_eol(lexer) && is_blank(lexer->lookahead)) joined_blank(j);
    if (!at_eol(lexer)) {
      j->pending_escape = true;
      if (j->pending_blanks > 0) j->after_escape = false;
      continue;
    }
    j->after_escape = false;
    if (!at_end(lexer)) advance(lexer);
    joined_next_line(j);
  }
}

// The next character of the joined line, or LINE_END.
static int32_t joined_next(Joined *j) {
  if (j->hashing && j->last != LINE_END) j->hash = hash_char(j->hash, j->last);
  j->previous = j->last;
  j->last = joined_read(j);
  return j->last;
}

// --- decisions about a joined line ---

static int32_t json_blanks(Joined *j) {
  int32_t c = joined_next(j);
  while (c == ' ' || c == '\t' || c == '\r') c = joined_next(j);
  return c;
}

// Reads the rest of a string whose opening quote has been read.
static bool json_string(Joined *j) {
  for (;;) {
    int32_t c = joined_next(j);
    if (c == '"') return true;
    if (c == LINE_END || (c >= 0 && c < 0x20)) return false;
    if (c != '\\') continue;
    c = joined_next(j);
    if (c == 'u') {
      for (int i = 0; i < 4; ++i) {
        c = upper(joined_next(j));
        if (!is_digit(c) && !(c >= 'A' && c <= 'F')) return false;
      }
    } else if (c <= 0 || c >= 0x80 || strchr("\"\\/bfnrt", c) == NULL) {
      return false;
    }
  }
}

// Is the rest, whose first character has been read, a JSON array of strings? If not, `in_string` says whether reading
// stopped inside a string.
static bool is_json(Joined *j, bool *in_string) {
  *in_string = false;
  if (j->last != '[') return false;
  int32_t c = json_blanks(j);
  while (c != ']') {
    if (c != '"') return false;
    if (!json_string(j)) {
      *in_string = true;
      return false;
    }
    c = json_blanks(j);
    if (c == ']') break;
    if (c != ',') return false;
    c = json_blanks(j);
    if (c == ']') return false;
  }
  return json_blanks(j) == LINE_END;
}

// ENV and LABEL: does the first word, with its quotes, have a '='? Its first character has been read.
static bool first_word_has_equals(Joined *j) {
  int32_t quote = 0;
  for (int32_t c = j->last;; c = joined_next(j)) {
    if (c == LINE_END || (quote == 0 && is_space(c))) return false;
    if (c == '=') return true;
    if (c == j->escape && quote != '\'') {
      c = joined_next(j);
      if (c == LINE_END) return false;
      if (c == '=') return true;
    } else if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote != 0 ? 0 : c;
    }
  }
}

// The builder's lexer over a line: quotes, and variables in braces, each with quotes of its own.
enum { MAX_BRACES = 16 };

typedef struct {
  Joined *j;
  int32_t quote;
  bool refused;               // the builder's lexer stops with an error
  uint32_t depth;             // of open braces
  int32_t quotes[MAX_BRACES]; // the quoting outside of each
  bool pattern[MAX_BRACES];   // between the slashes of ${a/b/c}
} HeredocSearch;

// At a '$' that has been read; reads what follows up to the word of a modifier.
static void lex_dollar(HeredocSearch *s) {
  Joined *j = s->j;
  int32_t c = joined_next(j);
  if (c > 0 && c < 0x80 && strchr("@*#?-$!", c) != NULL) joined_next(j);
  if (c != '{') return;
  c = joined_next(j);
  s->refused = c == LINE_END || c == '{' || c == '}' || c == ':';
  if (s->refused) return;
  if (is_digit(c)) {
    while (is_digit(j->last)) joined_next(j);
  } else if (c > 0 && c < 0x80 && strchr("@*#?-$!", c) != NULL) {
    joined_next(j);
  } else {
    while (is_name(j->last)) joined_next(j);
  }
  c = j->last;
  if (c == '}') {
    joined_next(j);
    return;
  }
  if (c == ':') {
    joined_next(j);  // any character will do
  } else {
    s->refused = c <= 0 || c >= 0x80 || strchr("-+?#%/", c) == NULL;
  }
  s->refused = s->refused || s->depth >= MAX_BRACES;
  if (s->refused) return;
  s->quotes[s->depth] = s->quote;
  s->pattern[s->depth++] = c == '/';
  s->quote = 0;
  joined_next(j);
  if (c == '/' && j->last == '/') joined_next(j);
}

// Reads the character last read, and what belongs to it, as the builder's lexer does.
static void lex_char(HeredocSearch *s) {
  Joined *j = s->j;
  const int32_t c = j->last;
  if (c == '$' && s->quote != '\'') {
    lex_dollar(s);
    return;
  }
  if (c == '<' && s->quote == 0) {
    if (joined_next(j) != '<') return;
    joined_next(j);
    while (j->last != LINE_END && is_space(j->last)) joined_next(j);  // they belong to the word
    return;
  }
  if (c == '\\' && s->quote != '\'') {
    joined_next(j);
  } else if (s->quote != 0 ? c == s->quote : c == '\'' || c == '"') {
    s->quote = s->quote != 0 ? 0 : c;
  } else if (s->quote == 0 && s->depth > 0) {
    if (s->pattern[s->depth - 1] && c == '/') {
      s->pattern[s->depth - 1] = false;
    } else if (!s->pattern[s->depth - 1] && c == '}') {
      s->quote = s->quotes[--s->depth];
    }
  }
  if (j->last != LINE_END) joined_next(j);
}

// Reads a heredoc word whose "<<" has been read, the character after it too. False if it is none.
static bool heredoc_word(HeredocSearch *s, Heredoc *out) {
  Joined *j = s->j;
  out->strip_tabs = j->last == '-';
  if (j->last == '-') joined_next(j);
  while (j->last != LINE_END && is_space(j->last)) joined_next(j);
  j->hash = k_hash_seed;
  bool any = false;
  while (j->last != LINE_END && !s->refused) {
    const int32_t c = j->last;
    if (s->quote == 0 && is_space(c)) break;
    if (c == '<') return false;
    if ((c == '$' && s->quote != '\'') || s->depth > 0) {  // a variable is part of the name, as written
      if (is_space(c)) return false;
      j->hashing = any = true;
      lex_char(s);
      j->hashing = false;
    } else if (s->quote != 0 ? c == s->quote : c == '\'' || c == '"') {
      s->quote = s->quote != 0 ? 0 : c;
      joined_next(j);
    } else {
      if (c == '\\' && s->quote != '\'' && joined_next(j) == LINE_END) break;
      j->hashing = any = true;
      joined_next(j);
      j->hashing = false;
    }
  }
  out->hash = j->hash;
  return any && !s->refused && s->depth == 0;
}

// Finds the heredocs that the rest of the line announces; its first character has been read. A line that the builder's
// lexer refuses, for instance for a quote that never closes, announces none.
static void find_heredocs(State *state, Joined *j, int32_t quote, bool word_start) {
  HeredocSearch s = {.j = j, .quote = quote};
  uint32_t count = 0;
  while (j->last != LINE_END && !s.refused) {
    const bool plain = s.quote == 0 && s.depth == 0;
    if (plain && is_space(j->last)) {
      word_start = true;
      joined_next(j);
    } else if (plain && word_start) {
      word_start = false;
      while (is_digit(j->last)) joined_next(j);
      if (j->last != '<' || joined_next(j) != '<') continue;
      joined_next(j);
      Heredoc found;
      if (j->last != '<' && heredoc_word(&s, &found) && count < MAX_HEREDOCS) state->heredocs[count++] = found;
    } else {
      lex_char(&s);
    }
  }
  if (s.quote != 0 || s.depth != 0 || s.refused) count = 0;
  state->fixed.heredoc_count = (uint8_t)count;
  state->fixed.markers = (uint8_t)count;
}

#endif  // SLUICE_DOCKERFILE_JOINED_H
