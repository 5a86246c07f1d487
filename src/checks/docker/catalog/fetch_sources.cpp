// Where packages, repositories and ADD take their bytes from.
#include "checks/docker/check_row.h"
#include "checks/docker/downloads.h"
#include "checks/docker/fetch_checks.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_index_http{.id = "docker.package-index-over-http",
                             .title = "Package index over plain http",
                             .why = "Anybody on the way can put another package in.",
                             .help = "Use https.",
                             .severity = Severity::high,
                             .profile = Profile::normal,
                             .cwe = "CWE-319 CWE-494"};
constexpr Check k_add_url{.id = "docker.add-url-without-checksum",
                          .title = "ADD of a URL without --checksum",
                          .why = "The bytes can change between builds without anyone noticing.",
                          .help = "Add --checksum=sha256:….",
                          .severity = Severity::medium,
                          .profile = Profile::normal,
                          .cwe = "CWE-494",
                          .fixable = true};
constexpr Check k_add_git{.id = "docker.add-git-unpinned",
                          .title = "ADD of a git repository without a commit hash",
                          .why = "Branches and tags can be moved; only a full commit hash names a content.",
                          .help = "Write url.git#<40 hex digits>.",
                          .severity = Severity::medium,
                          .profile = Profile::normal,
                          .cwe = "CWE-494 CWE-829"};
constexpr Check k_clone{.id = "docker.git-clone-unpinned",
                        .title = "git clone without a commit hash",
                        .why = "Branches and tags can be moved; what is built depends on the day.",
                        .help = "Use ADD url.git#<commit>, or check out a full commit hash.",
                        .severity = Severity::low,
                        .profile = Profile::all,
                        .cwe = "CWE-494 CWE-829"};

void check_packages(const Facts& facts, Sink& sink) {
  for (const PackageCommand& call : facts.packages()) {
    for (const sh::Option& option : call.arguments.options) {
      if (!option.value || !is_plain_http(*option.value) || option.word == nullptr) continue;
      if (listed("-i --index-url --extra-index-url -f --find-links --registry -s --source -X --repository "
                 "--index",
                 option.name)) {
        // apk's and apt's repositories are signed
        if (call.manager->id != ManagerId::apk)
          sink.report(k_index_http, call.run, option.word->span, "the index is read over plain http");
      }
    }
    if (call.verb != Verb::install) continue;
    for (const sh::Word* package : call.packages) {
      if (!is_url(package->text)) continue;
      if (is_plain_http(package->text))
        sink.report(k_download_over_http, call.run, package->span, "the package is fetched over plain http");
      const bool hashed = contains(package->text, "#sha256=") || contains(package->text, "#sha512=");
      // rpm packages are signed, if the key is known already: pip's and npm's are not
      const bool signed_package = call.manager->id == ManagerId::apt;
      if (!hashed && !signed_package && call.manager->id != ManagerId::go) {
        sink.report(k_download_unverified, call.run, package->span,
                    "the package is installed from a URL without a check");
      }
    }
  }
  for (const RunCommand& run : facts.named("rpm")) {
    for (const sh::Word& word : run.command->argv) {
      if (is_url(word.text) && !run.command->argv[1].is("--import")) {
        sink.report(k_download_unverified, run, word.span,
                    "the package is installed from a URL without a check");
      }
    }
  }
  for (const std::string_view program : {"npm", "yarn", "pnpm", "pip", "pip3", "gem"}) {
    for (const RunCommand& run : facts.named(program)) {
      const auto& argv = run.command->argv;
      if (argv.size() < 4 || !listed("config set sources", argv[1].text)) continue;
      if (is_plain_http(argv.back().text))
        sink.report(k_index_http, run, argv.back().span, "the index is read over plain http");
    }
  }
}

