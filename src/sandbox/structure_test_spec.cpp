// container-structure-test files, schema 1.0.0 and 2.0.0, in our form. Where we differ on purpose, the table
// in docs/formats/container-structure-test.md says so.
#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/decode.h"
#include "base/yaml.h"
#include "sandbox/capabilities.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

constexpr std::int64_t k_any_id = -1;

// Any scalar, as written: Go's decoder takes `value: 8080` for a text too.
Result<std::string> text_of(const Document& document, const Node& node, std::string_view what) {
  if (node.kind == yaml::Kind::scalar) return node.text;
  return fail(document.error(node, "config.type", std::string(what) + " must be a text"));
}

Result<std::string> text_at(Mapping& mapping, std::string_view key) {
  const Node* node = mapping.get(key);
  return node == nullptr ? Result<std::string>(std::string()) : text_of(mapping.document(), *node, key);
}

// As Go's decoder of YAML 1.1 takes them: plain yes, no, on and off are booleans too.
Result<bool> bool_at(Mapping& mapping, std::string_view key, bool fallback) {
  const Node* node = mapping.get(key);
  if (node == nullptr) return fallback;
  if (node->kind == yaml::Kind::scalar && node->style == yaml::Style::plain) {
    std::string word = node->text;
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (word == "true" || word == "yes" || word == "on" || word == "y") return true;
    if (word == "false" || word == "no" || word == "off" || word == "n") return false;
  }
  return fail(mapping.document().error(*node, "config.type", std::string(key) + " must be true or false"));
}

Result<std::string> required_text(Mapping& mapping, std::string_view key) {
  const Node* node = SLUICE_TRY(mapping.required(key));
  std::string text = SLUICE_TRY(text_of(mapping.document(), *node, key));
  if (!text.empty()) return text;
  return fail(mapping.document().error(*node, "config.range", std::string(key) + " must not be empty"));
}

Result<std::vector<std::string>> words_at(Mapping& mapping, std::string_view key) {
  return SLUICE_TRY(optional_words(mapping, key)).value_or(std::vector<std::string>{});
}

Result<std::vector<std::string>> patterns_at(Mapping& mapping, std::string_view key) {
  const Node* node = mapping.get(key);
  return node == nullptr ? Result<std::vector<std::string>>(std::vector<std::string>{})
                         : as_patterns(mapping.document(), *node, key);
}

// Calls `each` for the items of a list; absent is empty.
template <typename Each>
Status for_items(Mapping& mapping, std::string_view key, Each each) {
  const Node* list = mapping.get(key);
  if (list == nullptr) return {};
  if (list->kind != yaml::Kind::sequence) {
    return fail(mapping.document().error(*list, "config.type", std::string(key) + " must be a list"));
  }
  for (const Node& item : list->items) SLUICE_CHECK(each(item));
  return {};
}

// [{key, value, isRegex}]
Result<std::vector<ValueCheck>> values_at(Mapping& mapping, std::string_view key) {
  std::vector<ValueCheck> values;
  const Document& document = mapping.document();
  const Status read = for_items(mapping, key, [&](const Node& item) -> Status {
    Mapping entry(document, item, std::string(key));
    ValueCheck value;
    value.key = SLUICE_TRY(required_text(entry, "key"));
    value.value = SLUICE_TRY(text_at(entry, "value"));
    value.pattern = SLUICE_TRY(bool_at(entry, "isRegex", false));
    SLUICE_CHECK(entry.finish());
    values.push_back(std::move(value));
    return {};
  });
  SLUICE_CHECK(read);
  return values;
}

Result<EnvList> env_at(Mapping& mapping, std::string_view key) {
  EnvList env;
  for (ValueCheck& value : SLUICE_TRY(values_at(mapping, key))) {
    env.emplace_back(std::move(value.key), std::move(value.value));
  }
  return env;
}

Result<std::vector<std::vector<std::string>>> commands_at(Mapping& mapping, std::string_view key) {
  std::vector<std::vector<std::string>> commands;
  const Status read = for_items(mapping, key, [&](const Node& item) -> Status {
    commands.push_back(SLUICE_TRY(as_words(mapping.document(), item, key)));
    if (!commands.back().empty()) return {};
    return fail(mapping.document().error(item, "config.range", std::string(key) + " has an empty command"));
  });
  SLUICE_CHECK(read);
  return commands;
}

class StructureTest {
 public:
  StructureTest(const Document& document, const Node& root)
      : document_(document), top_(document, root, "the test file") {}

