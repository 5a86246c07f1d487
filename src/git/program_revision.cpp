#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>

#include "git/by_program.h"
#include "git/program.h"
#include "git/program_objects.h"

namespace sluice::git::by_program {
namespace {

struct Free {
  void operator()(char* text) const { std::free(text); }
};
std::optional<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
  if (!real) return std::nullopt;
  return std::string(real.get());
}

// The id that a revision comes to; nothing if it names none. Never an option of git's.
Result<std::optional<std::string>> resolve(const Program& git, const std::string& revision) {
  if (revision.empty() || revision.find('\0') != std::string::npos) return std::optional<std::string>();
  const auto found = git.run({"rev-parse", "-q", "--verify", "--end-of-options", revision});
  if (!found) return std::optional<std::string>();
  return std::optional(std::string(found->substr(0, found->find('\n'))));
}

Result<std::string> commit_of(const Program& git, const std::string& revision) {
  const auto id = SLUICE_TRY(resolve(git, revision + "^{commit}"));
  if (id) return *id;
  return fail(ErrorKind::not_found, "git.revision", "\"" + revision + "\" names no commit of the repository",
              "a shallow checkout does not have old commits: fetch them");
}

// diff-tree --numstat -z: "<added>\t<removed>\t<path>\0", "-" for binary files.
Status count_changes(const Program& git, const std::string& base, const std::string& head, Range& out) {
  const Bytes text =
      SLUICE_TRY(git.run({"diff-tree", "-r", "--numstat", "-z", "--no-ext-diff", "--no-textconv",
                          "--no-renames", "--ignore-submodules=all", base, head}));
  for (const std::string_view line : split(text, '\0')) {
    const std::vector<std::string_view> parts = split(line, '\t');
    if (parts.size() < 3)
      return fail(ErrorKind::tool, "git.program", "git diff-tree: an answer that cannot be read");
    std::size_t added = 0;
    std::size_t removed = 0;
    std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), added);
    std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), removed);
    ++out.files_changed;
    out.insertions += added;
    out.deletions += removed;
  }
  return {};
}

Result<ObjectSignature> signature_of(ProgramObject object) {
  ObjectSignature out;
  out.object = object.id;
  out.type = object.type;
  if (object.type == "commit") {
    RawCommit commit = SLUICE_TRY(parse_raw_commit(object.data));
    out.time = commit.time;
    out.signature = std::move(commit.signature);
    out.payload = std::move(commit.payload);
  } else {
    RawTag tag = SLUICE_TRY(parse_raw_tag(object.data));
    out.name = "refs/tags/" + tag.name;
    out.target = tag.target;
    out.time = tag.time;
    out.signature = std::move(tag.signature);
    out.payload = std::move(tag.payload);
  }
  if (!out.signature.empty()) out.kind = signature_kind(out.signature);
  return out;
}

}  // namespace

Result<std::vector<std::string>> tracked_files(const std::string& folder) {
  const Program git = SLUICE_TRY(Program::open(folder));
  const std::optional<std::string> real = real_path(folder);
  if (!real) return fail_errno("git.read", "cannot resolve " + folder, errno);
  const std::string prefix = (*real + "/").substr(git.top().size());
  const Bytes listed = SLUICE_TRY(git.run({"ls-files", "--stage", "-z"}));
  std::vector<std::string> out;
  for (const std::string_view line : split(listed, '\0')) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos || line.starts_with("160000 ")) continue;
    const std::string_view path = line.substr(tab + 1);
    if (path.starts_with(prefix)) out.emplace_back(path.substr(prefix.size()));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<bool> is_revision(const std::string& folder, const std::string& revision) {
  const Program git = SLUICE_TRY(Program::open(folder));
  const auto id = SLUICE_TRY(resolve(git, revision + "^{tree}"));
  return id.has_value();
}

