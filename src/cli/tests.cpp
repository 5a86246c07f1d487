#include "cli/tests.h"

#include <algorithm>

#include "base/digest.h"
#include "base/file.h"
#include "cli/observation.h"
#include "report/escape.h"
#include "rules/regex.h"
#include "sandbox/engines/make_engine.h"
#include "sandbox/goss/read_goss.h"
#include "sandbox/harden/artefacts.h"
#include "sandbox/harden/loop.h"
#include "sandbox/harden/manifest_check.h"
#include "sandbox/interrupt.h"
#include "sandbox/run_tests.h"
#include "sandbox/test_session.h"
#include "sandbox/test_spec.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_spec_bytes = 8u << 20;

// Patterns of test files are RE2, as container-structure-test's are.
class RegexMatcher final : public sandbox::TextMatcher {
 public:
  [[nodiscard]] Result<bool> found(std::string_view pattern, std::string_view text) const override {
    const rules::Regex regex = SLUICE_TRY(rules::Regex::compile(pattern, {}));
    if (!regex.linear()) {
      return fail(ErrorKind::config, "rule.regex",
                  "the pattern needs look-around or back-references, which RE2 has not");
    }
    return regex.matches(text);
  }
};

Result<sandbox::TestSpec> read_spec(const std::string& path, bool goss) {
  if (goss) return sandbox::goss::read_goss(path);
  const Bytes text = SLUICE_TRY(read_file(path, k_max_spec_bytes));
  sandbox::TestSpec spec = SLUICE_TRY(sandbox::parse_test_spec(text, path));
  if (spec.run.env_file) {
    const Bytes variables = SLUICE_TRY(read_file(*spec.run.env_file, k_max_spec_bytes));
    SLUICE_CHECK(sandbox::apply_env_file(spec.run, variables));
  }
  return spec;
}

// What the loop has shown, as cases: what was asked for and does not hold must not pass.
void add_cases(const HardeningReport& hardening, const sandbox::HardenSettings& settings, TestReport& tests) {
  const auto add = [&](std::string name, std::string kind, bool good, std::string message) {
    TestCase test;
    test.name = std::move(name);
    test.kind = std::move(kind);
    test.status = good ? TestStatus::passed : TestStatus::failed;
    if (!good) test.message = std::move(message);
    tests.cases.push_back(std::move(test));
  };
  for (const HardeningRow& row : hardening.matrix) {
    const auto& required = settings.require;
    if (std::find(required.begin(), required.end(), row.name) == required.end()) continue;
    const bool bare = row.holds && row.with.empty();
    std::string why = !row.note.empty() ? row.note
                      : !row.fails.empty()
                          ? "these tests fail with it: " + row.fails.front()
                          : "it holds only with " + (row.with.empty() ? "" : row.with.front());
    // A tmpfs is an answer to a read-only root; a capability is none to "no capabilities".
    add("hardening: " + row.name, "hardening", bare || (row.holds && row.name == "read-only"),
        std::move(why));
  }
  add("hardening: the profile is verified", "hardening", hardening.verified, hardening.unverified);
}

class Run {
 public:
  Run(const image::Image& image, const TestRequest& request, Context& context)
      : image_(image), request_(request), context_(context) {}

  Result<TestOutcome> run() {
    const auto started = context_.clock.now();
    for (const std::string& path : request_.specs) SLUICE_CHECK(run_file(path, false));
    for (const std::string& path : request_.goss) SLUICE_CHECK(run_file(path, true));
    SLUICE_CHECK(check_manifests());
    if (observation_.any()) {
      out_.trace = observation_.evidence(out_.tests, started, context_.clock.now());
      for (RuleInfo& rule : sandbox::runtime_rules()) out_.rules.push_back(std::move(rule));
    }
    return std::move(out_);
  }

