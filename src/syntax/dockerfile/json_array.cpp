#include "syntax/dockerfile/json_array.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "syntax/dockerfile/runes.h"

namespace sluice::syntax::dockerfile {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A validating reader without recursion: the open brackets are a string used as a stack.
class Reader {
 public:
  Reader(std::string_view text, std::vector<JsonItem>& items) : text_(text), items_(items) {}

  JsonRead run() {
    at_ = trim_left(text_, {0, static_cast<std::uint32_t>(text_.size())}).begin;
    if (at_ >= text_.size() || text_[at_] != '[') return JsonRead::not_json;
    const bool valid = document();
    if (!valid || !only_strings_) items_.clear();
    if (!valid) return JsonRead::not_json;
    return only_strings_ ? JsonRead::strings : JsonRead::not_strings;
  }

 private:
  void blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool take(char c) {
    blanks();
    if (!at(c)) return false;
    ++at_;
    return true;
  }

  bool document() {
    do {
      if (!value()) return false;
      if (!open_.empty() && fresh_) continue;  // just opened and not empty: its first value follows
      // After a value: close what ends here, then a comma or the end.
      while (!open_.empty()) {
        if (take(',')) {
          if (open_.back() == '{' && !key()) return false;
          break;
        }
        if (!take(open_.back() == '[' ? ']' : '}')) return false;
        open_.pop_back();
      }
    } while (!open_.empty());
    blanks();
    return at_ == text_.size();
  }

  // One value; of an array or object only its opening, or the whole if it is empty.
  bool value() {
    blanks();
    fresh_ = false;
    if (at_ >= text_.size()) return false;
    const char c = text_[at_];
    const bool item = open_.size() == 1;  // a value of the outer array
    if (c == '"') {
      JsonItem decoded;
      if (!string(decoded)) return false;
      if (item) items_.push_back(std::move(decoded));
      return true;
    }
    if (item) only_strings_ = false;
    if (c != '[' && c != '{') return c == '-' || (c >= '0' && c <= '9') ? number() : literal();
    if (open_.size() >= k_max_json_depth) return false;
    ++at_;
    if (take(c == '[' ? ']' : '}')) return true;
    open_.push_back(c);
    fresh_ = true;
    return c == '[' || key();
  }

  bool key() {
    blanks();
    JsonItem ignored;
    return at('"') && string(ignored) && take(':');
  }

  bool literal() {
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) == word) {
        at_ += static_cast<std::uint32_t>(word.size());
        return true;
      }
    }
    return false;
  }

  std::size_t digits() {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - from;
  }

  bool number() {
    const std::size_t from = at_;
    if (at('-')) ++at_;
    if (at('0')) {
      ++at_;
    } else if (digits() == 0) {
      return false;
    }
    if (at('.')) {
      ++at_;
      if (digits() == 0) return false;
    }
    if (at('e') || at('E')) {
      ++at_;
      if (at('+') || at('-')) ++at_;
      if (digits() == 0) return false;
    }
    // Go cannot keep a number beyond float64 and then takes the whole for shell form.
    const std::string written(text_.substr(from, at_ - from));
    return std::isfinite(std::strtod(written.c_str(), nullptr));
  }

  bool unicode_escape(char32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const int digit = at_ < text_.size() ? hex_digit(text_[at_]) : -1;
      if (digit < 0) return false;
      out = out * 16 + static_cast<char32_t>(digit);
    }
    return true;
  }

  bool escape(std::string& out) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    static constexpr std::string_view k_names = "\"\\/bfnrt";
    static constexpr std::string_view k_values = "\"\\/\b\f\n\r\t";
    if (const auto index = k_names.find(c); index != std::string_view::npos) {
      out += k_values[index];
      return true;
    }
    char32_t rune = 0;
    if (c != 'u' || !unicode_escape(rune)) return false;
    if (rune >= 0xD800 && rune < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      const std::uint32_t back = at_;
      char32_t low = 0;
      at_ += 2;
      if (!unicode_escape(low)) return false;
      if (low >= 0xDC00 && low < 0xE000) {
        rune = 0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = back;  // a lone half becomes U+FFFD, what follows is read on its own
      }
    }
    append_rune(out, rune);
    return true;
  }

  bool string(JsonItem& out) {
    out.range.begin = at_++;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        out.range.end = ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\') {
        ++at_;
        if (!escape(out.text)) return false;
        continue;
      }
      const Rune rune = decode_rune(text_, at_);
      append_rune(out.text, rune.value);
      at_ += rune.size;
    }
    return false;
  }

  std::string_view text_;
  std::vector<JsonItem>& items_;
  std::uint32_t at_ = 0;
  std::string open_;
  bool fresh_ = false;
  bool only_strings_ = true;
};

}  // namespace

JsonRead read_json_array(std::string_view text, std::vector<JsonItem>& items) {
  items.clear();
  return Reader(text, items).run();
}

}  // namespace sluice::syntax::dockerfile
