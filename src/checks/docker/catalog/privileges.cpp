// Rights left behind in the image, and rights asked of the builder.
#include "checks/docker/check_row.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_sudo{.id = "docker.sudo",
                       .title = "sudo in RUN",
                       .why =
                           "A build step is root already, or should not become it; and a sudo left in the "
                           "image is a way to root.",
                       .help = "Leave it out, or put USER root before the step and the other user behind it.",
                       .severity = Severity::medium,
                       .profile = Profile::normal,
                       .aliases =
                           "hadolint:DL3004 trivy:DS-0010 checkov:CKV2_DOCKER_1 kics:run_using_sudo "
                           "semgrep:no-sudo-in-dockerfile dockle:DKL-DI-0001",
                       .cwe = "CWE-250",
                       .fixable = true};
constexpr Check k_password{.id = "docker.password-set",
                           .title = "A password is set or cleared",
                           .why =
                               "The password is the same in every container and readable in the image; an "
                               "empty one lets anybody in.",
                           .help = "Create users without password; give secrets at run time.",
                           .severity = Severity::high,
                           .profile = Profile::normal,
                           .aliases = "checkov:CKV2_DOCKER_17 dockle:DKL-LI-0001",
                           .cwe = "CWE-259 CWE-798"};
constexpr Check k_world_writable{.id = "docker.world-writable",
                                 .title = "World-writable mode",
                                 .why =
                                     "Any process in the container may replace the file, also one that "
                                     "should be confined to its own user.",
                                 .help = "Give write permission to the owner or a group only.",
                                 .severity = Severity::high,
                                 .profile = Profile::normal,
                                 .cwe = "CWE-732",
                                 .fixable = true};
constexpr Check k_setuid{.id = "docker.setuid",
                         .title = "setuid or setgid is set",
                         .why = "Whoever may run the file runs it with its owner's rights.",
                         .help = "Drop the bit; give single capabilities where needed.",
                         .severity = Severity::high,
                         .profile = Profile::normal,
                         .aliases = "cis:4.8 dockle:CIS-DI-0008",
                         .cwe = "CWE-250"};
constexpr Check k_setcap{.id = "docker.file-capabilities",
                         .title = "A file is given capabilities",
                         .why = "Any user who may run the file gets a part of root's rights.",
                         .help =
                             "Listen on a port over 1023, or give the capability to "
                             "the container.",
                         .severity = Severity::medium,
                         .profile = Profile::normal,
                         .cwe = "CWE-250"};
constexpr Check k_nopasswd{.id = "docker.sudoers-nopasswd",
                           .title = "sudo without password is allowed",
                           .why = "Any process of that user is root.",
                           .help = "Remove the rule.",
                           .severity = Severity::high,
                           .profile = Profile::normal,
                           .cwe = "CWE-250"};
constexpr Check k_ssh_port{
    .id = "docker.ssh-port",
    .title = "EXPOSE 22",
    .why = "An SSH server in a container is a second way in, with its own keys and users.",
    .help = "Use the engine's exec; remove the server.",
    .severity = Severity::medium,
    .profile = Profile::normal,
    .aliases = "trivy:DS-0004 checkov:CKV_DOCKER_1 kics:exposing_port_22",
    .cwe = "CWE-1125"};
constexpr Check k_ssh_server{
    .id = "docker.ssh-server",
    .title = "The image runs an SSH server",
    .why = "An SSH server in a container is a second way in, with its own keys and users.",
    .help = "Use the engine's exec; remove the server.",
    .severity = Severity::high,
    .profile = Profile::normal,
    .cwe = "CWE-1125"};
constexpr Check k_insecure{.id = "docker.run-insecure",
                           .title = "RUN --security=insecure",
                           .why = "The step runs with all capabilities on the build host.",
                           .help = "Find out which right the step needs and do it outside the build.",
                           .severity = Severity::high,
                           .profile = Profile::normal,
                           .cwe = "CWE-250"};
constexpr Check k_host_network{
    .id = "docker.run-host-network",
    .title = "RUN --network=host",
    .why = "The step sees the build host's network: its services, its metadata address.",
    .help = "Leave the flag out.",
    .severity = Severity::high,
    .profile = Profile::normal,
    .cwe = "CWE-668"};
