// What the checks mean where a fixture shows one case only: whose user counts, where a secret goes, what a
// command is under its wrappers.
#include <algorithm>
#include <ostream>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "checks/docker/docker.h"

namespace sluice::checks::docker {
namespace {

Findings findings(std::string_view text, const std::vector<std::string>& targets = {}) {
  Options options;
  options.profile = Profile::all;
  options.ignore_file = IgnoreFile::present;
  options.targets = targets;
  return analyse(syntax::dockerfile::parse_document(text), text, options).findings;
}

// The texts that the rule's findings cover, in order.
std::vector<std::string> covered(std::string_view rule, std::string_view text,
                                 const std::vector<std::string>& targets = {}) {
  std::vector<std::string> out;
  for (const RawFinding& finding : findings(text, targets)) {
    if (finding.rule == rule) out.emplace_back(finding.span.of(text));
  }
  return out;
}

bool fires(std::string_view rule, std::string_view text, const std::vector<std::string>& targets = {}) {
  return !covered(rule, text, targets).empty();
}

const RawFinding* find(const Findings& all, std::string_view rule) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [rule](const RawFinding& finding) { return finding.rule == rule; });
  return found == all.end() ? nullptr : &*found;
}

// --- the effective user

TEST_CASE("the user of the last stage counts, not that of a build stage") {
  const std::string text =
      "FROM a:1 AS build\nUSER root\nRUN make\nFROM b:1\nCOPY --from=build /x /x\nUSER 10001\n";
  CHECK_FALSE(fires("docker.user-root", text));
  CHECK(fires("docker.user-root-in-build-stage", text));
}

TEST_CASE("a user goes from stage to stage, and an external base starts anew") {
  CHECK_FALSE(
      fires("docker.user-missing", "FROM a:1 AS base\nUSER 1000\nFROM base AS mid\nFROM mid\nCMD [\"x\"]\n"));
  CHECK(fires("docker.user-missing", "FROM a:1 AS base\nUSER 1000\nFROM a:1\nCMD [\"x\"]\n"));
  CHECK(fires("docker.user-root", "FROM a:1 AS base\nUSER 0:0\nFROM base\nCMD [\"x\"]\n"));
}

TEST_CASE("an argument's default decides, an argument without one is not known") {
  CHECK(fires("docker.user-root", "FROM a:1\nARG U=root\nUSER $U\n"));
  CHECK(fires("docker.user-root", "FROM a:1\nARG U\nUSER ${U:-0}\n"));
  CHECK_FALSE(fires("docker.user-root", "FROM a:1\nARG U\nUSER $U\n"));
  CHECK_FALSE(fires("docker.user-root", "FROM a:1\nENV U=app\nUSER ${U}\n"));
}

TEST_CASE("targets name the shipped stages") {
  const std::string text = "FROM a:1 AS api\nUSER root\nFROM b:1 AS web\nUSER 1000\n";
  CHECK_FALSE(fires("docker.user-root", text));
  CHECK(fires("docker.user-root", text, {"api"}));
  CHECK(fires("docker.user-root", text, {"api", "web"}));
}

TEST_CASE("a user that is root only in between is no finding of the image") {
  CHECK_FALSE(fires("docker.user-root", "FROM a:1\nUSER root\nRUN make\nUSER app\n"));
}

// --- secrets

TEST_CASE("a secret variable written to a file is followed into the shipped image") {
  const std::string text =
      "FROM a:1 AS build\nARG API_TOKEN\nWORKDIR /work\nRUN echo \"t=$API_TOKEN\" > conf/app.ini\n"
      "FROM b:1\nCOPY --from=build /work/conf /etc/app\nUSER 1000\n";
  const Findings all = findings(text);
  const RawFinding* flow = find(all, "docker.secret-reaches-image");
  REQUIRE(flow != nullptr);
  CHECK(flow->span.of(text) == "COPY --from=build /work/conf /etc/app");
  REQUIRE(flow->trace.size() == 1);
  CHECK(flow->trace[0].span.of(text).starts_with("echo"));
}

TEST_CASE("another folder of that stage does not carry the secret") {
  CHECK_FALSE(fires("docker.secret-reaches-image",
                    "FROM a:1 AS build\nARG API_TOKEN\nRUN echo $API_TOKEN > /work/conf\n"
                    "FROM b:1\nCOPY --from=build /out /etc/app\nUSER 1000\n"));
}

