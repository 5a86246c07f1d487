// What a worker says about shell bodies is foreign; so is what ShellCheck says. Places always lie in the
// file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scan/adapter_shellcheck.h"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)scan::decode_shell_bodies(text, 1000);

  const scan::ShellBodies bodies = scan::shell_bodies(text);
  const auto back = scan::decode_shell_bodies(scan::encode(bodies), text.size());
  if (!back || back->bodies.size() != bodies.bodies.size()) std::abort();
  std::vector<scan::ShellcheckScript> scripts;
  for (const scan::ShellBody& body : back->bodies) scripts.emplace_back(body, text);
  for (const scan::ShellcheckScript& script : scripts) {
    for (std::uint64_t line = 0; line < 6; ++line) {
      for (std::uint64_t column = 0; column < 40; column += 3) {
        const auto span = script.span(line, column, line + column % 2, column + 4);
        if (span && (span->begin >= span->end || span->end > text.size())) std::abort();
      }
    }
  }
  (void)scan::read_shellcheck(text, scripts);
  return 0;
}
