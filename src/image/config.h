// The image configuration (OCI image spec, config.md; docker's image config with its extra fields), parsed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "image/manifest.h"

namespace sluice::image {

struct Healthcheck {
  std::vector<std::string> test;  // {"NONE"}, {"CMD", …} or {"CMD-SHELL", …}
  std::int64_t interval_ns = 0;   // 0: the engine's default
  std::int64_t timeout_ns = 0;
  std::int64_t start_period_ns = 0;
  std::int64_t start_interval_ns = 0;
  std::int64_t retries = 0;
};

// One step of the build. A step that made no layer (ENV, USER, …) is `empty_layer`.
struct HistoryStep {
  std::string created;  // RFC 3339, as written; may be empty
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
  std::optional<std::size_t> layer;  // index into the image's layers, for a step that made one
};

struct ImageConfig {
  Platform platform;
  std::string os_version;
  std::string created;
  std::string author;
  std::string user;                                    // "", "app", "1000:1000", …
  std::vector<std::string> env;                        // "NAME=value", in order
  std::optional<std::vector<std::string>> entrypoint;  // absent is not the same as empty
  std::optional<std::vector<std::string>> cmd;
  std::string working_dir;
  std::vector<std::string> exposed_ports;  // "8080/tcp", sorted
  std::vector<std::string> volumes;        // paths, sorted
  std::map<std::string, std::string> labels;
  std::string stop_signal;                 // "", "SIGINT", "3"
  std::optional<Healthcheck> healthcheck;  // docker only: the OCI form drops it
  std::optional<std::vector<std::string>> shell;
  std::vector<std::string> on_build;
  bool args_escaped = false;
  std::vector<HistoryStep> history;
  std::vector<Digest> diff_ids;

  // The value of an environment variable; of two the last counts, as in runc. Nothing if unset.
  [[nodiscard]] std::optional<std::string_view> env_value(std::string_view name) const;
};

// Codes: the JSON reader's, image.json-*, image.config.
[[nodiscard]] Result<ImageConfig> parse_config(BytesView bytes);

}  // namespace sluice::image
