#include "cli/registries.h"

#include "report/escape.h"
#include "sandbox/engines/make_engine.h"
#include "store/transfer.h"

namespace sluice::cli {
namespace {

bool is_reference(const std::string& image) {
  return !path_exists(image) && remote::looks_like_reference(image);
}

// The image that a layout folder holds for this machine.
Result<std::string> only_digest(const std::string& folder) {
  return SLUICE_TRY(image::Image::open(folder)).manifest_digest().oci();
}

// What the engine writes is opened here once, to compare it with what the engine says it is.
Result<ImageSource> from_store(const sandbox::StoreReference& stored, const image::OpenOptions& options,
                               const Context& context) {
  ImageSource out{"", options, stored.reference, std::nullopt};
  out.fetched = SLUICE_TRY(TempDirectory::create("sluice-image-"));
  out.path = out.fetched->path() + "/image.tar";
  const sandbox::StoreImage named = SLUICE_TRY(
      sandbox::export_image(stored.kind, {"", -1, context.environment}, stored.reference, out.path));
  const image::Image read = SLUICE_TRY(image::Image::open(out.path, options));
  SLUICE_CHECK(sandbox::check_store_image(named, read));
  print_error(report::escape_line(std::string(sandbox::to_string(stored.kind)) + " has " + stored.reference) +
              " as " + named.id.oci());
  return out;
}

}  // namespace

std::vector<OptionSpec> registry_options() {
  return {{"--plain-http", "", "talk to the registry without TLS (loopback needs no such word)"},
          {"--ca-file", "FILE",
           "certificates (PEM) of the registry's own authority (default: SLUICE_REGISTRY_CA_FILE)"}};
}

Result<remote::Registry> open_registry(const remote::Reference& reference, bool push,
                                       const Arguments& arguments, const Context& context) {
  return open_registry(reference, {push, arguments.has("plain-http"), arguments.value("ca-file")}, context);
}

Result<remote::Registry> open_registry(const remote::Reference& reference, const RegistryAccess& access,
                                       const Context& context) {
  remote::RegistryOptions options;
  options.push = access.push;
  options.plain_http = access.plain_http;
  options.ca_file = access.ca_file;
  const auto from_environment = context.environment.find("SLUICE_REGISTRY_CA_FILE");
  if (options.ca_file.empty() && from_environment != context.environment.end())
    options.ca_file = from_environment->second;
  if (!options.ca_file.empty() && !path_exists(options.ca_file))
    return fail(ErrorKind::not_found, "cli.ca-file", "there is no file " + options.ca_file);
  options.user_agent = std::string("sluice/") + SLUICE_VERSION;
  return remote::Registry::open(reference, options, context.environment, context.clock);
}

Result<ImageSource> resolve_image(const std::string& image, const image::OpenOptions& options,
                                  const Arguments& arguments, const Context& context) {
  if (!path_exists(image)) {
    if (const auto stored = sandbox::parse_store_reference(image))
      return from_store(*stored, options, context);
  }
  ImageSource out{image, options, image, std::nullopt};
  if (!is_reference(image)) return out;
  const remote::Reference reference = SLUICE_TRY(remote::parse_reference(image));
  remote::Registry registry = SLUICE_TRY(open_registry(reference, false, arguments, context));
  out.fetched = SLUICE_TRY(TempDirectory::create("sluice-image-"));
  out.path = out.fetched->path() + "/image";
  const image::Platform machine = options.platform.value_or(image::Platform::host());
  const auto wants = [&machine](std::string_view os, std::string_view architecture) {
    return os == machine.os && architecture == machine.architecture;
  };
  const Digest digest = SLUICE_TRY(store::pull_image(registry, reference.wanted(), out.path, wants));
  out.options.digest = digest;
  out.name = reference.name() + "@" + digest.oci();
  if (!reference.digest) print_error(report::escape_line(image) + " is " + digest.oci());
  return out;
}

Result<ImageSource> resolve_image_by(const std::string& engine, const std::string& image,
                                     const image::OpenOptions& options, const Arguments& arguments,
                                     const Context& context) {
  const bool scheme = sandbox::parse_store_reference(image).has_value();
  const auto stored = sandbox::parse_store_reference(engine + ":" + image);
  if (!scheme && stored && !path_exists(image)) return from_store(*stored, options, context);
  return resolve_image(image, options, arguments, context);
}

Result<ImageEvidence> open_evidence_of(const std::string& image, const Arguments& arguments,
                                       const Context& context) {
  ImageEvidence out;
  std::string wanted;
  if (is_reference(image)) {
    const remote::Reference reference = SLUICE_TRY(remote::parse_reference(image));
    out.registry =
        std::make_unique<remote::Registry>(SLUICE_TRY(open_registry(reference, false, arguments, context)));
    out.source = store::source_of_registry(*out.registry);
    out.repository = reference.name();
    wanted = reference.wanted();
    const remote::Manifest manifest = SLUICE_TRY(out.registry->manifest(wanted));
    if (!reference.digest) print_error(report::escape_line(image) + " is " + manifest.digest.oci());
    out.manifest = manifest;
    return out;
  }
  const std::size_t at = image.rfind("@sha256:");
  const std::string folder = at == std::string::npos ? image : image.substr(0, at);
  wanted = at == std::string::npos ? SLUICE_TRY(only_digest(folder)) : image.substr(at + 1);
  out.source = SLUICE_TRY(store::source_of_layout(folder));
  auto found = SLUICE_TRY(out.source->find(wanted));
  if (!found) return fail(ErrorKind::not_found, "store.missing", folder + " holds no " + wanted);
  out.manifest = std::move(*found);
  return out;
}

}  // namespace sluice::cli
