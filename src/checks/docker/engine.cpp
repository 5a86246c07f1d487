// Runs the catalogue over one file: model, checks, selection, suppression comments, order.
#include <algorithm>
#include <array>
#include <tuple>

#include "checks/docker/check_row.h"
#include "checks/docker/docker.h"
#include "checks/docker/pragmas.h"
#include "checks/docker/problems.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {

#include "registry/catalog_declarations.inc"

namespace {

const CheckSet* const k_sets[] = {
#include "registry/catalog_rows.inc"
};

std::vector<std::string> words(std::string_view list) {
  std::vector<std::string> out;
  for (const std::string_view word : split(list, " ")) out.emplace_back(word);
  return out;
}

CheckInfo info_of(const Check& check) {
  CheckInfo info;
  info.info.id = std::string(check.id);
  info.info.title = std::string(check.title);
  info.info.why = std::string(check.why);
  info.info.help = std::string(check.help);
  info.info.severity = check.severity;
  info.info.aliases = words(check.aliases);
  info.info.cwe = words(check.cwe);
  info.info.references = words(check.references);
  info.profile = check.profile;
  info.confidence = check.confidence;
  info.fixable = check.fixable;
  return info;
}

bool selected(const CheckInfo& info, const Options& options) {
  if (options.off.count(info.info.id) != 0) return false;
  return options.profile == Profile::all || info.profile == Profile::normal;
}

// Drops what is not asked for, applies severities, sorts; equal findings of one rule at one place are one.
void finish(Findings& findings, const Options& options) {
  std::erase_if(findings, [&](const RawFinding& finding) {
    const CheckInfo* info = find_check(finding.rule);
    if (info == nullptr || !selected(*info, options)) return true;
    return finding.all_profile_only && options.profile != Profile::all;
  });
  for (RawFinding& finding : findings) {
    const auto severity = options.severity.find(finding.rule);
    if (severity != options.severity.end()) finding.severity = severity->second;
  }
  const auto key = [](const RawFinding& f) { return std::tie(f.span.begin, f.span.end, f.rule, f.message); };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const RawFinding& a, const RawFinding& b) { return key(a) < key(b); });
  const auto same = [](const RawFinding& a, const RawFinding& b) {
    return a.span == b.span && a.rule == b.rule;
  };
  findings.erase(std::unique(findings.begin(), findings.end(), same), findings.end());
}

}  // namespace

std::span<const CheckSet* const> catalog() {
  return k_sets;
}

std::span<const CheckInfo> checks() {
  static const std::vector<CheckInfo> table = [] {
    std::vector<CheckInfo> out;
    for (const CheckSet* set : k_sets) {
      for (const Check* check : set->checks) out.push_back(info_of(*check));
    }
    std::sort(out.begin(), out.end(),
              [](const CheckInfo& a, const CheckInfo& b) { return a.info.id < b.info.id; });
    return out;
  }();
  return table;
}

const CheckInfo* find_check(std::string_view id) {
  const std::span<const CheckInfo> all = checks();
  const auto found =
      std::lower_bound(all.begin(), all.end(), id,
                       [](const CheckInfo& info, std::string_view wanted) { return info.info.id < wanted; });
  return found != all.end() && found->info.id == id ? &*found : nullptr;
}

std::optional<LabelKind> parse_label_kind(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, LabelKind>, 7> kinds{{{"text", LabelKind::text},
                                                                         {"url", LabelKind::url},
                                                                         {"rfc3339", LabelKind::rfc3339},
                                                                         {"spdx", LabelKind::spdx},
                                                                         {"githash", LabelKind::githash},
                                                                         {"semver", LabelKind::semver},
                                                                         {"email", LabelKind::email}}};
  for (const auto& [name, kind] : kinds) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

RawFinding& Sink::report(const Check& check, Span span, std::string message) {
  full_ = full_ || findings_.size() >= k_max_findings;
  const bool wanted = options_.profile == Profile::all || check.profile == Profile::normal;
  if (full_ || !wanted) {
    dropped_ = RawFinding{};
    return dropped_;
  }
  RawFinding finding;
  finding.rule = std::string(check.id);
  finding.span = span;
  finding.message = std::move(message);
  findings_.push_back(std::move(finding));
  return findings_.back();
}

RawFinding& Sink::report(const Check& check, const RunCommand& run, Span span, std::string message) {
  RawFinding& finding = report(check, span, std::move(message));
  if (!run.script().problems.empty() && check.confidence == Confidence::high)
    finding.confidence = Confidence::medium;
  return finding;
}

Output analyse(const df::Document& document, std::string_view source, const Options& options) {
  Output out;
  df::ModelOptions model_options;
  model_options.targets = options.targets;
  model_options.default_shell = default_shell_pragma(document);
  const Model model = df::build_model(document, source, model_options);
  const Facts facts(document, model, source, options);
  Sink sink(options, out.findings);
  for (const CheckSet* set : k_sets) set->run(facts, sink);
  if (sink.full()) {
    out.notes.push_back("more than " + std::to_string(k_max_findings) + " findings");
    out.partial = true;
  }
  finish(out.findings, options);
  suppress(facts, out.findings);
  note_problems(facts, out);
  return out;
}

Result<Output> analyse(std::string_view source, syntax::Parser& parser, const Options& options) {
  (void)parser;
  for (const std::string& id : options.off) {
    if (find_check(id) == nullptr)
      return fail(ErrorKind::config, "docker.option", "unknown rule " + quoted(id) + " in off");
  }
  for (const auto& [id, severity] : options.severity) {
    (void)severity;
    if (find_check(id) == nullptr) {
      return fail(ErrorKind::config, "docker.option", "unknown rule " + quoted(id) + " in severity");
    }
  }
  return analyse(df::parse_document(source), source, options);
}

}  // namespace sluice::checks::docker
