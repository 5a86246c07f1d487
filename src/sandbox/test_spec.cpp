#include "sandbox/test_spec.h"

#include <array>
#include <set>

#include "base/decode.h"
#include "base/digest.h"
#include "base/yaml.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

// Reads the keys of one kind of test into its body.
struct KindReader {
  std::string_view kind;
  Status (*read)(Mapping& mapping, Test& test);
};

template <auto Reader>
Status read_into(Mapping& mapping, Test& test) {
  test.body = SLUICE_TRY(Reader(mapping));
  return {};
}

constexpr auto k_kinds = std::to_array<KindReader>({{"command", read_into<command_test>},
                                                    {"file", read_into<file_test>},
                                                    {"metadata", read_into<metadata_test>},
                                                    {"http", read_into<http_test>},
                                                    {"port", read_into<port_test>},
                                                    {"process", read_into<process_test>},
                                                    {"log", read_into<log_test>},
                                                    {"dns", read_into<dns_test>},
                                                    {"user", read_into<user_test>},
                                                    {"group", read_into<group_test>},
                                                    {"package", read_into<package_test>}});

Status body_of(Mapping& mapping, const Node& kind, Test& test) {
  std::vector<std::string> names;
  for (const KindReader& known : k_kinds) {
    if (kind.kind == yaml::Kind::scalar && kind.text == known.kind) return known.read(mapping, test);
    names.emplace_back(known.kind);
  }
  const std::string near = decode::nearest(kind.text, names);
  return fail(mapping.document().error(kind, "config.choice",
                                       "there is no kind of test \"" + kind.text + "\"",
                                       near.empty() ? "" : "the nearest is \"" + near + "\""));
}

Result<Test> one_test(const Document& document, const Node& node, std::size_t number) {
  Mapping mapping(document, node, "test " + std::to_string(number));
  Test test;
  const Node* kind = SLUICE_TRY(mapping.required("kind"));
  test.name = SLUICE_TRY(mapping.required_string("name"));
  if (test.name.empty()) return fail(document.error(node, "config.range", "a test needs a name"));
  SLUICE_CHECK(body_of(mapping, *kind, test));
  SLUICE_CHECK(mapping.finish());
  return test;
}

Result<TestSpec> parse_ours(const Document& document, const Node& root) {
  Mapping mapping(document, root, "the test file");
  const Node* version = SLUICE_TRY(mapping.required("version"));
  static_cast<void>(SLUICE_TRY(decode::as_int(document, *version, "version", 1, 1)));
  SLUICE_CHECK(refuse_dangerous(mapping));
  TestSpec spec;
  if (const Node* run = mapping.get("run")) spec.run = SLUICE_TRY(parse_run(document, *run));
  if (const Node* ready = mapping.get("ready")) spec.ready = SLUICE_TRY(parse_ready(document, *ready));
  if (const Node* stop = mapping.get("stop")) spec.stop = SLUICE_TRY(parse_stop(document, *stop));
  if (const Node* observe = mapping.get("observe"))
    spec.observe = SLUICE_TRY(parse_observe(document, *observe));
  if (const Node* harden = mapping.get("harden")) spec.harden = SLUICE_TRY(parse_harden(document, *harden));
  if (const Node* generate = mapping.get("generate")) {
    spec.generate = SLUICE_TRY(parse_generate(document, *generate));
  }
  const Node* tests = SLUICE_TRY(mapping.required("tests"));
  SLUICE_CHECK(mapping.finish());
  if (tests->kind != yaml::Kind::sequence || tests->items.empty()) {
    return fail(document.error(*tests, "config.type", "tests must be a list of at least one test",
                               "a file that tests nothing would always pass"));
  }
  if (tests->items.size() > k_max_tests) {
    return fail(document.error(*tests, "config.range",
                               "at most " + std::to_string(k_max_tests) + " tests in a file"));
  }
  std::set<std::string> names;  // evidence and reports tell tests apart by name
  if (spec.ready) names.insert("ready");
  if (spec.stop) names.insert("stop");
  for (const Node& item : tests->items) {
    Test test = SLUICE_TRY(one_test(document, item, spec.tests.size() + 1));
    if (!names.insert(test.name).second) {
      return fail(document.error(item, "config.duplicate", "two tests are named \"" + test.name + "\""));
    }
    const auto* dns = std::get_if<DnsTest>(&test.body);
    const bool by_network = std::holds_alternative<HttpTest>(test.body) || (dns != nullptr && dns->port != 0);
    if (by_network && spec.run.network == Network::none) {
      return fail(document.error(
          item, "config.conflict",
          "a test of kind " + std::string(kind_of(test)) + " needs a network inside the container",
          "write run: {network: loopback}"));
    }
    spec.tests.push_back(std::move(test));
  }
  const bool ready_by_network = spec.ready && (spec.ready->http || spec.ready->tcp);
  if (ready_by_network && spec.run.network == Network::none) {
    return fail(document.error(root, "config.conflict",
                               "ready by http or tcp needs a network inside the container",
                               "write run: {network: loopback}"));
  }
  return spec;
}

}  // namespace

std::string_view kind_of(const Test& test) {
  constexpr auto names =
      std::to_array<std::string_view>({"command", "file", "metadata", "licence", "http", "port", "process",
                                       "log", "dns", "user", "group", "package"});
  if (const auto* unjudged = std::get_if<UnjudgedTest>(&test.body)) return unjudged->kind;
  if (const auto* facts = std::get_if<FactsTest>(&test.body)) return facts->kind;
  return names[test.body.index()];
}

bool needs_service(const Test& test) {
  return std::holds_alternative<HttpTest>(test.body) || std::holds_alternative<PortTest>(test.body) ||
         std::holds_alternative<ProcessTest>(test.body) || std::holds_alternative<LogTest>(test.body) ||
         (std::holds_alternative<DnsTest>(test.body) && std::get<DnsTest>(test.body).port != 0);
}

Result<TestSpec> parse_test_spec(std::string_view text, std::string_view name) {
  const Node root = SLUICE_TRY(yaml::parse_one(text, name));
  const Document document(text, name);
  TestSpec spec = is_structure_test(document, root) ? SLUICE_TRY(parse_structure_test(document, root, text))
                                                    : SLUICE_TRY(parse_ours(document, root));
  spec.sha256 = sha256(text).hex();
  return spec;
}

}  // namespace sluice::sandbox
