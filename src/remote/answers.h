// What registries say, read strictly: challenges, tokens, indexes, lists of tags, links. Pure functions over
// hostile text; each is fuzzed.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/effects.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::remote {

inline constexpr std::size_t k_max_index_entries = 10'000;
inline constexpr std::size_t k_max_tags = 1'000'000;

inline constexpr std::string_view k_index_type = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view k_manifest_type = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view k_docker_index_type =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view k_docker_manifest_type =
    "application/vnd.docker.distribution.manifest.v2+json";

// One challenge of WWW-Authenticate (RFC 9110 section 11.6.1).
struct Challenge {
  std::string scheme;                             // lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  // names in lower case
};
// What cannot be read ends the list: a challenge that was half understood is none.
[[nodiscard]] std::vector<Challenge> parse_challenges(std::string_view header);

struct Token {
  std::string value;
  std::chrono::seconds lifetime{60};  // the specification's default
};
// `token` or `access_token`; never empty, printable ASCII only. Code: remote.token.
[[nodiscard]] Result<Token> parse_token(std::string_view text);

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::string artifact_type;  // may be empty
  json::Value annotations;    // an object, or null
  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};
// Code: remote.descriptor.
[[nodiscard]] Result<Descriptor> parse_descriptor(const json::Value& value);
[[nodiscard]] json::Object descriptor_json(const Descriptor& descriptor);

// The descriptors of an image index. Code: remote.index, remote.descriptor.
[[nodiscard]] Result<std::vector<Descriptor>> parse_index(std::string_view text);
[[nodiscard]] std::string write_index(const std::vector<Descriptor>& manifests);

// Config, layers and subject of a manifest. Code: remote.manifest, remote.descriptor.
struct ManifestParts {
  std::string artifact_type;  // or, if it has none, the config's media type
  std::optional<Descriptor> config;
  std::vector<Descriptor> layers;
  std::optional<Descriptor> subject;
  json::Value annotations;  // an object, or null
};
[[nodiscard]] Result<ManifestParts> parse_manifest(std::string_view text);

// Code: remote.tags.
[[nodiscard]] Result<std::vector<std::string>> parse_tags(std::string_view text);

// The URL of rel="next" in a Link header (RFC 8288), as written there; empty if there is none.
[[nodiscard]] std::string next_link(std::string_view header);

// "Range: 0-41" of an upload's status → 42; nullopt if malformed.
[[nodiscard]] std::optional<std::uint64_t> parse_range_end(std::string_view header);

// Seconds or an HTTP date (RFC 9110 section 10.2.3); nullopt if malformed. A date in the past is 0.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view header,
                                                                    std::chrono::sys_seconds now);

// The registry's own words of an error answer, for a message: `code: message`, or an excerpt.
[[nodiscard]] std::string error_text(std::string_view body);

}  // namespace sluice::remote
