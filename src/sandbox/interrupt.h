// SIGINT, SIGTERM and SIGHUP as a readable descriptor, so that a cancelled job leaves nothing behind: whoever
// waits for containers polls it, unwinds, and destructors clean up.
#pragma once

namespace sluice::sandbox {

class Interrupt {
 public:
  // Installs the handlers, once a process; the first signal makes fd() readable for good, a third one of any
  // of them ends the process at once (the next start then cleans).
  [[nodiscard]] static int install();
  // The number of the first signal, or 0.
  [[nodiscard]] static int received();
};

}  // namespace sluice::sandbox
