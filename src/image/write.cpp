#include "image/write.h"

#include <fcntl.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <set>

#include "base/effects.h"
#include "base/file.h"
#include "base/json.h"
#include "image/tar_writer.h"

namespace sluice::image {
namespace {

constexpr std::string_view k_layer_type = "application/vnd.oci.image.layer.v1.tar";
constexpr std::string_view k_manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view k_index_type = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view k_config_type = "application/vnd.oci.image.config.v1+json";

json::Value strings(const std::vector<std::string>& items) {
  json::Array array;
  for (const std::string& item : items) array.emplace_back(item);
  return array;
}

json::Value key_set(const std::vector<std::string>& items) {
  json::Object object;
  for (const std::string& item : items) object.set(item, json::Object());
  return object;
}

json::Value healthcheck_json(const Healthcheck& check) {
  json::Object object{{"Test", strings(check.test)}};
  if (check.interval_ns != 0) object.set("Interval", check.interval_ns);
  if (check.timeout_ns != 0) object.set("Timeout", check.timeout_ns);
  if (check.start_period_ns != 0) object.set("StartPeriod", check.start_period_ns);
  if (check.start_interval_ns != 0) object.set("StartInterval", check.start_interval_ns);
  if (check.retries != 0) object.set("Retries", check.retries);
  return object;
}

json::Object run_part_json(const ImageConfig& config) {
  json::Object run;
  if (!config.user.empty()) run.set("User", config.user);
  if (!config.exposed_ports.empty()) run.set("ExposedPorts", key_set(config.exposed_ports));
  if (!config.env.empty()) run.set("Env", strings(config.env));
  if (config.entrypoint) run.set("Entrypoint", strings(*config.entrypoint));
  if (config.cmd) run.set("Cmd", strings(*config.cmd));
  if (!config.volumes.empty()) run.set("Volumes", key_set(config.volumes));
  if (!config.working_dir.empty()) run.set("WorkingDir", config.working_dir);
  if (!config.labels.empty()) {
    json::Object labels;
    for (const auto& [key, value] : config.labels) labels.set(key, value);
    run.set("Labels", std::move(labels));
  }
  if (!config.stop_signal.empty()) run.set("StopSignal", config.stop_signal);
  if (config.healthcheck) run.set("Healthcheck", healthcheck_json(*config.healthcheck));
  if (config.shell) run.set("Shell", strings(*config.shell));
  if (!config.on_build.empty()) run.set("OnBuild", strings(config.on_build));
  return run;
}

json::Object descriptor(std::string_view media_type, BytesView bytes) {
  return {{"mediaType", media_type},
          {"digest", sha256(bytes).oci()},
          {"size", static_cast<unsigned long>(bytes.size())}};
}

// An image in memory.
struct Made {
  std::vector<Bytes> tars;
  std::vector<Bytes> layers;  // compressed
  Bytes config;
  Bytes manifest;
  Bytes index;
  WrittenImage written;
};

Result<Made> make(const ImageSpec& spec, Compression compression) {
  Made made;
  ImageConfig config = spec.config;
  if (config.platform.os.empty()) config.platform = Platform::host();
  if (config.created.empty())
    config.created = format_time(std::chrono::sys_seconds(std::chrono::seconds(spec.time)));
  config.history.clear();
  config.diff_ids.clear();
  std::string layer_type(k_layer_type);
  if (compression != Compression::none) layer_type += "+" + std::string(to_string(compression));
  json::Array layers;
  for (const LayerSpec& layer : spec.layers) {
    made.tars.push_back(layer.tar ? *layer.tar : make_tar(layer.files, spec.time));
    made.layers.push_back(SLUICE_TRY(compress(made.tars.back(), compression)));
    config.diff_ids.push_back(sha256(made.tars.back()));
    config.history.push_back({config.created, layer.created_by, {}, {}, false, config.diff_ids.size() - 1});
    made.written.layers.push_back(sha256(made.layers.back()));
    layers.emplace_back(descriptor(layer_type, made.layers.back()));
  }
  made.config = config_json(config);
  made.manifest = json::write(json::Object{{"schemaVersion", 2},
                                           {"mediaType", k_manifest_type},
                                           {"config", descriptor(k_config_type, made.config)},
                                           {"layers", std::move(layers)}});
  json::Object entry = descriptor(k_manifest_type, made.manifest);
  entry.set("platform",
            json::Object{{"architecture", config.platform.architecture}, {"os", config.platform.os}});
  if (!spec.reference.empty()) {
    entry.set("annotations", json::Object{{"org.opencontainers.image.ref.name", spec.reference}});
  }
  made.index = json::write(json::Object{
      {"schemaVersion", 2}, {"mediaType", k_index_type}, {"manifests", json::Array{std::move(entry)}}});
  made.written.manifest = sha256(made.manifest);
  made.written.config = sha256(made.config);
  return made;
}

using PutFile = std::function<Status(const std::string& path, const Bytes& bytes)>;

// index.json last: a reader that comes too early finds no image, never half of one.
Status put_layout(const Made& made, const PutFile& put) {
  const auto put_blob = [&put](const Bytes& bytes) {
    return put("blobs/sha256/" + sha256(bytes).hex(), bytes);
  };
  SLUICE_CHECK(put("oci-layout", R"({"imageLayoutVersion":"1.0.0"})"));
  std::set<Digest> done;
  for (const Bytes& layer : made.layers) {
    if (done.insert(sha256(layer)).second) SLUICE_CHECK(put_blob(layer));
  }
  SLUICE_CHECK(put_blob(made.config));
  SLUICE_CHECK(put_blob(made.manifest));
  return put("index.json", made.index);
}

// Renamed into place, but not synced: what is written here can be made again, and a sync of each blob costs
// more than all the rest.
Status write_file(const std::string& path, BytesView bytes) {
  const std::string unfinished = path + ".part";
  const Fd fd(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.valid()) return fail_errno("image.write", "cannot create " + unfinished, errno);
  SLUICE_CHECK(write_all(fd.get(), bytes));
  if (::rename(unfinished.c_str(), path.c_str()) != 0)
    return fail_errno("image.write", "cannot rename to " + path, errno);
  return {};
}

PutFile into_tar(TarWriter& tar) {
  return [&tar](const std::string& path, const Bytes& bytes) -> Status {
    TarEntry entry;
    entry.path = path;
    entry.mode = 0644;
    tar.add(entry, bytes);
    return {};
  };
}

Result<Bytes> gzip(BytesView bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(ErrorKind::internal, "image.gzip", "zlib cannot start");
  }
  gz_header header{};
  header.os = 255;  // unknown: the same bytes on every system
  deflateSetHeader(&stream, &header);
  Bytes out(deflateBound(&stream, bytes.size()) + 32, '\0');
  Bytes input(bytes);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return fail(ErrorKind::internal, "image.gzip", "zlib cannot finish");
  return out;
}

Result<Bytes> zstd(BytesView bytes) {
  Bytes out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0U) return fail(ErrorKind::internal, "image.zstd", "zstd cannot compress");
  out.resize(size);
  return out;
}

