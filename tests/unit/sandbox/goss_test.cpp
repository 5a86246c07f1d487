// goss files: matchers, and what becomes of each kind.
#include "sandbox/goss/goss_spec.h"

#include <regex.h>
#include <sys/stat.h>

#include <algorithm>

#include "image/write.h"
#include "sandbox/goss/matcher.h"
#include "sandbox/goss/read_goss.h"
#include "sandbox/run_tests.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;

namespace {

// Enough of RE2 for these tests: "(?m:…)" and plain escapes, by the C library's extended expressions.
class SmallRegex final : public TextMatcher {
 public:
  Result<bool> found(std::string_view pattern, std::string_view text) const override {
    std::string inner(pattern);
    int flags = REG_EXTENDED | REG_NOSUB;
    if (inner.starts_with("(?m:")) {
      inner = inner.substr(4, inner.size() - 5);
      flags |= REG_NEWLINE;
    }
    regex_t compiled{};
    if (::regcomp(&compiled, inner.c_str(), flags) != 0)
      return fail(ErrorKind::config, "test.pattern", "bad pattern");
    const bool hit = ::regexec(&compiled, std::string(text).c_str(), 0, nullptr, 0) == 0;
    ::regfree(&compiled);
    return hit;
  }
};

// "yes", "no", "unjudged" or the code of another error.
std::string match(const std::string& yaml_text, const json::Value& actual, bool text = false) {
  const auto node = yaml::parse_one(yaml_text, "m.yaml");
  REQUIRE_MESSAGE(node, to_string(node.error()));
  const decode::Document document(yaml_text, "m.yaml");
  const auto matcher = goss::parse_matcher(document, *node, text);
  if (!matcher) return matcher.error().code == "goss.unjudged" ? "unjudged" : matcher.error().code;
  const auto wrong = (*matcher)->mismatch(actual, SmallRegex());
  if (!wrong) return wrong.error().code;
  return wrong->empty() ? "yes" : "no";
}

TestSpec parse(const std::string& text) {
  auto spec = goss::parse_goss(text, "goss.yaml");
  REQUIRE_MESSAGE(spec, to_string(spec.error()));
  return std::move(*spec);
}

std::string error_of(const std::string& text) {
  const auto spec = goss::parse_goss(text, "goss.yaml");
  return spec ? "none" : to_string(spec.error());
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("goss matchers: values, numbers and texts") {
  CHECK(match("foo", "foo") == "yes");
  CHECK(match("foo", "food") == "no");
  CHECK(match("42", 42) == "yes");
  CHECK(match("42.0", "42") == "yes");
  CHECK(match("'42'", 42) == "yes");
  CHECK(match("'0644'", "0644") == "yes");
  CHECK(match("true", true) == "yes");
  CHECK(match("true", false) == "no");
  CHECK(match("{gt: 40}", "42") == "yes");
  CHECK(match("{gt: 42}", 42) == "no");
  CHECK(match("{ge: 42}", 42) == "yes");
  CHECK(match("{lt: 1}", "many") == "goss.transform");
  CHECK(match("{not: {lt: 1}}", "many") == "goss.transform");
  CHECK(match("{or: ['many', {lt: 1}]}", "many") == "yes");
  CHECK(match("{contain-element: {gt: 4}}", json::Array{"many", "5"}) == "yes");
  CHECK(match("{contain-element: {gt: 5}}", json::Array{"many", "5"}) == "goss.transform");
  CHECK(match("{gt: 4}", json::Array{"5"}) == "yes");
  CHECK(match("{match-regexp: '^a.b$'}", json::Array{"a", "b"}) == "yes");
  CHECK(match("{have-prefix: fo}", "foo") == "yes");
  CHECK(match("{have-suffix: x}", "foo") == "no");
  CHECK(match("{contain-substring: oo}", "foo") == "yes");
  CHECK(match("{match-regexp: '^f.o$'}", "foo") == "yes");
  CHECK(match("{match-regexp: '('}", "foo") == "test.pattern");
  CHECK(match("{have-len: 3}", "foo") == "yes");
}

TEST_CASE("goss matchers: lists want an item for each of theirs") {
  const json::Value list = json::Array{"foo", "bar", "moo"};
  CHECK(match("[foo, bar]", list) == "yes");
  CHECK(match("[foo, foo]", list) == "no");
  CHECK(match("[foo, have-prefix: m]", list) == "yes");
  CHECK(match("{consist-of: [foo, have-prefix: m, bar]}", list) == "yes");
  CHECK(match("{consist-of: [foo, bar]}", list) == "no");
  CHECK(match("{equal: [foo, bar, moo]}", list) == "yes");
  CHECK(match("{equal: [bar, foo, moo]}", list) == "no");
  CHECK(match("{contain-element: {have-prefix: b}}", list) == "yes");
  CHECK(match("{contain-elements: [{have-prefix: b}, {have-prefix: b}]}", list) == "no");
  // The loose matcher must leave the only fitting item to the strict one.
  CHECK(match("[{have-len: 3}, foo]", json::Array{"foo", "bar"}) == "yes");
  CHECK(match("{contain-element: b}", "a\nb\nc\n") == "yes");
}

TEST_CASE("goss matchers: logic, keys and JSON") {
  CHECK(match("{and: ['42', {have-prefix: '4'}, {lt: 50}]}", 42) == "yes");
  CHECK(match("{or: [1, 2]}", 3) == "no");
  CHECK(match("{or: [1, {gt: 2}]}", 3) == "yes");
  CHECK(match("{not: FAIL}", "OK") == "yes");
  CHECK(match("{not: {not: FAIL}}", "FAIL") == "yes");
  const std::string text = R"({"foo": "bar", "moo": {"nested": "cow"}, "count": "15"})";
  CHECK(match("{gjson: {moo.nested: cow, foo: {have-prefix: b}, count: {le: 25}}}", text) == "yes");
  CHECK(match("{gjson: {'@this': {have-key: foo}, moo: {not: {have-key: other}}}}", text) == "yes");
  CHECK(match("{gjson: {missing: 1}}", text) == "goss.transform");
  CHECK(match("{not: {gjson: {missing: 1}}}", text) == "goss.transform");
  CHECK(match("{gjson: {foo: bar}}", "no json") == "goss.transform");
  CHECK(match("{gjson: {'friends.#(age>4).name': x}}", text) == "unjudged");
  CHECK(match("{have-key-with-value: {a: b}}", "x") == "unjudged");
  CHECK(match("{not: {and: [{have-key-with-value: {a: b}}]}}", "x") == "unjudged");
}

TEST_CASE("goss matchers: ranges of semantic versions") {
  const auto holds = [](const std::string& range, const json::Value& version) {
    return match("{semver-constraint: '" + range + "'}", version);
  };
  CHECK(holds(">1.0.0 <2.0.0 !=1.5.0", json::Array{"1.0.1", "1.9.9"}) == "yes");
  CHECK(holds(">1.0.0 <2.0.0 !=1.5.0", json::Array{"1.0.1", "1.5.0", "1.9.9"}) == "no");
  CHECK(holds(">5.0.0 || < 1.5.0", "1.0.1") == "yes");
  CHECK(holds(">5.0.0 || < 1.5.0", "2.0.0") == "no");
  CHECK(holds("1.2.3", "1.2.3+build.7") == "yes");
  CHECK(holds("==1.2.3", "1.2.4") == "no");
  CHECK(holds("1.2.x", "1.2.99") == "yes");
  CHECK(holds("1.2.x", "1.3.0") == "no");
  CHECK(holds("1.x", "1.9.0") == "yes");
  CHECK(holds(">1.x", "1.9.0") == "no");
  CHECK(holds(">1.x", "2.0.0") == "yes");
  CHECK(holds("<=1.x", "1.9.0") == "yes");
  CHECK(holds("<1.x", "0.9.0") == "yes");
  CHECK(holds("!=1.x", "1.0.0") == "no");
  CHECK(holds("!=1.x !=3.x", "2.0.0") == "yes");
  CHECK(holds("!=1.x !=3.x", "3.1.0") == "no");
  CHECK(holds("<1.0.0", "1.0.0-rc.1") == "yes");
  CHECK(holds(">1.0.0-alpha.1", "1.0.0-alpha.beta") == "yes");
  CHECK(holds(">1.0.0-2", "1.0.0-10") == "yes");
  CHECK(holds(">1.0.0-a", "1.0.0-a.1") == "yes");
  CHECK(match("{not: {semver-constraint: '>1.0.0'}}", "0.9.0") == "yes");
  for (const char* version : {"1.1", "v1.1.0", "1.1.0-", "01.1.0", "1.1.0.", "1.1.0-01", "1.1.0+", ""})
    CHECK_MESSAGE(match("{not: {semver-constraint: '>1.0.0'}}", version) == "goss.transform", version);
  for (const char* range : {"", ">", "=>1.0.0", ">1.0.0 ||", "1", "1.2.3.x", "x", "~1.0.0", ">1.0.0,<2.0.0"})
    CHECK_MESSAGE(holds(range, "1.1.0").starts_with("config."), range);
}

TEST_CASE("goss matchers: patterns of lines") {
  const json::Value text = "one foo\ntwo /path\n!bang\n";
  CHECK(match("[foo, '/^two/', '!zzz', '!/^foo/', '\\!bang']", text, true) == "yes");
  CHECK(match("['!foo']", text, true) == "no");
  CHECK(match("['/^foo/']", text, true) == "no");
  CHECK(match("['!/foo$/']", text, true) == "no");
  CHECK(match("['f.o']", text, true) == "no");
  CHECK(match("{and: [{contain-element: '!bang'}, {not: {contain-element: x}}]}", text, true) == "yes");
  CHECK(match("[{have-prefix: two}]", text, true) == "yes");
  CHECK(match("[]", text, true) == "yes");
}

TEST_CASE("goss matchers: hostile and mistaken ones are errors with a place") {
  CHECK(match("{have-prefx: a}", "a") == "config.unknown-key");
  CHECK(match("{gt: many}", 1) == "config.type");
  CHECK(match("{gt: 1, lt: 3}", 2) == "config.conflict");
  CHECK(match("{}", 2) == "config.conflict");
  CHECK(match("~", 2) == "config.type");
  CHECK(match("{and: 3}", 2) == "config.type");
  CHECK(match("{have-len: -1}", 2) == "config.range");
}

TEST_CASE("goss files: every kind is judged or said not to be") {
  const TestSpec spec = parse(R"(
file: {/etc/passwd: {exists: true, mode: "0644", md5: abc, title: accounts}}
package: {nginx: {installed: true, versions: [have-key-with-value: {a: b}]}}
user: {app: {exists: true, uid: {gt: 999}}}
group: {app: {exists: true, skip: true}}
matching: {sum: {content: [1, 2], matches: {have-len: 2}}}
command: {"echo hi": {exit-status: 0, stdout: [hi], timeout: 500}, odd: {exit-status: {gt: 0}}}
http: {"http://localhost:8080/x?y": {status: 200, body: [ok]}, "https://example.org": {status: 200}}
port: {"tcp:22": {listening: true, ip: [0.0.0.0]}, "udp6:53": {listening: false}}
process: {nginx: {running: true}}
dns: {localhost: {resolvable: true, addrs: [127.0.0.1]}, "example.org": {resolvable: true}}
addr: {"tcp://localhost:80": {reachable: true}, "tcp://10.0.0.1:80": {reachable: true}}
service: {sshd: {enabled: true, running: true}}
kernel-param: {kernel.ostype: {value: Linux}}
mount: {/home: {exists: true}}
interface: {eth0: {exists: true}}
gossfile: {other.yaml: {}}
)");
  std::vector<std::string> judged;
  std::vector<std::string> unjudged;
  for (const Test& test : spec.tests) {
    (std::holds_alternative<UnjudgedTest>(test.body) ? unjudged : judged).push_back(test.name);
  }
  CHECK(judged == std::vector<std::string>{"file /etc/passwd", "package nginx", "user app", "matching sum",
                                           "command echo hi", "http http://localhost:8080/x?y",
                                           "port tcp:22: ip 0.0.0.0", "port udp6:53", "process nginx",
                                           "dns localhost", "addr tcp://localhost:80"});
  CHECK(unjudged == std::vector<std::string>{"file /etc/passwd: md5", "package nginx: versions", "group app",
                                             "command odd", "http https://example.org", "dns example.org",
                                             "addr tcp://10.0.0.1:80", "service sshd",
                                             "kernel-param kernel.ostype", "mount /home", "interface eth0",
                                             "gossfile other.yaml"});
  CHECK(spec.run.network == Network::loopback);
  const auto& http = std::get<HttpTest>(
      spec.tests[std::size_t(std::find_if(spec.tests.begin(), spec.tests.end(),
                                          [](const Test& test) {
                                            return std::holds_alternative<HttpTest>(test.body);
                                          }) -
                             spec.tests.begin())]
          .body);
  CHECK(http.port == 8080);
  CHECK(http.request.target == "/x?y");
}

TEST_CASE("goss files: JSON is taken too") {
  const TestSpec spec = parse(R"({"file": {"/etc": {"exists": true, "filetype": "directory"}}})");
  CHECK(spec.tests.size() == 1);
}

TEST_CASE("goss files: what they include is read from their own folder, once") {
  const TempDirectory directory = TempDirectory::create().value();
  const auto put = [&](const std::string& name, const std::string& text) {
    REQUIRE(write_file_atomic(directory.path() + "/" + name, text));
  };
  REQUIRE(::mkdir((directory.path() + "/more").c_str(), 0755) == 0);
  put("goss.yaml",
      "gossfile: {'more/*.yaml': {}, again: {file: ./more/../more/a.yaml}, none.yaml: {skip: true}}\n"
      "file: {/first: {exists: true}}\n");
  put("more/a.yaml", "file: {/a: {exists: true}}\ngossfile: {b.yaml: {}, ../goss.yaml: {}}\n");
  put("more/b.yaml", "user: {b: {exists: true}}\n");
  const auto names = [&](const std::string& name) {
    const auto spec = goss::read_goss(directory.path() + "/" + name);
    if (!spec) return spec.error().code;
    std::string out;
    for (const Test& test : spec->tests)
      out += test.name + (std::holds_alternative<UnjudgedTest>(test.body) ? "?;" : ";");
    return out;
  };
  CHECK(names("more/b.yaml") == "user b;");
  const std::string all = names("goss.yaml");
  CHECK(all == "file /first;gossfile none.yaml?;file /a;user b;");
  put("circle.yaml", "gossfile: {circle.yaml: {}}\n");
  CHECK(names("circle.yaml") == "goss.include");
  put("gone.yaml", "gossfile: {gone-too.yaml: {}}\nfile: {/a: {exists: true}}\n");
  CHECK(contains(names("gone.yaml"), "file."));
  put("nothing.yaml", "gossfile: {'x*.yaml': {}}\nfile: {/a: {exists: true}}\n");
  CHECK(names("nothing.yaml") == "goss.include");
  put("bad.yaml", "gossfile: {slip.yaml: {}}\n");
  put("slip.yaml", "fil: {}\n");
  CHECK(names("bad.yaml") == "config.unknown-key");
  // The same file by another path.
  put("chain.yaml", "gossfile: {./chain.yaml: {}}\nfile: {/a: {exists: true}}\n");
  CHECK(names("chain.yaml") == "file /a;");
}

TEST_CASE("goss files: templates, slips and wrong types are errors with line and column") {
  CHECK(contains(error_of("file:\n  {{ .Vars.x }}:\n    exists: true\n"), "goss.yaml:2:3"));
  CHECK(contains(error_of("file:\n  {{ .Vars.x }}:\n    exists: true\n"), "goss.template"));
  CHECK(contains(error_of("file:\n  /a:\n    exists: true\n    mod: '0644'\n"), "goss.yaml:4:5"));
  CHECK(contains(error_of("fil: {}\n"), "config.unknown-key"));
  CHECK(contains(error_of("file: [a]\n"), "config.type"));
  CHECK(contains(error_of("file: {/a: {mode: '0644'}}\n"), "config.missing-key"));
  CHECK(contains(error_of("file: {a: {exists: true}}\n"), "config.range"));
  CHECK(contains(error_of("file: {/a: {exists: true}, /a: {exists: false}}\n"), "yaml.duplicate-key"));
  CHECK(contains(error_of("port: {'tcp:0': {listening: true}}\n"), "config.range"));
  CHECK(contains(error_of("port: {'sctp:9': {listening: true}}\n"), "config.range"));
  CHECK(contains(error_of("command: {x: {exit-status: 999}}\n"), "config.range"));
  CHECK(contains(error_of("command: {x: {exit-status: 0, timeout: 0}}\n"), "config.range"));
  CHECK(contains(error_of("{}\n"), "config.range"));
  CHECK(contains(error_of(""), "config."));
}

TEST_CASE("goss files: what an image holds is judged from its layers") {
  const TempDirectory directory = TempDirectory::create().value();
  image::ImageSpec image_spec;
  image::LayerSpec layer;
  layer.files = {image::folder_spec("etc"),
                 image::file_spec("etc/passwd",
                                  "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/false\n"),
                 image::file_spec("etc/group", "root:x:0:\napp:x:1001:\nextra:x:2000:app\n"),
                 image::file_spec("etc/app.conf", "colour = blue\nsize = 3\n", 0640),
                 image::symlink_spec("etc/link", "app.conf"),
                 image::folder_spec("var/lib/dpkg"),
                 image::file_spec("var/lib/dpkg/status",
                                  "Package: nginx\nStatus: install ok installed\nVersion: 1.22.1-9\n")};
  layer.files[3].header.uid = 1000;
  layer.files[3].header.gid = 1001;
  image_spec.layers.push_back(std::move(layer));
  REQUIRE(image::write_layout(directory.path() + "/image", image_spec));
  const auto image = image::Image::open(directory.path() + "/image");
  REQUIRE(image);
  const auto verdicts = [&](const std::string& text) {
    const TestSpec spec = parse(text);
    const EngineFactory none = []() -> Result<std::unique_ptr<Engine>> {
      return fail(ErrorKind::unsupported, "sandbox.unsupported", "no engine");
    };
    const auto report = run_tests(*image, spec, none, SmallRegex(), {});
    REQUIRE_MESSAGE(report, to_string(report.error()));
    std::string out;
    for (const TestCase& test : report->cases) {
      out += std::string(to_string(test.status)) + (test.message.empty() ? "" : " (" + test.message + ")") +
             "; ";
    }
    return out;
  };
  CHECK(verdicts("file: {/etc/app.conf: {exists: true, mode: '0640', size: {lt: 100}, owner: app, group: "
                 "app, uid: 1000,"
                 " filetype: file, contents: [blue, '/^size = [0-9]$/', '!red'], sha256: "
                 "d2d2d2}}") ==
        "failed (sha256: \"" + sha256("colour = blue\nsize = 3\n").hex() + "\" is not \"d2d2d2\"); ");
  CHECK(verdicts(
            "file: {/etc/link: {exists: true, filetype: symlink, linked-to: app.conf, contents: [blue]}}") ==
        "passed; ");
  CHECK(verdicts("file: {/etc/none: {exists: false, mode: '0644'}}") == "passed; ");
  CHECK(contains(verdicts("file: {/etc/none: {exists: true, mode: '0644'}}"), "failed (exists:"));
  CHECK(verdicts("file: {/etc: {exists: true, contents: [x]}}").starts_with("error ("));
  CHECK(
      verdicts("user: {app: {exists: true, uid: 1000, groups: [extra, have-prefix: ap], home: /home/app}}") ==
      "passed; ");
  CHECK(contains(verdicts("user: {app: {exists: true, shell: {not: /bin/false}}}"), "failed (shell:"));
  CHECK(verdicts("user: {nobody: {exists: false}}") == "passed; ");
  CHECK(verdicts("group: {extra: {exists: true, gid: {gt: 1999}}}") == "passed; ");
  CHECK(verdicts("package: {nginx: {installed: true, versions: [1.22.1-9]}}") == "passed; ");
  CHECK(verdicts("package: {nginx: {installed: true, versions: [have-prefix: '1.22.']}}") == "passed; ");
  CHECK(contains(verdicts("package: {nginx: {installed: false}}"), "failed (installed:"));
  CHECK(verdicts("matching: {m: {content: 'a', matches: {or: [b, a]}}}") == "passed; ");
  CHECK(contains(verdicts("service: {sshd: {running: true}}"), "skipped (not judged:"));
  CHECK(contains(verdicts("command: {ls: {exit-status: 0}}"), "skipped (no engine"));
}
