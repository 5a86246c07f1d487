#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "explain/groups.h"
#include "explain/ignore.h"
#include "explain/peers.h"
#include "explain/render.h"
#include "explain/wording.h"
#include "report/escape.h"

namespace sluice::explain {
namespace {

// Metadata is plain text with `code`; outside of that nothing may be taken for markup.
std::string plain(std::string_view text) {
  std::string out;
  bool code = false;
  for (const char c : text) {
    if (c == '`') code = !code;
    if (!code && (c == '<' || c == '*' || c == '_' || c == '|' || c == '[' || c == ']')) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

// Visible escapes instead of hidden characters: a page about hidden text must not hide any.
std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += report::escape_line(text.substr(0, end)) + "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::string fenced(std::string_view language, std::string_view text) {
  std::string fence = "```";
  while (text.find(fence) != std::string_view::npos) fence += '`';
  return fence + std::string(language) + "\n" + visible(text) + fence + "\n";
}

std::string link(const PeerId& peer) {
  return peer.url.empty() ? code(peer.id) : "[" + plain(peer.id) + "](" + peer.url + ")";
}

std::string weakness(const std::string& cwe) {
  if (!cwe.starts_with("CWE-")) return plain(cwe);
  const std::string number = cwe.substr(4, cwe.find_first_not_of("0123456789", 4) - 4);
  return "[" + plain(cwe) + "](https://cwe.mitre.org/data/definitions/" + number + ".html)";
}

// GitHub's anchor of a heading.
std::string anchor(std::string_view heading) {
  std::string out;
  for (const char c : heading) {
    if (c == ' ' || c == '-') out += '-';
    const char low = to_lower(c);
    if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9')) out += low;
  }
  return out;
}

std::string facts(const Page& page) {
  std::string out = "| | |\n|---|---|\n";
  const auto row = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out += "| " + std::string(name) + " | " + value + " |\n";
  };
  row("Severity", std::string(to_string(page.info.severity)));
  row("Confidence", std::string(to_string(page.confidence)));
  row("Shown", shown_when(page));
  std::string cwes;
  for (const std::string& cwe : page.info.cwe) cwes += (cwes.empty() ? "" : ", ") + weakness(cwe);
  row("Weakness", cwes);
  std::string tiers;
  for (const PageFix& fix : page.fixes) {
    const std::string tier(to_string(fix.tier));
    if (tiers.find(tier) == std::string::npos) tiers += (tiers.empty() ? "" : ", ") + tier;
  }
  row("Fix", !tiers.empty() ? tiers : page.fixable ? "for some findings" : "by hand");
  row("Group", "[" + std::string(page.group) + "](README.md#" + anchor(page.group) + ")");
  return out;
}

std::string reports(const PageExample& item) {
  std::string out;
  for (const Report& report : item.reports) {
    out += "- line " + std::to_string(report.line) + ": " + plain(report::escape_line(report.message)) + "\n";
  }
  return out.empty() ? out : out + "\n";
}

std::string example(const PageExample& item) {
  std::string out;
  if (!item.example.prose.empty()) out += item.example.prose + "\n\n";
  if (const std::string config = configuration_of(item.example); !config.empty()) {
    out += "With this in `sluice.yaml`:\n\n" + fenced("yaml", config) + "\n";
  }
  if (item.example.ignore_file)
    out += "With this `.dockerignore`:\n\n" + fenced("text", *item.example.ignore_file) + "\n";
  out += fenced(item.example.language, item.example.code) + "\n" + reports(item);
  if (item.example.fixed) {
    const std::string data = fix_data_of(item.example);
    if (data.empty()) {
      out += "After `sluice scan --fix`:\n\n";
    } else {
      out += "After `sluice scan --fix --fix-data pins.yaml`, with this `pins.yaml`:\n\n" +
             fenced("yaml", data) + "\n";
    }
    out += fenced(item.example.language, *item.example.fixed) + "\n";
  }
  return out;
}

std::string examples(const Page& page) {
  std::string out;
  const PageExample* const bad = first_example(page, true);
  const PageExample* const good = first_example(page, false);
  if (bad != nullptr) out += "## Reported\n" + example(*bad);
  if (good != nullptr) out += "## Not reported\n" + example(*good);
  std::string more;
  for (const PageExample& item : page.examples) {
    if (&item == bad || &item == good) continue;
    more += std::string(item.bad ? "Reported." : "Not reported.") +
            (item.example.prose.empty() ? "\n\n" : " ") + example(item);
  }
  if (!more.empty()) out += "## More examples\n" + more;
  return out;
}

std::string mending(const Page& page) {
  std::string out = "## How to mend it\n";
  if (!page.info.help.empty()) out += plain(page.info.help) + "\n\n";
  for (const PageFix& fix : page.fixes) out += fix_sentence({fix.tier, plain(fix.description)}) + "\n\n";
  if (const std::string none = no_fix_sentence(page); !none.empty()) out += none + "\n\n";
  return out;
}

std::string peers(const Page& page) {
  if (page.info.aliases.empty()) return {};
  std::string out = "## Known elsewhere as\n| tool | id |\n|---|---|\n";
  for (const std::string& alias : page.info.aliases) {
    const PeerId peer = peer_id(alias);
    out += "| " + plain(peer.name) + " | " + link(peer) + " |\n";
  }
  return out + "\n";
}

std::string ignoring(const Page& page) {
  std::string out = "## How to ignore it\n";
  if (const std::vector<IgnoreForm> forms = ignore_comments(page); !forms.empty()) {
    out +=
        "In the file; a finding that is ignored stays in the report, as suppressed:\n\n| comment | what it "
        "excuses |\n"
        "|---|---|\n";
    for (const IgnoreForm& form : forms) out += "| " + code(form.text) + " | " + form.reach + " |\n";
    out += "\n";
  }
  out += "In `sluice.yaml`, for all files:\n\n" + fenced("yaml", ignore_config(page)) + "\n";
  return out;
}

std::string index_row(const Page& page) {
  return "| [" + page.info.id + "](" + page_name(page.info.id) + ") | " + plain(page.info.title) + " | " +
         std::string(to_string(page.info.severity)) + " | " + (page.by_default ? "default" : "all") + " | " +
         (page.fixable ? "yes" : "") + " |\n";
}

}  // namespace

std::string page_name(std::string_view rule) {
  std::string name;
  for (const char c : rule) {
    const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || (c == '.' && !name.empty());
    name += safe ? c : '_';
  }
  return name + ".md";
}

std::string to_markdown(const Page& page) {
  std::string out = std::string(k_generated_mark) + "\n# " + page.info.id + "\n";
  out += "**" + plain(page.info.title) + ".**\n\n" + facts(page) + "\n";
  if (!page.info.why.empty()) out += "## Why\n" + plain(page.info.why) + "\n\n";
  out += examples(page) + mending(page) + peers(page) + ignoring(page);
  if (!page.info.references.empty()) {
    out += "## References\n";
    for (const std::string& url : page.info.references) out += "- <" + url + ">\n";
    out += "\n";
  }
  out.pop_back();  // one newline at the end of the file
  return out;
}

std::string group_index(std::span<const Page> pages) {
  std::string out =
      std::string(k_generated_mark) +
      "\n# Rules\nWhat Sluice looks for, by what it protects from. `sluice explain RULE` prints a page in "
      "the terminal. Other\ntools' ids stand in [peers.md](peers.md).\n\n";
  for (const Group& group : groups()) {
    std::string rows;
    for (const Page& page : pages) {
      if (page.group == group.title) rows += index_row(page);
    }
    if (rows.empty()) continue;
    out += "## " + std::string(group.title) + "\n" + std::string(group.about) +
           "\n\n| rule | what | severity | profile | fix |\n|---|---|---|---|---|\n" + rows + "\n";
  }
  out.pop_back();
  return out;
}

std::string peer_index(std::span<const Page> pages) {
  std::map<std::string, std::map<std::string, std::pair<PeerId, std::vector<std::string>>>> tools;
  for (const Page& page : pages) {
    for (const std::string& alias : page.info.aliases) {
      PeerId peer = peer_id(alias);
      const std::string tool = peer.name;
      auto& entry = tools[tool][peer.id];
      entry.first = std::move(peer);
      entry.second.push_back("[" + page.info.id + "](" + page_name(page.info.id) + ")");
    }
  }
  std::string out =
      std::string(k_generated_mark) +
      "\n# Rules by other tools' ids\n`sluice explain hadolint:DL3008`, or `DL3008` alone, prints the "
      "page.\n\n";
  for (const auto& [tool, ids] : tools) {
    out += "## " + tool + "\n| id | rule |\n|---|---|\n";
    for (const auto& [id, entry] : ids) {
      out += "| " + link(entry.first) + " | ";
      for (std::size_t i = 0; i < entry.second.size(); ++i) out += (i == 0 ? "" : ", ") + entry.second[i];
      out += " |\n";
    }
    out += "\n";
  }
  out.pop_back();
  return out;
}

}  // namespace sluice::explain
