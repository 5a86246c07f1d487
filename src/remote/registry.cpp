#include "remote/registry.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "remote/session.h"

namespace sluice::remote {
namespace {

constexpr const char* k_accept_manifests =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr std::size_t k_max_tags_answer = 16u << 20;
constexpr std::chrono::seconds k_blob_deadline{3600};

// docker.io is a name; the registry behind it has another.
std::string api_host(const std::string& host) {
  return host == "docker.io" || host == "index.docker.io" ? "registry-1.docker.io" : host;
}

Reference canonical(Reference reference) {
  const bool hub = api_host(reference.host) == "registry-1.docker.io";
  if (hub && reference.repository.find('/') == std::string::npos) reference.repository.insert(0, "library/");
  return reference;
}

tl::unexpected<Error> other_digest(const std::string& wanted, const Digest& got) {
  return fail(ErrorKind::crypto, "remote.digest",
              "the registry gave bytes of " + got.oci() + " for " + wanted,
              "do not use this registry's answer");
}

}  // namespace

Registry::Registry(Reference repository, RegistryOptions options)
    : repository_(canonical(std::move(repository))), options_(std::move(options)) {}
Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;

Registry Registry::over(std::unique_ptr<Http> http, const Reference& repository,
                        const RegistryOptions& options, Credential credential, const Clock& clock,
                        std::function<void(std::chrono::milliseconds)> wait) {
  Registry out(repository, options);
  const bool plain = options.plain_http || (is_loopback(repository.host) && options.ca_file.empty());
  const Url base{plain ? "http" : "https", api_host(repository.host), "/"};
  const std::string scope =
      "repository:" + out.repository_.repository + (options.push ? ":pull,push" : ":pull");
  out.http_ = std::move(http);
  out.session_ =
      std::make_unique<Session>(*out.http_, clock, std::move(wait), base, scope, std::move(credential));
  return out;
}

Result<Registry> Registry::open(const Reference& repository, const RegistryOptions& options,
                                const Environment& environment, const Clock& clock) {
  SystemProcessRunner processes;
  Credential credential =
      SLUICE_TRY(find_credential(repository.host, repository.repository, environment, processes));
  auto http = SLUICE_TRY(open_http({options.ca_file, options.user_agent}));
  return over(std::move(http), repository, options, std::move(credential), clock,
              [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); });
}

std::string Registry::path(const std::string& rest) const {
  return "/v2/" + repository_.repository + "/" + rest;
}

Result<HttpResponse> Registry::get(const std::string& url, std::uint64_t max_bytes, const char* accept) {
  HttpRequest request;
  request.url = url;
  request.max_bytes = max_bytes;
  request.headers.emplace_back("Accept", accept);
  return session_->send(std::move(request));
}

Result<std::optional<Manifest>> Registry::find_manifest(const std::string& wanted) {
  const HttpResponse answer =
      SLUICE_TRY(get(path("manifests/" + wanted), k_max_index_bytes, k_accept_manifests));
  if (answer.status == 404) return std::optional<Manifest>();
  if (answer.status != 200) return unexpected_answer(answer, "reading " + repository_.name() + " " + wanted);
  Manifest out{answer.body, std::string(answer.header("content-type")), sha256(answer.body)};
  out.media_type = out.media_type.substr(0, out.media_type.find(';'));
  if (wanted.starts_with("sha256:") && wanted != out.digest.oci()) return other_digest(wanted, out.digest);
  return std::optional(std::move(out));
}

Result<Manifest> Registry::manifest(const std::string& wanted) {
  auto found = SLUICE_TRY(find_manifest(wanted));
  if (found) return std::move(*found);
  return fail(ErrorKind::not_found, "remote.not-found", repository_.name() + " has no " + wanted);
}

Result<HttpResponse> Registry::put(BytesView bytes, const std::string& media_type, const std::string& name,
                                   const Digest& digest) {
  HttpRequest request;
  request.method = "PUT";
  request.url = path("manifests/" + name);
  request.headers.emplace_back("Content-Type", media_type);
  request.body = bytes;
  HttpResponse answer = SLUICE_TRY(session_->send(std::move(request)));
  if (answer.status != 201 && answer.status != 200)
    return unexpected_answer(answer, "writing " + repository_.name() + " " + name);
  const std::string_view said = answer.header("docker-content-digest");
  if (!said.empty() && said != digest.oci()) return other_digest(name, digest);
  return answer;
}

