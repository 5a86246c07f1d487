// in-toto runtime-trace v0.2, in the form that docs/formats/runtime-trace.md describes.
#include <algorithm>
#include <cstdint>

#include "attest/moment.h"
#include "attest/predicates.h"
#include "attest/secret_filter.h"

namespace sluice::attest {
namespace {

constexpr std::size_t k_max_listed_files =
    5'000;  // in the predicate; `truncated` tells how many were left out

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX));
}

json::Array texts(const std::vector<std::string>& list) {
  json::Array out;
  for (const std::string& text : list) out.emplace_back(clean_text(text));
  return out;
}

json::Array programs(const RuntimeTrace& trace) {
  json::Array out;
  for (const TracedProgram& program : trace.programs) {
    json::Object one{{"eventType", "exec"},
                     {"processBinary", clean_text(program.path)},
                     {"arguments", texts(program.argv)},
                     {"parent", clean_text(program.by)},
                     {"origin", program.origin},
                     {"uid", static_cast<std::int64_t>(program.uid)},
                     {"setuid", program.setuid}};
    if (!program.sha256.empty()) one.set("digest", json::Object{{"sha256", program.sha256}});
    out.emplace_back(std::move(one));
  }
  return out;
}

json::Array network(const RuntimeTrace& trace) {
  json::Array out;
  for (const TracedNetwork& seen : trace.network) {
    json::Object one{{"sluice_kind", seen.kind}};
    const bool local = seen.protocol == "unix" || seen.protocol == "netlink";
    if (!seen.address.empty()) one.set(local ? "sluice_path" : "ip", clean_text(seen.address));
    if (!seen.hostname.empty()) one.set("hostname", clean_text(seen.hostname));
    if (seen.port != 0) one.set("port", static_cast<std::int64_t>(seen.port));
    one.set("protocol", seen.protocol);
    one.set("invokingProcess", json::Object{{"processBinary", clean_text(seen.program)}});
    out.emplace_back(std::move(one));
  }
  return out;
}

json::Array files(const RuntimeTrace& trace) {
  json::Array out;
  for (const TracedFile& file : trace.files) {
    if (out.size() == k_max_listed_files) break;
    out.emplace_back(
        json::Object{{"uri", "file://" + clean_text(file.path)},
                     {"annotations", json::Object{{"access", texts(file.access)},
                                                  {"inLayer", file.in_layer},
                                                  {"processBinary", clean_text(file.program)}}}});
  }
  // Programs are files too, and the ones with digests: the supervisor stops the process while it reads them.
  for (const TracedProgram& program : trace.programs) {
    if (program.sha256.empty()) continue;
    out.emplace_back(
        json::Object{{"uri", "file://" + clean_text(program.path)},
                     {"digest", json::Object{{"sha256", program.sha256}}},
                     {"annotations", json::Object{{"access", json::Array{json::Value("exec")}}}}});
  }
  return out;
}

json::Object system_calls(const RuntimeTrace& trace) {
  json::Array names;
  json::Array refused;
  for (const TracedCall& call : trace.calls) {
    names.emplace_back(call.name);
    if (call.refused)
      refused.emplace_back(json::Object{{"name", call.name}, {"processBinary", clean_text(call.program)}});
  }
  return {{"names", std::move(names)}, {"refused", std::move(refused)}};
}

json::Array identity(const RuntimeTrace& trace) {
  json::Array out;
  for (const TracedIdentity& seen : trace.identity) {
    out.emplace_back(json::Object{{"call", seen.call},
                                  {"arguments", seen.arguments},
                                  {"gain", seen.gain},
                                  {"processBinary", clean_text(seen.program)}});
  }
  return out;
}

json::Array findings(const RuntimeTrace& trace) {
  json::Array out;
  for (const Finding& finding : trace.findings) {
    json::Object one{{"rule", finding.rule},
                     {"severity", to_string(finding.severity)},
                     {"message", clean_text(finding.message)},
                     {"fingerprint", finding.fingerprint},
                     {"status", to_string(finding.status)}};
    if (!finding.status_reason.empty()) one.set("statusReason", clean_text(finding.status_reason));
    out.emplace_back(std::move(one));
  }
  return out;
}

// What could not be measured is left out: a reader must not take it for a measured 0.
json::Object measured(const RuntimeTrace& trace) {
  json::Object counts;
  for (const TracedCall& call : trace.calls) counts.set(call.name, number(call.count));
  json::Object out{{"events", number(trace.events)}, {"callCounts", std::move(counts)}};
  const auto set_count = [&](const char* name, const auto& duration) {
    if (duration) out.set(name, static_cast<std::int64_t>(duration->count()));
  };
  if (trace.peak_memory_bytes) out.set("peakMemoryBytes", number(*trace.peak_memory_bytes));
  if (trace.peak_pids) out.set("peakPids", number(*trace.peak_pids));
  set_count("cpuMicroseconds", trace.cpu);
  set_count("timeToReadyMs", trace.time_to_ready);
  set_count("timeToStopMs", trace.time_to_stop);
  return out;
}

json::Object losses(const RuntimeTrace& trace) {
  json::Object out;
  for (const auto& [kind, count] : trace.losses) out.set(kind, number(count));
  if (trace.files.size() > k_max_listed_files) {
    out.set("truncatedFiles", number(trace.files.size() - k_max_listed_files));
  }
  return out;
}

}  // namespace

json::Object runtime_trace_predicate(const RuntimeTrace& trace, const TestReport& tests,
                                     std::string_view tool_version) {
  json::Object init{{"ignoredStop", trace.init_ignored_stop},
                    {"handlesTerm", trace.init_handles_term},
                    {"zombies", static_cast<std::int64_t>(trace.init_zombies)}};
  if (trace.init_uid) init.set("uid", static_cast<std::int64_t>(*trace.init_uid));
  json::Object monitor{{"type", "https://sluice.dev/monitor/" + trace.observer},
                       {"tracePolicy", json::Object{{"mode", trace.mode}, {"version", tool_version}}}};
  if (!tests.spec_sha256.empty()) {
    monitor.set("configSource", json::Object{{"name", clean_text(tests.spec_path)},
                                             {"digest", json::Object{{"sha256", tests.spec_sha256}}}});
  }
  json::Object out{
      {"monitor", std::move(monitor)},
      {"monitoredProcess",
       json::Object{{"hostID", "https://sluice.dev/sandbox/" + trace.tier},
                    {"type", "https://sluice.dev/test/v1"},
                    {"event", "sha256:" + tests.spec_sha256 + " on " + tests.image_digest}}},
      {"monitorLog",
       json::Object{{"process", programs(trace)}, {"network", network(trace)}, {"fileAccess", files(trace)}}},
      {"metadata", json::Object{{"buildStartedOn", format_moment(trace.started)},
                                {"buildFinishedOn", format_moment(trace.finished)}}},
      {"sluice_observed", trace.observer != "none"},
      {"sluice_reason", clean_text(trace.reason)},
      {"sluice_systemCalls", system_calls(trace)},
      {"sluice_identity", identity(trace)},
      {"sluice_layer", json::Object{{"listed", trace.layer_listed},
                                    {"changed", texts(trace.layer_changed)},
                                    {"deleted", texts(trace.layer_deleted)}}},
      {"sluice_init", std::move(init)},
      {"sluice_findings", findings(trace)},
      {"sluice_losses", losses(trace)},
      {"sluice_measured", measured(trace)}};
  return out;
}

}  // namespace sluice::attest
