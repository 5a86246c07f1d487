#include "rules/message.h"

namespace sluice::rules {

namespace {

std::size_t name_end(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  if (text.substr(end).starts_with("...")) end += 3;
  const auto is_name = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  while (end < text.size() && is_name(text[end])) ++end;
  return end;
}

// Cuts at a character's boundary.
std::string shortened(std::string_view text) {
  if (text.size() <= k_max_filled_bytes) return std::string(text);
  std::size_t end = k_max_filled_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace

std::string fill(std::string_view text, const Variables& variables, const Env& env, std::string_view source,
                 bool cut) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const bool value = text.substr(at).starts_with("value($");
    const std::size_t dollar = value ? at + 6 : at;
    if (text[dollar] != '$') {
      out += text[at++];
      continue;
    }
    std::size_t end = name_end(text, dollar);
    std::uint32_t variable = k_no_variable;
    // The longest known name: "$X_" in a text may be "$X" and an underscore.
    for (; end > dollar + 1 && variable == k_no_variable; --end) {
      variable = variables.find(text.substr(dollar, end - dollar));
      if (variable != k_no_variable) break;
    }
    const bool closed = !value || (end < text.size() && text[end] == ')');
    if (variable == k_no_variable || variable >= env.size() || !env[variable].bound() || !closed) {
      out += text[at++];
      continue;
    }
    const Binding& binding = env[variable];
    std::string_view bound = binding.what == Binding::What::text ? binding.text : binding.span.of(source);
    if (value && bound.size() >= 2 && (bound.front() == '"' || bound.front() == '\'')) {
      bound = bound.substr(1, bound.size() - 2);
    }
    out += cut ? shortened(bound) : std::string(bound);
    at = value ? end + 1 : end;
  }
  return out;
}

}  // namespace sluice::rules
