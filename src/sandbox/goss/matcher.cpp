#include "sandbox/goss/matcher.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "sandbox/goss/semver.h"
#include "sandbox/goss/values.h"
#include "sandbox/json_path.h"
#include "sandbox/outcome.h"

namespace sluice::sandbox::goss {
namespace {

using decode::Document;
using json::Value;
using yaml::Node;

std::string shown(const Value& value) {
  return quoted(to_text(value));
}

// What is wrong; empty = it matches. An error of the kind config: the value is not of the sort that the
// matcher speaks of. Such a test fails, also under `not`.
using Judged = Result<std::string>;

tl::unexpected<Error> not_of_its_sort(std::string message) {
  return fail(ErrorKind::config, "goss.transform", std::move(message));
}

class Compare final : public ValueMatcher {
 public:
  enum class How : std::uint8_t { equal, prefix, suffix, substring, regexp };
  Compare(How how, Value wanted) : how_(how), wanted_(std::move(wanted)) {}

  Judged mismatch(const Value& actual, const TextMatcher& matcher) const override {
    const std::string wanted = to_text(wanted_);
    if (how_ == How::regexp) {
      return SLUICE_TRY(matcher.found(wanted, to_text(actual)))
                 ? ""
                 : shown(actual) + " does not match " + quoted(wanted);
    }
    return holds(actual, wanted) ? "" : shown(actual) + word() + quoted(wanted);
  }

 private:
  [[nodiscard]] bool holds(const Value& actual, const std::string& wanted) const {
    const std::string text = to_text(actual);
    switch (how_) {
      case How::prefix:
        return text.starts_with(wanted);
      case How::suffix:
        return text.ends_with(wanted);
      case How::substring:
        return text.find(wanted) != std::string::npos;
      case How::equal:
      case How::regexp:
        break;
    }
    // A number is compared as one; everything else as it is written.
    const bool numeric = wanted_.as_string() == nullptr && to_number(wanted_);
    if (numeric) return to_number(actual) == to_number(wanted_);
    return text == wanted;
  }
  [[nodiscard]] const char* word() const {
    switch (how_) {
      case How::prefix:
        return " does not begin with ";
      case How::suffix:
        return " does not end with ";
      case How::substring:
        return " does not contain ";
      case How::equal:
      case How::regexp:
        break;
    }
    return " is not ";
  }
  How how_;
  Value wanted_;
};

class Order final : public ValueMatcher {
 public:
  Order(std::string name, double bound) : name_(std::move(name)), bound_(bound) {}
  Judged mismatch(const Value& actual, const TextMatcher&) const override {
    const auto number = to_number(actual);
    if (!number) return not_of_its_sort(shown(actual) + " is no number");
    const bool holds = name_ == "gt"   ? *number > bound_
                       : name_ == "ge" ? *number >= bound_
                       : name_ == "lt" ? *number < bound_
                                       : *number <= bound_;
    return holds ? "" : shown(actual) + " is not " + name_ + " " + json::write(Value(bound_));
  }

 private:
  std::string name_;
  double bound_;
};

using Children = std::vector<std::shared_ptr<const ValueMatcher>>;

// Each matcher needs an item of its own; `all`: and each item a matcher (consist-of). Augmenting paths, since
// a loose matcher may have taken the only item of a strict one.
class Items final : public ValueMatcher {
 public:
  Items(Children wanted, bool all) : wanted_(std::move(wanted)), all_(all) {}
  Judged mismatch(const Value& actual, const TextMatcher& matcher) const override {
    const json::Array items = SLUICE_TRY(to_list(actual));
    if (all_ && items.size() != wanted_.size()) {
      return "has " + std::to_string(items.size()) + " items, not " + std::to_string(wanted_.size());
    }
    // An item that is not of a matcher's sort matters only if there is no fitting one.
    std::optional<Error> odd;
    std::vector<std::vector<std::size_t>> fits(wanted_.size());
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      for (std::size_t item = 0; item < items.size(); ++item) {
        const Judged judged = wanted_[i]->mismatch(items[item], matcher);
        if (!judged && judged.error().code != "goss.transform") return judged;
        if (!judged && !odd) odd = judged.error();
        if (judged && judged->empty()) fits[i].push_back(item);
      }
    }
    constexpr std::size_t free = SIZE_MAX;
    std::vector<std::size_t> taken(items.size(), free);
    std::vector<bool> seen;
    const std::function<bool(std::size_t)> place = [&](std::size_t one) {
      for (const std::size_t item : fits[one]) {
        if (seen[item]) continue;
        seen[item] = true;
        if (taken[item] != free && !place(taken[item])) continue;
        taken[item] = one;
        return true;
      }
      return false;
    };
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      seen.assign(items.size(), false);
      if (place(i)) continue;
      if (odd) return tl::unexpected(*odd);
      return "no item of " + shown(actual) + " is as number " + std::to_string(i + 1) + " of the list asks";
    }
    return std::string();
  }

