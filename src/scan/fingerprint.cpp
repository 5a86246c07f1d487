#include "scan/fingerprint.h"

#include <cstddef>
#include <vector>

#include "base/digest.h"

namespace sluice::scan {
namespace {

constexpr std::string_view k_version = "sluice.fingerprint/v1";
constexpr std::size_t k_digits = 32;

bool is_white(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

std::string fold_white_space(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!is_white(c)) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string normalise_path(std::string_view path) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (part != ".." || !absolute) {
      parts.push_back(part);
    }
  }
  std::string out = absolute ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += '/';
    out += parts[i];
  }
  return out;
}

std::string fingerprint_text(std::string_view matched) {
  return fold_white_space(matched.substr(0, k_max_matched_bytes));
}

std::string Fingerprinter::next(std::string_view rule, std::string_view path, std::string_view text) {
  constexpr std::string_view separator("\0", 1);
  Sha256 hash;
  hash.update(k_version);
  for (const std::string_view part : {rule, path, text}) {
    hash.update(separator);
    hash.update(part);
  }
  std::string digest = hash.finish().hex().substr(0, k_digits);
  const unsigned occurrence = ++seen_[digest];
  return digest + ":" + std::to_string(occurrence);
}

}  // namespace sluice::scan
