// container-structure-test files as Go's readers take them.
#include <string>

#include "sandbox/expand_variables.h"
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

TEST_CASE("1.0.0 takes a path as it is written") {
  CHECK(file(parse(existence(""))).expand);
  CHECK(!file(parse("schemaVersion: 1.0.0\nfileExistenceTests: [{name: a, path: /x}]\n")).expand);
}

TEST_CASE("numbers of YAML 1.1") {
  const auto exit_code = [](const std::string& text) {
    return command(
               parse("schemaVersion: 2.0.0\ncommandTests: [{name: a, command: x, exitCode: " + text + "}]\n"))
        .exit_code;
  };
  CHECK(exit_code("010") == 8);
  CHECK(exit_code("0o10") == 8);
  CHECK(exit_code("0x1f") == 31);
  CHECK(exit_code("-0b11") == -3);
  CHECK(exit_code("1_0") == 10);
  CHECK(exit_code("2.0") == 2);
  CHECK(exit_code("+7") == 7);
  CHECK(exit_code("0") == 0);
  for (const char* bad : {"'1'", "one", "1e400", "0x", "--1", "09999999999999999999", "[1]", "3000000000"})
    CHECK_MESSAGE(code("schemaVersion: 2.0.0\ncommandTests: [{name: a, command: x, exitCode: " +
                       std::string(bad) + "}]\n")
                      .starts_with("config."),
                  bad);
}

TEST_CASE("JSON has types, and no more than JSON") {
  const auto json = [](const std::string& tests) {
    return code("{\"schemaVersion\":\"2.0.0\"," + tests + "}", "t.json");
  };
  CHECK(json(R"("commandTests":[{"name":"a","command":"x","exitCode":1}])").empty());
  CHECK(json(R"("commandTests":[{"name":"a","command":"x","exitCode":"1"}])") == "config.type");
  CHECK(json(R"("commandTests":[{"name":"a","command":"x","exitCode":1.0}])") == "config.type");
  CHECK(json(R"("commandTests":[{"name":"a","command":"x","args":[1]}])") == "config.type");
  CHECK(json(R"("commandTests":[{"name":true,"command":"x"}])") == "config.type");
  CHECK(json(R"("fileExistenceTests":[{"name":"a","path":"/x","shouldExist":yes}])") != "");
  CHECK(json(R"("fileExistenceTests":[{"name":"a","path":"/x"},])") != "");
  CHECK(json(R"("fileExistenceTests":[{'name':"a","path":"/x"}])") != "");
  CHECK(code("{\"SCHEMAVERSION\":\"2.0.0\",\"metadatatest\":{\"USER\":\"a\"}}", "t.json").empty());
  CHECK(code("{\"SCHEMAVERSION\":\"2.0.0\",\"metadatatest\":{\"USER\":\"a\"}}", "t.yaml") != "");
}

TEST_CASE("a metadata test that asks nothing is none, and its older names are known") {
  CHECK(code("schemaVersion: 2.0.0\nmetadataTest: {}\n") == "config.type");
  CHECK(code("schemaVersion: 2.0.0\nmetadataTest: {workdir: '', volumes: []}\n") == "config.type");
  CHECK(code("schemaVersion: 2.0.0\nmetadataTest: {entrypoint: []}\n").empty());
  const TestSpec spec =
      parse("schemaVersion: 2.0.0\nmetadataTest: {env: [{key: A, value: b}], unboundEnv: [{key: C}]}\n");
  const auto& metadata = std::get<MetadataTest>(spec.tests.at(0).body);
  CHECK(metadata.env.at(0).key == "A");
  CHECK(metadata.env_absent == std::vector<std::string>{"C"});
  CHECK(code("schemaVersion: 2.0.0\nmetadataTest: {env: [{key: A}], envVars: [{key: A}]}\n") ==
        "config.unknown-key");
}

TEST_CASE("a command's variables have values; a global one may be empty") {
  const std::string test = "commandTests: [{name: a, command: x, envVars: [{key: A, value: ''}]}]\n";
  CHECK(code("schemaVersion: 2.0.0\n" + test) == "config.range");
  CHECK(code("schemaVersion: 2.0.0\ncommandTests: [{name: a, command: x, envVars: [{key: A}]}]\n") ==
        "config.missing-key");
  CHECK(code("schemaVersion: 2.0.0\nglobalEnvVars: [{key: A, value: ''}]\ncommandTests: [{name: a, command: "
             "x}]\n")
            .empty());
}

TEST_CASE("global variables are expanded from the image alone") {
  const EnvList globals{{"B", "$A-$B"}, {"A", "new"}, {"C", "$A"}};
  CHECK(with_globals({{"A", "old"}}, &globals) == EnvList{{"A", "new"}, {"B", "old-"}, {"C", "old"}});
  CHECK(with_globals({{"A", "old"}}, nullptr) == EnvList{{"A", "old"}});
}

TEST_CASE("files of variables") {
  const auto read = [](const std::string& text) {
    RunSettings run;
    const Status status = apply_env_file(run, text);
    REQUIRE_MESSAGE(status, to_string(status.error()));
    CHECK(run.env_replaces);
    return run.env;
  };
  CHECK(read("# note\n\nA=b=c\r\n  B= x \nexport C: d\nEMPTY=\n") ==
        EnvList{{"A", "b=c"}, {"B", "x"}, {"C", "d"}});
  CHECK(read("A=b # c # d\nE=x#y") == EnvList{{"A", "b # c"}, {"E", "x#y"}});
  CHECK(read("A='x $B\ny'\nB=\"1\\n\\\"2\\\"\"") == EnvList{{"A", "x $B\ny"}, {"B", "1\n\"2\""}});
  CHECK(read("A=x\nB=$A-${A}$GONE\nC='$A'\nD=\\$A\nE=\"\\$A\"\nF=$(A)") ==
        EnvList{{"A", "x"}, {"B", "x-x"}, {"C", "$A"}, {"D", "$A"}, {"E", "$A"}, {"F", "$(A)"}});
  CHECK(read("A=1\nA=2") == EnvList{{"A", "2"}});
  CHECK(read("\xEF\xBB\xBF"
             "A=1") == EnvList{{"A", "1"}});
  RunSettings run;
  for (const char* bad : {"A B=c\n", "=c\n", "A\n", "A='x\n", "-A=1\n"})
    CHECK_MESSAGE(!apply_env_file(run, bad), bad);
  CHECK(!apply_env_file(run, std::string("A=b\0c", 5)));
  // Each doubles the one before.
  std::string bomb = "A0=xxxxxxxxxxxxxxxx\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "$A" + std::to_string(i - 1);
    bomb += "A" + std::to_string(i) + "=" + before + before + "\n";
  }
  CHECK(!apply_env_file(run, bomb));
  CHECK(parse("schemaVersion: 2.0.0\ncontainerRunOptions: {envFile: a.env}\nmetadataTest: {user: a}\n")
            .run.env_file == "a.env");
}
