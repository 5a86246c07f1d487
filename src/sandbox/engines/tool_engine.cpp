#include "sandbox/engines/tool_engine.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "base/file.h"
#include "image/file_index.h"
#include "image/unpack.h"
#include "sandbox/cgroup.h"
#include "sandbox/copy_tree.h"
#include "sandbox/engines/leftovers.h"
#include "sandbox/engines/store_image.h"
#include "sandbox/engines/tool_container.h"
#include "sandbox/state.h"
#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

constexpr std::uint64_t k_max_user_file = 4u << 20;
constexpr std::chrono::milliseconds k_probe_deadline{20'000};
constexpr std::size_t k_max_components = 64;  // of a working directory
// podman lowers its own limits to these; a container cannot have more without CAP_SYS_RESOURCE.
constexpr std::uint64_t k_max_files = 1u << 20;
constexpr std::uint64_t k_max_processes = 32u << 10;

// An image of this engine: unpacked, or by name in its store.
class ToolImage final : public PreparedImage {
 public:
  ~ToolImage() override {
    if (!directory.empty()) static_cast<void>(remove_private_tree(directory));
    if (removed) removed(*this);
  }
  std::string directory;
  std::string name;
  std::string passwd;
  std::string group;
  bool session = false;                 // containers write into it
  std::shared_ptr<PreparedImage> base;  // of a session
  std::function<void(const ToolImage&)> removed;
};

// Missing is empty: an image from scratch has no users. Anything else that cannot be read is an error.
Result<std::string> optional_file(const Directory& root, const std::string& path) {
  auto text = root.read(path, k_max_user_file, Directory::Resolve::in_root);
  if (text) return std::move(*text);
  if (text.error().code == "file.not-found") return std::string();
  return tl::unexpected(with_context(std::move(text.error()), "reading /" + path + " of the image"));
}

Result<std::string> optional_file(const image::FileIndex& index, const std::string& path) {
  auto text = index.read(path, k_max_user_file);
  if (text) return std::move(*text);
  if (text.error().code == "image.no-such-file") return std::string();
  return tl::unexpected(with_context(std::move(text.error()), "reading /" + path + " of the image"));
}

Result<std::string> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 || ::chmod(path.c_str(), 0755) != 0)
    return fail_errno("sandbox.prepare", "cannot make " + path, errno);
  return path;
}

// For engines that do not make it themselves. Links of the image lead to places in the image.
Status make_workdir(const std::string& root_path, const std::string& workdir) {
  const Directory root = SLUICE_TRY(Directory::open(root_path));
  std::string path;
  const auto words = split(workdir, '/');
  if (words.size() > k_max_components)
    return fail(ErrorKind::config, "sandbox.spec", "the working directory is too deep");
  for (const std::string_view word : words) {
    if (word.empty() || word == ".") continue;
    const std::string parent = path.empty() ? "." : path;
    path += (path.empty() ? "" : "/") + std::string(word);
    if (root.open_directory(path, Directory::Resolve::in_root)) continue;
    const auto folder = root.open_directory(parent, Directory::Resolve::in_root);
    // What is in the way is the container's fault to show.
    if (!folder || ::mkdirat(folder->fd(), std::string(word).c_str(), 0755) != 0) return {};
  }
  return {};
}

bool overlay_safe(const std::string& path) {
  return path.find_first_of(":,\\") == std::string::npos;
}

std::uint64_t own_limit(__rlimit_resource resource, std::uint64_t most) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return most;
  return std::min<std::uint64_t>(limit.rlim_max, most);
}

struct Answer {
  std::string version;
  bool rootless = false;
};

Result<Answer> ask(const ToolRunner& runner) {
  const auto unsupported = [](Error error) {
    error.kind = ErrorKind::unsupported;
    error.code = "sandbox.unsupported";
    return tl::unexpected(std::move(error));
  };
  const bool bundle = runner.traits().form == ToolForm::bundle;
  auto version = runner.output({"", "--version"}, k_probe_deadline);
  if (!version) return unsupported(std::move(version.error()));
  Answer answer;
  answer.version = version->substr(0, version->find('\n'));
  answer.rootless = ::geteuid() != 0;
  if (bundle) return answer;
  // Whether it works, or its daemon answers.
  const bool podman = runner.traits().kind == EngineKind::podman;
  auto info = runner.output(
      {"", "info", "--format", podman ? "{{.Host.Security.Rootless}}" : "{{json .SecurityOptions}}"},
      k_probe_deadline);
  if (!info) return unsupported(std::move(info.error()));
  answer.rootless = podman ? *info == "true" : info->find("rootless") != std::string::npos;
  return answer;
}

