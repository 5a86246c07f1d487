// The parts of `sluice-test.yaml` that speak of the image: command, file and metadata tests.
#include <charconv>

#include "base/decode.h"
#include "base/yaml.h"
#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using decode::Document;
using decode::Mapping;
using yaml::Node;

constexpr std::int64_t k_max_exit_code = 255;

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

}  // namespace

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

}  // namespace sluice::sandbox
