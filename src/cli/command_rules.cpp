// sluice rules, sluice explain: what is looked for, and why.
#include <algorithm>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "report/escape.h"
#include "scan/rule_book.h"

namespace sluice::cli {
namespace {

using report::escape_line;

Result<scan::RuleBook> load(const Arguments& arguments) {
  scan::RuleBookOptions options;
  options.profile = checks::Profile::all;
  options.rule_paths = arguments.values("rules");
  return scan::RuleBook::load(options);
}

json::Array texts(const std::vector<std::string>& list) {
  json::Array out;
  for (const std::string& item : list) out.emplace_back(item);
  return out;
}

Result<int> run_rules(const Arguments& arguments, Context&) {
  const scan::RuleBook book = SLUICE_TRY(load(arguments));
  json::Array list;
  std::string text;
  for (const auto& [id, rule] : book.rules()) {
    const RuleInfo& info = rule.info;
    list.push_back(json::Object{{"id", id},
                                {"title", info.title},
                                {"severity", to_string(info.severity)},
                                {"confidence", to_string(rule.confidence)},
                                {"aliases", texts(info.aliases)},
                                {"cwe", texts(info.cwe)}});
    text += escape_line(id) + "\t" + std::string(to_string(info.severity)) + "\t" + escape_line(info.title) +
            "\n";
  }
  const bool json = arguments.value("format", "text") == "json";
  SLUICE_CHECK(print(json ? json::write_pretty(std::move(list)) : text));
  for (const Coverage& problem : book.problems()) {
    print_error("not loaded: " + escape_line(problem.path) + ": " + escape_line(problem.reason));
  }
  return book.problems().empty() ? k_exit_ok : k_exit_usage;
}

std::string list_line(std::string_view name, const std::vector<std::string>& items) {
  if (items.empty()) return {};
  std::string out = "\n" + std::string(name) + ":";
  for (const std::string& item : items) out += "\n  " + escape_line(item);
  return out + "\n";
}

Result<int> run_explain(const Arguments& arguments, Context&) {
  const std::string wanted = arguments.value("RULE");
  const scan::RuleBook book = SLUICE_TRY(load(arguments));
  std::string out;
  for (const auto& [id, rule] : book.rules()) {
    const std::vector<std::string>& aliases = rule.info.aliases;
    if (id != wanted && std::find(aliases.begin(), aliases.end(), wanted) == aliases.end()) continue;
    const RuleInfo& info = rule.info;
    if (!out.empty()) out += "\n";
    out += escape_line(id) + ": " + escape_line(info.title) + "\n" + std::string(to_string(info.severity)) +
           " severity, " + std::string(to_string(rule.confidence)) + " confidence\n";
    if (!info.why.empty()) out += "\nWhy: " + escape_line(info.why) + "\n";
    if (!info.help.empty()) out += "\nHow to mend it: " + escape_line(info.help) + "\n";
    out += list_line("Known elsewhere as", aliases) + list_line("Weakness", info.cwe) +
           list_line("References", info.references);
    out += "\nTo keep one place as it is: # sluice:ignore " + escape_line(id) + " REASON\n";
  }
  if (out.empty()) {
    return fail(ErrorKind::usage, "cli.unknown-rule", "no rule is named \"" + wanted + "\"",
                "`sluice rules` lists them; names of other tools' rules are written hadolint:DL3008");
  }
  SLUICE_CHECK(print(out));
  return k_exit_ok;
}

}  // namespace

Command rules_command() {
  return {"rules",
          "List every rule and check",
          "sluice rules --format json",
          {{"--rules", "FILE", "rule files or folders besides the built-in ones", false, true},
           {"--format", "FORMAT", "text or json", false, false, {"text", "json"}}},
          run_rules};
}

Command explain_command() {
  return {"explain",
          "What a rule looks for, why, and how to mend it",
          "sluice explain hadolint:DL3008",
          {{"RULE", "RULE", "our id or another tool's (hadolint:DL3008, trivy:DS-0002)", true},
           {"--rules", "FILE", "rule files or folders besides the built-in ones", false, true}},
          run_explain};
}

}  // namespace sluice::cli
