// The steps that a scan and a fix share: what is to be analysed, and running it. For src/scan only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan/analysers.h"
#include "scan/assemble.h"
#include "scan/pool.h"
#include "scan/scan.h"

namespace sluice::scan {

// Times of the phases, for Output::timing_ms.
class Stopwatch {
 public:
  explicit Stopwatch(std::map<std::string, std::int64_t>& timing) : timing_(timing) {}
  void lap(const std::string& name);
  void total();

 private:
  using Clock = std::chrono::steady_clock;
  std::map<std::string, std::int64_t>& timing_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

// A file and the analyser that looks at it.
struct Task {
  const SourceFile* file = nullptr;
  AnalyserId analyser = 0;
};

// Discovery and rules of one run. `tasks` point into `discovery`.
struct Prepared {
  Discovery discovery;
  RuleBook book;
  std::vector<Task> tasks;
};

// Fills `out` with what is known before any file is looked at.
[[nodiscard]] Result<Prepared> prepare(const Options& options, Output& out, Stopwatch& watch);

// The bytes of a task's file with its companion, or what to report if there are none to analyse.
[[nodiscard]] tl::expected<Input, Analysis> read_input(const Task& task, std::uint64_t max_bytes);
// The same for bytes that are at hand.
[[nodiscard]] Input input_of(const Task& task, Bytes bytes);

// The analyser of a text by its name, as run_in_process() takes it; none if there is none.
[[nodiscard]] std::optional<AnalyserId> analyser_of(std::string_view path, std::string_view bytes,
                                                    const RuleBook& book);

[[nodiscard]] PoolOptions pool_options(const Options& options);

// One job for one task, with its own way to the bytes.
[[nodiscard]] Job job_of(const Prepared& prepared, const Task& task,
                         std::function<tl::expected<Input, Analysis>()> read);

[[nodiscard]] Coverage coverage_of(const Task& task, const Analysis& analysis);

// Findings of all files into the output; sorts findings and coverage.
void finish_output(const RuleBook& book, std::vector<std::vector<Assembled>> slots, Output& out);

}  // namespace sluice::scan
