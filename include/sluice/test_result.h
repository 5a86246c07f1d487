// The outcome of dynamic tests of one image.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// passed and failed speak of the image; skipped and error say that the test could not judge it (unknown).
enum class TestStatus : std::uint8_t { passed, failed, skipped, error };

struct TestCase {
  std::string name;
  std::string kind;  // "command", "file", "metadata", …
  TestStatus status = TestStatus::error;
  std::string message;  // why, for every status but passed
  std::string output;   // bounded excerpt of what the container printed, raw bytes
  std::chrono::milliseconds duration{0};
};

struct TestReport {
  std::string spec_path;
  std::string spec_sha256;   // hex
  std::string image_digest;  // "sha256:…", of the manifest
  std::string tier;          // isolation that was really used: "root", "userns", "chroot", "none"
  std::vector<std::string>
      limits_missing;  // limits asked for that this machine could not set, e.g. "memory: cgroup …"
  std::vector<TestCase> cases;
  std::chrono::milliseconds time_to_ready{0};  // of the service; 0 = there was none
  std::chrono::milliseconds time_to_stop{0};
};

[[nodiscard]] std::string_view to_string(TestStatus status);

}  // namespace sluice
