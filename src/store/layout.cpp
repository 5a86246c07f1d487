#include "store/layout.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace sluice::store {
namespace {

constexpr std::string_view k_layout_file = R"({"imageLayoutVersion":"1.0.0"})";

std::string blob_name(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

// Held while the index is read, changed and replaced. The lock file itself never goes away: removing it would
// let two writers hold locks on two different files of one name.
Result<Fd> lock(const std::string& path) {
  Fd fd(::open((path + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd.valid()) return fail_errno("store.lock", "cannot open " + path + "/.lock", errno);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return fail_errno("store.lock", "cannot lock " + path, errno);
  }
  return fd;
}

}  // namespace

Status Layout::create() const {
  SLUICE_CHECK(make_directories(path_ + "/blobs/sha256"));
  const Fd held = SLUICE_TRY(lock(path_));
  if (!path_exists(path_ + "/oci-layout"))
    SLUICE_CHECK(write_file_atomic(path_ + "/oci-layout", k_layout_file));
  if (!path_exists(path_ + "/index.json")) {
    const json::Object index{
        {"schemaVersion", 2}, {"mediaType", k_index_media_type}, {"manifests", json::Array{}}};
    SLUICE_CHECK(write_file_atomic(path_ + "/index.json", json::write(index)));
  }
  return {};
}

Status Layout::check() const {
  if (!is_directory(path_)) {
    return fail(ErrorKind::not_found, "store.not-found", "there is no evidence store at " + path_,
                "`sluice gate` makes one; `evidence` in sluice.yaml names the folder");
  }
  // A link could have evidence read from, and written to, a place that its owner can change behind our back.
  for (const char* name : {"/oci-layout", "/index.json", "/blobs", "/blobs/sha256"}) {
    struct stat info{};
    if (::lstat((path_ + name).c_str(), &info) == 0 && S_ISLNK(info.st_mode)) {
      return fail(ErrorKind::invalid, "store.link", path_ + name + " is a symbolic link",
                  "an evidence store holds its files itself; move it instead of linking into it");
    }
  }
  const auto text = read_file(path_ + "/oci-layout", 4096);
  const auto value =
      text ? json::parse(*text, path_ + "/oci-layout") : Result<json::Value>(tl::unexpected(text.error()));
  if (!value || value->string_at("imageLayoutVersion") != "1.0.0") {
    return fail(ErrorKind::invalid, "store.format", path_ + " is no OCI image layout of version 1.0.0",
                "name the folder that holds oci-layout and index.json");
  }
  return {};
}

Result<Digest> Layout::write_blob(BytesView bytes) const {
  const Digest digest = sha256(bytes);
  if (const auto there = read_blob(digest, bytes.size()); there) return digest;
  const std::string path = path_ + "/" + blob_name(digest);
  // Complete under a name of its own, then renamed: a reader sees a whole blob or none. Not synced: the sync
  // of index.json that follows costs tens of milliseconds already, and a blob that a power cut took is missed
  // by its digest, so that the evidence counts as unreadable, never as another.
  std::string unfinished = path + ".XXXXXX";
  const Fd fd(::mkostemp(unfinished.data(), O_CLOEXEC));
  if (!fd.valid()) return fail_errno("store.write", "cannot create a file in " + path_, errno);
  const auto finish = [&]() -> Status {
    SLUICE_CHECK(write_all(fd.get(), bytes));
    if (::fchmod(fd.get(), 0644) != 0)
      return fail_errno("store.write", "cannot set the mode of " + path, errno);
    if (::rename(unfinished.c_str(), path.c_str()) != 0)
      return fail_errno("store.write", "cannot rename to " + path, errno);
    return {};
  };
  if (auto status = finish(); !status) {
    ::unlink(unfinished.c_str());
    return fail(std::move(status).error());
  }
  return digest;
}

Status Layout::receive_blob(const Digest& digest, std::uint64_t size,
                            const std::function<Status(const Fd& out)>& fill) const {
  const std::string path = path_ + "/" + blob_name(digest);
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
      static_cast<std::uint64_t>(info.st_size) == size) {
    return {};
  }
  std::string unfinished = path + ".XXXXXX";
  const Fd fd(::mkostemp(unfinished.data(), O_CLOEXEC));
  if (!fd.valid()) return fail_errno("store.write", "cannot create a file in " + path_, errno);
  const auto finish = [&]() -> Status {
    SLUICE_CHECK(fill(fd));
    if (::fchmod(fd.get(), 0644) != 0 || ::rename(unfinished.c_str(), path.c_str()) != 0)
      return fail_errno("store.write", "cannot complete " + path, errno);
    return {};
  };
  Status status = finish();
  if (!status) ::unlink(unfinished.c_str());
  return status;
}

Result<Bytes> Layout::read_blob(const Digest& digest, std::size_t max_bytes) const {
  const Directory folder = SLUICE_TRY(Directory::open(path_));
  // A link could lead to a file that changes between two readings, or is none of ours.
  const auto fd = folder.open_file(blob_name(digest), O_RDONLY | O_NOFOLLOW);
  if (!fd) {
    return fail(ErrorKind::invalid, "store.missing",
                "the evidence " + digest.oci() + " is not in the store " + path_);
  }
  auto bytes = read_fd(fd->get(), digest.oci(), max_bytes);
  if (!bytes && bytes.error().code == "file.too-large") {
    return fail(ErrorKind::limit, "store.too-large",
                digest.oci() + " is larger than " + std::to_string(max_bytes) + " bytes");
  }
  if (bytes && sha256(*bytes) != digest) {
    return fail(ErrorKind::invalid, "store.digest", "the bytes of " + digest.oci() + " have another digest",
                "the file was changed or cut; it proves nothing any more");
  }
  return bytes;
}

Result<json::Value> Layout::read_index() const {
  const Directory folder = SLUICE_TRY(Directory::open(path_));
  const Fd fd = SLUICE_TRY(folder.open_file("index.json", O_RDONLY | O_NOFOLLOW));
  const Bytes text = SLUICE_TRY(read_fd(fd.get(), path_ + "/index.json", k_max_index_bytes));
  json::Value index = SLUICE_TRY(json::parse(text, path_ + "/index.json"));
  const json::Value* manifests = index.find("manifests");
  if (manifests == nullptr || manifests->as_array() == nullptr) {
    return fail(ErrorKind::invalid, "store.index", path_ + "/index.json has no list of manifests");
  }
  return index;
}

Status Layout::update_index(const std::function<Result<bool>(json::Value& index)>& change) const {
  const Fd held = SLUICE_TRY(lock(path_));
  json::Value index = SLUICE_TRY(read_index());
  if (!SLUICE_TRY(change(index))) return {};
  return write_file_atomic(path_ + "/index.json", json::write(index));
}

}  // namespace sluice::store
