// Answers of a server that is not trusted.
#include "sandbox/http_probe.h"

#include <string>

#include "sandbox/socket_table.h"
#include "support.h"

using namespace sluice;
using namespace sluice::sandbox;

namespace {

std::string code(const std::string& bytes, bool at_end = true) {
  const auto response = parse_response(bytes, false, at_end);
  return response ? "" : response.error().code;
}

std::string body(const std::string& bytes) {
  return parse_response(bytes, false, true).value().body;
}

}  // namespace

TEST_CASE("bodies by length, by chunks, and to the end") {
  CHECK(body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc") == "ab");
  CHECK(body("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n") ==
        "abc");
  CHECK(body("HTTP/1.0 200\r\n\r\nall of it") == "all of it");
  CHECK(body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx") == "x");
  CHECK(parse_response("HTTP/1.1 204 No\r\n\r\n", false, false).value().status == 204);
  const HttpResponse response =
      parse_response("HTTP/1.1 404 Not Found\r\nX-A:  b \r\n\r\n", true, false).value();
  CHECK(response.status == 404);
  CHECK(response.headers[0].first == "x-a");
  CHECK(response.headers[0].second == "b");
}

TEST_CASE("cut, broken and endless answers are errors") {
  CHECK(code("") == "http.incomplete");
  CHECK(code("HTT") == "http.incomplete");
  CHECK(code("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc") == "http.incomplete");
  CHECK(code("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab") == "http.incomplete");
  CHECK(code("HTTP/1.1 200 OK\r\n\r\nabc", false) == "http.incomplete");
  for (const char* broken :
       {"SSH-2.0-x", "HTTP/1.1 2 OK\r\n\r\n", "HTTP/1.1 999 X\r\n\r\n", "HTTP/1.1 200 OK\r\nnoname\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n"}) {
    CHECK_MESSAGE(code(broken) == "http.syntax", broken);
  }
  CHECK(code("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n") == "http.too-large");
  CHECK(code("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n") ==
        "http.too-large");
  CHECK(code("HTTP/1.1 200 OK\r\nA: " + std::string(k_max_http_head, 'x')) == "http.too-large");
}

TEST_CASE("listening places from the kernel's tables, and nothing from nonsense") {
  Inspection seen;
  seen.tcp =
      "  sl  local_address rem_address   st tx_queue\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000\n"
      "   1: 00000000:0050 00000000:0000 01 00000000\n"  // connected, not listening
      "   2: 0000:ZZ 0 0A\n  garbage\n";
  seen.tcp6 = "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0\n";
  seen.udp = "   0: 00000000:0035 00000000:0000 07 0\n";
  const std::vector<Listener> expected = {
      {false, "::", 22}, {true, "0.0.0.0", 53}, {false, "127.0.0.1", 8080}};
  CHECK(listeners(seen) == expected);
  CHECK(listeners({}).empty());
}
