#include "git/tree_hash.h"

#include <array>
#include <vector>

namespace sluice::git {
namespace {

// A tree object is "<octal mode> <name>\0<20 bytes>" for each entry, sorted as if the names of folders ended
// in "/".
class TreeHasher {
 public:
  explicit TreeHasher(const TreeFiles& files) : next_(files.begin()), end_(files.end()) {}

  // The files from `next_` on that lie below `prefix` ("" or "a/b/").
  Result<git_oid> folder(const std::string& prefix) {
    std::map<std::string, std::string> entries;
    while (next_ != end_ && next_->first.starts_with(prefix)) {
      const std::string_view rest = std::string_view(next_->first).substr(prefix.size());
      const std::size_t slash = rest.find('/');
      const std::string name(rest.substr(0, slash));
      if (slash == std::string_view::npos) {
        add(entries, name, name, next_->second.mode, next_->second.id);
        ++next_;
      } else {
        const git_oid id = SLUICE_TRY(folder(prefix + name + "/"));
        add(entries, name + "/", name, GIT_FILEMODE_TREE, id);
      }
    }
    std::string object;
    for (const auto& [key, entry] : entries) object += entry;
    git_oid id;
    if (git_odb_hash(&id, object.data(), object.size(), GIT_OBJECT_TREE) != 0)
      return fail_git("hashing a tree");
    return id;
  }

 private:
  static void add(std::map<std::string, std::string>& entries, const std::string& key,
                  const std::string& name, std::uint32_t mode, const git_oid& id) {
    std::string octal;
    for (; mode != 0; mode >>= 3) octal.insert(octal.begin(), static_cast<char>('0' + (mode & 7u)));
    std::string entry = octal + " " + name;
    entry += '\0';
    entry.append(reinterpret_cast<const char*>(&id.id[0]), GIT_OID_RAWSZ);
    entries[key] = std::move(entry);
  }

  TreeFiles::const_iterator next_;
  TreeFiles::const_iterator end_;
};

}  // namespace

Result<std::string> tree_id(const TreeFiles& files) {
  const git_oid id = SLUICE_TRY(TreeHasher(files).folder(""));
  return hex(id);
}

}  // namespace sluice::git
