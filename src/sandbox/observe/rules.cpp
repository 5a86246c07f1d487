// The rules that judge a run. Their ids and meanings are public: docs/runtime-rules.md is checked against
// this.
#include "sandbox/observe/rules.h"

#include <algorithm>
#include <array>

namespace sluice::sandbox {
namespace {

// Aliases are the names of the rules of other observers that mean the same deed.
constexpr auto k_rules = std::to_array<RuntimeRule>({
    {"runtime.dangerous-call", Severity::high,
     "A system call that reaches into the kernel or other processes",
     "Calls of this class are the first step out of a container. The sandbox refused it.",
     "remove the code that makes it, or run that part elsewhere", "CWE-250",
     "falco:PTRACE attached to process|falco:Change thread namespace|falco:Linux Kernel Module Injection "
     "Detected"},
    {"runtime.downloader", Severity::medium, "A download or network tool was started",
     "What is fetched at run time was never scanned, signed or tested.",
     "fetch it when the image is built, with a pinned digest", "CWE-494",
     "falco:Launch Suspicious Network Tool in Container"},
    {"runtime.fileless-program", Severity::high, "A program without a file was started",
     "A program that lives in memory alone leaves nothing to scan.", "start programs from files of the image",
     "CWE-506", "falco:Fileless execution via memfd_create"},
    {"runtime.ignores-stop", Severity::low, "The stop signal was ignored",
     "Every stop then lasts until the engine kills it, and work in progress is lost. The kernel ignores "
     "signals to the "
     "first process unless it has a handler.",
     "handle the stop signal in the first process, or start it through a small init", "CWE-404", ""},
    {"runtime.metadata-address", Severity::high, "The cloud's metadata service was addressed",
     "That address hands out the machine's own credentials.",
     "give the workload an identity of its own and block the address", "CWE-918",
     "falco:Contact cloud metadata service from container|falco:Contact EC2 Instance Metadata Service From "
     "Container"},
    {"runtime.over-budget", Severity::medium, "A limit of the test was reached",
     "The image needs more than what it is meant to be given, or leaks.",
     "raise the limit on purpose, or mend the leak", "CWE-400", ""},
    {"runtime.package-manager", Severity::high, "A package manager was started",
     "Packages that come at run time are not those that were scanned and tested.",
     "install packages when the image is built", "CWE-494",
     "falco:Launch Package Management Process in Container"},
    {"runtime.privilege-gain", Severity::high, "A process tried to gain privileges",
     "Programs of an image should only ever drop privileges.", "start with what is needed, and drop the rest",
     "CWE-269", "falco:Non sudo setuid"},
    {"runtime.program-not-in-image", Severity::high, "A program that is not in the image was started",
     "It was written or changed at run time: nobody scanned, signed or tested it.",
     "ship every program in the image, and run with a read-only root", "CWE-829",
     "falco:Drop and execute new binary in container"},
    {"runtime.runs-as-root", Severity::medium, "The first process runs as root",
     "A flaw in it is then a flaw with all rights of the container.",
     "set USER to a number other than 0 in the Dockerfile", "CWE-250", "trivy:DS-0002|hadolint:DL3002"},
    {"runtime.secret-read", Severity::high, "A file of secrets was read",
     "Secrets that an image can read it can leak, and secrets in an image are known to all who can pull it.",
     "take the file out of the image, or list the read as expected", "CWE-522",
     "falco:Read sensitive file untrusted"},
    {"runtime.setuid-program", Severity::medium, "A setuid program was started",
     "Programs that change their user are the usual way to root. No-new-privileges kept it from doing so "
     "here.",
     "take the bit away (chmod a-s), or remove the program", "CWE-250", ""},
    {"runtime.undeclared-connect", Severity::medium, "A connection to an address that is not declared",
     "Nobody who reads the image's declarations would expect it.",
     "list it under observe.expect.connect, or remove it", "CWE-912",
     "falco:Unexpected outbound connection destination"},
    {"runtime.undeclared-dns", Severity::low, "A name was looked up that is not declared",
     "Lookups leak data even where connections are blocked.",
     "list it under observe.expect.dns, or remove it", "CWE-912", ""},
    {"runtime.undeclared-listen", Severity::medium, "A port is listened on that is not declared",
     "Ports that nobody knows of are not guarded.", "EXPOSE it in the Dockerfile, or close it", "CWE-912",
     "falco:Unexpected inbound connection source"},
    {"runtime.undeclared-program", Severity::medium, "A program was started that is not among those expected",
     "The test file says which programs may be started.",
     "list it under observe.expect.exec, or find out who starts it", "CWE-912", ""},
    {"runtime.unexpected-shell", Severity::medium, "A shell was started by a program that is none",
     "It is what most injected commands look like, and a shell in the image is what they need.",
     "start programs directly, with an argument vector", "CWE-78", "falco:Run shell untrusted"},
    {"runtime.write-outside", Severity::medium, "A file was changed outside the declared places",
     "The image cannot run with a read-only root, and what it changes is lost.",
     "declare a volume or a tmpfs for it, or list it under observe.expect.write", "CWE-732",
     "falco:Write below etc|falco:Write below binary dir|falco:Write below root"},
    {"runtime.zombies", Severity::low, "Ended children are not reaped",
     "They hold process numbers until the limit is reached.",
     "wait for children, or start through a small init", "CWE-772", ""},
});
static_assert(std::is_sorted(k_rules.begin(), k_rules.end(),
                             [](const RuntimeRule& a, const RuntimeRule& b) { return a.id < b.id; }));

std::vector<std::string> split_aliases(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t bar = text.find('|');
    out.emplace_back(text.substr(0, bar));
    if (bar == std::string_view::npos) break;
    text.remove_prefix(bar + 1);
  }
  return out;
}

}  // namespace

const RuntimeRule& runtime_rule(std::string_view id) {
  return *std::lower_bound(k_rules.begin(), k_rules.end(), id,
                           [](const RuntimeRule& rule, std::string_view name) { return rule.id < name; });
}

std::vector<std::string> aliases_of(const RuntimeRule& rule) {
  return split_aliases(rule.aliases);
}

std::vector<RuleInfo> runtime_rules() {
  std::vector<RuleInfo> all;
  for (const RuntimeRule& rule : k_rules) {
    RuleInfo info;
    info.id = rule.id;
    info.title = rule.title;
    info.why = rule.why;
    info.help = rule.help;
    info.severity = rule.severity;
    info.aliases = aliases_of(rule);
    info.cwe = {std::string(rule.cwe)};
    all.push_back(std::move(info));
  }
  return all;
}

}  // namespace sluice::sandbox
