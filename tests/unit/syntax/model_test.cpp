// What a Dockerfile's instructions mean in their places: stages, variables, ONBUILD, and the limits of all
// that.
#include <algorithm>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "syntax/dockerfile/model.h"

using namespace sluice;
using namespace sluice::syntax::dockerfile;

namespace {

struct Read {
  explicit Read(std::string source)
      : text(std::move(source)), document(parse_document(text)), model(build_model(document, text, {})) {}
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;

  std::string text;
  Document document;
  Model model;

  // The first word of the last instruction, with its variables put in.
  [[nodiscard]] std::string last() const {
    const Value& value = model.steps.back().words.front();
    return value.unknown ? "? " + value.text : value.text;
  }
};

}  // namespace

TEST_CASE("a variable's value is that of its place: ENV over ARG, a stage's own over its base's") {
  CHECK(Read("FROM a\nENV U=x\nUSER $U\n").last() == "x");
  CHECK(Read("FROM a\nENV U=x\nARG U=y\nUSER $U\n").last() == "x");
  CHECK(Read("FROM a\nARG U=y\nENV U=x\nUSER $U\n").last() == "x");
  CHECK(Read("FROM a AS b\nENV U=x\nFROM b\nUSER $U\n").last() == "x");
  CHECK(Read("FROM a AS b\nARG U=x\nFROM b\nUSER $U\n").last() == "? $U");
  CHECK(Read("FROM a AS b\nENV U=x\nFROM c\nUSER $U\n").last() == "? $U");
  CHECK(Read("ARG U=x\nFROM a\nARG U\nUSER $U\n").last() == "x");
  CHECK(Read("ARG U=x\nFROM a\nUSER $U\n").last() == "? $U");
  CHECK(Read("FROM a\nUSER ${U:-y}\n").last() == "y");
}

TEST_CASE("ONBUILD runs in the stage that is built on it, and there only") {
  CHECK(Read("FROM a AS b\nONBUILD ENV U=x\nFROM b\nUSER $U\n").last() == "x");
  CHECK(Read("FROM a AS b\nONBUILD ENV U=x\nUSER $U\n").last() == "? $U");
  CHECK(Read("FROM a AS b\nONBUILD ENV U=x\nFROM b AS c\nFROM c\nUSER $U\n").last() == "x");
}

TEST_CASE("stages are found by name and number, and what ships is known") {
  const Read read("FROM a AS base\nFROM b AS Tool\nFROM base\nCOPY --from=tool x y\nCOPY --from=0 x y\n");
  const auto& stages = read.model.stages;
  REQUIRE(stages.size() == 3);
  CHECK(stages[2].base.stage == 0);
  REQUIRE(stages[2].uses.size() == 2);
  CHECK(stages[2].uses[0].stage == 1);
  CHECK(stages[2].uses[1].stage == 0);
  CHECK(stages[2].shipped);
  CHECK_FALSE(stages[0].shipped);
  CHECK(std::all_of(stages.begin(), stages.end(), [](const Stage& stage) { return stage.contributes; }));
}

TEST_CASE("what stages take over from each other is bounded, and the bound is told once") {
  std::string many = "FROM a AS b\n";
  for (int i = 0; i < 1000; ++i) many += "ENV A" + std::to_string(i) + "=x\n";
  std::string triggers = "FROM a AS b\n";
  for (int i = 0; i < 1000; ++i) triggers += "ONBUILD ENV A" + std::to_string(i) + "=x\n";
  std::string stages;
  for (int i = 0; i < 900; ++i) stages += "FROM b\n";
  const Read inherited(many + stages);
  REQUIRE(inherited.model.limits.size() == 1);
  CHECK(inherited.model.limits[0].starts_with("the stages take over more than 500000 variables"));
  const Read triggered(triggers + stages);
  REQUIRE(triggered.model.limits.size() == 1);
  CHECK(triggered.model.limits[0] == "more than 100000 ONBUILD instructions run");
  CHECK(Read(many + "FROM b\n").model.limits.empty());
}
