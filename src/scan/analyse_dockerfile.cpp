// Dockerfiles: the compiled checks over the Dockerfile's own document, and rules that are written for
// Dockerfiles.
#include <algorithm>
#include <utility>

#include "checks/docker/docker.h"
#include "scan/analysers.h"
#include "syntax/dockerfile/document.h"

namespace sluice::scan {
namespace {

using syntax::dockerfile::Document;

// A comment above an instruction speaks of all of it; one between its continued lines only of the line below.
std::vector<CommentMark> marks_of(const Document& document, std::string_view text) {
  if (!mentions_suppression(text)) return {};
  std::vector<Span> comments;
  for (const auto& comment : document.comments) comments.push_back(comment.span);
  std::vector<CommentMark> marks = mark_comments(text, comments);
  for (CommentMark& mark : marks) {
    const std::uint32_t from = std::max(mark.target.begin, mark.comment.end);
    const auto& instructions = document.instructions;
    auto at = std::lower_bound(instructions.begin(), instructions.end(), from,
                               [](const auto& i, std::uint32_t begin) { return i.span.begin < begin; });
    for (; at != instructions.end() && at->span.begin <= mark.target.end; ++at) {
      mark.target.end = std::max(mark.target.end, at->span.end);
    }
  }
  return marks;
}

}  // namespace

std::vector<CommentMark> dockerfile_marks(std::string_view text) {
  if (!mentions_suppression(text)) return {};
  return marks_of(syntax::dockerfile::parse_document(text), text);
}

Analysis Analysers::analyse_dockerfile(const Request& request) {
  Analysis out;
  const Document document = syntax::dockerfile::parse_document(request.bytes);
  out.marks = marks_of(document, request.bytes);
  if (book_->docker_checks()) {
    checks::docker::Options options = book_->docker();
    options.ignore_file = request.companion == Companion::present  ? checks::docker::IgnoreFile::present
                          : request.companion == Companion::absent ? checks::docker::IgnoreFile::absent
                                                                   : checks::docker::IgnoreFile::unknown;
    options.ignore_patterns = request.companion_bytes;
    checks::docker::Output output = checks::docker::analyse(document, request.bytes, options);
    out.findings = std::move(output.findings);
    for (const std::string& note : output.notes) out.reason += (out.reason.empty() ? "" : "; ") + note;
    if (output.partial) out.status = CoverageStatus::failed;
    if (output.partial && out.reason.empty()) out.reason = "a part of the file was not analysed";
  }
  match_dockerfile_rules(request, out);
  return out;
}

// Rules of packs that are written for Dockerfiles need a syntax tree; most runs have none of them.
void Analysers::match_dockerfile_rules(const Request& request, Analysis& out) {
  const syntax::Language* language = syntax::find_language(analyser_name(k_dockerfile_analyser));
  if (language == nullptr || !book_->pack_rules().wants(language->name, request.path)) {
    return match_rules(request, nullptr, out);
  }
  const Result<syntax::Tree> tree = parse(request, *language);
  if (!tree) {
    out.status = CoverageStatus::failed;
    out.reason += (out.reason.empty() ? "" : "; ") + tree.error().message;
  }
  match_rules(request, tree ? &*tree : nullptr, out);
}

}  // namespace sluice::scan
