// RuleBook: every rule that one run knows, compiled in the parent before the first worker is forked, so that
// workers share it. Rules come from the packs embedded in the binary, from --rules files, and from the
// compiled checks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "checks/check.h"
#include "checks/docker/docker.h"
#include "rules/rule_set.h"
#include "scan/fix/fix_data.h"
#include "sluice/coverage.h"
#include "sluice/report.h"

namespace sluice::scan {

struct RuleBookOptions {
  bool default_rules = true;            // the embedded packs and the compiled checks
  std::vector<std::string> rule_paths;  // files or folders of *.yaml and *.yml; folders are walked, sorted
  std::vector<std::string> only;        // analysers and rules to keep; empty = all
  checks::Profile profile = checks::Profile::normal;
  checks::docker::Options docker;  // its `profile` is taken from above
  // Of the configuration, for rules of packs; Dockerfile checks get theirs with `docker`.
  std::map<std::string, Severity, std::less<>> severity;
  std::set<std::string, std::less<>> off;
  FixData fix_data;                             // what fixes of tier needs_data are filled in from
  std::set<std::string, std::less<>> baseline;  // fingerprints of findings that are not new
};

// Who may report a rule. nosemgrep comments apply to `pack` only.
enum class RuleOrigin : std::uint8_t { pack /* a Semgrep-format file */, docker, scan };

// What the parent knows of a rule.
struct KnownRule {
  RuleInfo info;
  Confidence confidence = Confidence::high;
  RuleOrigin origin = RuleOrigin::pack;
};

class RuleBook {
 public:
  // `languages`: the languages of the files at hand; embedded packs of other languages are then not loaded,
  // which keeps the scan of one Dockerfile cheap. Nothing = all packs.
  //
  // Codes: scan.rules (a rule path that does not exist or cannot be read), scan.only (a name that nothing
  // has). A rule that cannot be run as written is no error but an entry of `problems`.
  [[nodiscard]] static Result<RuleBook> load(const RuleBookOptions& options,
                                             const std::optional<std::set<std::string>>& languages = {});

  [[nodiscard]] const KnownRule* find(std::string_view rule) const;  // null if unknown
  [[nodiscard]] const std::map<std::string, KnownRule, std::less<>>& rules() const { return known_; }
  [[nodiscard]] const std::vector<Coverage>& problems() const { return problems_; }

  // A rule of an adapter, known only once it has occurred.
  void learn(KnownRule rule) { known_[rule.info.id] = std::move(rule); }

  // Under --only: whether the analyser runs at all, and whether it may report this rule.
  [[nodiscard]] bool wants_analyser(std::string_view analyser) const;
  [[nodiscard]] bool wants_rule(std::string_view analyser, std::string_view rule) const;

  [[nodiscard]] const rules::RuleSet& pack_rules() const { return pack_rules_; }
  // Indices of the pack rules that this analyser is to run; empty = all.
  [[nodiscard]] std::span<const std::size_t> only_pack_rules(std::string_view analyser) const;
  [[nodiscard]] const checks::docker::Options& docker() const { return docker_; }
  [[nodiscard]] bool docker_checks() const { return docker_checks_; }
  [[nodiscard]] const FixData& fix_data() const { return fix_data_; }
  [[nodiscard]] bool is_off(std::string_view rule) const { return off_.contains(rule); }
  [[nodiscard]] std::optional<Severity> severity_of(std::string_view rule) const;  // if configured
  [[nodiscard]] bool in_baseline(std::string_view fingerprint) const {
    return baseline_.contains(fingerprint);
  }

 private:
  void add_packs(const RuleBookOptions& options, const std::optional<std::set<std::string>>& languages,
                 std::vector<rules::RuleSource>& sources) const;
  void learn_rules();
  [[nodiscard]] Status select(const std::vector<std::string>& only);

  rules::RuleSet pack_rules_;
  checks::docker::Options docker_;
  bool docker_checks_ = true;
  FixData fix_data_;
  std::map<std::string, Severity, std::less<>> severity_;
  std::set<std::string, std::less<>> off_;
  std::set<std::string, std::less<>> baseline_;
  std::map<std::string, KnownRule, std::less<>> known_;
  std::vector<Coverage> problems_;
  bool restricted_ = false;  // by --only, to these analysers and, of the others, to these rules:
  std::set<std::string, std::less<>> only_analysers_;
  std::set<std::string, std::less<>> only_rules_;
  std::vector<std::size_t> only_pack_rules_;
};

// Rules of scan itself: findings about the suppression comments.
inline constexpr std::string_view k_rule_suppression_without_reason = "sluice.suppression-without-reason";

}  // namespace sluice::scan
