// The Dockerfiles of the fixtures and probes, without their marks.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace sluice::checks::docker {

struct FixtureText {
  std::string name;  // "docker.sudo.md:7"
  std::string text;
};

inline std::string without_mark(std::string_view line) {
  std::size_t end = line.rfind("# expect:");
  if (end == std::string_view::npos) return std::string(line) + "\n";
  while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t')) --end;
  return end == 0 ? "" : std::string(line.substr(0, end)) + "\n";
}

inline void add_blocks(const std::filesystem::path& path, std::vector<FixtureText>& out) {
  const Result<Bytes> read = read_file(path.string());
  if (!read) return;
  std::string_view rest = *read;
  std::size_t number = 0;
  bool inside = false;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    ++number;
    if (inside && line.starts_with("```")) {
      inside = false;
    } else if (inside) {
      out.back().text += without_mark(line);
    } else if (line.starts_with("```dockerfile")) {
      inside = true;
      out.push_back({path.filename().string() + ":" + std::to_string(number), ""});
    }
  }
}

inline std::vector<FixtureText> fixture_texts() {
  std::vector<std::filesystem::path> paths;
  for (const char* folder : {"/rules/docker", "/rules/probes"}) {
    for (const auto& entry : std::filesystem::directory_iterator(std::string(SLUICE_TEST_DATA) + folder)) {
      if (entry.path().extension() == ".md") paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<FixtureText> out;
  for (const std::filesystem::path& path : paths) add_blocks(path, out);
  return out;
}

}  // namespace sluice::checks::docker
