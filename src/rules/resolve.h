// Resolver: which variable each name denotes, by the scopes of functions and classes.
#pragma once

#include "rules/program.h"

namespace sluice::rules {

class Resolver {
 public:
  explicit Resolver(Program& program) : program_(program), terms_(program.terms_) {}
  void run();

 private:
  struct Scope {
    TermId owner = k_no_term;
    std::size_t outer = 0;
    bool is_class = false;
    // A name declared again is another variable from there on.
    std::unordered_map<std::string_view, std::vector<std::pair<TermId, std::uint32_t>>> names;
  };
  std::size_t scope_of(TermId id) const { return scope_by_term_[id]; }
  void make_scopes();
  void collect(TermId id);
  void import(TermId id, std::size_t scope);
  [[nodiscard]] TermId required_module(TermId call) const;
  void javascript_require(TermId assign, std::size_t scope);
  void targets(TermId id, std::size_t scope, TermId at, TermId value, bool declares);
  std::uint32_t declare(std::string_view name, std::size_t scope, TermId at, bool anew = false);
  std::uint32_t lookup(std::string_view name, std::size_t scope, TermId at) const;
  TermId dotted(TermId module, std::string_view member, Span span);
  void copy(TermId id);

  Program& program_;
  TermTree& terms_;
  std::vector<Scope> scopes_;
  std::vector<std::uint32_t> scope_by_term_;
};

}  // namespace sluice::rules