  Result<TestSpec> parse() {
    const std::string version = SLUICE_TRY(required_text(top_, "schemaVersion"));
    if (version != "1.0.0" && version != "2.0.0") {
      return fail(document_.error(*top_.get("schemaVersion"), "config.choice",
                                  "schemaVersion must be 1.0.0 or 2.0.0, found " + version));
    }
    second_ = version == "2.0.0";
    spec_.structure_test = true;
    loosen_run();
    global_env_ = SLUICE_TRY(env_at(top_, "globalEnvVars"));
    SLUICE_CHECK(command_tests());
    SLUICE_CHECK(content_tests());
    SLUICE_CHECK(existence_tests());
    SLUICE_CHECK(licence_tests());
    if (second_) {
      SLUICE_CHECK(metadata_test());
      SLUICE_CHECK(run_options());
    }
    SLUICE_CHECK(top_.finish());
    return check_tests();
  }

 private:
  // These files were written for an engine's defaults: a writable root and its usual capabilities.
  void loosen_run() {
    RunSettings& run = spec_.run;
    run.read_only = false;
    run.network = Network::loopback;
    run.capabilities = default_capabilities();
    run.limits = {.memory_bytes = 2ull << 30,
                  .cpu_milli = 0,
                  .pids = 4096,
                  .disk_bytes = 1ull << 30,
                  .time = std::chrono::minutes(5)};
  }

  void add(std::string name, decltype(Test::body) body) {
    spec_.tests.push_back({std::move(name), std::move(body)});
  }

  Status command_tests() {
    return for_items(top_, "commandTests", [&](const Node& item) -> Status {
      Mapping entry(document_, item, "commandTests");
      CommandTest test;
      test.expand = true;
      std::string name = SLUICE_TRY(required_text(entry, "name"));
      test.setup = SLUICE_TRY(commands_at(entry, "setup"));
      // Only run by upstream's driver for the host, where things must be put back.
      static_cast<void>(SLUICE_TRY(commands_at(entry, "teardown")));
      test.global_env = global_env_;
      test.env = SLUICE_TRY(env_at(entry, "envVars"));
      test.exit_code = static_cast<int>(SLUICE_TRY(entry.optional_int("exitCode", 0, INT32_MIN, INT32_MAX)));
      SLUICE_CHECK(program(entry, test));
      test.out.include = SLUICE_TRY(patterns_at(entry, "expectedOutput"));
      test.out.exclude = SLUICE_TRY(patterns_at(entry, "excludedOutput"));
      test.err.include = SLUICE_TRY(patterns_at(entry, "expectedError"));
      test.err.exclude = SLUICE_TRY(patterns_at(entry, "excludedError"));
      SLUICE_CHECK(entry.finish());
      add(std::move(name), std::move(test));
      return {};
    });
  }

  // 1.0.0 has the whole command as a list; 2.0.0 a program and its arguments.
  Status program(Mapping& entry, CommandTest& test) const {
    const Node* command = SLUICE_TRY(entry.required("command"));
    if (second_) {
      test.command = {SLUICE_TRY(text_of(document_, *command, "command"))};
      for (std::string& word : SLUICE_TRY(words_at(entry, "args"))) test.command.push_back(std::move(word));
    } else {
      test.command = SLUICE_TRY(as_words(document_, *command, "command"));
    }
    if (!test.command.empty() && !test.command[0].empty()) return {};
    return fail(document_.error(*command, "config.range", "command names no program"));
  }

  Status content_tests() {
    return for_items(top_, "fileContentTests", [&](const Node& item) -> Status {
      Mapping entry(document_, item, "fileContentTests");
      std::string name = SLUICE_TRY(required_text(entry, "name"));
      FileTest test;
      test.path = SLUICE_TRY(required_text(entry, "path"));
      test.type = FileKind::file;
      test.content.include = SLUICE_TRY(patterns_at(entry, "expectedContents"));
      test.content.exclude = SLUICE_TRY(patterns_at(entry, "excludedContents"));
      SLUICE_CHECK(entry.finish());
      add(std::move(name), std::move(test));
      return {};
    });
  }

  Result<std::optional<std::uint32_t>> id(Mapping& entry, std::string_view key) const {
    const std::int64_t value = SLUICE_TRY(entry.optional_int(key, k_any_id, k_any_id, UINT32_MAX - 1));
    if (value == k_any_id) return std::nullopt;
    return static_cast<std::uint32_t>(value);
  }

  Status existence_tests() {
    return for_items(top_, "fileExistenceTests", [&](const Node& item) -> Status {
      Mapping entry(document_, item, "fileExistenceTests");
      std::string name = SLUICE_TRY(required_text(entry, "name"));
      FileTest test;
      test.follow = false;
      test.expand = true;
      test.path = SLUICE_TRY(required_text(entry, "path"));
      test.exists = SLUICE_TRY(bool_at(entry, "shouldExist", true));
      if (std::string permissions = SLUICE_TRY(text_at(entry, "permissions")); !permissions.empty()) {
        test.permissions = std::move(permissions);
      }
      if (second_) {
        test.uid = SLUICE_TRY(id(entry, "uid"));
        test.gid = SLUICE_TRY(id(entry, "gid"));
        test.executable_by = static_cast<ExecutableBy>(
            SLUICE_TRY(entry.optional_choice("isExecutableBy", {"", "owner", "group", "other", "any"}, 0)));
      }
      SLUICE_CHECK(entry.finish());
      add(std::move(name), std::move(test));
      return {};
    });
  }

