#include "scan/adapter_shellcheck.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/subprocess.h"

namespace sluice::scan {
namespace {

constexpr std::size_t k_max_answer_bytes = 16u << 20;
constexpr std::string_view k_rule_prefix = "shellcheck.";

std::uint64_t number_at(const json::Value& value, std::string_view key) {
  const json::Value* member = value.find(key);
  const std::int64_t* number = member == nullptr ? nullptr : member->as_int();
  return number == nullptr || *number < 0 ? 0 : static_cast<std::uint64_t>(*number);
}

std::optional<Severity> severity_of(std::string_view level) {
  if (level == "error") return Severity::medium;
  if (level == "warning") return Severity::low;
  if (level == "info" || level == "style") return Severity::info;
  return std::nullopt;
}

tl::unexpected<Error> nonsense(std::string what) {
  return fail(ErrorKind::tool, "scan.shellcheck", "shellcheck's answer makes no sense: " + std::move(what));
}

KnownRule rule_of(const std::string& id) {
  const std::string code = id.substr(k_rule_prefix.size());
  const std::string url = "https://www.shellcheck.net/wiki/" + code;
  KnownRule rule;
  rule.info.id = id;
  rule.info.title = "ShellCheck " + code;
  rule.info.why = "ShellCheck reports it in the shell text of a RUN.";
  rule.info.help = "See " + url;
  rule.info.severity = Severity::low;
  rule.info.aliases = {"shellcheck:" + code};
  rule.info.references = {url};
  rule.origin = RuleOrigin::docker;
  return rule;
}

// The index that a file was named by; ShellCheck may give it with a folder before it.
std::optional<std::size_t> script_index(std::string_view file, std::size_t count) {
  const std::size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), index);
  if (error != std::errc() || end != file.data() + file.size() || index >= count) return std::nullopt;
  return index;
}

// One process for all bodies of a Dockerfile.
Result<checks::Findings> check(const Adapters& adapters, const std::vector<ShellcheckScript>& scripts) {
  const TempDirectory folder = SLUICE_TRY(TempDirectory::create("sluice-shellcheck-"));
  ProcessSpec spec;
  spec.argv = {adapters.shellcheck_program,
               "--norc",
               "--format=json1",
               "--severity=style",
               "--exclude=" + std::string(k_shellcheck_excluded),
               "--"};
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const std::string name = std::to_string(i);
    SLUICE_CHECK(write_file_atomic(folder.path() + "/" + name, scripts[i].text(), 0600));
    spec.argv.push_back(name);
  }
  spec.environment = {{"LANG", "C.UTF-8"}, {"LC_ALL", "C.UTF-8"}};
  spec.working_directory = folder.path();
  spec.deadline = adapters.deadline;
  spec.head_bytes = k_max_answer_bytes;
  const ProcessResult result = SLUICE_TRY(run_process(spec));
  if (result.timed_out) {
    return fail(ErrorKind::limit, "scan.shellcheck",
                "shellcheck took longer than " + std::to_string(adapters.deadline.count()) + " ms");
  }
  // 1: there are findings.
  if (result.signal != 0 || (result.exit_code != 0 && result.exit_code != 1)) {
    const std::string how = result.signal != 0 ? "signal " + std::to_string(result.signal)
                                               : "exit status " + std::to_string(result.exit_code);
    return fail(ErrorKind::tool, "scan.shellcheck",
                "shellcheck ended with " + how + ": " + std::string(excerpt(result.err.text())));
  }
  if (result.out.truncated()) return fail(ErrorKind::limit, "scan.shellcheck", "shellcheck says too much");
  return read_shellcheck(result.out.head + result.out.tail, scripts);
}

bool overlap(const Finding& ours, Span span) {
  const std::uint64_t end = ours.region.offset + ours.region.length;
  return ours.region.offset < span.end && span.begin < end;
}

bool reported_already(const std::vector<Assembled>& slot, const checks::RawFinding& raw) {
  const std::string alias = "shellcheck:" + raw.rule.substr(k_rule_prefix.size());
  return std::any_of(slot.begin(), slot.end(), [&](const Assembled& item) {
    const auto& aliases = item.finding.aliases;
    return std::find(aliases.begin(), aliases.end(), alias) != aliases.end() &&
           overlap(item.finding, raw.span);
  });
}