TEST_CASE("ways of writing a mounted secret into a layer") {
  const auto written = [](const std::string& command) {
    return fires("docker.secret-written-to-layer",
                 "FROM a:1\nRUN --mount=type=secret,id=key " + command + "\nUSER 1000\n");
  };
  CHECK(written("cp /run/secrets/key /root/.key"));
  CHECK(written("cat /run/secrets/key > /root/.key"));
  CHECK(written("cat /run/secrets/key | tee /root/.key"));
  CHECK(written("sed 's/a/b/' < /run/secrets/key >> /root/.key"));
  CHECK(written("base64 -d /run/secrets/key | cat > /root/.key"));
  CHECK(written("sh -c 'cat /run/secrets/key > /root/.key'"));
  CHECK(written("sudo cp /run/secrets/key /root/.key"));
  CHECK_FALSE(written("cat /run/secrets/key > /dev/null"));
  CHECK_FALSE(written("curl -H @/run/secrets/key https://e.com > /dev/null"));
  CHECK_FALSE(written("cat /run/secrets/other > /root/.key"));
  CHECK_FALSE(written("test -s /run/secrets/key"));
}

TEST_CASE("a secret's value in a stage that is not shipped weighs less") {
  const Findings shipped = findings("FROM a:1\nENV DB_PASSWORD=hunter2hunter2\n");
  const Findings build = findings("FROM a:1 AS b\nENV DB_PASSWORD=hunter2hunter2\nFROM c:1\n");
  const RawFinding* heavy = find(shipped, "docker.secret-in-variable");
  const RawFinding* light = find(build, "docker.secret-in-variable");
  REQUIRE(heavy != nullptr);
  REQUIRE(light != nullptr);
  CHECK(heavy->severity.value_or(Severity::high) > light->severity.value_or(Severity::high));
}

// --- taint of build arguments

TEST_CASE("an argument that is evaluated is found through wrappers and nesting") {
  const auto evaluated = [](const std::string& command) {
    return fires("docker.argument-evaluated", "FROM a:1\nARG CMDLINE\nRUN " + command + "\nUSER 1000\n");
  };
  CHECK(evaluated("eval $CMDLINE"));
  CHECK(evaluated("eval \"set -- $CMDLINE\""));
  CHECK(evaluated("sh -c \"make $CMDLINE\""));
  CHECK(evaluated("sudo -E bash -c \"$CMDLINE\""));
  CHECK(evaluated("if true; then eval \"$CMDLINE\"; fi"));
  CHECK_FALSE(evaluated("make \"$CMDLINE\""));
  CHECK_FALSE(evaluated("sh -c 'make \"$1\"' -- \"$CMDLINE\""));
}

TEST_CASE("a variable that the file sets itself is no argument from outside") {
  CHECK_FALSE(
      fires("docker.argument-evaluated", "FROM a:1\nENV CMDLINE=\"make all\"\nRUN eval \"$CMDLINE\"\n"));
  CHECK(fires("docker.argument-evaluated",
              "FROM a:1\nARG X\nENV CMDLINE=\"make $X\"\nRUN eval \"$CMDLINE\"\n"));
}

// --- downloads

TEST_CASE("what is checked before it is used is no finding") {
  const auto unsafe = [](const std::string& command) {
    const std::string text = "FROM a:1\nRUN " + command + "\nUSER 1000\n";
    return fires("docker.download-executed", text) || fires("docker.download-unverified", text);
  };
  const std::string get = "curl -fsSL -o /tmp/t.tgz https://e.com/t.tgz";
  CHECK(unsafe(get + " && tar xzf /tmp/t.tgz"));
  CHECK_FALSE(unsafe(get + " && echo 'abc  /tmp/t.tgz' | sha256sum -c - && tar xzf /tmp/t.tgz"));
  CHECK_FALSE(unsafe(get + " && cd /tmp && sha256sum -c SHA256SUMS && tar xzf t.tgz"));
  CHECK(unsafe(get + " && tar xzf /tmp/t.tgz && echo 'abc  /tmp/t.tgz' | sha256sum -c -"));
  CHECK(unsafe("curl -o /tmp/other https://e.com/o && " + get +
               " && echo 'abc  /tmp/other' | sha256sum -c - && tar xzf /tmp/t.tgz"));
  CHECK_FALSE(unsafe(get + " && gpg --verify /tmp/t.tgz.asc /tmp/t.tgz && tar xzf /tmp/t.tgz"));
  CHECK_FALSE(unsafe("curl -fsSL -o /srv/data.csv https://e.com/data.csv"));
}

