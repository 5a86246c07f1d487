#include "sandbox/goss/facts.h"

#include "sandbox/account_tests.h"

namespace sluice::sandbox {
namespace {

constexpr std::uint64_t k_max_content = 64u << 20;

std::string octal(std::uint32_t mode) {
  std::string text = "0000";
  for (std::size_t i = 4; i-- > 0; mode >>= 3) text[i] = static_cast<char>('0' + (mode & 7));
  return text;
}

std::string_view type_of(image::EntryKind kind) {
  switch (kind) {
    case image::EntryKind::regular:
    case image::EntryKind::hardlink:
      return "file";
    case image::EntryKind::directory:
      return "directory";
    case image::EntryKind::symlink:
      return "symlink";
    case image::EntryKind::fifo:
      return "pipe";
    case image::EntryKind::character:
      return "character-device";
    case image::EntryKind::block:
      return "block-device";
    case image::EntryKind::other:
      break;
  }
  return "other";
}

bool asks(const FactsTest& test, std::string_view name) {
  for (const auto& [attribute, matcher] : test.attributes) {
    if (attribute == name) return true;
  }
  return false;
}

// Links are not followed but for what is read, as goss has it.
Result<json::Object> file_facts(const FactsTest& test, const image::FileIndex& index) {
  json::Object facts;
  const auto found = index.find(test.subject);
  facts.set("exists", found.has_value());
  if (!found) return facts;
  const image::FileInfo& info = *found->info;
  facts.set("mode", octal(info.mode));
  facts.set("size", info.size);
  facts.set("uid", std::uint64_t{info.uid});
  facts.set("gid", std::uint64_t{info.gid});
  facts.set("filetype", type_of(info.kind));
  facts.set("linked-to", info.link);
  if (asks(test, "owner")) facts.set("owner", SLUICE_TRY(user_name(index, info.uid)));
  if (asks(test, "group")) facts.set("group", SLUICE_TRY(group_name(index, info.gid)));
  if (asks(test, "contents")) facts.set("contents", SLUICE_TRY(index.read(test.subject, k_max_content)));
  if (asks(test, "sha256")) {
    const auto target = index.resolve(test.subject);
    if (target && target->info->content_digest) facts.set("sha256", target->info->content_digest->hex());
  }
  return facts;
}

Result<json::Object> facts_of(const FactsTest& test, const image::FileIndex& index) {
  if (test.kind == "file") return file_facts(test, index);
  if (test.kind == "user") return user_facts(index, test.subject);
  if (test.kind == "group") return group_facts(index, test.subject);
  if (test.kind == "package") return package_facts(index, test.subject);
  return json::Object{{"matches", test.content}};
}

}  // namespace

Outcome judge(const FactsTest& test, const image::FileIndex& index, const TextMatcher& matcher) {
  Verdicts verdicts;
  const auto facts = facts_of(test, index);
  if (!facts) {
    verdicts.error(facts.error().message);
    return verdicts.outcome();
  }
  const json::Value* there = facts->find(test.kind == "package" ? "installed" : "exists");
  const bool gone = there != nullptr && there->as_bool() != nullptr && !*there->as_bool();
  for (const auto& [name, wanted] : test.attributes) {
    const json::Value* actual = facts->find(name);
    if (actual == nullptr) {
      // Of a thing that should not be there, its other attributes say nothing; else they are missing.
      if (!gone) verdicts.fail(name + " is not known");
      if (gone && test.must_exist) verdicts.fail(name + ": it does not exist");
      continue;
    }
    const auto wrong = wanted->mismatch(*actual, matcher);
    if (!wrong && wrong.error().kind == ErrorKind::config) {
      verdicts.fail(name + ": " + wrong.error().message);
    } else if (!wrong) {
      verdicts.error(name + ": " + wrong.error().message);
    } else if (!wrong->empty()) {
      verdicts.fail(name + ": " + *wrong);
    }
  }
  return verdicts.outcome();
}

}  // namespace sluice::sandbox
