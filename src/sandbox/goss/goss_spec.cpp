#include "sandbox/goss/goss_spec.h"

#include <algorithm>
#include <functional>

#include "base/digest.h"
#include "sandbox/capabilities.h"
#include "sandbox/goss/matcher.h"
#include "sandbox/goss/values.h"
#include "sandbox/text.h"

namespace sluice::sandbox::goss {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

constexpr std::int64_t k_max_timeout_ms = 3'600'000;

bool is_local(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]" || host == "0.0.0.0" || host == "::1";
}

// What an item of any kind may have besides its own attributes.
void pass_over_notes(Mapping& item) {
  for (const char* key : {"title", "meta"}) static_cast<void>(item.get(key));
}

class Parser {
 public:
  Parser(const Document& document, const Node& root)
      : document_(document), top_(document, root, "goss file") {}

  Result<GossFile> parse() {
    loosen_run();
    const std::vector<std::pair<const char*, Status (Parser::*)(Mapping&, const std::string&)>> kinds{
        {"file", &Parser::file},   {"package", &Parser::package},   {"user", &Parser::user},
        {"group", &Parser::group}, {"matching", &Parser::matching}, {"command", &Parser::command},
        {"http", &Parser::http},   {"port", &Parser::port},         {"process", &Parser::process},
        {"dns", &Parser::dns},     {"addr", &Parser::addr}};
    for (const auto& [kind, read] : kinds) SLUICE_CHECK(items(kind, read));
    SLUICE_CHECK(foreign("service", "an image has no service manager"));
    SLUICE_CHECK(foreign("kernel-param", "kernel parameters are the host's, not the image's"));
    SLUICE_CHECK(foreign("mount", "mounts are the engine's, not the image's"));
    SLUICE_CHECK(foreign("interface", "network interfaces are the engine's, not the image's"));
    SLUICE_CHECK(includes());
    SLUICE_CHECK(top_.finish());
    if (spec_.tests.empty() && includes_.empty())
      return fail(document_.error(top_.node(), "config.range", "the file has no tests"));
    if (spec_.tests.size() > k_max_tests) {
      return fail(document_.error(top_.node(), "config.range",
                                  "more than " + std::to_string(k_max_tests) + " tests"));
    }
    std::sort(includes_.begin(), includes_.end());
    return GossFile{std::move(spec_), std::move(includes_)};
  }

 private:
  using Reader = Status (Parser::*)(Mapping&, const std::string&);

  // These files were written for an engine's defaults: a writable root and its usual capabilities.
  void loosen_run() {
    spec_.run.read_only = false;
    spec_.run.network = Network::loopback;
    spec_.run.capabilities = default_capabilities();
    spec_.run.limits = {.memory_bytes = 2ull << 30,
                        .cpu_milli = 0,
                        .pids = 4096,
                        .disk_bytes = 1ull << 30,
                        .time = std::chrono::minutes(5)};
    spec_.goss = true;
  }

  Status items(const std::string& kind, Reader read) {
    const Node* node = top_.get(kind);
    if (node == nullptr) return {};
    if (node->kind != yaml::Kind::mapping)
      return fail(document_.error(*node, "config.type", kind + " must map names to attributes"));
    for (const yaml::Entry& entry : node->entries) {
      kind_ = kind;
      name_ = kind + " " + entry.key.text;
      Mapping item(document_, entry.value, name_);
      pass_over_notes(item);
      if (SLUICE_TRY(item.optional_bool("skip", false))) {
        not_judged("", "the file says skip");
        continue;
      }
      SLUICE_CHECK((this->*read)(item, entry.key.text));
      SLUICE_CHECK(item.finish());
    }
    return {};
  }

  // A kind of which nothing can be said; its attributes are not looked at.
  Status foreign(const std::string& kind, const std::string& reason) {
    const Node* node = top_.get(kind);
    if (node == nullptr) return {};
    if (node->kind != yaml::Kind::mapping)
      return fail(document_.error(*node, "config.type", kind + " must map names to attributes"));
    for (const yaml::Entry& entry : node->entries) {
      kind_ = kind;
      name_ = kind + " " + entry.key.text;
      not_judged("", reason);
    }
    return {};
  }

