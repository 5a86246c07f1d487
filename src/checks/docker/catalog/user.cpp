// Who the container runs as.
#include <set>

#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_root{.id = "docker.user-root",
                       .title = "The shipped image runs as root",
                       .why =
                           "Who breaks out of the program is root in the container, and one kernel or mount "
                           "fault away from root on the host.",
                       .help = "End the stage with USER and a numeric id other than 0.",
                       .severity = Severity::high,
                       .profile = Profile::normal,
                       .aliases =
                           "hadolint:DL3002 trivy:DS-0002 checkov:CKV_DOCKER_8 kics:last_user_is_root "
                           "semgrep:last-user-is-root cis:4.1 "
                           "dockle:CIS-DI-0001",
                       .cwe = "CWE-250"};
constexpr Check k_missing{
    .id = "docker.user-missing",
    .title = "The shipped image sets no user, so it runs as root",
    .why = "Without USER the base image decides, and nearly all base images decide for root.",
    .help = "Create a user and end the stage with USER and its numeric id.",
    .severity = Severity::high,
    .profile = Profile::normal,
    .aliases =
        "trivy:DS-0002 checkov:CKV_DOCKER_3 kics:missing_user_instruction semgrep:missing-user cis:4.1 "
        "dockle:CIS-DI-0001",
    .cwe = "CWE-250"};
constexpr Check k_root_elsewhere{.id = "docker.user-root-in-build-stage",
                                 .title = "A stage that is not shipped ends as root",
                                 .why = "Harmless as long as nobody ships the stage by --target.",
                                 .help = "End the stage with another USER if it may be shipped.",
                                 .severity = Severity::info,
                                 .profile = Profile::all,
                                 .aliases = "hadolint:DL3002",
                                 .cwe = "CWE-250"};
constexpr Check k_not_numeric{
    .id = "docker.user-not-numeric",
    .title = "USER is a name, not a number",
    .why = "Kubernetes' runAsNonRoot cannot tell whether a name is root, and refuses the container.",
    .help = "Write the numeric user and group id.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL3066"};
constexpr Check k_unused{.id = "docker.user-unused",
                         .title = "A user is created but never used",
                         .why = "The user was probably meant for USER.",
                         .help = "Add USER, or do not create the user.",
                         .severity = Severity::low,
                         .profile = Profile::all};
constexpr Check k_groups{.id = "docker.user-drops-groups",
                         .title = "USER name:group drops the user's other groups",
                         .why = "With an explicit group, supplementary groups from /etc/group are not taken.",
                         .help = "Write USER name alone.",
                         .severity = Severity::info,
                         .profile = Profile::all};
constexpr Check k_no_passwd{
    .id = "docker.user-without-passwd",
    .title = "Named user in a stage that has no passwd file",
    .why = "scratch has no /etc/passwd: the name cannot be resolved and the container does not start.",
    .help = "Use a numeric id, or copy a passwd file.",
    .severity = Severity::low,
    .profile = Profile::normal};
constexpr Check k_high_uid{
    .id = "docker.useradd-high-uid",
    .title = "useradd with a high uid without -l",
    .why = "lastlog and faillog become sparse files as long as the uid, which image layers store in full.",
    .help = "Add --no-log-init.",
    .severity = Severity::info,
    .profile = Profile::all,
    .aliases = "hadolint:DL3046",
    .fixable = true};

std::string_view user_part(std::string_view text) {
  return text.substr(0, text.find(':'));
}

