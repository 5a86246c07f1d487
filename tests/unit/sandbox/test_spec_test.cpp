// Test files: what they may say, and that everything else is an error with its place.
#include "sandbox/test_spec.h"

#include <chrono>
#include <string>

#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace std::chrono_literals;

namespace {

TestSpec parse(const std::string& text) {
  auto spec = parse_test_spec(text, "t.yaml");
  REQUIRE_MESSAGE(spec, to_string(spec.error()));
  return std::move(*spec);
}

Error error_of(const std::string& text) {
  auto spec = parse_test_spec(text, "t.yaml");
  REQUIRE_MESSAGE(!spec, text);
  return spec.error();
}

std::string code(const std::string& text) {
  return error_of(text).code;
}

std::string with_test(const std::string& lines) {
  return "version: 1\ntests:\n  - " + lines + "\n";
}
std::string with_run(const std::string& lines) {
  return "version: 1\nrun: " + lines + "\ntests:\n  - {kind: command, name: a, command: x}\n";
}

}  // namespace

TEST_CASE("a full file of ours") {
  const TestSpec spec = parse(R"(version: 1
run:
  entrypoint: none
  args: [serve, 8080]
  env: {MODE: test, PORT: 8080}
  user: "1000:0"
  workdir: /srv
  network: loopback
  read_only: false
  tmpfs: [/tmp, {path: /run, size: 1MiB}]
  limits: {memory: 64MiB, cpu: 0.5, pids: 32, disk: 8MiB, time: 5s}
tests:
  - kind: command
    name: version
    command: [/app, --version]
    args: [-v]
    env: {A: b}
    exit_code: 3
    stdout: {include: ["^v[0-9]"], exclude: [panic], contains: ["v1.2"]}
    stderr: {exclude: ["."]}
    timeout: 250ms
  - kind: command
    name: as shipped
    entrypoint: true
    stays_up: 2s
  - kind: file
    name: config
    path: /etc/app.conf
    mode: 0640
    uid: 0
    gid: 10
    type: file
    content: {include: [key]}
  - {kind: file, name: no shell, path: /bin/sh, exists: false}
  - kind: metadata
    name: config of the image
    env: {PATH: /bin}
    env_matches: {LANG: "UTF-8$"}
    env_absent: [SECRET]
    labels: {a.b: c}
    exposed_ports: [8080, 53/udp]
    entrypoint: []
    cmd: [serve]
    workdir: /srv
    user: app
)");
  CHECK(!spec.structure_test);
  CHECK(spec.sha256.size() == 64);
  CHECK(spec.run.entrypoint == std::vector<std::string>{});
  CHECK(spec.run.args == std::vector<std::string>{"serve", "8080"});
  CHECK(spec.run.env == EnvList{{"MODE", "test"}, {"PORT", "8080"}});
  CHECK(spec.run.network == Network::loopback);
  CHECK(!spec.run.read_only);
  CHECK(spec.run.tmpfs.size() == 2);
  CHECK(spec.run.tmpfs[1].size_bytes == 1u << 20);
  CHECK(spec.run.limits.memory_bytes == 64u << 20);
  CHECK(spec.run.limits.cpu_milli == 500);
  CHECK(spec.run.limits.time == 5s);
  CHECK(spec.run.capabilities == 0);
  REQUIRE(spec.tests.size() == 5);
  const auto& command = std::get<CommandTest>(spec.tests[0].body);
  CHECK(command.command == std::vector<std::string>{"/app", "--version", "-v"});
  CHECK(command.exit_code == 3);
  CHECK(command.out.include == std::vector<std::string>{"^v[0-9]"});
  CHECK(command.timeout == 250ms);
  CHECK(!command.expand);
  CHECK(std::get<CommandTest>(spec.tests[1].body).entrypoint);
  CHECK(std::get<CommandTest>(spec.tests[1].body).stays_up == 2s);
  CHECK(std::get<FileTest>(spec.tests[2].body).mode == 0640u);
  CHECK(!std::get<FileTest>(spec.tests[3].body).exists);
  const auto& metadata = std::get<MetadataTest>(spec.tests[4].body);
  CHECK(metadata.env.size() == 2);
  CHECK(metadata.env[1].pattern);
  CHECK(metadata.entrypoint == std::vector<std::string>{});
  CHECK(metadata.exposed_ports == std::vector<std::string>{"8080", "53/udp"});
  CHECK(kind_of(spec.tests[4]) == "metadata");
}