  // {PATH: {}}, or {any name: {file: PATH}}
  Status includes() { return items("gossfile", &Parser::include); }
  Status include(Mapping& item, const std::string& id) {
    std::string path = SLUICE_TRY(item.optional_string("file")).value_or(id);
    if (path.empty() || path.find('\0') != std::string::npos)
      return fail(document_.error(item.node(), "config.range", "an included file has a path"));
    includes_.push_back(std::move(path));
    return {};
  }

  void add(decltype(Test::body) body, const std::string& suffix = {}) {
    spec_.tests.push_back({suffix.empty() ? name_ : name_ + ": " + suffix, std::move(body)});
  }
  void not_judged(const std::string& attribute, const std::string& reason) {
    add(UnjudgedTest{kind_, reason}, attribute);
  }

  // The matcher at a key, or nothing: it is not there, or not judged, which is then recorded.
  Result<std::shared_ptr<const ValueMatcher>> matcher(Mapping& item, const std::string& key, bool text) {
    const Node* node = item.get(key);
    if (node == nullptr) return std::shared_ptr<const ValueMatcher>();
    auto made = parse_matcher(document_, *node, text);
    if (made || made.error().code != "goss.unjudged") return made;
    not_judged(key, made.error().message);
    return std::shared_ptr<const ValueMatcher>();
  }

  Status attribute(Mapping& item, FactsTest& test, const std::string& key, bool text = false) {
    if (auto made = SLUICE_TRY(matcher(item, key, text))) test.attributes.emplace_back(key, std::move(made));
    return {};
  }

  void unjudged_keys(Mapping& item, std::initializer_list<const char*> keys, const std::string& reason) {
    for (const char* key : keys) {
      if (item.get(key) != nullptr) not_judged(key, reason);
    }
  }

  // A thing of the image: its name may stand in a key of its own.
  Status facts(Mapping& item, const std::string& id, const char* name_key, const char* there_key,
               std::initializer_list<const char*> keys) {
    FactsTest test;
    test.kind = kind_;
    test.subject = SLUICE_TRY(item.optional_string(name_key)).value_or(id);
    SLUICE_TRY(item.required(there_key));
    const Node* there = item.get(there_key);
    test.must_exist = there == nullptr || there->text != "false";
    SLUICE_CHECK(attribute(item, test, there_key));
    for (const char* key : keys) SLUICE_CHECK(attribute(item, test, key));
    if (!test.attributes.empty()) add(std::move(test));
    return {};
  }

  Status file(Mapping& item, const std::string& id) {
    FactsTest test;
    test.kind = kind_;
    test.subject = SLUICE_TRY(item.optional_string("path")).value_or(id);
    if (!test.subject.starts_with('/'))
      return fail(document_.error(item.node(), "config.range", "the path must be absolute"));
    const Node* there = SLUICE_TRY(item.required("exists"));
    test.must_exist = there->text != "false";
    for (const char* key :
         {"exists", "mode", "size", "owner", "group", "uid", "gid", "filetype", "linked-to", "sha256"})
      SLUICE_CHECK(attribute(item, test, key));
    SLUICE_CHECK(contents(item, test));
    unjudged_keys(item, {"md5", "sha512", "selinux"}, "only sha256 is computed");
    if (!test.attributes.empty()) add(std::move(test));
    return {};
  }

  // `contains` is its name in older files. An empty list asks nothing, not even that the file can be read.
  Status contents(Mapping& item, FactsTest& test) {
    const Node* now = item.get("contents");
    const Node* before = item.get("contains");
    if (now != nullptr && before != nullptr)
      return fail(
          document_.error(*before, "config.conflict", "contains is the old name of contents: use one"));
    const Node* node = now != nullptr ? now : before;
    if (node == nullptr || (node->kind == yaml::Kind::sequence && node->items.empty())) return {};
    if (auto made = SLUICE_TRY(matcher(item, now != nullptr ? "contents" : "contains", true)))
      test.attributes.emplace_back("contents", std::move(made));
    return {};
  }

  Status package(Mapping& item, const std::string& id) {
    return facts(item, id, "name", "installed", {"versions"});
  }
  Status user(Mapping& item, const std::string& id) {
    return facts(item, id, "username", "exists", {"uid", "gid", "groups", "home", "shell"});
  }
  Status group(Mapping& item, const std::string& id) {
    return facts(item, id, "groupname", "exists", {"gid"});
  }

