// sluice doctor: what this machine can do, and why not.
#include <algorithm>

#include "base/json.h"
#include "ci/detect.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "report/escape.h"
#include "sandbox/doctor.h"
#include "syntax/language.h"

namespace sluice::cli {
namespace {

std::vector<sandbox::DoctorFact> facts(const Context& context) {
  std::vector<sandbox::DoctorFact> out = sandbox::examine({"", context.environment});
  const Status languages = syntax::check_languages();
  out.push_back(
      {"grammars", languages.has_value(),
       languages ? std::to_string(syntax::languages().size()) + " languages" : languages.error().message});
  const CiIdentity ci = ci::detect(context.environment);
  out.push_back({"ci", ci.kind != CiKind::none,
                 ci.kind == CiKind::none
                     ? "none detected; provenance will say what git shows"
                     : std::string(to_string(ci.kind)) + ", " + std::to_string(ci.fields.size()) +
                           " fields, all claims of the environment"});
  return out;
}

Result<int> run(const Arguments& arguments, Context& context) {
  json::Array list;
  std::string text;
  for (const sandbox::DoctorFact& fact : facts(context)) {
    list.push_back(json::Object{
        {"name", fact.name}, {"good", fact.good}, {"detail", report::to_valid_utf8(fact.detail)}});
    std::string name = fact.name;
    name.resize(std::max<std::size_t>(name.size(), 22), ' ');
    text += (fact.good ? "yes  " : "no   ") + name + " " + report::escape_line(fact.detail) + "\n";
  }
  const bool json = arguments.value("format", "text") == "json";
  SLUICE_CHECK(print(json ? json::write_pretty(std::move(list)) : text));
  return k_exit_ok;
}

}  // namespace

Command doctor_command() {
  return {"doctor",
          "What this machine can do for the gate, and why not",
          "sluice doctor",
          {{"--format", "FORMAT", "text or json", false, false, {"text", "json"}}},
          run};
}

}  // namespace sluice::cli
