#include "rules/taint_label.h"

#include <algorithm>

namespace sluice::rules {

namespace {

constexpr int k_max_depth = 32;

class Reader {
 public:
  Reader(std::string_view text, const std::vector<std::string_view>& labels) : text_(text), labels_(labels) {}

  bool run() {
    const bool value = any(0);
    skip();
    valid_ = valid_ && text_.empty();
    return valid_ && value;
  }
  [[nodiscard]] bool valid() const { return valid_; }

 private:
  void skip() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size())); }

  std::string_view peek() {
    skip();
    if (text_.starts_with('(') || text_.starts_with(')')) return text_.substr(0, 1);
    const std::size_t end = text_.find_first_of(" \t\r\n()");
    return text_.substr(0, end);
  }
  bool take(std::string_view word) {
    if (peek() != word) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  bool any(int depth) {
    bool value = all(depth);
    while (take("or")) value = all(depth) || value;
    return value;
  }
  bool all(int depth) {
    bool value = one(depth);
    while (take("and")) value = one(depth) && value;
    return value;
  }
  bool one(int depth) {
    if (depth > k_max_depth) valid_ = false;
    if (!valid_) return false;
    if (take("not")) return !one(depth + 1);
    if (take("(")) {
      const bool value = any(depth + 1);
      valid_ = valid_ && take(")");
      return value;
    }
    const std::string_view label = peek();
    if (label.empty() || label == ")" || label == "and" || label == "or") {
      valid_ = false;
      return false;
    }
    text_.remove_prefix(label.size());
    return std::find(labels_.begin(), labels_.end(), label) != labels_.end();
  }

  std::string_view text_;
  const std::vector<std::string_view>& labels_;
  bool valid_ = true;
};

}  // namespace

bool label_formula_is_valid(std::string_view formula) {
  const std::vector<std::string_view> none;
  Reader reader(formula, none);
  static_cast<void>(reader.run());
  return reader.valid();
}

bool label_holds(std::string_view formula, const std::vector<std::string_view>& labels) {
  return Reader(formula, labels).run();
}

}  // namespace sluice::rules
