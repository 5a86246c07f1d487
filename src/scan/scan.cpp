#include "scan/scan.h"

#include <sched.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "scan/adapter_shellcheck.h"
#include "scan/analysers.h"
#include "scan/assemble.h"
#include "scan/pool.h"
#include "scan/scan_run.h"

namespace sluice::scan {
namespace {

unsigned processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  return static_cast<unsigned>(std::max(count, 1));
}

std::set<std::string> languages_of(const Discovery& discovery) {
  std::set<std::string> languages;
  for (const SourceFile& file : discovery.files) {
    if (file.dockerfile) languages.insert("dockerfile");
    if (file.language != nullptr) languages.emplace(file.language->name);
  }
  return languages;
}

void add_rules(const RuleBook& book, Output& out) {
  for (const auto& [id, rule] : book.rules()) out.rules.push_back(rule.info);
  out.coverage.insert(out.coverage.end(), book.problems().begin(), book.problems().end());
}

// A file that no analyser can take is `failed`, except for rules over any text, which are not for binaries.
Analysis unreadable(const Error& error, AnalyserId analyser) {
  Analysis out = Analysis::failed(error.message);
  if (analyser == k_text_analyser && error.code == "scan.binary") out.status = CoverageStatus::skipped;
  return out;
}

}  // namespace

void Stopwatch::lap(const std::string& name) {
  const Clock::time_point now = Clock::now();
  timing_[name] += std::chrono::duration_cast<std::chrono::milliseconds>(now - last_).count();
  last_ = now;
}

void Stopwatch::total() {
  timing_["total"] = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_).count();
}

Result<Prepared> prepare(const Options& options, Output& out, Stopwatch& watch) {
  SLUICE_CHECK(syntax::check_languages());
  Discovery discovery =
      SLUICE_TRY(discover({options.roots, options.tracked, options.ask_tracked, options.shown_as}));
  out.files = discovery.files.size();
  out.ignored = discovery.ignored;
  out.coverage = std::move(discovery.coverage);
  watch.lap("discover");

  RuleBook book = SLUICE_TRY(RuleBook::load(options.rules, languages_of(discovery)));
  add_rules(book, out);
  Prepared prepared{std::move(discovery), std::move(book), {}};
  for (const SourceFile& file : prepared.discovery.files) {
    const Plan plan = plan_for(prepared.book, file, options.parse_all);
    if (plan.coverage) out.coverage.push_back(*plan.coverage);
    if (!plan.analyser && !plan.coverage) ++out.unrecognised;
    if (plan.analyser) prepared.tasks.push_back({&file, *plan.analyser});
  }
  watch.lap("rules");
  return prepared;
}

Input input_of(const Task& task, Bytes bytes) {
  Input input{std::move(bytes), Companion::unknown, {}};
  if (!task.file->dockerfile) return input;
  if (Result<std::optional<Bytes>> ignore = read_dockerignore(*task.file)) {  // else it stays unknown
    input.companion = *ignore ? Companion::present : Companion::absent;
    input.companion_bytes = std::move(*ignore).value_or("");
  }
  return input;
}

tl::expected<Input, Analysis> read_input(const Task& task, std::uint64_t max_bytes) {
  Result<Bytes> bytes = read_source(*task.file, max_bytes);
  if (!bytes) return tl::unexpected(unreadable(bytes.error(), task.analyser));
  return input_of(task, *std::move(bytes));
}

PoolOptions pool_options(const Options& options) {
  PoolOptions pool;
  pool.workers = options.jobs == 0 ? processors() : options.jobs;
  pool.deadline = options.deadline;
  pool.memory_bytes = options.worker_memory_bytes;
  return pool;
}

Job job_of(const Prepared& prepared, const Task& task, std::function<tl::expected<Input, Analysis>()> read) {
  return {task.analyser, task.file->path, task.file->size, std::move(read),
          [&book = prepared.book, analyser = task.analyser](std::string_view rule) {
            return may_report(book, analyser, rule);
          }};
}

Coverage coverage_of(const Task& task, const Analysis& analysis) {
  return {task.file->path, std::string(analyser_name(task.analyser)), analysis.status, analysis.reason};
}

