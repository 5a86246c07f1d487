#include <algorithm>
#include <exception>

#include "remote/curl_library.h"
#include "remote/http.h"
#include "remote/reference.h"

namespace sluice::remote {
namespace {

constexpr std::uint64_t k_max_error_bytes = 256u << 10;
constexpr long k_connect_seconds = 15;
// A transfer below this speed for this long is given up: a registry must not be able to hold a pipeline.
constexpr long k_low_speed_bytes = 64;
constexpr long k_low_speed_seconds = 30;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

// What one exchange gathers. Callbacks are called from C: nothing may be thrown through them.
struct Exchange {
  const HttpRequest* request = nullptr;
  const CurlLibrary* curl = nullptr;
  CURL* easy = nullptr;
  HttpResponse response;
  std::size_t header_bytes = 0;
  std::uint64_t body_bytes = 0;
  std::size_t sent = 0;
  Status problem;

  bool stop(Status status) {
    problem = std::move(status);
    return false;
  }

  bool header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > k_max_header_bytes)
      return stop(fail(ErrorKind::limit, "remote.too-large", "the registry's headers are too large"));
    if (line.starts_with("HTTP/")) {  // a new answer, after "100 Continue" or a proxy's
      response.headers.clear();
      return true;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    std::string name(trimmed(line.substr(0, colon)));
    std::transform(name.begin(), name.end(), name.begin(), lower);
    response.headers.emplace_back(std::move(name), std::string(trimmed(line.substr(colon + 1))));
    return true;
  }

