// A light word scanner for PowerShell and cmd.exe: enough to see which programs run with which words.
#include "syntax/shell/argv.h"

#include <algorithm>

namespace sluice::syntax::shell {
namespace {

class WindowsReader {
 public:
  WindowsReader(const MappedText& text, bool powershell)
      : text_(text), s_(text.text()), powershell_(powershell) {
    script_.scopes.emplace_back();
    script_.scopes[0].span = text.span(0, text.size());
  }

  Script run() {
    while (i_ < s_.size() && script_.commands.size() < k_max_commands) {
      const char c = s_[i_];
      if (c == ' ' || c == '\t' || c == '\r') {
        ++i_;
      } else if (const Join join = separator(); join != Join::first) {
        end_command(join);
      } else {
        word();
      }
    }
    script_.incomplete = i_ < s_.size();
    end_command(Join::first);
    return std::move(script_);
  }

 private:
  // Reads an operator that ends a command; Join::first if there is none here.
  Join separator() {
    const char c = s_[i_];
    const char next = i_ + 1 < s_.size() ? s_[i_ + 1] : '\0';
    if (c == '\n' || (powershell_ && (c == ';' || c == '{' || c == '}' || c == '(' || c == ')'))) {
      ++i_;
      return Join::sequence;
    }
    if (c == '&' || c == '|') {
      const bool doubled = next == c;
      i_ += doubled ? 2U : 1U;
      if (c == '|') return doubled ? Join::or_ : Join::pipe;
      return doubled ? Join::and_ : Join::sequence;
    }
    return Join::first;
  }

  void word() {
    const std::uint32_t begin = i_;
    Word word;
    while (i_ < s_.size()) {
      const char c = s_[i_];
      if (c == '"' || (powershell_ && c == '\'')) {
        const std::size_t close = std::min(s_.find(c, i_ + 1), s_.size());
        word.text.append(s_.substr(i_ + 1, close - i_ - 1));
        word.quoted = true;
        i_ = static_cast<std::uint32_t>(std::min(close + 1, s_.size()));
      } else if (powershell_ && c == '`' && i_ + 1 < s_.size()) {
        word.text += s_[i_ + 1];
        i_ += 2;
      } else if (std::string_view(" \t\r\n&|").find(c) != std::string_view::npos ||
                 (powershell_ && std::string_view(";{}()").find(c) != std::string_view::npos)) {
        break;
      } else {
        word.unknown = word.unknown || c == '$' || c == '%';
        word.text += c;
        ++i_;
      }
    }
    word.span = text_.span(begin, i_);
    words_.push_back(std::move(word));
  }

  void end_command(Join next) {
    if (words_.empty()) {
      if (next != Join::first) join_ = next;
      return;
    }
    Command command;
    command.span = {words_.front().span.begin, words_.back().span.end};
    command.join = join_;
    command.next = next;
    const bool piped = join_ == Join::pipe;
    if (!piped) {
      ++pipeline_;
      place_ = 0;
    }
    command.stage = {pipeline_, place_++, 1};
    for (std::size_t i = script_.commands.size();
         i-- > 0 && script_.commands[i].stage.pipeline == pipeline_;) {
      if (i + 64 < script_.commands.size()) break;  // the count of a pipeline that long is of no use
      script_.commands[i].stage.count = place_;
    }
    command.stage.count = place_;
    command.argv = std::move(words_);
    words_.clear();
    script_.commands.push_back(std::move(command));
    join_ = next == Join::first ? Join::sequence : next;
  }

  const MappedText& text_;
  std::string_view s_;
  bool powershell_;
  Script script_;
  std::vector<Word> words_;
  Join join_ = Join::first;
  std::uint32_t pipeline_ = 0;
  std::uint32_t place_ = 0;
  std::uint32_t i_ = 0;
};

}  // namespace

Script read_windows(const MappedText& text, bool powershell) {
  return WindowsReader(text, powershell).run();
}

}  // namespace sluice::syntax::shell