TEST_CASE("unknown keys are errors with line, column and the nearest key") {
  const Error error = error_of(with_test("{kind: command, name: a, command: x, exitcode: 1}"));
  CHECK(error.code == "config.unknown-key");
  REQUIRE(error.where);
  CHECK(error.where->line == 3);
  CHECK(error.where->column > 1);
  CHECK(error.hint.find("exit_code") != std::string::npos);
  CHECK(code("version: 1\ntest: []\n") != "");
  CHECK(code(with_run("{netwrok: none}")) == "config.unknown-key");
  CHECK(code(with_run("{limits: {ram: 1}}")) == "config.unknown-key");
  CHECK(code(with_test("{kind: file, name: a, path: /x, owner: 0}")) == "config.unknown-key");
  CHECK(code(with_test("{kind: metadata, name: a, volume: []}")) == "config.unknown-key");
}

TEST_CASE("what an image under test never gets is refused by name") {
  for (const char* key : {"privileged: true", "devices: [/dev/kvm]", "mounts: [/:/host]", "bind_mounts: []",
                          "cap_add: [SYS_ADMIN]", "pid: host", "network: host", "network: bridge"}) {
    CHECK_MESSAGE(code(with_run(std::string("{") + key + "}")) == "sandbox.refused", key);
  }
  CHECK(code(with_test("{kind: command, name: a, command: x, privileged: true}")) == "sandbox.refused");
}

TEST_CASE("a private network has names, each with its addresses") {
  const TestSpec spec =
      parse(with_run("{network: private, dns: {db: 10.213.0.9, Api.Example.: [10.0.0.1, \"fd00::1\"]}}"));
  CHECK(spec.run.network == Network::private_);
  REQUIRE(spec.run.dns.size() == 2);
  CHECK(spec.run.dns[0].name == "db");
  CHECK(spec.run.dns[0].addresses == std::vector<std::string>{"10.213.0.9"});
  CHECK(spec.run.dns[1].name == "api.example");
  CHECK(spec.run.dns[1].addresses == std::vector<std::string>{"10.0.0.1", "fd00::1"});
}

TEST_CASE("names of a private network are checked, with their place") {
  const Error error = error_of(with_run("{network: private, dns: {db: 10.213.0.9, bad: 10.0.0.256}}"));
  CHECK(error.code == "config.range");
  REQUIRE(error.where);
  CHECK(error.where->line == 2);
  CHECK(error.where->column == 52);
  CHECK(code(with_run("{network: loopback, dns: {db: 10.0.0.1}}")) == "config.conflict");
  CHECK(code(with_run("{dns: {db: 10.0.0.1}}")) == "config.conflict");
  CHECK(code(with_run("{network: private, dns: {a: 10.0.0.1, A.: 10.0.0.2}}")) == "config.duplicate");
  for (const char* dns :
       {"[db]", "{db: []}", "{'-x y': 10.0.0.1}", "{db: {}}", "{db: [10.0.0.1, db]}", "{'': 10.0.0.1}"}) {
    CHECK_MESSAGE(code(with_run(std::string("{network: private, dns: ") + dns + "}")).starts_with("config."),
                  dns);
  }
}