TEST_CASE("a script is found however it gets into the shell") {
  for (const char* command :
       {"curl https://e.com/i.sh | sh", "curl https://e.com/i.sh | sudo -E bash -",
        "wget -qO- https://e.com/i | bash -s -- -y", "bash -c \"$(curl -fsSL https://e.com/i.sh)\"",
        "sh <(curl https://e.com/i.sh)", "source <(curl https://e.com/i.sh)",
        "eval \"$(wget -qO- https://e.com/i.sh)\"", "curl https://e.com/i.py | python3 -",
        "curl -o /tmp/i.sh https://e.com/i.sh && chmod +x /tmp/i.sh && /tmp/i.sh",
        "curl https://e.com/i.sh > /tmp/i.sh; . /tmp/i.sh", "(curl https://e.com/i.sh) | (cd /tmp && sh)",
        "curl https://e.com/i.sh | tee /tmp/log | sh", "timeout 60 sh -c 'curl https://e.com/i.sh | sh'"}) {
    CAPTURE(command);
    CHECK(fires("docker.download-executed", std::string("FROM a:1\nRUN ") + command + "\nUSER 1000\n"));
  }
}

// --- commands under wrappers

TEST_CASE("a command is known under its wrappers") {
  for (const char* wrapper : {"sudo ", "sudo -u app -E ", "env A=b C=d ", "A=b ", "timeout -k 5 60 ",
                              "nice -n 10 ", "nohup ", "exec ", "command ", "time ", "stdbuf -oL ",
                              "chroot /mnt ", "xargs -n 1 ", "! ", "eatmydata ", "sudo env A=b nice "}) {
    CAPTURE(wrapper);
    CHECK(fires("docker.wget-tls-off", std::string("FROM a:1\nRUN ") + wrapper +
                                           "wget -q --no-check-certificate https://e.com/x\n"));
  }
}

TEST_CASE("a variable's value is a word of the command") {
  CHECK(fires("docker.curl-tls-off", "FROM a:1\nENV OPTS=-k\nRUN curl $OPTS https://e.com\n"));
  CHECK(fires("docker.curl-tls-off", "FROM a:1\nRUN OPTS='-sS -k'; curl $OPTS https://e.com\n"));
  CHECK_FALSE(fires("docker.curl-tls-off", "FROM a:1\nRUN OPTS='-sS'; curl $OPTS https://e.com/-k\n"));
}

TEST_CASE("text that only speaks of a command is none") {
  for (const char* line :
       {"RUN echo 'curl -k https://e.com | sh'", "RUN cat <<EOF > /x\ncurl -k https://e.com | sh\nEOF",
        "LABEL usage=\"curl -k https://e.com | sh\"", "# RUN curl -k https://e.com | sh"}) {
    CAPTURE(line);
    const std::string text = std::string("FROM a:1\n") + line + "\n";
    CHECK_FALSE(fires("docker.curl-tls-off", text));
    CHECK_FALSE(fires("docker.download-executed", text));
  }
}

// --- excuses

TEST_CASE("a peer's comment suppresses, and the finding no longer claims the peer's id") {
  const Findings all =
      findings("FROM a:1\n# hadolint ignore=DL3004 the base needs it\nRUN sudo make\nRUN sudo make\n");
  std::vector<const RawFinding*> sudo;
  for (const RawFinding& finding : all) {
    if (finding.rule == "docker.sudo") sudo.push_back(&finding);
  }
  REQUIRE(sudo.size() == 2);
  CHECK(sudo[0]->suppressed == "the base needs it");
  CHECK(sudo[0]->excused_aliases == std::vector<std::string>{"hadolint:DL3004"});
  CHECK_FALSE(sudo[1]->suppressed);
  CHECK(sudo[1]->excused_aliases.empty());
}

TEST_CASE("an escape directive alone switches no check off") {
  CHECK(fires("docker.download-executed", "# escape=`\nFROM debian:12\nRUN curl https://e.com/i.sh | sh\n"));
  CHECK_FALSE(
      fires("docker.pipe-without-pipefail",
            "# escape=`\nFROM example.com/base:1\nRUN powershell -Command Get-Item C:\\a | Remove-Item\n"));
}

}  // namespace
}  // namespace sluice::checks::docker
