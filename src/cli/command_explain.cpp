// sluice explain: what a rule looks for, why, and how to mend or excuse what it finds.
#include "base/json.h"
#include "cli/all_rules.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "explain/find.h"
#include "explain/peers.h"
#include "explain/render.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using report::escape_line;

// More matches than this are listed, for whole pages would scroll away.
constexpr std::size_t k_max_pages = 3;

std::string listing(const scan::RuleBook& book, const std::vector<std::string>& rules,
                    const std::string& wanted) {
  std::string out = escape_line(wanted) + " is said of " + std::to_string(rules.size()) + " rules:\n";
  for (const std::string& id : rules) {
    out += "  " + escape_line(id) + ": " + escape_line(book.find(id)->info.title) + "\n";
  }
  return out + "\n`sluice explain RULE` prints the page of one.\n";
}

// "SC2034", "shellcheck:SC2034" or "shellcheck.SC2034": the number of a ShellCheck code; empty if it is none.
std::string shellcheck_code(std::string_view name) {
  for (const std::string_view prefix : {"shellcheck:", "shellcheck."}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  const bool code = name.size() == 6 && (name.starts_with("SC") || name.starts_with("sc")) &&
                    name.find_first_not_of("0123456789", 2) == std::string_view::npos;
  return code ? std::string(name.substr(2)) : std::string();
}

tl::unexpected<Error> unknown_rule(const scan::RuleBook& book, const std::string& wanted) {
  std::string hint = "`sluice rules` lists them; other tools' ids are written hadolint:DL3008 or DL3008";
  if (const std::string code = shellcheck_code(wanted); !code.empty()) {
    hint = "no check of ours is the like of it; `scan --adapter shellcheck` reports it, and " +
           explain::peer_id("shellcheck:SC" + code).url + " explains it";
  } else if (const std::string nearest = explain::nearest_name(book, wanted); !nearest.empty()) {
    hint = "the nearest known name is \"" + nearest + "\"; `sluice rules` lists them all";
  }
  return fail(ErrorKind::usage, "cli.unknown-rule", "no rule is named \"" + wanted + "\"", std::move(hint));
}

Result<int> run(const Arguments& arguments, Context& context) {
  const std::string wanted = arguments.value("RULE");
  const scan::RuleBook book = SLUICE_TRY(load_all_rules(arguments));
  const std::vector<std::string> found = explain::find_rules(book, wanted);
  if (found.empty()) return unknown_rule(book, wanted);
  const std::string format = arguments.value("format", "text");
  if (format == "text" && found.size() > k_max_pages) {
    SLUICE_CHECK(print(listing(book, found, wanted)));
    return k_exit_ok;
  }
  json::Array list;
  std::string out;
  for (const std::string& id : found) {
    const explain::Page page = SLUICE_TRY(explain::make_page(book, id));
    if (format == "json") {
      list.push_back(explain::to_json(page));
    } else {
      if (!out.empty()) out += "\n";
      out += format == "markdown" ? explain::to_markdown(page) : explain::to_text(page, context.colour);
    }
  }
  SLUICE_CHECK(print(format == "json" ? json::write_pretty(std::move(list)) : out));
  return k_exit_ok;
}

}  // namespace

Command explain_command() {
  return {"explain",
          "What a rule looks for, why, and how to mend it",
          "sluice explain hadolint:DL3008",
          {{"RULE", "RULE",
            "our id, another tool's (hadolint:DL3008, DL3008, trivy:DS-0002) or a weakness (CWE-798)", true},
           {"--format", "FORMAT", "text, markdown or json", false, false, {"text", "markdown", "json"}},
           {"--rules", "FILE", "rule files or folders besides the built-in ones", false, true}},
          run};
}

}  // namespace sluice::cli
