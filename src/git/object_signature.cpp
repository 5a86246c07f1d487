#include "git/object_signature.h"

#include <array>

#include "git/by_program.h"
#include "git/handles.h"
#include "git/open.h"

namespace sluice::git {
namespace {

struct Armour {
  std::string_view first_line;
  std::string_view kind;
};
constexpr std::array<Armour, 4> k_armours{{{"-----BEGIN SSH SIGNATURE-----", "ssh"},
                                           {"-----BEGIN PGP SIGNATURE-----", "openpgp"},
                                           {"-----BEGIN PGP MESSAGE-----", "openpgp"},
                                           {"-----BEGIN SIGNED MESSAGE-----", "x509"}}};

[[nodiscard]] tl::unexpected<Error> bad_revision(const std::string& revision) {
  return fail(ErrorKind::not_found, "git.revision",
              "\"" + revision + "\" names no commit and no annotated tag of the repository");
}

[[nodiscard]] Status read_commit(git_repository* repository, git_object* object, ObjectSignature& out) {
  out.type = "commit";
  out.time = git_commit_time(reinterpret_cast<git_commit*>(object));
  git_oid id = *git_object_id(object);
  git_buf signature = GIT_BUF_INIT;
  git_buf payload = GIT_BUF_INIT;
  const int code = git_commit_extract_signature(&signature, &payload, repository, &id, nullptr);
  if (code == 0) {
    out.signature.assign(signature.ptr, signature.size);
    out.payload.assign(payload.ptr, payload.size);
    out.kind = signature_kind(out.signature);
  }
  git_buf_dispose(&signature);
  git_buf_dispose(&payload);
  if (code != 0 && code != GIT_ENOTFOUND) return fail_git("reading the signature of a commit");
  return {};
}

// A tag's signature is the end of its message.
[[nodiscard]] Status read_tag(git_repository* repository, git_object* object, ObjectSignature& out) {
  out.type = "tag";
  auto* tag = reinterpret_cast<git_tag*>(object);
  out.name = std::string("refs/tags/") + git_tag_name(tag);
  out.target = hex(*git_tag_target_id(tag));
  if (const git_signature* tagger = git_tag_tagger(tag)) out.time = tagger->when.time;
  git_odb* raw_odb = nullptr;
  if (git_repository_odb(&raw_odb, repository) != 0) return fail_git("reading a tag");
  const Odb odb(raw_odb);
  git_odb_object* raw = nullptr;
  if (git_odb_read(&raw, odb.get(), git_object_id(object)) != 0) return fail_git("reading a tag");
  const std::unique_ptr<git_odb_object, Freed<git_odb_object_free>> data(raw);
  if (git_odb_object_size(data.get()) > k_max_signed_object)
    return fail(ErrorKind::limit, "git.object-size", "the tag " + out.name + " is too large");
  const std::string_view text(static_cast<const char*>(git_odb_object_data(data.get())),
                              git_odb_object_size(data.get()));
  const std::size_t at = signature_start(text);
  if (at == std::string_view::npos) return {};
  out.payload = text.substr(0, at);
  out.signature = text.substr(at);
  out.kind = signature_kind(out.signature);
  return {};
}

[[nodiscard]] Result<ObjectSignature> read_one(git_repository* repository, const std::string& revision) {
  git_object* raw = nullptr;
  if (git_revparse_single(&raw, repository, revision.c_str()) != 0) return bad_revision(revision);
  const Object object(raw);
  ObjectSignature out;
  out.object = hex(*git_object_id(object.get()));
  switch (git_object_type(object.get())) {
    case GIT_OBJECT_COMMIT:
      SLUICE_CHECK(read_commit(repository, object.get(), out));
      return out;
    case GIT_OBJECT_TAG:
      SLUICE_CHECK(read_tag(repository, object.get(), out));
      return out;
    default:
      return bad_revision(revision);
  }
}

}  // namespace

std::size_t signature_start(std::string_view tag) {
  std::size_t at = std::string_view::npos;
  for (const Armour& armour : k_armours) {
    const auto found = tag.rfind("\n" + std::string(armour.first_line));
    if (found != std::string_view::npos && (at == std::string_view::npos || found + 1 > at)) at = found + 1;
  }
  return at;
}

std::string signature_kind(std::string_view armoured) {
  for (const Armour& armour : k_armours) {
    if (armoured.starts_with(armour.first_line)) return std::string(armour.kind);
  }
  return "unknown";
}

Result<ObjectSignature> read_object_signature(const std::string& path, const std::string& revision) {
  return std::move(SLUICE_TRY(read_object_signatures(path, {revision})).front());
}

Result<std::vector<ObjectSignature>> read_object_signatures(const std::string& path,
                                                            const std::vector<std::string>& revisions) {
  const Library library;
  auto opened = open_repository(path);
  if (needs_program(opened)) return by_program::read_object_signatures(path, revisions);
  const Repository repository = SLUICE_TRY(std::move(opened));
  std::vector<ObjectSignature> out;
  for (const std::string& revision : revisions)
    out.push_back(SLUICE_TRY(read_one(repository.get(), revision)));
  return out;
}

}  // namespace sluice::git
