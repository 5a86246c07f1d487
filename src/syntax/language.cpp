#include "syntax/language.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"

extern "C" {
#include "grammar_declarations.inc"
}

namespace sluice::syntax {
namespace {

constexpr Language k_table[] = {
#include "grammar_table.inc"
};

struct Suffix {
  std::string_view suffix;
  std::string_view language;
};

// Headers are C++: the C++ grammar reads C headers well, the C grammar does not read C++ ones.
constexpr Suffix k_suffixes[] = {
    {"bash", "bash"},      {"bats", "bash"},      {"c", "c"},
    {"cc", "cpp"},         {"cjs", "javascript"}, {"cpp", "cpp"},
    {"cs", "csharp"},      {"cts", "typescript"}, {"cxx", "cpp"},
    {"c++", "cpp"},        {"go", "go"},          {"h", "cpp"},
    {"hcl", "hcl"},        {"hh", "cpp"},         {"hpp", "cpp"},
    {"htm", "html"},       {"html", "html"},      {"hxx", "cpp"},
    {"java", "java"},      {"js", "javascript"},  {"json", "json"},
    {"jsx", "javascript"}, {"mjs", "javascript"}, {"mts", "typescript"},
    {"php", "php"},        {"php5", "php"},       {"php7", "php"},
    {"phtml", "php"},      {"py", "python"},      {"pyi", "python"},
    {"pyw", "python"},     {"rake", "ruby"},      {"rb", "ruby"},
    {"gemspec", "ruby"},   {"rs", "rust"},        {"sbt", "scala"},
    {"sc", "scala"},       {"scala", "scala"},    {"sh", "bash"},
    {"tf", "hcl"},         {"tfvars", "hcl"},     {"toml", "toml"},
    {"ts", "typescript"},  {"tsx", "tsx"},        {"yaml", "yaml"},
    {"yml", "yaml"},       {"ksh", "bash"},       {"inl", "cpp"},
    {"ipp", "cpp"},
};

constexpr Suffix k_names[] = {
    {"Gemfile", "ruby"},      {"Rakefile", "ruby"}, {"Cargo.lock", "toml"},
    {"SConstruct", "python"}, {".bashrc", "bash"},
};

}  // namespace

std::span<const Language> languages() {
  static const auto sorted = [] {
    std::vector<Language> all(std::begin(k_table), std::end(k_table));
    std::sort(all.begin(), all.end(), [](const Language& a, const Language& b) { return a.name < b.name; });
    return all;
  }();
  return sorted;
}

const Language* find_language(std::string_view name) {
  const auto all = languages();
  const auto at = std::lower_bound(all.begin(), all.end(), name,
                                   [](const Language& l, std::string_view n) { return l.name < n; });
  return at != all.end() && at->name == name ? &*at : nullptr;
}

const Language* language_of_path(std::string_view path) {
  const auto slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  for (const auto& [exact, language] : k_names) {
    if (name == exact) return find_language(language);
  }
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return nullptr;
  const std::string suffix = to_lower(name.substr(dot + 1));
  for (const auto& entry : k_suffixes) {
    if (entry.suffix == suffix) return find_language(entry.language);
  }
  return nullptr;
}

std::uint32_t abi_version(const Language& language) {
  return ts_language_abi_version(language.factory());
}

std::string_view core_version() {
  return SLUICE_TS_CORE_VERSION;
}

std::string_view core_integrity() {
  return SLUICE_TS_CORE_INTEGRITY;
}

Status check_languages() {
  for (const Language& language : languages()) {
    const TSLanguage* grammar = language.factory();
    const std::uint32_t abi = grammar == nullptr ? 0 : ts_language_abi_version(grammar);
    if (abi < TREE_SITTER_MIN_COMPATIBLE_LANGUAGE_VERSION || abi > TREE_SITTER_LANGUAGE_VERSION) {
      return fail(ErrorKind::internal, "syntax.abi",
                  "the grammar of " + std::string(language.name) + " has ABI " + std::to_string(abi) +
                      ", the core takes " + std::to_string(TREE_SITTER_MIN_COMPATIBLE_LANGUAGE_VERSION) +
                      " to " + std::to_string(TREE_SITTER_LANGUAGE_VERSION),
                  "rebuild with matching packages");
    }
  }
  return {};
}

}  // namespace sluice::syntax