void excuse(const std::vector<ShellExcuse>& excuses, checks::RawFinding& raw) {
  const std::string code = raw.rule.substr(k_rule_prefix.size());
  for (const ShellExcuse& excuse : excuses) {
    if (raw.span.begin < excuse.covers.begin || raw.span.begin > excuse.covers.end) continue;
    const bool named = std::any_of(excuse.names.begin(), excuse.names.end(), [&](const std::string& name) {
      return name == code || name == "shellcheck:" + code || name == raw.rule;
    });
    if (named && !raw.suppressed) raw.suppressed = excuse.reason;
  }
}

// A file as the worker left it, to be run over when all workers are done.
struct Extracted {
  Bytes bytes;
  Analysis analysis;
};

class Run {
 public:
  Run(const Prepared& prepared, const Options& options, std::vector<std::vector<Assembled>>& slots,
      Output& out)
      : prepared_(prepared), options_(options), slots_(slots), out_(out), book_(prepared.book) {}

  Status all() {
    std::vector<std::size_t> indices;  // of prepared.tasks
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < prepared_.tasks.size(); ++i) {
      const Task& task = prepared_.tasks[i];
      if (task.analyser != k_dockerfile_analyser) continue;
      indices.push_back(i);
      jobs.push_back(
          job_of(prepared_, task, [&task, this] { return read_input(task, options_.max_file_bytes); }));
    }
    std::vector<Extracted> extracted(jobs.size());
    SLUICE_CHECK(run_jobs(
        jobs,
        [](const Request& request) {
          Analysis analysis;
          analysis.adapter = encode(shell_bodies(request.bytes));
          analysis.marks = dockerfile_marks(request.bytes);
          return analysis;
        },
        pool_options(options_),
        [&extracted](std::size_t index, Bytes bytes, Analysis analysis) {
          extracted[index] = {std::move(bytes), std::move(analysis)};
        }));
    for (std::size_t i = 0; i < jobs.size(); ++i) one(indices[i], std::move(extracted[i]));
    for (const auto& [id, rule] : book_.rules()) {
      if (id.starts_with(k_rule_prefix)) out_.rules.push_back(rule.info);
    }
    std::sort(out_.rules.begin(), out_.rules.end(),
              [](const RuleInfo& a, const RuleInfo& b) { return a.id < b.id; });
    return {};
  }

 private:
  void one(std::size_t index, Extracted file) {
    const Task& task = prepared_.tasks[index];
    const auto cover = [&](CoverageStatus status, std::string reason) {
      out_.coverage.push_back(
          {task.file->path, std::string(k_shellcheck_analyser), status, std::move(reason)});
    };
    if (file.analysis.status != CoverageStatus::analysed)
      return cover(file.analysis.status, file.analysis.reason);
    const Result<ShellBodies> bodies = decode_shell_bodies(file.analysis.adapter, file.bytes.size());
    if (!bodies) return cover(CoverageStatus::failed, bodies.error().message);
    std::vector<ShellcheckScript> scripts;
    for (const ShellBody& body : bodies->bodies) scripts.emplace_back(body, file.bytes);
    Result<checks::Findings> findings =
        scripts.empty() ? Result<checks::Findings>() : check(options_.adapters, scripts);
    if (!findings) return cover(CoverageStatus::failed, findings.error().message);
    add(task, index, *bodies, std::move(file), *std::move(findings));
    if (bodies->incomplete)
      return cover(CoverageStatus::failed, "too many or too long shell texts; not all were checked");
    cover(CoverageStatus::analysed, bodies->other_shells == 0
                                        ? std::string()
                                        : std::to_string(bodies->other_shells) +
                                              " RUN for a shell that ShellCheck does not know were left out");
  }

  void add(const Task& task, std::size_t index, const ShellBodies& bodies, Extracted file,
           checks::Findings findings) {
    std::vector<Assembled>& slot = slots_[index];
    Analysis analysis;
    analysis.marks = std::move(file.analysis.marks);
    for (checks::RawFinding& raw : findings) {
      if (reported_already(slot, raw)) continue;
      excuse(bodies.excuses, raw);
      if (book_.find(raw.rule) == nullptr) book_.learn(rule_of(raw.rule));
      analysis.findings.push_back(std::move(raw));
    }
    apply_limits(analysis);
    for (Assembled& item : assemble(book_, task.analyser, task.file->path, file.bytes, std::move(analysis))) {
      // A comment that gives no reason was reported with our own findings already.
      if (item.finding.rule != k_rule_suppression_without_reason) slot.push_back(std::move(item));
    }
  }

  const Prepared& prepared_;
  const Options& options_;
  std::vector<std::vector<Assembled>>& slots_;
  Output& out_;
  RuleBook book_;  // with the rules that occurred
};

}  // namespace

