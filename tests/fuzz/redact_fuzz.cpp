// Arguments of hostile programs (one a line): no crash, no word lost, and a password that is named as such
// is gone, whatever stands around it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/observe/redact.h"

using namespace sluice::sandbox;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> argv(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == '\n') {
      argv.emplace_back();
    } else {
      argv.back() += static_cast<char>(data[i]);
    }
  }
  const std::vector<std::string> once = redact(argv);
  if (once.size() != argv.size()) std::abort();
  static_cast<void>(redact(once));
  const bool known = argv.front().find("correct-horse") != std::string::npos;
  argv.front() += " --password=correct-horse " + argv.front();
  if (!known && redact(argv).front().find("correct-horse") != std::string::npos) std::abort();
  return 0;
}
