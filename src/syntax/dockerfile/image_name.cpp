#include "syntax/dockerfile/image_name.h"

namespace sluice::syntax::dockerfile {

std::string_view ImageName::effective_registry() const {
  return registry.empty() ? std::string_view("docker.io") : std::string_view(registry);
}

std::string_view ImageName::base_name() const {
  const std::size_t slash = repository.rfind('/');
  return slash == std::string::npos ? std::string_view(repository)
                                    : std::string_view(repository).substr(slash + 1);
}

ImageName parse_image_name(std::string_view text) {
  ImageName name;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    name.digest = std::string(text.substr(at + 1));
    text = text.substr(0, at);
  }
  const std::size_t slash = text.rfind('/');
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    name.tag = std::string(text.substr(colon + 1));
    text = text.substr(0, colon);
  }
  // The first part is a registry if it looks like a host (distribution's reference grammar).
  if (const std::size_t first = text.find('/'); first != std::string_view::npos) {
    const std::string_view host = text.substr(0, first);
    if (host.find_first_of(".:") != std::string_view::npos || host == "localhost") {
      name.registry = std::string(host);
      text = text.substr(first + 1);
    }
  }
  name.repository = std::string(text);
  return name;
}

}  // namespace sluice::syntax::dockerfile
