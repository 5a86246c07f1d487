// Which files are Dockerfiles, by name and by content.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::scan {

enum class DockerfileName : std::uint8_t {
  no,
  yes,
  ask_content,  // the name allows it: no extension, or "Dockerfile.go", which is either
};

// By the last component of the path, without regard to case: Dockerfile, Dockerfile.*, Dockerfile-*,
// *.dockerfile, Containerfile and its like. "Dockerfile.dockerignore" is none.
[[nodiscard]] DockerfileName dockerfile_by_name(std::string_view path);

// True if the first instruction is FROM, or ARGs and then FROM, in the form that a Dockerfile needs. `head`
// is the start of the file; a mailbox ("From someone Mon …") and prose are none.
[[nodiscard]] bool looks_like_dockerfile(std::string_view head);

}  // namespace sluice::scan
