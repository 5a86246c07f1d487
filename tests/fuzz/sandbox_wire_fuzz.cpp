// Messages between an engine and its launcher: no crash, no growth beyond the message; what is understood is
// the same after another journey, and a message that goes on behind its end is refused.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sandbox/wire.h"

using namespace sluice::sandbox;

template <typename Decode>
static void check(Decode decode, std::string_view bytes) {
  const auto message = decode(bytes);
  if (!message) return;
  const std::string own = encode(*message);
  const auto again = decode(own);
  if (!again || encode(*again) != own) std::abort();
  if (decode(own + "x") || decode(std::string_view(own).substr(0, own.size() - 1))) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(decode_request, bytes);
  check(decode_event, bytes);
  check(decode_handshake, bytes);
  check(decode_command, bytes);
  check(decode_answer, bytes);
  check(decode_inspection, bytes);
  return 0;
}