FileSpec spec_of(std::string path, EntryKind kind, std::uint32_t mode) {
  FileSpec spec;
  spec.header.path = std::move(path);
  spec.header.kind = kind;
  spec.header.mode = mode;
  return spec;
}

}  // namespace

FileSpec file_spec(std::string path, Bytes content, std::uint32_t mode) {
  FileSpec spec = spec_of(std::move(path), EntryKind::regular, mode);
  spec.content = std::move(content);
  return spec;
}

FileSpec folder_spec(std::string path, std::uint32_t mode) {
  return spec_of(std::move(path), EntryKind::directory, mode);
}

FileSpec symlink_spec(std::string path, std::string target) {
  FileSpec spec = spec_of(std::move(path), EntryKind::symlink, 0777);
  spec.header.link = std::move(target);
  return spec;
}

FileSpec hardlink_spec(std::string path, std::string target) {
  FileSpec spec = spec_of(std::move(path), EntryKind::hardlink, 0644);
  spec.header.link = std::move(target);
  return spec;
}

Bytes make_tar(const std::vector<FileSpec>& files, std::int64_t time) {
  TarWriter tar;
  for (const FileSpec& file : files) {
    TarEntry header = file.header;
    header.mtime = time;
    tar.add(header, file.content);
  }
  return tar.finish();
}

