#include <string>
#include <string_view>

#include <ostream>

#include <doctest/doctest.h>

#include "syntax/language.h"
#include "syntax/tree.h"

namespace sluice::syntax {
namespace {

struct Sample {
  std::string_view language;
  std::string_view text;
  std::string_view kind;  // a node that must be in the tree
};

constexpr Sample k_samples[] = {
    {"bash", "if true; then echo \"$x\"; fi\n", "if_statement"},
    {"c", "int main(void) { return 0; }\n", "function_definition"},
    {"cpp", "class A { public: A() = default; };\n", "class_specifier"},
    {"csharp", "class A { void F() { G(1); } }\n", "invocation_expression"},
    {"dockerfile", "FROM alpine:3.20 AS build\nRUN make\n", "from_instruction"},
    {"go", "package main\nfunc main() { f(1) }\n", "call_expression"},
    {"hcl", "resource \"a\" \"b\" {\n  c = 1\n}\n", "block"},
    {"html", "<p class=\"x\">hi</p>\n", "element"},
    {"java", "class A { void f() { g(); } }\n", "method_invocation"},
    {"javascript", "const a = () => f(1);\n", "arrow_function"},
    {"json", "{\"a\": [1, true, null]}\n", "pair"},
    {"php", "<?php function f($x) { return $x; }\n", "function_definition"},
    {"python", "def f(x):\n    return g(x)\n", "function_definition"},
    {"ruby", "def f(x)\n  puts x\nend\n", "method"},
    {"rust", "fn main() { f(1); }\n", "function_item"},
    {"scala", "object A { def f(x: Int) = g(x) }\n", "function_definition"},
    {"toml", "[a]\nb = 1\n", "table"},
    {"tsx", "const a = <p>{x as string}</p>;\n", "jsx_element"},
    {"typescript", "interface A { b: string }\n", "interface_declaration"},
    {"yaml", "a:\n  - b: 1\n", "block_sequence"},
};

bool has_kind(const Tree& tree, std::string_view kind) {
  for (NodeId id = 0; id < tree.size(); ++id) {
    if (tree.kind_name(id) == kind) return true;
  }
  return false;
}

TEST_CASE("every language has a sample, and every sample a language") {
  REQUIRE(languages().size() == std::size(k_samples));
  for (std::size_t i = 0; i < std::size(k_samples); ++i) CHECK(languages()[i].name == k_samples[i].language);
}

TEST_CASE("every language loads and parses its sample without an error") {
  Parser parser;
  for (const Sample& sample : k_samples) {
    CAPTURE(sample.language);
    const Language* language = find_language(sample.language);
    REQUIRE(language != nullptr);
    const auto tree = parser.parse(*language, sample.text);
    REQUIRE(tree.has_value());
    CHECK_FALSE(tree->has_error());
    CHECK(has_kind(*tree, sample.kind));
    CHECK(tree->kind_id(sample.kind) != 0);
  }
}

TEST_CASE("the ABI of every grammar is one that the core takes") {
  CHECK(check_languages().has_value());
  for (const Language& language : languages()) {
    CAPTURE(language.name);
    CHECK(abi_version(language) >= 13);
    CHECK(abi_version(language) <= 15);
    CHECK_FALSE(language.version.empty());
    CHECK(language.integrity.empty() == (language.package == "sluice"));
  }
  CHECK_FALSE(core_version().empty());
  CHECK(core_integrity().substr(0, 7) == "sha512-");
}

TEST_CASE("an unknown language is null") {
  CHECK(find_language("cobol") == nullptr);
  CHECK(find_language("") == nullptr);
}

TEST_CASE("the language of a file is known by its name") {
  const auto name = [](std::string_view path) {
    const Language* language = language_of_path(path);
    return language == nullptr ? std::string_view{} : language->name;
  };
  CHECK(name("a/b.py") == "python");
  CHECK(name("A.TSX") == "tsx");
  CHECK(name("x.d/Gemfile") == "ruby");
  CHECK(name("main.tf") == "hcl");
  CHECK(name("a.py/b") == "");
  CHECK(name("py") == "");
  CHECK(name("a.") == "");
  CHECK(name("") == "");
}

}  // namespace
}  // namespace sluice::syntax
