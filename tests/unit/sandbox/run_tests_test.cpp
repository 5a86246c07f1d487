// Test files against images made in code.
#include "sandbox/run_tests.h"

#include <string>

#include "image/write.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;

namespace {

// Plain substrings; "[" is a bad pattern, as in any regular expression.
class Substrings final : public TextMatcher {
 public:
  Result<bool> found(std::string_view pattern, std::string_view text) const override {
    if (pattern == "[") return fail(ErrorKind::config, "test.pattern", "missing ]");
    return text.find(pattern) != std::string_view::npos;
  }
};

struct Lab {
  Tier strongest = tier_under_test();
  TempDirectory directory = TempDirectory::create().value();
  image::ImageSpec image_spec;
  int engines_made = 0;
  std::size_t written = 0;

  Lab() {
    image_spec.compression = image::Compression::none;
    image::LayerSpec base;
    base.files = {image::file_spec("guest", guest_bytes(), 0755),
                  image::folder_spec("etc"),
                  image::file_spec("etc/passwd", "root:x:0:0::/root:\napp:x:1000:1000::/:\n"),
                  image::file_spec("etc/group", "root:x:0:\n"),
                  image::file_spec("etc/app.conf", "colour = blue\n", 0640),
                  image::symlink_spec("etc/link.conf", "/etc/app.conf"),
                  image::symlink_spec("etc/out", "../../../../../../etc/hostname"),
                  image::folder_spec("tmp", 01777),
                  image::symlink_spec("folder", "tmp")};
    base.files[4].header.uid = 12;
    base.files[4].header.gid = 34;
    image_spec.layers.push_back(std::move(base));
    image_spec.config.env = {"PATH=/", "MODE=image", "HOW=shipped"};
    image_spec.config.entrypoint = {"/guest", "echo"};
    image_spec.config.cmd = std::vector<std::string>{"from", "cmd"};
    image_spec.config.working_dir = "/tmp";
    image_spec.config.user = "app";
    image_spec.config.exposed_ports = {"8080/tcp"};
    image_spec.config.labels = {{"maintainer", "somebody"}};
  }

  TestReport run(const std::string& tests, Environment environment = {}) {
    const std::string path = directory.path() + "/image";
    // Written anew only after a test changed it.
    const std::size_t form = image_spec.layers.size() * 2 + (image_spec.config.entrypoint ? 1 : 0);
    if (form != written) REQUIRE(image::write_layout(path, image_spec));
    written = form;
    const auto image = image::Image::open(path);
    REQUIRE_MESSAGE(image, to_string(image.error()));
    const auto spec = parse_test_spec(tests, "t.yaml");
    REQUIRE_MESSAGE(spec, to_string(spec.error()));
    TestOptions options;
    options.spec_path = "t.yaml";
    options.environment = std::move(environment);
    const EngineFactory factory = [this]() -> Result<std::unique_ptr<Engine>> {
      ++engines_made;
      EmbeddedOptions engine;
      engine.state_root = directory.path() + "/state";
      engine.strongest = strongest;
      return SLUICE_TRY(EmbeddedEngine::create(engine));
    };
    const auto report = run_tests(*image, *spec, factory, Substrings{}, options);
    REQUIRE_MESSAGE(report, to_string(report.error()));
    return *report;
  }

  // One test of ours; "passed" or "STATUS: message".
  std::string one(const std::string& test, const std::string& run = "{}") {
    const TestReport report = this->run("version: 1\nrun: " + run + "\ntests:\n  - " + test + "\n");
    return told(report.cases.at(0));
  }

  static std::string told(const TestCase& test) {
    if (test.status == TestStatus::passed) return "passed";
    return std::string(to_string(test.status)) + ": " + test.message;
  }

