// Which manifests refer to a subject, on registries with and without the referrers API.
//
// Without it the list is an image index under the tag "sha256-<hex>", which every writer reads, extends and
// writes back: two writers at once, and one is lost (sigstore/cosign#2432). Registries have no
// compare-and-swap, and checking after writing is not enough: a slower writer may overwrite the list after
// the check. Hence a journal: before touching the list each writer gives its manifest a tag of its own,
// "sha256-<hex>.r-<start of its digest>". After every write the writer reads the list and then the journal,
// and writes again as long as the list lacks something. The last one to write has thereby seen everybody
// whose write it may have overwritten, since they all journaled before they wrote. The tags also keep
// registries from collecting evidence that only a lost list named.
#include <algorithm>
#include <map>

#include "remote/registry.h"
#include "remote/session.h"

namespace sluice::remote {
namespace {

constexpr std::size_t k_journal_hex = 24;  // of the digest; the tag must stay below 128 characters
constexpr int k_max_pages = 100;
// Where tags cannot be listed there is no journal, and only time tells whether another writer was slower.
constexpr int k_looks_without_journal = 4;

std::string journal_prefix(const Digest& subject) {
  return fallback_tag(subject) + ".r-";
}

std::string journal_tag(const Digest& subject, const Digest& referrer) {
  return journal_prefix(subject) + referrer.hex().substr(0, k_journal_hex);
}

using ByDigest = std::map<Digest, Descriptor>;

void add(ByDigest& out, const std::vector<Descriptor>& more) {
  for (const Descriptor& descriptor : more) out.emplace(descriptor.digest, descriptor);
}

std::vector<Descriptor> values(const ByDigest& all) {
  std::vector<Descriptor> out;
  for (const auto& [digest, descriptor] : all) out.push_back(descriptor);
  return out;
}

}  // namespace

std::string fallback_tag(const Digest& subject) {
  return "sha256-" + subject.hex();
}

// Nothing if the registry has no such API.
Result<std::optional<std::vector<Descriptor>>> Registry::ask_referrers(const Digest& subject) {
  if (!options_.referrers_api) return std::optional<std::vector<Descriptor>>();
  std::vector<Descriptor> out;
  std::string url = path("referrers/" + subject.oci());
  for (int page = 0; page < k_max_pages; ++page) {
    const HttpResponse answer =
        SLUICE_TRY(get(url, k_max_index_bytes, "application/vnd.oci.image.index.v1+json"));
    // Registries without the API answer 404; some route the path elsewhere and answer 400 or 405.
    const bool none = answer.status == 404 || answer.status == 400 || answer.status == 405;
    if (page == 0 && none) return std::optional<std::vector<Descriptor>>();
    if (answer.status != 200) return unexpected_answer(answer, "listing the referrers of " + subject.oci());
    for (Descriptor& descriptor : SLUICE_TRY(parse_index(answer.body))) out.push_back(std::move(descriptor));
    if (out.size() > k_max_index_entries)
      return fail(ErrorKind::limit, "remote.index", subject.oci() + " has too many referrers");
    const std::string next = next_link(answer.header("link"));
    if (next.empty()) return std::optional(std::move(out));
    const Url here = SLUICE_TRY(resolve_url(session_->base(), url));
    url = SLUICE_TRY(resolve_url(here, next)).text();
  }
  return fail(ErrorKind::limit, "remote.index", "the list of referrers has no end");
}

Result<std::vector<Descriptor>> Registry::read_fallback(const Digest& subject) {
  const auto found = SLUICE_TRY(find_manifest(fallback_tag(subject)));
  if (!found) return std::vector<Descriptor>{};
  return parse_index(found->bytes);
}

// The journal's manifests that `known` lacks. Code remote.tags, remote.denied, …: it cannot be read.
Result<std::vector<Descriptor>> Registry::read_journal(const Digest& subject,
                                                       const std::vector<Descriptor>& known) {
  std::set<std::string> have;
  for (const Descriptor& descriptor : known) have.insert(journal_tag(subject, descriptor.digest));
  std::vector<Descriptor> out;
  const std::string prefix = journal_prefix(subject);
  for (const std::string& tag : SLUICE_TRY(tags())) {
    if (!tag.starts_with(prefix) || have.contains(tag)) continue;
    const auto found = SLUICE_TRY(find_manifest(tag));
    if (!found) continue;  // deleted between the two requests
    const ManifestParts parts = SLUICE_TRY(parse_manifest(found->bytes));
    // A tag is anybody's to set: what is under it must be a referrer of this subject.
    if (!parts.subject || parts.subject->digest != subject) continue;
    out.push_back(
        {found->media_type, found->digest, found->bytes.size(), parts.artifact_type, parts.annotations});
  }
  return out;
}

Result<std::vector<Descriptor>> Registry::referrers(const Digest& subject) {
  ByDigest all;
  const auto asked = SLUICE_TRY(ask_referrers(subject));
  if (asked) add(all, *asked);
  // The fall-back is read also beside the API: what was pushed before the registry learnt it stands there.
  const std::vector<Descriptor> listed = SLUICE_TRY(read_fallback(subject));
  add(all, listed);
  if (!asked) {
    const auto journal = read_journal(subject, values(all));
    if (journal) {
      add(all, *journal);
    } else {
      const std::string& code = journal.error().code;
      // The list under the tag is all that the specification asks for. Where there is none either, nothing
      // was listed at all, and that is no empty list: only a registry without such a repository says
      // "nothing".
      const bool refused = code == "remote.denied" || code == "remote.status";
      const bool nothing_there = code == "remote.not-found";
      if (!nothing_there && !(refused && !listed.empty())) return tl::unexpected(journal.error());
    }
  }
  return values(all);
}

Status Registry::find_gone(const std::vector<Descriptor>& listed, std::set<Digest>& gone) {
  for (const Descriptor& descriptor : listed) {
    if (!SLUICE_TRY(find_manifest(descriptor.digest.oci()))) gone.insert(descriptor.digest);
  }
  return {};
}

Status Registry::list_referrer(const Digest& subject, const Descriptor& referrer, BytesView manifest) {
  // A registry that has the API but did not say so in its answer to the push.
  const auto asked = SLUICE_TRY(ask_referrers(subject));
  if (asked && std::any_of(asked->begin(), asked->end(),
                           [&](const Descriptor& known) { return known.digest == referrer.digest; }))
    return {};

  SLUICE_TRY(put(manifest, referrer.media_type, journal_tag(subject, referrer.digest), referrer.digest));
  ByDigest seen{{referrer.digest, referrer}};
  std::set<Digest> gone;
  int good = 0;
  for (int merge = 0; merge < k_max_merges; ++merge) {
    ByDigest current;
    add(current, SLUICE_TRY(read_fallback(subject)));
    add(seen, values(current));
    const auto journal = read_journal(subject, values(seen));
    if (journal) add(seen, *journal);
    for (const Digest& digest : gone) {
      seen.erase(digest);
      current.erase(digest);
    }
    if (seen.size() > k_max_index_entries)
      return fail(ErrorKind::limit, "remote.index", subject.oci() + " has too many referrers");
    if (current.size() == seen.size()) {  // `seen` holds all of `current`
      ++good;
      if (journal || good >= k_looks_without_journal) return {};
      session_->pause(2);
      continue;
    }
    good = 0;
    if (merge > 1) session_->pause(merge - 2);
    const std::string index = write_index(values(seen));
    const auto written = put(index, std::string(k_index_type), fallback_tag(subject), sha256(index));
    if (written) continue;
    // Registries refuse a list that names a manifest which was deleted meanwhile.
    const bool refused =
        written.error().code == "remote.status" || written.error().code == "remote.not-found";
    const std::size_t before = gone.size();
    if (refused) SLUICE_CHECK(find_gone(values(seen), gone));
    if (gone.size() == before) return tl::unexpected(written.error());
  }
  return fail(ErrorKind::tool, "remote.busy",
              "the list of referrers of " + subject.oci() + " kept changing; the evidence itself is pushed",
              "push again; nothing is pushed twice");
}

}  // namespace sluice::remote
