#include "scan/protocol.h"

#include "base/bytes.h"

#include <ostream>
#include <string>

#include <doctest/doctest.h>

using namespace sluice;
using namespace sluice::scan;

namespace {

Analysis sample() {
  Analysis out;
  out.reason = "1 syntax error";
  checks::RawFinding finding;
  finding.rule = "known";
  finding.span = {2, 5};
  finding.message = "m\xC3\xBC";
  finding.severity = Severity::high;
  finding.aliases = {"peer:1"};
  finding.fix = Fix{"d", FixTier::safe, {{1, 2, "x"}, {3, 0, ""}}};
  finding.trace = {{{0, 1}, "step"}};
  finding.suppressed = "peer";
  out.findings.push_back(finding);
  out.marks.push_back({{0, 3}, {4, 9}});
  Fix needs{"pin", FixTier::needs_data, {}};
  needs.needs.push_back({DataKind::image_digest, "debian:12", {9, 0, "@{data}"}});
  out.findings.push_back(finding);
  out.findings.back().fix = std::move(needs);
  out.patch = Patch{"new text", {{"known", 2, "d", FixTier::safe, true, ""}}, 3, false};
  return out;
}

Result<Analysis> through(const Analysis& analysis, std::size_t file_size = 10, std::uint32_t job = 7) {
  const std::string frame = encode_response(7, analysis);
  CHECK(frame_length(frame.data()) == frame.size() - k_frame_header_bytes);
  return decode_response(std::string_view(frame).substr(k_frame_header_bytes),
                         {job, file_size, [](std::string_view rule) { return rule == "known"; }});
}

}  // namespace

TEST_CASE("a request comes back as it was") {
  const std::string frame =
      encode_request({3, 9, "a/b", std::string_view("x\0y", 3), Companion::present, "c"});
  const auto request = decode_request(std::string_view(frame).substr(k_frame_header_bytes));
  REQUIRE(request);
  CHECK(request->job == 3);
  CHECK(request->analyser == 9);
  CHECK(request->path == "a/b");
  CHECK(request->bytes == std::string_view("x\0y", 3));
  CHECK(request->companion == Companion::present);
  CHECK(request->companion_bytes == "c");
}

TEST_CASE("a response comes back as it was") {
  const auto back = through(sample());
  REQUIRE(back);
  CHECK(encode_response(1, *back) == encode_response(1, sample()));
}

TEST_CASE("a patch comes back as it was; one that cannot be of this file is refused") {
  const auto back = through(sample());
  REQUIRE(back);
  REQUIRE(back->patch);
  CHECK(back->patch->text == "new text");
  CHECK(back->patch->outcomes == sample().patch->outcomes);
  CHECK(back->patch->without_fix == 3);
  CHECK_FALSE(back->patch->settled);
  CHECK(back->findings.back().fix->needs.at(0).key == "debian:12");

  Analysis bad = sample();
  bad.patch->outcomes[0].offset = 11;
  CHECK_FALSE(through(bad));
  bad = sample();
  bad.patch->text = std::string(k_max_patched_bytes + 1, 'x');
  CHECK_FALSE(through(bad));
  bad = sample();
  bad.findings.back().fix->needs[0].edit.offset = 11;
  CHECK_FALSE(through(bad));
}

TEST_CASE("what does not fit the file or the question is refused") {
  CHECK_FALSE(through(sample(), 10, 8));  // another job
  CHECK_FALSE(through(sample(), 8));      // a mark behind the end
  Analysis wrong = sample();
  wrong.findings[0].rule = "unknown";
  CHECK_FALSE(through(wrong));
  wrong = sample();
  wrong.findings[0].span = {5, 2};
  CHECK_FALSE(through(wrong));
  wrong = sample();
  wrong.findings[0].span = {5, 11};
  CHECK_FALSE(through(wrong));
  wrong = sample();
  wrong.findings[0].trace[0].span = {9, 12};
  CHECK_FALSE(through(wrong));
  wrong = sample();
  wrong.findings[0].fix->edits = {{3, 1, ""}, {2, 1, ""}};
  CHECK_FALSE(through(wrong));
  wrong = sample();
  wrong.findings[0].fix->edits = {{9, UINT64_MAX, ""}};
  CHECK_FALSE(through(wrong));
  wrong = sample();
  wrong.status = CoverageStatus::failed;
  wrong.reason.clear();
  CHECK_FALSE(through(wrong));
}

TEST_CASE("every truncation and every changed byte is refused or harmless, never fatal") {
  const std::string frame = encode_response(7, sample());
  const std::string payload = frame.substr(k_frame_header_bytes);
  const Expected expected{7, 10, [](std::string_view rule) { return rule == "known"; }};
  for (std::size_t size = 0; size < payload.size(); ++size) {
    CHECK_FALSE(decode_response(std::string_view(payload).substr(0, size), expected));
  }
  CHECK_FALSE(decode_response(payload + "x", expected));
  for (std::size_t i = 0; i < payload.size(); ++i) {
    for (const char byte : {'\x00', '\x7F', '\xFF'}) {
      std::string changed = payload;
      changed[i] = byte;
      const auto back = decode_response(changed, expected);
      if (!back) continue;
      for (const auto& finding : back->findings) CHECK(finding.span.end <= 10);
    }
  }
}

TEST_CASE("limits turn an analysis into failed, and say so") {
  Analysis analysis;
  analysis.findings.resize(k_max_findings_per_file + 1);
  apply_limits(analysis);
  CHECK(analysis.findings.size() == k_max_findings_per_file);
  CHECK(analysis.status == CoverageStatus::failed);
  CHECK(analysis.reason == "more than 10000 findings; the first are reported");
}

TEST_CASE("a long message is cut between characters") {
  Analysis analysis;
  analysis.findings.resize(1);
  for (std::size_t i = 0; i < k_max_message_bytes; ++i) analysis.findings[0].message += "\xC3\xBC";
  apply_limits(analysis);
  CHECK(analysis.findings[0].message.size() <= k_max_message_bytes);
  CHECK(is_utf8(analysis.findings[0].message));
  CHECK(analysis.status == CoverageStatus::analysed);
}
