#include "sandbox/engines/tool_container.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/json.h"
#include "sandbox/engines/container_view.h"
#include "sandbox/state.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t k_chunk_bytes = 128u << 10;
constexpr std::size_t k_max_small = 1u << 20;
constexpr milliseconds k_max_setup{120'000};  // until the program runs
constexpr milliseconds k_patience{20'000};    // after KILL
constexpr milliseconds k_pipe_grace{200};     // for output that somebody keeps open
constexpr milliseconds k_file_pace{2};        // of looks for a start: at a file …
constexpr milliseconds k_inspect_pace{40};    // … and by a call to the tool

struct State {
  bool known = false;  // the tool knows the container
  bool started = false;
  bool out_of_memory = false;
  pid_t pid = 0;
  std::string error;  // why it did not start, if the tool keeps that
};

State state_of(const ToolRunner& runner, const std::string& name) {
  State state;
  const auto text = runner.output({"", "inspect", "--format", "{{json .State}}", name});
  const auto value = text ? json::parse(*text, "inspect") : Result<json::Value>(json::Value());
  if (!value || value->as_object() == nullptr) return state;
  state.known = true;
  const std::string_view status = value->string_at("Status");
  state.started = status != "created" && status != "configured" && status != "initialized" && !status.empty();
  state.error = std::string(value->string_at("Error"));
  const json::Value* killed = value->find("OOMKilled");
  state.out_of_memory = killed != nullptr && killed->as_bool() != nullptr && *killed->as_bool();
  const json::Value* pid = value->find("Pid");
  if (pid != nullptr && pid->as_int() != nullptr && *pid->as_int() > 1)
    state.pid = static_cast<pid_t>(*pid->as_int());
  return state;
}

std::string small_file(const std::string& path) {
  auto text = read_file(path, k_max_small);
  return text ? std::string(trim(*text)) : std::string();
}

// The message of the last error in runc's log of JSON lines.
std::string logged_error(const std::string& path) {
  const std::string log = small_file(path);
  std::string message;
  for (const std::string_view line : split(log, '\n')) {
    const auto entry = json::parse(line, "log");
    if (entry && entry->string_at("level") == "error") message = std::string(entry->string_at("msg"));
  }
  return message;
}

// The number after `key` in lines of "key number".
std::uint64_t counter(std::string_view text, std::string_view key) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ')
      return parse_u64(trim(line.substr(key.size() + 1))).value_or(0);
  }
  return 0;
}

// The last step, the exec itself, fails in the container: the runtime can then only write to its stderr, as
// the program could. Only runtimes write this line alone; a program that does so too is taken for one that
// did not start, which fails its test all the same.
std::string late_failure(const RunResult& result) {
  const std::string text = result.err.text();
  const std::string_view line = trim(text);
  const bool one = line.find('\n') == std::string_view::npos && result.out.total_bytes == 0;
  const bool exec =
      line.starts_with("exec /") || line.find("exec user process caused: ") != std::string_view::npos;
  const bool why = line.ends_with(": exec format error") || line.ends_with(": no such file or directory") ||
                   line.ends_with(": permission denied");
  return one && exec && why ? std::string(line) : std::string();
}

// What nerdctl says of its own tidying, after the last that the program wrote: one line.
void drop_removal_warning(Captured& err) {
  std::string& end = err.tail.empty() ? err.head : err.tail;
  const std::size_t stop = end.ends_with('\n') ? end.size() - 1 : end.size();
  const std::size_t newline = stop == 0 ? std::string::npos : end.rfind('\n', stop - 1);
  const std::size_t begin = newline == std::string::npos ? 0 : newline + 1;
  const std::string_view line = std::string_view(end).substr(begin, stop - begin);
  if (!line.starts_with("time=\"") ||
      line.find("level=warning msg=\"failed to remove hosts file") == std::string_view::npos)
    return;
  err.total_bytes -= end.size() - begin;
  end.erase(begin);
}

bool has(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

}  // namespace

std::optional<StartFault> fault_of(std::string_view words) {
  // Order matters: a missing interpreter is "no such file" too, but of exec and not of stat.
  if (has(words, "chdir to cwd") || has(words, "workdir") || has(words, "mkdir cwd") || has(words, "Cwd"))
    return StartFault::bad_workdir;
  if (has(words, "exec format error") || has(words, "permission denied")) return StartFault::not_executable;
  if (has(words, "executable file not found") || has(words, ": stat ")) return StartFault::not_found;
  if (has(words, "exec /") || has(words, "exec user process") || has(words, "exec: \"")) {
    return has(words, "is a directory")              ? StartFault::not_executable
           : has(words, "no such file or directory") ? StartFault::not_executable
                                                     : StartFault::not_found;
  }
  if (has(words, "not a directory") || has(words, "rootfs") || has(words, "mounting"))
    return StartFault::bad_image;
  return std::nullopt;
}

