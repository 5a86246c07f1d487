#include "scan/discover.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include "scan/dockerfile_name.h"
#include "scan/fingerprint.h"
#include "scan/ignore.h"

namespace sluice::scan {
namespace {

constexpr std::string_view k_analyser = "discover";
constexpr int k_open_flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

std::string join(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  return std::string(folder) + "/" + std::string(name);
}

std::pair<std::string, std::string> split_last(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

tl::unexpected<Error> too_large(std::uint64_t size, std::uint64_t max_bytes) {
  return fail(ErrorKind::limit, "scan.too-large",
              "larger than " + std::to_string(max_bytes) + " bytes (" + std::to_string(size) + ")");
}

// A file named by an absolute path below the working directory is shown relative to it.
std::string display_of_file_root(const std::string& normal, const std::string& name) {
  if (!normal.starts_with('/')) return printable_path(normal.empty() ? name : normal);
  char* here = getcwd(nullptr, 0);
  const std::string prefix = here == nullptr ? std::string() : std::string(here) + "/";
  std::free(here);
  if (prefix.size() > 1 && normal.starts_with(prefix)) return printable_path(normal.substr(prefix.size()));
  return printable_path(normal);
}

class Walk {
 public:
  Walk(const DiscoverOptions& options, Discovery& out)
      : tracked_(options.tracked.begin(), options.tracked.end()),
        ask_tracked_(options.ask_tracked),
        single_(options.roots.size() == 1),
        out_(out) {}

  // `shown` is what the root is called in paths; empty = as it is named.
  Status root(const std::string& name, const std::string& shown) {
    if (name.empty()) return fail(ErrorKind::usage, "scan.root-missing", "an empty path cannot be scanned");
    struct stat info{};
    if (stat(name.c_str(), &info) != 0) {
      return fail(ErrorKind::not_found, "scan.root-missing",
                  "cannot scan " + name + ": no such file or folder");
    }
    const std::string display = shown.empty() ? shown_root(name, single_) : shown;
    if (S_ISDIR(info.st_mode)) return folder_root(name, display);
    if (S_ISREG(info.st_mode)) return file_root(name, display);
    return fail(ErrorKind::usage, "scan.root-missing",
                "cannot scan " + name + ": neither a file nor a folder");
  }

 private:
  // One folder still to be read.
  struct Folder {
    std::string below_root;
    std::string display;
    std::size_t depth = 0;
    IgnoreStack ignores;
    bool below_ignored = false;  // git ignores it; it was entered for what is tracked below
  };

  Status file_root(const std::string& name, const std::string& display) {
    // The name may be a link that the user means: resolved once, then opened beneath its real folder.
    char* real = realpath(name.c_str(), nullptr);
    if (real == nullptr) return fail_errno("scan.root-missing", "cannot scan " + name, errno);
    const auto [folder, last] = split_last(real);
    std::free(real);
    root_ = std::make_shared<const Directory>(SLUICE_TRY(Directory::open(folder)));
    struct stat info{};
    const bool link = lstat(name.c_str(), &info) == 0 && S_ISLNK(info.st_mode);
    const std::size_t before = out_.files.size();
    SLUICE_CHECK(take_file(last, display, true));
    if (out_.files.size() > before) out_.files.back().through_link = link;
    return {};
  }

  Status folder_root(const std::string& name, const std::string& display) {
    root_ = std::make_shared<const Directory>(SLUICE_TRY(Directory::open(name)));
    Folder top{"", display, 0, {}, false};
    origin_prefix_.clear();
    root_name_ = name;
    root_display_ = display;
    asked_ = false;
    load_outer_ignores(name, top.ignores);
    std::vector<Folder> todo;
    todo.push_back(std::move(top));
    while (!todo.empty()) {
      Folder folder = std::move(todo.back());
      todo.pop_back();
      SLUICE_CHECK(read_folder(folder, todo));
    }
    return {};
  }

  // Ignore files of the folders above the root, up to the repository's top. Paths are then asked about
  // relative to that top (the origin), so `origin_prefix_` is put in front.
  void load_outer_ignores(const std::string& name, IgnoreStack& ignores) {
    char* resolved = realpath(name.c_str(), nullptr);
    if (resolved == nullptr) return;
    const std::string real = resolved;
    std::free(resolved);
    std::string top = real;
    while (!path_exists(join(top == "/" ? "" : top, ".git"))) {
      if (top == "/" || top.empty()) return;
      top = split_last(top).first;
    }
    if (top == real) return;
    origin_prefix_ = real.substr(top == "/" ? 1 : top.size() + 1);
    const Result<Directory> directory = Directory::open(top);
    if (!directory) return;
    std::string folder;
    for (std::string_view rest = origin_prefix_;;) {
      load_ignores(*directory, folder, folder, printable_path(join(top, folder)), ignores);
      const std::size_t slash = rest.find('/');
      if (slash == std::string_view::npos) break;
      folder = join(folder, rest.substr(0, slash));
      rest.remove_prefix(slash + 1);
    }
  }

  // The ignore files that lie in one folder; `at` is the folder relative to the origin.
  void load_ignores(const Directory& root, const std::string& folder, const std::string& at,
                    const std::string& display, IgnoreStack& ignores) {
    if (const IgnoreFile* file = load_ignore(root, join(folder, ".git/info/exclude"), display)) {
      ignores.push_git(file, at);
    }
    if (const IgnoreFile* file = load_ignore(root, join(folder, ".gitignore"), display))
      ignores.push_git(file, at);
    if (const IgnoreFile* file = load_ignore(root, join(folder, ".sluiceignore"), display))
      ignores.push_own(file, at);
  }

  const IgnoreFile* load_ignore(const Directory& root, const std::string& path, const std::string& display) {
    const Result<Fd> fd = root.open_file(path, k_open_flags);
    if (!fd) return nullptr;  // absent, or a link: git does not follow those either
    const Result<Bytes> text = read_fd(fd->get(), path, k_max_ignore_file_bytes);
    if (!text) {
      const std::string name = join(display, split_last(path).second);
      add(name, CoverageStatus::failed, "an ignore file that cannot be used: " + text.error().message);
      return nullptr;
    }
    ignore_files_.push_back(std::make_unique<IgnoreFile>(*text));
    return ignore_files_.back()->empty() ? nullptr : ignore_files_.back().get();
  }

  Status read_folder(Folder& folder, std::vector<Folder>& todo) {
    if (folder.depth > k_max_folder_depth) {
      add(folder.display, CoverageStatus::failed,
          "folders are nested deeper than " + std::to_string(k_max_folder_depth));
      return {};
    }
    const Result<std::vector<DirectoryEntry>> entries = list(folder);
    if (!entries) {
      add(folder.display.empty() ? "." : folder.display, CoverageStatus::failed,
          "the folder cannot be read: " + entries.error().message);
      return {};
    }
    const std::string at = origin_path(folder.below_root);
    load_ignores(*root_, folder.below_root, at, folder.display, folder.ignores);
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name == ".git") continue;
      const std::string display = join(folder.display, printable_path(entry.name));
      const bool is_folder = entry.type == EntryType::directory;
      const IgnoreStack::Decision decision = folder.ignores.decide(join(at, entry.name), is_folder);
      const bool by_git = decision.by_git || folder.below_ignored;
      if ((decision.ignored && !decision.by_git) || (by_git && !is_tracked(display, is_folder))) {
        ++out_.ignored;
        continue;
      }
      const std::string below_root = join(folder.below_root, entry.name);
      if (is_folder) {
        todo.push_back({below_root, display, folder.depth + 1, folder.ignores, by_git});
      } else if (entry.type == EntryType::symlink) {
        add(display, CoverageStatus::skipped, "a symbolic link is not followed");
      } else if (entry.type == EntryType::other) {
        add(display, CoverageStatus::skipped, "not a regular file");
      } else {
        SLUICE_CHECK(take_file(below_root, display, false));
      }
    }
    return {};
  }