 private:
  Children wanted_;
  bool all_;
};

class EqualList final : public ValueMatcher {
 public:
  explicit EqualList(json::Array wanted) : wanted_(std::move(wanted)) {}
  Judged mismatch(const Value& actual, const TextMatcher&) const override {
    const json::Array items = SLUICE_TRY(to_list(actual));
    const bool same = std::equal(items.begin(), items.end(), wanted_.begin(), wanted_.end(),
                                 [](const Value& a, const Value& b) { return to_text(a) == to_text(b); });
    return same ? "" : shown(actual) + " is not " + shown(wanted_);
  }

 private:
  json::Array wanted_;
};

// "!foo", "/re/" … as regular expressions on the whole text.
class Lines final : public ValueMatcher {
 public:
  explicit Lines(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}
  Judged mismatch(const Value& actual, const TextMatcher& matcher) const override {
    const std::string text = to_text(actual);
    for (const std::string& pattern : patterns_) {
      const LinePattern line = line_pattern(pattern);
      if (SLUICE_TRY(matcher.found(line.pattern, text)) == line.excluded)
        return (line.excluded ? "a line matches the excluded " : "no line matches ") + quoted(pattern);
    }
    return std::string();
  }

 private:
  std::vector<std::string> patterns_;
};

class Logic final : public ValueMatcher {
 public:
  enum class How : std::uint8_t { all, any, none };
  Logic(How how, Children children) : how_(how), children_(std::move(children)) {}
  Judged mismatch(const Value& actual, const TextMatcher& matcher) const override {
    std::string first;
    for (const auto& child : children_) {
      std::string wrong = SLUICE_TRY(child->mismatch(actual, matcher));
      if (how_ == How::none && wrong.empty()) return shown(actual) + " is what it must not be";
      if (how_ == How::any && wrong.empty()) return wrong;
      if (how_ == How::all && !wrong.empty()) return wrong;
      if (first.empty()) first = std::move(wrong);
    }
    return how_ == How::any ? first : std::string();
  }

 private:
  How how_;
  Children children_;
};

class Length final : public ValueMatcher {
 public:
  explicit Length(std::uint64_t wanted) : wanted_(wanted) {}
  Judged mismatch(const Value& actual, const TextMatcher&) const override {
    const std::size_t size = actual.as_string() != nullptr   ? actual.as_string()->size()
                             : actual.as_object() != nullptr ? actual.as_object()->size()
                             : actual.as_array() != nullptr  ? actual.as_array()->size()
                                                             : 1;
    return size == wanted_ ? "" : "has length " + std::to_string(size) + ", not " + std::to_string(wanted_);
  }

 private:
  std::uint64_t wanted_;
};

// Of a text, or of each of a list.
class Semver final : public ValueMatcher {
 public:
  Semver(std::string written, VersionRange range) : written_(std::move(written)), range_(std::move(range)) {}
  Judged mismatch(const Value& actual, const TextMatcher&) const override {
    const json::Array* list = actual.as_array();
    const json::Array all = list != nullptr ? *list : json::Array{actual};
    if (all.empty()) return not_of_its_sort("there is no version");
    std::vector<Version> versions;
    for (const Value& item : all) {
      auto version = Version::parse(to_text(item));
      if (!version) return not_of_its_sort(shown(item) + " is no semantic version");
      versions.push_back(std::move(*version));
    }
    for (std::size_t i = 0; i < versions.size(); ++i) {
      if (!range_.holds(versions[i])) return shown(all[i]) + " is not " + quoted(written_);
    }
    return std::string();
  }

 private:
  std::string written_;
  VersionRange range_;
};

