// Registry: one repository of an OCI registry (OCI distribution spec 1.1), over HTTPS.
//
// What it returns by digest has been checked against that digest; what it returns by tag is only what the
// registry says at this moment, with the digest of the bytes. One object is for one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/effects.h"
#include "base/file.h"
#include "base/result.h"
#include "remote/answers.h"
#include "remote/http.h"
#include "remote/reference.h"

namespace sluice::remote {

class Session;

inline constexpr std::size_t k_max_manifest_bytes = 4u << 20;  // as registries limit it
inline constexpr std::size_t k_max_index_bytes = 16u << 20;    // of referrers
inline constexpr std::uint64_t k_max_blob_bytes = 16ull << 30;
inline constexpr std::size_t k_chunk_bytes = 8u << 20;  // of an upload; larger blobs go in several
inline constexpr int k_max_tag_pages = 64;              // looked through for the journal of referrers
inline constexpr int k_max_merges = 20;                 // of one fall-back index

struct RegistryOptions {
  bool push = false;        // ask for the right to write, too
  bool plain_http = false;  // without TLS; loopback never has it demanded
  std::string ca_file;      // PEM of a private authority; empty: the system's
  std::string user_agent = "sluice";
  bool referrers_api = true;  // false: the fall-back tag at once, for tests
};

struct Manifest {
  Bytes bytes;
  std::string media_type;
  Digest digest;
};

class Registry {
 public:
  // Finds credentials; opens no connection yet. Codes: remote.no-libcurl, and those of find_credential.
  [[nodiscard]] static Result<Registry> open(const Reference& repository, const RegistryOptions& options,
                                             const Environment& environment, const Clock& clock);
  // Over any transport; `wait` is what sleeps between attempts. For tests.
  [[nodiscard]] static Registry over(std::unique_ptr<Http> http, const Reference& repository,
                                     const RegistryOptions& options, struct Credential credential,
                                     const Clock& clock, std::function<void(std::chrono::milliseconds)> wait);
  ~Registry();
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;

  [[nodiscard]] const Reference& repository() const { return repository_; }

  // By tag or digest ("sha256:…"), whose bytes are checked. Codes: remote.not-found, remote.digest,
  // remote.denied, …
  [[nodiscard]] Result<Manifest> manifest(const std::string& wanted);
  [[nodiscard]] Result<std::optional<Manifest>> find_manifest(const std::string& wanted);
  // Under its digest, or under a tag. The registry's own word on the digest must be ours. If the manifest has
  // a subject, it is made to be listed among the subject's referrers, whatever the registry can do.
  [[nodiscard]] Result<Digest> put_manifest(BytesView bytes, const std::string& media_type,
                                            const std::string& tag = {});

  [[nodiscard]] Result<bool> has_blob(const Digest& digest);
  [[nodiscard]] Result<Bytes> blob(const Digest& digest, std::uint64_t max_bytes);
  // To a file that is empty; exactly `size` bytes of that digest, or an error.
  [[nodiscard]] Status download(const Digest& digest, std::uint64_t size, const Fd& out);
  // Skips what is there already; what breaks off goes on where it stopped.
  [[nodiscard]] Status upload(const Digest& digest, BytesView bytes);

  // What refers to the manifest, by the API or the fall-back tag and its journal; sorted by digest. Hints
  // only: fetch each manifest before believing its type or subject.
  [[nodiscard]] Result<std::vector<Descriptor>> referrers(const Digest& subject);

  [[nodiscard]] Result<std::vector<std::string>> tags(int max_pages = k_max_tag_pages);

 private:
  explicit Registry(Reference repository, RegistryOptions options);
  [[nodiscard]] std::string path(const std::string& rest) const;
  [[nodiscard]] Result<HttpResponse> get(const std::string& url, std::uint64_t max_bytes, const char* accept);
  [[nodiscard]] Result<HttpResponse> put(BytesView bytes, const std::string& media_type,
                                         const std::string& name, const Digest& digest);
  [[nodiscard]] Result<std::string> start_upload();
  [[nodiscard]] Result<std::string> send_chunk(const std::string& location, BytesView bytes, std::size_t at,
                                               std::size_t end, std::size_t& received);

  // referrers.cpp
  [[nodiscard]] Result<std::optional<std::vector<Descriptor>>> ask_referrers(const Digest& subject);
  [[nodiscard]] Result<std::vector<Descriptor>> read_fallback(const Digest& subject);
  [[nodiscard]] Result<std::vector<Descriptor>> read_journal(const Digest& subject,
                                                             const std::vector<Descriptor>& known);
  [[nodiscard]] Status find_gone(const std::vector<Descriptor>& listed, std::set<Digest>& gone);
  [[nodiscard]] Status list_referrer(const Digest& subject, const Descriptor& referrer, BytesView manifest);

  Reference repository_;
  RegistryOptions options_;
  std::unique_ptr<Http> http_;
  std::unique_ptr<Session> session_;
};

// The tag that stands in for the referrers API: "sha256-<hex>".
[[nodiscard]] std::string fallback_tag(const Digest& subject);

}  // namespace sluice::remote
