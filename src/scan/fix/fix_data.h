// Fix data: digests and checksums that the user supplies for fixes of tier needs_data. Nothing is ever looked
// up elsewhere or made up; a fix whose data is not in here is not applied. docs/fixes.md describes the forms.
//
//   FILE.lock     lines "REFERENCE DIGEST" or "REFERENCE@DIGEST"; "#" comments
//   FILE          YAML or JSON: version: 1, images: {reference: digest}, files: {URL: sha256}
//   FOLDER        an OCI image layout whose index names its images
//
// References are compared by what they mean: "debian" is docker.io/library/debian:latest. The same key with
// two different values, in one source or in several, is an error and not a choice.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sluice/finding.h"

namespace sluice::scan {

inline constexpr std::size_t k_max_fix_data_bytes = 16u << 20;
inline constexpr std::size_t k_max_fix_data_entries = 100'000;

class FixData {
 public:
  // Adds a lock file or layout. Codes: fix-data.read, fix-data.format, fix-data.conflict; config.* and yaml.*
  // with places; json.* of a layout's index.
  [[nodiscard]] Status add(const std::string& path);
  [[nodiscard]] Status add_lock(std::string_view text, const std::string& name);
  [[nodiscard]] Status add_document(std::string_view text, const std::string& name);

  [[nodiscard]] bool empty() const { return images_.empty() && files_.empty(); }
  // What goes in place of k_data_mark: "sha256:…" of an image, 64 hex digits of a file.
  [[nodiscard]] std::optional<std::string> find(DataKind kind, std::string_view key) const;

 private:
  [[nodiscard]] Status add_layout(const std::string& folder);
  [[nodiscard]] Status add_image(std::string_view reference, std::string_view digest, const std::string& at);
  [[nodiscard]] Status add_file(std::string_view url, std::string_view digest, const std::string& at);

  std::map<std::string, std::string, std::less<>> images_;  // normal reference → "sha256:…"
  std::map<std::string, std::string, std::less<>> files_;   // URL → hex
};

// "debian" → "docker.io/library/debian:latest"; empty if it is no reference, or has a digest already.
[[nodiscard]] std::string normal_reference(std::string_view text);

// Puts the data into the fix: its needs become edits, in order. False, and the fix unchanged, if some data is
// missing; `missing` is then the first key that was not found.
[[nodiscard]] bool fill_in(const FixData& data, Fix& fix, std::string& missing);

}  // namespace sluice::scan
