// container-structure-test files, schema 1.0.0 and 2.0.0, in our form. Where we differ on purpose, the table
// in docs/formats/container-structure-test.md says so.
#include "base/json.h"
#include "sandbox/capabilities.h"
#include "sandbox/structure_test_values.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;
using namespace structure_test;

constexpr std::int64_t k_any_id = -1;

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
    global_env_ = std::make_shared<const EnvList>(SLUICE_TRY(env_at(top_, "globalEnvVars")));
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
      test.env = SLUICE_TRY(env_at(entry, "envVars", true));
      test.exit_code = static_cast<int>(SLUICE_TRY(int_at(entry, "exitCode", 0, INT32_MIN, INT32_MAX)));
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
      test.command = SLUICE_TRY(words_of(document_, *command, "command"));
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
      test.clean = true;
      test.content.include = SLUICE_TRY(patterns_at(entry, "expectedContents"));
      test.content.exclude = SLUICE_TRY(patterns_at(entry, "excludedContents"));
      SLUICE_CHECK(entry.finish());
      add(std::move(name), std::move(test));
      return {};
    });
  }

  Result<std::optional<std::uint32_t>> id(Mapping& entry, std::string_view key) const {
    const std::int64_t value = SLUICE_TRY(int_at(entry, key, k_any_id, k_any_id, UINT32_MAX - 1));
    if (value == k_any_id) return std::nullopt;
    return static_cast<std::uint32_t>(value);
  }

  Status existence_tests() {
    return for_items(top_, "fileExistenceTests", [&](const Node& item) -> Status {
      Mapping entry(document_, item, "fileExistenceTests");
      std::string name = SLUICE_TRY(required_text(entry, "name"));
      FileTest test;
      test.follow = false;
      test.clean = true;
      // 1.0.0 takes the path as it is written.
      test.expand = second_;
      test.global_env = global_env_;
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
    // Older releases called the first two env and unboundEnv.
    test.env = SLUICE_TRY(values_at(entry, entry.has("env") ? "env" : "envVars"));
    test.env_absent = SLUICE_TRY(names_at(entry, entry.has("unboundEnv") ? "unboundEnv" : "unboundEnvVars"));
    test.labels = SLUICE_TRY(values_at(entry, "labels"));
    test.exposed_ports = SLUICE_TRY(words_at(entry, "exposedPorts"));
    test.unexposed_ports = SLUICE_TRY(words_at(entry, "unexposedPorts"));
    test.volumes = SLUICE_TRY(words_at(entry, "volumes"));
    test.unmounted_volumes = SLUICE_TRY(words_at(entry, "unmountedVolumes"));
    test.entrypoint = SLUICE_TRY(list_at(entry, "entrypoint"));
    test.cmd = SLUICE_TRY(list_at(entry, "cmd"));
    const auto given = [](std::string text) {
      return text.empty() ? std::optional<std::string>() : std::move(text);
    };
    test.workdir = given(SLUICE_TRY(text_at(entry, "workdir")));
    test.user = given(SLUICE_TRY(text_at(entry, "user")));
    SLUICE_CHECK(entry.finish());
    // One that asks nothing is none.
    if (asks(test)) add("Metadata Test", std::move(test));
    return {};
  }

  static bool asks(const MetadataTest& test) {
    return !test.env.empty() || !test.env_absent.empty() || !test.labels.empty() ||
           !test.exposed_ports.empty() || !test.unexposed_ports.empty() || !test.volumes.empty() ||
           !test.unmounted_volumes.empty() || test.entrypoint || test.cmd || test.workdir || test.user;
  }

  // Absent is not the same as empty.
  static Result<std::optional<std::vector<std::string>>> list_at(Mapping& entry, std::string_view key) {
    if (entry.get(key) == nullptr) return std::nullopt;
    return SLUICE_TRY(words_at(entry, key));
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
    run.host_env = SLUICE_TRY(list_at(entry, "envVars"));
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
  std::shared_ptr<const EnvList> global_env_;
  std::size_t licences_ = 0;
  TestSpec spec_;
};

}  // namespace

Result<TestSpec> parse_structure_test(const Document& document, Node root, std::string_view text) {
  if (document.name().ends_with(".json")) {
    // Our reader of YAML takes more than JSON: comments, single quotes.
    SLUICE_TRY(json::parse(text, document.name()));
    loosen_json(root);
  }
  SLUICE_CHECK(expand_merges(document, root));
  return StructureTest(document, root).parse();
}

}  // namespace sluice::sandbox
