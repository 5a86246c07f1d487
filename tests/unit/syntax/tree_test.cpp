#include <string>
#include <string_view>

#include <ostream>

#include <doctest/doctest.h>

#include "syntax/query.h"
#include "syntax/tree.h"

namespace sluice::syntax {
namespace {

Tree parse(std::string_view language, std::string_view text, std::span<const Span> ranges = {}) {
  Parser parser;
  const Language* found = find_language(language);
  REQUIRE(found != nullptr);
  auto tree = parser.parse(*found, text, ranges);
  REQUIRE(tree.has_value());
  return std::move(*tree);
}

NodeId first_of(const Tree& tree, std::string_view kind) {
  for (NodeId id = 0; id < tree.size(); ++id) {
    if (tree.kind_name(id) == kind) return id;
  }
  return k_no_node;
}

std::uint64_t hash_of(std::string_view language, std::string_view text) {
  return parse(language, text).hash(0);
}

TEST_CASE("a tree prints with kinds, fields, byte ranges and leaf texts") {
  const std::string text = "f(1)\n";
  CHECK(print(parse("python", text)) ==
        "module [0-5)\n"
        "  expression_statement [0-4)\n"
        "    call [0-4)\n"
        "      function: identifier [0-1) \"f\"\n"
        "      arguments: argument_list [1-4)\n"
        "        \"(\" [1-2)\n"
        "        integer [2-3) \"1\"\n"
        "        \")\" [3-4)\n");
}

TEST_CASE("children, fields and the innermost node of a span") {
  const std::string text = "f(x, 2)  # why\n";
  const Tree tree = parse("python", text);
  const NodeId call = first_of(tree, "call");
  REQUIRE(call != k_no_node);
  const NodeId arguments = tree.child_by_field(call, "arguments");
  REQUIRE(arguments != k_no_node);
  CHECK(tree.text(arguments) == "(x, 2)");
  CHECK(tree.children(arguments).size() == 5);
  CHECK(tree.named_children(arguments).size() == 2);
  CHECK(tree.child_by_field(call, "no_such_field") == k_no_node);
  CHECK(tree.text(tree.node_at({2, 3})) == "x");
  CHECK(tree.node_at({0, 99}) == k_no_node);
  CHECK(tree.parent(0) == k_no_node);
  CHECK(tree.named_children(0).size() == 1);  // the comment is an extra
}

TEST_CASE("every node lies inside its parent, and subtrees nest") {
  const std::string text = "class A {\n  int f(int x) { return x + 1; } // c\n}\n";
  const Tree tree = parse("java", text);
  for (NodeId id = 1; id < tree.size(); ++id) {
    const NodeId parent = tree.parent(id);
    REQUIRE(parent < id);
    CHECK(tree.span(parent).contains(tree.span(id)));
    CHECK(tree.subtree_end(id) <= tree.subtree_end(parent));
  }
  CHECK(tree.subtree_end(0) == tree.size());
}

TEST_CASE("the hash ignores comments and white space only") {
  CHECK(hash_of("python", "f(a,b)\n") == hash_of("python", "f( a,  # one\n  b )\n"));
  CHECK(hash_of("python", "f(a,b)\n") != hash_of("python", "f(b,a)\n"));
  CHECK(hash_of("python", "f(a)\n") != hash_of("python", "g(a)\n"));
  CHECK(hash_of("javascript", "f(1); // x\n") == hash_of("javascript", "/* y */ f(1);\n"));
  CHECK(hash_of("javascript", "a + b;\n") != hash_of("javascript", "a - b;\n"));
}

TEST_CASE("the hash sees text between the children of a literal") {
  CHECK(hash_of("python", "x = 'a\\nb'\n") != hash_of("python", "x = 'c\\nd'\n"));
  CHECK(hash_of("python", "x = ' \\n'\n") != hash_of("python", "x = '  \\n'\n"));
  CHECK(hash_of("bash", "echo \"a $x b\"\n") != hash_of("bash", "echo \"c $x d\"\n"));
}

TEST_CASE("included ranges keep the offsets of the source") {
  const std::string text = "RUN echo a \\\n# comment\n  && rm -r /b\n";
  const Span ranges[] = {{4, 11}, {23, 37}};
  const Tree tree = parse("bash", text, ranges);
  CHECK_FALSE(tree.has_error());
  const NodeId list = first_of(tree, "list");
  REQUIRE(list != k_no_node);
  CHECK(tree.span(list) == Span{4, 36});
  CHECK(tree.text(tree.children(list)[2]) == "rm -r /b");
}

TEST_CASE("a hash does not see what lies between the ranges") {
  const std::string wrapped = "echo a \\\n  b\n";
  const Span ranges[] = {{0, 7}, {9, 12}};
  const std::string plain = "echo a   b";
  CHECK(parse("bash", wrapped, ranges).hash(0) == parse("bash", plain).hash(0));
}

TEST_CASE("ranges that overlap or leave the text are refused") {
  Parser parser;
  const Span overlap[] = {{0, 3}, {2, 4}};
  const Span outside[] = {{0, 99}};
  CHECK(parser.parse(*find_language("bash"), "echo a", overlap).error().code == "syntax.failed");
  CHECK(parser.parse(*find_language("bash"), "echo a", outside).error().code == "syntax.failed");
}

TEST_CASE("syntax errors are flags, not failures") {
  const Tree tree = parse("python", "def (:\n");
  CHECK(tree.has_error());
  CHECK_FALSE(parse("python", "x = 1\n").has_error());
}

TEST_CASE("an empty text and NUL bytes give a tree") {
  CHECK(parse("python", "").size() >= 1);
  CHECK(parse("javascript", std::string_view("a\0b\0", 4)).size() >= 1);
  CHECK(parse("bash", "\xff\xfe\x80").size() >= 1);
}

TEST_CASE("limits end in an error that names them") {
  Parser parser;
  std::string deep(3'000, '[');
  ParseLimits limits;
  limits.max_depth = 100;
  CHECK(parser.parse(*find_language("json"), deep + std::string(3'000, ']'), {}, limits).error().code ==
        "syntax.depth");
  limits = {};
  limits.max_nodes = 10;
  CHECK(parser.parse(*find_language("python"), "f(1, 2, 3, 4, 5, 6, 7)\n", {}, limits).error().code ==
        "syntax.nodes");
  limits = {};
  limits.deadline = std::chrono::milliseconds(0);
  std::string large;
  for (int i = 0; i < 20'000; ++i) large += "f(x);\n";
  CHECK(parser.parse(*find_language("javascript"), large, {}, limits).error().code == "syntax.deadline");
  // The same parser works on after a stopped parse.
  CHECK(parser.parse(*find_language("python"), "x = 1\n").has_value());
}

TEST_CASE("a query gives spans") {
  const std::string text = "f(1)\ng(2)\nf(3)\n";
  const auto all = run_query(*find_language("python"), text, "(call function: (identifier) @name)");
  REQUIRE(all.has_value());
  REQUIRE(all->size() == 3);
  CHECK((*all)[1].captures[0].name == "name");
  CHECK((*all)[1].captures[0].span == Span{5, 6});
  const auto some =
      run_query(*find_language("python"), text, "((call function: (identifier) @name) (#eq? @name \"f\"))");
  REQUIRE(some.has_value());
  CHECK(some->size() == 2);
}

TEST_CASE("a wrong query is an error with its place, an unknown predicate too") {
  const Language& python = *find_language("python");
  CHECK(run_query(python, "x", "(no_such_node)").error().code == "syntax.query");
  CHECK(run_query(python, "x", "((identifier) @a (#match? @a \"x\"))").error().code ==
        "syntax.query-predicate");
}

}  // namespace
}  // namespace sluice::syntax