void finish_output(const RuleBook& book, std::vector<std::vector<Assembled>> slots, Output& out) {
  std::vector<Assembled> all;
  for (std::vector<Assembled>& slot : slots) std::move(slot.begin(), slot.end(), std::back_inserter(all));
  out.findings = finish_findings(book, std::move(all));
  const auto key = [](const Coverage& c) { return std::tie(c.path, c.analyser, c.status, c.reason); };
  std::sort(out.coverage.begin(), out.coverage.end(),
            [&key](const Coverage& a, const Coverage& b) { return key(a) < key(b); });
}

Result<Output> run(const Options& options) {
  Output out;
  Stopwatch watch(out.timing_ms);
  const Prepared prepared = SLUICE_TRY(prepare(options, out, watch));
  std::vector<Job> jobs;
  for (const Task& task : prepared.tasks) {
    jobs.push_back(
        job_of(prepared, task, [&task, &options] { return read_input(task, options.max_file_bytes); }));
  }
  std::vector<std::vector<Assembled>> slots(jobs.size());
  Analysers analysers(prepared.book, options.deadline);
  SLUICE_CHECK(run_jobs(
      jobs, [&analysers](const Request& request) { return analysers.analyse(request); },
      pool_options(options),
      [&](std::size_t index, const Bytes& bytes, Analysis analysis) {
        const Task& task = prepared.tasks[index];
        out.coverage.push_back(coverage_of(task, analysis));
        slots[index] = assemble(prepared.book, task.analyser, task.file->path, bytes, std::move(analysis));
      }));
  watch.lap("analyse");
  if (options.adapters.shellcheck) {
    SLUICE_CHECK(run_shellcheck(prepared, options, slots, out));
    watch.lap("shellcheck");
  }
  finish_output(prepared.book, std::move(slots), out);
  watch.total();
  return out;
}

std::optional<AnalyserId> analyser_of(std::string_view path, std::string_view bytes, const RuleBook& book) {
  const auto head = [bytes] { return std::string(bytes.substr(0, k_binary_probe_bytes)); };
  const FileType type = type_of_file(path, true, head);
  const SourceFile file{printable_path(path), nullptr, std::string(path), bytes.size(), type.dockerfile,
                        type.language,        false};
  return plan_for(book, file, false).analyser;
}

Result<Output> run_in_process(std::string_view path, std::string_view bytes, const RuleBook& book,
                              bool parse_all, const std::optional<std::string>& companion) {
  SLUICE_CHECK(syntax::check_languages());
  Output out;
  add_rules(book, out);
  out.files = 1;
  const auto head = [bytes] { return std::string(bytes.substr(0, k_binary_probe_bytes)); };
  const FileType type = type_of_file(path, true, head);
  const SourceFile file{printable_path(path), nullptr, std::string(path), bytes.size(), type.dockerfile,
                        type.language,        false};
  const Plan plan = plan_for(book, file, parse_all);
  if (plan.coverage) out.coverage.push_back(*plan.coverage);
  if (!plan.analyser) {
    out.unrecognised = plan.coverage ? 0 : 1;
    return out;
  }
  Analysis analysis;
  if (const Status usable = check_source(bytes, k_max_scanned_file_bytes); !usable) {
    analysis = unreadable(usable.error(), *plan.analyser);
  } else {
    analysis = Analysers(book, std::chrono::hours(1))
                   .analyse({0, *plan.analyser, file.path, bytes,
                             companion ? Companion::present : Companion::unknown, companion.value_or("")});
    apply_limits(analysis);
  }
  out.coverage.push_back(
      {file.path, std::string(analyser_name(*plan.analyser)), analysis.status, analysis.reason});
  std::vector<std::vector<Assembled>> slots;
  slots.push_back(assemble(book, *plan.analyser, file.path, bytes, std::move(analysis)));
  finish_output(book, std::move(slots), out);
  return out;
}

std::size_t count_at_least(const Output& output, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(output.findings.begin(), output.findings.end(), [severity](const Finding& finding) {
        return finding.status == FindingStatus::fresh && finding.severity >= severity;
      }));
}

}  // namespace sluice::scan
