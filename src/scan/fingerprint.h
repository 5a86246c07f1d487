// Fingerprints: what makes two findings of two runs the same one.
//
//   fingerprint = first 32 hex digits of SHA-256("sluice.fingerprint/v1" NUL rule NUL path NUL text) ":"
//   occurrence
//
// `path` is the normalised path of the finding, `text` the matched source text (its first
// k_max_matched_bytes) with each run of white space folded to one space and none at its ends. `occurrence`
// counts, from 1 and in the order of offsets, the findings that agree in all three. There is no line number:
// in a replay of real histories path + rule + text + occurrence blocked no clean commit, while a hash of the
// surrounding hundred characters blocked every fifth. A change of this definition needs a new version word,
// since stored baselines hold fingerprints.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace sluice::scan {

inline constexpr std::size_t k_max_matched_bytes = 4096;

// The `text` of a fingerprint.
[[nodiscard]] std::string fingerprint_text(std::string_view matched);

// Runs of ASCII white space as one space; none at the ends.
[[nodiscard]] std::string fold_white_space(std::string_view text);

// "./a//b/../c" → "a/c"; "" for the folder itself. A path that leaves its start keeps its "..".
[[nodiscard]] std::string normalise_path(std::string_view path);

// Gives fingerprints to findings in the order asked. One per run.
class Fingerprinter {
 public:
  [[nodiscard]] std::string next(std::string_view rule, std::string_view path, std::string_view text);

 private:
  std::map<std::string, unsigned> seen_;  // digest → how often
};

}  // namespace sluice::scan
