// Package managers as a table: what each calls its verbs and options, where its caches lie. The checks over
// them are loops over this table.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice::checks::docker {

enum class Verb { install, update /* of the lists */, upgrade, distribution_upgrade, clean, other };

enum class ManagerId { apt, apk, yum, dnf, microdnf, zypper, pip, npm, yarn, gem, go };

// Lists are words separated by blanks.
struct Manager {
  ManagerId id = ManagerId::apt;
  std::string_view programs;
  std::string_view install;
  std::string_view update;
  std::string_view upgrade;
  std::string_view distribution_upgrade;
  std::string_view clean;
  std::string_view valued;       // options that take a value
  std::string_view yes;          // options that answer questions
  std::string_view cache_paths;  // where downloads or lists are kept
  bool long_single = false;      // -tags is one option
};

[[nodiscard]] std::span<const Manager> managers();
[[nodiscard]] const Manager* find_manager(std::string_view program);  // null if unknown

// True if `word` is one of the blank-separated words of `list`.
[[nodiscard]] bool listed(std::string_view list, std::string_view word);

}  // namespace sluice::checks::docker
