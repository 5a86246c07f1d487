#include "policy/select.h"

#include <algorithm>

#include "policy/evaluate.h"

namespace sluice::policy {
namespace {

std::string short_digest(const std::string& digest) {
  return digest.substr(0, 19);
}

std::string hours(std::chrono::seconds span) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(span).count();
  return minutes < 120 ? std::to_string(minutes) + " min" : std::to_string(minutes / 60) + " h";
}

const Subject* find_subject(const Facts& facts, About about) {
  for (const Subject& subject : facts.subjects) {
    if (about == About::promoted || subject.kind == SubjectKind::tree) return &subject;
  }
  return nullptr;
}

// Empty if the piece counts.
std::string reject_reason(const EvidenceFact& piece, const Facts& facts, const Source& source, About about) {
  const Subject* wanted = find_subject(facts, about);
  if (wanted == nullptr) return "there is no source tree at hand that it could be about";
  if (!std::any_of(piece.subjects.begin(), piece.subjects.end(),
                   [&](const Subject& subject) { return same_subject(subject, *wanted); })) {
    return "it is about another subject";
  }
  if (!piece.signature.verified) {
    return piece.signature.problem.empty() ? "it is not signed by a known key" : piece.signature.problem;
  }
  const std::vector<std::string>& roles = piece.signature.roles;
  if (std::find(roles.begin(), roles.end(), source.signed_by) == roles.end()) {
    return "key \"" + piece.signature.key_name + "\" has not the role " + source.signed_by;
  }
  if (piece.time > facts.now + k_clock_skew) return "it is dated in the future";
  if (!source.max_age) return {};
  if (piece.time == std::chrono::sys_seconds{}) return "it does not say when it was made, and max_age is set";
  const std::chrono::seconds age = facts.now - piece.time;
  if (age > *source.max_age) {
    return "it is " + hours(age) + " old, the limit is " +
           hours(std::chrono::duration_cast<std::chrono::seconds>(*source.max_age));
  }
  return {};
}

}  // namespace

bool same_subject(const Subject& a, const Subject& b) {
  bool common = false;
  for (const auto& [algorithm, value] : a.digest) {
    const auto other = b.digest.find(algorithm);
    if (other == b.digest.end()) continue;
    if (other->second != value) return false;
    common = true;
  }
  return common;
}

std::string Selection::why_none(std::string_view what) const {
  if (rejected.empty()) return "no " + std::string(what) + " evidence was found";
  std::string out = std::string(what) + " evidence does not count: ";
  for (std::size_t i = 0; i < rejected.size(); ++i) out += (i == 0 ? "" : "; ") + rejected[i];
  return out;
}

Selection select(const Facts& facts, std::string_view predicate_type, const Source& source, About about) {
  Selection out;
  for (const EvidenceFact& piece : facts.evidence) {
    if (piece.predicate_type != predicate_type) continue;
    const std::string reason = reject_reason(piece, facts, source, about);
    if (reason.empty()) {
      out.counted.push_back(&piece);
    } else {
      out.rejected.push_back(short_digest(piece.digest) + ": " + reason);
    }
  }
  std::stable_sort(out.counted.begin(), out.counted.end(),
                   [](const EvidenceFact* a, const EvidenceFact* b) { return a->time > b->time; });
  // Only the newest counts: an older clean result must not hide a newer bad one. Equal times all count.
  if (!out.counted.empty()) {
    const auto newest = out.counted.front()->time;
    std::erase_if(out.counted, [&](const EvidenceFact* piece) { return piece->time != newest; });
  }
  return out;
}

}  // namespace sluice::policy
