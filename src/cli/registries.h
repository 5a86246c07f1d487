// Registries on the command line: their options, and where an IMAGE that is named by a reference comes from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/context.h"
#include "image/image.h"
#include "remote/registry.h"
#include "store/source.h"

namespace sluice::cli {

// --plain-http and --ca-file.
[[nodiscard]] std::vector<OptionSpec> registry_options();

struct RegistryAccess {
  bool push = false;
  bool plain_http = false;
  std::string ca_file;  // empty: SLUICE_REGISTRY_CA_FILE, else the system's
};
[[nodiscard]] Result<remote::Registry> open_registry(const remote::Reference& reference,
                                                     const RegistryAccess& access, const Context& context);
[[nodiscard]] Result<remote::Registry> open_registry(const remote::Reference& reference, bool push,
                                                     const Arguments& arguments, const Context& context);

// An IMAGE as a path that image::Image::open reads. A registry's image is fetched into a temporary OCI
// layout, which goes when this goes: keep it as long as the image.
struct ImageSource {
  std::string path;
  image::OpenOptions options;
  std::string name;  // as the user named it, with the digest that was found
  std::optional<TempDirectory> fetched;
};

// What exists as a path is a path. "podman:REF", "docker:REF", "nerdctl:REF" and "containerd:REF" are read
// from that engine's own store, without pulling anything. Else what looks like a reference
// ("host/repo@sha256:…", or with a tag) is fetched. A tag is resolved once, and the digest told on stderr.
[[nodiscard]] Result<ImageSource> resolve_image(const std::string& image, const image::OpenOptions& options,
                                                const Arguments& arguments, const Context& context);

// For `--engine`: with an engine that has a store, what is neither a path nor has a scheme is a reference of
// that engine's, and no registry is asked.
[[nodiscard]] Result<ImageSource> resolve_image_by(const std::string& engine, const std::string& image,
                                                   const image::OpenOptions& options,
                                                   const Arguments& arguments, const Context& context);

// An image's manifest and what is attached to it, without fetching the image itself.
struct ImageEvidence {
  std::unique_ptr<remote::Registry> registry;  // null for a layout folder
  std::unique_ptr<store::Source> source;
  remote::Manifest manifest;  // of the image, or of the index that was named
  std::string repository;     // "host/repo"; empty for a layout folder
};
[[nodiscard]] Result<ImageEvidence> open_evidence_of(const std::string& image, const Arguments& arguments,
                                                     const Context& context);

}  // namespace sluice::cli
