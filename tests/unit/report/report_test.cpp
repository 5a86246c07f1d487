#include <cstdint>
#include <ostream>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "base/json.h"
#include "report/counts.h"
#include "report/escape.h"
#include "report/writer.h"

using namespace sluice;
using namespace sluice::report;

namespace {

Finding finding(std::string path, std::string message, Severity severity = Severity::high) {
  Finding out;
  out.rule = "docker.pipe-to-shell";
  out.aliases = {"hadolint:DL4006"};
  out.severity = severity;
  out.message = std::move(message);
  out.path = std::move(path);
  out.region = {3, 5, 3, 9, 40, 4};
  out.source_line = "RUN curl x | sh";
  out.fingerprint = "0123";
  out.cwe = {"CWE-494"};
  return out;
}

Report sample() {
  Report report;
  report.tool_version = "0.0.0";
  report.findings = {finding("Dockerfile", "pipe to shell")};
  report.coverage = {{"Dockerfile", "dockerfile", CoverageStatus::analysed, ""},
                     {"x.py", "python", CoverageStatus::failed, "deadline of 5 s"}};
  report.rules = {
      {"docker.pipe-to-shell", "Pipe to shell", "why", "help", Severity::high, {}, {"CWE-494"}, {}}};
  return report;
}

std::string text_of(std::string_view writer, const Report& report) {
  const Writer* found = find_writer(writer);
  REQUIRE(found != nullptr);
  return found->write(report, {});
}

// Lines that a GitHub runner would obey: "::" first after blanks, or "##[" anywhere.
std::size_t commands(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (line.starts_with("::") || line.find("##[") != std::string_view::npos ||
        line.find("##vso[") != std::string_view::npos) {
      ++count;
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return count;
}

}  // namespace

TEST_CASE("foreign text cannot command a terminal or a runner") {
  CHECK(escape_line("\x1b[31mred") == "\\x1b[31mred");
  CHECK(escape_line("a\rb\nc\td") == "a\\x0db\\x0ac\td");
  CHECK(escape_line("::error::x") == "\\x3a:error::x");
  CHECK(escape_line("  ::error::x") == "  \\x3a:error::x");
  CHECK(escape_line("a ::b") == "a ::b");
  CHECK(escape_line("x ##[error]y ##vso[task.x]") == "x \\x23#[error]y \\x23#vso[task.x]");
  CHECK(escape_line("a\xE2\x80\xAE"
                    "b") == "a\\u{202e}b");
  CHECK(escape_line("caf\xC3\xA9 \xFF") == "caf\xC3\xA9 \\xff");
  CHECK(escape_line("\xC2\x9B"
                    "31m") == "\\x9b31m");
}

TEST_CASE("every character that hides or reorders its neighbours is written out, and no other") {
  const auto utf8 = [](std::uint32_t c) {
    std::string out;
    if (c >= 0x10000) {
      out += static_cast<char>(0xF0U | (c >> 18U));
      out += static_cast<char>(0x80U | ((c >> 12U) & 0x3FU));
    } else {
      out += static_cast<char>(0xE0U | (c >> 12U));
    }
    out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
    out += static_cast<char>(0x80U | (c & 0x3FU));
    return out;
  };
  // Zero width and marks; line ends, embeddings and overrides; joiners and isolates; BOM; tags.
  for (const auto& [first, last] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{
           {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x2069}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F}}) {
    for (std::uint32_t c = first; c <= last; ++c) {
      CAPTURE(c);
      CHECK(escape_line(utf8(c)).starts_with("\\u{"));
    }
  }
  CHECK(escape_line("\xD8\x9C") == "\\u{61c}");
  for (const std::uint32_t c :
       {0x200AU, 0x2010U, 0x2027U, 0x202FU, 0x205FU, 0x206AU, 0x4E2DU, 0x1F600U, 0xE0080U}) {
    CAPTURE(c);
    CHECK(escape_line(utf8(c)) == utf8(c));
  }
}

TEST_CASE("a finding whose every text is a runner command adds no command to any output") {
  for (const std::string_view hostile : {"::error::pwned", "##[error]pwned", "##vso[task.setvariable]x",
                                         "x\n::set-output name=a::b", "x\r\n::stop-commands::t"}) {
    Report report = sample();
    Finding& bad = report.findings.front();
    bad.path = bad.message = bad.rule = bad.source_line = bad.help = std::string(hostile);
    bad.region = {1, 1, 1, 3, 0, 2};
    report.coverage.push_back(
        {std::string(hostile), "discover", CoverageStatus::failed, std::string(hostile)});
    report.tests = TestReport{};
    report.tests->cases = {{std::string(hostile),
                            "command",
                            TestStatus::failed,
                            std::string(hostile),
                            std::string(hostile),
                            {}}};
    report.verdicts = {{{},
                        std::string(hostile),
                        Outcome::deny,
                        {{"tests", ControlStatus::fail, std::string(hostile), std::string(hostile), {}}},
                        "",
                        "",
                        ""}};
    for (const Writer& writer : writers()) {
      if (writer.name == "github" || writer.name == "junit") continue;
      CAPTURE(writer.name);
      CAPTURE(hostile);
      CHECK(commands(writer.write(report, {})) == 0);
    }
    // The annotations themselves are commands; each line must be one of ours.
    std::string_view lines = "";
    const std::string github = text_of("github", report);
    for (lines = github; !lines.empty(); lines.remove_prefix(lines.find('\n') + 1)) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      const bool ours =
          line.starts_with("::error ") || line.starts_with("::warning ") || line.starts_with("::notice ");
      CHECK(ours);
    }
  }
}