constexpr Check k_ssh_mount{
    .id = "docker.ssh-mount-in-image",
    .title = "RUN --mount=type=ssh in a shipped stage",
    .why = "Every program of the step may use the builder's SSH keys, and what it writes is shipped.",
    .help = "Fetch in a stage of its own and copy the result.",
    .severity = Severity::low,
    .profile = Profile::all,
    .cwe = "CWE-522"};
constexpr Check k_writable_bind{.id = "docker.bind-mount-writable",
                                .title = "Bind mount with rw",
                                .why = "What the step writes there is thrown away without a word.",
                                .help = "Leave rw out, or write elsewhere.",
                                .severity = Severity::low,
                                .profile = Profile::all};
constexpr Check k_git_dir{.id = "docker.git-dir-kept",
                          .title = "ADD --keep-git-dir",
                          .why = "The repository's history comes along, with what was removed from it.",
                          .help = "Leave the flag out.",
                          .severity = Severity::low,
                          .profile = Profile::normal,
                          .cwe = "CWE-527"};
constexpr Check k_front_end{
    .id = "docker.foreign-front-end",
    .title = "The syntax directive names a foreign front end",
    .why = "The front end is an image that runs in the builder and decides what the build does.",
    .help = "Use docker/dockerfile, pinned by digest.",
    .severity = Severity::high,
    .profile = Profile::normal,
    .cwe = "CWE-829"};
constexpr Check k_front_end_unpinned{
    .id = "docker.front-end-unpinned",
    .title = "The syntax directive is not pinned by digest",
    .why = "The front end is an image that runs in the builder; a tag can be moved.",
    .help = "Append @sha256:….",
    .severity = Severity::low,
    .profile = Profile::all,
    .cwe = "CWE-829",
    .fixable = true};

void check_sudo(const Facts& facts, Sink& sink, const RunCommand& run) {
  const bool itself = run.name() == "sudo";
  if (!itself && !run.command->wrapped_by("sudo")) return;
  const sh::Word* word = itself ? &run.command->argv.front() : nullptr;
  std::size_t at = 0;
  for (; word == nullptr && at < run.command->wrappers.size(); ++at) {
    if (base_name(run.command->wrappers[at].text) == "sudo") word = &run.command->wrappers[at];
    if (word != nullptr) break;
  }
  if (word == nullptr) return;
  RawFinding& finding = sink.report(k_sudo, run, word->span, "sudo in a build step");
  // Root already, and nothing but `sudo` to take away.
  const df::Setting& user = facts.model.user_of(*run.step);
  const bool root = user.where != nullptr ? user.value.text == "root" || user.value.text == "0" : false;
  const bool alone = !itself && run.command->wrappers.size() == 1 && !run.command->argv.empty();
  if (alone && is_plain(facts.source, *word) && run.command->argv.front().span.begin > word->span.end) {
    finding.fix = fix_of("leave sudo out", root ? FixTier::safe : FixTier::suggestion,
                         {replace({word->span.begin, run.command->argv.front().span.begin}, "")});
  }
}

void check_password(const Facts& facts, Sink& sink, const RunCommand& run) {
  const std::string_view name = run.name();
  const sh::Command& command = *run.command;
  const auto has = [&](std::string_view words) {
    for (const sh::Word& word : command.argv) {
      if (listed(words, word.text)) return true;
    }
    return false;
  };
  if (name == "chpasswd") {
    sink.report(k_password, run, command.span, "chpasswd sets a password");
  } else if (name == "passwd" && has("-d --delete")) {
    sink.report(k_password, run, command.span, "passwd -d makes the password empty");
  } else if (name == "passwd" && (has("--stdin") || command.stage.index > 0)) {
    sink.report(k_password, run, command.span, "passwd sets a password");
  } else if ((name == "useradd" || name == "usermod") && has("-p --password")) {
    sink.report(k_password, run, command.span, std::string(name) + " sets a password");
  } else if (name == "sed" || name == "echo" || name == "printf" || name == "tee") {
    const std::string_view text = command.span.of(facts.source);
    bool shadow = contains(text, "/etc/shadow");
    for (const sh::Redirect& redirect : command.redirects)
      shadow = shadow || contains(redirect.target.text, "/etc/shadow");
    if (shadow) sink.report(k_password, run, command.span, "/etc/shadow is changed");
  }
}

