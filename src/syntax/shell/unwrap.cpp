#include "syntax/shell/unwrap.h"

#include <algorithm>
#include <array>

namespace sluice::syntax::shell {
namespace {

struct Wrapper {
  std::string_view name;
  std::string_view valued;     // options that take the next word as value, each between blanks
  std::size_t positional = 0;  // words between the options and the command
  bool assignments = false;    // NAME=value words before the command
};

constexpr std::array k_wrappers{
    Wrapper{"sudo", " -u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --chdir --chroot ", 0,
            true},
    Wrapper{"doas", " -u -C ", 0, false},
    Wrapper{"env", " -u --unset -C --chdir ", 0, true},
    Wrapper{"xargs", " -I -L -n -P -s -d -E -a --arg-file --max-args --max-procs --replace --delimiter ", 0,
            false},
    Wrapper{"timeout", " -s -k --signal --kill-after ", 1, false},
    Wrapper{"nice", " -n --adjustment ", 0, false},
    Wrapper{"ionice", " -c -n -t --class --classdata ", 0, false},
    Wrapper{"nohup", "", 0, false},
    Wrapper{"exec", " -a ", 0, false},
    Wrapper{"command", "", 0, false},
    Wrapper{"builtin", "", 0, false},
    Wrapper{"time", " -f -o --format --output ", 0, false},
    Wrapper{"stdbuf", " -i -o -e ", 0, false},
    Wrapper{"setsid", "", 0, false},
    Wrapper{"chroot", "", 1, false},
    Wrapper{"gosu", "", 1, false},
    Wrapper{"su-exec", "", 1, false},
    Wrapper{"chpst", " -u -U -e -n -l -L -m -d -o ", 0, false},
    Wrapper{"runuser", " -u -g -G --user --group ", 0, false},
    Wrapper{"setpriv", " --reuid --regid --groups --bounding-set --inh-caps --ambient-caps ", 0, false},
    Wrapper{"unshare", "", 0, false},
    Wrapper{"flock", " -w -E --timeout ", 1, false},
    Wrapper{"eatmydata", "", 0, false},
    Wrapper{"fakeroot", " -l -s -i -b ", 0, false},
    Wrapper{"tini", " -p -e ", 0, false},
    Wrapper{"dumb-init", " -r --rewrite ", 0, false},
    Wrapper{"busybox", "", 0, false},
    Wrapper{"linux32", "", 0, false},
    Wrapper{"retry", " -t -d -n -s ", 0, false},
};

const Wrapper* find_wrapper(std::string_view name) {
  const auto found =
      std::find_if(k_wrappers.begin(), k_wrappers.end(), [&](const Wrapper& w) { return w.name == name; });
  return found == k_wrappers.end() ? nullptr : &*found;
}

bool holds(std::string_view list, std::string_view option) {
  const std::size_t at = list.find(option);
  return at != std::string_view::npos && at > 0 && list[at - 1] == ' ' && at + option.size() < list.size() &&
         list[at + option.size()] == ' ';
}

bool is_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](char c) {
                       return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                              c == '_';
                     }) &&
         !(text[0] >= '0' && text[0] <= '9');
}

// Index behind the wrapper at `at`; words.size() if it wraps nothing.
std::size_t behind(const Wrapper& wrapper, std::span<const Word> words, std::size_t at, Shape& shape) {
  std::size_t i = at + 1;
  for (; i < words.size(); ++i) {
    const std::string& text = words[i].text;
    if (text == "--") {
      ++i;
      break;
    }
    if (wrapper.assignments && is_assignment(text)) {
      shape.assignments.push_back(i);
      continue;
    }
    if (text.size() < 2 || text[0] != '-') break;
    // `command -v x` and `exec -c`: only asks, runs nothing.
    if (wrapper.name == "command" && (text == "-v" || text == "-V")) return words.size();
    if (holds(wrapper.valued, text)) ++i;
  }
  if (wrapper.assignments) {
    for (; i < words.size() && is_assignment(words[i].text); ++i) shape.assignments.push_back(i);
  }
  return std::min(i + wrapper.positional, words.size());
}

bool is_python(std::string_view name) {
  if (name.substr(0, 6) == "python")
    name.remove_prefix(6);
  else if (name.substr(0, 4) == "pypy")
    name.remove_prefix(4);
  else
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// `python -I -m pip …` runs the module as a program.
std::size_t behind_python(std::span<const Word> words, std::size_t at) {
  for (std::size_t i = at + 1; i + 1 < words.size(); ++i) {
    const std::string& text = words[i].text;
    if (text == "-m") return i + 1;
    if (text.size() < 2 || text[0] != '-' || text == "-c") return at;
    if (text == "-W" || text == "-X") ++i;
  }
  return at;
}

bool has_user_option(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(),
                     [](const Word& word) { return word.text == "-u" || word.text.starts_with("--user"); });
}