 private:
  Status run_file(const std::string& path, bool goss) {
    sandbox::TestSpec spec = SLUICE_TRY(read_spec(path, goss));
    spec.run.observe = observe_mode(spec);
    const auto kind = sandbox::parse_engine_kind(request_.engine);
    if (!kind) return fail(ErrorKind::usage, "cli.engine", "there is no engine \"" + request_.engine + "\"");
    const auto make_engine = [this, kind] {
      return sandbox::make_engine(*kind, {"", sandbox::Interrupt::install(), context_.environment});
    };
    const RegexMatcher matcher;
    sandbox::TestOptions options;
    options.spec_path = path;
    options.environment = context_.environment;
    if (spec.run.observe != sandbox::ObserveMode::none) {
      observation_.begin(image_.config(), spec);
      options.observer = [this](const sandbox::RunSpec& run, const sandbox::RunResult& result) {
        observation_.add(run, result);
      };
    }
    const auto session = SLUICE_TRY(sandbox::TestSession::open(image_, spec, make_engine, matcher, options));
    TestReport report = SLUICE_TRY(session->run());
    if (spec.run.observe != sandbox::ObserveMode::none) observation_.add_cases(spec, report);
    const bool asked =
        request_.harden || !request_.manifests.empty() || spec.harden || !spec.generate.empty();
    if (asked && !out_.hardening) {
      SLUICE_CHECK(harden(*session, path, report));
    } else if (asked) {
      SLUICE_CHECK(try_set(*session, report));
    }
    append(std::move(report));
    return {};
  }

  [[nodiscard]] sandbox::ObserveMode observe_mode(const sandbox::TestSpec& spec) const {
    if (request_.observe == "all") return sandbox::ObserveMode::all;
    const bool wanted = request_.observe.empty() ? spec.observe.has_value() : request_.observe != "none";
    return wanted ? sandbox::ObserveMode::selected : sandbox::ObserveMode::none;
  }

  // The set is found with the tests of one file. Those of a further file run under it, so that it is never
  // called right for tests that it was not tried with.
  Status try_set(sandbox::TestSession& session, TestReport& report) {
    HardeningEngine tried{"", false, "there is no verified set"};
    if (out_.hardening->verified)
      tried = SLUICE_TRY(sandbox::harden::verify_on(session, restricted(session.spec().run)));
    TestCase test;
    test.name = "hardening: the set of " + set_path_ + " fits these tests";
    test.kind = "hardening";
    test.status = tried.verified ? TestStatus::passed : TestStatus::failed;
    if (!tried.verified) test.message = tried.message + "; put all tests that need the set into one file";
    report.cases.push_back(std::move(test));
    return {};
  }

  // Another file's own run, with the set's restrictions.
  [[nodiscard]] sandbox::RunSettings restricted(sandbox::RunSettings run) const {
    run.user = set_.user;
    run.network = set_.network;
    run.read_only = set_.read_only;
    run.tmpfs = set_.tmpfs;
    run.limits = set_.limits;
    run.capabilities = set_.capabilities;
    run.syscalls = set_.syscalls;
    return run;
  }

  Status harden(sandbox::TestSession& session, const std::string& path, TestReport& report) {
    const sandbox::TestSpec& spec = session.spec();
    const sandbox::HardenSettings settings = spec.harden.value_or(sandbox::all_hardenings());
    sandbox::harden::LoopOutcome outcome = SLUICE_TRY(sandbox::harden::run_loop(session, settings));
    HardeningReport& hardening = outcome.report;
    for (const std::string& name : request_.verify_engines) {
      hardening.engines.push_back(
          SLUICE_TRY(verify_on(name, session.spec(), outcome.settings, hardening.verified)));
    }
    std::vector<std::string> kinds = spec.generate;
    if (kinds.empty()) kinds.assign(sandbox::k_artefact_kinds.begin(), sandbox::k_artefact_kinds.end());
    std::string app = request_.image_name;
    while (app.ends_with('/')) app.pop_back();
    app.erase(0, app.rfind('/') + 1);
    hardening.artefacts = sandbox::harden::make_artefacts(
        {hardening.profile, hardening.verified, app + "@" + image_.manifest_digest().oci(), app}, kinds);
    add_cases(hardening, settings, report);
    out_.hardening = std::move(hardening);
    set_ = std::move(outcome.settings);
    set_path_ = path;
    return {};
  }

  // A set that was not verified is not tried elsewhere.
  Result<HardeningEngine> verify_on(const std::string& name, const sandbox::TestSpec& spec,
                                    const sandbox::RunSettings& set, bool verified) {
    if (!verified) return HardeningEngine{name, false, "there is no verified set"};
    const auto make = [&]() -> Result<std::unique_ptr<sandbox::Engine>> {
      const auto kind = sandbox::parse_engine_kind(name);
      if (!kind) return fail(ErrorKind::usage, "cli.engine", "there is no engine " + name);
      return sandbox::make_engine(*kind, {"", sandbox::Interrupt::install(), context_.environment});
    };
    const RegexMatcher matcher;
    sandbox::TestOptions options;
    options.environment = context_.environment;
    const auto session = SLUICE_TRY(sandbox::TestSession::open(image_, spec, make, matcher, options));
    HardeningEngine engine = SLUICE_TRY(sandbox::harden::verify_on(*session, set));
    engine.name = name;
    return engine;
  }