Result<std::map<std::string, Bytes>> files_at(const std::string& folder, const std::string& revision,
                                              const std::vector<std::string>& paths,
                                              std::uint64_t max_bytes) {
  const Program git = SLUICE_TRY(Program::open(folder));
  const auto tree = SLUICE_TRY(resolve(git, revision + "^{tree}"));
  if (!tree) {
    return fail(ErrorKind::usage, "git.revision", "no commit is named \"" + revision + "\"",
                "in a shallow clone older commits are missing; `git fetch --unshallow` gets them");
  }
  // "<mode> <type> <id> <size>\t<path>", the size padded with spaces.
  const Bytes listed = SLUICE_TRY(git.run({"ls-tree", "-r", "-l", "-z", "--full-tree", *tree}));
  std::map<std::string_view, std::string_view> ids;
  for (const std::string_view line : split(listed, '\0')) {
    const std::size_t tab = line.find('\t');
    const std::vector<std::string_view> parts = split(line.substr(0, tab), ' ');
    if (tab == std::string_view::npos || parts.size() < 4 || !parts[0].starts_with("100")) continue;
    std::uint64_t size = 0;
    const std::string_view digits = parts.back();
    const auto [stop, code] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (code == std::errc() && stop == digits.data() + digits.size() && size <= max_bytes)
      ids[line.substr(tab + 1)] = parts[2];
  }
  std::vector<std::string> wanted;
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    const std::optional<std::string> real = real_path(path);
    if (!real) continue;  // gone meanwhile
    if (!real->starts_with(git.top()))
      return fail(ErrorKind::usage, "git.outside", path + " lies outside of the repository at " + git.top());
    const auto id = ids.find(std::string_view(*real).substr(git.top().size()));
    if (id == ids.end()) continue;
    wanted.emplace_back(id->second);
    names.push_back(path);
  }
  std::map<std::string, Bytes> out;
  if (wanted.empty()) return out;
  std::vector<ProgramObject> objects = SLUICE_TRY(git.objects(wanted));
  for (std::size_t i = 0; i < names.size(); ++i) out[names[i]] = std::move(objects[i].data);
  return out;
}

Result<Range> first_parent_range(const std::string& path, const std::string& base, const std::string& head) {
  const Program git = SLUICE_TRY(Program::open(path));
  Range out;
  out.base = SLUICE_TRY(commit_of(git, base));
  const std::string top = SLUICE_TRY(commit_of(git, head));
  const Bytes line = SLUICE_TRY(git.run(
      {"rev-list", "--first-parent", "--max-count=" + std::to_string(k_max_range_commits + 1), top, "--"}));
  std::vector<std::string> ids;
  for (const std::string_view id : split(line, '\n')) {
    out.reaches_base = id == out.base;
    if (out.reaches_base) break;
    if (ids.size() == k_max_range_commits) {
      return fail(ErrorKind::limit, "git.range-limit",
                  "there are more than " + std::to_string(k_max_range_commits) + " commits since " + base);
    }
    ids.emplace_back(id);
  }
  const std::vector<ProgramObject> objects = SLUICE_TRY(git.objects(ids));
  for (const ProgramObject& object : objects) {
    const RawCommit commit = SLUICE_TRY(parse_raw_commit(object.data));
    out.commits.push_back({object.id, commit.author, commit.committer, commit.subject, commit.time,
                           commit.parents.size(), !commit.signature.empty()});
  }
  if (out.reaches_base) SLUICE_CHECK(count_changes(git, out.base, top, out));
  return out;
}

Result<std::vector<ObjectSignature>> read_object_signatures(const std::string& path,
                                                            const std::vector<std::string>& revisions) {
  const Program git = SLUICE_TRY(Program::open(path));
  std::vector<ProgramObject> objects = SLUICE_TRY(git.objects(revisions));
  std::vector<ObjectSignature> out;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (objects[i].type != "commit" && objects[i].type != "tag") {
      return fail(ErrorKind::not_found, "git.revision",
                  "\"" + revisions[i] + "\" names no commit and no annotated tag of the repository");
    }
    out.push_back(SLUICE_TRY(signature_of(std::move(objects[i]))));
  }
  return out;
}

}  // namespace sluice::git::by_program
