#include "sandbox/test_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "base/decode.h"
#include "base/digest.h"
#include "base/yaml.h"
#include "sandbox/capabilities.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

constexpr std::int64_t k_max_exit_code = 255;
constexpr std::int64_t k_max_pids = 1 << 22;  // the kernel's own limit
constexpr double k_max_cpus = 1024;
constexpr std::size_t k_max_tmpfs = 64;

// Things that would hand a part of the host to the image under test.
constexpr auto k_refused_keys =
    std::to_array<std::string_view>({"privileged", "devices", "mounts", "bind_mounts", "binds", "pid", "ipc",
                                     "userns", "cap_add", "security_opt"});

Status refuse_dangerous(Mapping& mapping) {
  for (const std::string_view key : k_refused_keys) {
    const Node* node = mapping.node().find(key);
    if (node == nullptr) continue;
    return fail(mapping.document().error(*node, "sandbox.refused",
                                         "\"" + std::string(key) + "\" is never given to an image under test",
                                         "remove it; tests run without access to the host"));
  }
  return {};
}

Result<TextChecks> text_checks(const Document& document, const Node& node, const std::string& what) {
  Mapping mapping(document, node, what);
  TextChecks checks;
  if (const Node* list = mapping.get("include"))
    checks.include = SLUICE_TRY(as_patterns(document, *list, "include"));
  if (const Node* list = mapping.get("exclude"))
    checks.exclude = SLUICE_TRY(as_patterns(document, *list, "exclude"));
  checks.contains = SLUICE_TRY(mapping.optional_strings("contains"));
  SLUICE_CHECK(mapping.finish());
  return checks;
}

Result<std::chrono::milliseconds> time_of(const Document& document, const Node& node, std::string_view what) {
  const std::chrono::milliseconds time = SLUICE_TRY(decode::as_duration(document, node, what));
  if (time.count() > 0 && time <= k_max_time) return time;
  return fail(document.error(node, "config.range", std::string(what) + " must be over 0 and at most 1h"));
}

Result<std::uint32_t> cpu_of(const Document& document, const Node& node) {
  double cpus = 0;
  const auto [stop, error] = std::from_chars(node.text.data(), node.text.data() + node.text.size(), cpus);
  const bool number = node.kind == yaml::Kind::scalar && error == std::errc{} &&
                      stop == node.text.data() + node.text.size() && std::isfinite(cpus);
  if (number && cpus >= 0.001 && cpus <= k_max_cpus)
    return static_cast<std::uint32_t>(std::lround(cpus * 1000));
  return fail(document.error(node, "config.type", "cpu must be a number of processors, such as 0.5 or 2"));
}

Result<Limits> limits_of(const Document& document, const Node& node) {
  Mapping mapping(document, node, "limits");
  Limits limits;
  if (const Node* memory = mapping.get("memory")) {
    limits.memory_bytes = SLUICE_TRY(decode::as_size(document, *memory, "memory"));
  }
  if (const Node* disk = mapping.get("disk"))
    limits.disk_bytes = SLUICE_TRY(decode::as_size(document, *disk, "disk"));
  if (const Node* cpu = mapping.get("cpu")) limits.cpu_milli = SLUICE_TRY(cpu_of(document, *cpu));
  limits.pids =
      static_cast<std::uint32_t>(SLUICE_TRY(mapping.optional_int("pids", limits.pids, 1, k_max_pids)));
  if (const auto time = SLUICE_TRY(optional_time(mapping, "time"))) limits.time = *time;
  SLUICE_CHECK(mapping.finish());
  if (limits.memory_bytes == 0 || limits.disk_bytes == 0) {
    return fail(document.error(node, "config.range", "a limit of 0 is none, and every test has limits"));
  }
  return limits;
}

// "/tmp" or {path: /run, size: 16MiB}
Result<Tmpfs> tmpfs_of(const Document& document, const Node& node) {
  Tmpfs tmpfs;
  const Node* path = &node;
  if (node.kind == yaml::Kind::mapping) {
    Mapping mapping(document, node, "tmpfs");
    path = SLUICE_TRY(mapping.required("path"));
    if (const Node* size = mapping.get("size")) {
      tmpfs.size_bytes = SLUICE_TRY(decode::as_size(document, *size, "size"));
      if (tmpfs.size_bytes == 0)
        return fail(document.error(*size, "config.range", "a tmpfs needs a size over 0"));
    }
    SLUICE_CHECK(mapping.finish());
  }
  tmpfs.path = SLUICE_TRY(absolute_path(document, *path, "tmpfs"));
  if (tmpfs.path.find_first_not_of('/') == std::string::npos) {
    return fail(
        document.error(*path, "config.range", "a tmpfs cannot cover the root", "use read_only: false"));
  }
  return tmpfs;
}

