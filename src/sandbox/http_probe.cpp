#include "sandbox/http_probe.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <optional>

#include "sandbox/text.h"

namespace sluice::sandbox {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t k_max_wire = k_max_http_head + 2 * k_max_http_body;  // chunk sizes may double a body

tl::unexpected<Error> bad(std::string message) {
  return fail(ErrorKind::invalid, "http.syntax", "not an HTTP answer: " + std::move(message));
}
tl::unexpected<Error> incomplete() {
  return fail(ErrorKind::invalid, "http.incomplete", "the answer is cut");
}
tl::unexpected<Error> too_large() {
  return fail(ErrorKind::limit, "http.too-large",
              "the answer is over " + std::to_string(k_max_http_body) + " bytes");
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// "HTTP/1.1 200 OK"
Result<int> status_of(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return bad("no status line");
  const auto status = parse_u32(line.substr(9, 3));
  if (!status || *status < 100 || *status > 599 || (line.size() > 12 && line[12] != ' '))
    return bad("no status");
  return static_cast<int>(*status);
}

const std::string* header(const HttpResponse& response, std::string_view name) {
  for (const auto& [known, value] : response.headers) {
    if (known == name) return &value;
  }
  return nullptr;
}

Result<std::string> unchunk(std::string_view bytes) {
  std::string body;
  while (true) {
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) return incomplete();
    const std::string_view line = trim(bytes.substr(0, std::min(end, bytes.find(';'))));
    std::size_t size = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (error != std::errc{} || stop != line.data() + line.size()) return bad("a chunk without a size");
    if (size > k_max_http_body - body.size()) return too_large();
    bytes.remove_prefix(end + 2);
    if (size == 0) return body;  // trailers do not matter here
    if (bytes.size() < size + 2) return incomplete();
    body += bytes.substr(0, size);
    if (bytes.substr(size, 2) != "\r\n") return bad("a chunk of another size");
    bytes.remove_prefix(size + 2);
  }
}

Result<std::string> body_of(const HttpResponse& response, std::string_view rest, bool at_end) {
  if (const std::string* coding = header(response, "transfer-encoding")) {
    if (lower(*coding) != "chunked") return bad("the transfer coding " + *coding);
    return unchunk(rest);
  }
  if (const std::string* text = header(response, "content-length")) {
    const auto size = parse_u64(*text);
    if (!size) return bad("a content length");
    if (*size > k_max_http_body) return too_large();
    if (rest.size() < *size) return incomplete();
    return std::string(rest.substr(0, *size));
  }
  if (!at_end) return incomplete();
  if (rest.size() > k_max_http_body) return too_large();
  return std::string(rest);
}

// Waits for the socket; false when the time is up.
bool await(int socket, short events, Clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd polled{socket, events, 0};
    const int rc = ::poll(&polled, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (rc > 0) return true;
    if (rc < 0 && errno != EINTR) return false;
  }
}

tl::unexpected<Error> timed_out() {
  return fail(ErrorKind::io, "http.timeout", "no answer in time");
}

Status send_all(int socket, std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    if (!await(socket, POLLOUT, deadline)) return timed_out();
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
      return fail_errno("http.io", "sending the request", errno);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

}  // namespace

std::string render(const HttpRequest& request) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + request.host +
                     "\r\nConnection: close\r\nUser-Agent: sluice\r\nAccept: */*\r\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  if (!request.body.empty()) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return text + "\r\n" + request.body;
}

Result<HttpResponse> parse_response(std::string_view bytes, bool head_only, bool at_end) {
  while (true) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (bytes.size() > k_max_http_head) return too_large();
      // Something else than HTTP is known by its first bytes.
      constexpr std::string_view k_start = "HTTP/1.";
      if (!k_start.starts_with(bytes.substr(0, k_start.size()))) return bad("no status line");
      return incomplete();
    }
    if (end > k_max_http_head) return too_large();
    HttpResponse response;
    std::string_view head = bytes.substr(0, end);
    response.status = SLUICE_TRY(status_of(head.substr(0, head.find("\r\n"))));
    while (head.find("\r\n") != std::string_view::npos) {
      head.remove_prefix(head.find("\r\n") + 2);
      const std::string_view line = head.substr(0, head.find("\r\n"));
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || colon == 0) return bad("a header without a name");
      response.headers.emplace_back(lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    }
    bytes.remove_prefix(end + 4);
    if (response.status < 200) continue;  // 1xx: the real answer follows
    if (head_only || response.status == 204 || response.status == 304) return response;
    response.body = SLUICE_TRY(body_of(response, bytes, at_end));
    return response;
  }
}

Result<HttpResponse> http_exchange(int socket, const HttpRequest& request,
                                   std::chrono::milliseconds timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  SLUICE_CHECK(send_all(socket, render(request), deadline));
  std::string bytes;
  std::array<char, 16384> buffer{};
  const bool head_only = request.method == "HEAD";
  while (true) {
    if (!await(socket, POLLIN, deadline)) return timed_out();
    const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    // A reset after the whole answer is how some servers close.
    const bool at_end = size <= 0;
    if (size > 0) bytes.append(buffer.data(), static_cast<std::size_t>(size));
    if (bytes.size() > k_max_wire) return too_large();
    auto response = parse_response(bytes, head_only, at_end);
    if (response || response.error().code != "http.incomplete" || at_end) return response;
  }
}

}  // namespace sluice::sandbox
