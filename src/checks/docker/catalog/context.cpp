// The build context: what COPY takes along, against .dockerignore.
#include "checks/docker/check_row.h"
#include "checks/docker/ignore_patterns.h"
#include "checks/docker/support.h"

namespace sluice::checks::docker {
namespace {

constexpr Check k_whole{.id = "docker.context-copied-whole",
                        .title = "The whole build context is copied",
                        .why =
                            "Without a .dockerignore that names them, .git, .env, keys and whatever else "
                            "lies around come into the image.",
                        .help = "Copy what is needed by name, or list what is not in .dockerignore.",
                        .severity = Severity::low,
                        .confidence = Confidence::medium,
                        .profile = Profile::normal,
                        .cwe = "CWE-552 CWE-538"};
constexpr Check k_tooling{.id = "docker.tooling-directory-copied",
                          .title = "A version control, cache or editor folder is copied",
                          .why = "History and caches hold what was removed from the files themselves.",
                          .help = "Leave it out, and name it in .dockerignore.",
                          .severity = Severity::low,
                          .profile = Profile::normal,
                          .aliases = "dockle:DKL-LI-0003",
                          .cwe = "CWE-527"};
constexpr Check k_ignored{.id = "docker.copy-of-ignored-file",
                          .title = "COPY of a file that .dockerignore leaves out",
                          .why = "The file is not in the context: the build fails, or copies nothing.",
                          .help = "Change .dockerignore or the COPY.",
                          .severity = Severity::low,
                          .profile = Profile::normal,
                          .aliases = "buildkit:CopyIgnoredFile"};

bool whole_context(std::string_view source) {
  return source == "." || source == "./" || source == "*" || source == "./*" || source == "/";
}

void check_whole(const Facts& facts, Sink& sink, const Step& step, Span span) {
  if (!facts.reaches_image(step) && !facts.model.fragment) return;  // left behind in a build stage
  switch (facts.options.ignore_file) {
    case IgnoreFile::absent: {
      RawFinding& finding =
          sink.report(k_whole, span, "the whole context is copied, and there is no .dockerignore");
      finding.severity = Severity::medium;
      finding.confidence = Confidence::high;
      break;
    }
    case IgnoreFile::unknown:
      sink.report(k_whole, span, "the whole context is copied");
      break;
    case IgnoreFile::present: {
      const IgnorePatterns patterns(facts.options.ignore_patterns);
      std::string missing;
      for (const std::string_view name : {".git", ".env"}) {
        if (!patterns.ignores(name)) missing += (missing.empty() ? "" : " and ") + std::string(name);
      }
      if (!missing.empty())
        sink.report(k_whole, span,
                    "the whole context is copied, and .dockerignore does not leave out " + missing);
      break;
    }
  }
}

void check_source(const Facts& facts, Sink& sink, const df::Value& source, Span span) {
  const std::string_view name = base_name(source.text);
  if (listed(".git .svn .hg .cache .vscode .idea .terraform", name)) {
    sink.report(k_tooling, span, quoted(source.text) + " is copied");
  }
  if (facts.options.ignore_file != IgnoreFile::present || source.unknown || is_url(source.text) ||
      is_git_url(source.text))
    return;
  if (source.text.find_first_of("*?[") != std::string::npos || whole_context(source.text)) return;
  if (IgnorePatterns(facts.options.ignore_patterns).ignores(source.text)) {
    sink.report(k_ignored, span, quoted(source.text) + " is left out by .dockerignore");
  }
}

void run(const Facts& facts, Sink& sink) {
  for (const Step& step : facts.model.steps) {
    const Keyword keyword = step.instruction->keyword;
    if ((keyword != Keyword::copy && keyword != Keyword::add) || step.instruction->flag("from") != nullptr)
      continue;
    for (std::size_t i = 0; i + 1 < step.words.size(); ++i) {
      const Span span = step.instruction->words[i].span;
      if (whole_context(step.words[i].text)) check_whole(facts, sink, step, span);
      check_source(facts, sink, step.words[i], span);
    }
  }
}

constexpr const Check* k_checks[] = {&k_whole, &k_tooling, &k_ignored};

}  // namespace

extern const CheckSet k_context{k_checks, run};

}  // namespace sluice::checks::docker
