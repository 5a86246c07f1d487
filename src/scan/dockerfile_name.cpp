#include "scan/dockerfile_name.h"

#include <array>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "syntax/language.h"

namespace sluice::scan {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  constexpr std::string_view blanks = " \t\r";
  for (std::size_t i = line.find_first_not_of(blanks); i != std::string_view::npos;) {
    const std::size_t end = line.find_first_of(blanks, i);
    words.push_back(line.substr(i, end == std::string_view::npos ? end : end - i));
    i = line.find_first_not_of(blanks, end);
  }
  return words;
}

// FROM [--platform=…] image [AS name]
bool is_from(const std::vector<std::string_view>& words) {
  std::size_t i = 1;
  while (i < words.size() && words[i].starts_with("--")) ++i;
  const std::size_t rest = words.size() - i;
  return rest == 1 || (rest == 3 && to_lower(words[i + 1]) == "as");
}

}  // namespace

DockerfileName dockerfile_by_name(std::string_view path) {
  const std::string name = to_lower(path.substr(path.rfind('/') + 1));
  const std::size_t dot = name.rfind('.');
  const std::string_view extension =
      dot == std::string::npos ? std::string_view{} : std::string_view(name).substr(dot + 1);
  if (extension == "dockerignore" || extension == "containerignore") return DockerfileName::no;
  for (const std::string_view stem : {"dockerfile", "containerfile"}) {
    if (name == stem || extension == stem) return DockerfileName::yes;
    if (!name.starts_with(stem)) continue;
    const char next = name[stem.size()];
    if (next != '.' && next != '-' && next != '_') return DockerfileName::ask_content;
    constexpr std::array<std::string_view, 6> documents{"md", "txt", "rst", "adoc", "lock", "orig"};
    for (const std::string_view document : documents) {
      if (extension == document) return DockerfileName::ask_content;
    }
    return syntax::language_of_path(name) == nullptr ? DockerfileName::yes : DockerfileName::ask_content;
  }
  return dot == std::string::npos ? DockerfileName::ask_content : DockerfileName::no;
}

bool looks_like_dockerfile(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  if (head.starts_with("#!")) return false;
  bool continued = false;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    const std::vector<std::string_view> words = words_of(head.substr(0, end));
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    if (words.empty() || words.front().starts_with('#')) continue;
    const bool continues = words.back().ends_with('\\');
    if (!continued) {
      const std::string instruction = to_lower(words.front());
      if (instruction == "from") return is_from(words);
      if (instruction != "arg" || words.size() < 2) return false;
    }
    continued = continues;
  }
  return false;
}

}  // namespace sluice::scan