int signal_of(int exit_code, bool killed) {
  const int number = exit_code - 128;
  for (const int fault : {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS}) {
    if (number == fault) return number;
  }
  return number == SIGKILL && killed ? number : 0;
}

ToolContainer::ToolContainer(const ToolRunner& runner, ToolLaunch launch)
    : runner_(runner),
      launch_(std::move(launch)),
      out_(launch_.spec.run.head_bytes, launch_.spec.run.tail_bytes),
      err_(launch_.spec.run.head_bytes, launch_.spec.run.tail_bytes),
      spawned_(Clock::now()),
      started_(spawned_),
      next_look_(spawned_),
      buffer_(k_chunk_bytes) {
  result_.tier = launch_.tier;
  result_.limits_missing = launch_.missing;
}

ToolContainer::~ToolContainer() {
  // A client that removes its container itself must not do so at the same time: two removals leave it half
  // there.
  if (runner_.traits().whole_output_by_rm) reap(launch_.process, true);
  if (!launch_.in_container) {
    // Also after an orderly end: the tool keeps what is left of a container until it is told to remove it. If
    // that fails, the journal still names it.
    const auto argv = remove_arguments(runner_.traits(), launch_.spec.state, launch_.spec.name);
    const auto removed = runner_.run(argv);
    // nerdctl's rm succeeds whatever happens.
    const bool gone = !runner_.traits().whole_output_by_rm || !state_of(runner_, launch_.spec.name).known;
    if (removed && removed->ok() && gone && launch_.removed) launch_.removed();
  }
  reap(launch_.process, true);
  if (!launch_.folder.empty()) static_cast<void>(remove_private_tree(launch_.folder));
}

Status ToolContainer::signal(int number) {
  if (ended_) return {};
  if (launch_.in_container) {
    // Tools have no way to signal a program that was started so: it ends with its container at the latest.
    if (launch_.process.pid > 0) ::kill(launch_.process.pid, SIGKILL);
    return {};
  }
  Time::rep never = 0;
  if (number == launch_.spec.run.stop_signal)
    stop_sent_.compare_exchange_strong(never, Clock::now().time_since_epoch().count());
  if (number == SIGKILL) kill_sent_ = true;
  const auto argv = kill_arguments(runner_.traits(), launch_.spec.state, launch_.spec.name, number);
  // If it cannot be sent the container has ended or not begun; the wait tells.
  static_cast<void>(runner_.run(argv));
  return {};
}

Captured ToolContainer::output(Stream stream) const {
  const std::lock_guard lock(output_mutex_);
  CaptureBuffer copy = stream == Stream::out ? out_ : err_;
  return copy.take();
}

std::optional<pid_t> ToolContainer::find_program() const {
  pid_t pid = 0;
  if (runner_.traits().pid_file) {
    pid = static_cast<pid_t>(parse_u32(small_file(launch_.spec.pid_file)).value_or(0));
  } else {
    pid = state_of(runner_, launch_.spec.name).pid;
  }
  if (pid <= 1) return std::nullopt;
  // A process that cannot be seen from here belongs to an engine on another machine: it runs, says the
  // engine.
  if (!path_exists("/proc/" + std::to_string(pid)) && !runner_.traits().pid_file) return pid;
  return runs_program(pid) ? std::optional(pid) : std::nullopt;
}

Result<pid_t> ToolContainer::await_program() {
  const Time give_up = Clock::now() + k_max_setup;
  while (!ended_ && Clock::now() < give_up) {
    if (const pid_t pid = program_; pid > 0) return pid;
    if (const auto pid = find_program()) {
      program_ = *pid;
      return *pid;
    }
    ::poll(nullptr, 0, static_cast<int>((runner_.traits().pid_file ? k_file_pace : k_inspect_pace).count()));
  }
  return fail(ErrorKind::io, "sandbox.gone", "the container has ended or never started");
}

Result<Fd> ToolContainer::connect(const std::string& address, std::uint16_t port, milliseconds timeout) {
  return connect_in(SLUICE_TRY(await_program()), address, port, timeout);
}

Result<Inspection> ToolContainer::inspect() {
  return inspect_from_outside(SLUICE_TRY(await_program()));
}

