// A hardening profile as files for the tools that run the image. Pure: the same profile gives the same bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/hardening.h"

namespace sluice::sandbox::harden {

struct ArtefactInput {
  const HardeningProfile& profile;
  bool verified = false;  // said at the head of every file
  std::string image;      // "registry/app@sha256:…", or a name to be replaced
  std::string app;        // a name for Kubernetes objects: made usable by object_name()
};

// A seccomp profile in the form that docker, podman, containerd and OCI runtimes take (architectures by
// archMap; everything else gets EPERM, clone3 ENOSYS so that libraries fall back).
[[nodiscard]] std::string seccomp_json(const HardeningProfile& profile);

// All kinds of `kinds` (test_spec.h, k_artefact_kinds), sorted by name.
[[nodiscard]] std::vector<HardeningArtefact> make_artefacts(const ArtefactInput& input,
                                                            const std::vector<std::string>& kinds);

// Letters, digits and dashes, at most 63, as names of Kubernetes objects must be; "app" if nothing is left.
[[nodiscard]] std::string object_name(std::string_view text);

}  // namespace sluice::sandbox::harden