Result<Bytes> compress(BytesView bytes, Compression compression) {
  if (bytes.size() > (std::uint64_t{1} << 31)) {
    return fail(ErrorKind::limit, "image.too-large", "a layer of 2 GiB or more cannot be written");
  }
  switch (compression) {
    case Compression::gzip:
      return gzip(bytes);
    case Compression::zstd:
      return zstd(bytes);
    case Compression::none:
      break;
  }
  return Bytes(bytes);
}

Bytes config_json(const ImageConfig& config) {
  json::Object root{{"created", config.created}};
  if (!config.author.empty()) root.set("author", config.author);
  root.set("architecture", config.platform.architecture);
  if (!config.platform.variant.empty()) root.set("variant", config.platform.variant);
  root.set("os", config.platform.os);
  root.set("config", run_part_json(config));
  json::Array ids;
  for (const Digest& id : config.diff_ids) ids.emplace_back(id.oci());
  root.set("rootfs", json::Object{{"type", "layers"}, {"diff_ids", std::move(ids)}});
  json::Array history;
  for (const HistoryStep& step : config.history) {
    json::Object item{{"created", step.created}, {"created_by", step.created_by}};
    if (!step.comment.empty()) item.set("comment", step.comment);
    if (step.empty_layer) item.set("empty_layer", true);
    history.emplace_back(std::move(item));
  }
  root.set("history", std::move(history));
  return json::write(root);
}

Result<WrittenImage> write_layout(const std::string& path, const ImageSpec& spec) {
  const Made made = SLUICE_TRY(make(spec, spec.compression));
  SLUICE_CHECK(make_directories(path + "/blobs/sha256"));
  SLUICE_CHECK(put_layout(made, [&path](const std::string& name, const Bytes& bytes) {
    return write_file(path + "/" + name, bytes);
  }));
  return made.written;
}

Result<WrittenImage> write_oci_archive(const std::string& path, const ImageSpec& spec) {
  const Made made = SLUICE_TRY(make(spec, spec.compression));
  TarWriter tar;
  SLUICE_CHECK(put_layout(made, into_tar(tar)));
  SLUICE_CHECK(write_file(path, tar.finish()));
  return made.written;
}

Result<WrittenImage> write_docker_archive(const std::string& path, const ImageSpec& spec) {
  const Made made = SLUICE_TRY(make(spec, Compression::none));
  TarWriter tar;
  const PutFile put = into_tar(tar);
  std::vector<std::string> names;
  for (const Bytes& layer : made.layers) {
    names.push_back(sha256(layer).hex() + "/layer.tar");
    const bool known = std::count(names.begin(), names.end(), names.back()) > 1;
    if (!known) SLUICE_CHECK(put(names.back(), layer));
  }
  const std::string config_name = made.written.config.hex() + ".json";
  SLUICE_CHECK(put(config_name, made.config));
  std::vector<std::string> tags;
  if (!spec.reference.empty()) tags.push_back(spec.reference);
  const json::Array manifest{
      json::Object{{"Config", config_name}, {"RepoTags", strings(tags)}, {"Layers", strings(names)}}};
  SLUICE_CHECK(put("manifest.json", json::write(manifest)));
  SLUICE_CHECK(write_file(path, tar.finish()));
  return made.written;
}

}  // namespace sluice::image
