#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "attest/predicate_shape.h"
#include "attest/predicates.h"
#include "attest/secret_filter.h"
#include "base/json.h"

namespace sluice::attest {
namespace {

RuntimeTrace sample() {
  RuntimeTrace trace;
  trace.mode = "selected";
  trace.observer = "seccomp-notify";
  trace.tier = "root";
  trace.calls = {{"execve", "/app", 1, false}, {"mount", "/app", 1, true}};
  trace.programs = {{"/app", {"/app", "serve"}, "", std::string(64, 'a'), "image", 1000, false, 1}};
  trace.files = {{"/etc/passwd", {"read"}, false, "/app"}};
  trace.network = {{"connect", "tcp", "203.0.113.7", 443, "", "/app"},
                   {"dns", "udp", "", 0, "db.example", "/app"}};
  trace.losses = {{"files", 3}};
  return trace;
}

TestReport tests() {
  TestReport report;
  report.spec_path = "sluice-test.yaml";
  report.spec_sha256 = std::string(64, 'b');
  report.image_digest = "sha256:" + std::string(64, 'c');
  return report;
}

}  // namespace

TEST_CASE("a trace has what runtime-trace v0.2 requires") {
  const json::Object predicate = runtime_trace_predicate(sample(), tests(), "1.0");
  const std::string text = json::write_pretty(predicate);
  CHECK(check_predicate(predicate::k_runtime_trace, json::Value(predicate)));
  for (const char* needed :
       {"\"monitor\"", "https://sluice.dev/monitor/seccomp-notify", "\"monitoredProcess\"", "\"hostID\"",
        "\"event\"", "\"monitorLog\"", "\"process\"", "\"network\"", "\"fileAccess\"",
        "\"ip\": \"203.0.113.7\"", "\"port\": 443", "\"hostname\": \"db.example\"", "file:///etc/passwd",
        "\"sluice_observed\": true", "\"files\": 3", "\"callCounts\"", "\"execve\": 1"}) {
    CHECK_MESSAGE(text.find(needed) != std::string::npos, needed);
  }
}

TEST_CASE("a trace that was not observed says so") {
  RuntimeTrace trace;
  trace.observer = "none";
  trace.reason = "this kernel takes no call filters";
  const std::string text = json::write_pretty(runtime_trace_predicate(trace, tests(), "1.0"));
  CHECK(text.find("\"sluice_observed\": false") != std::string::npos);
  CHECK(text.find(trace.reason) != std::string::npos);
}

TEST_CASE("what was not measured is absent from the predicates; a measured 0 stands there") {
  RuntimeTrace trace = sample();
  trace.time_to_stop = std::chrono::milliseconds(0);
  std::string text = json::write_pretty(runtime_trace_predicate(trace, tests(), "1.0"));
  for (const char* absent : {"peakMemoryBytes", "peakPids", "cpuMicroseconds", "timeToReadyMs"}) {
    CHECK_MESSAGE(text.find(absent) == std::string::npos, absent);
  }
  CHECK(text.find("\"timeToStopMs\": 0") != std::string::npos);
  HardeningReport report;
  text = json::write_pretty(hardening_predicate(report, tests(), "1.0"));
  for (const char* absent : {"memoryPeakBytes", "pidsPeak", "cpuMicroseconds", "memoryBytes", "\"pids\""}) {
    CHECK_MESSAGE(text.find(absent) == std::string::npos, absent);
  }
  report.peaks.memory_bytes = 4096;
  report.peaks.pids = 0;
  report.profile.memory_bytes = 16u << 20;
  text = json::write_pretty(hardening_predicate(report, tests(), "1.0"));
  CHECK(text.find("\"memoryPeakBytes\": 4096") != std::string::npos);
  CHECK(text.find("\"pidsPeak\": 0") != std::string::npos);
  CHECK(text.find("\"memoryBytes\": 16777216") != std::string::npos);
}

TEST_CASE("no secret of an argument or a path gets into the predicate, whatever the observer let through") {
  RuntimeTrace trace = sample();
  const std::string token = "ghp_0123456789abcdefghijABCDEFGHIJ456789";
  trace.programs[0].argv.push_back(token);
  trace.files[0].path = "/tmp/" + token;
  trace.network[1].hostname = token;
  const json::Object predicate = runtime_trace_predicate(trace, tests(), "1.0");
  CHECK(json::write_pretty(predicate).find(token) == std::string::npos);
  CHECK(check_no_secrets(json::Value(predicate)));
}

}  // namespace sluice::attest