  [[nodiscard]] Result<std::vector<DirectoryEntry>> list(const Folder& folder) const {
    if (folder.below_root.empty()) return root_->list();
    const Directory directory = SLUICE_TRY(root_->open_directory(folder.below_root));
    return directory.list();
  }

  [[nodiscard]] std::string origin_path(const std::string& below_root) const {
    return below_root.empty() ? origin_prefix_ : join(origin_prefix_, below_root);
  }

  // The file, or something below the folder.
  bool is_tracked(const std::string& display, bool is_folder) {
    ask_tracked();
    if (!is_folder) return tracked_.contains(display);
    const auto below = tracked_.lower_bound(display + "/");
    return below != tracked_.end() && below->starts_with(display + "/");
  }

  void ask_tracked() {
    if (asked_ || !ask_tracked_) return;
    asked_ = true;
    const Result<std::vector<std::string>> paths = ask_tracked_(root_name_);
    if (!paths) {
      // Not a skip: a committed file may have been passed over, and nobody asked for that.
      add(root_display_.empty() ? "." : root_display_, CoverageStatus::failed,
          "which of the ignored files are committed is not known: " + paths.error().message);
      return;
    }
    for (const std::string& path : *paths) tracked_.insert(join(root_display_, printable_path(path)));
  }

  Status take_file(const std::string& below_root, const std::string& display, bool named_by_user) {
    if (!taken_.insert(display).second) return {};
    if (out_.files.size() >= k_max_files) {
      return fail(ErrorKind::limit, "scan.files",
                  "more than " + std::to_string(k_max_files) + " files to scan",
                  "leave folders out with a .sluiceignore file, or scan them one by one");
    }
    SourceFile file{display, root_, below_root, 0, false, nullptr, false};
    struct stat info{};
    if (fstatat(root_->fd(), below_root.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_size > 0) {
      file.size = static_cast<std::uint64_t>(info.st_size);
    }
    const FileType type = type_of_file(below_root, named_by_user, [&file] { return head_of(file); });
    file.dockerfile = type.dockerfile;
    file.language = type.language;
    out_.files.push_back(std::move(file));
    return {};
  }

  static std::string head_of(const SourceFile& file) {
    std::string head(k_binary_probe_bytes, '\0');
    const Result<Fd> fd = file.root->open_file(file.below_root, k_open_flags);
    const ssize_t n = fd ? pread(fd->get(), head.data(), head.size(), 0) : -1;
    head.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return head;  // empty if unreadable: reading it again, later, reports that
  }

  void add(const std::string& path, CoverageStatus status, std::string reason) {
    out_.coverage.push_back({path, std::string(k_analyser), status, std::move(reason)});
  }

  std::set<std::string> tracked_;
  TrackedSource ask_tracked_;
  std::string root_name_;
  std::string root_display_;
  bool asked_ = false;  // of this root
  bool single_;
  Discovery& out_;
  std::shared_ptr<const Directory> root_;
  std::string origin_prefix_;
  std::set<std::string> taken_;
  std::vector<std::unique_ptr<IgnoreFile>> ignore_files_;
};

}  // namespace

std::string shown_root(const std::string& name, bool only_root) {
  const std::string normal = normalise_path(name);
  if (!is_directory(name)) return display_of_file_root(normal, name);
  return only_root ? "" : printable_path(normal);
}

std::string printable_path(std::string_view raw) {
  std::string out;
  while (true) {
    const std::size_t good = utf8_prefix(raw);
    out += raw.substr(0, good);
    if (good == raw.size()) return out;
    std::array<char, 5> escaped{};
    (void)std::snprintf(escaped.data(), escaped.size(), "\\x%02X", static_cast<unsigned char>(raw[good]));
    out += escaped.data();
    raw.remove_prefix(good + 1);
  }
}

FileType type_of_file(std::string_view path, bool named_by_user, const std::function<std::string()>& head) {
  const DockerfileName by_name = dockerfile_by_name(path);
  if (by_name == DockerfileName::yes) return {true, nullptr};
  const syntax::Language* language = syntax::language_of_path(path);
  const bool ask = by_name == DockerfileName::ask_content || (named_by_user && language == nullptr);
  if (ask && looks_like_dockerfile(head())) return {true, nullptr};
  return {false, language};
}

Result<Discovery> discover(const DiscoverOptions& options) {
  Discovery out;
  Walk walk(options, out);
  for (std::size_t i = 0; i < options.roots.size(); ++i) {
    SLUICE_CHECK(walk.root(options.roots[i], i < options.shown_as.size() ? options.shown_as[i] : ""));
  }
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  std::sort(out.files.begin(), out.files.end(), by_path);
  std::sort(out.coverage.begin(), out.coverage.end(), by_path);
  return out;
}

Result<Bytes> read_source(const SourceFile& file, std::uint64_t max_bytes) {
  const Result<Fd> fd = file.root->open_file(file.below_root, k_open_flags);
  if (!fd) return fail(with_context(fd.error(), "reading " + file.path));
  struct stat info{};
  if (fstat(fd->get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(ErrorKind::io, "scan.changed", "no regular file any more");
  }
  if (static_cast<std::uint64_t>(info.st_size) > max_bytes) {
    return too_large(static_cast<std::uint64_t>(info.st_size), max_bytes);
  }
  Bytes bytes = SLUICE_TRY(read_fd(fd->get(), file.path, max_bytes));
  SLUICE_CHECK(check_source(bytes, max_bytes));
  return bytes;
}

Result<std::optional<Bytes>> read_dockerignore(const SourceFile& file) {
  const std::string folder = file.below_root.substr(0, file.below_root.rfind('/') + 1);  // npos + 1 is 0
  for (const std::string& name :
       {file.below_root + ".dockerignore", folder + ".dockerignore", std::string(".dockerignore")}) {
    const Result<Fd> fd = file.root->open_file(name, k_open_flags);
    if (fd) return SLUICE_TRY(read_fd(fd->get(), name, k_max_ignore_file_bytes));
    if (fd.error().kind != ErrorKind::not_found) return fail(fd.error());
  }
  return std::nullopt;
}

Status check_source(std::string_view bytes, std::uint64_t max_bytes) {
  if (bytes.size() > max_bytes) return too_large(bytes.size(), max_bytes);
  if (bytes.substr(0, k_binary_probe_bytes).find('\0') != std::string_view::npos) {
    return fail(ErrorKind::invalid, "scan.binary", "binary (a NUL byte near its start)");
  }
  return {};
}

}  // namespace sluice::scan
