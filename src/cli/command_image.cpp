// sluice image: what an image is made of, every blob and every file verified on the way.
#include "base/json.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/registries.h"
#include "image/file_index.h"
#include "image/image.h"
#include "report/escape.h"

namespace sluice::cli {
namespace {

using json::Array;
using json::Object;
using report::escape_line;
using report::to_valid_utf8;

Array texts(const std::vector<std::string>& list) {
  Array out;
  for (const std::string& item : list) out.emplace_back(to_valid_utf8(item));
  return out;
}

Object config_json(const image::ImageConfig& config) {
  Object labels;
  for (const auto& [name, value] : config.labels) labels.set(to_valid_utf8(name), to_valid_utf8(value));
  Object out{{"user", to_valid_utf8(config.user)}, {"env", texts(config.env)},
             {"working_dir", config.working_dir},  {"exposed_ports", texts(config.exposed_ports)},
             {"volumes", texts(config.volumes)},   {"labels", std::move(labels)},
             {"stop_signal", config.stop_signal}};
  if (config.entrypoint) out.set("entrypoint", texts(*config.entrypoint));
  if (config.cmd) out.set("cmd", texts(*config.cmd));
  return out;
}

Array problems_json(const image::Image& image, const image::FileIndex& files) {
  Array out;
  for (const image::ProblemList* list : {&image.problems(), &files.problems()}) {
    for (const image::Problem& problem : list->kept()) {
      out.push_back(Object{{"code", problem.code},
                           {"path", to_valid_utf8(problem.path)},
                           {"message", to_valid_utf8(problem.message)},
                           {"lossy", problem.lossy}});
    }
  }
  return out;
}

Object file_json(std::string_view path, const image::FileInfo& info) {
  Object out{{"path", "/" + to_valid_utf8(path)},
             {"mode", info.mode},
             {"uid", info.uid},
             {"gid", info.gid},
             {"size", info.size},
             {"layer", info.layer}};
  if (info.content_digest) out.set("sha256", info.content_digest->hex());
  if (!info.link.empty()) out.set("link", to_valid_utf8(info.link));
  return out;
}

std::string as_json(const image::Image& image, const image::FileIndex& files, bool list_files) {
  Array layers;
  for (const image::Layer& layer : image.layers()) {
    layers.push_back(Object{{"digest", layer.digest.oci()},
                            {"diff_id", layer.diff_id.oci()},
                            {"size", layer.size},
                            {"media_type", layer.media_type}});
  }
  Array history;
  for (const image::HistoryStep& step : image.config().history) {
    history.push_back(
        Object{{"created_by", to_valid_utf8(step.created_by)}, {"empty_layer", step.empty_layer}});
  }
  Object out{{"schema", "sluice.image/v1"},
             {"digest", image.manifest_digest().oci()},
             {"derived_digest", image.manifest_derived()},
             {"format", image::to_string(image.format())},
             {"platform", image.config().platform.text()},
             {"config", config_json(image.config())},
             {"history", std::move(history)},
             {"layers", std::move(layers)},
             {"paths", files.size()},
             {"deleted_but_shipped", files.deleted().size()},
             {"problems", problems_json(image, files)}};
  if (list_files) {
    Array list;
    files.for_each(
        [&](std::string_view path, const image::FileInfo& info) { list.push_back(file_json(path, info)); });
    out.set("files", std::move(list));
  }
  return report::disarm_json(json::write_pretty(std::move(out)));
}

std::string joined(const std::optional<std::vector<std::string>>& words) {
  return words ? escape_line(json::write(texts(*words))) : std::string("none");
}

std::string as_text(const image::Image& image, const image::FileIndex& files, bool list_files) {
  const image::ImageConfig& config = image.config();
  std::string out = "image       " + image.manifest_digest().oci() +
                    (image.manifest_derived() ? " (derived: a docker archive has no manifest)" : "") +
                    "\nformat      " + std::string(image::to_string(image.format())) + ", " +
                    escape_line(config.platform.text()) + "\nuser        " +
                    (config.user.empty() ? "root (none set)" : escape_line(config.user)) + "\nentrypoint  " +
                    joined(config.entrypoint) + "\ncmd         " + joined(config.cmd) + "\nports       " +
                    escape_line(json::write(texts(config.exposed_ports))) + "\nlayers      " +
                    std::to_string(image.layers().size()) + "\n";
  for (const image::Layer& layer : image.layers()) {
    out += "  " + layer.digest.oci() + "  " + std::to_string(layer.size) + " bytes\n";
  }
  out += "files       " + std::to_string(files.size()) + " paths; " + std::to_string(files.deleted().size()) +
         " deleted later but still shipped in a layer\n";
  for (const image::ProblemList* list : {&image.problems(), &files.problems()}) {
    for (const image::Problem& problem : list->kept()) {
      out += "problem     " + problem.code + (problem.path.empty() ? "" : " /" + escape_line(problem.path)) +
             ": " + escape_line(problem.message) + "\n";
    }
  }
  if (!list_files) return out;
  files.for_each([&](std::string_view path, const image::FileInfo& info) {
    constexpr std::string_view k_octal = "01234567";
    std::string mode;
    for (int shift = 9; shift >= 0; shift -= 3)
      mode += k_octal[(info.mode >> static_cast<unsigned>(shift)) & 7U];
    out += mode + " " + std::to_string(info.uid) + ":" + std::to_string(info.gid) + " " +
           std::to_string(info.size) + " /" + escape_line(path) +
           (info.link.empty() ? "" : " -> " + escape_line(info.link)) + "\n";
  });
  return out;
}

Result<int> run(const Arguments& arguments, Context& context) {
  image::OpenOptions options;
  if (arguments.has("platform"))
    options.platform = SLUICE_TRY(image::Platform::parse(arguments.value("platform")));
  const ImageSource source = SLUICE_TRY(resolve_image(arguments.value("IMAGE"), options, arguments, context));
  const image::Image image = SLUICE_TRY(image::Image::open(source.path, source.options));
  const image::FileIndex files = SLUICE_TRY(image::FileIndex::build(image));
  const bool list = arguments.has("files");
  const bool json = arguments.value("format", "text") == "json";
  SLUICE_CHECK(print(json ? as_json(image, files, list) : as_text(image, files, list)));
  // What a runtime would lay out may differ from what we saw: nobody may take this for a full look.
  const bool lossy = image.problems().any_lossy() || files.problems().any_lossy();
  return lossy ? k_exit_indeterminate : k_exit_ok;
}

}  // namespace

Command image_command() {
  std::vector<OptionSpec> options{
      {"IMAGE", "IMAGE",
       "an OCI layout folder, an OCI archive, a docker archive, registry/repository@sha256:…, or podman:REF, "
       "docker:REF, containerd:REF from that engine's store",
       true},
      {"--platform", "OS/ARCH", "which image of an index (default: linux on this architecture)"},
      {"--files", "", "list every file"},
      {"--format", "FORMAT", "text or json", false, false, {"text", "json"}}};
  for (OptionSpec& option : registry_options()) options.push_back(std::move(option));
  return {"image", "An image's configuration, history, layers and files; every digest is verified",
          "sluice image --format json out/image", std::move(options), run};
}

}  // namespace sluice::cli
