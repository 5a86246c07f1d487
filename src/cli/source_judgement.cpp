#include "cli/source_judgement.h"

#include "base/digest.h"
#include "base/file.h"
#include "git/history.h"
#include "git/object_signature.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_roots_bytes = 256u << 10;
constexpr std::uint64_t k_max_openpgp_bytes = 4u << 20;

class Judge {
 public:
  Judge(const attest::CommitTrust& trust, ProcessRunner& runner) : trust_(trust), runner_(runner) {}

  SourceSignature judge(const git::ObjectSignature& object) {
    SourceSignature out;
    out.kind = object.kind;
    if (object.kind.empty()) {
      out.state = SignatureState::unsigned_object;
      return out;
    }
    if (object.kind == "openpgp" && !trust_.openpgp_keys.empty() && ++openpgp_ > k_max_openpgp_checks)
      return unknown(std::move(out), "source.openpgp-limit",
                     "more than " + std::to_string(k_max_openpgp_checks) + " OpenPGP signatures to judge");
    auto signer = attest::verify_commit_signature(object.kind, object.signature, object.payload,
                                                  std::chrono::sys_seconds(std::chrono::seconds(object.time)),
                                                  trust_, runner_);
    if (signer) {
      out.state = SignatureState::verified;
      out.signer = std::move(signer->name);
      out.key = std::move(signer->fingerprint);
      return out;
    }
    // Not judged, as opposed to judged and found wanting.
    const std::string& code = signer.error().code;
    if (code == "attest.commit-kind" || code == "attest.gpg")
      return unknown(std::move(out), code, signer.error().message);
    out.state = SignatureState::refused;
    out.code = code;
    out.problem = signer.error().message;
    return out;
  }

  static SourceSignature unknown(SourceSignature out, std::string code, std::string problem) {
    out.state = SignatureState::unknown;
    out.code = std::move(code);
    out.problem = std::move(problem);
    return out;
  }

 private:
  const attest::CommitTrust& trust_;
  ProcessRunner& runner_;
  std::size_t openpgp_ = 0;
};

// The signatures of `names`, one for one; if git cannot give them, each is unknown with the reason.
std::vector<SourceSignature> judge_all(Judge& judge, const std::string& folder,
                                       const std::vector<std::string>& names) {
  std::vector<SourceSignature> out;
  const auto objects = git::read_object_signatures(folder, names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    out.push_back(objects ? judge.judge((*objects)[i])
                          : Judge::unknown({}, objects.error().code, objects.error().message));
  }
  return out;
}

// A tag object may be moved under another name; what was signed is the name that stands in it.
void judge_tags(Judge& judge, const std::string& folder, SourceRecord& record) {
  for (const std::string& name : record.tags) {
    const auto object = git::read_object_signature(folder, name);
    if (object && object->type != "tag") continue;  // lightweight
    SourceTag tag{name, object ? object->object : std::string(), {}};
    tag.signature =
        object ? judge.judge(*object) : Judge::unknown({}, object.error().code, object.error().message);
    if (object && object->name != name && tag.signature.state == SignatureState::verified) {
      tag.signature.state = SignatureState::refused;
      tag.signature.code = "source.tag-name";
      tag.signature.problem = "the tag object is of " + object->name;
    }
    record.signed_tags.push_back(std::move(tag));
  }
}

SourceRange judge_range(Judge& judge, const std::string& folder, const std::string& promoted,
                        const SourceRecord& record) {
  SourceRange out;
  out.base = promoted;
  auto range = record.commit.empty()
                   ? Result<git::Range>(fail(ErrorKind::not_found, "git.revision", "there is no commit"))
                   : git::first_parent_range(folder, promoted, record.commit);
  if (!range) {
    out.problem = range.error().message;
    return out;
  }
  out.base_commit = range->base;
  out.reaches_base = range->reaches_base;
  if (!out.reaches_base) {
    out.problem = promoted + " is not on the first-parent line of the commit";
    if (record.shallow) out.problem += ", or the checkout is shallow";
  }
  out.files_changed = range->files_changed;
  out.insertions = range->insertions;
  out.deletions = range->deletions;
  std::vector<std::string> names;
  for (const git::RangeCommit& commit : range->commits) names.push_back(commit.id);
  std::vector<SourceSignature> signatures = judge_all(judge, folder, names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const git::RangeCommit& commit = range->commits[i];
    out.commits.push_back({commit.id, commit.subject, commit.time, commit.parents,
                           commit.author != commit.committer, std::move(signatures[i])});
  }
  return out;
}

}  // namespace

Result<attest::CommitTrust> read_trust(const TrustFiles& files, std::map<std::string, std::string>* digests) {
  attest::CommitTrust out;
  Bytes roots;
  if (!files.allowed_signers.empty()) {
    const Bytes text = SLUICE_TRY(read_file(files.allowed_signers, attest::k_max_allowed_signers_bytes));
    out.ssh = SLUICE_TRY(attest::parse_allowed_signers(text, files.allowed_signers));
    if (digests != nullptr) (*digests)["allowed_signers"] = sha256(text).hex();
  }
  for (const std::string& path : files.x509_roots) {
    const Bytes pem = SLUICE_TRY(read_file(path, k_max_roots_bytes));
    for (attest::Certificate& root : SLUICE_TRY(attest::Certificate::list_from_pem(pem)))
      out.x509_roots.push_back(std::move(root));
    roots += pem;
  }
  if (digests != nullptr && !files.x509_roots.empty()) (*digests)["x509_roots"] = sha256(roots).hex();
  if (!files.openpgp_keys.empty()) {
    out.openpgp_keys = SLUICE_TRY(read_file(files.openpgp_keys, k_max_openpgp_bytes));
    if (digests != nullptr) (*digests)["openpgp_keys"] = sha256(out.openpgp_keys).hex();
  }
  return out;
}

Status judge_source(const Config& config, const std::string& folder, const std::string& promoted,
                    SourceRecord& record, ProcessRunner& runner) {
  const SourceConfig source = config.source.value_or(SourceConfig{});
  const std::string base = promoted.empty() ? source.promoted : promoted;
  if (!config.source && base.empty()) return {};
  TrustFiles files;
  if (!source.allowed_signers.empty()) files.allowed_signers = config.resolve(source.allowed_signers);
  for (const std::string& path : source.x509_roots) files.x509_roots.push_back(config.resolve(path));
  if (!source.openpgp_keys.empty()) files.openpgp_keys = config.resolve(source.openpgp_keys);
  const attest::CommitTrust trust = SLUICE_TRY(read_trust(files, &record.signer_files));

  Judge judge(trust, runner);
  if (!record.commit.empty()) {
    record.signature = judge_all(judge, folder, {record.commit}).front();
    judge_tags(judge, folder, record);
  }
  if (!base.empty()) record.range = judge_range(judge, folder, base, record);
  return {};
}

}  // namespace sluice::cli
