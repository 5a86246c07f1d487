#include "scan/protocol.h"

#include <utility>

#include "base/bytes.h"
#include "scan/wire.h"

namespace sluice::scan {
namespace {

constexpr std::uint32_t k_magic = 0x31776C73;  // "slw1"
constexpr std::size_t k_max_path_bytes = 64u << 10;

std::string framed(std::string payload) {
  WireWriter header;
  header.u32(static_cast<std::uint32_t>(payload.size()));
  return header.take() + payload;
}

tl::unexpected<Error> broken(std::string what) {
  return fail(ErrorKind::internal, "scan.protocol", "a worker's answer is malformed: " + std::move(what));
}

// Optional small enums as one byte: 0 = none, else value + 1.
template <typename E>
void write_optional(WireWriter& out, const std::optional<E>& value) {
  out.u8(value ? static_cast<std::uint8_t>(static_cast<std::uint8_t>(*value) + 1) : std::uint8_t{0});
}

template <typename E>
std::optional<E> read_optional(WireReader& in, E last) {
  const std::uint8_t byte = in.u8();
  if (byte == 0) return std::nullopt;
  if (byte - 1 > static_cast<int>(last)) {
    in.fail();
    return std::nullopt;
  }
  return static_cast<E>(byte - 1);
}

template <typename E>
E read_enum(WireReader& in, E last) {
  const std::uint8_t byte = in.u8();
  if (byte > static_cast<std::uint8_t>(last)) {
    in.fail();
    return E{};
  }
  return static_cast<E>(byte);
}

void write_span(WireWriter& out, Span span) {
  out.u32(span.begin);
  out.u32(span.end);
}

Span read_span(WireReader& in, std::size_t file_size) {
  const std::uint32_t begin = in.u32();
  const std::uint32_t end = in.u32();
  if (begin > end || end > file_size) {
    in.fail();
    return {};
  }
  return {begin, end};
}

void write_fix(WireWriter& out, const std::optional<Fix>& fix) {
  out.u8(fix ? 1 : 0);
  if (!fix) return;
  out.text(fix->description);
  out.u8(static_cast<std::uint8_t>(fix->tier));
  out.u32(static_cast<std::uint32_t>(fix->edits.size()));
  for (const Edit& edit : fix->edits) {
    out.u64(edit.offset);
    out.u64(edit.length);
    out.text(edit.text);
  }
  out.u32(static_cast<std::uint32_t>(fix->needs.size()));
  for (const DataNeed& need : fix->needs) {
    out.u8(static_cast<std::uint8_t>(need.kind));
    out.text(need.key);
    out.u64(need.edit.offset);
    out.u64(need.edit.length);
    out.text(need.edit.text);
  }
}

Edit read_edit(WireReader& in, std::size_t file_size) {
  Edit edit;
  edit.offset = in.u64();
  edit.length = in.u64();
  edit.text = in.text(k_max_edit_bytes);
  if (edit.offset > file_size || edit.length > file_size - edit.offset) in.fail();
  return edit;
}

std::optional<Fix> read_fix(WireReader& in, std::size_t file_size) {
  const std::uint8_t present = in.u8();
  if (present > 1) in.fail();
  if (present == 0 || !in.ok()) return std::nullopt;
  Fix fix;
  fix.description = in.text(k_max_message_bytes);
  fix.tier = read_enum(in, FixTier::suggestion);
  const std::uint32_t count = in.count(k_max_edits, 20);
  std::uint64_t behind = 0;  // edits ascend and do not overlap
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    Edit edit = read_edit(in, file_size);
    if (edit.offset < behind) in.fail();
    behind = edit.offset + edit.length;
    fix.edits.push_back(std::move(edit));
  }
  const std::uint32_t needs = in.count(k_max_edits, 25);
  for (std::uint32_t i = 0; i < needs && in.ok(); ++i) {
    DataNeed need;
    need.kind = read_enum(in, DataKind::file_sha256);
    need.key = in.text(k_max_message_bytes);
    need.edit = read_edit(in, file_size);
    fix.needs.push_back(std::move(need));
  }
  return fix;
}

void write_finding(WireWriter& out, const checks::RawFinding& raw) {
  out.text(raw.rule);
  write_span(out, raw.span);
  out.text(raw.message);
  write_optional(out, raw.severity);
  write_optional(out, raw.confidence);
  out.u32(static_cast<std::uint32_t>(raw.aliases.size()));
  for (const std::string& alias : raw.aliases) out.text(alias);
  write_fix(out, raw.fix);
  out.u32(static_cast<std::uint32_t>(raw.trace.size()));
  for (const checks::RawFinding::Step& step : raw.trace) {
    write_span(out, step.span);
    out.text(step.message);
  }
  out.u8(raw.suppressed ? 1 : 0);
  out.text(raw.suppressed.value_or(""));
  out.u32(static_cast<std::uint32_t>(raw.excused_aliases.size()));
  for (const std::string& alias : raw.excused_aliases) out.text(alias);
}

checks::RawFinding read_finding(WireReader& in, const Expected& expected) {
  checks::RawFinding raw;
  raw.rule = in.text(k_max_rule_bytes);
  raw.span = read_span(in, expected.file_size);
  raw.message = in.text(k_max_message_bytes);
  raw.severity = read_optional(in, Severity::high);
  raw.confidence = read_optional(in, Confidence::high);
  const std::uint32_t aliases = in.count(k_max_aliases, 4);
  for (std::uint32_t i = 0; i < aliases && in.ok(); ++i) raw.aliases.emplace_back(in.text(k_max_rule_bytes));
  raw.fix = read_fix(in, expected.file_size);
  const std::uint32_t steps = in.count(k_max_trace_steps, 12);
  for (std::uint32_t i = 0; i < steps && in.ok(); ++i) {
    const Span span = read_span(in, expected.file_size);
    raw.trace.push_back({span, std::string(in.text(k_max_message_bytes))});
  }
  const std::uint8_t suppressed = in.u8();
  if (suppressed > 1) in.fail();
  const std::string_view reason = in.text(k_max_message_bytes);
  if (suppressed == 1) raw.suppressed = reason;
  const std::uint32_t excused = in.count(k_max_aliases, 4);
  for (std::uint32_t i = 0; i < excused && in.ok(); ++i)
    raw.excused_aliases.emplace_back(in.text(k_max_rule_bytes));
  return raw;
}

void write_patch(WireWriter& out, const std::optional<Patch>& patch) {
  out.u8(patch ? 1 : 0);
  if (!patch) return;
  out.text(patch->text);
  out.u32(static_cast<std::uint32_t>(patch->outcomes.size()));
  for (const FixOutcome& outcome : patch->outcomes) {
    out.text(outcome.rule);
    out.u32(outcome.offset);
    out.text(outcome.what);
    out.u8(static_cast<std::uint8_t>(outcome.tier));
    out.u8(outcome.fixed ? 1 : 0);
    out.text(outcome.reason);
  }
  out.u32(patch->without_fix);
  out.u8(patch->settled ? 1 : 0);
}

bool read_bool(WireReader& in) {
  const std::uint8_t byte = in.u8();
  if (byte > 1) in.fail();
  return byte == 1;
}

std::optional<Patch> read_patch(WireReader& in, const Expected& expected) {
  if (!read_bool(in) || !in.ok()) return std::nullopt;
  Patch patch;
  patch.text = in.text(k_max_patched_bytes);
  const std::uint32_t count = in.count(k_max_outcomes, 18);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    FixOutcome outcome;
    outcome.rule = in.text(k_max_rule_bytes);
    outcome.offset = in.u32();
    outcome.what = in.text(k_max_message_bytes);
    outcome.tier = read_enum(in, FixTier::suggestion);
    outcome.fixed = read_bool(in);
    outcome.reason = in.text(k_max_message_bytes);
    if (outcome.offset > expected.file_size || !is_utf8(outcome.what) || !is_utf8(outcome.reason)) in.fail();
    patch.outcomes.push_back(std::move(outcome));
  }
  patch.without_fix = in.u32();
  patch.settled = read_bool(in);
  return patch;
}