  bool body(BytesView piece) {
    long status = 0;
    curl->getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    const bool good = status >= 200 && status <= 299;
    // What explains a refusal may be longer than the small thing that was asked for.
    const std::uint64_t most = good ? request->max_bytes : std::max(request->max_bytes, k_max_error_bytes);
    body_bytes += piece.size();
    if (body_bytes > most) {
      return stop(fail(ErrorKind::limit, "remote.too-large",
                       "the registry's answer is larger than " + std::to_string(most) + " bytes"));
    }
    if (!request->sink || !good) {
      response.body += piece;
      return true;
    }
    Status taken = request->sink(piece);
    return taken ? true : stop(std::move(taken));
  }
};

std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* user) noexcept {
  try {
    return static_cast<Exchange*>(user)->header({bytes, size}) ? size : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* user) noexcept {
  try {
    return static_cast<Exchange*>(user)->body({bytes, size}) ? size : CURL_WRITEFUNC_PAUSE - 1;
  } catch (const std::exception&) {
    return CURL_WRITEFUNC_PAUSE - 1;
  }
}

std::size_t on_read(char* out, std::size_t, std::size_t room, void* user) noexcept {
  auto& exchange = *static_cast<Exchange*>(user);
  const BytesView rest = exchange.request->body.substr(exchange.sent);
  const std::size_t size = std::min(room, rest.size());
  std::copy_n(rest.data(), size, out);
  exchange.sent += size;
  return size;
}

int on_seek(void* user, curl_off_t offset, int origin) noexcept {
  auto& exchange = *static_cast<Exchange*>(user);
  if (origin != SEEK_SET || offset < 0 || static_cast<std::size_t>(offset) > exchange.request->body.size())
    return CURL_SEEKFUNC_CANTSEEK;
  exchange.sent = static_cast<std::size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::string_view host_of(std::string_view url) {
  const std::size_t begin = url.find("://");
  const std::string_view rest = begin == std::string_view::npos ? url : url.substr(begin + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

tl::unexpected<Error> failure(CURLcode code, const std::string& reason, std::string_view url) {
  const std::string where = std::string(host_of(url)) + ": " + reason;
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
      return fail(
          ErrorKind::tool, "remote.tls", where,
          "name the authority of a private registry by --ca-file; for one without TLS say --plain-http");
    case CURLE_OPERATION_TIMEDOUT:
      return fail(ErrorKind::tool, "remote.timeout", where);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return fail(ErrorKind::invalid, "remote.url", where);
    default:
      return fail(ErrorKind::tool, "remote.unreachable", where);
  }
}

class CurlHttp final : public Http {
 public:
  CurlHttp(const CurlLibrary& curl, CURL* easy, HttpOptions options)
      : curl_(curl), easy_(easy), options_(std::move(options)) {}
  ~CurlHttp() override { curl_.cleanup(easy_); }
  CurlHttp(const CurlHttp&) = delete;
  CurlHttp& operator=(const CurlHttp&) = delete;

  Result<HttpResponse> exchange(const HttpRequest& request) override {
    Exchange state;
    state.request = &request;
    state.curl = &curl_;
    state.easy = easy_;
    curl_.easy_reset(easy_);  // keeps connections and the DNS cache
    set_common(request, state);
    set_method(request);
    curl_slist* list = nullptr;
    for (const auto& [name, value] : request.headers) {
      list = curl_.slist_append(list, (name + ": " + value).c_str());
    }
    // Without this curl waits a second for "100 Continue", which registries do not send.
    list = curl_.slist_append(list, "Expect:");
    set(CURLOPT_HTTPHEADER, list);
    char reason[CURL_ERROR_SIZE] = {};
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(reason));
    const CURLcode code = curl_.perform(easy_);
    curl_.slist_free_all(list);
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
    if (!state.problem) return tl::unexpected(state.problem.error());
    if (code != CURLE_OK)
      return failure(code, reason[0] != '\0' ? reason : curl_.strerror(code), request.url);
    long status = 0;
    curl_.getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    state.response.status = static_cast<int>(status);
    return std::move(state.response);
  }

 private:
  template <typename T>
  void set(CURLoption option, T value) {
    curl_.setopt(easy_, option, value);
  }

  void set_common(const HttpRequest& request, Exchange& state) {
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_CONNECTTIMEOUT, k_connect_seconds);
    set(CURLOPT_TIMEOUT, static_cast<long>(request.deadline.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, k_low_speed_bytes);
    set(CURLOPT_LOW_SPEED_TIME, k_low_speed_seconds);
    set(CURLOPT_USERAGENT, options_.user_agent.c_str());
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    if (is_loopback(host_of(request.url))) set(CURLOPT_PROXY, "");
    set(CURLOPT_HEADERFUNCTION, &on_header);
    set(CURLOPT_HEADERDATA, &state);
    set(CURLOPT_WRITEFUNCTION, &on_body);
    set(CURLOPT_WRITEDATA, &state);
    set(CURLOPT_READFUNCTION, &on_read);
    set(CURLOPT_READDATA, &state);
    set(CURLOPT_SEEKFUNCTION, &on_seek);
    set(CURLOPT_SEEKDATA, &state);
  }

  void set_method(const HttpRequest& request) {
    const auto size = static_cast<curl_off_t>(request.body.size());
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (request.method == "GET") {
      set(CURLOPT_HTTPGET, 1L);
    } else if (request.method == "POST") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, size);
    } else if (request.method == "PUT" || request.method == "PATCH") {
      set(CURLOPT_UPLOAD, 1L);
      set(CURLOPT_INFILESIZE_LARGE, size);
    }
    if (request.method != "HEAD" && request.method != "GET")
      set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  const CurlLibrary& curl_;
  CURL* easy_;
  HttpOptions options_;
};

}  // namespace

std::string_view HttpResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

std::vector<std::string_view> HttpResponse::all(std::string_view lower_case_name) const {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) out.emplace_back(value);
  }
  return out;
}

Result<std::unique_ptr<Http>> open_http(const HttpOptions& options) {
  const CurlLibrary* curl = SLUICE_TRY(curl_library());
  CURL* easy = curl->easy_init();
  if (easy == nullptr) return fail(ErrorKind::unsupported, "remote.no-libcurl", "libcurl makes no handle");
  return std::unique_ptr<Http>(std::make_unique<CurlHttp>(*curl, easy, options));
}

}  // namespace sluice::remote
