#include "rules/placeholder.h"

#include <array>
#include <vector>

namespace sluice::rules {

namespace {

// Long enough that no source text holds them by chance.
constexpr std::string_view k_metavariable = "sluice_mv_";
constexpr std::string_view k_metalist = "sluice_ml_";
constexpr std::string_view k_ellipsis = "sluice_el_";
constexpr std::string_view k_deep = "sluice_deep_";
constexpr std::string_view k_typed = "sluice_typed_";

bool is_upper(char c) {
  return (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z');
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Length of the metavariable's name at `at`, without the dollar; 0 if there is none.
std::size_t name_length(std::string_view text, std::size_t at) {
  std::size_t n = at;
  while (n < text.size() && (is_upper(text[n]) || (n > at && is_digit(text[n])))) ++n;
  // `$Foo` is no metavariable.
  if (n < text.size() && text[n] >= 'a' && text[n] <= 'z') return 0;
  return n - at;
}

class Writer {
 public:
  Writer(std::string_view text, const LanguageTable& table, const EllipsisShape& shape)
      : text_(text), table_(table), shape_(shape) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (rest().starts_with("<...")) {
        deep_ends_.push_back(brackets_.size());
        put(std::string(k_deep) + "(", 4);
      } else if (!deep_ends_.empty() && rest().starts_with("...>")) {
        deep_ends_.pop_back();
        put(")", 4);
      } else if (rest().starts_with("...")) {
        ellipsis();
      } else if (text_[at_] == '$' && rest().substr(1).starts_with("...") &&
                 name_length(text_, at_ + 4) > 0) {
        put(k_metalist, 4);
        copy(name_length(text_, at_));
      } else if (text_[at_] == '$' && name_length(text_, at_ + 1) > 0) {
        put(k_metavariable, 1);
        copy(name_length(text_, at_));
      } else if (text_[at_] == '(' && table_.colon_types && quote_.empty() && typed()) {
        continue;
      } else {
        plain();
      }
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  void put(std::string_view written, std::size_t consumed) {
    out_ += written;
    at_ += consumed;
  }
  void copy(std::size_t count) { put(text_.substr(at_, count), count); }

  [[nodiscard]] char before() const {
    for (std::size_t i = at_; i-- > 0;) {
      if (!is_space(text_[i])) return text_[i];
    }
    return '\0';
  }
  [[nodiscard]] char after(std::size_t from) const {
    for (std::size_t i = from; i < text_.size(); ++i) {
      if (!is_space(text_[i])) return text_[i];
    }
    return '\0';
  }
  [[nodiscard]] bool starts_line() const {
    for (std::size_t i = at_; i-- > 0;) {
      if (text_[i] == '\n') return true;
      if (!is_space(text_[i])) return false;
    }
    return true;
  }

  void ellipsis() {
    const char next = at_ + 3 < text_.size() ? text_[at_ + 3] : '\0';
    if (table_.dots_spread && (is_word(next) || next == '$' || next == '[')) return copy(3);
    std::string_view shape = shape_.expression;
    const bool braces = brackets_.empty() || brackets_.back() == '{';
    const char left = before();
    const char right = after(at_ + 3);
    if (quote_.empty() && at_ > 0 && text_[at_ - 1] == '=') shape = shape_.attribute;
    const bool loop = !table_.loop_header.empty() && (out_.ends_with("for (") || out_.ends_with("for("));
    if (loop && right == ')') shape = table_.loop_header;
    if (quote_.empty() && braces && left != ':' && left != '=') {
      const bool opens = starts_line() || left == '{' || left == '}' || left == ';';
      const bool statement =
          opens && (right == '\0' || std::string_view(",:)].=(}").find(right) == std::string_view::npos);
      if (statement) {
        shape = shape_.statement;
      } else if (!brackets_.empty()) {
        shape = shape_.in_braces;
      }
    }
    for (const char c : shape) {
      if (c == '%') {
        out_ += k_ellipsis;
      } else {
        out_ += c;
      }
    }
    at_ += 3;
  }

  // `($X: T)` → a call that lowering reads back. Not a parameter list: those follow a name or precede a body.
  bool typed() {
    std::size_t i = at_ + 1;
    while (i < text_.size() && is_space(text_[i])) ++i;
    if (i >= text_.size() || text_[i] != '$') return false;
    const std::size_t name = name_length(text_, i + 1);
    if (name == 0) return false;
    std::size_t colon = i + 1 + name;
    while (colon < text_.size() && is_space(text_[colon])) ++colon;
    if (colon >= text_.size() || text_[colon] != ':') return false;
    const std::size_t close = text_.find_first_of("(),", colon);
    if (close == std::string_view::npos || text_[close] != ')') return false;
    const char left = at_ > 0 ? text_[at_ - 1] : '\0';
    const char right = after(close + 1);
    // `f($X: T)` is a call with a typed argument, unless f is being defined.
    const std::size_t line = text_.substr(0, at_).rfind('\n') + 1;
    const std::string_view head = text_.substr(line, at_ - line);
    const bool defines =
        head.find("def ") != std::string_view::npos || head.find("function") != std::string_view::npos;
    const bool call = is_word(left) && !defines && right != ':' && !table_.dots_spread;
    if ((is_word(left) && !call) || right == '{' || text_.substr(close + 1).find("=>") == 1 ||
        (right == '=' && text_.substr(close).find("=>") < 4)) {
      return false;
    }
    out_ += std::string(call ? "(" : "") + std::string(k_typed) + "(" + std::string(k_metavariable) +
            std::string(text_.substr(i + 1, name)) + "," +
            std::string(text_.substr(colon + 1, close - colon - 1)) + (call ? "))" : ")");
    at_ = close + 1;
    return true;
  }

  // Keeps track of quotes and brackets: only the choice of an ellipsis's shape depends on them.
  void plain() {
    const char c = text_[at_];
    if (!quote_.empty()) {
      if (c == '\\' && at_ + 1 < text_.size()) return copy(2);
      if (rest().starts_with(quote_)) {
        copy(quote_.size());
        quote_.clear();
        return;
      }
      return copy(1);
    }
    if (c == '"' || c == '\'' || c == '`') {
      const std::string triple(3, c);
      quote_ = rest().starts_with(triple) ? triple : std::string(1, c);
      return copy(quote_.size());
    }
    if (c == '(' || c == '[' || c == '{') brackets_.push_back(c);
    if ((c == ')' || c == ']' || c == '}') && !brackets_.empty()) brackets_.pop_back();
    copy(1);
  }

  std::string_view text_;
  const LanguageTable& table_;
  const EllipsisShape& shape_;
  std::size_t at_ = 0;
  std::string out_;
  std::string quote_;     // the quote that is open
  std::string brackets_;  // the brackets that are open
  std::vector<std::size_t> deep_ends_;
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string with_placeholders(std::string_view text, const LanguageTable& table, const EllipsisShape& shape) {
  return Writer(text, table, shape).run();
}

Placeholders::Meaning PatternPlaceholders::of(std::string_view identifier) const {
  if (!identifier.starts_with("sluice_")) return {};
  if (identifier == k_ellipsis) return {What::ellipsis, k_no_variable};
  if (identifier == k_deep) return {What::deep, k_no_variable};
  if (identifier == k_typed) return {What::typed, k_no_variable};
  if (identifier.starts_with(k_metavariable)) {
    const std::string name = "$" + std::string(identifier.substr(k_metavariable.size()));
    return {What::metavariable, name == "$_" ? k_no_variable : variables_.index(name)};
  }
  if (identifier.starts_with(k_metalist)) {
    return {What::metalist, variables_.index("$..." + std::string(identifier.substr(k_metalist.size())))};
  }
  return {};
}

std::string PatternPlaceholders::restore(std::string_view text) const {
  std::string restored(text);
  if (restored.find("sluice_") == std::string::npos) return restored;
  replace_all(restored, k_metavariable, "$");
  replace_all(restored, k_metalist, "$...");
  replace_all(restored, k_ellipsis, "...");
  replace_all(restored, std::string(k_deep) + "(", "<...");
  return restored;
}

std::uint32_t PatternPlaceholders::variable(std::string_view text) const {
  if (!is_metavariable(text) || text == "$_") return k_no_variable;
  return variables_.index(text);
}

bool is_metavariable(std::string_view text) {
  if (text.size() < 2 || text[0] != '$') return false;
  if (text.starts_with("$...")) return text.size() > 4 && name_length(text, 4) == text.size() - 4;
  if (is_digit(text[1])) return text.find_first_not_of("0123456789", 1) == std::string_view::npos;
  return name_length(text, 1) == text.size() - 1;
}

}  // namespace sluice::rules
