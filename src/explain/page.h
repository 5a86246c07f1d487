// A page: everything that there is to say about one rule, out of its metadata, its fixture, and a run over
// its examples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "explain/fixture.h"
#include "scan/rule_book.h"

namespace sluice::explain {

// What the rule says about an example.
struct Report {
  std::uint32_t line = 0;  // of the example
  std::string message;
};

struct PageExample {
  Example example;
  bool bad = false;  // the rule fires
  std::vector<Report> reports;
};

struct PageFix {
  FixTier tier = FixTier::suggestion;
  std::string description;
};

struct Page {
  RuleInfo info;
  Confidence confidence = Confidence::high;
  scan::RuleOrigin origin = scan::RuleOrigin::pack;
  bool by_default = true;             // shown without --profile all
  bool fixable = false;               // findings may carry a fix
  std::vector<PageFix> fixes;         // those that the examples show, each once
  std::string_view group;             // of groups.h
  std::vector<PageExample> examples;  // in the order of the fixture
};

// Runs the rule over its examples in this process. `book` holds all rules with --profile all.
[[nodiscard]] Result<Page> make_page(const scan::RuleBook& book, std::string_view rule);

// The same without the examples, which costs nothing: for lists and indexes.
[[nodiscard]] Page make_summary(const scan::KnownRule& rule);

// The examples of a kind, those first that the rule is alone in.
[[nodiscard]] const PageExample* first_example(const Page& page, bool bad);

[[nodiscard]] std::string_view to_string(FixTier tier);  // "safe", "needs data", "suggestion"

}  // namespace sluice::explain
