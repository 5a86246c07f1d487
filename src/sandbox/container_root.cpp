#include "sandbox/container_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "sandbox/copy_tree.h"
#include "sandbox/private_network.h"

namespace sluice::sandbox {
namespace {

constexpr unsigned long k_safe = MS_NOSUID | MS_NODEV;
constexpr std::uint64_t k_shm_bytes = 64u << 20;
constexpr std::uint64_t k_max_inodes = 1u << 20;  // of one tmpfs: inodes are kernel memory
constexpr int k_max_components = 64;              // of a tmpfs path

// Kernel state that no container needs to see or to write; the list is that of the usual engines.
constexpr auto k_masked = std::to_array<const char*>(
    {"proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats",
     "proc/sched_debug", "proc/scsi", "proc/timer_list", "proc/timer_stats"});
constexpr auto k_read_only =
    std::to_array<const char*>({"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"});

struct Device {
  const char* name;
  unsigned major;
  unsigned minor;
};
constexpr auto k_devices = std::to_array<Device>(
    {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}});

struct Link {
  const char* name;
  const char* target;
};
constexpr auto k_device_links = std::to_array<Link>({{"fd", "/proc/self/fd"},
                                                     {"stdin", "/proc/self/fd/0"},
                                                     {"stdout", "/proc/self/fd/1"},
                                                     {"stderr", "/proc/self/fd/2"}});

tl::unexpected<Error> refused(const std::string& step) {
  return fail_errno("sandbox.setup", step, errno);
}

std::string reason(int errno_value) {
  return std::strerror(errno_value);
}

Status mount_at(const std::string& what, const std::string& where, const char* type, unsigned long flags,
                const std::string& options) {
  if (::mount(what.c_str(), where.c_str(), type, flags, options.empty() ? nullptr : options.c_str()) != 0) {
    return refused("mounting " + std::string(type == nullptr ? "bind" : type) + " on " + where);
  }
  return {};
}

std::string tmpfs_options(std::uint64_t bytes, const char* mode) {
  std::string options = std::string("mode=") + mode + ",nr_inodes=" + std::to_string(k_max_inodes);
  if (bytes != 0) options += ",size=" + std::to_string(bytes);
  return options;
}

// Below `root` as a container would resolve it: links cannot lead out.
Fd open_in_root(int root, const std::string& path, std::uint64_t flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = resolve;
  return Fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how))));
}

