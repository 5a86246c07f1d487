// The outside world behind small interfaces, so that engines run wholly in memory in tests (the idea is
// ninja's). Real ones for `cli`, doubles for tests. Interfaces own nothing; pass by reference.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/subprocess.h"

namespace sluice {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::chrono::sys_seconds now() const = 0;
  [[nodiscard]] virtual std::chrono::nanoseconds monotonic() const = 0;
};

// Wall clock of the machine; SOURCE_DATE_EPOCH, if set to a decimal number, fixes `now`.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::sys_seconds now() const override;
  [[nodiscard]] std::chrono::nanoseconds monotonic() const override;
};

class FixedClock final : public Clock {
 public:
  explicit FixedClock(std::chrono::sys_seconds now) : now_(now) {}
  [[nodiscard]] std::chrono::sys_seconds now() const override { return now_; }
  [[nodiscard]] std::chrono::nanoseconds monotonic() const override { return monotonic_; }
  void advance(std::chrono::nanoseconds by);

 private:
  std::chrono::sys_seconds now_;
  std::chrono::nanoseconds monotonic_{0};
};

class Disk {
 public:
  virtual ~Disk() = default;
  [[nodiscard]] virtual Result<Bytes> read(const std::string& path, std::uint64_t max_bytes) const = 0;
  [[nodiscard]] virtual Status write_atomic(const std::string& path, BytesView bytes) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) const = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> list(
      const std::string& path) const = 0;  // sorted names
};

class SystemDisk final : public Disk {
 public:
  [[nodiscard]] Result<Bytes> read(const std::string& path, std::uint64_t max_bytes) const override;
  [[nodiscard]] Status write_atomic(const std::string& path, BytesView bytes) override;
  [[nodiscard]] bool exists(const std::string& path) const override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override;
};

class MemoryDisk final : public Disk {
 public:
  std::map<std::string, Bytes> files;  // by full path, public for tests
  [[nodiscard]] Result<Bytes> read(const std::string& path, std::uint64_t max_bytes) const override;
  [[nodiscard]] Status write_atomic(const std::string& path, BytesView bytes) override;
  [[nodiscard]] bool exists(const std::string& path) const override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path) const override;
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  [[nodiscard]] virtual Result<ProcessResult> run(const ProcessSpec& spec) = 0;
};

class SystemProcessRunner final : public ProcessRunner {
 public:
  [[nodiscard]] Result<ProcessResult> run(const ProcessSpec& spec) override;
};

// Answers by argv joined with spaces; an unknown command is an error. Records what was asked.
class ScriptedProcessRunner final : public ProcessRunner {
 public:
  std::map<std::string, ProcessResult> answers;
  std::vector<ProcessSpec> asked;
  [[nodiscard]] Result<ProcessResult> run(const ProcessSpec& spec) override;
};

// Environment variables as a value; `current` copies the process's own.
using Environment = std::map<std::string, std::string>;
[[nodiscard]] Environment current_environment();

// "2026-11-23T20:00:00Z" (RFC 3339, seconds, UTC) and back; the reader takes fractions and offsets too.
[[nodiscard]] std::string format_time(std::chrono::sys_seconds time);
[[nodiscard]] Result<std::chrono::sys_seconds> parse_time(std::string_view text);

}  // namespace sluice
