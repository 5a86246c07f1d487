#include "syntax/dockerfile/model.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/ascii.h"
#include "syntax/dockerfile/lex.h"
#include "syntax/dockerfile/model_builder.h"

namespace sluice::syntax::dockerfile {
namespace {

const Definition* last_before(const std::vector<Definition>& list, std::uint32_t step) {
  const Definition* found = nullptr;
  const auto end = std::lower_bound(list.begin(), list.end(), step,
                                    [](const Definition& d, std::uint32_t s) { return d.step < s; });
  for (auto it = list.begin(); it != end; ++it) {
    if (found == nullptr || it->env || !found->env) found = &*it;  // ENV wins over a later ARG
  }
  return found;
}

}  // namespace

const Definition* Model::variable(const Step& step, std::string_view name) const {
  std::uint32_t stage = step.stage;
  bool inherited = false;
  for (std::uint32_t limit = step.index; stage != k_no_index; stage = stages[stage].base.stage) {
    const auto& names = definitions[stage];
    if (const auto found = names.find(name); found != names.end()) {
      const Definition* definition = last_before(found->second, limit);
      if (definition != nullptr && (definition->env || !inherited)) return definition;
    }
    inherited = true;
    limit = k_no_index;
  }
  return nullptr;
}

std::vector<const Stage*> Model::chain_of(const Stage& stage) const {
  std::vector<const Stage*> chain{&stage};
  while (chain.back()->base.stage != k_no_index) chain.push_back(&stages[chain.back()->base.stage]);
  return chain;
}

const Stage& Model::root_of(const Stage& stage) const {
  return *chain_of(stage).back();
}

Shell shell_from_words(std::vector<std::string> words) {
  Shell shell;
  shell.words = std::move(words);
  std::string name;
  if (!shell.words.empty()) {
    name = shell.words.front();
    const std::size_t slash = name.find_last_of("/\\");
    if (slash != std::string::npos) name.erase(0, slash + 1);
    name = to_lower(name);
    if (name.ends_with(".exe")) name.erase(name.size() - 4);
  }
  std::size_t first = 1;
  if (name == "env" && shell.words.size() > 1) {  // #!/usr/bin/env -S bash -e
    first = 2;
    std::size_t at = 1;
    while (at + 1 < shell.words.size() && shell.words[at].starts_with("-")) ++at;
    name = to_lower(shell.words[at]);
    first = at + 1;
  }
  shell.name = name;
  constexpr std::array<std::string_view, 5> posix{"sh", "dash", "ash", "ksh", "mksh"};
  constexpr std::array<std::string_view, 2> bash{"bash", "zsh"};
  if (std::find(posix.begin(), posix.end(), name) != posix.end()) {
    shell.kind = ShellKind::posix;
  } else if (std::find(bash.begin(), bash.end(), name) != bash.end()) {
    shell.kind = ShellKind::bash;
  } else if (name == "powershell" || name == "pwsh") {
    shell.kind = ShellKind::powershell;
  } else if (name == "cmd") {
    shell.kind = ShellKind::cmd;
  } else {
    shell.kind = ShellKind::other;
  }
  for (std::size_t i = first; i < shell.words.size() && shell.is_posix(); ++i) {
    const std::string& word = shell.words[i];
    if (word == "pipefail") shell.pipefail = true;
    if (word == "errexit") shell.errexit = true;
    if (word.size() > 1 && word[0] == '-' && word[1] != '-' && word.find('e') != std::string::npos)
      shell.errexit = true;
  }
  return shell;
}

bool is_platform_arg(std::string_view name) {
  constexpr std::array<std::string_view, 8> names{"TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT",
                                                  "BUILDPLATFORM",  "BUILDOS",  "BUILDARCH",  "BUILDVARIANT"};
  return std::find(names.begin(), names.end(), name) != names.end() || name == "TARGETSTAGE";
}

bool is_proxy_arg(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"http_proxy", "https_proxy", "ftp_proxy", "no_proxy",
                                                  "all_proxy"};
  return std::find(names.begin(), names.end(), to_lower(name)) != names.end();
}

MappedText mapped_json_word(const Instruction& instruction, const Word& word) {
  MappedText out;
  const std::string_view raw = word.range.of(instruction.line.text);
  if (raw.size() >= 2 &&
      raw.substr(1, raw.size() - 2) == word.text) {  // no escapes: the bytes stand there verbatim
    for (std::uint32_t i = 0; i < word.text.size();) {
      const std::uint32_t offset = instruction.line.source_offset(word.range.begin + 1 + i);
      std::uint32_t end = i + 1;
      while (end < word.text.size() &&
             instruction.line.source_offset(word.range.begin + 1 + end) == offset + (end - i)) {
        ++end;
      }
      out.append(std::string_view(word.text).substr(i, end - i), offset);
      i = end;
    }
    return out;
  }
  // Walk the escapes along with the decoded text; a \u escape can stand for several bytes.
  std::size_t decoded = 0;
  for (std::uint32_t i = 1; i + 1 < raw.size() && decoded < word.text.size();) {
    const bool escape = raw[i] == '\\';
    const std::uint32_t length = !escape ? 1 : (raw[i + 1] == 'u' ? 6 : 2);
    const std::uint32_t begin = instruction.line.source_offset(word.range.begin + i);
    const std::uint32_t last = std::min<std::uint32_t>(word.range.begin + i + length, word.range.end);
    const Span from{begin, instruction.line.source_offset(last - 1) + 1};
    std::size_t bytes = 1;
    if (escape) {
      while (decoded + bytes < word.text.size() &&
             (static_cast<unsigned char>(word.text[decoded + bytes]) & 0xC0) == 0x80) {
        ++bytes;
      }
      out.append_decoded(std::string_view(word.text).substr(decoded, bytes), from);
    } else {
      out.append(std::string_view(word.text).substr(decoded, 1), begin);
    }
    decoded += bytes;
    i += length;
  }
  if (decoded < word.text.size()) out.append_decoded(std::string_view(word.text).substr(decoded), word.span);
  return out;
}

Model build_model(const Document& document, std::string_view source, const ModelOptions& options) {
  return ModelBuilder(document, source, options).build();
}

}  // namespace sluice::syntax::dockerfile
