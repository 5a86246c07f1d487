// EXPOSE: port[-port][/protocol].
#include <optional>

#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_range{
    .id = "docker.port-out-of-range",
    .title = "Port outside 0 to 65535",
    .why = "There is no such port.",
    .help = "Name a port from 1 to 65535.",
    .severity = Severity::low,
    .profile = Profile::normal,
    .aliases = "hadolint:DL3011 trivy:DS-0008 kics:unix_ports_out_of_range semgrep:invalid-port"};
constexpr Check k_format{.id = "docker.expose-malformed",
                         .title = "EXPOSE with a host address or a mapping",
                         .why =
                             "EXPOSE only names container ports; addresses and mappings belong to docker run "
                             "-p, and are refused or ignored here.",
                         .help = "Write the container's port only.",
                         .severity = Severity::info,
                         .profile = Profile::all,
                         .aliases = "buildkit:ExposeInvalidFormat"};
constexpr Check k_casing{.id = "docker.expose-protocol-casing",
                         .title = "EXPOSE protocol is not in lower case",
                         .why = "Other tools compare it as written.",
                         .help = "Write tcp, udp or sctp.",
                         .severity = Severity::info,
                         .profile = Profile::all,
                         .aliases = "buildkit:ExposeProtoCasing",
                         .fixable = true};

std::optional<std::uint64_t> port_number(std::string_view text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

void check_word(const Facts& facts, Sink& sink, const df::Value& value, Span span) {
  const std::string_view text = value.text;
  const std::size_t slash = text.find('/');
  const std::string_view protocol = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  const std::string_view ports = text.substr(0, slash);
  if (!protocol.empty() && lower(protocol) != protocol && !contains(protocol, "$")) {
    RawFinding& finding =
        sink.report(k_casing, span, "protocol " + quoted(protocol) + " is not in lower case");
    if (span.of(facts.source) == text) {
      const auto begin = static_cast<std::uint32_t>(span.begin + slash + 1);
      finding.fix =
          fix_of("write it in lower case", FixTier::safe, {replace({begin, span.end}, lower(protocol))});
    }
  }
  if (contains(ports, ":")) {
    sink.report(k_format, span, quoted(text) + " holds an address or a mapping");
    return;
  }
  for (const std::string_view part : split(ports, "-")) {
    if (contains(part, "$")) continue;
    const auto number = port_number(part);
    const bool digits = part.find_first_not_of("0123456789") == std::string_view::npos;
    if (digits && (!number || *number > 65535)) {
      sink.report(k_range, span, "port " + quoted(part) + " is over 65535");
      return;
    }
    if (!digits && !value.unknown) {
      sink.report(k_format, span, quoted(text) + " is no port");
      return;
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword != Keyword::expose) continue;
    for (std::size_t i = 0; i < step.words.size(); ++i)
      check_word(facts, sink, step.words[i], step.instruction->words[i].span);
  }
}

constexpr const Check* k_checks[] = {&k_range, &k_format, &k_casing};

}  // namespace

extern const CheckSet k_expose{k_checks, run};

}  // namespace sluice::checks::docker