// A directory of the root's top level that is one itself: engines refuse an image whose /proc is a link,
// since what is mounted there would land elsewhere.
Status top_directory(int root, const std::string& name) {
  const Fd existing =
      open_in_root(root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
  if (existing.valid()) return {};
  if (errno == ENOENT) {
    if (::mkdirat(root, name.c_str(), 0755) == 0) return {};
    return refused("making /" + name);
  }
  return fail(ErrorKind::invalid, "start.image",
              "/" + name + " of the image is not a directory: no engine can start it",
              "remove the link or file /" + name + " from the image");
}

// `path` in the root, made where it is missing. Never leaves the root.
Result<Fd> directory_in_root(int root, const std::string& path, int depth = 0) {
  Fd fd = open_in_root(root, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (fd.valid()) return fd;
  const std::size_t slash = path.find_last_of('/');
  if (errno != ENOENT || depth > k_max_components) {
    return fail(ErrorKind::invalid, "start.image", path + " cannot be used as a directory: " + reason(errno));
  }
  const Fd parent = slash == std::string::npos || slash == 0
                        ? Fd(::fcntl(root, F_DUPFD_CLOEXEC, 0))
                        : SLUICE_TRY(directory_in_root(root, path.substr(0, slash), depth + 1));
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (!name.empty() && ::mkdirat(parent.get(), name.c_str(), 0755) != 0) {
    return fail(ErrorKind::invalid, "start.image", path + " cannot be made: " + reason(errno));
  }
  Fd made = open_in_root(root, path, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  if (!made.valid())
    return fail(ErrorKind::invalid, "start.image", path + " cannot be opened: " + reason(errno));
  return made;
}

// Where the root is built, relative to the run directory.
struct Place {
  std::string root;
  bool overlay = false;
};

Status copy_image(const LaunchRequest& request, const std::string& root, Tier tier) {
  const Fd from(::open(request.lower.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Fd to(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!from.valid() || !to.valid()) return refused("opening the root");
  return copy_tree(from.get(), to.get(), tier != Tier::userns && ::geteuid() == 0);
}

Result<Place> overlay_on(const LaunchRequest& request, Tier tier, std::vector<std::string>& missing) {
  const bool fresh = request.session.empty();
  const std::string mnt = fresh ? std::string(k_mount_point) : request.session;
  if (fresh) SLUICE_CHECK(make_layer(mnt, request.lower, request.limits.disk_bytes, tier));
  Place place{mnt + "/root", false};
  if (!request.copy) {
    std::string options =
        "lowerdir=" + request.lower + ",upperdir=" + mnt + "/upper,workdir=" + mnt + "/work";
    if (tier != Tier::root) options += ",userxattr";
    if (::mount("overlay", place.root.c_str(), "overlay", k_safe, options.c_str()) == 0) {
      place.overlay = true;
      return place;
    }
    missing.push_back("overlay: refused (" + reason(errno) + "), the image is copied for each container");
  }
  if (request.limits.disk_bytes != 0)
    missing.push_back("disk: no limit on a copied root but the memory limit");
  const std::string done = mnt + "/copied";
  if (path_exists(done)) return place;
  // The copy counts against the size of the tmpfs: so there is none.
  if (::mount(nullptr, mnt.c_str(), nullptr, MS_REMOUNT | k_safe, "size=0") != 0) {
    return refused("growing the root");
  }
  SLUICE_CHECK(copy_image(request, place.root, tier));
  if (::mkdir(done.c_str(), 0700) != 0) return refused("marking the copy");
  return place;
}

Status mount_proc(const std::string& root, std::vector<std::string>& missing) {
  const std::string proc = root + "/proc";
  if (::mount("proc", proc.c_str(), "proc", k_safe | MS_NOEXEC, nullptr) != 0) {
    // Inside another container /proc is masked, and the kernel refuses an unmasked one.
    missing.push_back("/proc: cannot be mounted (" + reason(errno) + ")");
    return {};
  }
  for (const char* path : k_read_only) {
    const std::string full = root + "/" + path;
    if (::mount(full.c_str(), full.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
      if (errno == ENOENT) continue;
      return refused("binding " + full);
    }
    SLUICE_CHECK(mount_at("", full, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | k_safe | MS_NOEXEC, {}));
  }
  for (const char* path : k_masked) {
    const std::string full = root + "/" + path;
    if (::mount("/dev/null", full.c_str(), nullptr, MS_BIND, nullptr) == 0 || errno == ENOENT) continue;
    if (errno != ENOTDIR) return refused("masking " + full);
    SLUICE_CHECK(mount_at("tmpfs", full, "tmpfs", MS_RDONLY | k_safe | MS_NOEXEC, "size=0,mode=0755"));
  }
  return {};
}

// Device nodes are made where we may, else the machine's own are bound.
Status make_devices(const std::string& dev, std::vector<std::string>& missing) {
  for (const Device& device : k_devices) {
    const std::string path = dev + "/" + device.name;
    if (::mknod(path.c_str(), S_IFCHR | 0666, ::makedev(device.major, device.minor)) == 0) continue;
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    const std::string source = std::string("/dev/") + device.name;
    if (!file.valid() || ::mount(source.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      missing.push_back("/dev/" + std::string(device.name) + ": " + reason(errno));
      ::unlink(path.c_str());
    }
  }
  for (const Link& link : k_device_links) {
    if (::symlink(link.target, (dev + "/" + link.name).c_str()) != 0) return refused("linking /dev");
  }
  return {};
}

Status mount_dev(const std::string& root, std::vector<std::string>& missing) {
  const std::string dev = root + "/dev";
  SLUICE_CHECK(mount_at("tmpfs", dev, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=65536,nr_inodes=64"));
  SLUICE_CHECK(make_devices(dev, missing));
  const std::string shm = dev + "/shm";
  if (::mkdir(shm.c_str(), 01777) != 0) return refused("making /dev/shm");
  return mount_at("tmpfs", shm, "tmpfs", k_safe | MS_NOEXEC, tmpfs_options(k_shm_bytes, "1777"));
}

Status mount_tmpfs(int run_dir, int root, const Tmpfs& tmpfs) {
  const Fd place = SLUICE_TRY(directory_in_root(root, tmpfs.path));
  // "." is the very directory that was resolved; a path could be resolved anew, elsewhere.
  if (::fchdir(place.get()) != 0) return refused("entering " + tmpfs.path);
  const Status mounted = mount_at("tmpfs", ".", "tmpfs", k_safe, tmpfs_options(tmpfs.size_bytes, "1777"));
  if (::fchdir(run_dir) != 0) return refused("going back to the run directory");
  return mounted;
}

// Engines give every container these two; failing on a strange image is no reason to stop.
void write_runtime_file(const char* path, std::string_view text) {
  const Fd fd(::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644));
  if (!fd.valid()) return;
  static_cast<void>(::fchmod(fd.get(), 0644));
  static_cast<void>(write_all(fd.get(), text));
}

// Engines mount this file over whatever the image has there, a link to a host's resolver often.
void write_resolv_conf() {
  const char* const path = "/etc/resolv.conf";
  struct stat st{};
  if (::lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) static_cast<void>(::unlink(path));
  write_runtime_file(path, private_resolv_conf());
}

void write_runtime_files(const LaunchRequest& request) {
  static_cast<void>(::mkdir("/etc", 0755));
  if (request.private_network) write_resolv_conf();
  const std::string name = k_host_name;
  write_runtime_file("/etc/hostname", name + "\n");
  write_runtime_file("/etc/hosts",
                     "127.0.0.1\tlocalhost " + name + "\n::1\tlocalhost ip6-localhost ip6-loopback\n");
}

// In the container's root already, so that links stay inside.
Status make_workdir(const std::string& path) {
  if (path.empty() || path == "/") return {};
  const Status made = make_directories(path);
  if (made) return {};
  return fail(ErrorKind::invalid, "start.workdir",
              "the working directory " + path + " cannot be made: " + made.error().message);
}

Status switch_root(const std::string& root, bool is_mount) {
  if (!is_mount) SLUICE_CHECK(mount_at(root, root, nullptr, MS_BIND | MS_REC, {}));
  if (::chdir(root.c_str()) != 0) return refused("entering the root");
  // The old root ends up on top of the new one and is detached with all that it holds.
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return refused("pivot_root");
  if (::umount2(".", MNT_DETACH) != 0) return refused("detaching the old root");
  if (::chdir("/") != 0) return refused("entering the new root");
  return {};
}

Status enter_mounted(const LaunchRequest& request, Tier tier, std::vector<std::string>& missing) {
  const Fd run_dir(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Place place = SLUICE_TRY(overlay_on(request, tier, missing));
  {
    const Fd root(::open(place.root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!root.valid()) return refused("opening the root");
    SLUICE_CHECK(top_directory(root.get(), "proc"));
    SLUICE_CHECK(top_directory(root.get(), "dev"));
    SLUICE_CHECK(mount_proc(place.root, missing));
    SLUICE_CHECK(mount_dev(place.root, missing));
    for (const Tmpfs& tmpfs : request.tmpfs) SLUICE_CHECK(mount_tmpfs(run_dir.get(), root.get(), tmpfs));
  }
  SLUICE_CHECK(switch_root(place.root, place.overlay));
  write_runtime_files(request);
  SLUICE_CHECK(make_workdir(request.workdir));
  if (!request.read_only) return {};
  return mount_at("", "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | k_safe, {});
}

// Without mounts: a copy on disk, nodes by mknod, plain directories in place of tmpfs.
Status enter_chroot(const LaunchRequest& request, std::vector<std::string>& missing) {
  const std::string place = (request.session.empty() ? request.name + ".root" : request.session) + "/root";
  if (request.session.empty()) {
    const std::string directory = request.name + ".root";
    if (::mkdir(directory.c_str(), 0700) != 0) return refused("making " + directory);
    SLUICE_CHECK(make_layer(directory, request.lower, 0, Tier::chroot));
  }
  const std::string done = place + "/../copied";
  if (!path_exists(done)) {
    SLUICE_CHECK(copy_image(request, place, Tier::chroot));
    if (::mkdir(done.c_str(), 0700) != 0) return refused("marking the copy");
  }
  const Fd root(::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return refused("opening the root");
  SLUICE_CHECK(top_directory(root.get(), "proc"));
  SLUICE_CHECK(top_directory(root.get(), "dev"));
  missing.push_back("/proc: none in a chroot");
  if (request.read_only) missing.push_back("read-only root: needs a mount namespace");
  if (request.limits.disk_bytes != 0)
    missing.push_back("disk: only each file is limited, for lack of a mount namespace");
  for (const Device& device : k_devices) {
    // What the image has there is not trusted.
    static_cast<void>(::unlinkat(root.get(), (std::string("dev/") + device.name).c_str(), 0));
    const std::string path = place + "/dev/" + device.name;
    if (::mknod(path.c_str(), S_IFCHR | 0666, ::makedev(device.major, device.minor)) != 0) {
      missing.push_back("/dev/" + std::string(device.name) + ": " + reason(errno));
    }
  }
  if (::mkdirat(root.get(), "dev/shm", 01777) != 0 && errno != EEXIST) return refused("making /dev/shm");
  for (const Link& link : k_device_links) {
    const std::string name = std::string("dev/") + link.name;
    static_cast<void>(::unlinkat(root.get(), name.c_str(), 0));
    if (::symlinkat(link.target, root.get(), name.c_str()) != 0)
      return refused("making /dev/" + std::string(link.name));
  }
  for (const Tmpfs& tmpfs : request.tmpfs) {
    const Fd made = SLUICE_TRY(directory_in_root(root.get(), tmpfs.path));
    if (::fchdir(made.get()) != 0 || ::chmod(".", 01777) != 0) return refused("opening " + tmpfs.path);
    if (::fchdir(root.get()) != 0) return refused("entering the root");
    missing.push_back("tmpfs " + tmpfs.path + ": a plain directory, without a size limit");
  }
  if (::fchdir(root.get()) != 0 || ::chroot(".") != 0 || ::chdir("/") != 0) return refused("chroot");
  write_runtime_files(request);
  return make_workdir(request.workdir);
}

}  // namespace

Status make_layer(const std::string& directory, const std::string& lower, std::uint64_t bytes, Tier tier) {
  if (tier != Tier::chroot)
    SLUICE_CHECK(mount_at("tmpfs", directory, "tmpfs", k_safe, tmpfs_options(bytes, "0700")));
  struct stat st{};
  if (::stat(lower.c_str(), &st) != 0) return refused("reading the unpacked image");
  for (const char* name : {"/upper", "/work", "/root"}) {
    const std::string path = directory + name;
    if (::mkdir(path.c_str(), 0700) != 0) return refused("making " + path);
  }
  // The overlay's root shows mode and owner of the upper directory.
  const std::string upper = directory + "/upper";
  if (tier == Tier::root && ::chown(upper.c_str(), st.st_uid, st.st_gid) != 0)
    return refused("owner of the root");
  if (::chmod(upper.c_str(), st.st_mode & 07777) != 0) return refused("mode of the root");
  return {};
}

Status enter_root(const LaunchRequest& request, Tier tier, std::vector<std::string>& missing) {
  return tier == Tier::chroot ? enter_chroot(request, missing) : enter_mounted(request, tier, missing);
}

}  // namespace sluice::sandbox
