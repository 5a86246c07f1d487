#include "image/config.h"

#include "image/fold.h"

namespace sluice::image {
namespace {

Result<std::int64_t> integer_or_zero(const Folded& object, std::string_view name) {
  return SLUICE_TRY(object.integer(name)).value_or(0);
}

Result<Healthcheck> parse_healthcheck(const Folded& object) {
  Healthcheck check;
  check.test = SLUICE_TRY(object.texts("test")).value_or(std::vector<std::string>());
  check.interval_ns = SLUICE_TRY(integer_or_zero(object, "interval"));
  check.timeout_ns = SLUICE_TRY(integer_or_zero(object, "timeout"));
  check.start_period_ns = SLUICE_TRY(integer_or_zero(object, "startperiod"));
  check.start_interval_ns = SLUICE_TRY(integer_or_zero(object, "startinterval"));
  check.retries = SLUICE_TRY(integer_or_zero(object, "retries"));
  return check;
}

Status parse_run_part(const Folded& object, ImageConfig& config) {
  config.user = SLUICE_TRY(object.text("user"));
  config.env = SLUICE_TRY(object.texts("env")).value_or(std::vector<std::string>());
  config.entrypoint = SLUICE_TRY(object.texts("entrypoint"));
  config.cmd = SLUICE_TRY(object.texts("cmd"));
  config.working_dir = SLUICE_TRY(object.text("workingdir"));
  config.exposed_ports = SLUICE_TRY(object.key_set("exposedports"));
  config.volumes = SLUICE_TRY(object.key_set("volumes"));
  config.labels = SLUICE_TRY(object.text_map("labels"));
  config.stop_signal = SLUICE_TRY(object.text("stopsignal"));
  config.shell = SLUICE_TRY(object.texts("shell"));
  config.on_build = SLUICE_TRY(object.texts("onbuild")).value_or(std::vector<std::string>());
  config.args_escaped = SLUICE_TRY(object.boolean("argsescaped"));
  if (const auto check = SLUICE_TRY(object.object("healthcheck"))) {
    config.healthcheck = SLUICE_TRY(parse_healthcheck(*check));
  }
  return {};
}

Result<std::vector<HistoryStep>> parse_history(const json::Array& items) {
  std::vector<HistoryStep> history;
  std::size_t layer = 0;
  for (const json::Value& item : items) {
    const Folded object = SLUICE_TRY(Folded::of(item, "a history entry of the image config"));
    HistoryStep step;
    step.created = SLUICE_TRY(object.text("created"));
    step.created_by = SLUICE_TRY(object.text("created_by"));
    step.author = SLUICE_TRY(object.text("author"));
    step.comment = SLUICE_TRY(object.text("comment"));
    step.empty_layer = SLUICE_TRY(object.boolean("empty_layer"));
    if (!step.empty_layer) step.layer = layer++;
    history.push_back(std::move(step));
  }
  return history;
}

Result<std::vector<Digest>> parse_diff_ids(const Folded& rootfs) {
  std::vector<Digest> ids;
  if (SLUICE_TRY(rootfs.text("type")) != "layers") {
    return fail(ErrorKind::invalid, "image.config",
                "\"rootfs\" of the image config is not of type \"layers\"");
  }
  const auto texts = SLUICE_TRY(rootfs.texts("diff_ids"));
  for (const std::string& text : texts.value_or(std::vector<std::string>())) {
    auto id = Digest::parse_oci(text);
    if (!id) return fail(ErrorKind::invalid, "image.config", "the image config has a malformed diff_id");
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace

std::optional<std::string_view> ImageConfig::env_value(std::string_view name) const {
  std::optional<std::string_view> value;
  for (const std::string& entry : env) {
    const std::size_t equals = entry.find('=');
    if (std::string_view(entry).substr(0, equals) != name) continue;
    value = equals == std::string::npos ? std::string_view() : std::string_view(entry).substr(equals + 1);
  }
  return value;
}

Result<ImageConfig> parse_config(BytesView bytes) {
  const json::Value value = SLUICE_TRY(json::parse(bytes, "the image config"));
  const Folded root = SLUICE_TRY(Folded::of(value, "the image config"));
  ImageConfig config;
  config.platform.os = SLUICE_TRY(root.text("os"));
  config.platform.architecture = SLUICE_TRY(root.text("architecture"));
  config.platform.variant = SLUICE_TRY(root.text("variant"));
  config.os_version = SLUICE_TRY(root.text("os.version"));
  config.created = SLUICE_TRY(root.text("created"));
  config.author = SLUICE_TRY(root.text("author"));
  if (const auto run = SLUICE_TRY(root.object("config"))) SLUICE_CHECK(parse_run_part(*run, config));
  if (const auto* history = SLUICE_TRY(root.array("history")))
    config.history = SLUICE_TRY(parse_history(*history));
  const auto rootfs = SLUICE_TRY(root.object("rootfs"));
  if (!rootfs) return fail(ErrorKind::invalid, "image.config", "the image config has no \"rootfs\"");
  config.diff_ids = SLUICE_TRY(parse_diff_ids(*rootfs));
  return config;
}

}  // namespace sluice::image
