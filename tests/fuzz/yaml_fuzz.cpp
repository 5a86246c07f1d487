// yaml::parse: no crash; every span lies in the text and in its parent's; the view as JSON is valid strict
// JSON.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"
#include "base/yaml.h"

using namespace sluice;

namespace {

void check(const yaml::Node& node, std::size_t size) {
  if (node.span.begin > node.span.end || node.span.end > size) std::abort();
  const auto inside = [&](const yaml::Node& child) {
    if (!node.span.contains(child.span)) std::abort();
    check(child, size);
  };
  for (const yaml::Node& item : node.items) inside(item);
  for (const yaml::Entry& entry : node.entries) {
    inside(entry.key);
    inside(entry.value);
    if (node.find(entry.key.text) != &entry.value) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1U << 16U) return 0;  // find() below is linear in each mapping
  const auto documents = yaml::parse(std::string_view(reinterpret_cast<const char*>(data), size), "f");
  if (!documents) {
    if (to_string(documents.error()).empty() || !documents.error().where) std::abort();
    return 0;
  }
  for (const yaml::Node& document : *documents) {
    check(document, size);
    if (!json::parse(json::write(yaml::to_json(document)), "f")) std::abort();
  }
  return 0;
}
