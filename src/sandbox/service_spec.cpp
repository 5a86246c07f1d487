// The parts of `sluice-test.yaml` that speak of a service: ready, stop, and the tests that ask it.
#include <algorithm>

#include "base/decode.h"
#include "base/yaml.h"
#include "sandbox/command_tests.h"
#include "sandbox/dns_probe.h"
#include "sandbox/json_path.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

constexpr std::int64_t k_max_port = 65'535;

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 127 && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || (c >= ' ' && c != 127) || c < 0; });
}

// What would end a line of the request could smuggle another one in.
Status check_request(Mapping& mapping, const HttpRequest& request) {
  const auto refuse = [&](const std::string& what) -> Status {
    return fail(
        mapping.document().error(mapping.node(), "config.range", what + " cannot stand in an HTTP request"));
  };
  if (!is_token(request.method)) return refuse("this method");
  const bool printable =
      std::all_of(request.target.begin(), request.target.end(), [](char c) { return c > ' ' && c < 127; });
  if (!request.target.starts_with('/') || !printable) return refuse("this path");
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value)) return refuse("the header " + name);
  }
  return {};
}

Result<std::vector<int>> statuses(Mapping& mapping) {
  const Node* node = mapping.get("status");
  if (node == nullptr) return std::vector<int>{200};
  std::vector<int> list;
  const auto add = [&](const Node& item) -> Status {
    list.push_back(
        static_cast<int>(SLUICE_TRY(decode::as_int(mapping.document(), item, "status", 100, 599))));
    return {};
  };
  if (node->kind != yaml::Kind::sequence) {
    SLUICE_CHECK(add(*node));
    return list;
  }
  for (const Node& item : node->items) SLUICE_CHECK(add(item));
  if (!list.empty()) return list;
  return fail(mapping.document().error(*node, "config.range", "status names no status"));
}

// {path: value} checks; a path that cannot be read is said here and not when the service runs.
Result<std::vector<ValueCheck>> json_checks(Mapping& mapping) {
  std::vector<ValueCheck> checks = SLUICE_TRY(value_checks(mapping, "json"));
  for (const ValueCheck& check : checks) {
    const auto path = JsonPath::parse(check.key);
    if (!path)
      return fail(mapping.document().error(*mapping.get(check.pattern ? "json_matches" : "json"),
                                           "config.range", path.error().message));
  }
  return checks;
}

}  // namespace

Result<std::uint16_t> port_of(const Document& document, const Node& node) {
  return static_cast<std::uint16_t>(SLUICE_TRY(decode::as_int(document, node, "port", 1, k_max_port)));
}

Result<DnsTest> dns_test(Mapping& mapping) {
  DnsTest test;
  test.host = SLUICE_TRY(mapping.required_string("host"));
  if (const Node* port = mapping.get("port")) test.port = SLUICE_TRY(port_of(mapping.document(), *port));
  test.resolvable = SLUICE_TRY(mapping.optional_bool("resolvable", true));
  test.addresses = SLUICE_TRY(mapping.optional_strings("addresses"));
  test.timeout = SLUICE_TRY(optional_time(mapping, "timeout")).value_or(test.timeout);
  if (!is_host_name(test.host)) {
    return fail(mapping.document().error(*mapping.get("host"), "config.range", "host is no DNS name"));
  }
  if (test.resolvable || test.addresses.empty()) return test;
  return fail(mapping.document().error(*mapping.get("addresses"), "config.conflict",
                                       "a name that must not resolve has no addresses"));
}

Result<HttpTest> http_test(Mapping& mapping) {
  HttpTest test;
  const Node* port = SLUICE_TRY(mapping.required("port"));
  test.port = SLUICE_TRY(port_of(mapping.document(), *port));
  test.request.target = SLUICE_TRY(mapping.optional_string("path")).value_or("/");
  test.request.method = SLUICE_TRY(mapping.optional_string("method")).value_or("GET");
  if (const Node* headers = mapping.get("headers")) {
    test.request.headers = SLUICE_TRY(as_env(mapping.document(), *headers, "headers"));
  }
  test.request.body = SLUICE_TRY(mapping.optional_string("body")).value_or("");
  SLUICE_CHECK(check_request(mapping, test.request));
  test.status = SLUICE_TRY(statuses(mapping));
  test.headers = SLUICE_TRY(value_checks(mapping, "response_headers"));
  test.body = SLUICE_TRY(optional_checks(mapping, "content"));
  test.json = SLUICE_TRY(json_checks(mapping));
  test.timeout = SLUICE_TRY(optional_time(mapping, "timeout")).value_or(test.timeout);
  return test;
}

