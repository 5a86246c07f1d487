#include "attest/predicates.h"
#include "attest/secret_filter.h"
#include "base/digest.h"

namespace sluice::attest {
namespace {

json::Array texts(const std::vector<std::string>& list) {
  json::Array out;
  for (const std::string& text : list) out.emplace_back(clean_text(text));
  return out;
}

std::string_view reason_name(CallReason reason) {
  switch (reason) {
    case CallReason::base:
      return "base";
    case CallReason::observed:
      return "observed";
    case CallReason::runtime:
      return "runtime";
  }
  return "runtime";
}

json::Array matrix(const HardeningReport& report) {
  json::Array rows;
  for (const HardeningRow& row : report.matrix) {
    json::Object out{
        {"name", row.name}, {"holds", row.holds}, {"with", texts(row.with)}, {"fails", texts(row.fails)}};
    if (!row.note.empty()) out.set("note", clean_text(row.note));
    rows.emplace_back(std::move(out));
  }
  return rows;
}

// Leaves out what is not known: a reader must not take it for a measured 0.
void set_known(json::Object& out, std::string_view name, const std::optional<std::uint64_t>& number) {
  if (number) out.set(std::string(name), *number);
}

json::Object limits(const HardeningProfile& profile) {
  json::Object out;
  if (profile.memory_bytes != 0) out.set("memoryBytes", profile.memory_bytes);
  if (profile.pids != 0) out.set("pids", profile.pids);
  return out;
}

json::Object profile(const HardeningProfile& profile) {
  json::Object calls;
  for (const CallReason reason : {CallReason::base, CallReason::observed, CallReason::runtime}) {
    json::Array names;
    for (const HardeningCall& call : profile.calls) {
      if (call.reason == reason) names.emplace_back(call.name);
    }
    calls.set(std::string(reason_name(reason)), std::move(names));
  }
  return {{"user", clean_text(profile.user)},    {"nonRoot", profile.non_root},
          {"readOnlyRoot", profile.read_only},   {"noNewPrivileges", profile.no_new_privileges},
          {"network", profile.network},          {"capabilities", texts(profile.capabilities)},
          {"writable", texts(profile.writable)}, {"listens", texts(profile.listens)},
          {"systemCalls", std::move(calls)},     {"limits", limits(profile)}};
}

}  // namespace

json::Object hardening_predicate(const HardeningReport& report, const TestReport& tests,
                                 std::string_view tool_version) {
  json::Array controls;
  for (const HardeningControl& control : report.controls) {
    controls.emplace_back(json::Object{{"name", control.name}, {"refused", control.refused}});
  }
  json::Array engines;
  for (const HardeningEngine& engine : report.engines) {
    json::Object entry{{"name", engine.name}, {"verified", engine.verified}};
    if (!engine.verified) entry.set("reason", clean_text(engine.message));
    engines.emplace_back(std::move(entry));
  }
  json::Array artefacts;
  for (const HardeningArtefact& artefact : report.artefacts) {
    artefacts.emplace_back(json::Object{
        {"name", artefact.name}, {"digest", json::Object{{"sha256", sha256(artefact.content).hex()}}}});
  }
  json::Object out{{"verified", report.verified}};
  if (!report.verified) out.set("unverifiedReason", clean_text(report.unverified));
  out.set("engine", report.engine);
  out.set("tier", report.tier);
  out.set("matrix", matrix(report));
  out.set("profile", profile(report.profile));
  out.set("controls", std::move(controls));
  out.set("otherEngines", std::move(engines));
  out.set("drivers", texts(report.drivers));
  out.set("artefacts", std::move(artefacts));
  json::Array configuration;
  if (!tests.spec_sha256.empty()) {
    configuration.emplace_back(json::Object{{"name", clean_text(tests.spec_path)},
                                            {"digest", json::Object{{"sha256", tests.spec_sha256}}}});
  }
  out.set("configuration", std::move(configuration));
  // Measurements, apart from the sets: these differ from run to run.
  json::Object measured{{"runs", report.runs}};
  set_known(measured, "memoryPeakBytes", report.peaks.memory_bytes);
  set_known(measured, "pidsPeak", report.peaks.pids);
  set_known(measured, "cpuMicroseconds", report.peaks.cpu_us);
  out.set("measured", std::move(measured));
  out.set("sluiceVersion", tool_version);
  return out;
}

}  // namespace sluice::attest
