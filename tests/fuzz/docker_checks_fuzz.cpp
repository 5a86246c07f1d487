// The checks of Dockerfiles, over the model and the shell reader: findings, their steps and their edits lie
// inside the file, and what a limit left out is said.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "checks/docker/docker.h"
#include "syntax/dockerfile/document.h"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source{reinterpret_cast<const char*>(data), size};
  checks::docker::Options options;
  options.profile = checks::Profile::all;
  const auto output = checks::docker::analyse(syntax::dockerfile::parse_document(source), source, options);
  for (const checks::RawFinding& finding : output.findings) {
    if (finding.span.begin > finding.span.end || finding.span.end > size || finding.message.empty())
      std::abort();
    for (const auto& step : finding.trace) {
      if (step.span.begin > step.span.end || step.span.end > size) std::abort();
    }
    if (!finding.fix) continue;
    for (const Edit& edit : finding.fix->edits) {
      if (edit.offset > size || edit.length > size - edit.offset) std::abort();
    }
  }
  if (output.partial && output.notes.empty()) std::abort();
  return 0;
}