void shorten(std::string& text) {
  constexpr std::string_view ellipsis = "…";
  if (text.size() <= k_max_message_bytes) return;
  text = std::string(excerpt(text, k_max_message_bytes - ellipsis.size()));
  text += ellipsis;
}

}  // namespace

void apply_limits(Analysis& analysis) {
  const auto too_many = [&analysis](auto& items, std::size_t max, std::string_view what) {
    if (items.size() <= max) return;
    items.resize(max);
    analysis.status = CoverageStatus::failed;
    analysis.reason =
        "more than " + std::to_string(max) + " " + std::string(what) + "; the first are reported";
  };
  too_many(analysis.findings, k_max_findings_per_file, "findings");
  too_many(analysis.marks, k_max_marks_per_file, "suppression comments");
  shorten(analysis.reason);
  if (analysis.patch) {
    auto& outcomes = analysis.patch->outcomes;
    if (outcomes.size() > k_max_outcomes) {  // what was fixed stays fixed; the list is only cut
      outcomes.resize(k_max_outcomes);
      analysis.patch->settled = false;
    }
    for (FixOutcome& outcome : outcomes) shorten(outcome.reason);
  }
  for (checks::RawFinding& raw : analysis.findings) {
    shorten(raw.message);
    if (raw.suppressed) shorten(*raw.suppressed);
    if (raw.trace.size() > k_max_trace_steps) {  // source and sink are what counts
      raw.trace.erase(raw.trace.begin() + k_max_trace_steps / 2, raw.trace.end() - k_max_trace_steps / 2);
    }
    for (auto& step : raw.trace) shorten(step.message);
    if (raw.fix) {
      shorten(raw.fix->description);
      bool too_long = raw.fix->edits.size() > k_max_edits || raw.fix->needs.size() > k_max_edits;
      for (const Edit& edit : raw.fix->edits) too_long = too_long || edit.text.size() > k_max_edit_bytes;
      for (const DataNeed& need : raw.fix->needs) {
        too_long =
            too_long || need.key.size() > k_max_message_bytes || need.edit.text.size() > k_max_edit_bytes;
      }
      if (too_long) raw.fix.reset();  // half a fix is none
    }
  }
}

