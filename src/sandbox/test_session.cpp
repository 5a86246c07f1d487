#include "sandbox/test_session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "sandbox/account_tests.h"
#include "sandbox/goss/facts.h"
#include "sandbox/outcome.h"
#include "sandbox/service_run.h"
#include "sandbox/static_tests.h"

namespace sluice::sandbox {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr unsigned k_max_jobs = 64;
constexpr std::uint64_t k_max_kept_file = 1u << 20;  // of what is kept in memory on a guess

bool is_command(const Test& test) {
  return std::holds_alternative<CommandTest>(test.body);
}

bool needs_index(const Test& test) {
  if (needs_container(test)) return false;
  return !std::holds_alternative<MetadataTest>(test.body) && !std::holds_alternative<UnjudgedTest>(test.body);
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Names of files whose content some test will read. By name and not by path: a test may reach a file by a
// link.
std::set<std::string, std::less<>> names_read(const TestSpec& spec) {
  std::set<std::string, std::less<>> names;
  for (const Test& test : spec.tests) {
    if (const auto* file = std::get_if<FileTest>(&test.body); file != nullptr && !file->content.empty()) {
      names.emplace(file_name(file->path));
    } else if (const auto* facts = std::get_if<FactsTest>(&test.body)) {
      names.insert({"passwd", "group", "status", "installed", std::string(file_name(facts->subject))});
    } else if (std::holds_alternative<LicenceTest>(test.body)) {
      names.insert("copyright");
    } else if (std::holds_alternative<UserTest>(test.body) || std::holds_alternative<GroupTest>(test.body)) {
      names.insert({"passwd", "group"});
    } else if (std::holds_alternative<PackageTest>(test.body)) {
      names.insert({"status", "installed"});
    } else if (std::holds_alternative<DnsTest>(test.body)) {
      names.insert("hosts");
    }
  }
  return names;
}

// One pass over a test file with the settings of `context`.
class Pass {
 public:
  Pass(const TestSpec& spec, unsigned jobs) : spec_(spec), jobs_(jobs) {
    for (const Test& test : spec.tests) {
      TestCase result;
      result.name = test.name;
      result.kind = kind_of(test);
      report_.cases.push_back(std::move(result));
    }
    // What the file asks of the service itself, after its tests, so that their places are those of the spec.
    if (spec.ready) ready_case_ = add_service_case("ready");
    if (spec.stop) stop_case_ = add_service_case("stop");
  }

  void skip_containers(const Error& error) {
    for (std::size_t i = 0; i < report_.cases.size(); ++i) {
      if (i < spec_.tests.size() && !needs_container(spec_.tests[i])) continue;
      const bool unsupported = error.kind == ErrorKind::unsupported;
      record(i, {unsupported ? TestStatus::skipped : TestStatus::error, error.message});
    }
  }

  void static_tests(const image::FileIndex* index, const image::ImageConfig& config,
                    const TextMatcher& matcher) {
    for (std::size_t i = 0; i < spec_.tests.size(); ++i) {
      const Clock::time_point begun = Clock::now();
      auto outcome = judge_static(spec_.tests[i], index, config, matcher);
      if (!outcome) continue;
      record(i, std::move(*outcome));
      report_.cases[i].duration = duration_cast<milliseconds>(Clock::now() - begun);
    }
  }

  // Fails if the run was cancelled.
  Status container_tests(const CommandContext& context) {
    if (has_service(spec_)) SLUICE_CHECK(service_tests(context));
    std::vector<std::size_t> work;
    for (std::size_t i = 0; i < spec_.tests.size(); ++i) {
      if (is_command(spec_.tests[i])) work.push_back(i);
    }
    run_parallel(work, context);
    if (cancelled_) return tl::unexpected(*cancelled_);
    return {};
  }

  void drop_static() {
    std::vector<TestCase> kept;
    for (std::size_t i = 0; i < report_.cases.size(); ++i) {
      if (i >= spec_.tests.size() || needs_container(spec_.tests[i]))
        kept.push_back(std::move(report_.cases[i]));
    }
    report_.cases = std::move(kept);
  }

  TestReport take() {
    report_.limits_missing.assign(missing_.begin(), missing_.end());
    return std::move(report_);
  }

  TestReport report_;

 private:
  std::size_t add_service_case(const std::string& name) {
    TestCase result;
    result.name = name;
    result.kind = "service";
    report_.cases.push_back(std::move(result));
    return report_.cases.size() - 1;
  }

  static std::optional<Outcome> judge_static(const Test& test, const image::FileIndex* index,
                                             const image::ImageConfig& config, const TextMatcher& matcher) {
    if (needs_container(test)) return std::nullopt;
    if (const auto* unjudged = std::get_if<UnjudgedTest>(&test.body)) {
      return Outcome{TestStatus::skipped, "not judged: " + unjudged->reason};
    }
    if (const auto* metadata = std::get_if<MetadataTest>(&test.body))
      return judge(*metadata, config, matcher);
    if (index == nullptr) return std::nullopt;
    if (const auto* file = std::get_if<FileTest>(&test.body)) return judge(*file, *index, config, matcher);
    if (const auto* licence = std::get_if<LicenceTest>(&test.body)) return judge(*licence, *index);
    if (const auto* user = std::get_if<UserTest>(&test.body)) return judge(*user, *index);
    if (const auto* group = std::get_if<GroupTest>(&test.body)) return judge(*group, *index);
    if (const auto* package = std::get_if<PackageTest>(&test.body)) return judge(*package, *index);
    if (const auto* facts = std::get_if<FactsTest>(&test.body)) return judge(*facts, *index, matcher);
    return judge(std::get<DnsTest>(test.body), *index);
  }

  Status service_tests(const CommandContext& context) {
    const Clock::time_point begun = Clock::now();
    ServiceOutcome outcome = SLUICE_TRY(run_service(context));
    missing_.insert(outcome.limits_missing.begin(), outcome.limits_missing.end());
    const auto duration = duration_cast<milliseconds>(Clock::now() - begun);
    report_.time_to_ready = outcome.time_to_ready;
    report_.time_to_stop = outcome.time_to_stop;
    for (auto& [i, judged] : outcome.tests) {
      record(i, std::move(judged));
      report_.cases[i].output = outcome.output;
      report_.cases[i].duration = duration;
    }
    if (ready_case_) {
      record(*ready_case_, std::move(outcome.ready));
      report_.cases[*ready_case_].duration = outcome.time_to_ready;
    }
    if (stop_case_) {
      record(*stop_case_, std::move(outcome.stop));
      report_.cases[*stop_case_].duration = outcome.time_to_stop;
    }
    return {};
  }

  void record(std::size_t i, Outcome outcome) {
    report_.cases[i].status = outcome.status;
    report_.cases[i].message = std::move(outcome.message);
  }

  void run_parallel(const std::vector<std::size_t>& work, const CommandContext& context) {
    unsigned jobs = jobs_ != 0 ? jobs_ : std::max(1u, std::thread::hardware_concurrency());
    jobs = std::min({jobs, k_max_jobs, static_cast<unsigned>(work.size())});
    std::atomic<std::size_t> next{0};
    const auto take = [&] {
      for (std::size_t at = next++; at < work.size(); at = next++) {
        if (!run_one(work[at], context)) return;
      }
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < jobs; ++i) threads.emplace_back(take);
    take();
  }

  // False once the run was cancelled.
  bool run_one(std::size_t i, const CommandContext& context) {
    const Clock::time_point begun = Clock::now();
    auto judged = judge(std::get<CommandTest>(spec_.tests[i].body), context);
    const std::lock_guard lock(mutex_);
    if (!judged) {
      cancelled_ = std::move(judged.error());
      return false;
    }
    record(i, std::move(judged->outcome));
    report_.cases[i].output = std::move(judged->output);
    report_.cases[i].duration = duration_cast<milliseconds>(Clock::now() - begun);
    missing_.insert(judged->limits_missing.begin(), judged->limits_missing.end());
    return !cancelled_;
  }

  const TestSpec& spec_;
  unsigned jobs_;
  std::mutex mutex_;  // report_.cases, missing_ and cancelled_ while threads run
  std::set<std::string> missing_;
  std::optional<Error> cancelled_;
  std::optional<std::size_t> ready_case_;
  std::optional<std::size_t> stop_case_;
};

bool any_container(const TestSpec& spec) {
  return has_service(spec) || std::any_of(spec.tests.begin(), spec.tests.end(), is_command);
}

// Calls of an observer one at a time.
RunObserver serialised(const RunObserver& observer, std::mutex& mutex) {
  if (!observer) return {};
  return [&observer, &mutex](const RunSpec& spec, const RunResult& result) {
    const std::lock_guard lock(mutex);
    observer(spec, result);
  };
}

}  // namespace

bool needs_container(const Test& test) {
  return is_command(test) || needs_service(test);
}

bool has_service(const TestSpec& spec) {
  return spec.ready || spec.stop || std::any_of(spec.tests.begin(), spec.tests.end(), needs_service);
}

TestSession::TestSession(const image::Image& image, const TestSpec& spec, const TextMatcher& matcher,
                         TestOptions options)
    : image_(image), spec_(spec), matcher_(matcher), options_(std::move(options)) {}

Result<std::unique_ptr<TestSession>> TestSession::open(const image::Image& image, const TestSpec& spec,
                                                       const EngineFactory& make_engine,
                                                       const TextMatcher& matcher, TestOptions options) {
  std::unique_ptr<TestSession> session(new TestSession(image, spec, matcher, std::move(options)));
  // The launcher is forked first: nothing here has started a thread yet.
  if (any_container(spec)) {
    auto made = make_engine();
    if (made) session->engine_ = std::move(*made);
    if (!made) session->engine_error_ = std::move(made.error());
  }
  if (std::any_of(spec.tests.begin(), spec.tests.end(), needs_index)) SLUICE_CHECK(session->build_index());
  if (session->engine_ != nullptr) {
    auto prepared = session->engine_->prepare(image);
    if (!prepared && prepared.error().code == "sandbox.cancelled") return tl::unexpected(prepared.error());
    if (prepared) session->prepared_ = std::move(*prepared);
    if (!prepared) session->engine_error_ = std::move(prepared.error());
  }
  if (session->engine_error_) session->problem_ = session->engine_error_->message;
  return session;
}

Status TestSession::build_index() {
  image::IndexOptions options;
  const auto names = names_read(spec_);
  options.keep = [&](std::string_view path, const image::TarEntry& entry) {
    return entry.size <= k_max_kept_file && names.contains(file_name(path));
  };
  index_ = SLUICE_TRY(image::FileIndex::build(image_, options));
  return {};
}

Result<const image::FileIndex*> TestSession::index() {
  if (!index_) SLUICE_CHECK(build_index());
  return &*index_;
}

CommandContext TestSession::context(const TestSpec& spec, const RunObserver& observer) const {
  return {*engine_, prepared_, image_.config(), spec, matcher_, options_.environment, observer};
}

Result<TestReport> TestSession::run() {
  Pass pass(spec_, options_.jobs);
  pass.report_.spec_path = options_.spec_path;
  pass.report_.spec_sha256 = spec_.sha256;
  pass.report_.image_digest = image_.manifest_digest().oci();
  pass.report_.tier = to_string(engine_ != nullptr ? engine_->probe().tier : Tier::none);
  pass.static_tests(index_ ? &*index_ : nullptr, image_.config(), matcher_);
  if (engine_error_) pass.skip_containers(*engine_error_);
  std::mutex mutex;
  if (can_run()) SLUICE_CHECK(pass.container_tests(context(spec_, serialised(options_.observer, mutex))));
  return pass.take();
}

Result<TestReport> TestSession::rerun(const TestSpec& spec, const RunObserver& observer) {
  Pass pass(spec, options_.jobs);
  pass.report_.tier = to_string(engine_ != nullptr ? engine_->probe().tier : Tier::none);
  if (engine_error_) pass.skip_containers(*engine_error_);
  std::mutex mutex;
  if (can_run()) SLUICE_CHECK(pass.container_tests(context(spec, serialised(observer, mutex))));
  pass.drop_static();
  return pass.take();
}

}  // namespace sluice::sandbox
