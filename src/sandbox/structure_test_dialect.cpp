// container-structure-test is written in Go, whose readers take more than ours: JSON with keys in any case
// and with unknown ones, YAML 1.1 with merge keys. Its files are accepted as they are, so both are put right
// here, before the strict reader sees the tree.
#include <algorithm>
#include <array>
#include <cctype>

#include "sandbox/test_spec_parse.h"

namespace sluice::sandbox {
namespace {

using yaml::Entry;
using yaml::Kind;
using yaml::Node;

// Where a mapping stands; each has its keys, and some keys lead to another.
enum class Level : std::uint8_t {
  top,
  command,
  existence,
  content,
  metadata,
  licence,
  options,
  variable,
  none
};

struct Key {
  Level level;
  std::string_view name;
  Level inner = Level::none;
};

constexpr auto k_keys = std::to_array<Key>({
    {Level::top, "schemaVersion"},
    {Level::top, "globalEnvVars", Level::variable},
    {Level::top, "commandTests", Level::command},
    {Level::top, "fileExistenceTests", Level::existence},
    {Level::top, "fileContentTests", Level::content},
    {Level::top, "metadataTest", Level::metadata},
    {Level::top, "licenseTests", Level::licence},
    {Level::top, "containerRunOptions", Level::options},
    {Level::command, "name"},
    {Level::command, "setup"},
    {Level::command, "teardown"},
    {Level::command, "envVars", Level::variable},
    {Level::command, "exitCode"},
    {Level::command, "command"},
    {Level::command, "args"},
    {Level::command, "expectedOutput"},
    {Level::command, "excludedOutput"},
    {Level::command, "expectedError"},
    {Level::command, "excludedError"},
    {Level::existence, "name"},
    {Level::existence, "path"},
    {Level::existence, "shouldExist"},
    {Level::existence, "permissions"},
    {Level::existence, "uid"},
    {Level::existence, "gid"},
    {Level::existence, "isExecutableBy"},
    {Level::content, "name"},
    {Level::content, "path"},
    {Level::content, "expectedContents"},
    {Level::content, "excludedContents"},
    {Level::metadata, "envVars", Level::variable},
    {Level::metadata, "unboundEnvVars", Level::variable},
    {Level::metadata, "env", Level::variable},
    {Level::metadata, "unboundEnv", Level::variable},
    {Level::metadata, "labels", Level::variable},
    {Level::metadata, "exposedPorts"},
    {Level::metadata, "unexposedPorts"},
    {Level::metadata, "entrypoint"},
    {Level::metadata, "cmd"},
    {Level::metadata, "workdir"},
    {Level::metadata, "volumes"},
    {Level::metadata, "unmountedVolumes"},
    {Level::metadata, "user"},
    {Level::licence, "debian"},
    {Level::licence, "files"},
    {Level::options, "user"},
    {Level::options, "privileged"},
    {Level::options, "allocateTty"},
    {Level::options, "envVars"},
    {Level::options, "envFile"},
    {Level::options, "capabilities"},
    {Level::options, "bindMounts"},
    {Level::variable, "key"},
    {Level::variable, "value"},
    {Level::variable, "isRegex"},
});

bool same_but_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

const Key* known_key(Level level, std::string_view name) {
  for (const Key& key : k_keys) {
    if (key.level == level && same_but_case(key.name, name)) return &key;
  }
  return nullptr;
}

void loosen(Node& node, Level level) {
  for (Node& item : node.items) loosen(item, level);
  if (level == Level::none || node.kind != Kind::mapping) return;
  std::vector<Entry> kept;
  for (Entry& entry : node.entries) {
    const Key* key = known_key(level, entry.key.text);
    if (key == nullptr) continue;
    entry.key.text = key->name;
    loosen(entry.value, key->inner);
    // Of two spellings of one key the last counts.
    std::erase_if(kept, [&](const Entry& other) { return other.key.text == entry.key.text; });
    kept.push_back(std::move(entry));
  }
  node.entries = std::move(kept);
}

void add_missing(std::vector<Entry>& entries, const Node& source) {
  for (const Entry& entry : source.entries) {
    const bool there = std::any_of(entries.begin(), entries.end(),
                                   [&](const Entry& known) { return known.key.text == entry.key.text; });
    if (!there) entries.push_back(entry);
  }
}

}  // namespace

bool is_structure_test(const decode::Document& document, const Node& root) {
  constexpr std::string_view key = "schemaVersion";
  if (!document.name().ends_with(".json")) return root.find(key) != nullptr;
  return std::any_of(root.entries.begin(), root.entries.end(),
                     [&](const Entry& entry) { return same_but_case(entry.key.text, key); });
}

void loosen_json(Node& root) {
  loosen(root, Level::top);
}

Status expand_merges(const decode::Document& document, Node& node) {
  for (Node& item : node.items) SLUICE_CHECK(expand_merges(document, item));
  std::vector<Node> merged;
  std::vector<Entry> own;
  for (Entry& entry : node.entries) {
    SLUICE_CHECK(expand_merges(document, entry.value));
    if (entry.key.text == "<<" && entry.key.style == yaml::Style::plain) {
      merged.push_back(std::move(entry.value));
    } else {
      own.push_back(std::move(entry));
    }
  }
  node.entries = std::move(own);
  for (const Node& source : merged) {
    const bool list = source.kind == Kind::sequence;
    const bool usable = list ? std::all_of(source.items.begin(), source.items.end(),
                                           [](const Node& item) { return item.kind == Kind::mapping; })
                             : source.kind == Kind::mapping;
    if (!usable)
      return fail(document.error(source, "config.type", "a merge key needs a mapping or a list of them"));
    if (!list) add_missing(node.entries, source);
    for (const Node& item : source.items) add_missing(node.entries, item);
  }
  return {};
}

}  // namespace sluice::sandbox
