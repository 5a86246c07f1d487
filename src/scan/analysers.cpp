#include "scan/analysers.h"

#include <algorithm>
#include <array>
#include <map>

#include "rules/match.h"

namespace sluice::scan {
namespace {

constexpr std::string_view k_dockerfile = "dockerfile";
constexpr std::string_view k_text = "text";
constexpr AnalyserId k_first_language = 2;

const syntax::Language* language_of(AnalyserId id) {
  const auto languages = syntax::languages();
  if (id < k_first_language || id - k_first_language >= static_cast<int>(languages.size())) return nullptr;
  return &languages[static_cast<std::size_t>(id) - k_first_language];
}

AnalyserId id_of(const syntax::Language& language) {
  const auto languages = syntax::languages();
  for (std::size_t i = 0; i < languages.size(); ++i) {
    if (languages[i].name == language.name) return static_cast<AnalyserId>(k_first_language + i);
  }
  return k_text_analyser;
}

bool is_error(const syntax::Tree& tree, syntax::NodeId id) {
  return (tree.flags(id) & (syntax::k_error | syntax::k_missing)) != 0;
}

// Inside an ERROR a statement was understood, a lone token or string was not.
bool is_structure(const syntax::Tree& tree, syntax::NodeId id) {
  std::size_t named = 0;
  for (syntax::NodeId c = tree.first_child(id); c != syntax::k_no_node; c = tree.next_sibling(c)) {
    if (!tree.is_named(c)) continue;
    if (!tree.is_leaf(c) || ++named > 1) return true;
  }
  return false;
}

struct ErrorMeasure {
  std::size_t count = 0;    // outermost error nodes
  std::uint64_t bytes = 0;  // in errors and not in anything that was recognised inside them
};

ErrorMeasure measure_errors(const syntax::Tree& tree) {
  ErrorMeasure measure;
  if (!tree.has_error()) return measure;
  for (syntax::NodeId id = 0; id < tree.size(); ++id) {
    if (!is_error(tree, id)) {
      if ((tree.flags(id) & syntax::k_has_error) == 0) id = tree.subtree_end(id) - 1;  // nothing below
      continue;
    }
    const syntax::NodeId parent = tree.parent(id);
    if (parent == syntax::k_no_node || !is_error(tree, parent)) ++measure.count;
    std::uint64_t unknown = tree.span(id).size();
    for (syntax::NodeId c = tree.first_child(id); c != syntax::k_no_node; c = tree.next_sibling(c)) {
      if (is_error(tree, c) || is_structure(tree, c))
        unknown -= std::min<std::uint64_t>(unknown, tree.span(c).size());
    }
    measure.bytes += unknown;
  }
  return measure;
}

std::vector<Span> comments_of(const syntax::Tree& tree) {
  std::vector<Span> comments;
  std::map<std::uint16_t, bool> is_comment;
  for (syntax::NodeId id = 0; id < tree.size(); ++id) {
    const auto [it, fresh] = is_comment.try_emplace(tree.kind(id), false);
    if (fresh) it->second = tree.is_named(id) && tree.kind_name(id).ends_with("comment");
    if (it->second) comments.push_back(tree.span(id));
  }
  return comments;
}

std::string plural(std::size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

// The first few by name, the others by number.
std::string name_problems(const RuleBook& book, const std::vector<rules::MatchProblem>& problems) {
  constexpr std::size_t k_named = 3;
  std::string out;
  for (std::size_t i = 0; i < std::min(problems.size(), k_named); ++i) {
    out +=
        (i == 0 ? "" : "; ") + book.pack_rules().head(problems[i].rule).info.id + ": " + problems[i].reason;
  }
  if (problems.size() > k_named) out += "; and " + plural(problems.size() - k_named, "other rule");
  return out;
}

checks::RawFinding to_finding(const RuleBook& book, const rules::Match& match) {
  checks::RawFinding out;
  out.rule = book.pack_rules().head(match.rule).info.id;
  out.span = match.span;
  out.message = match.message;
  for (const rules::MatchStep& step : match.trace) out.trace.push_back({step.span, step.message});
  if (match.fix) {
    // Who writes `fix` into a rule says that it can be applied, unless the rule's metadata says otherwise.
    const bool suggestion = book.pack_rules().head(match.rule).fix_is_suggestion;
    out.fix = Fix{"as the rule says",
                  suggestion ? FixTier::suggestion : FixTier::safe,
                  {{match.span.begin, match.span.size(), *match.fix}}};
  }
  return out;
}

}  // namespace

std::string_view analyser_name(AnalyserId id) {
  if (id == k_dockerfile_analyser) return k_dockerfile;
  const syntax::Language* language = language_of(id);
  return language == nullptr ? k_text : language->name;
}

std::size_t analyser_count() {
  return k_first_language + syntax::languages().size();
}

bool may_report(const RuleBook& book, AnalyserId id, std::string_view rule) {
  const KnownRule* known = book.find(rule);
  if (known == nullptr || known->origin == RuleOrigin::scan) return false;
  return known->origin == RuleOrigin::pack || id == k_dockerfile_analyser;
}

Plan plan_for(const RuleBook& book, const SourceFile& file, bool parse_all) {
  const auto planned = [&book, &file](AnalyserId id) {
    const std::string name(analyser_name(id));
    if (book.wants_analyser(name)) return Plan{id, std::nullopt};
    return Plan{std::nullopt, Coverage{file.path, name, CoverageStatus::skipped, "left out by --only"}};
  };
  const rules::RuleSet& rules = book.pack_rules();
  if (file.dockerfile) {
    if (book.docker_checks() || rules.wants(k_dockerfile, file.path) || rules.wants("", file.path) ||
        parse_all) {
      return planned(k_dockerfile_analyser);
    }
    return {std::nullopt, Coverage{file.path, std::string(k_dockerfile), CoverageStatus::skipped,
                                   "no rules for Dockerfiles"}};
  }
  if (file.language != nullptr) {
    const AnalyserId id = id_of(*file.language);
    if (rules.wants(file.language->name, file.path) || parse_all) return planned(id);
    if (rules.wants("", file.path)) return planned(k_text_analyser);
    return {std::nullopt, Coverage{file.path, std::string(file.language->name), CoverageStatus::skipped,
                                   "no rules for this language"}};
  }
  if (rules.wants("", file.path)) return planned(k_text_analyser);
  return {};
}

Analysis Analysers::analyse(const Request& request) {
  started_ = std::chrono::steady_clock::now();
  if (request.analyser == k_dockerfile_analyser) return analyse_dockerfile(request);
  if (const syntax::Language* language = language_of(request.analyser))
    return analyse_source(request, *language);
  Analysis out;
  match_rules(request, nullptr, out);
  return out;
}

Result<syntax::Tree> Analysers::parse(const Request& request, const syntax::Language& language) {
  if (!parser_) parser_ = std::make_unique<syntax::Parser>();
  syntax::ParseLimits limits;
  limits.deadline = parse_limit();
  return parser_->parse(language, request.bytes, {}, limits);
}

Analysis Analysers::analyse_source(const Request& request, const syntax::Language& language) {
  Analysis out;
  const Result<syntax::Tree> tree = parse(request, language);
  if (!tree) {
    out = Analysis::failed(tree.error().message);
    match_rules(request, nullptr, out);  // rules for any text need no tree
    return out;
  }
  out.marks = mentions_suppression(request.bytes) ? mark_comments(request.bytes, comments_of(*tree))
                                                  : std::vector<CommentMark>{};
  const ErrorMeasure errors = measure_errors(*tree);
  if (errors.count > 0) out.reason = plural(errors.count, "syntax error");
  if (static_cast<double>(errors.bytes) > k_max_error_share * static_cast<double>(request.bytes.size())) {
    out.status = CoverageStatus::failed;
    out.reason = "most of it does not parse as " + std::string(language.name) + " (" + out.reason + ")";
  }
  match_rules(request, &*tree, out);
  return out;
}

void Analysers::match_rules(const Request& request, const syntax::Tree* tree, Analysis& out) const {
  if (book_->pack_rules().empty()) return;
  const rules::Target target{request.path, request.bytes, tree, match_limit()};
  const rules::MatchResult result =
      rules::match(book_->pack_rules(), target, book_->only_pack_rules(analyser_name(request.analyser)));
  for (const rules::Match& match : result.matches) out.findings.push_back(to_finding(*book_, match));
  if (result.problems.empty()) return;
  out.status = CoverageStatus::failed;
  out.reason += (out.reason.empty() ? "" : "; ") + name_problems(*book_, result.problems);
}

}  // namespace sluice::scan
