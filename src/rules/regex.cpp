#include "rules/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <re2/re2.h>

#include <array>
#include <limits>

namespace sluice::rules {

namespace {

constexpr std::uint32_t k_max_pcre_steps = 2'000'000;  // PCRE2's own count of internal match calls
constexpr std::uint32_t k_max_pcre_depth = 50'000;     // nested back-tracking points
constexpr std::uint32_t k_max_pcre_heap_kib = 64 * 1024;
constexpr std::int64_t k_max_re2_bytes = 32 << 20;  // RE2's automaton; more makes it slower, not wrong

struct CodeFree {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct ContextFree {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct DataFree {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};

std::string pcre_message(int code) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  const int length = pcre2_get_error_message(code, buffer.data(), buffer.size());
  std::string text;
  for (int i = 0; i < length; ++i) text.push_back(static_cast<char>(buffer[static_cast<std::size_t>(i)]));
  return text;
}

}  // namespace

struct Regex::Engine {
  std::unique_ptr<re2::RE2> re2;
  std::unique_ptr<pcre2_code, CodeFree> pcre;
  std::unique_ptr<pcre2_match_context, ContextFree> limits;
};

namespace {

std::unique_ptr<re2::RE2> compile_re2(std::string_view pattern, Regex::Options options) {
  re2::RE2::Options re2_options;
  re2_options.set_log_errors(false);
  re2_options.set_max_mem(k_max_re2_bytes);
  const std::string text = (options.multiline ? "(?m)" : "") + std::string(pattern);
  auto re2 = std::make_unique<re2::RE2>(text, re2_options);
  if (!re2->ok()) return nullptr;
  return re2;
}

Result<std::unique_ptr<pcre2_code, CodeFree>> compile_pcre(std::string_view pattern, Regex::Options options) {
  std::uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
  if (options.multiline) flags |= PCRE2_MULTILINE;
  if (options.anchored) flags |= PCRE2_ANCHORED;
  int code = 0;
  PCRE2_SIZE offset = 0;
  const std::string text(pattern);
  pcre2_code* raw =
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), flags, &code, &offset, nullptr);
  if (raw == nullptr) {
    return fail(
        ErrorKind::config, "rule.regex",
        "regular expression is not valid at offset " + std::to_string(offset) + ": " + pcre_message(code));
  }
  pcre2_jit_compile(raw, PCRE2_JIT_COMPLETE);  // only speed: without it the interpreter runs
  return std::unique_ptr<pcre2_code, CodeFree>(raw);
}

std::vector<std::pair<std::string, std::size_t>> pcre_names(const pcre2_code* code) {
  std::vector<std::pair<std::string, std::size_t>> names;
  std::uint32_t count = 0;
  std::uint32_t entry = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &count);
  if (count == 0) return names;
  pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &entry);
  pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, static_cast<void*>(&table));
  for (std::uint32_t i = 0; i < count; ++i) {
    PCRE2_SPTR row = table + static_cast<std::size_t>(i) * entry;
    const std::size_t index = (static_cast<std::size_t>(row[0]) << 8) | row[1];
    std::string name;
    for (PCRE2_SPTR c = row + 2; *c != 0; ++c) name.push_back(static_cast<char>(*c));
    names.emplace_back(std::move(name), index);
  }
  return names;
}

constexpr Span k_no_part{1, 0};

bool search_re2(const re2::RE2& re2, bool anchored, std::string_view text, std::size_t from,
                Regex::Groups& groups) {
  std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(re2.NumberOfCapturingGroups()) + 1);
  const auto anchor = anchored ? re2::RE2::ANCHOR_START : re2::RE2::UNANCHORED;
  if (!re2.Match(re2::StringPiece(text.data(), text.size()), from, text.size(), anchor, pieces.data(),
                 static_cast<int>(pieces.size()))) {
    return false;
  }
  groups.clear();
  for (const re2::StringPiece& piece : pieces) {
    if (piece.data() == nullptr) {
      groups.push_back(k_no_part);
      continue;
    }
    const auto begin = static_cast<std::uint32_t>(piece.data() - text.data());
    groups.push_back({begin, begin + static_cast<std::uint32_t>(piece.size())});
  }
  return true;
}

Result<bool> search_pcre(const Regex::Engine& engine, std::string_view text, std::size_t from,
                         Regex::Groups& groups) {
  const std::unique_ptr<pcre2_match_data, DataFree> data(
      pcre2_match_data_create_from_pattern(engine.pcre.get(), nullptr));
  const int count = pcre2_match(engine.pcre.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                from, 0, data.get(), engine.limits.get());
  if (count == PCRE2_ERROR_NOMATCH) return false;
  if (count < 0) {
    return fail(ErrorKind::limit, "rule.regex-limit", "regular expression gave up: " + pcre_message(count));
  }
  const PCRE2_SIZE* vector = pcre2_get_ovector_pointer(data.get());
  groups.clear();
  for (std::uint32_t i = 0; i < pcre2_get_ovector_count(data.get()); ++i) {
    const PCRE2_SIZE begin = vector[2 * i];
    const PCRE2_SIZE end = vector[2 * i + 1];
    // \K inside a look-around can put the end before the begin; such a group is treated as absent.
    groups.push_back(begin == PCRE2_UNSET || end < begin
                         ? k_no_part
                         : Span{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  }
  if (!Regex::took_part(groups[0])) return false;
  return true;
}

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern, Options options) {
  Regex regex;
  regex.pattern_ = std::string(pattern);
  regex.options_ = options;
  auto engine = std::make_shared<Engine>();
  engine->re2 = compile_re2(pattern, options);
  if (engine->re2) {
    for (const auto& [name, index] : engine->re2->NamedCapturingGroups()) {
      regex.names_.emplace_back(name, static_cast<std::size_t>(index));
    }
  } else {
    engine->pcre = SLUICE_TRY(compile_pcre(pattern, options));
    engine->limits.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(engine->limits.get(), k_max_pcre_steps);
    pcre2_set_depth_limit(engine->limits.get(), k_max_pcre_depth);
    pcre2_set_heap_limit(engine->limits.get(), k_max_pcre_heap_kib);
    regex.names_ = pcre_names(engine->pcre.get());
  }
  regex.engine_ = std::move(engine);
  return regex;
}

Result<bool> Regex::search(std::string_view text, std::size_t from, Groups& groups) const {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    return fail(ErrorKind::limit, "rule.regex-limit", "text is over 4 GiB");
  }
  if (from > text.size()) return false;
  if (engine_->re2) return search_re2(*engine_->re2, options_.anchored, text, from, groups);
  return search_pcre(*engine_, text, from, groups);
}

Result<bool> Regex::matches(std::string_view text) const {
  Groups groups;
  return search(text, 0, groups);
}

std::size_t Regex::group_count() const {
  if (engine_->re2) return static_cast<std::size_t>(engine_->re2->NumberOfCapturingGroups());
  std::uint32_t count = 0;
  pcre2_pattern_info(engine_->pcre.get(), PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

bool Regex::linear() const {
  return engine_->re2 != nullptr;
}

}  // namespace sluice::rules