// chmod's or install's mode word, and where it stands.
const sh::Word* mode_word(const RunCommand& run) {
  const sh::Command& command = *run.command;
  if (run.name() == "chmod") {
    for (std::size_t i = 1; i < command.argv.size(); ++i) {
      const std::string_view text = command.argv[i].text;
      const bool option =
          text.starts_with("--") ||
          (text.size() > 1 && text[0] == '-' && text.find_first_not_of("-Rvcf") == std::string_view::npos);
      if (!option) return text.starts_with("-") ? nullptr : &command.argv[i];
    }
    return nullptr;
  }
  for (std::size_t i = 1; i + 1 < command.argv.size(); ++i) {
    if (command.argv[i].is("-m") || command.argv[i].is("--mode")) return &command.argv[i + 1];
  }
  return nullptr;
}

// The mode without write permission for others: "777" → "775"; none for symbolic modes.
std::optional<std::string> without_world_write(std::string_view mode) {
  if (mode.empty() || mode[0] < '0' || mode[0] > '9') return std::nullopt;
  std::string out(mode);
  out.back() = static_cast<char>(out.back() - 2);
  return out;
}

void report_mode(const Facts& facts, Sink& sink, const RunCommand* run, std::string_view mode, Span span,
                 bool directory) {
  const auto bits = parse_mode(mode);
  if (!bits) return;
  const auto report = [&](const Check& check, std::string message) -> RawFinding& {
    return run != nullptr ? sink.report(check, *run, span, std::move(message))
                          : sink.report(check, span, std::move(message));
  };
  if (bits->world_write && !bits->sticky) {
    RawFinding& finding = report(k_world_writable, "mode " + quoted(mode) + " lets everybody write");
    if (const auto better = without_world_write(mode); better && span.of(facts.source) == mode) {
      finding.fix =
          fix_of("take write permission from others", FixTier::suggestion, {replace(span, *better)});
    }
  }
  if (bits->setuid) {
    report(k_setuid, "mode " + quoted(mode) + " sets setuid");
  } else if (bits->setgid && !directory) {
    report(k_setuid, "mode " + quoted(mode) + " sets setgid").severity = Severity::medium;
  }
}

void check_modes(const Facts& facts, Sink& sink, const RunCommand& run) {
  const std::string_view name = run.name();
  if (name == "setcap") {
    for (const sh::Word& word : run.command->argv) {
      if (word.is("-r")) return;  // removes them
    }
    sink.report(k_setcap, run, run.command->span, "setcap gives the file a part of root's rights");
    return;
  }
  if (name != "chmod" && name != "install" && name != "mkdir") return;
  const sh::Word* mode = mode_word(run);
  if (mode == nullptr) return;
  const bool recursive = run.command->argv.size() > 1 && contains(run.command->argv[1].text, "R");
  // setgid on a directory only hands down its group
  const bool directory =
      name == "mkdir" || recursive || run.script().inside(*run.command, sh::ScopeKind::exec_argument);
  report_mode(facts, sink, &run, mode->text, mode->span, directory);
}

void check_sudoers(const Facts& facts, Sink& sink, const Step& step) {
  const Span span = step.outer->span;
  const std::string_view text = span.of(facts.source);
  const std::size_t at = text.find("NOPASSWD");
  if (at == std::string_view::npos) return;
  const auto begin = static_cast<std::uint32_t>(span.begin + at);
  sink.report(k_nopasswd, {begin, begin + 8}, "sudo is allowed without a password");
}

void check_ports(Sink& sink, const Step& step) {
  for (std::size_t i = 0; i < step.words.size(); ++i) {
    const std::string_view port =
        std::string_view(step.words[i].text).substr(0, step.words[i].text.find('/'));
    if (port == "22")
      sink.report(k_ssh_port, step.instruction->words[i].span, "port 22 is for an SSH server");
  }
}

void check_entry(const Facts& facts, Sink& sink, const Step& step) {
  const df::BuildScript* build = facts.model.script_of(step);
  if (build == nullptr) return;
  for (const sh::Command& command : build->script.commands) {
    const bool service = command.name() == "service" && command.argv.size() > 1 &&
                         (command.argv[1].is("ssh") || command.argv[1].is("sshd"));
    if (command.name() == "sshd" || command.name() == "dropbear" || service) {
      sink.report(k_ssh_server, command.span, "the container runs an SSH server");
    }
  }
}

