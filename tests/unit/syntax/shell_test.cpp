// What a shell text says: commands, their words, and how they hang together.
#include <ostream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "syntax/shell/argv.h"

using namespace sluice;
using namespace sluice::syntax;
using namespace sluice::syntax::shell;

namespace {

using List = std::vector<std::string>;

Script read_text(std::string_view text, const Environment& environment = {}) {
  MappedText mapped;
  mapped.append(text, 0);
  return read(mapped, environment);
}

// Each command's words, joined: "apt-get install -y".
List commands(const Script& script) {
  List out;
  for (const Command& command : script.commands) {
    std::string line;
    for (const Word& word : command.argv) line += (line.empty() ? "" : " ") + word.text;
    if (!line.empty()) out.push_back(line);
  }
  return out;
}

List commands(std::string_view text) {
  return commands(read_text(text));
}

}  // namespace

TEST_CASE("lists, pipelines and compound commands give their simple commands, in order") {
  CHECK(commands("a && b || c; d & e\nf | g") == List{"a", "b", "c", "d", "e", "f", "g"});
  CHECK(commands("if a; then b; elif c; then d; else e; fi") == List{"a", "b", "c", "d", "e"});
  CHECK(commands("while a; do b; done; until c; do d; done") == List{"a", "b", "c", "d"});
  CHECK(commands("for x in 1 2; do a; done; for ((i = 0; i < 3; i++)); do b; done") == List{"a", "b"});
  CHECK(commands("case $x in (a|b) c;; *) d;; esac; e") == List{"c", "d", "e"});
  CHECK(commands("( a; b ) && { c; }; ((d + 1)); e") == List{"a", "b", "c", "e"});
  CHECK(commands("f() { a; }; function g { b; }; function h() ( c ); f") == List{"a", "b", "c", "f"});
  CHECK(commands("! a | b # c\n# d\ne") == List{"a", "b", "e"});
}

TEST_CASE("how a command hangs on its neighbours is known") {
  const Script script = read_text("a && b || c; d | e\n! f");
  REQUIRE(script.commands.size() == 6);
  CHECK(script.commands[0].next == Join::and_);
  CHECK(script.commands[1].join == Join::and_);
  CHECK(script.commands[1].next == Join::or_);
  CHECK(script.commands[4].join == Join::pipe);
  CHECK(script.commands[4].stage.index == 1);
  CHECK(script.commands[4].stage.count == 2);
  CHECK(script.commands[5].negated);
  CHECK(script.problems.empty());
  CHECK(script.upstream(script.commands[4]) == std::vector<const Command*>{&script.commands[3]});
  const Script compound = read_text("{ a; ( b ); } | c");
  REQUIRE(compound.commands.size() == 3);
  CHECK(compound.upstream(compound.commands[2]).size() == 2);
}

TEST_CASE("quotes and escapes are taken off, and the word keeps its place") {
  const Script script = read_text("a 'b c'\"d\\\"e\" f\\ g $'h\\n' i\\\nj");
  REQUIRE(script.commands.size() == 1);
  const auto& argv = script.commands[0].argv;
  REQUIRE(argv.size() == 5);
  CHECK(argv[1].text == "b cd\"e");
  CHECK(argv[1].span == Span{2, 13});
  CHECK(argv[1].quoted);
  CHECK(argv[2].text == "f g");
  CHECK(argv[3].text == "h\n");
  CHECK(argv[4].text == "ij");
}

TEST_CASE("a variable's known value stands in the word; what is not known stays as it is written") {
  Environment given;
  given.own["A"] = {"x y", false};
  given.own["B"] = {std::nullopt, true};
  const auto words = [&given](std::string_view text) { return commands(read_text(text, given)); };
  CHECK(words("c \"$A\" ${A}z ${A:-w} $B ${C:-d} ${#A} $?") == List{"c x y x yz x y $B d ${#A} $?"});
  CHECK(words("A=1; c $A; (A=2; d $A); e $A") == List{"c 1", "d 2", "e 1"});
  CHECK(words("export D=3; c $D; unset D; d $D") == List{"export D=3", "c 3", "unset D", "d $D"});
  CHECK(words("for i in 5; do c $i; done") == List{"c 5"});
  const Script split = read_text("c $A \"$A\"", given);
  CHECK(split.commands[0].argv.size() == 4);
}

TEST_CASE("what is nested in words and handed to a shell is read too") {
  CHECK(commands("a $(b `c`) <(d)").size() == 4);
  CHECK(commands("sh -c 'a; b' x; eval \"c d\"; find . -exec e {} \\;").size() == 7);
  const Script fed = read_text("sh <<E\na | b\nE\ncat <<'F'\nc\nF\nbash -s <<-G\n\td\n\tG\n");
  REQUIRE(commands(fed) == List{"sh", "a", "b", "cat", "bash -s", "d"});
  CHECK(fed.commands[0].redirects[0].body_text == "a | b\n");
  CHECK(fed.commands[3].redirects[0].literal);
  CHECK(fed.problems.empty());
  const Script wrapped = read_text("sudo -E env A=b timeout 5 apt-get install x");
  CHECK(wrapped.commands[0].name() == "apt-get");
  CHECK(wrapped.commands[0].wrapped_by("sudo"));
  CHECK(wrapped.commands[0].wrapped_by("timeout"));
}

TEST_CASE("redirections keep their operator, number and target") {
  const Script script = read_text("a >b 2>>c <d 2>&1 &>e 3<>f <<<g; { h; } > i");
  const auto& redirects = script.commands[0].redirects;
  REQUIRE(redirects.size() == 7);
  const auto is = [](const Redirect& r, std::string_view op, int fd, std::string_view target) {
    return r.op == op && r.fd == fd && r.target.text == target;
  };
  CHECK(is(redirects[0], ">", -1, "b"));
  CHECK(is(redirects[1], ">>", 2, "c"));
  CHECK(is(redirects[2], "<", -1, "d"));
  CHECK(is(redirects[3], ">&", 2, "1"));
  CHECK(is(redirects[4], "&>", -1, "e"));
  CHECK(is(redirects[5], "<>", 3, "f"));
  CHECK(is(redirects[6], "<<<", -1, "g"));
  CHECK(script.scopes.back().redirects.size() == 1);
}

TEST_CASE("a text that is cut off is read as far as it goes, and says so") {
  for (const std::string_view text :
       {"if a; then b", "a $(b", "a \"b", "a ${b", "( a", "a <<E\nb", "a >", "a )"}) {
    CAPTURE(text);
    const Script script = read_text(text);
    CHECK_FALSE(script.problems.empty());
    REQUIRE_FALSE(script.commands.empty());
    CHECK(script.commands.front().name() == "a");
  }
}

TEST_CASE("what a limit leaves out makes the script incomplete") {
  std::string deep = "a; ";
  for (std::uint32_t i = 0; i <= k_max_depth; ++i) deep += "( ";
  CHECK(read_text(deep + "b").incomplete);
  std::string long_list;
  for (std::uint32_t i = 0; i <= k_max_commands; ++i) long_list += "a;";
  CHECK(read_text(long_list).incomplete);
  std::string pipe = "a";
  for (std::uint32_t i = 0; i <= k_max_stages; ++i) pipe += "|a";
  CHECK(read_text(pipe).incomplete);
  CHECK_FALSE(read_text("a; ( b ) | c").incomplete);
}
