// Ownership of copied files.
#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_no_chown{
    .id = "docker.copy-without-chown",
    .title = "COPY behind USER without --chown",
    .why = "COPY makes root the owner whatever USER says; the program may not be able to write its files.",
    .help = "Add --chown if the program must write them; leave it out if it must not.",
    .severity = Severity::info,
    .profile = Profile::all};
constexpr Check k_chown{
    .id = "docker.chown-where-read-suffices",
    .title = "--chown where reading is enough",
    .why =
        "Who owns its own program can replace it; files that are only read or executed should stay root's.",
    .help = "Leave --chown out, or use --chmod.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "kics:chown_flag_exists",
    .cwe = "CWE-732"};

void run(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword != Keyword::copy && step.instruction->keyword != Keyword::add) continue;
    if (const df::Flag* chown = flag_of(step, "chown"); chown != nullptr) {
      const df::Value* owner = flag_value(step, "chown");
      const bool root = owner != nullptr && (owner->text.starts_with("root") || owner->text.starts_with("0"));
      if (!root)
        sink.report(k_chown, chown->span,
                    "the files become the property of " + quoted(owner == nullptr ? "" : owner->text));
      continue;
    }
    const df::Setting& user = facts.model.user_of(step);
    if (user.where == nullptr || user.value.unknown) continue;
    const std::string_view name = std::string_view(user.value.text).substr(0, user.value.text.find(':'));
    if (name != "root" && name != "0") {
      sink.report(k_no_chown, step.instruction->keyword_span,
                  "the files become root's, not " + quoted(name) + "'s");
    }
  }
}

constexpr const Check* k_checks[] = {&k_no_chown, &k_chown};

}  // namespace

extern const CheckSet k_copies{k_checks, run};

}  // namespace sluice::checks::docker
