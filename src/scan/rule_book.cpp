#include "scan/rule_book.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/decode.h"
#include "base/file.h"
#include "embedded/rule_packs.h"
#include "scan/analysers.h"
#include "scan/suppression.h"
#include "syntax/language.h"

namespace sluice::scan {
namespace {

constexpr std::size_t k_max_rule_folder_depth = 32;
constexpr std::uint64_t k_max_rule_file_bytes = 4u << 20;

struct RuleFile {
  std::string path;
  Bytes bytes;
};

// "x.test.yaml" is the test of a rule, not a rule: Semgrep's convention.
bool is_rule_file(std::string_view name) {
  if (name.ends_with(".test.yaml") || name.ends_with(".test.yml")) return false;
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

Status add_folder(const Directory& folder, const std::string& path, std::size_t depth,
                  std::vector<RuleFile>& out) {
  if (depth > k_max_rule_folder_depth) {
    return fail(ErrorKind::limit, "scan.rules", "rule folders are nested too deep at " + path);
  }
  for (const DirectoryEntry& entry : SLUICE_TRY(folder.list())) {
    const std::string below = path + "/" + entry.name;
    if (entry.type == EntryType::directory && !entry.name.starts_with('.')) {
      SLUICE_CHECK(add_folder(SLUICE_TRY(folder.open_directory(entry.name)), below, depth + 1, out));
    } else if (entry.type == EntryType::regular && is_rule_file(entry.name)) {
      out.push_back({below, SLUICE_TRY(folder.read(entry.name, k_max_rule_file_bytes))});
    }
  }
  return {};
}

Result<std::vector<RuleFile>> read_rule_files(const std::vector<std::string>& paths) {
  std::vector<RuleFile> files;
  for (std::string path : paths) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (is_directory(path)) {
      const std::size_t before = files.size();
      if (Status added = add_folder(SLUICE_TRY(Directory::open(path)), path, 0, files); !added) {
        return fail(with_context(added.error(), "reading the rules in " + path));
      }
      if (files.size() == before)
        return fail(ErrorKind::config, "scan.rules", "no rule files (*.yaml) in " + path);
      continue;
    }
    Result<Bytes> bytes = read_file(path, k_max_rule_file_bytes);
    if (!bytes) {
      Error error = std::move(bytes).error();
      error.kind = ErrorKind::config;
      error.code = "scan.rules";
      return fail(with_context(std::move(error), "reading the rules"));
    }
    files.push_back({path, *std::move(bytes)});
  }
  return files;
}

// A pack named after a language holds rules of its family only (a test holds the packs to it); others are for
// any.
bool pack_may_apply(std::string_view pack, const std::set<std::string>& languages) {
  const auto has = [&languages](std::string_view language) {
    return languages.contains(std::string(language));
  };
  if (syntax::find_language(pack) == nullptr) return true;
  if (pack == "javascript") return has("javascript") || has("typescript") || has("tsx");
  if (pack == "c") return has("c") || has("cpp");
  return has(pack);
}

KnownRule own_rule() {
  RuleInfo info;
  info.id = k_rule_suppression_without_reason;
  info.title = "Suppression comment without effect";
  info.why = "An exception that nobody explained cannot be reviewed, so it does not count.";
  info.help = "Name the rule and write why: # sluice:ignore RULE reason";
  info.severity = Severity::low;
  return {std::move(info), Confidence::high, RuleOrigin::scan};
}

// Configured rules that do not exist are slips, and a slip must not weaken the scan unseen.
Status check_docker_rules(const checks::docker::Options& options) {
  std::vector<std::string> named(options.off.begin(), options.off.end());
  for (const auto& [rule, severity] : options.severity) named.push_back(rule);
  for (const std::string& rule : named) {
    if (checks::docker::find_check(rule) != nullptr) continue;
    std::vector<std::string> known;
    for (const auto& check : checks::docker::checks()) known.push_back(check.info.id);
    const std::string nearest = decode::nearest(rule, known);
    return fail(ErrorKind::config, "scan.rules", "no such Dockerfile rule: " + rule,
                nearest.empty() ? "see `sluice rules`" : "the nearest known name is \"" + nearest + "\"");
  }
  return {};
}

bool is_analyser(std::string_view name) {
  for (std::size_t id = 0; id < analyser_count(); ++id) {
    if (analyser_name(static_cast<AnalyserId>(id)) == name) return true;
  }
  return false;
}

}  // namespace

Result<RuleBook> RuleBook::load(const RuleBookOptions& options,
                                const std::optional<std::set<std::string>>& languages) {
  RuleBook book;
  book.docker_ = options.docker;
  SLUICE_CHECK(check_docker_rules(options.docker));
  book.docker_.profile = options.profile;
  book.docker_checks_ = options.default_rules;
  book.fix_data_ = options.fix_data;
  book.severity_ = options.severity;
  book.off_ = options.off;
  book.baseline_ = options.baseline;
  const std::vector<RuleFile> files = SLUICE_TRY(read_rule_files(options.rule_paths));
  std::vector<rules::RuleSource> sources;
  for (const RuleFile& file : files) sources.push_back({file.path, file.bytes});
  if (options.default_rules) book.add_packs(options, languages, sources);
  if (!sources.empty()) {
    rules::LoadedRules loaded = rules::load(sources);
    book.pack_rules_ = std::move(loaded.rules);
    book.problems_ = std::move(loaded.problems);
  }
  book.learn_rules();
  SLUICE_CHECK(book.select(options.only));
  return book;
}

void RuleBook::add_packs(const RuleBookOptions& options,
                         const std::optional<std::set<std::string>>& languages,
                         std::vector<rules::RuleSource>& sources) const {
  // A rule named by --only may stand in any pack.
  const bool names_rules = std::any_of(options.only.begin(), options.only.end(),
                                       [](const std::string& name) { return !is_analyser(name); });
  for (const embedded::File& file : embedded::rule_packs()) {
    const std::string_view pack = file.path.substr(0, file.path.find('/'));
    if (languages && !names_rules && !pack_may_apply(pack, *languages)) continue;
    sources.push_back({"plugins/" + std::string(file.path), file.bytes});
  }
}

void RuleBook::learn_rules() {
  for (std::size_t i = 0; i < pack_rules_.size(); ++i) {
    const rules::RuleHead& head = pack_rules_.head(i);
    known_[head.info.id] = {head.info, head.confidence, RuleOrigin::pack};
  }
  if (docker_checks_) {
    for (const checks::docker::CheckInfo& rule : checks::docker::checks()) {
      known_[rule.info.id] = {rule.info, rule.confidence, RuleOrigin::docker};
    }
  }
  KnownRule own = own_rule();
  known_[own.info.id] = own;
}

Status RuleBook::select(const std::vector<std::string>& only) {
  restricted_ = !only.empty();
  for (const std::string& name : only) {
    if (is_analyser(name)) {
      only_analysers_.insert(name);
      continue;
    }
    bool found = false;
    for (const auto& [id, rule] : known_) {
      if (!names_rule(name, id, rule.info.aliases)) continue;
      only_rules_.insert(id);
      found = true;
    }
    if (found) continue;
    std::vector<std::string> names;
    for (std::size_t id = 0; id < analyser_count(); ++id) {
      names.emplace_back(analyser_name(static_cast<AnalyserId>(id)));
    }
    for (const auto& [id, rule] : known_) names.push_back(id);
    const std::string nearest = decode::nearest(name, names);
    return fail(ErrorKind::usage, "scan.only", "--only names no analyser and no rule: " + name,
                nearest.empty() ? "see `sluice rules`" : "the nearest known name is \"" + nearest + "\"");
  }
  for (std::size_t i = 0; i < pack_rules_.size(); ++i) {
    if (only_rules_.contains(pack_rules_.head(i).info.id)) only_pack_rules_.push_back(i);
  }
  return {};
}

const KnownRule* RuleBook::find(std::string_view rule) const {
  const auto it = known_.find(rule);
  return it == known_.end() ? nullptr : &it->second;
}

std::optional<Severity> RuleBook::severity_of(std::string_view rule) const {
  const auto it = severity_.find(rule);
  if (it == severity_.end()) return std::nullopt;
  return it->second;
}

bool RuleBook::wants_analyser(std::string_view analyser) const {
  if (!restricted_ || only_analysers_.contains(analyser)) return true;
  return std::any_of(only_rules_.begin(), only_rules_.end(), [this, analyser](const std::string& id) {
    const KnownRule* rule = find(id);
    return rule != nullptr &&
           (rule->origin == RuleOrigin::pack || analyser == analyser_name(k_dockerfile_analyser));
  });
}

bool RuleBook::wants_rule(std::string_view analyser, std::string_view rule) const {
  return !restricted_ || only_analysers_.contains(analyser) || only_rules_.contains(rule);
}

std::span<const std::size_t> RuleBook::only_pack_rules(std::string_view analyser) const {
  if (!restricted_ || only_analysers_.contains(analyser)) return {};
  return only_pack_rules_;
}

}  // namespace sluice::scan