  [[nodiscard]] bool can_run() {
    return !one("{kind: command, name: a, command: [/guest, exit, 0]}").starts_with("skipped");
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("file and metadata tests need no container") {
  Lab lab;
  CHECK(lab.one("{kind: file, name: a, path: /etc/app.conf, mode: 0640, uid: 12, gid: 34, type: file, "
                "content: {include: "
                "[blue], exclude: [red]}}") == "passed");
  CHECK(lab.one("{kind: file, name: a, path: /etc/link.conf, mode: 0640, content: {contains: [colour]}}") ==
        "passed");
  CHECK(lab.one("{kind: file, name: a, path: /etc/link.conf, type: symlink}") == "passed");
  CHECK(lab.one("{kind: file, name: a, path: /bin/sh, exists: false}") == "passed");
  CHECK(lab.one("{kind: file, name: a, path: /bin/sh}") == "failed: /bin/sh does not exist");
  CHECK(lab.one("{kind: file, name: a, path: /etc/app.conf, exists: false}") ==
        "failed: /etc/app.conf exists");
  CHECK(lab.one("{kind: file, name: a, path: /etc/app.conf, mode: 0644, uid: 0}") ==
        "failed: /etc/app.conf has mode 0640, not 0644; belongs to user 12, not 0");
  CHECK(lab.one("{kind: file, name: a, path: /etc/app.conf, content: {exclude: [blue]}}") ==
        "failed: /etc/app.conf its content matches the excluded \"blue\"");
  CHECK(lab.one("{kind: file, name: a, path: /etc/app.conf, content: {include: ['[']}}")
            .starts_with("failed: "));
  CHECK(lab.one("{kind: file, name: a, path: /etc, content: {include: [x]}}").starts_with("failed: "));
  // A link out of the image leads to a place in it, where there is no such file, whatever the host has.
  CHECK(lab.one("{kind: file, name: a, path: /etc/out}") == "failed: /etc/out does not exist");
  CHECK(
      lab.one(
          "{kind: metadata, name: a, env: {MODE: image}, env_matches: {HOW: ship}, env_absent: [X], labels: "
          "{maintainer: somebody}, exposed_ports: [8080], unexposed_ports: [80], entrypoint: [/guest, echo], "
          "cmd: "
          "[from, cmd], workdir: /tmp, user: app}") == "passed");
  CHECK(lab.one("{kind: metadata, name: a, env: {MODE: x, NONE: y}, user: root, entrypoint: []}") ==
        "failed: variable MODE is \"image\", not \"x\"; variable NONE is not set; entrypoint is [\"/guest\", "
        "\"echo\"], not "
        "[]; user is \"app\", not \"root\"");
  CHECK(lab.engines_made == 0);
}

TEST_CASE("command tests judge exit code and output") {
  Lab lab;
  if (!lab.can_run()) SLUICE_SKIP("no container here");
  CHECK(lab.one("{kind: command, name: a, command: /guest, args: [echo, hi], stdout: {include: [hi], "
                "exclude: [ho]}}") == "passed");
  CHECK(lab.one("{kind: command, name: a, command: [/guest, exit, 3], exit_code: 3}") == "passed");
  CHECK(lab.one("{kind: command, name: a, command: [/guest, exit, 3]}") == "failed: exit code 3, not 0");
  CHECK(lab.one("{kind: command, name: a, command: [/guest, echo, hi], stdout: {exclude: [hi]}, stderr: "
                "{contains: [e]}}") ==
        "failed: stdout matches the excluded \"hi\"; stderr does not contain \"e\"");
  CHECK(lab.one("{kind: command, name: a, command: [/guest, echo], stdout: {include: ['[']}}") ==
        "failed: stdout: \"[\": missing ]");
  CHECK(lab.one("{kind: command, name: a, command: [/nothing]}") == "failed: /nothing is not in the image");
  CHECK(lab.one("{kind: command, name: a, command: [/guest, catch], timeout: 50ms}")
            .starts_with("failed: did not end within 50 ms"));
  CHECK(lab.one("{kind: command, name: a, command: [/guest, echo], user: nobody-here}")
            .starts_with("failed: "));
  CHECK(lab.one("{kind: command, name: a, command: [/guest, crash]}") == "failed: ended by signal 11");
}

TEST_CASE("output that was cut in the middle is not taken for clean") {
  Lab lab;
  if (!lab.can_run()) SLUICE_SKIP("no container here");
  CHECK(lab.one("{kind: command, name: a, command: [/guest, flood, 10000000], stdout: {include: [xx]}}") ==
        "passed");
  CHECK(has(
      lab.one("{kind: command, name: a, command: [/guest, flood, 10000000], stdout: {exclude: [secret]}}"),
      "error: stdout: cannot tell about \"secret\""));
  CHECK(has(lab.one("{kind: command, name: a, command: [/guest, flood, 10000000], stdout: {include: [y]}}"),
            "error: "));
}

TEST_CASE("the image's own entrypoint, command, environment, user and workdir") {
  Lab lab;
  if (!lab.can_run()) SLUICE_SKIP("no container here");
  CHECK(lab.one("{kind: command, name: a, entrypoint: true, stdout: {include: [from cmd]}}") == "passed");
  CHECK(lab.one("{kind: command, name: a, entrypoint: true, args: [other], stdout: {include: [other], "
                "exclude: [cmd]}}") == "passed");
  CHECK(lab.one("{kind: command, name: a, entrypoint: true, stdout: {include: [x]}}", "{args: [x]}") ==
        "passed");
  CHECK(lab.one("{kind: command, name: a, entrypoint: true}", "{entrypoint: [/guest, exit]}") == "passed");
  CHECK(lab.one("{kind: command, name: a, entrypoint: true, args: ['5'], exit_code: 5}",
                "{entrypoint: [/guest, exit]}") == "passed");
  CHECK(lab.one("{kind: command, name: a, entrypoint: true, args: [/guest, exit, '4'], exit_code: 4}",
                "{entrypoint: none}") == "passed");
  CHECK(lab.one("{kind: command, name: a, command: [guest, env], env: {B: test}, stdout: {include: "
                "[\"MODE=file\\n\", "
                "HOW=shipped, B=test], exclude: [HOME]}}",
                "{env: {MODE: file}}") == "passed");
  CHECK(lab.one("{kind: command, name: a, command: [/guest, id], stdout: {include: [uid=1000]}}") ==
        "passed");
  CHECK(lab.one("{kind: command, name: a, command: [/guest, pwd], stdout: {include: [/tmp]}}") == "passed");
  CHECK(lab.one("{kind: command, name: a, entrypoint: true, stays_up: 50ms}") ==
        "failed: did not stay up for 50 ms: exit code 0");
  CHECK(lab.one("{kind: command, name: a, entrypoint: true, args: [], stays_up: 50ms}",
                "{entrypoint: [/guest, catch]}") == "passed");
  lab.image_spec.config.entrypoint.reset();
  lab.image_spec.config.cmd.reset();
  CHECK(lab.one("{kind: command, name: a, entrypoint: true}") ==
        "failed: the image has neither entrypoint nor command");
}

TEST_CASE("many tests run in parallel, each in its place, on fresh file systems") {
  Lab lab;
  if (!lab.can_run()) SLUICE_SKIP("no container here");
  std::string text = "version: 1\nrun: {read_only: false, user: '0'}\ntests:\n";
  for (int i = 0; i < 20; ++i) {
    text += "  - {kind: command, name: t" + std::to_string(i) +
            ", command: [/guest, mkdir, /made], stdout: {include: [ok]}}\n";
  }
  const TestReport report = lab.run(text);
  REQUIRE(report.cases.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(report.cases[i].name == "t" + std::to_string(i));
    CHECK_MESSAGE(report.cases[i].status == TestStatus::passed, report.cases[i].message);
    CHECK(report.cases[i].output == "/made: ok\n");
  }
  CHECK(report.spec_sha256.size() == 64);
  CHECK(report.image_digest.starts_with("sha256:"));
  CHECK(report.tier != "none");
  CHECK(lab.engines_made == 2);
}

TEST_CASE("without any way to run containers, command tests are skipped and the others still judged") {
  Lab lab;
  lab.strongest = Tier::none;
  const TestReport report = lab.run(
      "version: 1\ntests:\n  - {kind: command, name: a, command: [/guest]}\n  - {kind: file, name: b, path: "
      "/guest}\n");
  CHECK(report.cases[0].status == TestStatus::skipped);
  CHECK(!report.cases[0].message.empty());
  CHECK(report.cases[1].status == TestStatus::passed);
  CHECK(report.tier == "none");
}

TEST_CASE("container-structure-test files: expansion, setup, licences, host variables, refusals") {
  Lab lab;
  if (!lab.can_run()) SLUICE_SKIP("no container here");
  lab.image_spec.layers.push_back({{image::file_spec("usr/share/doc/good/copyright", "GPL"),
                                    image::file_spec("usr/share/doc/bad/copyright", "licensed under agpl"),
                                    image::folder_spec("usr/share/doc/none")},
                                   {},
                                   "docs"});
  lab.image_spec.config.user = "";  // the added layer makes it written anew
  const TestReport report = lab.run(R"(schemaVersion: 2.0.0
commandTests:
  - {name: expand, command: "${PATH}guest", args: [echo, "$MODE-$NOPE-"], expectedOutput: ["image--"]}
  - name: setup stays
    setup: [[/guest, mkdir, /made], [/guest, exit, "1"]]
    command: /guest
    args: [stat, /made]
    expectedOutput: ["40755"]
  - {name: engine env, command: guest, args: [env], expectedOutput: ["HOME=/root", "HOSTNAME="]}
fileExistenceTests:
  - {name: mode, path: /etc/app.conf, permissions: -rw-r-----, uid: 12}
  - {name: link, path: /etc/link.conf, permissions: Lrwxrwxrwx}
  - {name: sticky, path: /tmp, permissions: dtrwxrwxrwx}
  - {name: not executable, path: /etc/app.conf, isExecutableBy: any}
licenseTests:
  - {debian: true}
)");
  CHECK(Lab::told(report.cases[0]) == "passed");
  CHECK(Lab::told(report.cases[1]) == "passed");
  CHECK(Lab::told(report.cases[2]) == "passed");
  CHECK(Lab::told(report.cases[3]) == "passed");
  CHECK(Lab::told(report.cases[4]) == "passed");
  CHECK(Lab::told(report.cases[5]) == "passed");
  CHECK(has(Lab::told(report.cases[6]), "failed: "));
  CHECK(Lab::told(report.cases[7]) ==
        "failed: /usr/share/doc/bad/copyright names AGPL; /usr/share/doc/none/copyright is missing");

  const TestReport host = lab.run(
      "schemaVersion: 2.0.0\ncommandTests: [{name: a, command: guest, args: [env], envVars: [{key: OWN, "
      "value: x}], "
      "expectedOutput: [FROM_HOST=here], excludedOutput: [OWN=]}]\ncontainerRunOptions: {envVars: "
      "[FROM_HOST]}\n",
      {{"FROM_HOST", "here"}});
  CHECK(Lab::told(host.cases[0]) == "passed");
  const TestReport unset = lab.run(
      "schemaVersion: 2.0.0\ncommandTests: [{name: a, command: guest}]\ncontainerRunOptions: {envVars: "
      "[EMPTY]}\n",
      {{"EMPTY", ""}});
  CHECK(Lab::told(unset.cases[0]) == "failed: the variable EMPTY that the file takes from here is not set");
  const TestReport refused = lab.run(
      "schemaVersion: 2.0.0\ncommandTests: [{name: a, command: guest}]\ncontainerRunOptions: {privileged: "
      "true}\n");
  CHECK(Lab::told(refused.cases[0]) == "error: privileged mode is never given to an image under test");
}

TEST_CASE("container-structure-test files: what setup commands leave, global variables, signals") {
  Lab lab;
  lab.image_spec.config.user = "";
  if (!lab.can_run()) SLUICE_SKIP("no container here");
  const TestReport report = lab.run(R"(schemaVersion: 2.0.0
globalEnvVars: [{key: G, value: "/etc/$MODE"}, {key: MODE, value: global}]
commandTests:
  - {name: a global variable is expanded, command: guest, args: [echo, "$G $MODE"], expectedOutput: ["/etc/image global"]}
  - {name: the test's own is not, command: guest, args: [echo, "[$OWN]"], envVars: [{key: OWN, value: x}], expectedOutput: ["[]"]}
  - {name: but for a setup, setup: [[/guest, exit, "1"]], command: guest, args: [echo, "[$OWN]"], envVars: [{key: OWN, value: "x$G"}], expectedOutput: ["[x/etc/image]"]}
  - {name: its own value is as written, setup: [[/guest, exit, "1"]], command: guest, args: [env], envVars: [{key: OWN, value: "x$G"}], expectedOutput: ["OWN=x$G"]}
  - {name: words of a setup are as written, setup: [[/guest, mkdir, "/made$MODE"]], command: guest, args: [ls, /], expectedOutput: ["made$MODE"]}
  - {name: a setup that cannot start, setup: [[/nothing]], command: guest, args: [exit, "0"]}
  - {name: a signal is 128 and more, command: guest, args: [crash], exitCode: 139}
  - {name: and not zero, command: guest, args: [crash]}
fileExistenceTests:
  - {name: path with a global variable, path: "$G/../.././etc//app.conf"}
  - {name: a slash follows a link, path: /folder/, permissions: dtrwxrwxrwx}
  - {name: without it, path: /folder, permissions: Lrwxrwxrwx}
  - {name: a slash wants a folder, path: /etc/app.conf/, shouldExist: false}
)");
  const auto told = [&](std::size_t i) { return Lab::told(report.cases.at(i)); };
  CHECK(told(0) == "passed");
  CHECK(told(1) == "passed");
  CHECK(told(2) == "passed");
  CHECK(told(3) == "passed");
  CHECK(told(4) == "passed");
  CHECK(has(told(5), "failed: setup \"/nothing\": "));
  CHECK(told(6) == "passed");
  // Without a network of its own a failure may be the machine's, and is not judged.
  const bool judged = tier_under_test() != Tier::chroot;
  CHECK_MESSAGE(has(told(7), judged ? "failed: ended by signal 11" : "error: it failed where no network"),
                told(7));
  for (std::size_t i = 8; i < 12; ++i) CHECK_MESSAGE(told(i) == "passed", i);
}

namespace {

// A service file: `run` settings that start the guest's server, and what is asked of it.
std::string service(const std::string& program, const std::string& rest) {
  return "version: 1\nrun: {entrypoint: [/guest], args: " + program + ", network: loopback}\n" + rest;
}

std::string status(const TestReport& report, const std::string& name) {
  for (const TestCase& test : report.cases) {
    if (test.name == name) return Lab::told(test);
  }
  return "missing";
}

}  // namespace

TEST_CASE("a service is started once, waited for, asked, stopped, and its log judged") {
  Lab lab;
  if (!lab.can_run()) SLUICE_SKIP("no container here");
  if (lab.strongest == Tier::chroot) SLUICE_SKIP("needs namespaces");
  const TestReport report =
      lab.run(service("[http, 8080]", R"(ready: {http: {port: 8080, path: /health}, timeout: 5s}
stop: {signal: KILL, within: 2s}
tests:
  - {kind: http, name: ok, port: 8080, path: /a, content: {contains: ['"path":"/a"']}, response_headers: {Content-Type: application/json}}
  - {kind: http, name: missing, port: 8080, path: /missing, status: [404, 410]}
  - {kind: http, name: wrong status, port: 8080, path: /missing}
  - {kind: http, name: wrong port, port: 8081}
  - {kind: port, name: listens, port: 8080, address: 0.0.0.0}
  - {kind: port, name: elsewhere, port: 8080, address: 127.0.0.1}
  - {kind: port, name: silent, port: 22, listening: false}
  - {kind: process, name: runs, process: guest, uid: 1000}
  - {kind: process, name: no shell, process: sh, running: false}
  - {kind: process, name: absent, process: nginx}
  - {kind: log, name: said, stdout: {include: [listening on 8080]}, stderr: {exclude: [error]}}
  - {kind: file, name: a file, path: /guest}
)"));
  for (const char* name :
       {"ready", "stop", "ok", "missing", "listens", "silent", "runs", "no shell", "said", "a file"}) {
    CHECK_MESSAGE(status(report, name) == "passed", name << ": " << status(report, name));
  }
  CHECK(status(report, "wrong status") == "failed: status 404, not 200");
  CHECK(status(report, "wrong port").starts_with("failed: port 8081"));
  CHECK(status(report, "elsewhere") == "failed: port 8080/tcp is listened on at 0.0.0.0, not 127.0.0.1");
  CHECK(status(report, "absent") == "failed: nginx does not run");
}

TEST_CASE("a service that does not get ready, answers nonsense, or does not stop") {
  Lab lab;
  if (!lab.can_run()) SLUICE_SKIP("no container here");
  if (lab.strongest == Tier::chroot) SLUICE_SKIP("needs namespaces");
  TestReport report = lab.run(service(
      "[catch]", "ready: {tcp: 8080, timeout: 100ms}\ntests:\n  - {kind: http, name: a, port: 8080}\n"));
  CHECK(status(report, "ready").starts_with("failed: not ready within 100 ms"));
  CHECK(status(report, "a").starts_with("failed: not ready"));
  report = lab.run(service("[exit, '3']", "tests:\n  - {kind: http, name: a, port: 8080}\n"));
  CHECK(status(report, "a") == "failed: the service ended before it was ready");
  report = lab.run(service("[http, 8080, garbage]", "tests:\n  - {kind: http, name: a, port: 8080}\n"));
  CHECK(status(report, "a").starts_with("failed: not an HTTP answer"));
  report = lab.run(
      service("[http, 8080, silent]", "tests:\n  - {kind: http, name: a, port: 8080, timeout: 50ms}\n"));
  CHECK(status(report, "a") == "failed: no answer in time");
  report =
      lab.run(service("[http, 8080, chunked]",
                      "tests:\n  - {kind: http, name: a, port: 8080, content: {contains: [hello there]}}\n"));
  CHECK(status(report, "a") == "passed");
  report = lab.run(service("[ignore-term]",
                           "stop: {within: 50ms}\ntests:\n  - {kind: process, name: a, process: guest}\n"));
  CHECK(status(report, "stop").starts_with("failed: did not end within 50 ms"));
  CHECK(status(report, "a") == "passed");
  report = lab.run(service("[catch]",
                           "ready: {exec: [/guest, exit, '0']}\nstop: {signal: INT}\ntests:\n  - {kind: log, "
                           "name: a, stdout: {contains: [got signal 02]}}\n"));
  CHECK(status(report, "ready") == "passed");
  CHECK(status(report, "stop") == "passed");
  CHECK(status(report, "a") == "passed");
}