Result<PortTest> port_test(Mapping& mapping) {
  PortTest test;
  const Node* port = SLUICE_TRY(mapping.required("port"));
  test.port = SLUICE_TRY(port_of(mapping.document(), *port));
  test.udp = SLUICE_TRY(mapping.optional_choice("protocol", {"tcp", "udp"}, 0)) == 1;
  test.listening = SLUICE_TRY(mapping.optional_bool("listening", true));
  test.address = SLUICE_TRY(mapping.optional_string("address"));
  return test;
}

Result<ProcessTest> process_test(Mapping& mapping) {
  ProcessTest test;
  test.process = SLUICE_TRY(mapping.required_string("process"));
  test.running = SLUICE_TRY(mapping.optional_bool("running", true));
  test.uid = SLUICE_TRY(id_of(mapping, "uid"));
  if (!test.process.empty() && test.process.find('/') == std::string::npos) return test;
  return fail(mapping.document().error(mapping.node(), "config.range",
                                       "process must be a file name, without folders"));
}

Result<LogTest> log_test(Mapping& mapping) {
  LogTest test;
  test.out = SLUICE_TRY(optional_checks(mapping, "stdout"));
  test.err = SLUICE_TRY(optional_checks(mapping, "stderr"));
  if (!test.out.empty() || !test.err.empty()) return test;
  return fail(
      mapping.document().error(mapping.node(), "config.missing-key", "a log test needs stdout or stderr"));
}

Result<Ready> parse_ready(const Document& document, const Node& node) {
  Mapping mapping(document, node, "ready");
  Ready ready;
  if (const Node* http = mapping.get("http")) {
    Mapping inner(document, *http, "ready.http");
    ready.http = SLUICE_TRY(http_test(inner));
    SLUICE_CHECK(inner.finish());
  }
  if (const Node* tcp = mapping.get("tcp")) ready.tcp = SLUICE_TRY(port_of(document, *tcp));
  ready.log = SLUICE_TRY(mapping.optional_string("log"));
  ready.exec = SLUICE_TRY(optional_words(mapping, "exec"));
  ready.healthcheck = SLUICE_TRY(mapping.optional_bool("healthcheck", false));
  ready.timeout = SLUICE_TRY(optional_time(mapping, "timeout")).value_or(ready.timeout);
  ready.interval = SLUICE_TRY(optional_time(mapping, "interval")).value_or(ready.interval);
  SLUICE_CHECK(mapping.finish());
  if (ready.exec && (ready.exec->empty() || ready.exec->front().empty())) {
    return fail(document.error(node, "config.range", "ready.exec names no program"));
  }
  const int ways = int{ready.http.has_value()} + int{ready.tcp.has_value()} + int{ready.log.has_value()} +
                   int{ready.exec.has_value()} + int{ready.healthcheck};
  if (ways == 1) return ready;
  return fail(document.error(node, "config.conflict",
                             "ready needs exactly one of http, tcp, log, exec, healthcheck"));
}

Result<Stop> parse_stop(const Document& document, const Node& node) {
  Mapping mapping(document, node, "stop");
  Stop stop;
  if (const auto name = SLUICE_TRY(mapping.optional_string("signal"))) {
    stop.signal = signal_number(*name);
    if (!stop.signal)
      return fail(document.error(*mapping.get("signal"), "config.choice", "there is no signal " + *name));
  }
  stop.within = SLUICE_TRY(optional_time(mapping, "within")).value_or(stop.within);
  SLUICE_CHECK(mapping.finish());
  return stop;
}

}  // namespace sluice::sandbox
