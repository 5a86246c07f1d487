// No text crashes the Dockerfile checks or holds them up, and what was left out is said.
#include <chrono>
#include <cstdlib>
#include <ostream>

#include <doctest/doctest.h>

#include "checks/docker/docker.h"
#include "hostile_texts.h"

namespace sluice::checks::docker {
namespace {

Output analysed(std::string_view text) {
  Options options;
  options.profile = Profile::all;
  options.ignore_file = IgnoreFile::present;
  options.ignore_patterns = "**/*.key\n*.env\n!a\n";
  return analyse(syntax::dockerfile::parse_document(text), text, options);
}

// SLUICE_HOSTILE_BYTES=1000000 SLUICE_HOSTILE_TIMES=1 prints a table of times; the tests assert none.
// SLUICE_HOSTILE_ONLY="one COPY" takes the texts of such names only, for a profiler.
std::size_t wanted_size() {
  const char* bytes = std::getenv("SLUICE_HOSTILE_BYTES");
  return bytes != nullptr ? static_cast<std::size_t>(std::atoll(bytes)) : 100'000;
}

TEST_CASE("hostile texts are analysed, with findings inside the file") {
  for (const HostileText& hostile : hostile_texts(wanted_size())) {
    const char* const only = std::getenv("SLUICE_HOSTILE_ONLY");
    if (only != nullptr && hostile.name.find(only) == std::string::npos) continue;
    CAPTURE(hostile.name);
    const auto before = std::chrono::steady_clock::now();
    const Output output = analysed(hostile.text);
    const auto after = std::chrono::steady_clock::now();
    if (std::getenv("SLUICE_HOSTILE_TIMES") != nullptr) {
      std::printf("%8.0f ms %6zu findings%s  %s\n",
                  std::chrono::duration<double, std::milli>(after - before).count(), output.findings.size(),
                  output.partial ? ", partial" : "", hostile.name.c_str());
      std::fflush(stdout);
    }
    for (const RawFinding& finding : output.findings) {
      REQUIRE(finding.span.begin <= finding.span.end);
      REQUIRE(finding.span.end <= hostile.text.size());
      REQUIRE_FALSE(finding.message.empty());
      if (!finding.fix) continue;
      for (const Edit& edit : finding.fix->edits) REQUIRE(edit.offset + edit.length <= hostile.text.size());
    }
    if (output.partial) CHECK_FALSE(output.notes.empty());
  }
}

TEST_CASE("what a limit leaves out is said") {
  CHECK(analysed("FROM a:1\nRUN " + repeated("( ", 1000) + "curl x | sh").partial);
  CHECK(analysed("FROM a:1\nRUN " + repeated("a;", 120'000)).partial);
  CHECK(analysed("FROM a:1\n" + repeated("RUN sudo a\n", 20'000)).partial);
  CHECK_FALSE(analysed("FROM a:1\nRUN a\n").partial);
}

}  // namespace
}  // namespace sluice::checks::docker