std::uint32_t frame_length(const char* header) {
  return WireReader(std::string_view(header, k_frame_header_bytes)).u32();
}

std::string encode_request(const Request& request) {
  WireWriter out;
  out.u32(k_magic);
  out.u32(request.job);
  out.u8(request.analyser);
  out.text(request.path);
  out.text(request.bytes);
  out.u8(static_cast<std::uint8_t>(request.companion));
  out.text(request.companion_bytes);
  return framed(out.take());
}

Result<Request> decode_request(std::string_view payload) {
  WireReader in(payload);
  Request request;
  if (in.u32() != k_magic) in.fail();
  request.job = in.u32();
  request.analyser = in.u8();
  request.path = in.text(k_max_path_bytes);
  request.bytes = in.text(k_max_request_bytes);
  request.companion = read_enum(in, Companion::present);
  request.companion_bytes = in.text(k_max_request_bytes);
  if (!in.ok() || !in.at_end()) return fail(ErrorKind::internal, "scan.protocol", "a request is malformed");
  return request;
}

std::string encode_response(std::uint32_t job, const Analysis& analysis) {
  WireWriter out;
  out.u32(k_magic);
  out.u32(job);
  out.u8(static_cast<std::uint8_t>(analysis.status));
  out.text(analysis.reason);
  out.u32(static_cast<std::uint32_t>(analysis.findings.size()));
  for (const checks::RawFinding& finding : analysis.findings) write_finding(out, finding);
  out.u32(static_cast<std::uint32_t>(analysis.marks.size()));
  for (const CommentMark& mark : analysis.marks) {
    write_span(out, mark.comment);
    write_span(out, mark.target);
  }
  write_patch(out, analysis.patch);
  out.text(analysis.adapter);
  return framed(out.take());
}

Result<Analysis> decode_response(std::string_view payload, const Expected& expected) {
  WireReader in(payload);
  if (in.u32() != k_magic || in.u32() != expected.job) return broken("it answers another question");
  Analysis analysis;
  analysis.status = read_enum(in, CoverageStatus::failed);
  analysis.reason = in.text(k_max_message_bytes);
  const std::uint32_t findings = in.count(k_max_findings_per_file, 40);
  for (std::uint32_t i = 0; i < findings && in.ok(); ++i) {
    analysis.findings.push_back(read_finding(in, expected));
    if (in.ok() && !expected.knows_rule(analysis.findings.back().rule))
      return broken("it names an unknown rule");
  }
  const std::uint32_t marks = in.count(k_max_marks_per_file, 16);
  for (std::uint32_t i = 0; i < marks && in.ok(); ++i) {
    const Span comment = read_span(in, expected.file_size);
    const Span target = read_span(in, expected.file_size);
    analysis.marks.push_back({comment, target});
  }
  analysis.patch = read_patch(in, expected);
  analysis.adapter = in.text(k_max_adapter_bytes);
  if (!in.ok() || !in.at_end()) return broken("a length, a span or a value is out of range");
  if (analysis.status != CoverageStatus::analysed && analysis.reason.empty())
    return broken("it gives no reason");
  return analysis;
}

}  // namespace sluice::scan