Result<std::unique_ptr<Container>> ToolContainer::exec(const RunSpec& spec) {
  static_cast<void>(SLUICE_TRY(await_program()));
  ToolLaunch inner;
  inner.spec = SLUICE_TRY(launch_.resolve(spec));
  inner.spec.name = launch_.spec.name;
  inner.spec.state = launch_.spec.state;
  inner.tier = launch_.tier;
  inner.cancel_fd = launch_.cancel_fd;
  inner.in_container = true;
  inner.resolve = launch_.resolve;
  auto folder = std::make_shared<TempDirectory>(SLUICE_TRY(TempDirectory::create()));
  const std::string process_file = folder->path() + "/process.json";
  SLUICE_CHECK(write_file_atomic(process_file, json::write(process_json(inner.spec)), 0600));
  ToolCommand command;
  command.program = runner_.program();
  command.argv = exec_arguments(runner_.traits(), inner.spec, process_file);
  command.environment = runner_.environment();
  inner.process = SLUICE_TRY(spawn_tool(command));
  auto container = std::make_unique<ToolContainer>(runner_, std::move(inner));
  container->program_ = program_.load();
  container->process_folder_ = std::move(folder);
  return std::unique_ptr<Container>(std::move(container));
}

bool ToolContainer::drain(Fd& pipe, CaptureBuffer& buffer) {
  if (!pipe.valid()) return false;
  const ssize_t size = ::read(pipe.get(), buffer_.data(), buffer_.size());
  if (size > 0) {
    const std::lock_guard lock(output_mutex_);
    buffer.append(std::string_view(buffer_.data(), static_cast<std::size_t>(size)));
    return true;
  }
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  pipe.reset();
  return false;
}

// The time limit counts from here.
void ToolContainer::look_for_start(Time now) {
  if (program_ > 0 || now < next_look_) return;
  next_look_ = now + (runner_.traits().pid_file ? k_file_pace : k_inspect_pace);
  if (const auto pid = find_program()) {
    program_ = *pid;
    started_ = Clock::now();
  }
}

