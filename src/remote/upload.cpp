// Uploading blobs (OCI distribution spec 1.1, "Pushing blobs"): whole when small, in chunks when not; after a
// break the registry is asked how far it got.
#include <algorithm>

#include "remote/registry.h"
#include "remote/session.h"

namespace sluice::remote {
namespace {

constexpr std::chrono::seconds k_chunk_deadline{600};

}  // namespace

Result<std::string> Registry::start_upload() {
  HttpRequest request;
  request.method = "POST";
  request.url = path("blobs/uploads/");
  const HttpResponse answer = SLUICE_TRY(session_->send(std::move(request)));
  if (answer.status != 202 || answer.header("location").empty())
    return unexpected_answer(answer, "starting an upload to " + repository_.name());
  return std::string(answer.header("location"));
}

// Sends [at, end) to the upload; returns where to go on. `received` becomes what the registry has.
Result<std::string> Registry::send_chunk(const std::string& location, BytesView bytes, std::size_t at,
                                         std::size_t end, std::size_t& received) {
  HttpRequest request;
  request.method = "PATCH";
  request.url = location;
  request.deadline = k_chunk_deadline;
  request.body = bytes.substr(at, end - at);
  request.headers.emplace_back("Content-Type", "application/octet-stream");
  request.headers.emplace_back("Content-Range", std::to_string(at) + "-" + std::to_string(end - 1));
  const auto answer = session_->send(std::move(request), {.retry = false, .restart = {}});
  if (answer && (answer->status == 202 || answer->status == 204) && !answer->header("location").empty()) {
    received = end;
    return std::string(answer->header("location"));
  }
  // Not taken as sent: ask for the state of the upload (spec: GET of the location answers 204 with a Range).
  HttpRequest question;
  question.url = location;
  const auto state = session_->send(std::move(question));
  const auto have = state && state->status == 204 ? parse_range_end(state->header("range")) : std::nullopt;
  // "0-0" is what some registries say of an empty upload too; then starting over is the only sure way.
  if (!have || *have <= 1 || *have < at || *have > end) {
    if (answer) return unexpected_answer(*answer, "uploading to " + repository_.name());
    return tl::unexpected(answer.error());
  }
  received = static_cast<std::size_t>(*have);
  const std::string_view next = state->header("location");
  return next.empty() ? location : std::string(next);
}

Status Registry::upload(const Digest& digest, BytesView bytes) {
  if (SLUICE_TRY(has_blob(digest))) return {};
  for (int attempt = 0;; ++attempt) {
    const auto once = [&]() -> Status {
      std::string location = SLUICE_TRY(start_upload());
      std::size_t sent = 0;
      int stalled = 0;
      while (bytes.size() - sent > k_chunk_bytes) {
        const std::size_t before = sent;
        location =
            SLUICE_TRY(send_chunk(location, bytes, sent, std::min(bytes.size(), sent + k_chunk_bytes), sent));
        stalled = sent == before ? stalled + 1 : 0;
        if (stalled >= k_max_attempts)
          return fail(ErrorKind::tool, "remote.unreachable", "the upload makes no progress");
      }
      Url url = SLUICE_TRY(resolve_url(session_->base(), location));
      url.path = with_query(url.path, "digest", digest.oci());
      HttpRequest last;
      last.method = "PUT";
      last.url = url.text();
      last.deadline = k_chunk_deadline;
      last.body = bytes.substr(sent);
      last.headers.emplace_back("Content-Type", "application/octet-stream");
      if (sent > 0) {
        last.headers.emplace_back("Content-Range",
                                  std::to_string(sent) + "-" + std::to_string(bytes.size() - 1));
      }
      // Not repeated blindly: a registry that took it, and whose answer was lost, has no such upload any
      // more.
      const HttpResponse answer =
          SLUICE_TRY(session_->send(std::move(last), {.retry = false, .restart = {}}));
      if (answer.status == 201 || answer.status == 204) return {};
      return unexpected_answer(answer, "finishing an upload to " + repository_.name());
    };
    const Status done = once();
    if (done) return {};
    const std::string& code = done.error().code;
    const bool again = code == "remote.unreachable" || code == "remote.timeout" || code == "remote.busy" ||
                       code == "remote.not-found" || code == "remote.status";
    if (!again || attempt + 1 >= k_max_attempts) return done;
    session_->pause(attempt);
    if (SLUICE_TRY(has_blob(digest))) return {};
  }
}

}  // namespace sluice::remote