Result<std::vector<Tmpfs>> tmpfs_list(const Document& document, const Node& node) {
  if (node.kind != yaml::Kind::sequence)
    return fail(document.error(node, "config.type", "tmpfs must be a list"));
  if (node.items.size() > k_max_tmpfs) {
    return fail(document.error(node, "config.range", "at most " + std::to_string(k_max_tmpfs) + " tmpfs"));
  }
  std::vector<Tmpfs> list;
  for (const Node& item : node.items) list.push_back(SLUICE_TRY(tmpfs_of(document, item)));
  return list;
}

Result<Network> network_of(Mapping& mapping) {
  const Node* node = mapping.get("network");
  if (node != nullptr && (node->text == "host" || node->text == "bridge")) {
    return fail(mapping.document().error(
        *node, "sandbox.refused", "the network \"" + node->text + "\" is never given to an image under test",
        "use none or loopback"));
  }
  const std::size_t choice = SLUICE_TRY(mapping.optional_choice("network", {"none", "loopback"}, 0));
  return choice == 0 ? Network::none : Network::loopback;
}

// "image", "none" or a list.
Result<std::optional<std::vector<std::string>>> entrypoint_of(Mapping& mapping) {
  const Node* node = mapping.get("entrypoint");
  if (node == nullptr || (node->kind == yaml::Kind::scalar && node->text == "image")) return std::nullopt;
  if (node->kind == yaml::Kind::scalar && node->text == "none") return std::vector<std::string>{};
  if (node->kind == yaml::Kind::sequence)
    return SLUICE_TRY(as_words(mapping.document(), *node, "entrypoint"));
  return fail(mapping.document().error(*node, "config.choice", "entrypoint must be image, none or a list"));
}

Result<std::optional<std::string>> workdir_of(Mapping& mapping) {
  const Node* node = mapping.get("workdir");
  if (node == nullptr) return std::nullopt;
  return SLUICE_TRY(absolute_path(mapping.document(), *node, "workdir"));
}

// `capabilities: [CHOWN]`, or `default` for those that engines give. None unless said; never more than the
// default.
Result<std::uint64_t> capabilities_of(Mapping& mapping) {
  const Node* node = mapping.get("capabilities");
  if (node == nullptr) return 0;
  const Document& document = mapping.document();
  if (node->kind == yaml::Kind::scalar && node->text == "default") return default_capabilities();
  std::uint64_t set = 0;
  for (const std::string& name : SLUICE_TRY(as_words(document, *node, "capabilities"))) {
    const auto bit = capability_by_name(name);
    if (!bit) return fail(document.error(*node, "config.choice", "there is no capability " + name));
    if ((*bit & ~default_capabilities()) != 0) {
      return fail(document.error(*node, "sandbox.refused",
                                 "the capability " + name + " is never given to an image under test"));
    }
    set |= *bit;
  }
  return set;
}

Result<RunSettings> run_settings(const Document& document, const Node& node) {
  Mapping mapping(document, node, "run");
  SLUICE_CHECK(refuse_dangerous(mapping));
  RunSettings run;
  run.entrypoint = SLUICE_TRY(entrypoint_of(mapping));
  run.args = SLUICE_TRY(optional_words(mapping, "args"));
  if (const Node* env = mapping.get("env")) run.env = SLUICE_TRY(as_env(document, *env, "env"));
  run.user = SLUICE_TRY(mapping.optional_string("user"));
  run.workdir = SLUICE_TRY(workdir_of(mapping));
  run.network = SLUICE_TRY(network_of(mapping));
  run.read_only = SLUICE_TRY(mapping.optional_bool("read_only", true));
  run.capabilities = SLUICE_TRY(capabilities_of(mapping));
  if (const Node* tmpfs = mapping.get("tmpfs")) run.tmpfs = SLUICE_TRY(tmpfs_list(document, *tmpfs));
  if (const Node* limits = mapping.get("limits")) run.limits = SLUICE_TRY(limits_of(document, *limits));
  SLUICE_CHECK(mapping.finish());
  return run;
}

// `command: /bin/app` or `command: [/bin/app, --version]`, and `args` after it.
Status program_of(Mapping& mapping, CommandTest& test) {
  const Document& document = mapping.document();
  test.entrypoint = SLUICE_TRY(mapping.optional_bool("entrypoint", false));
  test.args = SLUICE_TRY(optional_words(mapping, "args"));
  const Node* command = mapping.get("command");
  if (test.entrypoint) {
    if (command == nullptr) return {};
    return fail(
        document.error(*command, "config.conflict", "a test has either a command or entrypoint: true"));
  }
  command = SLUICE_TRY(mapping.required("command"));
  if (command->kind == yaml::Kind::sequence) {
    test.command = SLUICE_TRY(as_words(document, *command, "command"));
  } else {
    test.command = {SLUICE_TRY(decode::as_string(document, *command, "command"))};
  }
  if (test.command.empty() || test.command[0].empty()) {
    return fail(document.error(*command, "config.range", "command names no program"));
  }
  if (test.args) {
    test.command.insert(test.command.end(), test.args->begin(), test.args->end());
    test.args.reset();
  }
  return {};
}