  Status matching(Mapping& item, const std::string&) {
    FactsTest test;
    test.kind = kind_;
    test.content = yaml::to_json(*SLUICE_TRY(item.required("content")));
    SLUICE_TRY(item.required("matches"));
    SLUICE_CHECK(attribute(item, test, "matches"));
    if (!test.attributes.empty()) add(std::move(test));
    return {};
  }

  Result<std::chrono::milliseconds> timeout(Mapping& item, std::int64_t fallback) {
    return std::chrono::milliseconds(SLUICE_TRY(item.optional_int("timeout", fallback, 1, k_max_timeout_ms)));
  }

  Status text_checks(Mapping& item, const char* key, TextChecks& checks) {
    const Node* node = item.get(key);
    if (node == nullptr || (node->kind == yaml::Kind::sequence && node->items.empty())) return {};
    if (auto made = SLUICE_TRY(matcher(item, key, true))) checks.matchers.push_back(std::move(made));
    return {};
  }

  // A whole number, or none if it is a matcher of another kind, which is then recorded.
  Result<std::optional<std::int64_t>> number(Mapping& item, const char* key) {
    const Node* node = item.get(key);
    if (node != nullptr && node->kind == yaml::Kind::scalar)
      return SLUICE_TRY(decode::as_int(document_, *node, key));
    return std::nullopt;
  }

