#include "rules/term.h"

#include <functional>

namespace sluice::rules {

namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccdULL;
}

}  // namespace

TermId TermTree::child(TermId id, std::size_t slot) const {
  TermId c = first_child(id);
  while (c != k_no_term && slot > 0) {
    c = next_sibling(c);
    --slot;
  }
  return c;
}

std::vector<TermId> TermTree::children(TermId id) const {
  std::vector<TermId> found;
  for (TermId c = first_child(id); c != k_no_term; c = next_sibling(c)) found.push_back(c);
  return found;
}

bool TermTree::equal(const TermTree& a, TermId x, const TermTree& b, TermId y) {
  const Term* p = &a.terms_[x];
  const Term* q = &b.terms_[y];
  if (p->hash != q->hash || p->end - x != q->end - y) return false;
  for (TermId i = 0; i < p->end - x; ++i) {
    const Term& s = a.terms_[x + i];
    const Term& t = b.terms_[y + i];
    if (s.kind != t.kind || s.end - x != t.end - y || s.text != t.text) return false;
  }
  return true;
}

TermId TermTree::open(Kind kind, Span span, std::uint8_t flags, std::string_view text) {
  const auto id = static_cast<TermId>(terms_.size());
  Term term;
  term.kind = kind;
  term.flags = flags;
  term.span = span;
  term.parent = open_;
  term.text = text;
  terms_.push_back(term);
  open_ = id;
  return id;
}

void TermTree::close(TermId id) {
  Term& term = terms_[id];
  term.end = size();
  std::uint64_t hash = mix(term.kind, std::hash<std::string_view>{}(term.text));
  for (TermId c = id + 1; c < term.end; c = terms_[c].end) {
    hash = mix(hash, terms_[c].hash);
    term.flags = static_cast<std::uint8_t>(term.flags | (terms_[c].flags & k_has_hole));
  }
  term.hash = hash;
  open_ = term.parent;
}

TermId TermTree::leaf(Role role, Span span, std::string_view text, std::uint8_t flags) {
  const TermId id = open(role, span, flags, text);
  close(id);
  return id;
}

std::string_view TermTree::keep(std::string text) {
  kept_.push_back(std::move(text));
  return kept_.back();
}

}  // namespace sluice::rules
