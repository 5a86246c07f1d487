// The hardening loop on images made in code: what it finds is what the program needs, and it proves it.
#include "sandbox/harden/loop.h"

#include <algorithm>
#include <string>

#include "image/write.h"
#include "sandbox/harden/artefacts.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;

namespace {

class Substrings final : public TextMatcher {
 public:
  Result<bool> found(std::string_view pattern, std::string_view text) const override {
    return text.find(pattern) != std::string_view::npos;
  }
};

struct Loop {
  Tier strongest = tier_under_test();
  TempDirectory directory = TempDirectory::create().value();
  std::unique_ptr<TestSession> session;

  HardeningReport run(const std::string& tests, std::vector<Hardening> matrix = all_hardenings().matrix) {
    image::ImageSpec image_spec;
    image_spec.compression = image::Compression::none;
    image::LayerSpec layer;
    layer.files = {image::file_spec("guest", guest_bytes(), 0755), image::folder_spec("closed", 0),
                   image::folder_spec("data", 0777), image::folder_spec("etc")};
    layer.files[1].header.uid = 5;
    image_spec.layers.push_back(std::move(layer));
    image_spec.config.entrypoint = {"/guest", "http", "8080"};
    const std::string path = directory.path() + "/image";
    REQUIRE(image::write_layout(path, image_spec));
    const auto image = image::Image::open(path).value();
    const auto spec = parse_test_spec("version: 1\n" + tests, "t.yaml");
    REQUIRE_MESSAGE(spec, to_string(spec.error()));
    const EngineFactory factory = [this]() -> Result<std::unique_ptr<Engine>> {
      EmbeddedOptions engine;
      engine.state_root = directory.path() + "/state";
      engine.strongest = strongest;
      return SLUICE_TRY(EmbeddedEngine::create(engine));
    };
    const Substrings matcher;
    const auto opened = TestSession::open(image, *spec, factory, matcher, {});
    REQUIRE_MESSAGE(opened, to_string(opened.error()));
    auto outcome = harden::run_loop(**opened, {std::move(matrix), {}});
    REQUIRE_MESSAGE(outcome, to_string(outcome.error()));
    return std::move(outcome->report);
  }
};

const HardeningRow& row(const HardeningReport& report, const std::string& name) {
  const auto found = std::find_if(report.matrix.begin(), report.matrix.end(),
                                  [&](const HardeningRow& one) { return one.name == name; });
  REQUIRE(found != report.matrix.end());
  return *found;
}

bool allows(const HardeningReport& report, const std::string& call) {
  return std::any_of(report.profile.calls.begin(), report.profile.calls.end(),
                     [&](const HardeningCall& one) { return one.name == call; });
}

// Why the loop cannot be judged on this machine; empty if it can.
std::string cannot(const HardeningReport& report) {
  if (report.tier != "root") return "needs the tier root, not " + report.tier;
  if (report.unverified.starts_with("system calls cannot be watched")) return report.unverified;
  return "";
}

}  // namespace

TEST_CASE("a program that needs nothing gets nothing, and that is proven") {
  Loop loop;
  const HardeningReport report =
      loop.run("tests:\n- {kind: command, name: a, command: [/guest, echo, hi]}\n");
  if (const std::string reason = cannot(report); !reason.empty()) SLUICE_SKIP(reason);
  CHECK_MESSAGE(report.verified, report.unverified);
  for (const HardeningRow& one : report.matrix) CHECK_MESSAGE(one.holds, (one.name + ": " + one.note));
  CHECK(report.profile.capabilities.empty());
  CHECK(report.profile.writable.empty());
  CHECK(!report.profile.network);
  CHECK(report.drivers == std::vector<std::string>{"a"});
  CHECK(!allows(report, "socket"));
  CHECK(!allows(report, "mkdir"));
  REQUIRE(report.controls.size() == 4);
  for (const HardeningControl& control : report.controls) CHECK_MESSAGE(control.refused, control.name);
}

TEST_CASE("the same image and tests twice give the same sets") {
  const std::string tests =
      "run: {network: loopback, read_only: false}\ntests:\n- {kind: http, name: a, port: 8080}\n"
      "- {kind: command, name: b, command: [/guest, write, /data/x]}\n";
  Loop one;
  Loop two;
  const HardeningReport first = one.run(tests);
  if (const std::string reason = cannot(first); !reason.empty()) SLUICE_SKIP(reason);
  const HardeningReport second = two.run(tests);
  CHECK_MESSAGE(first.verified, first.unverified);
  CHECK(harden::seccomp_json(first.profile) == harden::seccomp_json(second.profile));
  CHECK(first.profile.writable == second.profile.writable);
  CHECK(first.profile.capabilities == second.profile.capabilities);
  CHECK(first.profile.listens == std::vector<std::string>{"8080/tcp"});
  CHECK(allows(first, "listen"));
  CHECK(row(first, "no-network").note == "the tests ask it over its network");
}

TEST_CASE("a place that is written to is found, and only that") {
  Loop loop;
  const HardeningReport report = loop.run(
      "run: {read_only: false}\ntests:\n"
      "- {kind: command, name: a, command: [/guest, write, /data/x], stdout: {contains: [ok]}}\n");
  if (const std::string reason = cannot(report); !reason.empty()) SLUICE_SKIP(reason);
  CHECK_MESSAGE(report.verified, report.unverified);
  CHECK(report.profile.writable == std::vector<std::string>{"/data"});
  CHECK(row(report, "read-only").with == std::vector<std::string>{"tmpfs /data"});
}

TEST_CASE("the one capability that is needed is found among all") {
  Loop loop;
  const HardeningReport report = loop.run(
      "run: {read_only: false, capabilities: default}\ntests:\n"
      "- {kind: command, name: a, command: [/guest, write, /closed/x], stdout: {contains: [ok]}}\n",
      {Hardening::nonroot, Hardening::no_capabilities});  // a tmpfs over the folder would do as well
  if (const std::string reason = cannot(report); !reason.empty()) SLUICE_SKIP(reason);
  CHECK_MESSAGE(report.verified, report.unverified);
  CHECK(report.profile.capabilities == std::vector<std::string>{"DAC_OVERRIDE"});
  CHECK(!row(report, "nonroot").holds);
}

TEST_CASE("tests that fail without restrictions, or run no container, leave nothing verified") {
  Loop failing;
  const HardeningReport report =
      failing.run("tests:\n- {kind: command, name: a, command: [/guest, exit, 3]}\n");
  CHECK(!report.verified);
  CHECK(!report.unverified.empty());
  CHECK(report.profile.calls.empty());
  Loop idle;
  CHECK(!idle.run("tests:\n- {kind: file, name: a, path: /guest}\n").verified);
}