std::vector<std::string> known_gaps(const ToolRunner& runner, bool rootless) {
  std::vector<std::string> missing;
  const ToolTraits& traits = runner.traits();
  if (!traits.listener) missing.emplace_back("observe: nothing is seen of what a container does");
  if (traits.listener) missing.emplace_back("observe: the call `write` and the writable layer are not seen");
  missing.emplace_back("network: loopback is up with `none` too");
  if (!traits.rootfs) missing.emplace_back("disk: no limit on what is written to the root file system");
  if (!traits.exact_env)
    missing.emplace_back("environment: variables of the image and of the engine are added");
  if (traits.form == ToolForm::options)
    missing.emplace_back("peaks: not measured; a kill over the memory limit may show as exit code 137 only");
  if (rootless && traits.form == ToolForm::bundle)
    missing.emplace_back("limits: no control groups without root");
  return missing;
}

}  // namespace

struct ToolEngine::State {
  ToolRunner runner;
  RunDirectory run;
  Answer answer;
  int cancel_fd = -1;
  std::vector<std::string> cgroup_parents;
  std::atomic<unsigned> counter{0};
  std::mutex workdirs;

  // Before anything is made in an engine: what the journal does not name, nobody would remove after a kill.
  [[nodiscard]] Status announce(std::string_view kind, const std::string& name) const {
    return journal_append(run.journal_fd(), kind, std::string(runner.traits().name) + " " + name);
  }
  // After it is gone. A line that cannot be written costs the next start one vain removal.
  void retract(std::string_view kind, const std::string& name) const {
    static_cast<void>(announce(kind, name));
  }
  [[nodiscard]] Tier tier() const { return answer.rootless ? Tier::userns : Tier::root; }
};

ToolEngine::ToolEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
ToolEngine::~ToolEngine() = default;

Result<std::unique_ptr<ToolEngine>> ToolEngine::create(EngineKind kind, const EngineOptions& options) {
  const ToolTraits* traits = tool_traits(kind);
  if (traits == nullptr) return fail(ErrorKind::internal, "sandbox.engine", "the embedded engine is no tool");
  ToolRunner runner = SLUICE_TRY(ToolRunner::find(*traits, options.environment));
  Answer answer = SLUICE_TRY(ask(runner));
  const std::string root = SLUICE_TRY(state_root(options.state_root));
  auto state = std::unique_ptr<State>(new State{std::move(runner),
                                                SLUICE_TRY(RunDirectory::create(root)),
                                                std::move(answer),
                                                options.cancel_fd,
                                                {},
                                                {},
                                                {}});
  if (traits->form == ToolForm::bundle && !state->answer.rootless) {
    for (const CgroupSeat& seat : find_cgroup_seats()) {
      if (seat.version != 0) state->cgroup_parents.push_back(seat.parent);
    }
  }
  return std::unique_ptr<ToolEngine>(new ToolEngine(std::move(state)));
}

EngineFacts ToolEngine::probe() {
  return {std::string(state_->runner.traits().name), state_->tier(),
          state_->answer.rootless ? "the engine runs without root" : "",
          known_gaps(state_->runner, state_->answer.rootless)};
}

const std::string& ToolEngine::version() const {
  return state_->answer.version;
}

std::string ToolEngine::next_name() {
  const std::string& path = state_->run.path();
  return "sluice-" + path.substr(path.rfind('/') + 1) + "-" + std::to_string(++state_->counter);
}

Result<std::shared_ptr<PreparedImage>> ToolEngine::prepare(const image::Image& image) {
  auto prepared = std::make_shared<ToolImage>();
  if (state_->runner.traits().rootfs) {
    prepared->directory =
        SLUICE_TRY(make_folder(state_->run.path() + "/image-" + std::to_string(++state_->counter)));
    const Directory root = SLUICE_TRY(Directory::open(prepared->directory));
    const auto report = image::unpack(image, root.fd());
    if (!report) return tl::unexpected(with_context(report.error(), "unpacking the image"));
    prepared->passwd = SLUICE_TRY(optional_file(root, "etc/passwd"));
    prepared->group = SLUICE_TRY(optional_file(root, "etc/group"));
    return std::shared_ptr<PreparedImage>(std::move(prepared));
  }
  image::IndexOptions index_options;
  index_options.digests = false;
  const image::FileIndex index = SLUICE_TRY(image::FileIndex::build(image, index_options));
  prepared->passwd = SLUICE_TRY(optional_file(index, "etc/passwd"));
  prepared->group = SLUICE_TRY(optional_file(index, "etc/group"));
  const std::string name = next_name() + ":image";
  SLUICE_CHECK(state_->announce("image", name));
  prepared->name = name;
  prepared->removed = [this](const ToolImage& gone) {
    const auto removed = state_->runner.run({"", "image", "rm", "--force", gone.name});
    if (removed && removed->ok()) state_->retract("image-gone", gone.name);
  };
  SLUICE_CHECK(load_image(state_->runner, image, name, state_->run.path()));
  return std::shared_ptr<PreparedImage>(std::move(prepared));
}

