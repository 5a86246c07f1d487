// Whether a package argument names a fixed version, by the rules of its manager.
#pragma once

#include "checks/docker/facts.h"

namespace sluice::checks::docker {

enum class Pin {
  pinned,
  open,  // bounded, but not to one version: "name>=1.2"
  unpinned,
  not_a_package  // a path, a file, a group, or not known
};

[[nodiscard]] Pin pin_of(const PackageCommand& call, const syntax::shell::Word& package);

}  // namespace sluice::checks::docker
