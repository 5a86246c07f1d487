// Deployment files against what an image needed.
#include "sandbox/harden/manifest_check.h"

#include <string>

#include "sandbox/harden/artefacts.h"
#include "sandbox/harden/grants.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::harden;

namespace {

HardeningReport used() {
  HardeningReport report;
  report.profile.user = "1000660000:0";
  report.profile.non_root = true;
  report.profile.read_only = true;
  report.profile.no_new_privileges = true;
  report.profile.writable = {"/run"};
  report.profile.listens = {"8080/tcp"};
  report.profile.calls = {{"read", CallReason::observed}};
  report.profile.memory_bytes = 64u << 20;
  report.peaks.memory_bytes = 40u << 20;
  report.verified = true;
  return report;
}

// "rule" or "rule@line" of each finding, in order.
std::string rules(const std::string& text, const HardeningReport& report = used()) {
  const auto findings = check_manifest({text, "m.yaml", report, "", {"out/app"}});
  REQUIRE_MESSAGE(findings, to_string(findings.error()));
  std::string list;
  for (const Finding& finding : *findings) {
    list += (list.empty() ? "" : " ") + finding.rule.substr(7) + "@" + std::to_string(finding.region.line);
  }
  return list;
}

std::string pod(const std::string& container) {
  return "apiVersion: v1\nkind: Pod\nspec:\n  automountServiceAccountToken: false\n  containers:\n  - name: "
         "c\n    "
         "image: app:1\n    ports: [{containerPort: 8080}]\n" +
         container;
}

constexpr const char* k_tight = R"(    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      runAsNonRoot: true
      runAsUser: 1000
      seccompProfile: {type: RuntimeDefault}
      capabilities: {drop: [ALL]}
    resources: {limits: {memory: 64Mi}}
    volumeMounts: [{name: r, mountPath: /run}]
)";

}  // namespace

TEST_CASE("a manifest that gives what is needed and no more has no findings") {
  CHECK(rules(pod(k_tight)).empty());
}

TEST_CASE("the manifests that we generate ourselves have no findings") {
  const HardeningReport report = used();
  for (const auto& artefact : make_artefacts({report.profile, true, "app", "app"}, {"kubernetes"})) {
    CHECK(rules(artefact.content).empty());
  }
  for (const auto& artefact : make_artefacts({report.profile, true, "app", "app"}, {"compose"})) {
    CHECK(rules(artefact.content) == "port-undeclared@4");  // compose publishes ports; the set does not
  }
}

TEST_CASE("a bare pod gives too much") {
  CHECK(rules(pod("")) ==
        "capability-unused@6 memory-limit@6 privilege-escalation@6 runs-as-root@6 seccomp@6 writable-root@6");
}

TEST_CASE("each grant is found where it stands") {
  std::string text = pod(k_tight);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    return rules(changed.replace(at, from.size(), to));
  };
  CHECK(with("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true") ==
        "privilege-escalation@10");
  CHECK(with("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false") == "writable-root@11");
  CHECK(with("runAsNonRoot: true\n      runAsUser: 1000", "runAsUser: 0") == "runs-as-root@12");
  CHECK(with("runAsNonRoot: true", "privileged: true") == "privileged@12");
  CHECK(with("{type: RuntimeDefault}", "{type: Unconfined}") == "seccomp@14");
  CHECK(with("{drop: [ALL]}", "{drop: [ALL], add: [SYS_ADMIN]}") == "capability-unused@15");
  CHECK(with("memory: 64Mi", "memory: 16Mi") == "memory-low@16");
  CHECK(with("mountPath: /run", "mountPath: /srv") == "writable-missing@11");
  CHECK(with("containerPort: 8080", "containerPort: 9090") == "port-undeclared@6 port-unused@8");
  CHECK(with("automountServiceAccountToken: false", "hostNetwork: true") == "host-access@4 service-token@6");
}

TEST_CASE("a peak that was not measured is no measure for a memory limit") {
  HardeningReport report = used();
  const std::string tiny = pod(k_tight).replace(pod(k_tight).find("64Mi"), 4, "1Mi");
  CHECK(rules(tiny, report).find("memory-low") != std::string::npos);
  report.peaks.memory_bytes.reset();
  CHECK(rules(tiny, report).empty());
}

TEST_CASE("a capability that is needed and not given is found too") {
  HardeningReport report = used();
  report.profile.capabilities = {"CHOWN"};
  CHECK(rules(pod(k_tight), report) == "capability-missing@6");
}

TEST_CASE("deployments, cron jobs and lists are looked into; other kinds are not") {
  const std::string spec = "{containers: [{name: c, image: app, securityContext: {privileged: true}}]}";
  const auto privileged = [](const std::string& text) {
    return rules(text).find("privileged") != std::string::npos;
  };
  CHECK(privileged("kind: Deployment\nspec: {template: {spec: " + spec + "}}\n"));
  CHECK(privileged("kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: " + spec + "}}}}\n"));
  CHECK(privileged("kind: List\nitems: [{kind: Pod, spec: " + spec + "}]\n"));
  CHECK(privileged("kind: Service\nspec: {}\n---\nkind: Pod\nspec: " + spec + "\n"));
  CHECK(read_grants("kind: Service\nspec: {}\n", "m").error().code == "manifest.empty");
  CHECK(!read_grants("kind: [", "m"));
}

TEST_CASE("compose: what hands over the host is found") {
  const std::string text = rules(R"(services:
  app:
    image: app
    privileged: true
    network_mode: host
    volumes: ["/var/run/docker.sock:/var/run/docker.sock", "data:/data"]
    devices: ["/dev/kvm"]
    security_opt: ["seccomp:unconfined"]
    ports: ["80:8080"]
)");
  CHECK(
      text ==
      "capability-unused@3 memory-limit@3 privilege-escalation@3 runs-as-root@3 writable-root@3 privileged@4 "
      "host-access@5 host-access@6 host-access@7 seccomp@8");
}

TEST_CASE("containers of other images are passed over") {
  const std::string other = "  - name: sidecar\n    image: proxy\n    securityContext: {privileged: true}\n";
  CHECK(rules(pod(k_tight) + other).empty());
}

TEST_CASE("quantities of both kinds of file") {
  CHECK(quantity("64Mi") == 64u << 20);
  CHECK(quantity("1Gi") == 1u << 30);
  CHECK(quantity("500M") == 500'000'000u);
  CHECK(quantity("64m") == 64u << 20);
  CHECK(quantity("1e3") == 1000u);
  CHECK(quantity("0.5Gi") == 1u << 29);
  for (const char* bad : {"", "x", "-1", "64Qi", "inf", "1e300"}) CHECK_MESSAGE(!quantity(bad), bad);
}
