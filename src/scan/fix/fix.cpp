#include "scan/fix/fix.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/span.h"
#include "scan/fix/mend.h"
#include "scan/fix/mend_file.h"
#include "scan/fix/replace_file.h"
#include "scan/fix/unified_diff.h"
#include "scan/scan_run.h"

namespace sluice::scan {
namespace {

// One file on its way from the scan to the disk.
struct Work {
  const Task* task = nullptr;
  Bytes bytes;
  Analysis before;
  std::optional<Analysis> after;  // of the patched text, by the second scan
  FixedFile file;
  Coverage coverage;
  std::vector<Assembled> assembled;  // of a file that nothing was fixed in; its bytes are let go
};

// What the file is to become; its own text if nothing is to be changed.
const std::string& result_of(const Work& work) {
  return work.before.patch ? work.before.patch->text : work.bytes;
}

std::vector<Finding> findings_of(const Prepared& prepared, const Task& task, std::string_view text,
                                 Analysis analysis) {
  return finish_findings(prepared.book,
                         assemble(prepared.book, task.analyser, task.file->path, text, std::move(analysis)));
}

FixedFile file_of(std::string path, std::string_view text, const Patch& patch) {
  FixedFile file;
  file.path = std::move(path);
  file.without_fix = patch.without_fix;
  file.settled = patch.settled;
  file.changed = patch.text != text;
  const LineIndex lines(text);
  for (const FixOutcome& outcome : patch.outcomes) {
    file.fixes.push_back({outcome.rule, lines.at(outcome.offset).line, outcome.what, outcome.tier,
                          outcome.fixed, outcome.reason});
  }
  return file;
}

// The file stays as it was.
void give_up(FixedFile& file, const std::string& problem) {
  file.changed = false;
  file.problem = problem;
  for (ReportedFix& fix : file.fixes) {
    if (!fix.fixed) continue;
    fix.fixed = false;
    fix.reason = problem;
  }
}

// Why the second scan does not bear out what the first worker said; nothing if it does.
std::optional<std::string> contradiction(const Prepared& prepared, const Work& work) {
  if (!work.after) return "the result was not analysed";
  const Analysis& after = *work.after;
  if (after.status != CoverageStatus::analysed) return "the result could not be analysed: " + after.reason;
  const std::vector<Finding> was = findings_of(prepared, *work.task, work.bytes, work.before);
  const std::vector<Finding> is = findings_of(prepared, *work.task, result_of(work), after);
  std::set<std::string, std::less<>> fixed;
  for (const ReportedFix& fix : work.file.fixes) {
    if (fix.fixed) fixed.insert(fix.rule);
  }
  Severity least = Severity::high;
  for (const Finding& finding : was) {
    if (fixed.contains(finding.rule)) least = std::min(least, finding.severity);
  }
  if (const auto fresh = new_finding(was, is, least)) return "a second scan finds more of " + *fresh;
  return std::nullopt;
}

std::string diff_name(const SourceFile& file) {
  // The path as shown may stand for bytes that are no text; a diff needs the bytes.
  const std::string shown = printable_path(file.below_root);
  if (!file.path.ends_with(shown)) return file.path;
  return file.path.substr(0, file.path.size() - shown.size()) + file.below_root;
}

Status mend_all(const Prepared& prepared, const Options& options, std::vector<Work>& work) {
  std::vector<Job> jobs;
  for (const Task& task : prepared.tasks) {
    jobs.push_back(
        job_of(prepared, task, [&task, &options] { return read_input(task, options.max_file_bytes); }));
  }
  work.resize(jobs.size());
  Analysers analysers(prepared.book, options.deadline);
  PoolOptions pool = pool_options(options);
  pool.deadline = options.deadline * k_mend_deadline_factor;
  const auto limit = options.deadline * (k_mend_deadline_factor - 2);
  return run_jobs(
      jobs, [&](const Request& request) { return mend_file(prepared.book, analysers, request, limit); }, pool,
      [&](std::size_t index, Bytes bytes, Analysis analysis) {
        Work& item = work[index];
        item.task = &prepared.tasks[index];
        item.bytes = std::move(bytes);
        if (analysis.patch) {
          item.file = file_of(item.task->file->path, item.bytes, *analysis.patch);
        } else {
          item.file.path = item.task->file->path;
          if (analysis.status == CoverageStatus::failed)
            item.file.problem = "not analysed: " + analysis.reason;
        }
        item.before = std::move(analysis);
        if (item.file.changed) return;
        item.coverage = coverage_of(*item.task, item.before);
        item.assembled = assemble(prepared.book, item.task->analyser, item.task->file->path, item.bytes,
                                  std::exchange(item.before, {}));
        item.bytes = {};
      });
}

// Worker processes of their own: nothing that parsed the old text sees the new one.
Status scan_results(const Prepared& prepared, const Options& options, std::vector<Work>& work) {
  std::vector<Job> jobs;
  std::vector<Work*> changed;
  for (Work& item : work) {
    if (!item.file.changed) continue;
    changed.push_back(&item);
    jobs.push_back(job_of(prepared, *item.task, [&item]() -> tl::expected<Input, Analysis> {
      return input_of(*item.task, result_of(item));
    }));
  }
  Analysers analysers(prepared.book, options.deadline);
  SLUICE_CHECK(run_jobs(
      jobs, [&analysers](const Request& request) { return analysers.analyse(request); },
      pool_options(options),
      [&](std::size_t index, const Bytes&, Analysis analysis) {
        changed[index]->after = std::move(analysis);
      }));
  for (Work* item : changed) {
    if (const auto problem = contradiction(prepared, *item)) give_up(item->file, *problem);
  }
  return {};
}

using FileId = std::pair<dev_t, ino_t>;

FileId id_of(const SourceFile& file) {
  struct stat info{};
  if (fstatat(file.root->fd(), file.below_root.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
  return {info.st_dev, info.st_ino};
}

// A file that was reached by two of the paths named is written once.
void write_results(std::vector<Work>& work, Output& out) {
  std::vector<FileId> ids;
  for (const Work& item : work) ids.push_back(item.file.changed ? id_of(*item.task->file) : FileId{});
  std::map<FileId, const Work*> written;
  for (std::size_t i = 0; i < work.size(); ++i) {
    Work& item = work[i];
    if (!item.file.changed) continue;
    const auto same = written.find(ids[i]);
    const bool done = same != written.end() && result_of(*same->second) == result_of(item);
    if (done && same->second->file.changed) continue;
    const Status replaced = replace_source(*item.task->file, item.bytes, result_of(item));
    written.emplace(ids[i], &item);
    if (replaced) continue;
    give_up(item.file, "not written: " + replaced.error().message);
    out.coverage.push_back({item.file.path, "fix", CoverageStatus::failed, item.file.problem});
  }
}

}  // namespace

Result<FixRun> fix(const Options& options, bool write) {
  FixRun run;
  Stopwatch watch(run.output.timing_ms);
  const Prepared prepared = SLUICE_TRY(prepare(options, run.output, watch));
  std::vector<Work> work;
  SLUICE_CHECK(mend_all(prepared, options, work));
  watch.lap("mend");
  SLUICE_CHECK(scan_results(prepared, options, work));
  watch.lap("analyse");
  if (write) write_results(work, run.output);
  watch.lap("write");

  std::sort(work.begin(), work.end(), [](const Work& a, const Work& b) { return a.file.path < b.file.path; });
  std::vector<std::vector<Assembled>> slots;
  for (Work& item : work) {
    if (item.before.patch) {  // something was to be changed
      const SourceFile& file = *item.task->file;
      const std::string result = result_of(item);
      if (item.file.changed) run.diff += unified_diff(diff_name(file), item.bytes, result);
      const bool mended = write && item.file.changed && item.after;
      Analysis analysis = mended ? std::move(item.after).value_or(Analysis{}) : std::move(item.before);
      item.coverage = coverage_of(*item.task, analysis);
      item.assembled = assemble(prepared.book, item.task->analyser, file.path, mended ? result : item.bytes,
                                std::move(analysis));
    }
    run.output.coverage.push_back(std::move(item.coverage));
    slots.push_back(std::move(item.assembled));
    const bool quiet = item.file.fixes.empty() && item.file.without_fix == 0 && item.file.problem.empty();
    if (!quiet) run.files.push_back(std::move(item.file));
  }
  finish_output(prepared.book, std::move(slots), run.output);
  watch.total();
  return run;
}

Result<FixedText> fix_in_process(std::string_view path, std::string_view bytes, const RuleBook& book,
                                 const std::optional<std::string>& companion) {
  FixedText out;
  out.before = SLUICE_TRY(run_in_process(path, bytes, book, false, companion));
  out.text = std::string(bytes);
  out.file.path = printable_path(path);
  if (const std::optional<AnalyserId> analyser = analyser_of(path, bytes, book)) {
    Analysers analysers(book, std::chrono::hours(1));
    Analysis analysis =
        mend_file(book, analysers,
                  {0, *analyser, out.file.path, bytes, companion ? Companion::present : Companion::unknown,
                   companion.value_or("")},
                  std::chrono::hours(1));
    if (analysis.patch) {
      out.file = file_of(out.file.path, bytes, *analysis.patch);
      out.text = std::move(analysis.patch->text);
    }
  }
  out.after = SLUICE_TRY(run_in_process(path, out.text, book, false, companion));
  return out;
}

}  // namespace sluice::scan
