// Test files from anywhere: no crash, and what parses has only values that an engine may be given.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "sandbox/capabilities.h"
#include "sandbox/dns_probe.h"
#include "sandbox/test_spec.h"

using namespace sluice::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto spec = parse_test_spec(text, "fuzz");
  if (!spec) return 0;
  if (spec->tests.empty() || spec->tests.size() > k_max_tests || spec->sha256.size() != 64) std::abort();
  const RunSettings& run = spec->run;
  if (run.limits.time.count() <= 0 || run.limits.time > k_max_time || run.limits.memory_bytes == 0)
    std::abort();
  if ((run.capabilities & ~default_capabilities()) != 0) std::abort();
  for (const Tmpfs& tmpfs : run.tmpfs) {
    if (!tmpfs.path.starts_with('/') || tmpfs.size_bytes == 0) std::abort();
  }
  if (!run.dns.empty() && run.network != Network::private_) std::abort();
  for (const DnsName& name : run.dns) {
    if (!is_host_name(name.name) || name.addresses.empty()) std::abort();
  }
  for (const Test& test : spec->tests) {
    if (test.name.empty() || kind_of(test).empty()) std::abort();
    const auto* command = std::get_if<CommandTest>(&test.body);
    if (command != nullptr && !command->entrypoint &&
        (command->command.empty() || command->command[0].empty()))
      std::abort();
  }
  static_cast<void>(expand_variables(text, {{"A", "b"}}));
  return 0;
}
