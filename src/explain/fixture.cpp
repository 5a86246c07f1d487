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

// Takes a mark off the end of a line: its rules, or nothing if there is none.
std::optional<std::vector<std::string>> take_mark(std::string_view& line) {
  for (const auto& [opener, closer] : k_marks) {
    const std::size_t at = line.rfind(opener);
    if (at == std::string_view::npos) continue;
    std::string_view rest = trim(line.substr(at + opener.size()));
    if (!rest.ends_with(closer)) continue;
    rest.remove_suffix(closer.size());
    line = line.substr(0, at);
    const std::size_t end = line.find_last_not_of(" \t");
    line = line.substr(0, end == std::string_view::npos ? 0 : end + 1);
    return split(rest, ',');
  }
  return std::nullopt;
}

// One word behind the language; false if it is not understood.
bool read_option(const std::string& word, Example& example) {
  const std::size_t equals = word.rfind('=');
  const std::string key = word.substr(0, word.find('='));
  const auto value_of = [&word, &key] { return word.substr(key.size() + 1); };
  const auto data_line = [&word, &key, equals] {
    return "  \"" + word.substr(key.size() + 1, equals - key.size() - 1) + "\": " + word.substr(equals + 1) +
           "\n";
  };
  if (equals == std::string::npos) {
    example.exact = example.exact || word == "exact";
    example.broken = example.broken || word == "broken";
    example.docker.strict_labels = example.docker.strict_labels || word == "strict-labels";
    example.configured = example.configured || word == "strict-labels";
    return word == "exact" || word == "broken" || word == "strict-labels";
  }
  if (key == "name") {
    example.name = value_of();
  } else if (key == "dockerignore") {
    example.ignore_file = value_of() + "\n";
  } else if (key == "image" && equals > key.size()) {
    example.fix_images += data_line();
  } else if (key == "file" && equals > key.size()) {
    example.fix_files += data_line();
  } else if (key == "registry") {
    example.docker.allowed_registries.push_back(value_of());
    example.configured = true;
  } else if (const std::size_t colon = word.rfind(':'); key == "label" && colon != std::string::npos) {
    const auto kind = checks::docker::parse_label_kind(std::string_view(word).substr(colon + 1));
    if (!kind) return false;
    example.docker.label_schema[word.substr(6, colon - 6)] = *kind;
    example.configured = true;
  } else {
    return false;
  }
  return true;
}

class Reader {
 public:
  Fixture read(std::string_view text) {
    while (!text.empty()) {
      ++number_;
      add(take_line(text));
    }
    if (!fence_.empty()) fault("the block is not closed");
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
        add_code(*open_, line);
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
    const auto* const known = std::find_if(k_names.begin(), k_names.end(),
                                           [&words](const auto& row) { return row.first == words.front(); });
    if (known == k_names.end()) return;
    if (std::find(words.begin(), words.end(), "fixed") != words.end()) {
      fixed_.emplace();
      return;
    }
    open_.emplace();
    open_->line = number_;
    open_->language = words.front();
    open_->name = known->second;
    while (prose_.ends_with('\n')) prose_.pop_back();
    open_->prose = std::exchange(prose_, {});
    for (auto word = words.begin() + 1; word != words.end(); ++word) {
      if (!read_option(*word, *open_)) fault("not understood: " + *word);
    }
  }

  void add_code(Example& example, std::string_view line) {
    if (auto rules = take_mark(line)) {
      pending_.insert(pending_.end(), rules->begin(), rules->end());
      if (line.empty()) return;  // a line with nothing but a mark: it means the next one
    }
    ++code_line_;
    for (std::string& rule : pending_) {
      example.rules.insert(rule);
      example.marks.emplace(code_line_, std::move(rule));
    }
    pending_.clear();
    example.code += line;
    example.code += '\n';
  }

  void close() {
    if (fixed_) {
      if (fixture_.examples.empty() || fixture_.examples.back().fixed) {
        fault("a fixed block without a block before it");
      } else {
        fixture_.examples.back().fixed = std::move(fixed_);
      }
      prose_.clear();  // "The same after --fix:"
    }
    if (!pending_.empty()) fault("a mark without a line that it means");
    if (open_) {
      open_->last = number_;
      fixture_.examples.push_back(*std::move(open_));
    }
    open_.reset();
    fixed_.reset();
    fence_.clear();
    pending_.clear();
    code_line_ = 0;
  }

  void fault(const std::string& what) {
    fixture_.faults.push_back("line " + std::to_string(number_) + ": " + what);
  }

  Fixture fixture_;
  std::size_t number_ = 0;  // of the line, in the file
  std::string prose_;
  std::string fence_;                 // of the open block
  std::optional<Example> open_;       // the block, if it is an example
  std::optional<std::string> fixed_;  // the block, if it is what --fix makes
  std::uint32_t code_line_ = 0;       // lines in the block so far, without marks
  std::vector<std::string> pending_;  // rules of a mark that had a line of its own
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