int ToolContainer::poll_timeout(Time now) const {
  Time next = started_ + launch_.spec.run.limits.time;
  if (result_.timed_out) next += launch_.spec.run.grace;
  if (result_.killed) next += k_patience;
  if (program_ == 0) next = next_look_;
  const auto left = duration_cast<milliseconds>(next - now).count() + 1;
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

Status ToolContainer::enforce_deadline(Time now) {
  if (program_ == 0) {
    if (now < spawned_ + k_max_setup) return {};
    return fail(ErrorKind::io, "sandbox.tool",
                std::string(runner_.traits().name) + " did not start it in time");
  }
  const Time deadline = started_ + launch_.spec.run.limits.time;
  if (!result_.timed_out && now >= deadline) {
    result_.timed_out = true;
    SLUICE_CHECK(signal(launch_.spec.run.stop_signal));
  }
  if (!result_.killed && now >= deadline + launch_.spec.run.grace) {
    result_.killed = true;
    SLUICE_CHECK(signal(SIGKILL));
  }
  if (now < deadline + launch_.spec.run.grace + k_patience) return {};
  return fail(ErrorKind::io, "sandbox.tool", "the container does not end after KILL");
}

Status ToolContainer::step() {
  std::array<pollfd, 4> polled{{{launch_.process.handle.get(), POLLIN, 0},
                                {launch_.process.out.get(), POLLIN, 0},
                                {launch_.process.err.get(), POLLIN, 0},
                                {launch_.cancel_fd, POLLIN, 0}}};
  if (::poll(polled.data(), polled.size(), poll_timeout(Clock::now())) < 0 && errno != EINTR) {
    return fail_errno("sandbox.poll", "cannot wait for the container", errno);
  }
  if ((polled[3].revents & POLLIN) != 0) {
    return fail(ErrorKind::io, "sandbox.cancelled", "stopped before the container had ended");
  }
  if (polled[1].revents != 0) drain(launch_.process.out, out_);
  if (polled[2].revents != 0) drain(launch_.process.err, err_);
  if (polled[0].revents != 0) {
    ended_ = true;
    return {};
  }
  look_for_start(Clock::now());
  return enforce_deadline(Clock::now());
}

void ToolContainer::drain_rest() {
  const Time give_up = Clock::now() + k_pipe_grace;
  Fd& out = launch_.process.out;
  Fd& err = launch_.process.err;
  while ((out.valid() || err.valid()) && Clock::now() < give_up) {
    std::array<pollfd, 2> polled{{{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), 20) < 0 && errno != EINTR) break;
    if (polled[0].revents != 0) drain(out, out_);
    if (polled[1].revents != 0) drain(err, err_);
  }
}

// runc's groups are still there (--keep).
void ToolContainer::measure() {
  for (const std::string& group : launch_.cgroups) {
    for (const char* name : {"/memory.peak", "/memory.max_usage_in_bytes"}) {
      if (const auto bytes = parse_u64(small_file(group + name))) result_.peaks.memory_bytes = *bytes;
    }
    for (const char* name : {"/memory.events", "/memory.oom_control"}) {
      if (counter(small_file(group + name), "oom_kill") != 0) result_.out_of_memory = true;
    }
    if (counter(small_file(group + "/pids.events"), "max") != 0) result_.pids_exhausted = true;
    if (const auto peak = parse_u64(small_file(group + "/pids.peak"))) result_.peaks.pids = *peak;
    if (const auto used = counter(small_file(group + "/cpu.stat"), "usage_usec"))
      result_.peaks.cpu = microseconds(used);
  }
}

Status ToolContainer::judge_end(int wait_status) {
  if (!WIFEXITED(wait_status)) {
    if (launch_.in_container && result_.timed_out) {
      result_.killed = true;
      result_.signal = SIGKILL;
      return {};
    }
    return fail(
        ErrorKind::io, "sandbox.tool",
        std::string(runner_.traits().name) + " was ended by signal " + std::to_string(WTERMSIG(wait_status)));
  }
  return judge_code(WEXITSTATUS(wait_status));
}

Status ToolContainer::judge_code(int code) {
  std::string words;
  if (runner_.traits().form == ToolForm::bundle && !launch_.in_container) {
    measure();
    if (code != 0) words = logged_error(launch_.spec.bundle + "/log");
  } else if (launch_.in_container) {
    // docker tells of it on the program's own output.
    const bool on_err = result_.err.total_bytes != 0;
    const std::string said = complaint((on_err ? result_.err : result_.out).text());
    const bool tools_own =
        has(said, "OCI runtime exec failed") || has(said, "exec failed:") || has(said, "OCI runtime");
    if (code >= runner_.traits().own_code && tools_own) words = said;
    if (runner_.traits().form == ToolForm::bundle && code == 255 && has(said, "exec failed")) words = said;
  } else if (runner_.traits().whole_output_by_rm) {
    drop_removal_warning(result_.err);
    const std::string said = result_.err.text();
    // Only these words, which a program can write too: then its test fails for a start that did take place.
    if (code == runner_.traits().own_code && has(said, "level=fatal") &&
        has(said, "failed to create shim task"))
      words = complaint(said);
  } else if (code >= runner_.traits().own_code) {
    const State state = state_of(runner_, launch_.spec.name);
    result_.out_of_memory = state.out_of_memory;
    if (!state.started) words = state.error.empty() ? complaint(result_.err.text()) : state.error;
    if (!state.started && words.empty()) words = "exit code " + std::to_string(code) + " without a word";
  }
  if (words.empty() && code != 0) words = late_failure(result_);
  if (words.empty()) {
    result_.signal = signal_of(code, result_.killed || result_.out_of_memory);
    result_.exit_code = result_.signal == 0 ? code : -1;
    return {};
  }
  const auto fault = fault_of(words);
  if (!fault) {
    return fail(ErrorKind::unsupported, "sandbox.setup",
                std::string(runner_.traits().name) + " could not start the container: " + words,
                "`sluice doctor` shows what this machine can do");
  }
  result_.fault = *fault;
  result_.fault_message = words;
  result_.out = {};  // those were the tool's words
  result_.err = {};
  return {};
}

// Null if nothing was asked for. What a program started in a container did is part of the container's own
// trace.
std::shared_ptr<const Trace> ToolContainer::finish_trace() {
  const RunSpec& run = launch_.spec.run;
  const bool records = run.syscalls && run.syscalls->miss == SyscallProfile::Miss::record;
  if (launch_.in_container || (run.observe == ObserveMode::none && !records)) return nullptr;
  Trace trace;
  trace.mode = run.observe;
  trace.reason = launch_.unobserved;
  if (launch_.listener) trace = launch_.listener->finish();
  if (stop_sent_ != 0) {
    trace.time_to_stop = time_to_stop_;
    trace.init.ignored_stop = kill_sent_ && result_.exit_code != 0;
    trace.init.handles_term = trace.init.handles_term || !trace.init.ignored_stop;
  }
  trace.peak_memory_bytes = result_.peaks.memory_bytes;
  trace.peak_pids = result_.peaks.pids;
  trace.cpu = result_.peaks.cpu;
  return std::make_shared<const Trace>(std::move(trace));
}

Result<RunResult> ToolContainer::wait() {
  while (!ended_) SLUICE_CHECK(step());
  const Time end = Clock::now();
  result_.duration = duration_cast<microseconds>(end - started_);
  if (const Time::rep stop = stop_sent_; stop != 0)
    time_to_stop_ = duration_cast<milliseconds>(end.time_since_epoch() - Time::duration(stop));
  drain_rest();
  result_.out = out_.take();
  result_.err = err_.take();
  SLUICE_CHECK(judge_end(reap(launch_.process, false)));
  result_.trace = finish_trace();
  if (launch_.at_end) SLUICE_CHECK(launch_.at_end());
  auto& missing = result_.limits_missing;
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return std::move(result_);
}

}  // namespace sluice::sandbox
