#include "cli/evidence.h"

#include "attest/bundle.h"
#include "attest/statement.h"
#include "attest/verify.h"

namespace sluice::cli {
store::SubjectRef subject_ref(const Subject& subject, std::string_view media_type, std::uint64_t size) {
  if (subject.kind == SubjectKind::tree) {
    const auto tree = subject.digest.find("gitTree");
    return {"gitTree:" + (tree == subject.digest.end() ? std::string() : tree->second), "", 0};
  }
  const auto digest = subject.digest.find("sha256");
  return {"sha256:" + (digest == subject.digest.end() ? std::string() : digest->second),
          std::string(media_type), size};
}

Result<Digest> sign_and_store(store::EvidenceStore& store, const attest::SigningOptions& signing,
                              const Subject& subject, const store::SubjectRef& ref,
                              std::string_view predicate_type, json::Object predicate,
                              std::chrono::sys_seconds now) {
  const Bytes statement = SLUICE_TRY(attest::make_statement({subject}, predicate_type, std::move(predicate)));
  const Bytes bundle = SLUICE_TRY(attest::sign_statement(statement, signing));
  return store.put(bundle, ref, std::string(predicate_type), now);
}

Result<Facts> read_facts(const store::EvidenceStore& store, const attest::Keyring& keyring, const Config&,
                         std::vector<Subject> subjects, std::chrono::sys_seconds now) {
  Facts facts;
  facts.now = now;
  for (const Subject& subject : subjects) {
    const store::EvidenceStore::Listing listing = SLUICE_TRY(store.list(subject_ref(subject).key));
    for (const std::string& line : listing.unreadable) facts.unreadable.push_back(line);
    for (const store::Entry& entry : listing.entries) {
      const auto bundle = store.get(entry);
      auto fact = bundle ? attest::examine_evidence(*bundle, keyring, now)
                         : Result<EvidenceFact>(tl::unexpected(bundle.error()));
      if (!fact) {
        facts.unreadable.push_back(entry.bundle.oci() + ": " + fact.error().message);
        continue;
      }
      facts.evidence.push_back(std::move(*fact));
    }
  }
  facts.subjects = std::move(subjects);
  return facts;
}

}  // namespace sluice::cli
