// container-structure-test files as Go's readers take them.
#include <string>

#include "sandbox/test_spec.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;

namespace {

TestSpec parse(const std::string& text, const std::string& name = "t.yaml") {
  auto spec = parse_test_spec(text, name);
  REQUIRE_MESSAGE(spec, to_string(spec.error()));
  return std::move(*spec);
}

std::string code(const std::string& text, const std::string& name = "t.yaml") {
  const auto spec = parse_test_spec(text, name);
  return spec ? "" : spec.error().code;
}

const FileTest& file(const TestSpec& spec, std::size_t i = 0) {
  return std::get<FileTest>(spec.tests.at(i).body);
}
const CommandTest& command(const TestSpec& spec, std::size_t i = 0) {
  return std::get<CommandTest>(spec.tests.at(i).body);
}

std::string existence(const std::string& line) {
  return "schemaVersion: 2.0.0\nfileExistenceTests:\n- name: a\n  path: /x\n  " + line + "\n";
}

}  // namespace

TEST_CASE("booleans of YAML 1.1") {
  for (const char* word : {"true", "True", "yes", "Yes", "on", "y"})
    CHECK_MESSAGE(file(parse(existence("shouldExist: " + std::string(word)))).exists, word);
  for (const char* word : {"false", "no", "off", "OFF", "n"})
    CHECK_MESSAGE(!file(parse(existence("shouldExist: " + std::string(word)))).exists, word);
  CHECK(code(existence("shouldExist: 'true'")) == "config.type");
  CHECK(code(existence("shouldExist: 1")) == "config.type");
}

TEST_CASE("JSON files: keys in any case, unknown keys passed over; the same as YAML is refused") {
  const std::string text =
      R"({"schemaVersion":"2.0.0","Extra":1,"filEexistenceTests":[{"NAME":"a","path":"/x","shouldexist":false,"note":""}]})";
  CHECK(!file(parse(text, "t.json")).exists);
  CHECK(code(text, "t.yaml") == "config.unknown-key");
}

TEST_CASE("merge keys") {
  const TestSpec spec = parse(R"(schemaVersion: 2.0.0
fileExistenceTests:
- &base {name: a, path: /x, uid: 7}
- {<<: *base, name: b}
- {<<: [{gid: 3}, *base], name: c, uid: 8}
)");
  CHECK(file(spec, 1).path == "/x");
  CHECK(file(spec, 1).uid == 7);
  CHECK(spec.tests[1].name == "b");
  CHECK(file(spec, 2).gid == 3);
  CHECK(file(spec, 2).uid == 8);
  CHECK(code("schemaVersion: 2.0.0\nfileExistenceTests:\n- {<<: text, name: c, path: /x}\n") ==
        "config.type");
}

TEST_CASE("1.0.0 knows neither metadata nor run options nor owners, and its command is a list") {
  const TestSpec spec = parse("schemaVersion: \"1.0.0\"\ncommandTests:\n- name: a\n  command: [echo, hi]\n");
  CHECK(command(spec).command == std::vector<std::string>{"echo", "hi"});
  CHECK(code("schemaVersion: 1.0.0\nmetadataTest: {user: a}\n") == "config.unknown-key");
  CHECK(code("schemaVersion: 1.0.0\ncontainerRunOptions: {user: a}\n") == "config.unknown-key");
  CHECK(code("schemaVersion: 1.0.0\nfileExistenceTests: [{name: a, path: /x, uid: 1}]\n") ==
        "config.unknown-key");
  CHECK(code("schemaVersion: 1.0.0\ncommandTests: [{name: a, command: [x], args: [y]}]\n") ==
        "config.unknown-key");
  CHECK(code("schemaVersion: 2.0.0\ncommandTests: [{name: a, command: [x]}]\n") == "config.type");
  CHECK(code("schemaVersion: 3.0.0\n") == "config.choice");
}

TEST_CASE("any exit code is accepted, also one that no program can have") {
  CHECK(command(parse("schemaVersion: 2.0.0\ncommandTests: [{name: a, command: x, exitCode: -1}]\n"))
            .exit_code == -1);
  CHECK(command(parse("schemaVersion: 2.0.0\ncommandTests: [{name: a, command: x, exitCode: 300}]\n"))
            .exit_code == 300);
}

TEST_CASE("files of variables") {
  const Environment ours{{"HERE", "yes"}};
  RunSettings run;
  REQUIRE(apply_env_file(run, "# note\n\nA=b=c\r\n  B= x \nHERE\nGONE\nEMPTY=", ours));
  CHECK(run.env == EnvList{{"A", "b=c"}, {"B", " x "}, {"HERE", "yes"}, {"EMPTY", ""}});
  CHECK(run.env_replaces);
  CHECK(!apply_env_file(run, "A B=c\n", ours));
  CHECK(!apply_env_file(run, "=c\n", ours));
  CHECK(parse("schemaVersion: 2.0.0\ncontainerRunOptions: {envFile: a.env}\nmetadataTest: {user: a}\n")
            .run.env_file == "a.env");
}