void check_variables(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    const Keyword keyword = step.instruction->keyword;
    if (keyword != Keyword::env && keyword != Keyword::arg) continue;
    for (std::size_t i = 0; i < step.keys.size(); ++i) {
      const std::string name = lower(step.keys[i].text);
      const bool index = listed(
          "pip_index_url pip_extra_index_url npm_config_registry yarn_registry goproxy uv_index_url "
          "uv_extra_index_url cargo_registries_default",
          name);
      if (index && is_plain_http(step.values[i].text)) {
        sink.report(k_index_http, step.instruction->pairs[i].span, "the index is read over plain http");
      }
    }
  }
}

void check_clone(const Facts& facts, Sink& sink, const RunCommand& run) {
  const auto& argv = run.command->argv;
  std::size_t verb = 1;
  while (verb < argv.size() && argv[verb].text.starts_with("-"))
    verb += argv[verb].is("-c") || argv[verb].is("-C") ? 2U : 1U;
  if (verb >= argv.size() || !argv[verb].is("clone")) return;
  bool plain_http = false;
  for (const sh::Word& word : argv)
    plain_http = plain_http || is_plain_http(word.text) || word.text.starts_with("git://");
  if (plain_http)
    sink.report(k_download_over_http, run, run.command->span,
                "the repository is fetched over an unprotected protocol");
  for (const RunCommand& other : facts.commands_of(*run.step)) {
    if (other.name() != "git" || other.command <= run.command) continue;
    for (const sh::Word& word : other.command->argv) {
      if (is_hex(word.text, 40) || is_hex(word.text, 64)) return;
    }
  }
  sink.report(k_clone, run, run.command->span, "what is cloned is not fixed by a commit hash");
}

void check_add(const Facts& facts, Sink& sink, const Step& step) {
  const df::Flag* checksum = flag_of(step, "checksum");
  for (std::size_t i = 0; i + 1 < step.words.size(); ++i) {
    const std::string& source = step.words[i].text;
    const Span span = step.instruction->words[i].span;
    if (is_git_url(source)) {
      const std::size_t hash = source.find('#');
      std::string_view reference =
          hash == std::string::npos ? std::string_view() : std::string_view(source).substr(hash + 1);
      reference = reference.substr(0, reference.find(':'));
      const std::size_t query = source.find("checksum=");
      const bool fixed =
          is_hex(reference, 40) || is_hex(reference, 64) || query != std::string::npos || checksum != nullptr;
      if (!fixed && !contains(reference, "$")) {
        sink.report(k_add_git, span,
                    reference.empty() ? "the repository's default branch is taken"
                                      : quoted(reference) + " is a branch or tag, not a commit");
      }
      if (source.starts_with("git://"))
        sink.report(k_download_over_http, span, "the repository is fetched over an unprotected protocol");
    } else if (is_url(source)) {
      if (checksum == nullptr) {
        RawFinding& finding =
            sink.report(k_add_url, span, "the bytes behind " + quoted(source) + " are not checked");
        // --checksum speaks of one source.
        if (step.words.size() == 2 && !step.onbuild && span.of(facts.source) == source) {
          Fix fix = fix_of("add the checksum of " + source, FixTier::needs_data, {});
          fix.needs.push_back({DataKind::file_sha256, source,
                               insert_at(step.instruction->keyword_span.end,
                                         " --checksum=sha256:" + std::string(k_data_mark))});
          finding.fix = std::move(fix);
        }
      }
      if (is_plain_http(source)) sink.report(k_download_over_http, span, "ADD over plain http");
    }
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const RunCommand& run : facts.named("git")) check_clone(facts, sink, run);
  check_packages(facts, sink);
  check_variables(facts, sink);
  for (const Step& step : facts.model.steps) {
    if (step.instruction->keyword == Keyword::add) check_add(facts, sink, step);
  }
}

constexpr const Check* k_checks[] = {&k_index_http, &k_add_url, &k_add_git, &k_clone};

}  // namespace

extern const CheckSet k_fetch_sources{k_checks, run};

}  // namespace sluice::checks::docker