void find_shell_text(std::span<const Word> words, std::size_t program, Shape& shape) {
  for (std::size_t i = program + 1; i < words.size(); ++i) {
    const std::string& text = words[i].text;
    if (text == "--") {
      shape.reads_stdin = i + 1 >= words.size();
      return;
    }
    if (text.size() < 2 || (text[0] != '-' && text[0] != '+')) return;  // a script file
    if (text[1] == '-') continue;                                       // --login, --norc
    const std::string_view letters = std::string_view(text).substr(1);
    if (letters.find('c') != std::string_view::npos && text[0] == '-') {
      // -c takes the first word that is no option, which may be preceded by the value of an `o` in the same
      // cluster.
      std::size_t at = i + 1 + (letters.find('o') != std::string_view::npos ? 1 : 0);
      while (at < words.size() && words[at].text.size() > 1 && words[at].text[0] == '-') {
        at += words[at].text == "-o" ? 2U : 1U;
      }
      if (at < words.size()) shape.script = at;
      return;
    }
    if (letters.find('s') != std::string_view::npos) {
      shape.reads_stdin = true;
      return;
    }
    if (letters.back() == 'o' || letters.back() == 'O') ++i;
  }
  shape.reads_stdin = true;
}

void find_su_text(std::span<const Word> words, std::size_t program, Shape& shape) {
  for (std::size_t i = program + 1; i < words.size(); ++i) {
    const std::string& text = words[i].text;
    const bool clustered = text.size() > 1 && text[0] == '-' && text[1] != '-' && text.back() == 'c';
    if ((clustered || text == "--command") && i + 1 < words.size()) {
      shape.script = i + 1;
      return;
    }
  }
}

void find_exec(std::span<const Word> words, std::size_t program, Shape& shape) {
  for (std::size_t i = program + 1; i < words.size(); ++i) {
    const std::string& text = words[i].text;
    if (text != "-exec" && text != "-execdir" && text != "-ok" && text != "-okdir") continue;
    std::size_t end = i + 1;
    while (end < words.size() && words[end].text != ";" && words[end].text != "+") ++end;
    if (end > i + 1) shape.nested.emplace_back(i + 1, end);
    i = end;
  }
}

}  // namespace

std::string_view program_name(std::string_view word) {
  // By hand: asked for each command by each check, and find_last_of() calls memchr for each byte.
  std::size_t begin = word.size();
  while (begin > 0 && word[begin - 1] != '/' && word[begin - 1] != '\\') --begin;
  word.remove_prefix(begin);
  if (word.size() > 4 && (word.ends_with(".exe") || word.ends_with(".EXE"))) word.remove_suffix(4);
  return word;
}

bool is_shell_name(std::string_view name) {
  constexpr std::array<std::string_view, 10> shells{"sh",  "bash", "dash",  "ash",   "zsh",
                                                    "ksh", "mksh", "rbash", "ksh93", "busybox-sh"};
  return std::find(shells.begin(), shells.end(), program_name(name)) != shells.end();
}

Shape shape_of(std::span<const Word> words) {
  Shape shape;
  std::size_t at = 0;
  while (at < words.size()) {
    const std::string_view name = program_name(words[at].text);
    if (const Wrapper* wrapper = find_wrapper(name); wrapper != nullptr) {
      if (name == "runuser" && !has_user_option(words.subspan(at))) break;  // runuser USER -c TEXT, as su
      const std::size_t next = behind(*wrapper, words, at, shape);
      if (next >= words.size() || (name == "flock" && words[next].text == "-c")) break;
      at = next;
      continue;
    }
    if (is_python(name)) {
      const std::size_t next = behind_python(words, at);
      if (next == at) break;
      at = next;
      continue;
    }
    break;
  }
  shape.wrappers = at;
  if (at >= words.size()) return shape;
  const std::string_view name = program_name(words[at].text);
  if (is_shell_name(name)) find_shell_text(words, at, shape);
  if (name == "su" || name == "runuser" || name == "flock") find_su_text(words, at, shape);
  if (name == "find") find_exec(words, at, shape);
  if (name == "eval" && at + 1 < words.size()) {
    shape.script = at + 1;
    shape.joined_script = true;
  }
  return shape;
}

}  // namespace sluice::syntax::shell
