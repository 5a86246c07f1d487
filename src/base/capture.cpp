// CaptureBuffer: the head and tail of a stream in constant memory.
#include <algorithm>

#include "base/subprocess.h"

namespace sluice {

CaptureBuffer::CaptureBuffer(std::size_t head_bytes, std::size_t tail_bytes)
    : head_limit_(head_bytes), tail_limit_(tail_bytes) {}

void CaptureBuffer::append(std::string_view chunk) {
  captured_.total_bytes += chunk.size();
  const std::size_t room = head_limit_ - captured_.head.size();
  captured_.head.append(chunk.substr(0, room));
  chunk.remove_prefix(std::min(room, chunk.size()));
  if (chunk.size() > tail_limit_) chunk.remove_prefix(chunk.size() - tail_limit_);
  std::string& tail = captured_.tail;
  // Trimmed only when it has doubled: each byte is moved once at most.
  if (tail.size() + chunk.size() > 2 * tail_limit_) tail.erase(0, tail.size() - (tail_limit_ - chunk.size()));
  tail.append(chunk);
}

Captured CaptureBuffer::take() {
  std::string& tail = captured_.tail;
  if (tail.size() > tail_limit_) tail.erase(0, tail.size() - tail_limit_);
  return std::exchange(captured_, {});
}

std::string Captured::text() const {
  if (!truncated()) return head + tail;
  const std::uint64_t lost = total_bytes - head.size() - tail.size();
  return head + "\n[" + std::to_string(lost) + " bytes left out]\n" + tail;
}

}  // namespace sluice