ShellcheckScript::ShellcheckScript(const ShellBody& body, std::string_view file) {
  text_ = "#!/bin/" + std::string(to_string(body.dialect)) + (body.errexit ? " -e\n" : "\n");
  if (!body.variables.empty()) {
    text_ += "export";
    for (const std::string& name : body.variables) text_ += " " + name;
    text_ += "\n";
  }
  body_at_ = text_.size();
  for (const Span& range : body.ranges) {
    for (std::uint32_t at = range.begin; at < range.end; ++at) {
      text_ += file[at];
      from_.push_back(at);
    }
  }
  // One byte for one, so that places stay: bytes that are no UTF-8, and control characters, would end the
  // reading.
  for (std::size_t at = body_at_; at < text_.size();) {
    at += utf8_prefix(std::string_view(text_).substr(at));
    if (at < text_.size()) text_[at++] = '?';
  }
  std::replace(text_.begin(), text_.end(), '\0', '?');
  line_starts_.push_back(0);
  for (std::size_t at = 0; at < text_.size(); ++at) {
    if (text_[at] == '\n') line_starts_.push_back(at + 1);
  }
  if (!text_.ends_with('\n')) text_ += '\n';
}

// An index of from_, or its size for the end of the body.
std::optional<std::uint32_t> ShellcheckScript::offset(std::uint64_t line, std::uint64_t column) const {
  if (line == 0 || line > line_starts_.size() || column == 0) return std::nullopt;
  std::size_t at = line_starts_[line - 1];
  const std::size_t end = body_at_ + from_.size();
  for (std::uint64_t left = column - 1; left > 0 && at < end; --left) {
    ++at;
    while (at < end && (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80U) ++at;
  }
  if (at < body_at_) return std::nullopt;
  return static_cast<std::uint32_t>(std::min(at, end) - body_at_);
}

std::optional<Span> ShellcheckScript::span(std::uint64_t line, std::uint64_t column, std::uint64_t end_line,
                                           std::uint64_t end_column) const {
  std::optional<std::uint32_t> begin = offset(line, column);
  if (!begin || from_.empty()) return std::nullopt;
  const auto size = static_cast<std::uint32_t>(from_.size());
  *begin = std::min(*begin, size - 1);
  const std::uint32_t end = std::max(offset(end_line, end_column).value_or(*begin), *begin + 1);
  return Span{from_[*begin], from_[std::min(end, size) - 1] + 1};
}

Result<checks::Findings> read_shellcheck(std::string_view answer,
                                         const std::vector<ShellcheckScript>& scripts) {
  const json::Value document = SLUICE_TRY(json::parse(answer, "shellcheck's answer"));
  const json::Value* comments = document.find("comments");
  const json::Array* list = comments == nullptr ? nullptr : comments->as_array();
  if (list == nullptr) return nonsense("no list of comments");
  checks::Findings findings;
  for (const json::Value& comment : *list) {
    const auto index = script_index(comment.string_at("file"), scripts.size());
    const std::uint64_t code = number_at(comment, "code");
    const auto severity = severity_of(comment.string_at("level"));
    if (!index || code < 1000 || code > 99'999 || !severity)
      return nonsense("a comment about nothing that it was asked");
    const auto span = scripts[*index].span(number_at(comment, "line"), number_at(comment, "column"),
                                           number_at(comment, "endLine"), number_at(comment, "endColumn"));
    if (!span) continue;  // about the lines before the body
    checks::RawFinding raw;
    raw.rule = std::string(k_rule_prefix) + "SC" + std::to_string(code);
    raw.span = *span;
    raw.message = std::string(comment.string_at("message"));
    raw.severity = severity;
    findings.push_back(std::move(raw));
  }
  return findings;
}

Status run_shellcheck(const Prepared& prepared, const Options& options,
                      std::vector<std::vector<Assembled>>& slots, Output& out) {
  return Run(prepared, options, slots, out).all();
}

}  // namespace sluice::scan