Result<Digest> Registry::put_manifest(BytesView bytes, const std::string& media_type,
                                      const std::string& tag) {
  if (bytes.size() > k_max_manifest_bytes)
    return fail(ErrorKind::limit, "remote.too-large", "the manifest is larger than registries take");
  const Digest digest = sha256(bytes);
  const HttpResponse answer = SLUICE_TRY(put(bytes, media_type, tag.empty() ? digest.oci() : tag, digest));
  const bool index = media_type == k_index_type || media_type == k_docker_index_type;
  if (index) return digest;
  const ManifestParts parts = SLUICE_TRY(parse_manifest(bytes));
  if (!parts.subject) return digest;
  if (options_.referrers_api && answer.header("oci-subject") == parts.subject->digest.oci()) return digest;
  SLUICE_CHECK(list_referrer(parts.subject->digest,
                             {media_type, digest, bytes.size(), parts.artifact_type, parts.annotations},
                             bytes));
  return digest;
}

Result<bool> Registry::has_blob(const Digest& digest) {
  HttpRequest request;
  request.method = "HEAD";
  request.url = path("blobs/" + digest.oci());
  const HttpResponse answer = SLUICE_TRY(session_->send(std::move(request)));
  if (answer.status == 200) return true;
  if (answer.status == 404) return false;
  return unexpected_answer(answer, "looking for a blob in " + repository_.name());
}

Result<Bytes> Registry::blob(const Digest& digest, std::uint64_t max_bytes) {
  const HttpResponse answer =
      SLUICE_TRY(get(path("blobs/" + digest.oci()), max_bytes, "application/octet-stream, */*"));
  if (answer.status != 200) return unexpected_answer(answer, "reading a blob of " + repository_.name());
  if (const Digest got = sha256(answer.body); got != digest) return other_digest(digest.oci(), got);
  return answer.body;
}

Status Registry::download(const Digest& digest, std::uint64_t size, const Fd& out) {
  if (size > k_max_blob_bytes)
    return fail(ErrorKind::limit, "remote.too-large",
                "a blob is said to have " + std::to_string(size) + " bytes");
  Sha256 hash;
  std::uint64_t received = 0;
  HttpRequest request;
  request.url = path("blobs/" + digest.oci());
  request.max_bytes = size;
  request.deadline = k_blob_deadline;
  request.headers.emplace_back("Accept", "application/octet-stream, */*");
  request.sink = [&](BytesView piece) -> Status {
    hash.update(piece);
    received += piece.size();
    return write_all(out.get(), piece);
  };
  Session::Options options;
  options.restart = [&]() -> Status {
    hash = Sha256();
    received = 0;
    if (::ftruncate(out.get(), 0) != 0 || ::lseek(out.get(), 0, SEEK_SET) != 0)
      return fail_errno("remote.write", "cannot start a download anew", errno);
    return {};
  };
  const HttpResponse answer = SLUICE_TRY(session_->send(std::move(request), options));
  if (answer.status != 200) return unexpected_answer(answer, "reading a blob of " + repository_.name());
  if (received != size)
    return fail(ErrorKind::invalid, "remote.size",
                digest.oci() + " has another size than its descriptor says");
  if (const Digest got = hash.finish(); got != digest) return other_digest(digest.oci(), got);
  return {};
}

Result<std::vector<std::string>> Registry::tags(int max_pages) {
  std::vector<std::string> out;
  std::string url = path("tags/list") + "?n=1000";
  std::set<std::string> pages;
  for (int page = 0; page < max_pages; ++page) {
    const HttpResponse answer = SLUICE_TRY(get(url, k_max_tags_answer, "application/json"));
    if (answer.status != 200) return unexpected_answer(answer, "listing the tags of " + repository_.name());
    for (std::string& tag : SLUICE_TRY(parse_tags(answer.body))) out.push_back(std::move(tag));
    const std::string next = next_link(answer.header("link"));
    if (next.empty()) return out;
    if (!pages.insert(next).second)
      return fail(ErrorKind::invalid, "remote.tags", "the registry's list of tags leads in circles");
    const Url here = SLUICE_TRY(resolve_url(session_->base(), url));
    url = SLUICE_TRY(resolve_url(here, next)).text();
  }
  return fail(ErrorKind::limit, "remote.tags",
              repository_.name() + " has more than " + std::to_string(max_pages) + " pages of tags");
}

}  // namespace sluice::remote
