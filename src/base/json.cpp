// The strict JSON reader: a handler over Boost.JSON's basic_parser, whose only user this file is.
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <set>

#include "base/bytes.h"
#include "base/json.h"
#include "base/span.h"

namespace sluice::json {
namespace {

namespace bj = boost::json;

// An array or object that is not closed yet.
struct Frame {
  explicit Frame(bool object) : is_object(object) {}
  bool is_object;
  Array items;
  std::vector<Member> members;  // the last one waits for its value, if `key_open`
  bool key_open = false;
  // Filled when an object grows large only. A tree, because keys
  // chosen to collide make a hash table quadratic.
  std::set<std::string, std::less<>> keys;
};

constexpr std::size_t k_linear_keys = 16;

struct Refusal {
  std::string code;
  std::string message;
  ErrorKind kind = ErrorKind::invalid;
};

struct Handler {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit Handler(const Limits& limits) : limits_(limits) {}

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code& ec) { return open(true, ec); }
  bool on_array_begin(bj::error_code& ec) { return open(false, ec); }

  bool on_object_end(std::size_t, bj::error_code&) {
    Object object;
    object.members() = std::move(stack_.back().members);
    stack_.pop_back();
    place(Value(std::move(object)));
    return true;
  }

  bool on_array_end(std::size_t, bj::error_code&) {
    Array items = std::move(stack_.back().items);
    stack_.pop_back();
    place(Value(std::move(items)));
    return true;
  }

  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_key(bj::string_view rest, std::size_t, bj::error_code& ec) {
    text_.append(rest.data(), rest.size());
    Frame& frame = stack_.back();
    if (!new_key(frame, text_)) {
      return refuse({"json.duplicate-key", "duplicate key " + quote(excerpt(text_))}, ec);
    }
    frame.members.push_back({std::move(text_), Value()});
    text_.clear();
    return true;
  }

  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_string(bj::string_view rest, std::size_t, bj::error_code& ec) {
    text_.append(rest.data(), rest.size());
    Value value(std::move(text_));
    text_.clear();
    return add(std::move(value), ec);
  }

  bool on_number_part(bj::string_view part, bj::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool on_int64(std::int64_t value, bj::string_view, bj::error_code& ec) {
    text_.clear();
    return add(Value(static_cast<long long>(value)), ec);
  }

  bool on_uint64(std::uint64_t value, bj::string_view, bj::error_code& ec) {
    text_.clear();
    return add(Value(static_cast<unsigned long long>(value)), ec);
  }

  // Boost hands over integers that do not fit as doubles, 1e400 as infinity, and rounds the last bit wrongly
  // at times: hence the conversion from the text.
  bool on_double(double, bj::string_view rest, bj::error_code& ec) {
    text_.append(rest.data(), rest.size());
    if (text_.find_first_of(".eE") == std::string::npos) {
      return refuse({"json.number-range", "integer is out of range: " + text_.substr(0, 100)}, ec);
    }
    double value = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data(), end, value);
    if (error != std::errc{} || stop != end) {
      return refuse({"json.number-range", "number is out of range: " + text_.substr(0, 100)}, ec);
    }
    text_.clear();
    return add(Value(value), ec);
  }

  bool on_bool(bool value, bj::error_code& ec) { return add(Value(value), ec); }
  bool on_null(bj::error_code& ec) { return add(Value(nullptr), ec); }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

  Value take() { return std::move(root_); }
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  static bool new_key(Frame& frame, const std::string& key) {
    if (frame.members.size() < k_linear_keys) {
      for (const Member& member : frame.members) {
        if (member.key == key) return false;
      }
      return true;
    }
    if (frame.keys.empty()) {
      for (const Member& member : frame.members) frame.keys.insert(member.key);
    }
    return frame.keys.insert(key).second;
  }

  bool refuse(Refusal why, bj::error_code& ec) {
    refusal_ = std::move(why);
    ec = bj::error::syntax;
    return false;
  }

  bool count(bj::error_code& ec) {
    if (++values_ <= limits_.values) return true;
    return refuse({"json.size", "more than " + std::to_string(limits_.values) + " values", ErrorKind::limit},
                  ec);
  }