class HasKey final : public ValueMatcher {
 public:
  explicit HasKey(std::string key) : key_(std::move(key)) {}
  Judged mismatch(const Value& actual, const TextMatcher&) const override {
    return actual.find(key_) != nullptr ? "" : "there is no key " + quoted(key_);
  }

 private:
  std::string key_;
};

class Gjson final : public ValueMatcher {
 public:
  using Entries = std::vector<std::pair<std::string, std::shared_ptr<const ValueMatcher>>>;
  explicit Gjson(Entries entries) : entries_(std::move(entries)) {}
  Judged mismatch(const Value& actual, const TextMatcher& matcher) const override {
    const auto document =
        actual.as_string() == nullptr ? Result<Value>(actual) : json::parse(*actual.as_string(), "text");
    if (!document) return not_of_its_sort("is no JSON: " + document.error().message);
    for (const auto& [path, child] : entries_) {
      const JsonPath steps = SLUICE_TRY(JsonPath::parse(path == "@this" ? "$" : path));
      const auto text = steps.read(*document);
      if (!text) return not_of_its_sort("there is no " + quoted(path));
      // Structures come as text; a text that only looks like one is taken as one too, as gjson's callers do.
      const bool structure = text->starts_with('{') || text->starts_with('[');
      auto value = structure ? json::parse(*text, path) : Result<Value>(Value(*text));
      const std::string wrong = SLUICE_TRY(child->mismatch(value ? *value : Value(*text), matcher));
      if (!wrong.empty()) return path + ": " + wrong;
    }
    return std::string();
  }

 private:
  Entries entries_;
};

class Reader {
 public:
  explicit Reader(const Document& document) : document_(document) {}

  Result<std::shared_ptr<const ValueMatcher>> read(const Node& node, bool text) {
    if (++count_ > k_max_matchers) return fail(document_.error(node, "config.range", "too many matchers"));
    switch (node.kind) {
      case yaml::Kind::null:
        return fail(document_.error(node, "config.type", "a matcher cannot be empty"));
      case yaml::Kind::scalar:
        return made<Compare>(Compare::How::equal, yaml::scalar_value(node));
      case yaml::Kind::sequence:
        return text ? lines(node) : made<Items>(SLUICE_TRY(children(node)), false);
      case yaml::Kind::mapping:
        break;
    }
    if (node.entries.size() != 1) {
      return fail(
          document_.error(node, "config.conflict", "a matcher has one key", "join several by and: […]"));
    }
    return named(node.entries[0].key, node.entries[0].value, text);
  }

 private:
  using Made = Result<std::shared_ptr<const ValueMatcher>>;
  template <typename T, typename... Args>
  static Made made(Args&&... args) {
    return std::shared_ptr<const ValueMatcher>(std::make_shared<T>(std::forward<Args>(args)...));
  }

  Result<Children> children(const Node& node, bool text = false) {
    if (node.kind != yaml::Kind::sequence)
      return fail(document_.error(node, "config.type", "expected a list of matchers"));
    Children list;
    for (const Node& item : node.items) list.push_back(SLUICE_TRY(read(item, text)));
    return list;
  }

  // Patterns, and matchers of lines among them.
  Made lines(const Node& node) {
    std::vector<std::string> patterns;
    Children all;
    for (const Node& item : node.items) {
      if (item.kind == yaml::Kind::scalar) {
        patterns.push_back(item.text);
      } else {
        auto line = SLUICE_TRY(read(item, false));
        all.push_back(std::make_shared<Items>(Children{std::move(line)}, false));
      }
    }
    if (all.empty()) return made<Lines>(std::move(patterns));
    all.push_back(std::make_shared<Lines>(std::move(patterns)));
    return made<Logic>(Logic::How::all, std::move(all));
  }

  Made number(const Node& node, const std::string& name) {
    const auto bound = node.kind == yaml::Kind::scalar ? to_number(Value(node.text)) : std::nullopt;
    if (!bound) return fail(document_.error(node, "config.type", name + " needs a number"));
    return made<Order>(name, *bound);
  }