// [[/app, init], [/app, seed]]
Result<std::vector<std::vector<std::string>>> commands_of(Mapping& mapping, std::string_view key) {
  std::vector<std::vector<std::string>> commands;
  const Node* list = mapping.get(key);
  if (list == nullptr) return commands;
  const Document& document = mapping.document();
  if (list->kind != yaml::Kind::sequence) {
    return fail(document.error(*list, "config.type", std::string(key) + " must be a list of commands"));
  }
  for (const Node& item : list->items) {
    commands.push_back(SLUICE_TRY(as_words(document, item, key)));
    if (!commands.back().empty() && !commands.back()[0].empty()) continue;
    return fail(document.error(item, "config.range", std::string(key) + " has an empty command"));
  }
  return commands;
}

Result<CommandTest> command_test(Mapping& mapping) {
  CommandTest test;
  SLUICE_CHECK(refuse_dangerous(mapping));
  SLUICE_CHECK(program_of(mapping, test));
  test.setup = SLUICE_TRY(commands_of(mapping, "setup"));
  test.teardown = SLUICE_TRY(commands_of(mapping, "teardown"));
  if (const Node* env = mapping.get("env")) test.env = SLUICE_TRY(as_env(mapping.document(), *env, "env"));
  test.user = SLUICE_TRY(mapping.optional_string("user"));
  test.workdir = SLUICE_TRY(workdir_of(mapping));
  const bool has_exit_code = mapping.get("exit_code") != nullptr;
  test.exit_code = static_cast<int>(SLUICE_TRY(mapping.optional_int("exit_code", 0, 0, k_max_exit_code)));
  test.out = SLUICE_TRY(optional_checks(mapping, "stdout"));
  test.err = SLUICE_TRY(optional_checks(mapping, "stderr"));
  test.timeout = SLUICE_TRY(optional_time(mapping, "timeout"));
  test.stays_up = SLUICE_TRY(optional_time(mapping, "stays_up"));
  if (test.stays_up && (test.timeout || has_exit_code)) {
    return fail(mapping.document().error(*mapping.get("stays_up"), "config.conflict",
                                         "stays_up cannot be combined with timeout or exit_code"));
  }
  return test;
}

Result<std::optional<std::uint32_t>> mode_of(Mapping& mapping) {
  const Node* node = mapping.get("mode");
  if (node == nullptr) return std::nullopt;
  // The text as written: modes are octal whether quoted or not.
  std::uint32_t mode = 0;
  const auto [stop, error] =
      std::from_chars(node->text.data(), node->text.data() + node->text.size(), mode, 8);
  const bool whole = node->kind == yaml::Kind::scalar && error == std::errc{} &&
                     stop == node->text.data() + node->text.size();
  if (whole && mode <= 07777) return mode;
  return fail(mapping.document().error(*node, "config.range", "mode must be octal, such as \"0644\""));
}

Result<FileTest> file_test(Mapping& mapping) {
  FileTest test;
  const Node* path = SLUICE_TRY(mapping.required("path"));
  test.path = SLUICE_TRY(absolute_path(mapping.document(), *path, "path"));
  test.exists = SLUICE_TRY(mapping.optional_bool("exists", true));
  const std::size_t type =
      SLUICE_TRY(mapping.optional_choice("type", {"any", "file", "directory", "symlink"}, 0));
  test.type = static_cast<FileKind>(type);
  test.follow = test.type != FileKind::symlink;
  test.mode = SLUICE_TRY(mode_of(mapping));
  test.uid = SLUICE_TRY(id_of(mapping, "uid"));
  test.gid = SLUICE_TRY(id_of(mapping, "gid"));
  test.content = SLUICE_TRY(optional_checks(mapping, "content"));
  const bool more = test.mode || test.uid || test.gid || !test.content.empty() || test.type != FileKind::any;
  if (!test.exists && more) {
    return fail(mapping.document().error(*mapping.get("exists"), "config.conflict",
                                         "a file that must not exist has no other properties"));
  }
  return test;
}

