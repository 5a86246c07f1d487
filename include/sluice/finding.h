// Finding: one rule, one place, one message. What flows from scan to policy and report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

enum class Severity : std::uint8_t { info, low, medium, high };
enum class Confidence : std::uint8_t { low, medium, high };
enum class FindingStatus : std::uint8_t { fresh /* printed "new" */, existing, waived, suppressed };

// A place for people: lines and columns from 1, columns in code points, end exclusive; offset and length in
// bytes.
struct Region {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t end_line = 1;
  std::uint32_t end_column = 1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const Region&, const Region&) = default;
};

// Replace the bytes [offset, offset + length) of the file by `text`.
struct Edit {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string text;
  Region region = {};  // of the bytes replaced; filled by scan, for writers that speak of lines
};

// safe: applied by --fix; the outcome is the same image, or only what the file says it wants.
// needs_data: applied when the user's lock file holds the data; nothing is ever invented.
// suggestion: shown, never applied.
enum class FixTier : std::uint8_t { safe, needs_data, suggestion };

// What a fix of tier needs_data lacks. `edit.text` holds k_data_mark where the data goes.
enum class DataKind : std::uint8_t {
  image_digest,  // of the image reference `key`: "sha256:…"
  file_sha256,   // of the bytes at the URL `key`: 64 hex digits
};
inline constexpr std::string_view k_data_mark = "{data}";

struct DataNeed {
  DataKind kind = DataKind::image_digest;
  std::string key;
  Edit edit;
};

struct Fix {
  std::string description;
  FixTier tier = FixTier::suggestion;
  std::vector<Edit> edits;           // ascending, not overlapping
  std::vector<DataNeed> needs = {};  // filled in, they become edits
};

// A step of a trace (taint, stage inheritance): where, and what happens there.
struct TraceStep {
  std::string path;
  Region region;
  std::string message;
};

struct Finding {
  std::string rule;                  // "docker.base-image-unpinned", or a Semgrep rule's own id
  std::vector<std::string> aliases;  // peers' ids: "hadolint:DL3006"
  Severity severity = Severity::medium;
  Confidence confidence = Confidence::high;
  std::string message;
  std::string path;  // relative to the scanned root, with "/"
  Region region;
  std::string source_line;  // the first line of the region, for the terminal; not part of the JSON report
  std::string fingerprint;
  std::vector<std::string> cwe;  // "CWE-798"
  std::string help;              // how to mend it, one sentence; may be empty
  std::optional<Fix> fix;
  std::vector<TraceStep> trace;
  FindingStatus status = FindingStatus::fresh;
  std::string status_reason;  // of a suppression or waiver
};

[[nodiscard]] std::string_view to_string(Severity severity);
[[nodiscard]] std::string_view to_string(Confidence confidence);
[[nodiscard]] std::string_view to_string(FindingStatus status);
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text);
[[nodiscard]] std::optional<Confidence> parse_confidence(std::string_view text);

}  // namespace sluice