void check_run_flags(const Facts& facts, Sink& sink, const Step& step) {
  for (const df::Flag& flag : step.instruction->flags) {
    if (flag.name == "security" && flag.value == "insecure")
      sink.report(k_insecure, flag.span, "the step runs with all capabilities");
    if (flag.name == "network" && flag.value == "host")
      sink.report(k_host_network, flag.span, "the step uses the build host's network");
    if (flag.name != "mount") continue;
    std::string type = "bind";
    const df::FlagOption* writable = nullptr;
    for (const df::FlagOption& option : flag.options) {
      if (option.name == "type" && option.value) type = *option.value;
      const bool off = option.value && !truthy(*option.value);
      if ((option.name == "rw" || option.name == "readwrite") && !off) writable = &option;
    }
    if (type == "bind" && writable != nullptr)
      sink.report(k_writable_bind, writable->span, "what is written to the mount is lost");
    if (type == "ssh" && facts.reaches_image(step) && !facts.model.fragment) {
      sink.report(k_ssh_mount, flag.span, "SSH keys are used in a stage that is shipped");
    }
  }
}

// docker/dockerfile and docker/dockerfile-upstream, on Docker Hub or a mirror path that keeps the name
bool is_docker_front_end(const df::ImageName& image) {
  const bool named =
      image.repository == "docker/dockerfile" || image.repository == "docker/dockerfile-upstream";
  return named && (image.registry.empty() || image.registry == "docker.io");
}

void check_front_end(const Facts& facts, Sink& sink) {
  const df::Directive* syntax = facts.document.directive("syntax");
  if (syntax == nullptr) return;
  const std::string reference = syntax->value.substr(0, syntax->value.find_first_of(" \t"));
  const df::ImageName image = df::parse_image_name(reference);
  if (!is_docker_front_end(image)) {
    sink.report(k_front_end, syntax->value_span, "front end " + quoted(reference) + " is not Docker's");
  } else if (image.digest.empty()) {
    RawFinding& finding = sink.report(k_front_end_unpinned, syntax->value_span,
                                      "front end " + quoted(reference) + " is not pinned by digest");
    Fix fix = fix_of("append the digest of " + reference, FixTier::needs_data, {});
    const auto end = static_cast<std::uint32_t>(syntax->value_span.begin + reference.size());
    fix.needs.push_back({DataKind::image_digest, reference, insert_at(end, "@" + std::string(k_data_mark))});
    finding.fix = std::move(fix);
  }
}

void run(const Facts& facts, Sink& sink) {
  check_front_end(facts, sink);
  for (const RunCommand& run : facts.commands()) {
    check_sudo(facts, sink, run);
    check_password(facts, sink, run);
    check_modes(facts, sink, run);
  }
  for (const Step& step : facts.model.steps) {
    switch (step.instruction->keyword) {
      case Keyword::run:
        check_run_flags(facts, sink, step);
        check_sudoers(facts, sink, step);
        break;
      case Keyword::copy:
      case Keyword::add:
        if (const df::Value* mode = flag_value(step, "chmod"); mode != nullptr && !mode->unknown) {
          report_mode(facts, sink, nullptr, mode->text, flag_of(step, "chmod")->value_span, false);
        }
        if (const df::Flag* keep = flag_of(step, "keep-git-dir");
            keep != nullptr && (!keep->value || truthy(*keep->value))) {
          sink.report(k_git_dir, keep->span, "the repository's history comes along");
        }
        check_sudoers(facts, sink, step);
        break;
      case Keyword::expose:
        check_ports(sink, step);
        break;
      case Keyword::cmd:
      case Keyword::entrypoint:
        check_entry(facts, sink, step);
        break;
      default:
        break;
    }
  }
}

constexpr const Check* k_checks[] = {&k_sudo,     &k_password,     &k_world_writable,    &k_setuid,
                                     &k_setcap,   &k_nopasswd,     &k_ssh_port,          &k_ssh_server,
                                     &k_insecure, &k_host_network, &k_ssh_mount,         &k_writable_bind,
                                     &k_git_dir,  &k_front_end,    &k_front_end_unpinned};

}  // namespace

extern const CheckSet k_privileges{k_checks, run};

}  // namespace sluice::checks::docker