Result<MetadataTest> metadata_test(Mapping& mapping) {
  MetadataTest test;
  const auto words = [&](std::string_view key) -> Result<std::vector<std::string>> {
    return SLUICE_TRY(optional_words(mapping, key)).value_or(std::vector<std::string>{});
  };
  test.env = SLUICE_TRY(value_checks(mapping, "env"));
  test.env_absent = SLUICE_TRY(words("env_absent"));
  test.labels = SLUICE_TRY(value_checks(mapping, "labels"));
  test.exposed_ports = SLUICE_TRY(words("exposed_ports"));
  test.unexposed_ports = SLUICE_TRY(words("unexposed_ports"));
  test.volumes = SLUICE_TRY(words("volumes"));
  test.unmounted_volumes = SLUICE_TRY(words("unmounted_volumes"));
  test.entrypoint = SLUICE_TRY(optional_words(mapping, "entrypoint"));
  test.cmd = SLUICE_TRY(optional_words(mapping, "cmd"));
  test.workdir = SLUICE_TRY(mapping.optional_string("workdir"));
  test.user = SLUICE_TRY(mapping.optional_string("user"));
  return test;
}

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
  if (const Node* run = mapping.get("run")) spec.run = SLUICE_TRY(run_settings(document, *run));
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

Result<std::string> absolute_path(const Document& document, const Node& node, std::string_view what) {
  std::string path = SLUICE_TRY(decode::as_string(document, node, what));
  if (path.starts_with('/') && path.find('\0') == std::string::npos) return path;
  return fail(document.error(node, "config.range", std::string(what) + " must be an absolute path"));
}

Result<TextChecks> optional_checks(Mapping& mapping, const std::string& key) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return TextChecks{};
  return text_checks(mapping.document(), *node, key);
}

Result<std::optional<std::chrono::milliseconds>> optional_time(Mapping& mapping, std::string_view key) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return std::nullopt;
  return SLUICE_TRY(time_of(mapping.document(), *node, key));
}

Result<std::optional<std::uint32_t>> id_of(Mapping& mapping, std::string_view key) {
  if (mapping.get(key) == nullptr) return std::nullopt;
  return static_cast<std::uint32_t>(SLUICE_TRY(mapping.optional_int(key, 0, 0, UINT32_MAX - 1)));
}

Result<std::vector<ValueCheck>> value_checks(Mapping& mapping, const std::string& key) {
  std::vector<ValueCheck> checks;
  for (const bool pattern : {false, true}) {
    const std::string name = pattern ? key + "_matches" : key;
    const Node* node = mapping.get(name);
    if (node == nullptr) continue;
    for (auto& [entry, value] : SLUICE_TRY(as_env(mapping.document(), *node, name))) {
      checks.push_back({std::move(entry), std::move(value), pattern});
    }
  }
  return checks;
}

Result<EnvList> as_env(const Document& document, const Node& node, std::string_view what) {
  if (node.kind != yaml::Kind::mapping) {
    return fail(
        document.error(node, "config.type", std::string(what) + " must be a mapping of names to texts"));
  }
  EnvList list;
  for (const yaml::Entry& entry : node.entries) {
    if (entry.key.text.empty() || entry.key.text.find('=') != std::string::npos) {
      return fail(
          document.error(entry.key, "config.range", "a name in " + std::string(what) + " is not usable"));
    }
    if (entry.value.kind != yaml::Kind::scalar && entry.value.kind != yaml::Kind::null) {
      return fail(
          document.error(entry.value, "config.type", "a value in " + std::string(what) + " must be a text"));
    }
    list.emplace_back(entry.key.text, entry.value.text);
  }
  return list;
}

Result<std::vector<std::string>> as_words(const Document& document, const Node& node, std::string_view what) {
  if (node.kind != yaml::Kind::sequence) {
    return fail(document.error(node, "config.type", std::string(what) + " must be a list of texts"));
  }
  std::vector<std::string> words;
  for (const Node& item : node.items) {
    if (item.kind != yaml::Kind::scalar) {
      return fail(
          document.error(item, "config.type", "each item of " + std::string(what) + " must be a text"));
    }
    words.push_back(item.text);
  }
  return words;
}

Result<std::optional<std::vector<std::string>>> optional_words(Mapping& mapping, std::string_view key) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return std::nullopt;
  return SLUICE_TRY(as_words(mapping.document(), *node, key));
}

Result<std::vector<std::string>> as_patterns(const Document& document, const Node& node,
                                             std::string_view what) {
  std::vector<std::string> patterns = SLUICE_TRY(as_words(document, node, what));
  for (const std::string& pattern : patterns) {
    if (pattern.size() <= k_max_pattern_bytes) continue;
    return fail(document.error(node, "config.range", "a pattern of " + std::string(what) + " is too long"));
  }
  return patterns;
}

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
  TestSpec spec = root.find("schemaVersion") != nullptr ? SLUICE_TRY(parse_structure_test(document, root))
                                                        : SLUICE_TRY(parse_ours(document, root));
  spec.sha256 = sha256(text).hex();
  return spec;
}

}  // namespace sluice::sandbox
