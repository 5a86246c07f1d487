// What the two readers of test files share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/decode.h"
#include "base/result.h"
#include "base/yaml.h"
#include "sandbox/test_spec.h"

namespace sluice::sandbox {

// {NAME: value, …}. A value must be a text; numbers and booleans are taken as they are written.
[[nodiscard]] Result<EnvList> as_env(const decode::Document& document, const yaml::Node& node,
                                     std::string_view what);

// A list of texts, where plain numbers and booleans are taken as they are written (ports, arguments).
[[nodiscard]] Result<std::vector<std::string>> as_words(const decode::Document& document,
                                                        const yaml::Node& node, std::string_view what);

[[nodiscard]] Result<std::optional<std::vector<std::string>>> optional_words(decode::Mapping& mapping,
                                                                             std::string_view key);

// Patterns have a size limit: config.range.
[[nodiscard]] Result<std::vector<std::string>> as_patterns(const decode::Document& document,
                                                           const yaml::Node& node, std::string_view what);

// {include, exclude, contains}; absent is empty.
[[nodiscard]] Result<TextChecks> optional_checks(decode::Mapping& mapping, const std::string& key);
// `key` for equal values and `key`_matches for patterns.
[[nodiscard]] Result<std::vector<ValueCheck>> value_checks(decode::Mapping& mapping, const std::string& key);
// Over 0 and at most k_max_time.
[[nodiscard]] Result<std::optional<std::chrono::milliseconds>> optional_time(decode::Mapping& mapping,
                                                                             std::string_view key);
[[nodiscard]] Result<std::optional<std::uint32_t>> id_of(decode::Mapping& mapping, std::string_view key);

// Refuses keys that would hand a part of the host to the image under test: sandbox.refused.
[[nodiscard]] Status refuse_dangerous(decode::Mapping& mapping);
// An absolute path, if the key is there.
[[nodiscard]] Result<std::optional<std::string>> workdir_of(decode::Mapping& mapping);

// `run` (run_settings_spec.cpp).
[[nodiscard]] Result<RunSettings> parse_run(const decode::Document& document, const yaml::Node& node);

// The parts of our form that speak of the image (image_test_spec.cpp).
[[nodiscard]] Result<CommandTest> command_test(decode::Mapping& mapping);
[[nodiscard]] Result<FileTest> file_test(decode::Mapping& mapping);
[[nodiscard]] Result<MetadataTest> metadata_test(decode::Mapping& mapping);

// The parts of our form that speak of a service (service_spec.cpp).
[[nodiscard]] Result<HttpTest> http_test(decode::Mapping& mapping);
[[nodiscard]] Result<PortTest> port_test(decode::Mapping& mapping);
[[nodiscard]] Result<ProcessTest> process_test(decode::Mapping& mapping);
[[nodiscard]] Result<LogTest> log_test(decode::Mapping& mapping);
[[nodiscard]] Result<DnsTest> dns_test(decode::Mapping& mapping);
[[nodiscard]] Result<Ready> parse_ready(const decode::Document& document, const yaml::Node& node);
[[nodiscard]] Result<Stop> parse_stop(const decode::Document& document, const yaml::Node& node);

// A port number, 1 to 65535.
[[nodiscard]] Result<std::uint16_t> port_of(const decode::Document& document, const yaml::Node& node);
// Must begin with "/"; `what` names it.
[[nodiscard]] Result<std::string> absolute_path(const decode::Document& document, const yaml::Node& node,
                                                std::string_view what);

// Accounts and packages (account_spec.cpp).
[[nodiscard]] Result<UserTest> user_test(decode::Mapping& mapping);
[[nodiscard]] Result<GroupTest> group_test(decode::Mapping& mapping);
[[nodiscard]] Result<PackageTest> package_test(decode::Mapping& mapping);

// observe, harden, generate (harden_spec.cpp).
[[nodiscard]] Result<ObserveSettings> parse_observe(const decode::Document& document, const yaml::Node& node);
[[nodiscard]] Result<HardenSettings> parse_harden(const decode::Document& document, const yaml::Node& node);
[[nodiscard]] Result<std::vector<std::string>> parse_generate(const decode::Document& document,
                                                              const yaml::Node& node);

// What Go's readers do to a container-structure-test file and ours does not (structure_test_dialect.cpp).
// JSON, told by the file's name: keys in any case, unknown ones passed over.
void loosen_json(yaml::Node& root);
// YAML 1.1's merge keys: "<<: *anchor", or a list of them. A key of the mapping itself wins.
[[nodiscard]] Status expand_merges(const decode::Document& document, yaml::Node& node);

// By its schemaVersion; in JSON in any case.
[[nodiscard]] bool is_structure_test(const decode::Document& document, const yaml::Node& root);
// `text` is what `root` was read from.
[[nodiscard]] Result<TestSpec> parse_structure_test(const decode::Document& document, yaml::Node root,
                                                    std::string_view text);

}  // namespace sluice::sandbox
