// Messages with descriptors over a Unix socket.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace sluice::sandbox {

struct Message {
  std::string bytes;  // empty at end of file
  std::vector<Fd> fds;
};

inline constexpr std::size_t k_max_passed_fds = 8;

[[nodiscard]] Status send_message(int socket, std::string_view bytes, const std::vector<int>& fds);
// One message of at most `max_bytes`; received descriptors are close-on-exec.
[[nodiscard]] Result<Message> receive_message(int socket, std::size_t max_bytes);

}  // namespace sluice::sandbox
