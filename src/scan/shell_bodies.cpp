#include "scan/shell_bodies.h"

#include <algorithm>
#include <set>
#include <utility>

#include "checks/docker/docker.h"
#include "checks/docker/facts.h"
#include "checks/docker/pragmas.h"
#include "scan/analysis.h"
#include "scan/wire.h"
#include "syntax/dockerfile/document.h"
#include "syntax/dockerfile/model.h"
#include "syntax/dockerfile/shell_ranges.h"

namespace sluice::scan {
namespace {

namespace df = syntax::dockerfile;

std::optional<ShellDialect> dialect_of(const df::Shell& shell) {
  if (shell.name == "sh") return ShellDialect::sh;
  if (shell.name == "dash" || shell.name == "ash") return ShellDialect::dash;
  if (shell.name == "bash") return ShellDialect::bash;
  if (shell.name == "ksh" || shell.name == "mksh" || shell.name == "ksh93") return ShellDialect::ksh;
  return std::nullopt;
}

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// The names that ARG and ENV have set when the step runs, those of the stages below it too.
std::vector<std::string> variables_of(const df::Model& model, const df::Step& step) {
  std::set<std::string> names;
  for (const df::Stage* stage : model.chain_of(model.stages[step.stage])) {
    const auto index = static_cast<std::size_t>(stage - model.stages.data());
    for (const auto& [name, definitions] : model.definitions[index]) {
      if (!is_name(name) || definitions.empty() || names.size() >= k_max_shell_variables) continue;
      if (definitions.front().step < step.index) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

// Without the carriage returns of CRLF, which no shell of the image should see; the first line of a script
// goes, too, if it is a shebang: the adapter writes its own.
std::vector<Span> clean(const std::vector<Span>& ranges, std::string_view source, bool shebang) {
  std::vector<Span> out;
  bool skipping = shebang;
  for (Span range : ranges) {
    std::uint32_t from = range.begin;
    for (std::uint32_t at = range.begin; at < range.end; ++at) {
      if (skipping) {
        from = at + 1;
        skipping = source[at] != '\n';
      } else if (source[at] == '\r' && at + 1 < source.size() && source[at + 1] == '\n') {
        if (from < at) out.push_back({from, at});
        from = at + 1;
      }
    }
    if (from < range.end) out.push_back({from, range.end});
  }
  return out;
}

void add_body(const df::Model& model, const df::Step& step, ShellBodies& out, std::size_t& bytes) {
  const df::BuildScript* script = model.script_of(step);
  if (script == nullptr || script->exec || step.instruction->keyword != df::Keyword::run) return;
  for (const df::ShellText& text : df::shell_texts(*step.instruction, model.source)) {
    const std::optional<ShellDialect> dialect = dialect_of(script->shell);
    if (!dialect) {
      ++out.other_shells;
      continue;
    }
    ShellBody body;
    body.dialect = *dialect;
    body.errexit = script->shell.errexit;
    body.ranges = clean(text.ranges, model.source, !text.shebang.empty());
    for (const Span& range : body.ranges) bytes += range.size();
    if (out.bodies.size() >= k_max_shell_bodies || bytes > k_max_shell_bytes) {
      out.incomplete = true;
      return;
    }
    body.variables = variables_of(model, step);
    if (!body.ranges.empty()) out.bodies.push_back(std::move(body));
  }
}

void write_texts(WireWriter& out, const std::vector<std::string>& texts) {
  out.u32(static_cast<std::uint32_t>(texts.size()));
  for (const std::string& text : texts) out.text(text);
}

std::vector<std::string> read_texts(WireReader& in) {
  std::vector<std::string> texts;
  const std::uint32_t count = in.count(k_max_shell_variables, 4);
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) texts.emplace_back(in.text(k_max_message_bytes));
  return texts;
}

Span read_range(WireReader& in, std::size_t file_size) {
  const std::uint32_t begin = in.u32();
  const std::uint32_t end = in.u32();
  if (begin > end || end > file_size) in.fail();
  return in.ok() ? Span{begin, end} : Span{};
}

ShellBody read_body(WireReader& in, std::size_t file_size) {
  ShellBody body;
  const std::uint8_t dialect = in.u8();
  if (dialect > static_cast<std::uint8_t>(ShellDialect::ksh)) in.fail();
  if (in.ok()) body.dialect = static_cast<ShellDialect>(dialect);
  body.errexit = in.u8() == 1;
  const std::uint32_t ranges = in.count(file_size, 8);
  std::uint32_t behind = 0;
  for (std::uint32_t i = 0; i < ranges && in.ok(); ++i) {
    body.ranges.push_back(read_range(in, file_size));
    if (body.ranges.back().begin < behind) in.fail();
    behind = body.ranges.back().end;
  }
  body.variables = read_texts(in);
  for (const std::string& name : body.variables) {
    if (!is_name(name)) in.fail();  // it becomes shell text
  }
  return body;
}

}  // namespace

std::string_view to_string(ShellDialect dialect) {
  switch (dialect) {
    case ShellDialect::sh:
      return "sh";
    case ShellDialect::dash:
      return "dash";
    case ShellDialect::bash:
      return "bash";
    case ShellDialect::ksh:
      return "ksh";
  }
  return "sh";
}

ShellBodies shell_bodies(std::string_view dockerfile) {
  ShellBodies out;
  const df::Document document = df::parse_document(dockerfile);
  df::ModelOptions options;
  options.default_shell = checks::docker::default_shell_pragma(document);
  const df::Model model = df::build_model(document, dockerfile, options);
  std::size_t bytes = 0;
  for (const df::Step& step : model.steps) {
    if (out.incomplete) break;
    add_body(model, step, out, bytes);
  }
  out.incomplete = out.incomplete || !model.limits.empty();
  for (checks::docker::IgnoreComment& comment : checks::docker::ignore_comments(document)) {
    out.excuses.push_back({std::move(comment.rules), std::move(comment.reason), comment.covers});
    out.excuses.back().covers.end =
        std::min(out.excuses.back().covers.end, static_cast<std::uint32_t>(dockerfile.size()));
  }
  return out;
}

std::string encode(const ShellBodies& bodies) {
  WireWriter out;
  out.u32(static_cast<std::uint32_t>(bodies.bodies.size()));
  for (const ShellBody& body : bodies.bodies) {
    out.u8(static_cast<std::uint8_t>(body.dialect));
    out.u8(body.errexit ? 1 : 0);
    out.u32(static_cast<std::uint32_t>(body.ranges.size()));
    for (const Span& range : body.ranges) {
      out.u32(range.begin);
      out.u32(range.end);
    }
    write_texts(out, body.variables);
  }
  out.u32(static_cast<std::uint32_t>(bodies.excuses.size()));
  for (const ShellExcuse& excuse : bodies.excuses) {
    write_texts(out, excuse.names);
    out.text(excuse.reason);
    out.u32(excuse.covers.begin);
    out.u32(excuse.covers.end);
  }
  out.u32(bodies.other_shells);
  out.u8(bodies.incomplete ? 1 : 0);
  return out.take();
}

Result<ShellBodies> decode_shell_bodies(std::string_view wire, std::size_t file_size) {
  WireReader in(wire);
  ShellBodies out;
  const std::uint32_t bodies = in.count(k_max_shell_bodies, 10);
  for (std::uint32_t i = 0; i < bodies && in.ok(); ++i) out.bodies.push_back(read_body(in, file_size));
  const std::uint32_t excuses = in.count(k_max_marks_per_file, 16);
  for (std::uint32_t i = 0; i < excuses && in.ok(); ++i) {
    ShellExcuse excuse;
    excuse.names = read_texts(in);
    excuse.reason = in.text(k_max_message_bytes);
    excuse.covers = read_range(in, file_size);
    out.excuses.push_back(std::move(excuse));
  }
  out.other_shells = in.u32();
  out.incomplete = in.u8() == 1;
  if (!in.ok() || !in.at_end()) {
    return fail(ErrorKind::internal, "scan.protocol", "a worker's list of shell bodies is malformed");
  }
  return out;
}

}  // namespace sluice::scan
