// Problem: something odd in an image that is no reason to stop reading, but must never be silent. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "image/limits.h"

namespace sluice::image {

inline constexpr std::size_t k_no_layer = static_cast<std::size_t>(-1);

struct Problem {
  std::string code;  // "entry.dotdot", "entry.device", "layer.trailing-data", …
  std::size_t layer = k_no_layer;
  std::string path;  // as stored in the image: raw bytes, to be escaped for display
  std::string message;
  // True if our view may differ from what a runtime would unpack: an entry was left out, or runtimes disagree
  // about it. A gate treats it as incomplete coverage.
  bool lossy = false;
};

// Keeps the first k_max_problems and counts all, so that a hostile image cannot fill memory with complaints.
class ProblemList {
 public:
  void add(Problem problem) {
    ++total_;
    lossy_ = lossy_ || problem.lossy;
    if (kept_.size() < k_max_problems) kept_.push_back(std::move(problem));
  }
  void append(const ProblemList& other) {
    for (const Problem& problem : other.kept_) add(problem);
    total_ += other.total_ - other.kept_.size();
    lossy_ = lossy_ || other.lossy_;
  }
  [[nodiscard]] const std::vector<Problem>& kept() const { return kept_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  [[nodiscard]] bool any_lossy() const { return lossy_; }  // among all, not only those kept

 private:
  std::vector<Problem> kept_;
  std::uint64_t total_ = 0;
  bool lossy_ = false;
};

}  // namespace sluice::image
