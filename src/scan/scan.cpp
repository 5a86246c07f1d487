#include "scan/scan.h"

#include <sched.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "scan/analysers.h"
#include "scan/assemble.h"
#include "scan/pool.h"

namespace sluice::scan {
namespace {

using Clock = std::chrono::steady_clock;

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

void finish(std::vector<std::vector<Assembled>> slots, Output& out) {
  std::vector<Assembled> all;
  for (std::vector<Assembled>& slot : slots) std::move(slot.begin(), slot.end(), std::back_inserter(all));
  out.findings = finish_findings(std::move(all));
  const auto key = [](const Coverage& c) { return std::tie(c.path, c.analyser, c.status, c.reason); };
  std::sort(out.coverage.begin(), out.coverage.end(),
            [&key](const Coverage& a, const Coverage& b) { return key(a) < key(b); });
}

// A file that no analyser can take is `failed`, except for rules over any text, which are not for binaries.
Analysis unreadable(const Error& error, AnalyserId analyser) {
  Analysis out = Analysis::failed(error.message);
  if (analyser == k_text_analyser && error.code == "scan.binary") out.status = CoverageStatus::skipped;
  return out;
}

tl::expected<Input, Analysis> read_or_report(const SourceFile& file, std::uint64_t max_bytes,
                                             AnalyserId analyser) {
  Result<Bytes> bytes = read_source(file, max_bytes);
  if (!bytes) return tl::unexpected(unreadable(bytes.error(), analyser));
  Input input{*std::move(bytes), Companion::unknown, {}};
  if (!file.dockerfile) return input;
  if (Result<std::optional<Bytes>> ignore = read_dockerignore(file)) {  // else it stays unknown
    input.companion = *ignore ? Companion::present : Companion::absent;
    input.companion_bytes = std::move(*ignore).value_or("");
  }
  return input;
}

class Stopwatch {
 public:
  explicit Stopwatch(std::map<std::string, std::int64_t>& timing) : timing_(timing) {}
  void lap(const std::string& name) {
    const Clock::time_point now = Clock::now();
    timing_[name] = milliseconds(now - last_);
    last_ = now;
  }
  void total() { timing_["total"] = milliseconds(Clock::now() - start_); }

 private:
  static std::int64_t milliseconds(Clock::duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  }
  std::map<std::string, std::int64_t>& timing_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace

Result<Output> run(const Options& options) {
  Output out;
  Stopwatch watch(out.timing_ms);
  SLUICE_CHECK(syntax::check_languages());
  Discovery discovery = SLUICE_TRY(discover({options.roots, options.tracked}));
  out.files = discovery.files.size();
  out.ignored = discovery.ignored;
  out.coverage = std::move(discovery.coverage);
  watch.lap("discover");

  const RuleBook book = SLUICE_TRY(RuleBook::load(options.rules, languages_of(discovery)));
  add_rules(book, out);
  watch.lap("rules");

  std::vector<Job> jobs;
  for (const SourceFile& file : discovery.files) {
    const Plan plan = plan_for(book, file, options.parse_all);
    if (plan.coverage) out.coverage.push_back(*plan.coverage);
    if (!plan.analyser && !plan.coverage) ++out.unrecognised;
    if (!plan.analyser) continue;
    const AnalyserId analyser = *plan.analyser;
    jobs.push_back(
        {analyser, file.path, file.size,
         [&file, &options, analyser] { return read_or_report(file, options.max_file_bytes, analyser); },
         [&book, analyser](std::string_view rule) { return may_report(book, analyser, rule); }});
  }
  std::vector<std::vector<Assembled>> slots(jobs.size());
  Analysers analysers(book, options.deadline);
  PoolOptions pool;
  pool.workers = options.jobs == 0 ? processors() : options.jobs;
  pool.deadline = options.deadline;
  pool.memory_bytes = options.worker_memory_bytes;
  SLUICE_CHECK(run_jobs(
      jobs, [&analysers](const Request& request) { return analysers.analyse(request); }, pool,
      [&](std::size_t index, const Bytes& bytes, Analysis analysis) {
        const Job& job = jobs[index];
        out.coverage.push_back(
            {job.path, std::string(analyser_name(job.analyser)), analysis.status, analysis.reason});
        slots[index] = assemble(book, job.analyser, job.path, bytes, std::move(analysis));
      }));
  watch.lap("analyse");
  finish(std::move(slots), out);
  watch.total();
  return out;
}

Result<Output> run_in_process(std::string_view path, std::string_view bytes, const RuleBook& book,
                              bool parse_all, const std::optional<std::string>& companion) {
  SLUICE_CHECK(syntax::check_languages());
  Output out;
  add_rules(book, out);
  out.files = 1;
  const auto head = [bytes] { return std::string(bytes.substr(0, k_binary_probe_bytes)); };
  const FileType type = type_of_file(path, true, head);
  const SourceFile file{printable_path(path), nullptr,         std::string(path),
                        bytes.size(),         type.dockerfile, type.language};
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
  finish(std::move(slots), out);
  return out;
}

std::size_t count_at_least(const Output& output, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(output.findings.begin(), output.findings.end(), [severity](const Finding& finding) {
        return finding.status == FindingStatus::fresh && finding.severity >= severity;
      }));
}

}  // namespace sluice::scan
