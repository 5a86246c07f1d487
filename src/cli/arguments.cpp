#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

namespace sluice::cli {
namespace {

// "-j,--jobs" → "jobs"; "PATH" → "PATH".
std::string key_of(std::string_view name) {
  const std::size_t dashes = name.rfind("--");
  return std::string(dashes == std::string_view::npos ? name : name.substr(dashes + 2));
}

struct Bound {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> flags;
};

void bind_option(Bound& bound, const OptionSpec& spec) {
  const std::string key = key_of(spec.name);
  const std::string name(spec.name);
  if (spec.value_name.empty() && spec.name.starts_with('-')) {
    bound.app->add_flag(name, bound.flags[key], std::string(spec.help));
    return;
  }
  CLI::Option* option = bound.app->add_option(name, bound.values[key], std::string(spec.help));
  option->type_name(std::string(spec.value_name));
  option->required(spec.required);
  if (spec.repeatable) {
    option->allow_extra_args(!spec.name.starts_with('-'));
    // At least one if any: with a minimum of 0 CLI11 takes "--" for the end of the command.
    option->expected(1, -1);
    if (spec.name.starts_with('-')) option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else {
    option->expected(1)->allow_extra_args(false);
  }
  if (!spec.choices.empty()) option->check(CLI::IsMember(spec.choices));
}

// What the commands of two words have in common, by their first word.
std::string group_summary(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> k_groups[] = {
      {"attest", "Make and sign evidence, list it, and move it between the store and a registry"},
      {"debug", "What Sluice makes of a file: syntax trees, configuration, images for tests"},
      {"key", "Make, import, list, rotate and revoke keys; certify them by an authority of your own"},
      {"log", "The tamper-evident ledger of everything that was signed"},
      {"verify", "Verify a bundle, a statement, an image with all that is attached, a chain or a commit"},
  };
  for (const auto& [group, summary] : k_groups) {
    if (group == name) return std::string(summary);
  }
  return "see `sluice " + std::string(name) + " --help`";
}

// Sub-commands of two words ("verify statement") hang below a parent made on demand.
CLI::App* app_for(CLI::App& root, std::string_view name, std::string_view summary) {
  const std::size_t blank = name.find(' ');
  if (blank == std::string_view::npos) return root.add_subcommand(std::string(name), std::string(summary));
  const std::string parent_name(name.substr(0, blank));
  CLI::App* parent = nullptr;
  for (CLI::App* known : root.get_subcommands([](const CLI::App*) { return true; })) {
    if (known->get_name() == parent_name) parent = known;
  }
  if (parent == nullptr) {
    parent = root.add_subcommand(parent_name, group_summary(parent_name));
    parent->require_subcommand(1);
  }
  return parent->add_subcommand(std::string(name.substr(blank + 1)), std::string(summary));
}

// The command that the first words name; null if they are options, a group alone, or no command. Binding the
// options of all commands takes most of a start, so where the command is plain only its own are bound.
const Command* named_command(const std::vector<Command>& commands, int argc, const char* const* argv) {
  const std::string one = argc > 1 ? argv[1] : "";
  const std::string two = argc > 2 ? one + " " + argv[2] : one;
  const auto found = std::find_if(commands.begin(), commands.end(), [&](const Command& command) {
    return command.name == one || command.name == two;
  });
  return found == commands.end() ? nullptr : &*found;
}

Invocation usage_error(const std::string& message) {
  return {
      nullptr, {}, "error: " + message + " [cli.usage]\n  hint: `sluice --help` lists the commands", 2, true};
}

}  // namespace

std::string Arguments::value(std::string_view name, std::string_view fallback) const {
  const auto it = values_.find(std::string(name));
  return it == values_.end() || it->second.empty() ? std::string(fallback) : it->second.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  const auto it = values_.find(std::string(name));
  return it == values_.end() ? std::vector<std::string>{} : it->second;
}

Result<long> Arguments::number(std::string_view name, long fallback, long min, long max) const {
  if (!has(name)) return fallback;
  const std::string text = value(name);
  long number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return fail(ErrorKind::usage, "cli.number",
                "--" + std::string(name) + " needs a whole number, not \"" + text + "\"",
                "give one from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return number;
}

Invocation parse_arguments(const std::vector<Command>& commands, int argc, const char* const* argv) {
  CLI::App root{"Sluice: the gate in a delivery pipeline. Scans, tests, attests and decides.", "sluice"};
  root.require_subcommand(1);
  root.set_help_all_flag("--help-all", "Help of every command");
  bool version = false;
  root.add_flag("--version", version, "Print the version and exit")->trigger_on_parse();
  const Command* named = named_command(commands, argc, argv);
  std::vector<Bound> bound(named != nullptr ? 1 : commands.size());
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const Command& command = named != nullptr ? *named : commands[i];
    bound[i].command = &command;
    bound[i].app = app_for(root, command.name, command.summary);
    bound[i].app->footer("Example:\n  " + std::string(command.example));
    for (const OptionSpec& spec : command.options) bind_option(bound[i], spec);
  }
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    for (const Bound& candidate : bound) {
      if (candidate.command->name == "version") return {candidate.command, {}, {}, 0, false};
    }
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = &root;
    while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().front();
    return {nullptr, {}, asked->help(), 0, false};
  } catch (const CLI::CallForAllHelp&) {
    return {nullptr, {}, root.help("", CLI::AppFormatMode::All), 0, false};
  } catch (const CLI::ParseError& error) {
    return usage_error(error.what());
  }
  for (Bound& candidate : bound) {
    if (!candidate.app->parsed()) continue;
    Invocation invocation;
    invocation.command = candidate.command;
    for (auto& [key, values] : candidate.values) {
      if (!values.empty()) invocation.arguments.values_[key] = std::move(values);
    }
    for (const auto& [key, set] : candidate.flags) {
      if (set) invocation.arguments.values_[key] = {};
    }
    return invocation;
  }
  return usage_error("no command given");
}

}  // namespace sluice::cli
