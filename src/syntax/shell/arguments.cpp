#include "syntax/shell/arguments.h"

namespace sluice::syntax::shell {
namespace {

bool listed(std::string_view list, std::string_view name) {
  for (std::size_t at = list.find(name); at != std::string_view::npos; at = list.find(name, at + 1)) {
    const bool starts = at == 0 || list[at - 1] == ' ';
    const std::size_t end = at + name.size();
    if (starts && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

}  // namespace

const Option* Arguments::option(std::string_view name) const {
  for (const Option& candidate : options) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

bool Arguments::has(std::string_view names) const {
  for (const Option& candidate : options) {
    if (listed(names, candidate.name)) return true;
  }
  return false;
}

Arguments arguments(const Command& command, std::string_view valued, bool long_single) {
  Arguments out;
  bool only_operands = false;
  std::optional<std::size_t> dashes;
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const Word& word = command.argv[i];
    const std::string_view text = word.text;
    const auto take_next = [&]() -> std::optional<std::string> {
      if (i + 1 >= command.argv.size()) return std::nullopt;
      return command.argv[++i].text;
    };
    if (only_operands || text.size() < 2 || text[0] != '-') {
      out.operands.push_back(&word);
    } else if (text == "--") {
      only_operands = true;
      dashes = out.operands.size();
    } else if (text[1] == '-' || long_single) {
      const std::size_t equals = text.find('=');
      Option option{std::string(text.substr(0, equals)), std::nullopt, &word};
      if (equals != std::string_view::npos) {
        option.value = std::string(text.substr(equals + 1));
      } else if (listed(valued, option.name)) {
        option.value = take_next();
      }
      out.options.push_back(std::move(option));
    } else {
      for (std::size_t k = 1; k < text.size(); ++k) {
        Option option{std::string{'-', text[k]}, std::nullopt, &word};
        const bool takes = listed(valued, option.name);
        if (takes && k + 1 < text.size()) {
          option.value = std::string(text.substr(k + 1));
        } else if (takes) {
          option.value = take_next();
        }
        out.options.push_back(std::move(option));
        if (takes) break;
      }
    }
  }
  out.before_dashes = dashes.value_or(out.operands.size());
  return out;
}

}  // namespace sluice::syntax::shell
