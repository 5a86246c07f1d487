// Names of images in registries: "host[:port]/repository[:tag][@sha256:…]" (OCI distribution spec 1.1, pull).
// Strict: a name without a registry host is none of ours, since what host it would mean is a guess.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace sluice::remote {

struct Reference {
  std::string host;        // with the port, if one is named: "registry.example.com:5000"
  std::string repository;  // "team/app"
  std::string tag;         // empty if none is named
  std::optional<Digest> digest;

  [[nodiscard]] std::string name() const { return host + "/" + repository; }
  // What a registry is asked for: the digest if there is one, else the tag, else "latest".
  [[nodiscard]] std::string wanted() const;
  [[nodiscard]] std::string text() const;
};

// An optional "oci://" or "docker://" is skipped. Code: remote.reference.
[[nodiscard]] Result<Reference> parse_reference(std::string_view text);

// True if the text can only be meant as a reference: it starts with oci:// or docker://, or its first part is
// a host (a dot, a port or "localhost") and it names a tag or a digest. Without one it may be a path that is
// misspelt, and no host must be asked for that.
[[nodiscard]] bool looks_like_reference(std::string_view text);

// 127.0.0.0/8, ::1 or localhost, with or without a port: the only hosts that are asked without TLS unless the
// user says so.
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace sluice::remote
