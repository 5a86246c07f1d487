// Engines by name, for `sluice test --engine`.
#pragma once

#include <memory>
#include <string>

#include "base/effects.h"
#include "base/result.h"
#include "sandbox/engine.h"
#include "sandbox/engines/kind.h"

namespace sluice::sandbox {

struct EngineOptions {
  std::string state_root;   // "" = the usual one (state.h)
  int cancel_fd = -1;       // readable = stop (interrupt.h)
  Environment environment;  // ours: PATH, and where engines are
};

// As EmbeddedEngine::create: while the process has one thread, from one that outlives the engine. Code
// sandbox.unsupported: this engine is not here or does not work, and the message says why.
[[nodiscard]] Result<std::unique_ptr<Engine>> make_engine(EngineKind kind, const EngineOptions& options);

// Tries one for real, with an image that holds nothing. `detail` says which version, or why not.
struct EngineTrial {
  bool works = false;
  std::string detail;
};
[[nodiscard]] EngineTrial try_engine(EngineKind kind, const EngineOptions& options);

// Writes an image of an engine's own store to an archive, for image::Image::open. Nothing is pulled: what is
// not there is an error (sandbox.no-image). A reference by digest is looked up as such by the engine. Code
// sandbox.unsupported: an engine without a store.
[[nodiscard]] Status export_image(EngineKind kind, const EngineOptions& options, const std::string& reference,
                                  const std::string& archive);

}  // namespace sluice::sandbox