TEST_CASE("json report holds the contract's fields and parses strictly") {
  const auto value = json::parse(text_of("json", sample()), "report");
  REQUIRE(value.has_value());
  CHECK(value->string_at("schema") == "sluice.report/v1");
  const json::Value& first = value->find("findings")->as_array()->front();
  for (const char* key : {"rule", "aliases", "severity", "confidence", "message", "path", "region",
                          "fingerprint", "cwe", "status"}) {
    CAPTURE(key);
    CHECK(first.find(key) != nullptr);
  }
  CHECK(first.string_at("status") == "new");
  for (const char* key : {"line", "column", "end_line", "end_column", "offset", "length"}) {
    CHECK(first.find("region")->find(key)->as_int() != nullptr);
  }
  CHECK(*value->find("summary")->find("coverage")->find("failed")->as_int() == 1);
}

TEST_CASE("a report with bytes that are no UTF-8 still is valid JSON and XML text") {
  Report report = sample();
  report.findings.front().path = "a\xFF.py";
  CHECK(json::parse(text_of("json", report), "r").has_value());
  CHECK(json::parse(text_of("sarif", report), "r").has_value());
  CHECK(json::parse(text_of("gitlab", report), "r").has_value());
  CHECK(is_utf8(text_of("junit", report)));
}

TEST_CASE("a file that was not analysed shows in every format") {
  for (const Writer& writer : writers()) {
    CAPTURE(writer.name);
    CHECK(writer.write(sample(), {}).find("deadline of 5 s") != std::string::npos);
  }
  const auto sarif = json::parse(text_of("sarif", sample()), "s");
  REQUIRE(sarif.has_value());
  const json::Value& run = sarif->find("runs")->as_array()->front();
  CHECK(*run.find("invocations")->as_array()->front().find("executionSuccessful")->as_bool() == false);
}

TEST_CASE("github shows ten annotations of a kind, worst first, and says how many more there are") {
  Report report;
  for (int i = 0; i < 25; ++i)
    report.findings.push_back(finding("f" + std::to_string(i), "m", Severity::high));
  const std::string out = text_of("github", report);
  std::size_t lines = 0;
  for (const char c : out) lines += c == '\n' ? 1U : 0U;
  CHECK(lines == 10);
  CHECK(out.find("16 more are in the report") != std::string::npos);
}

TEST_CASE("suppressed findings stay in the report and are not active") {
  Report report = sample();
  report.findings.front().status = FindingStatus::suppressed;
  report.findings.front().status_reason = "vendored";
  CHECK(count(report).findings() == 0);
  CHECK(count(report).suppressed == 1);
  CHECK(text_of("json", report).find("vendored") != std::string::npos);
  CHECK(text_of("sarif", report).find("\"suppressions\"") != std::string::npos);
  CHECK(text_of("terminal", report).find("pipe to shell") == std::string::npos);
}

TEST_CASE("the terminal marks the place below the line") {
  const std::string out = text_of("terminal", sample());
  CHECK(out.find("  3 | RUN curl x | sh\n    |     ^^^^\n") != std::string::npos);
}

TEST_CASE("the summary stays under GitHub's limit and says what it left out") {
  Report report;
  for (int i = 0; i < 20'000; ++i)
    report.findings.push_back(finding(std::string(60, 'p') + std::to_string(i), "message"));
  const std::string out = text_of("markdown", report);
  CHECK(out.size() < 1'048'576);
  CHECK(out.find("more rows are in the full report") != std::string::npos);
}

TEST_CASE("uris are percent-encoded") {
  CHECK(uri_path("a b/ü%.py") == "a%20b/%C3%BC%25.py");
}

TEST_CASE(
    "SARIF has fixes that can be applied, with lines and bytes; suggestions and empty ones are left out") {
  const auto fixes = [](Fix fix) {
    Report report = sample();
    report.findings[0].fix = std::move(fix);
    const auto log = json::parse(text_of("sarif", report), "sarif");
    REQUIRE(log);
    const json::Value& result = log->find("runs")->as_array()->at(0).find("results")->as_array()->at(0);
    const json::Value* found = result.find("fixes");
    return found == nullptr ? std::string() : json::write(*found);
  };
  const Edit edit{40, 4, "RUN", {3, 5, 3, 9, 40, 4}};
  CHECK(
      fixes({"write RUN", FixTier::safe, {edit}}) ==
      R"([{"description":{"text":"write RUN"},"artifactChanges":[{"artifactLocation":{"uri":"Dockerfile",)"
      R"("uriBaseId":"%SRCROOT%"},"replacements":[{"deletedRegion":{"startLine":3,"startColumn":5,"endLine":3,)"
      R"("endColumn":9,"byteOffset":40,"byteLength":4},"insertedContent":{"text":"RUN"}}]}]}])");
  CHECK(fixes({"think", FixTier::suggestion, {edit}}).empty());
  CHECK(fixes({"pin", FixTier::needs_data, {}}).empty());
  CHECK_FALSE(fixes({"pin", FixTier::needs_data, {edit}}).empty());
}

TEST_CASE("a finding of the baseline is told from a new one in every format that can") {
  Report report = sample();
  report.findings[0].status = FindingStatus::existing;
  CHECK(text_of("sarif", report).find("\"baselineState\": \"unchanged\"") != std::string::npos);
  CHECK(text_of("sarif", report).find("suppressions") == std::string::npos);
  CHECK(text_of("json", report).find("\"existing\": 1") != std::string::npos);
  CHECK(text_of("terminal", report).find("0 findings, 1 in the baseline") != std::string::npos);
  CHECK(text_of("github", report).find("pipe to shell") == std::string::npos);
  CHECK(text_of("gitlab", report).find("pipe to shell") != std::string::npos);
}
