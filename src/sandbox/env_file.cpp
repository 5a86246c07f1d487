// Files of variables that container-structure-test reads (containerRunOptions: envFile), in the syntax of its
// library: "NAME=value", "NAME: value", "export NAME=value"; '…' as it is, over lines too; "…" with \n and
// \r, over lines too; in "…" and in bare values $NAME is one that the file set before; " #" begins a comment.
#include "sandbox/expand_variables.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view k_blanks = " \t\v\f\r";
constexpr std::size_t k_max_variables = 4096;
constexpr std::size_t k_max_value_bytes = 1u << 20;  // of one, once expanded

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

class EnvFile {
 public:
  explicit EnvFile(std::string_view text) : rest_(text) {}

  Result<EnvList> read() {
    while (skip_to_statement()) {
      const std::string name = SLUICE_TRY(read_name());
      set_variable(env_, name, SLUICE_TRY(read_value()));
      if (env_.size() <= k_max_variables) continue;
      return fail(ErrorKind::config, "config.range",
                  "a file of variables has at most " + std::to_string(k_max_variables));
    }
    return std::move(env_);
  }

 private:
  static tl::unexpected<Error> bad() {
    return fail(ErrorKind::config, "config.range", "a line of the file of variables is no NAME=value");
  }

  void skip(std::string_view set) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(set), rest_.size()));
  }

  // False at the end.
  bool skip_to_statement() {
    for (;;) {
      skip(" \t\v\f\r\n");
      if (!rest_.starts_with('#')) return !rest_.empty();
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    }
  }

  Result<std::string> read_name() {
    constexpr std::string_view word = "export";
    if (rest_.starts_with(word) && rest_.size() > word.size() &&
        k_blanks.find(rest_[word.size()]) != std::string_view::npos) {
      rest_.remove_prefix(word.size());
      skip(k_blanks);
    }
    std::size_t end = 0;
    while (end < rest_.size() && is_name(rest_[end])) ++end;
    std::string name(rest_.substr(0, end));
    rest_.remove_prefix(end);
    skip(k_blanks);
    if (name.empty() || rest_.empty() || (rest_[0] != '=' && rest_[0] != ':')) return bad();
    rest_.remove_prefix(1);
    skip(k_blanks);
    return name;
  }

  Result<std::string> read_value() {
    const char quote = rest_.empty() ? '\0' : rest_[0];
    if (quote != '"' && quote != '\'') return read_bare();
    std::size_t end = 1;
    while (end < rest_.size() && (rest_[end] != quote || rest_[end - 1] == '\\')) ++end;
    if (end == rest_.size()) return bad();
    const std::string_view inside = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return quote == '"' ? expand(unescape(inside)) : Result<std::string>(inside);
  }

  Result<std::string> read_bare() {
    std::string_view line = rest_.substr(0, rest_.find_first_of("\r\n"));
    rest_.remove_prefix(line.size());
    // The last one that begins a comment: "a #b #c" is "a #b".
    for (std::size_t at = line.size(); at-- > 1;) {
      if (line[at] == '#' && k_blanks.find(line[at - 1]) != std::string_view::npos) {
        line = line.substr(0, at);
        break;
      }
    }
    const std::size_t last = line.find_last_not_of(k_blanks);
    return expand(std::string(line.substr(0, last == std::string_view::npos ? 0 : last + 1)));
  }

  static std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        out += text[i];
        continue;
      }
      const char next = text[++i];
      if (next == 'n') {
        out += '\n';
      } else if (next == 'r') {
        out += '\r';
      } else {
        if (next == '$') out += '\\';  // for `expand`
        out += next;
      }
    }
    return out;
  }

  // $NAME and ${NAME}, of capitals, digits and "_"; "\$" is a dollar; "$(" is left alone.
  [[nodiscard]] Result<std::string> expand(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
      if (out.size() > k_max_value_bytes)
        return fail(ErrorKind::config, "config.range", "a variable of the file is too long");
      const char c = text[0];
      text.remove_prefix(1);
      if (c == '\\' && text.starts_with('$')) {
        out += '$';
        text.remove_prefix(1);
        continue;
      }
      const std::size_t brace = text.starts_with('{') ? 1 : 0;
      std::size_t end = brace;
      while (end < text.size() && is_name(text[end]) && (text[end] < 'a' || text[end] > 'z') &&
             text[end] != '.')
        ++end;
      if (c != '$' || end == brace) {
        out += c;
        continue;
      }
      const std::string_view name = text.substr(brace, end - brace);
      for (const auto& [known, value] : env_) {
        if (known == name) out += value;
      }
      text.remove_prefix(end);
      if (brace == 1 && text.starts_with('}')) text.remove_prefix(1);
    }
    return out;
  }

  std::string_view rest_;
  EnvList env_;
};

}  // namespace

Status apply_env_file(RunSettings& run, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.find('\0') != std::string_view::npos)
    return fail(ErrorKind::config, "config.range", "the file of variables has a NUL byte");
  for (const auto& [name, value] : SLUICE_TRY(EnvFile(text).read())) {
    if (!value.empty()) run.env.emplace_back(name, value);
  }
  run.env_replaces = true;
  return {};
}

}  // namespace sluice::sandbox
