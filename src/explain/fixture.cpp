#include "explain/fixture.h"

#include <algorithm>
#include <array>
#include <utility>

#include "embedded/rule_fixtures.h"

namespace sluice::explain {
namespace {

constexpr std::string_view k_blanks = " \t\r";

// The languages that make an example, and the file that a block stands for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> k_names{{
    {"dockerfile", "Dockerfile"},
    {"python", "test.py"},
    {"javascript", "test.js"},
    {"typescript", "test.ts"},
    {"tsx", "test.tsx"},
    {"jsx", "test.jsx"},
    {"go", "test.go"},
    {"java", "Test.java"},
    {"c", "test.c"},
    {"cpp", "test.cpp"},
    {"ruby", "test.rb"},
    {"php", "test.php"},
    {"csharp", "test.cs"},
    {"rust", "test.rs"},
    {"bash", "test.sh"},
    {"sh", "test.sh"},
    {"yaml", "test.yaml"},
    {"json", "test.json"},
    {"hcl", "test.tf"},
    {"toml", "test.toml"},
    {"html", "test.html"},
    {"scala", "test.scala"},
}};

// How a mark begins, and what closes its comment.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> k_marks{{{"# expect:", ""},
                                                                                {"// expect:", ""},
                                                                                {"-- expect:", ""},
                                                                                {"; expect:", ""},
                                                                                {"/* expect:", "*/"},
                                                                                {"<!-- expect:", "-->"}}};

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(k_blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(k_blanks) - begin + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (const std::string_view part = trim(text.substr(0, end)); !part.empty()) parts.emplace_back(part);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void add_code_line(Example& example, std::string_view line) {
  for (const auto& [opener, closer] : k_marks) {
    const std::size_t at = line.rfind(opener);
    if (at == std::string_view::npos) continue;
    std::string_view rest = trim(line.substr(at + opener.size()));
    if (!rest.ends_with(closer)) continue;
    rest.remove_suffix(closer.size());
    for (std::string& rule : split(rest, ',')) example.rules.insert(std::move(rule));
    line = line.substr(0, at);
    const std::size_t end = line.find_last_not_of(" \t");
    if (end == std::string_view::npos) return;  // a line with nothing but a mark
    line = line.substr(0, end + 1);
    break;
  }
  example.code += line;
  example.code += '\n';
}

void read_option(const std::string& word, Example& example) {
  if (word == "broken") example.broken = true;
  if (word.starts_with("name=")) example.name = word.substr(5);
  if (word.starts_with("dockerignore=")) example.ignore_file = word.substr(13) + "\n";
  const std::size_t equals = word.rfind('=');
  if (word.starts_with("image=")) {
    example.fix_images += "  \"" + word.substr(6, equals - 6) + "\": " + word.substr(equals + 1) + "\n";
  }
  if (word.starts_with("file=")) {
    example.fix_files += "  \"" + word.substr(5, equals - 5) + "\": " + word.substr(equals + 1) + "\n";
  }
  if (word.starts_with("label=")) {
    const std::size_t colon = word.rfind(':');
    const auto kind = checks::docker::parse_label_kind(std::string_view(word).substr(colon + 1));
    if (kind) example.docker.label_schema[word.substr(6, colon - 6)] = *kind;
    example.configured = true;
  } else if (word.starts_with("registry=")) {
    example.docker.allowed_registries.push_back(word.substr(9));
    example.configured = true;
  } else if (word == "strict-labels") {
    example.docker.strict_labels = true;
    example.configured = true;
  }
}

class Reader {
 public:
  Fixture read(std::string_view text) {
    while (!text.empty()) add(take_line(text));
    return std::move(fixture_);
  }

 private:
  void add(std::string_view line) {
    if (!fence_.empty()) {
      if (trim(line) == fence_) {
        close();
      } else if (fixed_) {
        *fixed_ += line;
        *fixed_ += '\n';
      } else if (open_) {
        add_code_line(*open_, line);
      }
    } else if (line.starts_with("```")) {
      const std::size_t ticks = std::min(line.find_first_not_of('`'), line.size());
      fence_ = std::string(ticks, '`');
      open(split(line.substr(ticks), ' '));
    } else if (line.starts_with("# ")) {
      if (fixture_.rules.empty()) fixture_.rules = split(line.substr(2), ',');
    } else if (!prose_.empty() || !trim(line).empty()) {
      prose_ += line;
      prose_ += '\n';
    }
  }

  void open(const std::vector<std::string>& words) {
    if (words.empty()) return;
    if (std::find(words.begin(), words.end(), "fixed") != words.end()) {
      fixed_.emplace();
      return;
    }
    const auto* const known = std::find_if(k_names.begin(), k_names.end(),
                                           [&words](const auto& row) { return row.first == words.front(); });
    if (known == k_names.end()) return;
    open_.emplace();
    open_->language = words.front();
    open_->name = known->second;
    while (prose_.ends_with('\n')) prose_.pop_back();
    open_->prose = std::exchange(prose_, {});
    for (const std::string& word : words) read_option(word, *open_);
  }

  void close() {
    if (fixed_ && !fixture_.examples.empty()) {
      fixture_.examples.back().fixed = std::move(fixed_);
      prose_.clear();  // "The same after --fix:"
    }
    if (open_) fixture_.examples.push_back(*std::move(open_));
    open_.reset();
    fixed_.reset();
    fence_.clear();
  }

  Fixture fixture_;
  std::string prose_;
  std::string fence_;                 // of the open block
  std::optional<Example> open_;       // the block, if it is an example
  std::optional<std::string> fixed_;  // the block, if it is what --fix makes
};

}  // namespace

Fixture read_fixture(std::string_view markdown) {
  return Reader().read(markdown);
}

std::optional<Fixture> find_fixture(std::string_view rule) {
  for (const embedded::File& file : embedded::rule_fixtures()) {
    // Parsing all of them takes a millisecond too long: the rule's name stands in the heading, the first
    // line.
    if (file.bytes.substr(0, file.bytes.find('\n')).find(rule) == std::string_view::npos) continue;
    Fixture fixture = read_fixture(file.bytes);
    if (std::find(fixture.rules.begin(), fixture.rules.end(), rule) != fixture.rules.end()) return fixture;
  }
  return std::nullopt;
}

}  // namespace sluice::explain
