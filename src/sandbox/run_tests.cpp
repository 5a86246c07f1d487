#include "sandbox/run_tests.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "image/file_index.h"
#include "sandbox/command_tests.h"
#include "sandbox/outcome.h"
#include "sandbox/service_run.h"
#include "sandbox/static_tests.h"

namespace sluice::sandbox {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr unsigned k_max_jobs = 64;

bool is_command(const Test& test) {
  return std::holds_alternative<CommandTest>(test.body);
}
bool needs_container(const Test& test) {
  return is_command(test) || needs_service(test);
}
bool needs_index(const Test& test) {
  return std::holds_alternative<FileTest>(test.body) || std::holds_alternative<LicenceTest>(test.body);
}

class Runner {
 public:
  Runner(const image::Image& image, const TestSpec& spec, const TextMatcher& matcher,
         const TestOptions& options)
      : image_(image), spec_(spec), matcher_(matcher), options_(options) {}

  Result<TestReport> run(const EngineFactory& make_engine) {
    report_.spec_path = options_.spec_path;
    report_.spec_sha256 = spec_.sha256;
    report_.image_digest = image_.manifest_digest().oci();
    report_.tier = to_string(Tier::none);
    for (const Test& test : spec_.tests) {
      TestCase result;
      result.name = test.name;
      result.kind = kind_of(test);
      report_.cases.push_back(std::move(result));
    }
    // What the file asks of the service itself, after its tests, so that their places are those of the spec.
    if (spec_.ready) ready_case_ = add_service_case("ready");
    if (spec_.stop) stop_case_ = add_service_case("stop");
    // The launcher is forked first: nothing here has started a thread yet.
    std::unique_ptr<Engine> engine;
    if (any(needs_container) || has_service()) {
      auto made = make_engine();
      if (made) {
        engine = std::move(*made);
      } else {
        skip_containers(made.error());
      }
    }
    SLUICE_CHECK(static_tests());
    if (engine) SLUICE_CHECK(command_tests(*engine));
    report_.limits_missing.assign(missing_.begin(), missing_.end());
    return std::move(report_);
  }

 private:
  template <typename Predicate>
  bool any(Predicate predicate) const {
    return std::any_of(spec_.tests.begin(), spec_.tests.end(), predicate);
  }

  [[nodiscard]] bool has_service() const { return any(needs_service) || spec_.ready || spec_.stop; }

  std::size_t add_service_case(const std::string& name) {
    TestCase result;
    result.name = name;
    result.kind = "service";
    report_.cases.push_back(std::move(result));
    return report_.cases.size() - 1;
  }

  Status service_tests(const CommandContext& context) {
    const Clock::time_point begun = Clock::now();
    ServiceOutcome outcome = SLUICE_TRY(run_service(context));
    missing_.insert(outcome.limits_missing.begin(), outcome.limits_missing.end());
    const auto duration = duration_cast<milliseconds>(Clock::now() - begun);
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

  void skip_containers(const Error& error) {
    for (std::size_t i = 0; i < report_.cases.size(); ++i) {
      if (i < spec_.tests.size() && !needs_container(spec_.tests[i])) continue;
      const bool unsupported = error.kind == ErrorKind::unsupported;
      report_.cases[i].status = unsupported ? TestStatus::skipped : TestStatus::error;
      report_.cases[i].message = error.message;
    }
  }

  Status static_tests() {
    std::optional<image::FileIndex> index;
    if (any(needs_index)) index = SLUICE_TRY(image::FileIndex::build(image_));
    for (std::size_t i = 0; i < spec_.tests.size(); ++i) {
      const auto& body = spec_.tests[i].body;
      const Clock::time_point begun = Clock::now();
      if (const auto* file = std::get_if<FileTest>(&body); file != nullptr && index) {
        record(i, judge(*file, *index, image_.config(), matcher_));
      } else if (const auto* metadata = std::get_if<MetadataTest>(&body)) {
        record(i, judge(*metadata, image_.config(), matcher_));
      } else if (const auto* licence = std::get_if<LicenceTest>(&body); licence != nullptr && index) {
        record(i, judge(*licence, *index));
      } else {
        continue;
      }
      report_.cases[i].duration = duration_cast<milliseconds>(Clock::now() - begun);
    }
    return {};
  }

  void record(std::size_t i, Outcome outcome) {
    report_.cases[i].status = outcome.status;
    report_.cases[i].message = std::move(outcome.message);
  }

  Status command_tests(Engine& engine) {
    const EngineFacts facts = engine.probe();
    report_.tier = to_string(facts.tier);
    auto prepared = engine.prepare(image_);
    if (!prepared) {
      if (prepared.error().code == "sandbox.cancelled") return tl::unexpected(prepared.error());
      skip_containers(prepared.error());
      return {};
    }
    const CommandContext context{engine,   std::move(*prepared), image_.config(), spec_,
                                 matcher_, options_.environment};
    std::vector<std::size_t> work;
    for (std::size_t i = 0; i < spec_.tests.size(); ++i) {
      if (is_command(spec_.tests[i])) work.push_back(i);
    }
    if (has_service()) SLUICE_CHECK(service_tests(context));
    run_parallel(work, context);
    if (cancelled_) return tl::unexpected(*cancelled_);
    return {};
  }

  void run_parallel(const std::vector<std::size_t>& work, const CommandContext& context) {
    unsigned jobs = options_.jobs != 0 ? options_.jobs : std::max(1u, std::thread::hardware_concurrency());
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

  const image::Image& image_;
  const TestSpec& spec_;
  const TextMatcher& matcher_;
  const TestOptions& options_;
  TestReport report_;
  std::mutex mutex_;  // report_.cases, missing_ and cancelled_ while threads run
  std::set<std::string> missing_;
  std::optional<Error> cancelled_;
  std::optional<std::size_t> ready_case_;
  std::optional<std::size_t> stop_case_;
};

}  // namespace

std::string expand_variables(std::string_view text, const EnvList& env) {
  const auto value = [&](std::string_view name) -> std::string {
    for (const auto& [known, text_of_known] : env) {
      if (known == name) return text_of_known;
    }
    return {};
  };
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('{')) {
      const std::size_t close = text.find('}');
      if (close == std::string_view::npos || close == 1) {
        // Bad syntax: Go eats "${" and, if it is there, "}".
        text.remove_prefix(close == 1 ? 2 : 1);
        continue;
      }
      out += value(text.substr(1, close - 1));
      text.remove_prefix(close + 1);
      continue;
    }
    std::size_t end = 0;
    while (end < text.size() && is_name(text[end])) ++end;
    // A special parameter of the shell is a name of one letter; so is a leading digit.
    constexpr std::string_view special = "*#$@!?-";
    if (!text.empty() &&
        (special.find(text[0]) != std::string_view::npos || (text[0] >= '0' && text[0] <= '9')))
      end = 1;
    if (end == 0) {
      out += '$';
      continue;
    }
    out += value(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

Result<TestReport> run_tests(const image::Image& image, const TestSpec& spec,
                             const EngineFactory& make_engine, const TextMatcher& matcher,
                             const TestOptions& options) {
  return Runner(image, spec, matcher, options).run(make_engine);
}

}  // namespace sluice::sandbox