  Made gjson(const Node& node) {
    if (node.kind != yaml::Kind::mapping)
      return fail(document_.error(node, "config.type", "gjson needs a mapping"));
    Gjson::Entries entries;
    for (const yaml::Entry& entry : node.entries) {
      const std::string& path = entry.key.text;
      const bool whole = path == "@this";
      if (!whole && path.find_first_of("@*?|(){}!=<>%~") != std::string::npos) {
        return fail(document_.error(entry.key, "goss.unjudged",
                                    "the path " + quoted(path) + " uses more of gjson than we read"));
      }
      if (const auto known = JsonPath::parse(whole ? "$" : path); !known)
        return fail(document_.error(entry.key, "goss.unjudged", known.error().message));
      entries.emplace_back(path, SLUICE_TRY(read(entry.value, false)));
    }
    return made<Gjson>(std::move(entries));
  }

  Made equal(const Node& node) {
    if (node.kind == yaml::Kind::scalar) return made<Compare>(Compare::How::equal, yaml::scalar_value(node));
    if (node.kind != yaml::Kind::sequence)
      return fail(document_.error(node, "config.type", "equal needs a value or a list"));
    const Value list = yaml::to_json(node);
    return made<EqualList>(*list.as_array());
  }

  Made semver(const Node& node) {
    std::string text = SLUICE_TRY(decode::as_string(document_, node, "semver-constraint"));
    auto range = VersionRange::parse(text);
    if (!range) return fail(document_.error(node, "config.range", quoted(text) + " is no range of versions"));
    return made<Semver>(std::move(text), std::move(*range));
  }

  Made named(const Node& key, const Node& value, bool text) {
    const std::string& name = key.text;
    constexpr auto texts = std::to_array<std::pair<std::string_view, Compare::How>>(
        {{"have-prefix", Compare::How::prefix},
         {"have-suffix", Compare::How::suffix},
         {"contain-substring", Compare::How::substring},
         {"match-regexp", Compare::How::regexp}});
    for (const auto& [known, how] : texts) {
      if (name == known)
        return made<Compare>(how, Value(SLUICE_TRY(decode::as_string(document_, value, name))));
    }
    if (name == "gt" || name == "ge" || name == "lt" || name == "le") return number(value, name);
    if (name == "equal") return equal(value);
    if (name == "not") {
      // Of a list of patterns, none of them all: as for every other matcher.
      return made<Logic>(Logic::How::none, Children{SLUICE_TRY(read(value, text))});
    }
    if (name == "and") return made<Logic>(Logic::How::all, SLUICE_TRY(children(value, text)));
    if (name == "or") return made<Logic>(Logic::How::any, SLUICE_TRY(children(value, text)));
    if (name == "contain-element") return made<Items>(Children{SLUICE_TRY(read(value, false))}, false);
    if (name == "contain-elements") return made<Items>(SLUICE_TRY(children(value)), false);
    if (name == "consist-of") return made<Items>(SLUICE_TRY(children(value)), true);
    if (name == "have-len") {
      return made<Length>(static_cast<std::uint64_t>(SLUICE_TRY(decode::as_int(document_, value, name, 0))));
    }
    if (name == "have-key") return made<HasKey>(SLUICE_TRY(decode::as_string(document_, value, name)));
    if (name == "have-patterns") return lines(value);
    if (name == "gjson") return gjson(value);
    if (name == "semver-constraint") return semver(value);
    if (name == "have-key-with-value")
      return fail(document_.error(key, "goss.unjudged", "the matcher " + name + " is not judged"));
    return fail(
        document_.error(key, "config.unknown-key", "there is no matcher \"" + name + "\"", hint_for(name)));
  }

  static std::string hint_for(const std::string& name) {
    const std::string near = decode::nearest(name, {"have-prefix",
                                                    "have-suffix",
                                                    "contain-substring",
                                                    "match-regexp",
                                                    "gt",
                                                    "ge",
                                                    "lt",
                                                    "le",
                                                    "equal",
                                                    "not",
                                                    "and",
                                                    "or",
                                                    "contain-element",
                                                    "contain-elements",
                                                    "consist-of",
                                                    "have-len",
                                                    "have-key",
                                                    "have-patterns",
                                                    "gjson",
                                                    "semver-constraint"});
    return near.empty() ? std::string() : "did you mean " + near + "?";
  }

  const Document& document_;
  std::size_t count_ = 0;
};

}  // namespace

Result<std::shared_ptr<const ValueMatcher>> parse_matcher(const Document& document, const Node& node,
                                                          bool text) {
  return Reader(document).read(node, text);
}

}  // namespace sluice::sandbox::goss
