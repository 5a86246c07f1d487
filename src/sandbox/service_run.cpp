#include "sandbox/service_run.h"

#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <thread>

#include "base/json.h"
#include "sandbox/account_tests.h"
#include "sandbox/dns_probe.h"
#include "sandbox/http_probe.h"
#include "sandbox/json_path.h"
#include "sandbox/socket_table.h"

namespace sluice::sandbox {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::chrono::hours k_service_time{1};  // ended by us long before; a net under our own faults
constexpr milliseconds k_probe_timeout{1'000};
constexpr std::size_t k_excerpt_bytes = 4096;

// A program may listen on one family only.
Result<Fd> connect_any(Container& container, std::uint16_t port, milliseconds timeout) {
  auto v4 = container.connect("127.0.0.1", port, timeout);
  if (v4 || v4.error().code != "sandbox.refused-connection") return v4;
  auto v6 = container.connect("::1", port, timeout);
  return v6 ? std::move(v6) : std::move(v4);
}

void check_json(const std::vector<ValueCheck>& checks, const std::string& body, const TextMatcher& matcher,
                Verdicts& verdicts) {
  if (checks.empty()) return;
  const auto document = json::parse(body, "the body");
  if (!document) return verdicts.fail("the body is not JSON: " + document.error().message);
  for (const ValueCheck& check : checks) {
    const auto path = JsonPath::parse(check.key);
    if (!path) return verdicts.error(path.error().message);  // the reader of test files lets none through
    check_value(check, "JSON at", path->read(*document), matcher, verdicts);
  }
}

void judge_http(const HttpTest& test, Container& container, const TextMatcher& matcher, milliseconds timeout,
                Verdicts& verdicts) {
  const auto socket = connect_any(container, test.port, timeout);
  if (!socket) {
    if (socket.error().kind == ErrorKind::unsupported) return verdicts.error(socket.error().message);
    return verdicts.fail("port " + std::to_string(test.port) + ": " + socket.error().message);
  }
  const auto response = http_exchange(socket->get(), test.request, timeout);
  if (!response) return verdicts.fail(response.error().message);
  if (std::find(test.status.begin(), test.status.end(), response->status) == test.status.end()) {
    verdicts.fail("status " + std::to_string(response->status) + ", not " +
                  std::to_string(test.status.front()));
  }
  for (const ValueCheck& check : test.headers) {
    std::string name = check.key;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto found = std::find_if(response->headers.begin(), response->headers.end(),
                                    [&](const auto& header) { return header.first == name; });
    const bool there = found != response->headers.end();
    check_value(check, "header", there ? std::optional(found->second) : std::nullopt, matcher, verdicts);
  }
  Captured body;
  body.total_bytes = response->body.size();
  body.head = response->body;
  check_text(test.body, "the body", body, matcher, verdicts);
  check_json(test.json, response->body, matcher, verdicts);
}

void judge_dns(const DnsTest& test, Container& container, Verdicts& verdicts) {
  const auto socket = connect_any(container, test.port, test.timeout);
  if (!socket) {
    if (socket.error().kind == ErrorKind::unsupported) return verdicts.error(socket.error().message);
    return verdicts.fail("port " + std::to_string(test.port) + "/tcp: " + socket.error().message);
  }
  const auto addresses = dns_exchange(socket->get(), test.host, test.timeout);
  if (!addresses) return verdicts.fail(addresses.error().message);
  const Outcome outcome = judge_addresses(test, *addresses);
  if (outcome.status != TestStatus::passed) verdicts.fail(outcome.message);
}

void judge_port(const PortTest& test, const Inspection& seen, Verdicts& verdicts) {
  const std::string name = "port " + std::to_string(test.port) + (test.udp ? "/udp" : "/tcp");
  std::string addresses;
  bool found = false;
  for (const Listener& listener : listeners(seen)) {
    if (listener.port != test.port || listener.udp != test.udp) continue;
    addresses += (addresses.empty() ? "" : ", ") + listener.address;
    found = found || !test.address || *test.address == listener.address;
  }
  if (found && !test.listening) verdicts.fail(name + " is listened on at " + addresses);
  if (found || !test.listening) return;
  verdicts.fail(addresses.empty()
                    ? "nobody listens on " + name
                    : name + " is listened on at " + addresses + ", not " + test.address.value_or(""));
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

void judge_process(const ProcessTest& test, const Inspection& seen, Verdicts& verdicts) {
  bool found = false;
  for (const ProcessInfo& process : seen.processes) {
    const bool by_argv = !process.argv.empty() && file_name(process.argv[0]) == test.process;
    if (file_name(process.exe) != test.process && !by_argv) continue;
    found = true;
    if (test.running && test.uid && process.uid != *test.uid) {
      verdicts.fail(test.process + " runs as user " + std::to_string(process.uid) + ", not " +
                    std::to_string(*test.uid));
    }
  }
  if (test.running && !found) verdicts.fail(test.process + " does not run");
  if (!test.running && found) verdicts.fail(test.process + " runs");
}

class Service {
 public:
  explicit Service(const CommandContext& context) : context_(context) {}

  Result<ServiceOutcome> run() {
    if (!context_.spec.run.refusal.empty()) return all({TestStatus::error, context_.spec.run.refusal});
    CommandTest as_shipped;
    as_shipped.entrypoint = true;
    spec_ = run_spec(as_shipped, context_);
    if (spec_.argv.empty()) return all({TestStatus::failed, "the image has neither entrypoint nor command"});
    spec_.limits.time = k_service_time;
    auto container = context_.engine.start(*context_.image, spec_);
    if (!container) return given_up(container.error());
    container_ = std::move(*container);
    {
      // Ends before the container goes: by the stop, or by the kill in the guard's destructor.
      const std::jthread waiter([this] { result_ = container_->wait(); });
      const Guard guard{*container_};
      out_.ready = await_ready();
      if (out_.ready.status == TestStatus::passed) ask();
      stop();
    }
    if (!result_) return given_up(result_.error());
    context_.note(spec_, *result_);
    judge_end();
    out_.limits_missing = result_->limits_missing;
    out_.output = result_->out.head.substr(0, k_excerpt_bytes) + result_->err.head.substr(0, k_excerpt_bytes);
    return std::move(out_);
  }

 private:
  struct Guard {
    Container& container;
    ~Guard() { static_cast<void>(container.signal(SIGKILL)); }
  };

  Result<ServiceOutcome> all(const Outcome& outcome) {
    refill(outcome);
    return std::move(out_);
  }

  Result<ServiceOutcome> given_up(const Error& error) {
    if (error.code == "sandbox.cancelled") return tl::unexpected(error);
    return all({error.kind == ErrorKind::invalid ? TestStatus::failed : TestStatus::error, error.message});
  }

  // The image's own health check as a command. The interval and the start period are for production, where
  // asking costs: here the file's own interval counts.
  [[nodiscard]] Result<std::vector<std::string>> healthcheck() const {
    const auto& check = context_.config.healthcheck;
    const auto none = [](std::string why) {
      return fail(ErrorKind::invalid, "sandbox.healthcheck", std::move(why));
    };
    if (!check || check->test.empty()) {
      return none("the image has no health check (images in the OCI form lose it)");
    }
    const std::vector<std::string>& test = check->test;
    if (test[0] == "CMD" && test.size() > 1) return std::vector<std::string>(test.begin() + 1, test.end());
    if (test[0] == "CMD-SHELL" && test.size() == 2) {
      std::vector<std::string> argv =
          context_.config.shell.value_or(std::vector<std::string>{"/bin/sh", "-c"});
      argv.push_back(test[1]);
      return argv;
    }
    return none("the image's health check is switched off");
  }

  // What to wait for: what the file says, else the first port that a test names.
  [[nodiscard]] Ready awaited() const {
    if (context_.spec.ready) return *context_.spec.ready;
    Ready ready;
    for (const Test& test : context_.spec.tests) {
      const auto* http = std::get_if<HttpTest>(&test.body);
      const auto* port = std::get_if<PortTest>(&test.body);
      if (http != nullptr) ready.tcp = http->port;
      if (port != nullptr && port->listening && !port->udp) ready.tcp = port->port;
      if (ready.tcp) break;
    }
    return ready;
  }

  // One look. A failed verdict is "not yet"; an error is final.
  Verdicts probe(const Ready& ready) {
    Verdicts verdicts;
    const milliseconds timeout = std::min(k_probe_timeout, ready.timeout);
    if (ready.http) {
      judge_http(*ready.http, *container_, context_.matcher, timeout, verdicts);
    } else if (ready.tcp) {
      const auto socket = connect_any(*container_, *ready.tcp, timeout);
      if (!socket && socket.error().kind == ErrorKind::unsupported) verdicts.error(socket.error().message);
      if (!socket) verdicts.fail("port " + std::to_string(*ready.tcp) + ": " + socket.error().message);
    } else if (ready.log) {
      probe_log(*ready.log, verdicts);
    } else if (ready.exec) {
      probe_exec(*ready.exec, timeout, verdicts);
    } else if (ready.healthcheck) {
      const auto command = healthcheck();
      if (!command) verdicts.error(command.error().message);
      if (command) probe_exec(*command, timeout, verdicts);
    }
    return verdicts;
  }

  void probe_log(const std::string& pattern, Verdicts& verdicts) {
    for (const Stream stream : {Stream::out, Stream::err}) {
      const auto found = context_.matcher.found(pattern, container_->output(stream).text());
      if (!found) return verdicts.error(found.error().message);
      if (*found) return;
    }
    verdicts.fail("the output does not match " + quoted(pattern));
  }

  void probe_exec(const std::vector<std::string>& argv, milliseconds timeout, Verdicts& verdicts) {
    RunSpec spec = spec_;
    spec.argv = argv;
    spec.limits.time = timeout;
    const auto inner = container_->exec(spec);
    const auto result = inner ? (*inner)->wait() : Result<RunResult>(tl::unexpected(inner.error()));
    if (!result) {
      if (container_->ended()) return verdicts.fail("the container has ended");
      return verdicts.error(result.error().message);
    }
    if (result->fault != StartFault::started) return verdicts.error(result->fault_message);
    if (!result->ok()) verdicts.fail(argv[0] + " does not succeed");
  }

  Outcome await_ready() {
    Ready ready = awaited();
    if (context_.spec.patience.ready) ready.timeout = std::min(ready.timeout, *context_.spec.patience.ready);
    const Clock::time_point begun = Clock::now();
    while (true) {
      const Outcome outcome = probe(ready).outcome();
      out_.time_to_ready = duration_cast<milliseconds>(Clock::now() - begun);
      if (outcome.status == TestStatus::error) return outcome;
      // A service that ended cannot be ready, whatever it printed before.
      if (container_->ended()) return {TestStatus::failed, "the service ended before it was ready"};
      if (outcome.status == TestStatus::passed) return outcome;
      if (Clock::now() - begun >= ready.timeout) {
        return {TestStatus::failed,
                "not ready within " + std::to_string(ready.timeout.count()) + " ms: " + outcome.message};
      }
      ::poll(nullptr, 0, static_cast<int>(ready.interval.count()));
    }
  }

  void ask() {
    for (std::size_t i = 0; i < context_.spec.tests.size(); ++i) {
      const auto& body = context_.spec.tests[i].body;
      Verdicts verdicts;
      if (const auto* http = std::get_if<HttpTest>(&body)) {
        judge_http(*http, *container_, context_.matcher, http->timeout, verdicts);
      } else if (const auto* dns = std::get_if<DnsTest>(&body); dns != nullptr && dns->port != 0) {
        judge_dns(*dns, *container_, verdicts);
      } else if (std::holds_alternative<PortTest>(body) || std::holds_alternative<ProcessTest>(body)) {
        const auto seen = container_->inspect();
        if (!seen) {
          verdicts.error(seen.error().message);
        } else if (const auto* port = std::get_if<PortTest>(&body)) {
          judge_port(*port, *seen, verdicts);
        } else {
          judge_process(std::get<ProcessTest>(body), *seen, verdicts);
        }
      } else {
        continue;
      }
      out_.tests.emplace_back(i, verdicts.outcome());
    }
  }

  void stop() {
    Stop stop = context_.spec.stop.value_or(Stop{});
    if (context_.spec.patience.stop) stop.within = std::min(stop.within, *context_.spec.patience.stop);
    ended_early_ = container_->ended();
    const Clock::time_point begun = Clock::now();
    static_cast<void>(container_->signal(stop.signal.value_or(spec_.stop_signal)));
    while (!container_->ended() && Clock::now() - begun < stop.within) ::poll(nullptr, 0, 1);
    out_.time_to_stop = duration_cast<milliseconds>(Clock::now() - begun);
    stopped_ = container_->ended();
  }

  void judge_end() {
    if (result_->fault != StartFault::started) {
      return refill({TestStatus::failed, result_->fault_message});
    }
    if (out_.ready.status != TestStatus::passed) return refill(out_.ready);
    Verdicts stop;
    if (ended_early_) stop.fail("the service ended before it was told to");
    if (!stopped_) {
      stop.fail("did not end within " + std::to_string(context_.spec.stop.value_or(Stop{}).within.count()) +
                " ms after the stop signal, and was killed");
    }
    if (result_->out_of_memory) stop.fail("ran out of memory");
    out_.stop = stop.outcome();
    for (std::size_t i = 0; i < context_.spec.tests.size(); ++i) {
      const auto* log = std::get_if<LogTest>(&context_.spec.tests[i].body);
      if (log == nullptr) continue;
      Verdicts verdicts;
      check_text(log->out, "stdout", result_->out, context_.matcher, verdicts);
      check_text(log->err, "stderr", result_->err, context_.matcher, verdicts);
      out_.tests.emplace_back(i, verdicts.outcome());
    }
  }

  // One outcome for everything that asks the service.
  void refill(const Outcome& outcome) {
    out_.ready = outcome;
    out_.stop = outcome;
    out_.tests.clear();
    for (std::size_t i = 0; i < context_.spec.tests.size(); ++i) {
      if (needs_service(context_.spec.tests[i])) out_.tests.emplace_back(i, outcome);
    }
  }

  const CommandContext& context_;
  RunSpec spec_;
  std::unique_ptr<Container> container_;
  Result<RunResult> result_ = fail(ErrorKind::internal, "sandbox.service", "the service was not waited for");
  bool ended_early_ = false;
  bool stopped_ = false;
  ServiceOutcome out_;
};

}  // namespace

Result<ServiceOutcome> run_service(const CommandContext& context) {
  return Service(context).run();
}

}  // namespace sluice::sandbox
