// The embedded driver: containers by our own launcher, without daemon, runtime or privilege beyond what is
// found.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "sandbox/engine.h"

namespace sluice::sandbox {

struct CallPolicy;
struct LaunchRequest;

struct EmbeddedOptions {
  std::string state_root;       // "" = the usual one (state.h)
  Tier strongest = Tier::root;  // tests ask for weaker ones
  int cancel_fd = -1;         // readable = stop: running containers end with sandbox.cancelled (interrupt.h)
  bool force_copy = false;    // as if overlays were refused
  bool force_ptrace = false;  // as if the kernel made no listeners
};

class EmbeddedEngine final : public Engine {
 public:
  // Forks the launcher: to be called while the process has one thread, from a thread that outlives the
  // engine. Removes first what dead runs left. Code sandbox.unsupported: no tier can be had here, and the
  // message says why.
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedEngine>> create(const EmbeddedOptions& options = {});
  ~EmbeddedEngine() override;

  [[nodiscard]] EngineFacts probe() override;
  [[nodiscard]] Result<std::shared_ptr<PreparedImage>> prepare(const image::Image& image) override;
  // A root file system that `fill` writes into the directory of the given descriptor.
  [[nodiscard]] Result<std::shared_ptr<PreparedImage>> prepare_directory(
      const std::function<Status(int)>& fill);
  [[nodiscard]] Result<std::shared_ptr<PreparedImage>> session(
      const std::shared_ptr<PreparedImage>& prepared) override;
  [[nodiscard]] Result<std::unique_ptr<Container>> start(const PreparedImage& prepared,
                                                         const RunSpec& spec) override;

 private:
  struct State;
  [[nodiscard]] CallPolicy policy_for(const RunSpec& spec) const;
  [[nodiscard]] Result<LaunchRequest> request_for(const std::string& root_path, const RunSpec& spec) const;
  explicit EmbeddedEngine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sluice::sandbox
