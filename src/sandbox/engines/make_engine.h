// Engines by name, for `sluice test --engine`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/effects.h"
#include "base/result.h"
#include "sandbox/engine.h"
#include "sandbox/engines/kind.h"
#include "sandbox/engines/store_image.h"

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

// Writes an image of an engine's own store to an archive, for image::Image::open, and says what the engine
// calls it: what is read then must bear that digest (check_store_image, store_image.h). Nothing is pulled:
// what is not there is an error (sandbox.no-image), and so is a reference by digest whose digest the engine
// does not name. Code sandbox.unsupported: an engine without a store, or one that is not here.
[[nodiscard]] Result<StoreImage> export_image(EngineKind kind, const EngineOptions& options,
                                              const std::string& reference, const std::string& archive);

// "podman:REF", "docker:REF", "nerdctl:REF" or "containerd:REF" (which is nerdctl's): an image in an engine's
// own store. Nothing for any other text.
struct StoreReference {
  EngineKind kind = EngineKind::docker;
  std::string reference;
};
[[nodiscard]] std::optional<StoreReference> parse_store_reference(std::string_view text);

}  // namespace sluice::sandbox
