#include "explain/ignore.h"
#include "explain/peers.h"
#include "explain/render.h"
#include "explain/wording.h"
#include "report/escape.h"

namespace sluice::explain {
namespace {

constexpr std::size_t k_width = 100;  // of lines of prose

class TextWriter {
 public:
  explicit TextWriter(bool colour) : colour_(colour) {}

  void title(std::string_view id, std::string_view title) {
    out_ += bold(report::escape_line(id)) + ": " + report::escape_line(title) + "\n";
  }
  void heading(std::string_view text) { out_ += "\n" + bold(text) + "\n"; }
  // Folded to the width, indented; backquotes are for Markdown.
  void prose(std::string_view text) {
    std::string line;
    const auto flush = [this, &line] {
      if (!line.empty()) out_ += "  " + line + "\n";
      line.clear();
    };
    while (!text.empty()) {
      const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
      std::string word;
      for (const char c : text.substr(0, end)) {
        if (c != '`') word += c;
      }
      text.remove_prefix(std::min(end + 1, text.size()));
      if (word.empty()) continue;
      word = report::escape_line(word);
      if (!line.empty() && line.size() + 1 + word.size() > k_width) flush();
      line += (line.empty() ? "" : " ") + word;
    }
    flush();
  }
  void code(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string line = report::escape_line(text.substr(0, end));
      out_ += line.empty() ? "\n" : "    " + line + "\n";
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }
  void line(std::string_view text) { out_ += "  " + report::escape_line(text) + "\n"; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  [[nodiscard]] std::string bold(std::string_view text) const {
    return colour_ ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
  }
  bool colour_;
  std::string out_;
};

void write_example(TextWriter& out, const PageExample& item) {
  out.prose(item.example.prose);
  if (const std::string config = configuration_of(item.example); !config.empty()) {
    out.line("with this in sluice.yaml:");
    out.code(config);
  }
  if (item.example.ignore_file) {
    out.line("with this .dockerignore:");
    out.code(*item.example.ignore_file);
  }
  out.code(item.example.code);
  for (const Report& report : item.reports)
    out.line("line " + std::to_string(report.line) + ": " + report.message);
  if (item.example.fixed) {
    const std::string data = fix_data_of(item.example);
    if (!data.empty()) {
      out.line("with this pins.yaml:");
      out.code(data);
    }
    out.line(data.empty() ? "after sluice scan --fix:" : "after sluice scan --fix --fix-data pins.yaml:");
    out.code(*item.example.fixed);
  }
}

void write_peers(TextWriter& out, const Page& page) {
  if (page.info.aliases.empty()) return;
  out.heading("Known elsewhere as");
  for (const std::string& alias : page.info.aliases) {
    const PeerId peer = peer_id(alias);
    out.line(peer.name + (peer.name.empty() ? "" : " ") + peer.id +
             (peer.url.empty() ? "" : "  " + peer.url));
  }
}

void write_ignoring(TextWriter& out, const Page& page) {
  out.heading("How to ignore it");
  for (const IgnoreForm& form : ignore_comments(page)) {
    out.code(form.text);
    out.line("    excuses " + form.reach);
  }
  out.line("in sluice.yaml, for all files:");
  out.code(ignore_config(page));
}

}  // namespace

std::string to_text(const Page& page, bool colour) {
  TextWriter out(colour);
  out.title(page.info.id, page.info.title);
  std::string facts = std::string(to_string(page.info.severity)) + " severity, " +
                      std::string(to_string(page.confidence)) + " confidence, shown " + shown_when(page);
  for (const std::string& cwe : page.info.cwe) facts += ", " + cwe;
  out.prose(facts);
  if (!page.info.why.empty()) {
    out.heading("Why");
    out.prose(page.info.why);
  }
  if (const PageExample* bad = first_example(page, true)) {
    out.heading("Reported");
    write_example(out, *bad);
  }
  if (const PageExample* good = first_example(page, false)) {
    out.heading("Not reported");
    write_example(out, *good);
  }
  out.heading("How to mend it");
  out.prose(page.info.help);
  for (const PageFix& fix : page.fixes) out.prose(fix_sentence(fix));
  out.prose(no_fix_sentence(page));
  write_peers(out, page);
  write_ignoring(out, page);
  if (!page.info.references.empty()) {
    out.heading("References");
    for (const std::string& url : page.info.references) out.line(url);
  }
  return out.take();
}

}  // namespace sluice::explain
