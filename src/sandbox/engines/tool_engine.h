// The drivers of runc, podman, docker and nerdctl: one class over the table of differences (kind.h).
#pragma once

#include <memory>
#include <string>

#include "sandbox/engine.h"
#include "sandbox/engines/make_engine.h"
#include "sandbox/engines/tool_runner.h"
#include "sandbox/engines/tool_spec.h"

namespace sluice::sandbox {

struct ToolCommand;
struct ToolLaunch;

class ToolEngine final : public Engine {
 public:
  // Removes first what dead runs left. Code sandbox.unsupported: it is not here, or does not answer.
  [[nodiscard]] static Result<std::unique_ptr<ToolEngine>> create(EngineKind kind,
                                                                  const EngineOptions& options);
  ~ToolEngine() override;

  [[nodiscard]] EngineFacts probe() override;
  [[nodiscard]] Result<std::shared_ptr<PreparedImage>> prepare(const image::Image& image) override;
  [[nodiscard]] Result<std::shared_ptr<PreparedImage>> session(
      const std::shared_ptr<PreparedImage>& prepared) override;
  [[nodiscard]] Result<std::unique_ptr<Container>> start(const PreparedImage& prepared,
                                                         const RunSpec& spec) override;
  [[nodiscard]] const std::string& version() const;

 private:
  struct State;
  explicit ToolEngine(std::unique_ptr<State> state);
  [[nodiscard]] std::string next_name();
  [[nodiscard]] Status place_root(ToolLaunch& launch, ToolCommand& command, const std::string& image,
                                  bool session);
  void watch(ToolLaunch& launch, const std::string& directory);
  [[nodiscard]] Status write_files(ToolSpec& spec) const;
  [[nodiscard]] Status launch_with(ToolLaunch& launch, ToolCommand& command, const std::string& image);
  std::unique_ptr<State> state_;
};

}  // namespace sluice::sandbox
