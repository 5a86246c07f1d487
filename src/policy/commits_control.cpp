// The signatures of commits and tags. They were judged in the job, by the signers that the job was given;
// what is asked here is whether that judgement is there and what it says. Not judged is unknown; unsigned is
// not.
#include <algorithm>

#include "policy/controls.h"
#include "policy/select.h"
#include "sluice/predicates.h"
#include "sluice/source_record.h"

namespace sluice::policy {
namespace {

constexpr std::string_view k_remedy =
    "name the signers under `source` in sluice.yaml, and sign what is missing";

const json::Value* source_of(const json::Value& predicate) {
  const json::Value* definition = predicate.find("buildDefinition");
  const json::Value* internal = definition != nullptr ? definition->find("internalParameters") : nullptr;
  return internal != nullptr ? internal->find("source") : nullptr;
}

class Judge {
 public:
  Judge(const CommitsControl& control, const EvidenceFact& piece, std::vector<Reason>& out)
      : control_(control), piece_(piece), out_(out) {}

  void run() {
    const json::Value* source = source_of(piece_.predicate);
    if (source == nullptr) return add("commits", ControlStatus::unknown, "the provenance tells no source");
    head(*source);
    if (control_.tag) tags(*source);
    if (control_.whole_range || control_.max) range(*source);
  }

 private:
  void add(std::string name, ControlStatus status, std::string message) {
    const bool good = status == ControlStatus::pass;
    out_.push_back(
        {std::move(name), status, std::move(message), good ? "" : std::string(k_remedy), {piece_.digest}});
  }

  struct Judged {
    ControlStatus status = ControlStatus::unknown;
    std::string message;
  };
  [[nodiscard]] Judged judge(const json::Value* signature) const {
    if (signature == nullptr) return {ControlStatus::unknown, "nothing is said of a signature"};
    const std::string_view state = signature->string_at("state");
    const std::string problem(signature->string_at("problem"));
    if (state == to_string(SignatureState::unsigned_object)) return {ControlStatus::fail, "it is not signed"};
    if (state == to_string(SignatureState::refused))
      return {ControlStatus::fail, "its signature is refused: " + problem};
    if (state != to_string(SignatureState::verified))
      return {ControlStatus::unknown,
              "its signature was not judged" + (problem.empty() ? "" : ": " + problem)};
    const std::string signer(signature->string_at("signer"));
    const auto& wanted = control_.signers;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), signer) == wanted.end())
      return {ControlStatus::fail, "it is signed by " + signer};
    return {ControlStatus::pass, "signed by " + signer};
  }

  void head(const json::Value& source) {
    const Judged judged = judge(source.find("signature"));
    add("commits.head", judged.status, "the commit: " + judged.message);
  }

  void tags(const json::Value& source) {
    const json::Value* list = source.find("tags");
    Judged best{ControlStatus::fail, "no annotated tag is at the commit"};
    if (list != nullptr && list->as_array() != nullptr) {
      for (const json::Value& tag : *list->as_array()) {
        Judged judged = judge(tag.find("signature"));
        judged.message = std::string(tag.string_at("name")) + ": " + judged.message;
        const bool better = judged.status == ControlStatus::pass ||
                            (best.status == ControlStatus::fail && judged.status != ControlStatus::pass);
        if (best.status != ControlStatus::pass && better) best = std::move(judged);
      }
    }
    add("commits.tag", best.status, std::move(best.message));
  }

  void range(const json::Value& source) {
    const json::Value* range = source.find("range");
    const json::Value* reaches = range != nullptr ? range->find("reachesBase") : nullptr;
    const json::Value* commits = range != nullptr ? range->find("commits") : nullptr;
    const bool known = reaches != nullptr && reaches->as_bool() != nullptr && *reaches->as_bool() &&
                       commits != nullptr && commits->as_array() != nullptr;
    if (!known) {
      const std::string problem(range != nullptr ? range->string_at("problem") : "");
      return add("commits.range", ControlStatus::unknown,
                 problem.empty() ? "the last promoted commit is not known" : problem);
    }
    const auto count = static_cast<std::int64_t>(commits->as_array()->size());
    if (control_.max) {
      add("commits.max", count <= *control_.max ? ControlStatus::pass : ControlStatus::fail,
          std::to_string(count) + " commits since the last promoted one, allowed " +
              std::to_string(*control_.max));
    }
    if (control_.whole_range) each(*commits->as_array());
  }

  // The worst of them, and how many are like it.
  void each(const json::Array& commits) {
    std::size_t bad = 0;
    std::size_t open = 0;
    std::string first;
    for (const json::Value& commit : commits) {
      const Judged judged = judge(commit.find("signature"));
      if (judged.status == ControlStatus::pass) continue;
      const bool failed = judged.status == ControlStatus::fail;
      if ((failed && bad == 0) || (bad == 0 && open == 0))
        first = std::string(commit.string_at("commit").substr(0, 12)) + ": " + judged.message;
      ++(failed ? bad : open);
    }
    const ControlStatus status = bad != 0    ? ControlStatus::fail
                                 : open != 0 ? ControlStatus::unknown
                                             : ControlStatus::pass;
    std::string message = std::to_string(commits.size() - bad - open) + " of " +
                          std::to_string(commits.size()) +
                          " commits since the last promoted one are verified";
    if (!first.empty()) message += "; " + first;
    add("commits.range", status, std::move(message));
  }

  const CommitsControl& control_;
  const EvidenceFact& piece_;
  std::vector<Reason>& out_;
};

}  // namespace

void judge_commits(const CommitsControl& control, const Facts& facts, std::vector<Reason>& out) {
  const Selection pieces = select(facts, predicate::k_provenance, control.source);
  if (pieces.counted.empty()) {
    out.push_back({"commits",
                   ControlStatus::unknown,
                   pieces.why_none("provenance"),
                   "build in the pipeline with `sluice gate` or `sluice attest provenance`",
                   {}});
  }
  for (const EvidenceFact* piece : pieces.counted) Judge(control, *piece, out).run();
}

}  // namespace sluice::policy
