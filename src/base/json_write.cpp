// The JSON writer.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <type_traits>

#include "base/json.h"

namespace sluice::json {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view k_hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20 || byte == 0x7F) {
          out += "\\u00";
          out += k_hex[byte >> 4U];
          out += k_hex[byte & 15U];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void append_double(std::string& out, double value) {
  // JSON has no text for these; a wrong number must not go out in their place.
  if (!std::isfinite(value)) std::abort();
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  if (error != std::errc{}) std::abort();
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  out += text;
  // "1" would come back as an integer.
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

class Writer {
 public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  void value(const Value& value) {
    std::visit([this](const auto& held) { put(held); }, value.storage());
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void put(std::nullptr_t) { out_ += "null"; }
  void put(bool held) { out_ += held ? "true" : "false"; }
  void put(std::int64_t held) { out_ += std::to_string(held); }
  void put(std::uint64_t held) { out_ += std::to_string(held); }
  void put(double held) { append_double(out_, held); }
  void put(const std::string& held) { append_quoted(out_, held); }

  void put(const Array& held) {
    list('[', held, ']', [this](const Value& item) { value(item); });
  }

  void put(const Object& held) {
    list('{', held.members(), '}', [this](const Member& member) {
      append_quoted(out_, member.key);
      out_ += pretty_ ? ": " : ":";
      value(member.value);
    });
  }

  template <typename Items, typename One>
  void list(char open, const Items& items, char close, const One& one) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ',';
      first = false;
      new_line();
      one(item);
    }
    --depth_;
    if (!items.empty()) new_line();
    out_ += close;
  }

  void new_line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  bool pretty_;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

std::string write(const Value& value) {
  Writer writer(false);
  writer.value(value);
  return writer.take();
}

std::string write_pretty(const Value& value) {
  Writer writer(true);
  writer.value(value);
  return writer.take() + "\n";
}

std::string quote(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace sluice::json
