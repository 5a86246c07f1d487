#include "fixture.h"

#include <algorithm>
#include <array>

namespace fixtures {

using namespace sluice;

namespace {

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

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
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

// Takes a mark off the end of a line: its rules, or nothing if there is none.
std::optional<std::vector<std::string>> take_mark(std::string& line) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> forms{{{"# expect:", ""},
                                                                                {"// expect:", ""},
                                                                                {"-- expect:", ""},
                                                                                {"; expect:", ""},
                                                                                {"/* expect:", "*/"},
                                                                                {"<!-- expect:", "-->"}}};
  for (const auto& [opener, closer] : forms) {
    const std::size_t at = line.rfind(opener);
    if (at == std::string::npos) continue;
    std::string_view rest = trim(std::string_view(line).substr(at + opener.size()));
    if (!rest.ends_with(closer)) continue;
    rest.remove_suffix(closer.size());
    std::vector<std::string> rules = split(rest, ',');
    line = line.substr(0, at);
    while (line.ends_with(' ') || line.ends_with('\t')) line.pop_back();
    return rules;
  }
  return std::nullopt;
}

// Adds one line of a fenced block, without its mark. `pending` holds the rules of a mark that had a line of
// its own.
void add_line(Block& block, std::string line, std::uint32_t& number, std::vector<std::string>& pending) {
  const bool was_blank = trim(line).empty();
  const auto rules = take_mark(line);
  if (rules && !was_blank && trim(line).empty()) {
    pending.insert(pending.end(), rules->begin(), rules->end());
    return;
  }
  ++number;
  if (rules) pending.insert(pending.end(), rules->begin(), rules->end());
  for (const std::string& rule : pending) block.expected.emplace(number, rule);
  pending.clear();
  block.text += line + "\n";
}

// label=NAME:KIND, strict-labels, registry=GLOB, dockerignore=PATTERN: what a check needs to be told.
void read_option(const std::string& word, Block& block, bool& faulty) {
  // Both halves of REFERENCE=DIGEST are checked by the lock file's own reader.
  const std::size_t equals = word.rfind('=');
  if (word.starts_with("image=")) {
    faulty = faulty ||
             !block.fix_data.add_lock(word.substr(6, equals - 6) + " " + word.substr(equals + 1), "fixture");
  } else if (word.starts_with("file=")) {
    faulty = faulty || !block.fix_data.add_document("version: 1\nfiles: {\"" + word.substr(5, equals - 5) +
                                                        "\": " + word.substr(equals + 1) + "}\n",
                                                    "fixture");
  } else if (word.starts_with("label=")) {
    const std::size_t colon = word.rfind(':');
    const auto kind = checks::docker::parse_label_kind(std::string_view(word).substr(colon + 1));
    if (kind) block.docker.label_schema[word.substr(6, colon - 6)] = *kind;
  } else if (word.starts_with("registry=")) {
    block.docker.allowed_registries.push_back(word.substr(9));
  } else if (word == "strict-labels") {
    block.docker.strict_labels = true;
  } else if (word.starts_with("dockerignore=")) {
    block.ignore_file = word.substr(13) + "\n";
    return;
  } else {
    return;
  }
  block.configured = true;
}

// The block that an info string ("python exact name=a/b.py") opens; nothing for prose.
std::optional<Block> open_block(std::string_view info, bool& is_result, std::vector<std::string>& faults) {
  const std::vector<std::string> words = split(info, ' ');
  if (words.empty()) return std::nullopt;
  const auto* const known = std::find_if(k_names.begin(), k_names.end(),
                                         [&words](const auto& row) { return row.first == words.front(); });
  if (known == k_names.end()) return std::nullopt;
  Block block;
  block.name = known->second;
  block.language = words.front();
  for (const std::string& word : words) {
    if (word.starts_with("name=")) block.name = word.substr(5);
    block.exact = block.exact || word == "exact";
    block.broken = block.broken || word == "broken";
    is_result = is_result || word == "fixed";
    bool faulty = false;
    read_option(word, block, faulty);
    if (faulty) faults.push_back("not understood: " + word);
  }
  return block;
}

}  // namespace

Fixture read_fixture(const std::string& path, std::string_view text) {
  Fixture fixture;
  fixture.path = path;
  std::string fence;  // of the open block
  std::optional<Block> block;
  bool is_result = false;
  std::uint32_t line_in_block = 0;
  std::vector<std::string> pending;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (fence.empty()) {
      if (line.starts_with("# ") && fixture.rules.empty()) fixture.rules = split(line.substr(2), ',');
      if (!line.starts_with("```")) continue;
      const std::size_t ticks = std::min(line.find_first_not_of('`'), line.size());
      fence = std::string(ticks, '`');
      is_result = false;
      block = open_block(line.substr(ticks), is_result, fixture.faults);
      if (block) block->line = number;
      line_in_block = 0;
      pending.clear();
    } else if (trim(line) == fence) {
      if (block) block->last = number;
      if (block && is_result) {
        if (fixture.blocks.empty() || fixture.blocks.back().fixed)
          fixture.faults.emplace_back("a fixed block without a block before it");
        else
          fixture.blocks.back().fixed = block->text;
      } else if (block) {
        fixture.blocks.push_back(*std::move(block));
      }
      block.reset();
      fence.clear();
    } else if (block) {
      add_line(*block, std::string(line), line_in_block, pending);
    }
  }
  return fixture;
}

Result<scan::RuleBook> book_for(const Block& block, const std::vector<std::string>& only) {
  scan::RuleBookOptions options;
  options.profile = checks::Profile::all;
  options.docker = block.docker;
  options.docker.profile = options.profile;
  options.fix_data = block.fix_data;
  options.only = only;
  return scan::RuleBook::load(options);
}

}  // namespace fixtures