  Status check_manifests() {
    if (request_.manifests.empty()) return {};
    if (!out_.hardening) {
      return fail(ErrorKind::usage, "cli.manifest",
                  "a manifest is compared with what the tests needed, and none ran",
                  "give a test file with --spec");
    }
    out_.rules = sandbox::harden::manifest_rules();
    for (const std::string& path : request_.manifests) {
      const Bytes text = SLUICE_TRY(read_file(path, k_max_spec_bytes));
      std::string name = request_.image_name;
      while (name.ends_with('/')) name.pop_back();
      const sandbox::harden::ManifestInput input{text, path, *out_.hardening, image_.config().user, {name}};
      for (Finding& finding : SLUICE_TRY(sandbox::harden::check_manifest(input))) {
        out_.findings.push_back(std::move(finding));
      }
    }
    return {};
  }

  void append(TestReport&& one) {
    TestReport& all = out_.tests;
    if (all.spec_path.empty()) {
      all = std::move(one);
      return;
    }
    all.spec_path += ", " + one.spec_path;
    // Several files have no one digest: the digest of their digests stands for them.
    all.spec_sha256 = sha256(all.spec_sha256 + one.spec_sha256).hex();
    if (all.tier.empty() || all.tier == "none") all.tier = one.tier;
    for (std::string& limit : one.limits_missing) {
      if (std::find(all.limits_missing.begin(), all.limits_missing.end(), limit) ==
          all.limits_missing.end()) {
        all.limits_missing.push_back(std::move(limit));
      }
    }
    for (TestCase& test : one.cases) all.cases.push_back(std::move(test));
  }

  const image::Image& image_;
  const TestRequest& request_;
  Context& context_;
  TestOutcome out_;
  sandbox::RunSettings set_;  // what hardening found …
  std::string set_path_;      // … with the tests of this file
  Observation observation_;
};

std::string joined(const std::vector<std::string>& list, std::string_view none) {
  std::string text;
  for (const std::string& item : list) text += (text.empty() ? "" : ", ") + item;
  return text.empty() ? std::string(none) : text;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

}  // namespace

Result<TestOutcome> run_tests(const image::Image& image, const TestRequest& request, Context& context) {
  return Run(image, request, context).run();
}

std::string hardening_text(const HardeningReport& report) {
  constexpr std::size_t name_width = 22;
  std::string text = "\nHardening\n";
  const auto line = [&](std::string name, const std::string& value) {
    text += "  " + padded(std::move(name), name_width) + report::escape_line(value) + "\n";
  };
  for (const HardeningRow& row : report.matrix) {
    std::string told = row.holds ? "holds" : "does not hold";
    if (!row.with.empty()) told += ", with " + joined(row.with, "");
    if (!row.fails.empty()) told += ": fails " + joined(row.fails, "");
    if (!row.note.empty()) told += ": " + row.note;
    line(row.name, told);
  }
  const HardeningProfile& profile = report.profile;
  std::size_t runtime = 0;
  for (const HardeningCall& call : profile.calls) runtime += call.reason == CallReason::runtime ? 1 : 0;
  if (!profile.calls.empty()) {
    line("system calls",
         std::to_string(profile.calls.size()) + " (" + std::to_string(runtime) + " for the runtime)");
    line("capabilities", joined(profile.capabilities, "none"));
    line("writable", profile.read_only ? joined(profile.writable, "nothing") : "the root file system");
    line("listens", joined(profile.listens, "no"));
    line("memory, pids",
         (profile.memory_bytes == 0 ? "not measured" : std::to_string(profile.memory_bytes >> 20) + " MiB") +
             ", " + (profile.pids == 0 ? "not measured" : std::to_string(profile.pids)));
  }
  for (const HardeningControl& control : report.controls)
    line(control.name, control.refused ? "refused" : "NOT REFUSED");
  for (const HardeningEngine& engine : report.engines) {
    line("by " + engine.name, engine.verified ? "verified" : "not verified: " + engine.message);
  }
  line("profile", report.verified ? "verified, in " + std::to_string(report.runs) + " runs"
                                  : "NOT VERIFIED: " + report.unverified);
  return text;
}

}  // namespace sluice::cli
