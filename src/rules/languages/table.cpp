#include "rules/languages/table.h"

#include <array>
#include <utility>

namespace sluice::rules {

std::span<const LanguageTable* const> all_tables() {
  static constexpr std::array tables = {&k_javascript_table, &k_python_table, &k_tsx_table,
                                        &k_typescript_table};
  return tables;
}

const LanguageTable* table_of(std::string_view grammar) {
  for (const LanguageTable* table : all_tables()) {
    if (table->name == grammar) return table;
  }
  return nullptr;
}

std::string_view canonical_language(std::string_view name) {
  // All names that Semgrep documents for `languages:`.
  static constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"apex", "apex"},
      {"bash", "bash"},
      {"sh", "bash"},
      {"c", "c"},
      {"cairo", "cairo"},
      {"clojure", "clojure"},
      {"cpp", "cpp"},
      {"c++", "cpp"},
      {"csharp", "csharp"},
      {"c#", "csharp"},
      {"dart", "dart"},
      {"dockerfile", "dockerfile"},
      {"docker", "dockerfile"},
      {"elixir", "elixir"},
      {"ex", "elixir"},
      {"generic", "generic"},
      {"go", "go"},
      {"golang", "go"},
      {"hack", "hack"},
      {"html", "html"},
      {"java", "java"},
      {"javascript", "javascript"},
      {"js", "javascript"},
      {"json", "json"},
      {"jsonnet", "jsonnet"},
      {"julia", "julia"},
      {"kotlin", "kotlin"},
      {"kt", "kotlin"},
      {"lisp", "lisp"},
      {"lua", "lua"},
      {"move_on_aptos", "move_on_aptos"},
      {"move_on_sui", "move_on_sui"},
      {"none", "regex"},
      {"ocaml", "ocaml"},
      {"php", "php"},
      {"promql", "promql"},
      {"proto", "protobuf"},
      {"proto3", "protobuf"},
      {"protobuf", "protobuf"},
      {"py", "python"},
      {"python", "python"},
      {"python2", "python"},
      {"python3", "python"},
      {"ql", "ql"},
      {"r", "r"},
      {"regex", "regex"},
      {"ruby", "ruby"},
      {"rb", "ruby"},
      {"rust", "rust"},
      {"scala", "scala"},
      {"scheme", "scheme"},
      {"solidity", "solidity"},
      {"sol", "solidity"},
      {"swift", "swift"},
      {"terraform", "hcl"},
      {"tf", "hcl"},
      {"hcl", "hcl"},
      {"ts", "typescript"},
      {"typescript", "typescript"},
      {"vue", "vue"},
      {"xml", "xml"},
      {"yaml", "yaml"},
  };
  for (const auto& [alias, canonical] : names) {
    if (alias == name) return canonical;
  }
  return {};
}

}  // namespace sluice::rules
