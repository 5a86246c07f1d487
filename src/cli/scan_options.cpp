#include "cli/scan_options.h"

#include <algorithm>

#include "base/decode.h"
#include "git/revision.h"

namespace sluice::cli {
namespace {

// "--only a,b --only c" → a b c
std::vector<std::string> split_commas(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const std::string& value : values) {
    std::string_view rest(value);
    while (true) {
      const std::size_t comma = rest.find(',');
      if (const std::string_view item = rest.substr(0, comma); !item.empty()) out.emplace_back(item);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return out;
}

bool is_docker_rule(std::string_view rule) {
  return rule.starts_with("docker.");
}

// The run loads only packs of languages that it met, so a name that it does not know is looked up in all.
Status refuse_unknown_rule(const std::string& rule, const Config& config, const scan::Output& output,
                           const scan::Options& options) {
  if (rule.starts_with("shellcheck.SC")) return {};  // an adapter's, known only when it has occurred
  for (const RuleInfo& info : output.rules) {
    if (info.id == rule) return {};
  }
  scan::RuleBookOptions all = options.rules;
  all.only.clear();
  const scan::RuleBook book = SLUICE_TRY(scan::RuleBook::load(all));
  if (book.find(rule) != nullptr) return {};
  std::vector<std::string> known;
  for (const auto& [id, info] : book.rules()) known.push_back(id);
  const std::string nearest = decode::nearest(rule, known);
  return fail(ErrorKind::config, "config.unknown-rule", "no rule is named \"" + rule + "\" in " + config.path,
              nearest.empty() ? "`sluice rules` lists them" : "the nearest is \"" + nearest + "\"");
}

Result<scan::Adapters> make_adapters(const Arguments& arguments, const Config& config) {
  scan::Adapters adapters;
  const auto named = [](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), "shellcheck") != names.end();
  };
  adapters.shellcheck = named(arguments.values("adapter")) || named(config.scan.adapters);
  if (!arguments.has("shellcheck")) return adapters;
  adapters.shellcheck_program = arguments.value("shellcheck");
  if (!adapters.shellcheck) {
    return fail(ErrorKind::usage, "cli.usage", "--shellcheck needs --adapter shellcheck");
  }
  if (!adapters.shellcheck_program.starts_with('/')) {
    return fail(ErrorKind::usage, "cli.usage", "--shellcheck takes an absolute path",
                "a relative one would depend on the folder that is scanned");
  }
  return adapters;
}

}  // namespace

std::vector<OptionSpec> scan_options() {
  return {
      {"--config", "FILE", "configuration (default: sluice.yaml in the first path)"},
      {"--profile",
       "NAME",
       "default: what a gate stops or warns on; all: every check",
       false,
       false,
       {"default", "all"}},
      {"--only", "NAME[,NAME]", "run these analysers or rules only (dockerfile, python, a rule id)", false,
       true},
      {"--rules", "FILE", "Semgrep-format rule file or folder; may be repeated", false, true},
      {"--no-default-rules", "", "leave out the built-in rules and checks"},
      {"--adapter", "NAME", "also run an installed program over what it knows", false, true, {"shellcheck"}},
      {"--shellcheck", "PATH",
       "absolute path of the shellcheck that --adapter runs (default: found in PATH)"},
      {"-j,--jobs", "N", "worker processes (default: one a processor)"}};
}

Result<scan::Options> make_scan_options(const Arguments& arguments, const Config& config,
                                        std::vector<std::string> roots) {
  scan::Options options;
  options.roots = std::move(roots);
  options.jobs = static_cast<unsigned>(SLUICE_TRY(arguments.number("jobs", 0, 1, 1024)));
  options.adapters = SLUICE_TRY(make_adapters(arguments, config));
  scan::RuleBookOptions& rules = options.rules;
  const std::string profile = arguments.value("profile", config.scan.profile);
  rules.profile = profile == "all" ? checks::Profile::all : checks::Profile::normal;
  rules.default_rules = config.scan.default_rules && !arguments.has("no-default-rules");
  rules.only = split_commas(arguments.values("only"));
  for (const std::string& path : config.scan.rules) rules.rule_paths.push_back(config.resolve(path));
  for (const std::string& path : arguments.values("rules")) rules.rule_paths.push_back(path);

  checks::docker::Options& docker = rules.docker;
  for (const auto& [rule, severity] : config.scan.severity) {
    if (!is_docker_rule(rule)) rules.severity[rule] = severity;
  }
  for (const std::string& rule : config.scan.off) {
    if (!is_docker_rule(rule)) rules.off.insert(rule);
  }
  // Only asked when an ignore file matches something: most scans never open the repository.
  options.ask_tracked = [](const std::string& folder) {
    auto paths = git::tracked_files(folder);
    // Outside of a repository ignore files are taken at their word.
    if (!paths && paths.error().code == "git.not-found") return Result<std::vector<std::string>>({});
    return paths;
  };
  docker.profile = rules.profile;
  docker.allowed_registries = config.scan.dockerfile.allowed_registries;
  for (const auto& [label, kind] : config.scan.dockerfile.label_schema) {
    // The configuration reader has checked the name.
    if (const auto parsed = checks::docker::parse_label_kind(kind)) docker.label_schema[label] = *parsed;
  }
  docker.strict_labels = config.scan.dockerfile.strict_labels;
  docker.targets = config.scan.dockerfile.targets;
  for (const auto& [rule, severity] : config.scan.severity) {
    if (is_docker_rule(rule)) docker.severity[rule] = severity;
  }
  for (const std::string& rule : config.scan.off) {
    if (is_docker_rule(rule)) docker.off.insert(rule);
  }
  return options;
}

Status check_rule_settings(const scan::Output& output, const Config& config, const scan::Options& options) {
  for (const auto& [rule, severity] : config.scan.severity) {
    if (!is_docker_rule(rule)) SLUICE_CHECK(refuse_unknown_rule(rule, config, output, options));
  }
  for (const std::string& rule : config.scan.off) {
    if (!is_docker_rule(rule)) SLUICE_CHECK(refuse_unknown_rule(rule, config, output, options));
  }
  return {};
}

void add_scan(Report& report, scan::Output output) {
  report.findings = std::move(output.findings);
  report.coverage.insert(report.coverage.end(), output.coverage.begin(), output.coverage.end());
  report.rules = std::move(output.rules);
  for (const auto& [phase, milliseconds] : output.timing_ms) report.timing_ms["scan." + phase] = milliseconds;
}

}  // namespace sluice::cli