Result<std::shared_ptr<PreparedImage>> ToolEngine::session(const std::shared_ptr<PreparedImage>& prepared) {
  const auto* base = dynamic_cast<const ToolImage*>(prepared.get());
  if (base == nullptr || base->session)
    return fail(ErrorKind::internal, "sandbox.engine", "a session needs an image of this engine");
  if (state_->runner.traits().whole_output_by_rm) {
    return fail(ErrorKind::unsupported, "sandbox.unsupported",
                std::string(state_->runner.traits().name) +
                    " cannot keep what setup and teardown commands write together with their whole output",
                "use another engine for such tests");
  }
  auto session = std::make_shared<ToolImage>();
  session->session = true;
  session->base = prepared;
  session->passwd = base->passwd;
  session->group = base->group;
  session->name = base->name;  // until a container has ended
  if (base->directory.empty()) {
    session->removed = [this, original = base->name](const ToolImage& gone) {
      if (gone.name == original) return;
      const auto removed = state_->runner.run({"", "image", "rm", "--force", gone.name});
      if (removed && removed->ok()) state_->retract("image-gone", gone.name);
    };
    return std::shared_ptr<PreparedImage>(std::move(session));
  }
  session->directory =
      SLUICE_TRY(make_folder(state_->run.path() + "/session-" + std::to_string(++state_->counter)));
  const Directory from = SLUICE_TRY(Directory::open(base->directory));
  const Directory to = SLUICE_TRY(Directory::open(session->directory));
  SLUICE_CHECK(copy_tree(from.fd(), to.fd(), ::geteuid() == 0));
  return std::shared_ptr<PreparedImage>(std::move(session));
}

// The root file system of a container: an overlay where one can be had; the image itself if nothing may be
// written; else a copy.
Status ToolEngine::place_root(ToolLaunch& launch, ToolCommand& command, const std::string& image,
                              bool session) {
  const RunSpec& run = launch.spec.run;
  launch.spec.rootfs = image;
  if (session) {
    launch.missing.emplace_back("disk: no limit on what is written in a session");
    return {};
  }
  if (::geteuid() == 0 && overlay_safe(image) && overlay_safe(launch.folder)) {
    OverlaySetup overlay;
    overlay.lower = image;
    overlay.scratch = SLUICE_TRY(make_folder(launch.folder + "/scratch"));
    overlay.merged = SLUICE_TRY(make_folder(launch.folder + "/root"));
    overlay.bytes = run.limits.disk_bytes;
    launch.spec.rootfs = overlay.merged;
    command.overlay = std::move(overlay);
    return {};
  }
  if (run.read_only) return {};
  launch.missing.emplace_back("disk: no limit on what is written to a copy of the image");
  launch.spec.rootfs = SLUICE_TRY(make_folder(launch.folder + "/copy"));
  const Directory from = SLUICE_TRY(Directory::open(image));
  const Directory to = SLUICE_TRY(Directory::open(launch.spec.rootfs));
  return copy_tree(from.fd(), to.fd(), ::geteuid() == 0);
}

// What the tool reads: a bundle, or a call filter if the spec names one.
Status ToolEngine::write_files(ToolSpec& spec) const {
  const bool bundle = state_->runner.traits().form == ToolForm::bundle;
  if (!bundle && spec.seccomp_file.empty()) return {};
  const json::Value seccomp = SLUICE_TRY(seccomp_json(spec.run.syscalls, spec.run.observe, spec.listener));
  if (bundle)
    return write_file_atomic(spec.bundle + "/config.json", json::write(bundle_config(spec, seccomp)), 0600);
  return write_file_atomic(spec.seccomp_file, json::write(seccomp), 0600);
}

Status ToolEngine::launch_with(ToolLaunch& launch, ToolCommand& command, const std::string& image) {
  const ToolTraits& traits = state_->runner.traits();
  ToolSpec& spec = launch.spec;
  for (int attempt = 0;; ++attempt) {
    SLUICE_CHECK(write_files(spec));
    command.argv = traits.form == ToolForm::bundle ? bundle_arguments(spec) : run_arguments(traits, spec);
    auto spawned = spawn_tool(command);
    if (spawned) {
      launch.process = std::move(*spawned);
      return {};
    }
    if (spawned.error().code != "sandbox.overlay" || attempt > 0)
      return tl::unexpected(std::move(spawned.error()));
    // Without the overlay, then.
    command.overlay.reset();
    launch.missing.push_back("overlay: " + spawned.error().message);
    launch.missing.emplace_back("disk: no limit on what is written to a copy of the image");
    spec.rootfs = SLUICE_TRY(make_folder(launch.folder + "/copy"));
    const Directory from = SLUICE_TRY(Directory::open(image));
    const Directory to = SLUICE_TRY(Directory::open(spec.rootfs));
    SLUICE_CHECK(copy_tree(from.fd(), to.fd(), true));
  }
}