bool is_root(std::string_view text) {
  const std::string_view user = user_part(text);
  const bool zero = !user.empty() && user.find_first_not_of('0') == std::string_view::npos;
  return user == "root" || zero || lower(user) == "containeradministrator";
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Base images whose own default user is not root, by their publishers' documentation.
bool base_is_unprivileged(const df::ImageName& image) {
  const std::string name = lower(image.registry + "/" + image.repository);
  const std::string tag = lower(image.tag);
  return contains(tag, "nonroot") || contains(tag, "rootless") || contains(name, "unprivileged") ||
         contains(name, "rootless") || name.starts_with("cgr.dev/chainguard") ||
         contains(name, "/bitnami/") || contains(name, "nonroot") || contains(name, "jenkins/jenkins") ||
         contains(name, "/grafana/") || name.ends_with("-chiseled") || contains(tag, "chiseled");
}

void check_shipped(const Facts& facts, Sink& sink, const Stage& stage) {
  const df::Setting& user = facts.model.users[stage.user];
  if (stage.from == nullptr) {
    // A fragment: only what it says is judged.
    if (user.where != nullptr && !user.value.unknown && is_root(user.value.text)) {
      sink.report(k_root, user.where->span, "the user is " + quoted(user.value.text));
    }
    return;
  }
  const Stage& root = facts.model.root_of(stage);
  if (user.where == nullptr) {
    if (root.base.is_image() && base_is_unprivileged(root.base.image)) return;
    const bool windows = facts.model.shells[stage.shell].kind == df::ShellKind::cmd ||
                         facts.model.shells[stage.shell].kind == df::ShellKind::powershell;
    if (windows && !facts.model.shells[stage.shell].stated)
      return;  // ContainerUser or ContainerAdministrator: not known
    RawFinding& finding = sink.report(k_missing, stage.from->span,
                                      "no USER: the image runs as root unless its base says otherwise");
    if (root.base.is_image() && root.base.name.unknown) finding.confidence = Confidence::low;
    return;
  }
  if (user.value.unknown || !is_root(user.value.text)) {
    // USER $X with an X that nobody sets is an empty user: root.
    return;
  }
  std::string how = "the image runs as " + quoted(user.value.text);
  if (user.value.outside) how += ", the default of an ARG";
  if (user.stage != facts.index_of(stage)) how += ", inherited from an earlier stage";
  RawFinding& finding = sink.report(k_root, user.where->span, std::move(how));
  if (user.stage != facts.index_of(stage))
    finding.trace.push_back({stage.from->span, "the shipped stage is built on it"});
}

void check_stages(const Facts& facts, Sink& sink) {
  for (const Stage& stage : facts.model.stages) {
    if (stage.shipped) {
      check_shipped(facts, sink, stage);
      continue;
    }
    const df::Setting& user = facts.model.users[stage.user];
    const bool own = user.where != nullptr && user.stage == facts.index_of(stage);
    if (own && !user.value.unknown && is_root(user.value.text) && !facts.model.fragment) {
      sink.report(k_root_elsewhere, user.where->span, "the stage ends as " + quoted(user.value.text));
    }
  }
}

// A stage made of scratch has a passwd file only if one is copied.
bool has_passwd(const Facts& facts, const Stage& stage) {
  for (const Stage* at : facts.model.chain_of(stage)) {
    if (at->base.is_image()) return true;
    for (std::uint32_t i = at->first_step; i < at->last_step; ++i) {
      const Step& step = facts.model.steps[i];
      if (step.instruction->keyword != Keyword::copy && step.instruction->keyword != Keyword::add) continue;
      for (const df::Value& word : step.words) {
        if (contains(word.text, "passwd") || contains(word.text, "etc") || word.text == "/" || word.unknown ||
            is_tar_name(word.text) || contains(word.text, "rootfs")) {
          return true;
        }
      }
    }
  }
  return false;
}

void check_user(const Facts& facts, Sink& sink, const Step& step) {
  if (step.words.empty()) return;
  const df::Value& user = step.words.front();
  const Span span = step.instruction->words.front().span;
  const std::string_view name = user_part(user.text);
  const std::string_view group =
      user.text.size() > name.size() ? std::string_view(user.text).substr(name.size() + 1) : "";
  const Stage& stage = facts.stage_of(step);
  const auto declared = [&] {
    for (const std::string& variable : step.undefined) {
      if (facts.model.global_args.find(variable) == facts.model.global_args.end()) return false;
    }
    return true;
  };
  if (user.unknown ? !declared()
                   : (!user.outside && (!is_number(name) || (!group.empty() && !is_number(group))))) {
    RawFinding& finding = sink.report(k_not_numeric, span, "USER " + quoted(user.text) + " is not numeric");
    if (user.unknown) finding.confidence = Confidence::low;
  }
  if (!user.unknown && !is_number(name) && stage.from != nullptr && facts.model.root_of(stage).base.scratch &&
      !has_passwd(facts, stage)) {
    sink.report(k_no_passwd, span, "scratch has no passwd file to find " + quoted(name) + " in");
  }
  if (user.unknown || group.empty() || is_number(name)) return;
  for (const std::string_view program : {"usermod", "useradd", "adduser", "addgroup", "gpasswd"}) {
    for (const RunCommand& run : facts.named(program)) {
      if (run.step->stage != step.stage || run.step->index > step.index) continue;
      bool names_user = false;
      bool adds = program == "addgroup" || program == "adduser" ? run.command->argv.size() == 3 : false;
      for (const sh::Word& word : run.command->argv) {
        names_user = names_user || word.is(name);
        adds = adds || word.is("-aG") || word.is("-G") || word.is("--groups") || word.is("-a") ||
               word.text.starts_with("--groups=");
      }
      if (names_user && adds) {
        sink.report(k_groups, span, "the groups that " + quoted(name) + " was added to are not taken");
        return;
      }
    }
  }
}

void check_useradd(const Facts& facts, Sink& sink) {
  std::set<std::string, std::less<>> used;
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword == Keyword::user && !step.words.empty())
      used.emplace(user_part(step.words.front().text));
  }
  for (const std::string_view program : {"useradd", "adduser"}) {
    for (const RunCommand& run : facts.named(program)) {
      const sh::Arguments arguments =
          sh::arguments(*run.command,
                        "-u --uid -g --gid -G --groups -d --home-dir --home -h -s --shell -c --comment -e -f "
                        "-k -K -p --password -b -R --ingroup --gecos");
      const sh::Option* uid = arguments.option("-u");
      if (uid == nullptr) uid = arguments.option("--uid");
      if (program == "useradd" && uid != nullptr && uid->value && is_number(*uid->value) &&
          uid->value->size() > 5 && !arguments.has("-l --no-log-init")) {
        RawFinding& finding =
            sink.report(k_high_uid, run, run.command->span, "uid " + *uid->value + " makes lastlog huge");
        const sh::Word& word = run.command->argv.front();
        if (is_plain(facts.source, word))
          finding.fix = fix_of("add -l", FixTier::safe, {insert_at(word.span.end, " -l")});
      }
      // Which user a script or another stage uses cannot be seen; the shipped stages are judged.
      if (arguments.operands.empty() || !facts.reaches_image(*run.step) || facts.model.fragment) continue;
      const sh::Word& name = program == "adduser" ? *arguments.operands.front() : *arguments.operands.back();
      const bool by_number = uid != nullptr && uid->value && used.count(*uid->value) != 0;
      const bool system = arguments.has("-r --system -S");
      if (arguments.operands.size() == 1 && !name.unknown && used.count(name.text) == 0 && !by_number &&
          !system && used.empty()) {
        sink.report(k_unused, run, run.command->span,
                    "user " + quoted(name.text) + " is created, and no USER uses it");
      }
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  check_stages(facts, sink);
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword == Keyword::user) check_user(facts, sink, step);
  }
  check_useradd(facts, sink);
}

constexpr const Check* k_checks[] = {&k_root,   &k_missing, &k_root_elsewhere, &k_not_numeric,
                                     &k_unused, &k_groups,  &k_no_passwd,      &k_high_uid};

}  // namespace

extern const CheckSet k_user{k_checks, run};

}  // namespace sluice::checks::docker
