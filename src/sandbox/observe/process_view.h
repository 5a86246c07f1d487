// Looks into a stopped process of another container: its memory, and what /proc says of it. What is read is
// only worth something if the process was still the same afterwards: see Supervisor.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace sluice::sandbox {

class ProcessView {
 public:
  // `wide` is false for a 32-bit program: pointers in its memory have four bytes.
  ProcessView(pid_t tid, bool wide) : tid_(tid), wide_(wide), folder_("/proc/" + std::to_string(tid)) {}

  [[nodiscard]] bool read(std::uint64_t address, void* to, std::size_t size) const;
  // Up to `size` bytes: what is there before the memory ends.
  [[nodiscard]] std::string bytes(std::uint64_t address, std::size_t size) const;
  // A text that ends in NUL within `max` bytes; nothing if it cannot be read.
  [[nodiscard]] std::optional<std::string> text(std::uint64_t address, std::size_t max) const;
  // An argument vector; each word cut at `max_word` bytes, with "…" in place of the rest.
  [[nodiscard]] std::optional<std::vector<std::string>> words(std::uint64_t address, std::size_t max_words,
                                                              std::size_t max_word) const;
  [[nodiscard]] std::optional<std::uint64_t> pointer(std::uint64_t address) const;
  [[nodiscard]] std::size_t pointer_size() const { return wide_ ? 8 : 4; }

  // The target of a link below /proc/TID: "exe", "cwd", "fd/3". Empty if it cannot be read.
  [[nodiscard]] std::string link(const std::string& name) const;
  [[nodiscard]] Fd open(const std::string& name, int flags) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] pid_t tid() const { return tid_; }

  struct Identity {
    pid_t group = 0;  // thread group: the process
    std::uint32_t outer_fsuid = 0;
    std::uint32_t outer_fsgid = 0;
    std::uint32_t uid = 0;  // effective, as the process itself sees it
    std::uint64_t permitted = 0;
    std::uint64_t caught = 0;  // signals with a handler
  };
  [[nodiscard]] std::optional<Identity> identity() const;

 private:
  // The first bytes of each text, by one call; less than `places` if one cannot be read.
  [[nodiscard]] std::vector<std::string> beginnings(const std::vector<std::uint64_t>& places) const;

  pid_t tid_;
  bool wide_;
  std::string folder_;
};

// The number that a process of that user namespace sees, by the text of its uid_map (user_namespaces(7)).
[[nodiscard]] std::uint32_t inner_id(std::uint32_t outer, std::string_view map);

}  // namespace sluice::sandbox