TEST_CASE("values out of range are errors") {
  for (const char* run : {"{limits: {memory: 0}}",
                          "{limits: {memory: lots}}",
                          "{limits: {pids: 0}}",
                          "{limits: {cpu: 0}}",
                          "{limits: {cpu: nan}}",
                          "{limits: {cpu: -1}}",
                          "{limits: {cpu: 1e99}}",
                          "{limits: {time: 0s}}",
                          "{limits: {time: 2h}}",
                          "{limits: {time: 30}}",
                          "{tmpfs: [relative]}",
                          "{tmpfs: [/]}",
                          "{tmpfs: [{path: /a, size: 0}]}",
                          "{workdir: relative}",
                          "{env: [A]}",
                          "{env: {A: [b]}}",
                          "{env: {'A=B': c}}",
                          "{entrypoint: other}",
                          "{network: x}",
                          "{read_only: maybe}"}) {
    CHECK_MESSAGE(code(with_run(run)).starts_with("config."), run);
  }
  for (const char* test : {"{kind: command, name: a}",
                           "{kind: command, name: a, command: []}",
                           "{kind: command, name: a, command: ''}",
                           "{kind: command, name: '', command: x}",
                           "{kind: command, command: x}",
                           "{name: a, command: x}",
                           "{kind: http, name: a}",
                           "{kind: command, name: a, command: x, entrypoint: true}",
                           "{kind: command, name: a, command: x, exit_code: 256}",
                           "{kind: command, name: a, command: x, timeout: 0ms}",
                           "{kind: command, name: a, command: x, stays_up: 1s, timeout: 1s}",
                           "{kind: command, name: a, command: x, stdout: text}",
                           "{kind: command, name: a, command: x, stdout: {include: x}}",
                           "{kind: file, name: a, path: relative}",
                           "{kind: file, name: a, path: /x, mode: 888}",
                           "{kind: file, name: a, path: /x, mode: 10000}",
                           "{kind: file, name: a, path: /x, uid: -1}",
                           "{kind: file, name: a, path: /x, exists: false, mode: 0644}",
                           "[]",
                           "text"}) {
    CHECK_MESSAGE(code(with_test(test)).starts_with("config."), test);
  }
  CHECK(code("tests: []\n") == "config.missing-key");
  CHECK(code("version: 2\ntests: []\n") == "config.range");
  CHECK(code("version: 1\ntests: []\n") == "config.type");
  CHECK(code("version: 1\n") == "config.missing-key");
  CHECK(code("") != "");
  CHECK(code(with_test("{kind: file, name: same, path: /a}\n  - {kind: file, name: same, path: /b}")) ==
        "config.duplicate");
}

TEST_CASE("container-structure-test 2.0.0") {
  const TestSpec spec = parse(R"(schemaVersion: "2.0.0"
globalEnvVars:
  - {key: G, value: 1}
commandTests:
  - name: apt
    setup: [[touch, /a], [sh, -c, "echo $PATH"]]
    teardown: [[rm, /a]]
    command: apt-get
    args: ["-u", upgrade]
    envVars: [{key: K, value: v}]
    exitCode: 1
    expectedOutput: [".*disk space.*"]
    excludedOutput: [".*4.1.*"]
    expectedError: [e]
    excludedError: [x]
fileExistenceTests:
  - name: root
    path: /
    shouldExist: true
    permissions: drwxr-xr-x
    uid: 0
    gid: -1
    isExecutableBy: group
fileContentTests:
  - name: sources
    path: /etc/apt/sources.list
    expectedContents: [debian]
    excludedContents: [gce]
metadataTest:
  envVars: [{key: foo, value: baz}, {key: re, value: "^x", isRegex: true}]
  unboundEnvVars: [{key: gone}]
  labels: [{key: l, value: v}]
  exposedPorts: ["8080", 2345]
  unexposedPorts: ["80"]
  volumes: [/test]
  unmountedVolumes: [/dead]
  entrypoint: []
  cmd: [/bin/bash]
  workdir: /app
  user: luke
licenseTests:
  - debian: true
    files: [/foo/bar]
)");
  CHECK(spec.structure_test);
  CHECK(!spec.run.read_only);
  CHECK(spec.run.capabilities != 0);
  REQUIRE(spec.tests.size() == 5);
  const auto& command = std::get<CommandTest>(spec.tests[0].body);
  CHECK(command.command == std::vector<std::string>{"apt-get", "-u", "upgrade"});
  REQUIRE(command.global_env);
  CHECK(*command.global_env == EnvList{{"G", "1"}});
  CHECK(command.env == EnvList{{"K", "v"}});
  CHECK(command.setup.size() == 2);
  CHECK(command.expand);
  CHECK(command.exit_code == 1);
  const auto& content = std::get<FileTest>(spec.tests[1].body);
  CHECK(content.follow);
  const auto& existence = std::get<FileTest>(spec.tests[2].body);
  CHECK(!existence.follow);
  CHECK(existence.permissions == "drwxr-xr-x");
  CHECK(existence.uid == 0u);
  CHECK(!existence.gid);
  CHECK(existence.executable_by == ExecutableBy::group);
  CHECK(kind_of(spec.tests[3]) == "licence");
  const auto& metadata = std::get<MetadataTest>(spec.tests[4].body);
  CHECK(metadata.env[1].pattern);
  CHECK(metadata.env_absent == std::vector<std::string>{"gone"});
  CHECK(metadata.cmd == std::vector<std::string>{"/bin/bash"});
}

