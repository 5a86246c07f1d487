// An image reference by its parts, as FROM and COPY --from write it.
#pragma once

#include <string>
#include <string_view>

namespace sluice::syntax::dockerfile {

struct ImageName {
  std::string registry;    // "ghcr.io", "localhost:5000"; empty if not written (Docker Hub)
  std::string repository;  // "library/debian" as written: "debian"
  std::string tag;         // empty if not written
  std::string digest;      // "sha256:…"; empty if not written

  [[nodiscard]] bool valid() const { return !repository.empty(); }
  // The registry it is pulled from: "docker.io" when none is written.
  [[nodiscard]] std::string_view effective_registry() const;
  // The last part of the repository: "debian".
  [[nodiscard]] std::string_view base_name() const;
};

[[nodiscard]] ImageName parse_image_name(std::string_view text);

}  // namespace sluice::syntax::dockerfile
