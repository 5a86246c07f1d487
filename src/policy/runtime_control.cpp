// What the image did while it was tested: counts of the listed findings by severity. A run that nobody
// watched, or that was watched with holes, has not shown to be clean.
#include "policy/controls.h"
#include "policy/select.h"
#include "sluice/predicates.h"

namespace sluice::policy {
namespace {

constexpr std::string_view k_watch =
    "give the test file `observe`, and run the tests where they can be watched";

std::string text_of(std::int64_t count, std::string_view severity) {
  return std::to_string(count) + " " + std::string(severity) + " finding" + (count == 1 ? "" : "s");
}

// True if anything was lost; a member that is no number counts as a loss.
bool has_losses(const json::Value& trace, std::string& first) {
  const json::Value* losses = trace.find("sluice_losses");
  if (losses == nullptr || losses->as_object() == nullptr) {
    first = "nothing is said of losses";
    return true;
  }
  for (const json::Member& member : losses->as_object()->members()) {
    if (member.value.as_int() != nullptr && *member.value.as_int() == 0) continue;
    first = member.key;
    return true;
  }
  return false;
}

class Judge {
 public:
  Judge(const RuntimeControl& control, const EvidenceFact& piece, std::vector<Reason>& out)
      : control_(control), piece_(piece), out_(out) {}

  void run() {
    const json::Value* observed = piece_.predicate.find("sluice_observed");
    if (observed == nullptr || observed->as_bool() == nullptr || !*observed->as_bool()) {
      const std::string reason(piece_.predicate.string_at("sluice_reason"));
      return add("runtime", ControlStatus::unknown,
                 "the run was not observed" + (reason.empty() ? "" : ": " + reason), k_watch);
    }
    std::string loss;
    if (!control_.allow_losses && has_losses(piece_.predicate, loss))
      add("runtime.losses", ControlStatus::unknown, "the trace has holes: " + loss, k_watch);
    std::array<std::int64_t, 4> counts{};
    if (!count(counts))
      return add("runtime", ControlStatus::unknown, "the trace's findings cannot be read", k_watch);
    for (const Severity severity : {Severity::high, Severity::medium, Severity::low, Severity::info})
      judge(severity, counts.at(static_cast<std::size_t>(severity)));
  }

 private:
  void judge(Severity severity, std::int64_t count) {
    const auto& limit = control_.max.at(static_cast<std::size_t>(severity));
    if (!limit) return;
    const bool passed = count <= *limit;
    std::string message = text_of(count, to_string(severity)) + ", allowed " + std::to_string(*limit);
    if (!passed && severity == first_severity_ && !first_.empty()) message += "; the first: " + first_;
    add("runtime." + std::string(to_string(severity)), passed ? ControlStatus::pass : ControlStatus::fail,
        std::move(message), "mend the image, or name what it may do under `observe.expect` of the test file");
  }

  bool count(std::array<std::int64_t, 4>& counts) {
    const json::Value* list = piece_.predicate.find("sluice_findings");
    if (list == nullptr || list->as_array() == nullptr) return false;
    for (const json::Value& finding : *list->as_array()) {
      const auto severity = parse_severity(finding.string_at("severity"));
      if (!severity) return false;
      const std::string_view status = finding.string_at("status");
      if (status == to_string(FindingStatus::suppressed) || status == to_string(FindingStatus::waived))
        continue;
      ++counts.at(static_cast<std::size_t>(*severity));
      if (first_.empty() || *severity > first_severity_) {
        first_ = finding.string_at("rule");
        first_severity_ = *severity;
      }
    }
    return true;
  }

  void add(std::string name, ControlStatus status, std::string message, std::string_view remedy) {
    const bool good = status == ControlStatus::pass;
    out_.push_back(
        {std::move(name), status, std::move(message), good ? "" : std::string(remedy), {piece_.digest}});
  }

  const RuntimeControl& control_;
  const EvidenceFact& piece_;
  std::vector<Reason>& out_;
  std::string first_;
  Severity first_severity_ = Severity::info;
};

}  // namespace

void judge_runtime(const RuntimeControl& control, const Facts& facts, std::vector<Reason>& out) {
  const Selection traces = select(facts, predicate::k_runtime_trace, control.source);
  if (traces.counted.empty()) {
    out.push_back(
        {"runtime", ControlStatus::unknown, traces.why_none("runtime-trace"), std::string(k_watch), {}});
  }
  for (const EvidenceFact* piece : traces.counted) Judge(control, *piece, out).run();
}

}  // namespace sluice::policy
