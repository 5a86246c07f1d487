#include "sandbox/embedded.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <utility>

#include "base/file.h"
#include "image/unpack.h"
#include "sandbox/embedded_container.h"
#include "sandbox/launcher.h"
#include "sandbox/run_check.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/state.h"
#include "sandbox/user.h"

namespace sluice::sandbox {
namespace {

constexpr std::uint64_t k_max_user_file = 4u << 20;

// A folder of the run directory that holds an unpacked image.
class Unpacked final : public PreparedImage {
 public:
  Unpacked(std::string directory, std::string name)
      : directory_(std::move(directory)), name_(std::move(name)) {}
  ~Unpacked() override { static_cast<void>(remove_private_tree(directory_)); }
  Unpacked(const Unpacked&) = delete;
  Unpacked& operator=(const Unpacked&) = delete;
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::shared_ptr<DigestCache>& digests() const { return digests_; }

 private:
  std::string directory_;
  std::string name_;  // relative to the run directory
  std::shared_ptr<DigestCache> digests_ = std::make_shared<DigestCache>(directory_);
};

// A writable layer on an unpacked image, held by the launcher.
class Session final : public PreparedImage {
 public:
  Session(std::shared_ptr<PreparedImage> base, std::string name, Launcher& launcher)
      : base_(std::move(base)), name_(std::move(name)), launcher_(launcher) {}
  ~Session() override { launcher_.end_session(name_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  [[nodiscard]] const PreparedImage& base() const { return *base_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::shared_ptr<PreparedImage> base_;
  std::string name_;
  Launcher& launcher_;
};

// Missing is empty: an image from scratch has no users. Anything else that cannot be read is an error.
Result<std::string> optional_file(const Directory& root, const std::string& path) {
  auto text = root.read(path, k_max_user_file, Directory::Resolve::in_root);
  if (text) return std::move(*text);
  if (text.error().code == "file.not-found") return std::string();
  return tl::unexpected(with_context(std::move(text.error()), "reading /" + path + " of the image"));
}

}  // namespace

struct EmbeddedEngine::State {
  State(const EmbeddedOptions& asked, RunDirectory directory) : options(asked), run(std::move(directory)) {}
  EmbeddedOptions options;
  RunDirectory run;  // outlives the launcher
  std::unique_ptr<Launcher> launcher;
  bool filters = false;  // this kernel takes them
  bool local_sockets_only = false;
  std::mutex filter_mutex;
  std::map<std::string, std::shared_ptr<const Bytes>>
      made_filters;                  // by what was asked; building one takes a while
  std::vector<std::string> missing;  // of every container
  std::atomic<unsigned> counter{0};
  std::mutex turn;  // of the chroot tier

  Result<Bytes> filter(const CallPolicy& policy, Observer by = Observer::notify) {
    if (!filters) return Bytes{};
    std::string key(to_string(policy.observe));
    key += to_string(by);
    if (policy.profile) {
      key += policy.profile->miss == SyscallProfile::Miss::record ? '+' : '-';
      for (const std::string& name : policy.profile->allowed) key += " " + name;
    }
    const std::lock_guard lock(filter_mutex);
    auto& made = made_filters[key];
    if (!made) made = std::make_shared<const Bytes>(SLUICE_TRY(make_filter({.policy = policy, .by = by})));
    return *made;
  }
};

Result<std::unique_ptr<EmbeddedEngine>> EmbeddedEngine::create(const EmbeddedOptions& options) {
  const std::string root = SLUICE_TRY(state_root(options.state_root));
  auto state = std::unique_ptr<State>(new State(options, SLUICE_TRY(RunDirectory::create(root))));
  state->launcher = SLUICE_TRY(Launcher::start(state->run, options.strongest));
  state->missing = state->launcher->missing();
  std::string reason;
  if (filters_supported(reason)) {
    const bool network_namespace = (state->launcher->namespaces() & CLONE_NEWNET) != 0;
    state->filters = true;
    state->local_sockets_only = !network_namespace;
    SLUICE_TRY(state->filter({.local_sockets_only = state->local_sockets_only}));
  } else {
    state->missing.push_back("seccomp: " + reason);
  }
  if (state->launcher->tier() == Tier::userns) {
    state->missing.emplace_back(
        "ownership: one id is mapped, so every file of the image belongs to the user who runs");
  }
  if ((state->launcher->namespaces() & CLONE_NEWNET) == 0) {
    state->missing.emplace_back(
        "network: sockets other than local ones are refused in place of a network namespace");
  }
  return std::unique_ptr<EmbeddedEngine>(new EmbeddedEngine(std::move(state)));
}

EmbeddedEngine::EmbeddedEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
EmbeddedEngine::~EmbeddedEngine() = default;

EngineFacts EmbeddedEngine::probe() {
  return {"embedded", state_->launcher->tier(), state_->launcher->reason(), state_->missing};
}

Result<std::shared_ptr<PreparedImage>> EmbeddedEngine::prepare(const image::Image& image) {
  return prepare_directory([&](int directory) -> Status {
    const auto report = image::unpack(image, directory);
    if (!report) return tl::unexpected(with_context(report.error(), "unpacking the image"));
    return {};
  });
}

Result<std::shared_ptr<PreparedImage>> EmbeddedEngine::prepare_directory(
    const std::function<Status(int)>& fill) {
  const std::string name = "image-" + std::to_string(++state_->counter);
  const std::string path = state_->run.path() + "/" + name;
  if (::mkdir(path.c_str(), 0755) != 0 || ::chmod(path.c_str(), 0755) != 0) {
    return fail_errno("sandbox.prepare", "cannot make " + path, errno);
  }
  auto unpacked = std::make_shared<Unpacked>(path, name);
  const Directory directory = SLUICE_TRY(Directory::open(path));
  SLUICE_CHECK(fill(directory.fd()));
  return std::shared_ptr<PreparedImage>(std::move(unpacked));
}

Result<std::shared_ptr<PreparedImage>> EmbeddedEngine::session(
    const std::shared_ptr<PreparedImage>& prepared) {
  if (dynamic_cast<const Unpacked*>(prepared.get()) == nullptr) {
    return fail(ErrorKind::internal, "sandbox.engine", "a session needs an image of this engine");
  }
  return std::shared_ptr<PreparedImage>(
      std::make_shared<Session>(prepared, "session-" + std::to_string(++state_->counter), *state_->launcher));
}

CallPolicy EmbeddedEngine::policy_for(const RunSpec& spec) const {
  return {
      .local_sockets_only = state_->local_sockets_only, .observe = spec.observe, .profile = spec.syscalls};
}

// What an exec and a launch have in common: all that is looked up in the image.
Result<LaunchRequest> EmbeddedEngine::request_for(const std::string& root_path, const RunSpec& spec) const {
  SLUICE_CHECK(check_run_spec(spec));
  const Directory root = SLUICE_TRY(Directory::open(root_path));
  LaunchRequest request;
  request.argv = spec.argv;
  const std::string passwd = SLUICE_TRY(optional_file(root, "etc/passwd"));
  const std::string group = SLUICE_TRY(optional_file(root, "etc/group"));
  request.identity = SLUICE_TRY(resolve_user(spec.user, passwd, group));
  for (const auto& [name, value] : environment_of(spec, request.identity.home)) {
    request.env.push_back(name + "=" + value);
  }
  request.workdir = spec.workdir;
  request.read_only = spec.read_only;
  request.loopback = spec.network != Network::none;
  request.private_network = spec.network == Network::private_;
  request.tmpfs = spec.tmpfs;
  request.limits = spec.limits;
  const CallPolicy policy = policy_for(spec);
  request.filter = SLUICE_TRY(state_->filter(policy));
  if (policy.watches() && state_->filters) {
    request.watched = true;
    request.by_ptrace = state_->options.force_ptrace;
    request.trace_filter = SLUICE_TRY(state_->filter(policy, Observer::ptrace));
    CallPolicy plain = policy;
    plain.observe = ObserveMode::none;
    // Without an observer a miss cannot be recorded, and letting it through in silence would prove nothing.
    if (plain.profile) plain.profile->miss = SyscallProfile::Miss::refuse;
    request.plain_filter = SLUICE_TRY(state_->filter(plain));
  }
  request.capabilities = spec.capabilities;
  request.copy = state_->options.force_copy;
  return request;
}

Result<std::unique_ptr<Container>> EmbeddedEngine::start(const PreparedImage& prepared, const RunSpec& spec) {
  const auto* session = dynamic_cast<const Session*>(&prepared);
  const auto* unpacked = dynamic_cast<const Unpacked*>(session == nullptr ? &prepared : &session->base());
  if (unpacked == nullptr) return fail(ErrorKind::internal, "sandbox.engine", "an image of another engine");
  // Without a network namespace the loopback is that of our surroundings, and is refused. A program that
  // fails for it would be blamed for the machine's lack.
  const bool required =
      spec.network == Network::private_ || (spec.network == Network::loopback && spec.network_required);
  if (required && (state_->launcher->namespaces() & CLONE_NEWNET) == 0) {
    return fail(ErrorKind::unsupported, "sandbox.unsupported",
                "a network of its own needs a network namespace, which cannot be had here",
                "`sluice doctor` shows what this machine can do");
  }
  LaunchRequest request = SLUICE_TRY(request_for(unpacked->directory(), spec));
  request.name = "sluice-" + state_->run.path().substr(state_->run.path().rfind('/') + 1) + "-" +
                 std::to_string(++state_->counter);
  request.lower = unpacked->name();
  if (session != nullptr) request.session = session->name();
  if (spec.observe != ObserveMode::none) {
    request.list_layer = true;
    // A layer of the launcher's outlives the container and can be listed. In a chroot the copy does anyway.
    if (session == nullptr && state_->launcher->tier() != Tier::chroot) {
      request.session = "session-" + std::to_string(++state_->counter);
      request.ends_session = true;
    }
  }

  std::vector<std::string> missing = state_->missing;
  const Tier tier = state_->launcher->tier();
  std::unique_lock<std::mutex> turn;
  if (tier == Tier::chroot) turn = std::unique_lock(state_->turn);
  LaunchedContainer launched = SLUICE_TRY(state_->launcher->launch(request));
  const auto resolve = [this, root = unpacked->directory()](const RunSpec& exec) {
    return request_for(root, exec);
  };
  return std::unique_ptr<Container>(std::make_unique<EmbeddedContainer>(
      std::move(launched), spec, tier, std::move(missing), state_->options.cancel_fd, std::move(turn),
      resolve, Watch{policy_for(spec), unpacked->digests(), state_->filters}));
}

Result<RunResult> run(Engine& engine, const PreparedImage& prepared, const RunSpec& spec) {
  const std::unique_ptr<Container> container = SLUICE_TRY(engine.start(prepared, spec));
  return container->wait();
}

std::string_view to_string(Tier tier) {
  switch (tier) {
    case Tier::none:
      return "none";
    case Tier::chroot:
      return "chroot";
    case Tier::userns:
      return "userns";
    case Tier::root:
      return "root";
  }
  return "none";
}

}  // namespace sluice::sandbox
