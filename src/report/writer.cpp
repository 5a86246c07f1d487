#include "report/writer.h"

#include <array>

namespace sluice::report {

std::span<const Writer> writers() {
  static constexpr std::array<Writer, 7> k_writers{{
      {"terminal", "for people, grouped by file", write_terminal},
      {"json", "sluice.report/v1", write_json},
      {"sarif", "SARIF 2.1.0", write_sarif},
      {"github", "GitHub workflow commands (annotations)", write_github},
      {"gitlab", "GitLab code quality report", write_gitlab},
      {"junit", "JUnit XML of the tests and the verdict", write_junit},
      {"markdown", "job summary", write_markdown},
  }};
  return k_writers;
}

const Writer* find_writer(std::string_view name) {
  for (const Writer& writer : writers()) {
    if (writer.name == name) return &writer;
  }
  return nullptr;
}

}  // namespace sluice::report