  Status licence_tests() {
    return for_items(top_, "licenseTests", [&](const Node& item) -> Status {
      Mapping entry(document_, item, "licenseTests");
      LicenceTest test;
      test.debian = SLUICE_TRY(bool_at(entry, "debian", false));
      test.files = SLUICE_TRY(words_at(entry, "files"));
      SLUICE_CHECK(entry.finish());
      add("License Test #" + std::to_string(++licences_), std::move(test));
      return {};
    });
  }

  Status metadata_test() {
    const Node* node = top_.get("metadataTest");
    if (node == nullptr) return {};
    Mapping entry(document_, *node, "metadataTest");
    MetadataTest test;
    test.env = SLUICE_TRY(values_at(entry, "envVars"));
    test.env_absent = SLUICE_TRY(names_at(entry, "unboundEnvVars"));
    test.labels = SLUICE_TRY(values_at(entry, "labels"));
    test.exposed_ports = SLUICE_TRY(words_at(entry, "exposedPorts"));
    test.unexposed_ports = SLUICE_TRY(words_at(entry, "unexposedPorts"));
    test.volumes = SLUICE_TRY(words_at(entry, "volumes"));
    test.unmounted_volumes = SLUICE_TRY(words_at(entry, "unmountedVolumes"));
    test.entrypoint = SLUICE_TRY(optional_words(entry, "entrypoint"));
    test.cmd = SLUICE_TRY(optional_words(entry, "cmd"));
    const auto given = [](std::string text) {
      return text.empty() ? std::optional<std::string>() : std::move(text);
    };
    test.workdir = given(SLUICE_TRY(text_at(entry, "workdir")));
    test.user = given(SLUICE_TRY(text_at(entry, "user")));
    SLUICE_CHECK(entry.finish());
    add("Metadata Test", std::move(test));
    return {};
  }

  // Names of variables that must be unset: as a list of mappings with a key, like envVars.
  Result<std::vector<std::string>> names_at(Mapping& entry, std::string_view key) const {
    std::vector<std::string> names;
    for (ValueCheck& value : SLUICE_TRY(values_at(entry, key))) names.push_back(std::move(value.key));
    return names;
  }

  Status run_options() {
    const Node* node = top_.get("containerRunOptions");
    if (node == nullptr) return {};
    Mapping entry(document_, *node, "containerRunOptions");
    RunSettings& run = spec_.run;
    if (std::string user = SLUICE_TRY(text_at(entry, "user")); !user.empty()) run.user = std::move(user);
    run.host_env = SLUICE_TRY(optional_words(entry, "envVars"));
    const auto refuse = [&](std::string_view what) {
      if (run.refusal.empty()) run.refusal = std::string(what) + " is never given to an image under test";
    };
    if (SLUICE_TRY(bool_at(entry, "privileged", false))) refuse("privileged mode");
    if (SLUICE_TRY(bool_at(entry, "allocateTty", false))) refuse("a terminal (allocateTty)");
    if (std::string file = SLUICE_TRY(text_at(entry, "envFile")); !file.empty())
      run.env_file = std::move(file);
    if (!SLUICE_TRY(words_at(entry, "bindMounts")).empty()) refuse("a mount of the host (bindMounts)");
    for (const std::string& name : SLUICE_TRY(words_at(entry, "capabilities"))) {
      const auto bit = capability_by_name(name);
      if (!bit || (*bit & ~default_capabilities()) != 0) refuse("the capability " + name);
    }
    return entry.finish();
  }

  Result<TestSpec> check_tests() {
    if (spec_.tests.empty()) {
      return fail(document_.error(top_.node(), "config.type", "the file has no tests",
                                  "a file that tests nothing would always pass"));
    }
    if (spec_.tests.size() > k_max_tests) {
      return fail(document_.error(top_.node(), "config.range",
                                  "at most " + std::to_string(k_max_tests) + " tests in a file"));
    }
    return std::move(spec_);
  }

  const Document& document_;
  Mapping top_;
  bool second_ = false;
  EnvList global_env_;
  std::size_t licences_ = 0;
  TestSpec spec_;
};

}  // namespace

Result<TestSpec> parse_structure_test(const Document& document, Node root) {
  if (document.name().ends_with(".json")) loosen_json(root);
  SLUICE_CHECK(expand_merges(document, root));
  return StructureTest(document, root).parse();
}

}  // namespace sluice::sandbox