// Where it is asked for and the engine hands the listener to us.
void ToolEngine::watch(ToolLaunch& launch, const std::string& directory) {
  ToolSpec& spec = launch.spec;
  const CallPolicy policy{
      .local_sockets_only = false, .observe = spec.run.observe, .profile = spec.run.syscalls};
  if (!policy.watches()) return;
  launch.unobserved = std::string(state_->runner.traits().name) + " hands no listener on";
  if (state_->runner.traits().listener) {
    const std::string path = launch.folder + "/listener";
    auto started = SeccompListener::start(path, policy, std::make_shared<DigestCache>(directory));
    if (started) {
      launch.listener = std::move(*started);
      spec.listener = path;
      spec.seccomp_file = launch.folder + "/seccomp.json";
      return;
    }
    launch.unobserved = started.error().message;
  }
  launch.missing.push_back("observe: " + launch.unobserved);
}

Result<std::unique_ptr<Container>> ToolEngine::start(const PreparedImage& prepared, const RunSpec& run) {
  const auto* image = dynamic_cast<const ToolImage*>(&prepared);
  if (image == nullptr) return fail(ErrorKind::internal, "sandbox.engine", "an image of another engine");
  const ToolTraits& traits = state_->runner.traits();
  ToolLaunch launch;
  launch.tier = state_->tier();
  launch.cancel_fd = state_->cancel_fd;
  launch.resolve = [this, passwd = image->passwd,
                    group = image->group](const RunSpec& spec) -> Result<ToolSpec> {
    SLUICE_CHECK(check_tool_spec(spec, state_->runner.traits().listener));
    ToolSpec out;
    out.run = spec;
    out.identity = SLUICE_TRY(resolve_user(spec.user, passwd, group));
    out.state = runc_state(state_->run.path());
    out.max_files = own_limit(RLIMIT_NOFILE, k_max_files);
    out.max_processes = own_limit(RLIMIT_NPROC, k_max_processes);
    return out;
  };
  launch.spec = SLUICE_TRY(launch.resolve(run));
  ToolSpec& spec = launch.spec;
  spec.name = next_name();
  launch.folder = SLUICE_TRY(make_folder(state_->run.path() + "/box-" + std::to_string(++state_->counter)));
  spec.bundle = launch.folder;
  spec.pid_file = launch.folder + "/pid";
  if (run.syscalls) spec.seccomp_file = launch.folder + "/seccomp.json";
  spec.user_namespace = traits.form == ToolForm::bundle && state_->answer.rootless;
  if (spec.user_namespace && (spec.identity.uid != 0 || spec.identity.gid != 0)) {
    return fail(ErrorKind::unsupported, "sandbox.unsupported",
                "runc without root can map one user only, which must be root in the container, not " +
                    std::to_string(spec.identity.uid) + ":" + std::to_string(spec.identity.gid));
  }
  spec.host_uid = ::geteuid();
  spec.host_gid = ::getegid();
  spec.image = image->name;
  watch(launch, image->directory);
  if (!traits.rootfs)
    launch.missing.emplace_back("disk: no limit on what is written to the root file system");
  if (spec.user_namespace) launch.missing.emplace_back("limits: no control groups without root");

  ToolCommand command;
  command.program = state_->runner.program();
  command.environment = state_->runner.environment();
  if (traits.rootfs) {
    SLUICE_CHECK(place_root(launch, command, image->directory, image->session));
    if (!traits.makes_workdir && !run.workdir.empty()) {
      const std::lock_guard lock(state_->workdirs);
      SLUICE_CHECK(make_workdir(command.overlay ? image->directory : spec.rootfs, run.workdir));
    }
  }
  for (const std::string& parent : state_->cgroup_parents) {
    launch.cgroups.push_back(parent + "/" + spec.name);
    SLUICE_CHECK(journal_append(state_->run.journal_fd(), "cgroup", launch.cgroups.back()));
  }
  SLUICE_CHECK(state_->announce("engine", spec.name));
  launch.removed = [this, name = spec.name] { state_->retract("engine-gone", name); };
  if (image->session && !traits.rootfs) {
    auto* session = const_cast<ToolImage*>(image);
    launch.at_end = [this, session, name = spec.name]() -> Status {
      const std::string saved = name + ":session";
      SLUICE_CHECK(state_->announce("image", saved));
      static_cast<void>(SLUICE_TRY(state_->runner.output({"", "commit", name, saved})));
      session->name = saved;
      return {};
    };
  }
  SLUICE_CHECK(launch_with(launch, command, image->directory));
  return std::unique_ptr<Container>(std::make_unique<ToolContainer>(state_->runner, std::move(launch)));
}

}  // namespace sluice::sandbox
