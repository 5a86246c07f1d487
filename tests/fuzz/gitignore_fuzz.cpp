// Ignore files: text before the first NUL is the file, what follows is a path. A leading "!" changes what a
// pattern means and never what it matches.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "scan/ignore.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::scan;
  const std::string input(data, data + size);
  const std::size_t nul = input.find('\0');
  const std::string_view text = std::string_view(input).substr(0, nul);
  const std::string_view path =
      nul == std::string::npos ? std::string_view("a/b.c") : std::string_view(input).substr(nul + 1);

  const IgnoreFile file(text);
  for (const bool folder : {false, true}) {
    (void)file.match(path, folder);
    IgnoreStack stack;
    stack.push_git(&file, "a");
    (void)stack.decide(path, folder);
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.empty() || line.front() == '!' || line.front() == '#') continue;
    const IgnorePattern plain(line);
    const IgnorePattern negated("!" + std::string(line));
    if (plain.matches(path, folder) != negated.matches(path, folder)) std::abort();
    if (plain.negated() || !negated.negated()) std::abort();
  }
  return 0;
}