  Status command(Mapping& item, const std::string& id) {
    CommandTest test;
    const std::string line = SLUICE_TRY(item.optional_string("exec")).value_or(id);
    test.command = {"/bin/sh", "-c", line};
    test.timeout = SLUICE_TRY(timeout(item, 10'000));
    SLUICE_CHECK(text_checks(item, "stdout", test.out));
    SLUICE_CHECK(text_checks(item, "stderr", test.err));
    SLUICE_TRY(item.required("exit-status"));
    const auto code = SLUICE_TRY(number(item, "exit-status"));
    if (!code) {
      not_judged("", "an exit status that is not one number cannot be told from a failing command");
      return {};
    }
    if (*code < 0 || *code > 255)
      return fail(document_.error(*item.get("exit-status"), "config.range", "an exit status is 0 to 255"));
    test.exit_code = static_cast<int>(*code);
    add(std::move(test));
    return {};
  }

  // One number, or `or` of some.
  Result<std::optional<std::vector<int>>> statuses(Mapping& item) {
    const Node* node = SLUICE_TRY(item.required("status"));
    std::vector<int> list;
    const Node* any =
        node->kind == yaml::Kind::mapping && node->entries.size() == 1 ? node->find("or") : nullptr;
    const auto read = [&](const Node& one) -> Status {
      list.push_back(static_cast<int>(SLUICE_TRY(decode::as_int(document_, one, "status", 100, 599))));
      return {};
    };
    if (node->kind == yaml::Kind::scalar) {
      SLUICE_CHECK(read(*node));
    } else if (any != nullptr && any->kind == yaml::Kind::sequence) {
      for (const Node& one : any->items) SLUICE_CHECK(read(one));
    } else {
      not_judged("", "a status that is neither a number nor `or` of numbers");
      return std::nullopt;
    }
    return list;
  }

  // "Name: value": the value must contain what is said.
  Status headers(Mapping& item, HttpTest& test) {
    const Node* node = item.get("headers");
    if (node == nullptr) return {};
    if (node->kind != yaml::Kind::sequence) {
      not_judged("headers", "only a list of \"Name: value\" is judged");
      return {};
    }
    for (const Node& line : node->items) {
      const std::size_t colon = line.text.find(':');
      if (line.kind != yaml::Kind::scalar || colon == std::string::npos ||
          line.text.find_first_of("!/") == 0) {
        not_judged("headers", "only \"Name: value\" is judged, not " + line.text);
        continue;
      }
      const std::string_view text = line.text;
      test.headers.push_back(
          {std::string(trim(text.substr(0, colon))), literal_pattern(trim(text.substr(colon + 1))), true});
    }
    return {};
  }

  Status request(Mapping& item, HttpTest& test) {
    test.request.method = SLUICE_TRY(item.optional_string("method")).value_or("GET");
    test.request.body = SLUICE_TRY(item.optional_string("request-body")).value_or("");
    for (const std::string& line : SLUICE_TRY(item.optional_strings("request-headers"))) {
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos || line.find_first_of("\r\n") != std::string::npos) {
        return fail(
            document_.error(*item.get("request-headers"), "config.range", "a header is \"Name: value\""));
      }
      const std::string name(trim(line.substr(0, colon)));
      const std::string value(trim(line.substr(colon + 1)));
      if (name == "Host" || name == "host") {
        test.request.host = value;
      } else {
        test.request.headers.emplace_back(name, value);
      }
    }
    return {};
  }

  Status http(Mapping& item, const std::string& id) {
    const std::string url = SLUICE_TRY(item.optional_string("url")).value_or(id);
    HttpTest test;
    test.timeout = SLUICE_TRY(timeout(item, 5'000));
    SLUICE_CHECK(request(item, test));
    SLUICE_CHECK(headers(item, test));
    SLUICE_CHECK(text_checks(item, "body", test.body));
    static_cast<void>(SLUICE_TRY(item.optional_bool("no-follow-redirects", false)));
    static_cast<void>(SLUICE_TRY(item.optional_bool("allow-insecure", false)));
    bool whole = true;
    for (const char* key : {"username", "password", "ca-file", "cert-file", "key-file", "proxy"}) {
      const Node* node = item.get(key);
      whole = whole && (node == nullptr || node->text.empty());
    }
    const auto status = SLUICE_TRY(statuses(item));
    if (!status) return {};
    test.status = *status;
    if (!url.starts_with("http://")) {
      not_judged("", "only http:// is spoken, not TLS");
    } else if (!whole) {
      not_judged("", "accounts, certificates and proxies are not used");
    } else if (!place(url.substr(7), test)) {
      not_judged("", "only the image's own service can be asked: there is no network");
    } else {
      add(std::move(test));
    }
    return {};
  }

  // "localhost:8080/path?query"; false for another host.
  static bool place(std::string_view rest, HttpTest& test) {
    const std::size_t slash = rest.find_first_of("/?#");
    std::string_view authority = rest.substr(0, slash);
    std::string target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
    target = target.substr(0, target.find('#'));
    if (!target.starts_with('/')) target.insert(0, "/");
    if (target.find_first_of(" \r\n") != std::string::npos) return false;
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    const auto port = has_port ? parse_u32(authority.substr(colon + 1)) : std::optional<std::uint32_t>(80);
    const std::string_view host = has_port ? authority.substr(0, colon) : authority;
    if (!is_local(host) || !port || *port == 0 || *port > 65535) return false;
    test.port = static_cast<std::uint16_t>(*port);
    test.request.target = std::move(target);
    if (test.request.host == "localhost") test.request.host = std::string(authority);
    return true;
  }

  // True or false; otherwise it is recorded.
  Result<std::optional<bool>> yes_or_no(Mapping& item, const char* key) {
    const Node* node = SLUICE_TRY(item.required(key));
    if (node->kind == yaml::Kind::scalar) return SLUICE_TRY(decode::as_bool(document_, *node, key));
    not_judged("", std::string(key) + " is judged only as true or false");
    return std::nullopt;
  }

  Status port(Mapping& item, const std::string& id) {
    const std::string where = SLUICE_TRY(item.optional_string("port")).value_or(id);
    const std::size_t colon = where.find(':');
    const std::string protocol = colon == std::string::npos ? "tcp" : where.substr(0, colon);
    const auto number = parse_u32(colon == std::string::npos ? where : where.substr(colon + 1));
    const bool known = protocol == "tcp" || protocol == "tcp6" || protocol == "udp" || protocol == "udp6";
    if (!known || !number || *number == 0 || *number > 65535) {
      return fail(
          document_.error(item.node(), "config.range", "a port is \"tcp:80\", \"udp6:53\" and the like"));
    }
    PortTest test;
    test.port = static_cast<std::uint16_t>(*number);
    test.udp = protocol.starts_with("udp");
    const Node* addresses = item.get("ip");
    const auto listening = SLUICE_TRY(yes_or_no(item, "listening"));
    if (!listening) return {};
    test.listening = *listening;
    const bool list =
        addresses != nullptr && addresses->kind == yaml::Kind::sequence && !addresses->items.empty();
    if (addresses != nullptr && addresses->kind != yaml::Kind::sequence)
      not_judged("ip", "only a list of addresses is judged");
    if (!list || !test.listening) {
      add(std::move(test));
      return {};
    }
    for (const Node& address : addresses->items) {
      if (address.kind != yaml::Kind::scalar) {
        not_judged("ip", "only a list of addresses is judged");
        continue;
      }
      PortTest one = test;
      one.address = address.text;
      add(std::move(one), "ip " + address.text);
    }
    return {};
  }

  Status process(Mapping& item, const std::string& id) {
    ProcessTest test;
    test.process = SLUICE_TRY(item.optional_string("comm")).value_or(id);
    if (test.process.empty() || test.process.find('/') != std::string::npos)
      return fail(
          document_.error(item.node(), "config.range", "a process is named by its file, without folders"));
    const auto running = SLUICE_TRY(yes_or_no(item, "running"));
    if (!running) return {};
    test.running = *running;
    add(std::move(test));
    return {};
  }

  Status dns(Mapping& item, const std::string& id) {
    DnsTest test;
    test.host = SLUICE_TRY(item.optional_string("resolve")).value_or(id);
    const bool server = item.get("server") != nullptr;
    static_cast<void>(SLUICE_TRY(timeout(item, 500)));
    const char* key = item.has("resolvable") ? "resolvable" : "resolveable";  // its name in older files
    const Node* addresses = item.get("addrs");
    const auto resolvable = SLUICE_TRY(yes_or_no(item, key));
    if (!resolvable) return {};
    test.resolvable = *resolvable;
    if (server || !is_local(test.host)) {
      not_judged("", "there is no network: only localhost is looked up, in the image's hosts file");
      return {};
    }
    if (addresses != nullptr && addresses->kind == yaml::Kind::sequence) {
      for (const Node& address : addresses->items) {
        if (address.kind == yaml::Kind::scalar) test.addresses.push_back(address.text);
        if (address.kind != yaml::Kind::scalar)
          not_judged("addrs", "only addresses as they are written are judged");
      }
    } else if (addresses != nullptr) {
      not_judged("addrs", "only a list of addresses is judged");
    }
    add(std::move(test));
    return {};
  }

  Status addr(Mapping& item, const std::string& id) {
    const std::string where = SLUICE_TRY(item.optional_string("address")).value_or(id);
    static_cast<void>(SLUICE_TRY(timeout(item, 500)));
    const bool local_address = item.get("local-address") != nullptr;
    const auto reachable = SLUICE_TRY(yes_or_no(item, "reachable"));
    if (!reachable) return {};
    HttpTest parts;
    if (local_address || !where.starts_with("tcp://") || where.find(':', 6) == std::string::npos ||
        !place(std::string_view(where).substr(6), parts)) {
      not_judged("", "there is no network: only tcp://localhost:PORT is looked at");
      return {};
    }
    PortTest test;
    test.port = parts.port;
    test.listening = *reachable;
    add(std::move(test));
    return {};
  }

  const Document& document_;
  Mapping top_;
  TestSpec spec_;
  std::vector<std::string> includes_;
  std::string kind_;
  std::string name_;
};

}  // namespace

Result<GossFile> parse_goss_file(std::string_view text, std::string_view name) {
  const Document document(text, name);
  // Offsets are 32 bits wide; a longer text is refused by the reader below.
  if (const std::size_t at = text.find("{{"); at < UINT32_MAX - 2) {
    Node place;
    place.span = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 2)};
    return fail(document.error(place, "goss.template", "templates are not filled in here",
                               "render the file first: goss render > rendered.yaml"));
  }
  const Node root = SLUICE_TRY(yaml::parse_one(text, name));
  GossFile file = SLUICE_TRY(Parser(document, root).parse());
  file.spec.sha256 = sha256(text).hex();
  return file;
}

Result<TestSpec> parse_goss(std::string_view text, std::string_view name) {
  GossFile file = SLUICE_TRY(parse_goss_file(text, name));
  for (const std::string& path : file.includes) {
    file.spec.tests.push_back(
        {"gossfile " + path, UnjudgedTest{"gossfile", "only files can include others"}});
  }
  return std::move(file.spec);
}

}  // namespace sluice::sandbox::goss
