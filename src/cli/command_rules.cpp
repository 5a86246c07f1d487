// sluice rules: what is looked for; with --docs, a page for each.
#include "base/json.h"
#include "cli/all_rules.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "explain/docs.h"
#include "explain/page.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using report::escape_line;

json::Array texts(const std::vector<std::string>& list) {
  json::Array out;
  for (const std::string& item : list) out.emplace_back(item);
  return out;
}

Result<int> write_docs(const scan::RuleBook& book, const std::string& folder) {
  const auto files = SLUICE_TRY(explain::make_docs(book));
  const explain::DocsChange change = SLUICE_TRY(explain::write_docs(files, folder));
  SLUICE_CHECK(print(std::to_string(files.size()) + " files: " + std::to_string(change.written) +
                     " written, " + std::to_string(change.removed) + " removed\n"));
  return k_exit_ok;
}

Result<int> run(const Arguments& arguments, Context&) {
  const scan::RuleBook book = SLUICE_TRY(load_all_rules(arguments));
  if (arguments.has("docs")) return write_docs(book, arguments.value("docs"));
  json::Array list;
  std::string text;
  for (const auto& [id, rule] : book.rules()) {
    const explain::Page page = explain::make_summary(rule);
    list.push_back(json::Object{{"id", id},
                                {"title", page.info.title},
                                {"severity", to_string(page.info.severity)},
                                {"confidence", to_string(page.confidence)},
                                {"profile", page.by_default ? "default" : "all"},
                                {"fixable", page.fixable},
                                {"group", page.group},
                                {"aliases", texts(page.info.aliases)},
                                {"cwe", texts(page.info.cwe)}});
    text += escape_line(id) + "\t" + std::string(to_string(page.info.severity)) + "\t" +
            escape_line(page.info.title) + "\n";
  }
  const bool json = arguments.value("format", "text") == "json";
  SLUICE_CHECK(print(json ? json::write_pretty(std::move(list)) : text));
  for (const Coverage& problem : book.problems()) {
    print_error("not loaded: " + escape_line(problem.path) + ": " + escape_line(problem.reason));
  }
  return book.problems().empty() ? k_exit_ok : k_exit_usage;
}

}  // namespace

Command rules_command() {
  return {"rules",
          "List every rule and check, or write a page for each",
          "sluice rules --format json",
          {{"--rules", "FILE", "rule files or folders besides the built-in ones", false, true},
           {"--format", "FORMAT", "text or json", false, false, {"text", "json"}},
           {"--docs", "DIR", "write a Markdown page for each rule, and indexes, to this folder"}},
          run};
}

}  // namespace sluice::cli