TEST_CASE("container-structure-test 1.0.0 has commands as lists and lacks what came later") {
  const TestSpec spec = parse(
      "schemaVersion: 1.0.0\ncommandTests:\n  - name: a\n    command: [echo, $PATH]\n    expectedOutput: "
      "[bin]\n");
  CHECK(std::get<CommandTest>(spec.tests[0].body).command == std::vector<std::string>{"echo", "$PATH"});
  const auto v1 = [](const std::string& rest) { return "schemaVersion: 1.0.0\n" + rest; };
  CHECK(code(v1("commandTests: [{name: a, command: [x], args: [y]}]")) == "config.unknown-key");
  CHECK(code(v1("commandTests: [{name: a, command: x}]")) == "config.type");
  CHECK(code(v1("fileExistenceTests: [{name: a, path: /x, uid: 0}]")) == "config.unknown-key");
  CHECK(code(v1("metadataTest: {user: a}")) == "config.unknown-key");
}

TEST_CASE("dangerous run options of container-structure-test are remembered, not granted") {
  const auto refusal = [](const std::string& options) {
    return parse("schemaVersion: 2.0.0\ncommandTests: [{name: a, command: x}]\ncontainerRunOptions: " +
                 options)
        .run.refusal;
  };
  CHECK(refusal("{user: app}").empty());
  CHECK(refusal("{capabilities: [NET_RAW, CAP_CHOWN]}").empty());
  CHECK(refusal("{envVars: [CI]}").empty());
  CHECK(refusal("{privileged: false}").empty());
  CHECK(!refusal("{privileged: true}").empty());
  CHECK(!refusal("{bindMounts: ['/:/host']}").empty());
  CHECK(!refusal("{capabilities: [SYS_ADMIN]}").empty());
  CHECK(!refusal("{capabilities: [ALL]}").empty());
  CHECK(!refusal("{allocateTty: true}").empty());
  CHECK(code("schemaVersion: 3.0.0\n") == "config.choice");
  CHECK(code("schemaVersion: 2.0.0\n") == "config.type");
  CHECK(code("schemaVersion: 2.0.0\ncommandTests: [{name: a, command: x, bogus: 1}]") ==
        "config.unknown-key");
  CHECK(code("schemaVersion: 2.0.0\ncommandTests: {name: a}") == "config.type");
}

TEST_CASE("JSON is accepted, duplicate keys are not") {
  CHECK(parse(R"({"version": 1, "tests": [{"kind": "file", "name": "a", "path": "/x"}]})").tests.size() == 1);
  CHECK(code("version: 1\nversion: 1\ntests: []\n") == "yaml.duplicate-key");
}
