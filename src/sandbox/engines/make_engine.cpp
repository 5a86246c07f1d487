#include "sandbox/engines/make_engine.h"

#include <algorithm>

#include "base/file.h"
#include "image/image.h"
#include "image/write.h"
#include "sandbox/embedded.h"
#include "sandbox/engines/tool_engine.h"

namespace sluice::sandbox {
namespace {

constexpr std::chrono::minutes k_save_deadline{10};

// The whole way to a container of an image that holds nothing: that its program is missing is the right
// answer.
Result<std::string> try_tool(EngineKind kind, const EngineOptions& options) {
  const std::unique_ptr<ToolEngine> engine = SLUICE_TRY(ToolEngine::create(kind, options));
  const TempDirectory folder = SLUICE_TRY(TempDirectory::create());
  image::ImageSpec spec;
  spec.layers.push_back({{image::folder_spec("empty")}, {}, {}});
  static_cast<void>(SLUICE_TRY(image::write_layout(folder.path() + "/image", spec)));
  const image::Image image = SLUICE_TRY(image::Image::open(folder.path() + "/image"));
  const auto prepared = SLUICE_TRY(engine->prepare(image));
  RunSpec run_spec;
  run_spec.argv = {"/nothing"};
  const RunResult result = SLUICE_TRY(run(*engine, *prepared, run_spec));
  const EngineFacts facts = engine->probe();
  if (result.fault == StartFault::not_found)
    return engine->version() + ", " + std::string(to_string(facts.tier));
  return fail(ErrorKind::unsupported, "sandbox.unsupported", engine->version() + ": " + result.fault_message);
}

}  // namespace

Result<std::unique_ptr<Engine>> make_engine(EngineKind kind, const EngineOptions& options) {
  if (kind != EngineKind::embedded) return SLUICE_TRY(ToolEngine::create(kind, options));
  EmbeddedOptions embedded;
  embedded.state_root = options.state_root;
  embedded.cancel_fd = options.cancel_fd;
  return SLUICE_TRY(EmbeddedEngine::create(embedded));
}

EngineTrial try_engine(EngineKind kind, const EngineOptions& options) {
  auto tried = try_tool(kind, options);
  if (tried) return {true, std::move(*tried)};
  return {false, std::move(tried.error().message)};
}

Result<StoreImage> export_image(EngineKind kind, const EngineOptions& options, const std::string& reference,
                                const std::string& archive) {
  const ToolTraits* traits = tool_traits(kind);
  if (traits == nullptr || traits->form == ToolForm::bundle) {
    return fail(ErrorKind::unsupported, "sandbox.unsupported",
                std::string(to_string(kind)) + " has no image store: give an OCI layout or an archive");
  }
  if (reference.empty() || reference.starts_with("-"))
    return fail(ErrorKind::usage, "sandbox.no-image", "\"" + reference + "\" is no image reference");
  const ToolRunner runner = SLUICE_TRY(ToolRunner::find(*traits, options.environment));
  // nerdctl's own form has no digests; its default form is docker's.
  const auto known = runner.output({"", "image", "inspect", reference});
  if (!known) {
    return fail(ErrorKind::usage, "sandbox.no-image",
                std::string(traits->name) + " does not have " + reference + ": " + known.error().message,
                "images are never pulled here; pull or build it first");
  }
  StoreImage image = SLUICE_TRY(parse_store_image(*known));
  if (const std::size_t at = reference.rfind("@sha256:"); at != std::string::npos) {
    const Digest named = SLUICE_TRY(Digest::parse_oci(std::string_view(reference).substr(at + 1)));
    if (std::find(image.names.begin(), image.names.end(), named) == image.names.end()) {
      return fail(ErrorKind::usage, "sandbox.no-image",
                  std::string(traits->name) + " has another image under " + reference,
                  "images are never pulled here; pull or build it first");
    }
  }
  auto saved = runner.output({"", "save", "--output", archive, reference}, k_save_deadline);
  if (!saved) return tl::unexpected(std::move(saved.error()));
  return image;
}

std::optional<StoreReference> parse_store_reference(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  const std::string_view scheme = text.substr(0, colon);
  const auto kind = scheme == "containerd" ? std::optional(EngineKind::nerdctl) : parse_engine_kind(scheme);
  const ToolTraits* traits = kind ? tool_traits(*kind) : nullptr;
  if (traits == nullptr || traits->form == ToolForm::bundle) return std::nullopt;
  return StoreReference{*kind, std::string(text.substr(colon + 1))};
}

}  // namespace sluice::sandbox