  bool open(bool object, bj::error_code& ec) {
    if (!count(ec)) return false;
    if (stack_.size() >= limits_.depth) {
      return refuse(
          {"json.depth", "nested deeper than " + std::to_string(limits_.depth) + " levels", ErrorKind::limit},
          ec);
    }
    stack_.emplace_back(object);
    return true;
  }

  bool add(Value value, bj::error_code& ec) {
    if (!count(ec)) return false;
    place(std::move(value));
    return true;
  }

  void place(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (stack_.back().is_object) {
      stack_.back().members.back().value = std::move(value);
    } else {
      stack_.back().items.push_back(std::move(value));
    }
  }

  Limits limits_;
  std::vector<Frame> stack_;
  std::string text_;  // of the key, string or number at hand
  Value root_;
  std::size_t values_ = 0;
  std::optional<Refusal> refusal_;
};

Error error_at(std::string_view text, std::string_view name, std::size_t offset, Refusal why) {
  Error error{why.kind, std::move(why.code), std::move(why.message), std::nullopt, {}, {}};
  error.where = LineIndex(text).place(std::string(name), offset);
  return error;
}

// From a key's closing quote to its opening one; quotes inside are always escaped.
std::size_t key_begin(std::string_view text, std::size_t closing) {
  std::size_t at = closing;
  while (at > 0) {
    --at;
    if (text[at] != '"') continue;
    std::size_t slashes = 0;
    while (slashes < at && text[at - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) break;
  }
  return at;
}

// Boost calls a leading surrogate without its other half a mere syntax error, behind it.
bool behind_leading_surrogate(std::string_view text, std::size_t offset) {
  if (offset < 6 || offset > text.size()) return false;
  const std::string_view escape = text.substr(offset - 6, 6);
  return escape.starts_with("\\u") && (escape[2] == 'd' || escape[2] == 'D') &&
         std::string_view("89abAB").find(escape[3]) != std::string_view::npos;
}

Error syntax_error(std::string_view text, std::string_view name, std::size_t offset,
                   const bj::error_code& ec) {
  if (ec == bj::error::exponent_overflow) {
    return error_at(text, name, offset, {"json.number-range", "number is out of range"});
  }
  if (ec == bj::error::illegal_leading_surrogate || ec == bj::error::illegal_trailing_surrogate ||
      (ec == bj::error::syntax && behind_leading_surrogate(text, offset))) {
    return error_at(text, name, offset, {"json.utf8", "a surrogate escape without its other half"});
  }
  if (const std::size_t bad = utf8_prefix(text); bad < text.size() && bad <= offset) {
    return error_at(text, name, bad, {"json.utf8", "not well-formed UTF-8"});
  }
  if (ec == bj::error::incomplete) {
    return error_at(text, name, text.size(), {"json.syntax", "the text ends too early"});
  }
  return error_at(text, name, offset, {"json.syntax", "not valid JSON: " + ec.message()});
}

}  // namespace

Result<Value> parse(std::string_view text, std::string_view name, const Limits& limits) {
  if (text.size() > limits.bytes) {
    return fail(ErrorKind::limit, "json.size",
                std::string(name) + ": JSON text is larger than the limit of " +
                    std::to_string(limits.bytes) + " bytes");
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return fail(error_at(text, name, 0, {"json.bom", "JSON must not begin with a byte order mark"}));
  }
  bj::parse_options options;
  options.max_depth = limits.depth + 1;  // ours comes first, with its own code
  bj::basic_parser<Handler> parser(options, limits);
  bj::error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  if (const auto& refusal = parser.handler().refusal()) {
    const bool key = refusal->code == "json.duplicate-key";
    return fail(error_at(text, name, key ? key_begin(text, used) : used, *refusal));
  }
  if (ec) return fail(syntax_error(text, name, used, ec));
  const std::size_t rest = text.find_first_not_of(" \t\r\n", used);
  if (rest != std::string_view::npos) {
    return fail(error_at(text, name, rest, {"json.trailing", "text after the end of the JSON value"}));
  }
  return parser.handler().take();
}

}  // namespace sluice::json
