// Generated files: same profile, same bytes; and every foreign text quoted for its reader.
#include "sandbox/harden/artefacts.h"

#include <string>

#include "base/json.h"
#include "base/yaml.h"
#include "sandbox/harden/calls.h"
#include "sandbox/harden/composer.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::harden;

namespace {

HardeningProfile profile() {
  HardeningProfile profile;
  profile.user = "1000660000:0";
  profile.non_root = true;
  profile.read_only = true;
  profile.no_new_privileges = true;
  profile.network = true;
  profile.capabilities = {"CHOWN"};
  profile.writable = {"/run", "/var/my cache"};
  profile.listens = {"53/udp", "8080/tcp"};
  profile.calls = {{"execve", CallReason::runtime}, {"read", CallReason::observed}};
  profile.memory_bytes = 32u << 20;
  profile.pids = 16;
  return profile;
}

std::string artefact(const std::string& kind, const HardeningProfile& profile, bool verified = true) {
  const auto made = make_artefacts({profile, verified, "app@sha256:1", "My App!"}, {kind});
  REQUIRE(made.size() == 1);
  return made[0].content;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the seccomp profile is one that runtimes read") {
  const json::Value document = json::parse(seccomp_json(profile()), "seccomp").value();
  CHECK(document.string_at("defaultAction") == "SCMP_ACT_ERRNO");
  REQUIRE(document.find("archMap") != nullptr);
  CHECK(document.find("archMap")->as_array()->size() == 2);
  const json::Array& rules = *document.find("syscalls")->as_array();
  REQUIRE(rules.size() == 2);
  CHECK(*rules[0].find("names")->as_array() == json::Array{json::Value("execve"), json::Value("read")});
  CHECK(*rules[1].find("errnoRet")->as_int() == 38);  // clone3 does not exist, so that libraries fall back
  HardeningProfile with_clone3 = profile();
  with_clone3.calls.push_back({"clone3", CallReason::observed});
  CHECK(json::parse(seccomp_json(with_clone3), "seccomp").value().find("syscalls")->as_array()->size() == 1);
}

TEST_CASE("docker flags say all of the set, and quote it for the shell") {
  const std::string text = artefact("docker", profile());
  for (const char* flag :
       {"--cap-drop=ALL", "--cap-add=CHOWN", "--security-opt=no-new-privileges",
        "--security-opt=seccomp=seccomp.json", "--read-only", "--tmpfs=/run:mode=1777",
        "'--tmpfs=/var/my cache:mode=1777'", "--user=1000660000:0", "--memory=32m", "--pids-limit=16"})
    CHECK_MESSAGE(has(text, flag), flag);
  CHECK(!has(text, "--network"));
}

TEST_CASE("compose and Kubernetes files are YAML that says all of the set") {
  const yaml::Node compose = yaml::parse_one(artefact("compose", profile()), "compose").value();
  const yaml::Node* service = compose.find("services")->find("my-app");
  REQUIRE(service != nullptr);
  CHECK(service->find("read_only")->text == "true");
  CHECK(service->find("tmpfs")->items.at(1).text == "/var/my cache:mode=1777");
  const auto documents = yaml::parse(artefact("kubernetes", profile()), "kubernetes").value();
  REQUIRE(documents.size() == 2);
  const yaml::Node& container = documents[0].find("spec")->find("containers")->items.at(0);
  const yaml::Node* context = container.find("securityContext");
  CHECK(context->find("allowPrivilegeEscalation")->text == "false");
  CHECK(context->find("runAsUser")->text == "1000660000");
  CHECK(container.find("volumeMounts")->items.size() == 2);
  CHECK(documents[1].find("kind")->text == "NetworkPolicy");
  CHECK(documents[1].find("spec")->find("egress")->items.empty());
}

TEST_CASE("what was not verified says so in every file") {
  for (const char* kind : {"docker", "compose", "kubernetes"}) {
    CHECK_MESSAGE(has(artefact(kind, profile(), false), "NOT VERIFIED"), kind);
    CHECK_MESSAGE(!has(artefact(kind, profile(), true), "NOT VERIFIED"), kind);
  }
  HardeningProfile unlearned = profile();
  unlearned.calls.clear();
  CHECK(make_artefacts({unlearned, false, "a", "a"}, {"seccomp"}).empty());
}

TEST_CASE("names of Kubernetes objects") {
  CHECK(object_name("My App!") == "my-app");
  CHECK(object_name("8080") == "app-8080");
  CHECK(object_name("///") == "app");
  CHECK(object_name(std::string(100, 'a')).size() == 63);
}

TEST_CASE("folders to make writable: parents, outermost only, never what the image is made of") {
  using List = std::vector<std::string>;
  const auto folders = [](std::vector<LayerChange> layer, std::vector<FileSeen> files) {
    Trace trace;
    trace.layer = std::move(layer);
    trace.files = std::move(files);
    return writable_folders(trace);
  };
  CHECK(folders({{"/run/a.pid"}, {"/run/app/b"}, {"/var/cache/x/y"}, {"/etc/passwd"}, {"/top"}}, {}) ==
        List{"/run", "/var/cache/x"});
  CHECK(folders({{"/runx/a"}, {"/run/b"}}, {}) == List{"/run", "/runx"});
  CHECK(folders({}, {}).empty());
  FileSeen gone;  // created and deleted again: only the watcher saw it
  gone.path = "/run/app.pid";
  gone.written = true;
  FileSeen read;
  read.path = "/srv/data";
  read.read = true;
  FileSeen device;
  device.path = "/dev/null";
  device.written = true;
  CHECK(folders({}, {gone, read, device}) == List{"/run"});
}

TEST_CASE("learned calls: refused and foreign ones stay out, misses come in as runtime") {
  Trace trace;
  trace.syscalls = {
      {"openat", "/app", 1}, {"mount", "/app", 1, true}, {"i386:open", "/app", 1}, {"#999", "/app", 1}};
  std::vector<HardeningCall> calls = learned_calls(trace);
  const auto reason = [&](const std::string& name) {
    for (const HardeningCall& call : calls)
      if (call.name == name) return static_cast<int>(call.reason);
    return -1;
  };
  CHECK(reason("openat") == static_cast<int>(CallReason::observed));
  CHECK(reason("futex") == static_cast<int>(CallReason::base));
  CHECK(reason("mount") == -1);
  CHECK(reason("i386:open") == -1);
  Trace trial;
  trial.syscalls = {{"socket", "/app", 1, false, true}, {"bind", "/app", 1}};
  CHECK(add_missing(calls, trial));
  CHECK(reason("socket") == static_cast<int>(CallReason::runtime));
  CHECK(reason("bind") == -1);
  CHECK(!add_missing(calls, trial));
}

TEST_CASE("a network policy lets out what the tests connected to, and names what they looked up") {
  HardeningProfile used = profile();
  used.connects = {"443/tcp", "514/udp"};
  used.names = {"api.internal", "evil\n  egress: [{}]"};
  const std::string text = artefact("kubernetes", used);
  const auto documents = yaml::parse(text, "kubernetes.yaml").value();
  const yaml::Node& egress = *documents[1].find("spec")->find("egress");
  REQUIRE(egress.items.size() == 2);
  CHECK(egress.items[0].find("ports")->items.size() == 2);
  CHECK(egress.items[0].find("ports")->items[0].find("port")->text == "53");
  CHECK(egress.items[1].find("ports")->items[0].find("port")->text == "443");
  CHECK(egress.items[1].find("ports")->items[1].find("protocol")->text == "UDP");
  CHECK(egress.items[1].find("to") == nullptr);
  CHECK(has(text, "\"api.internal\""));
}
