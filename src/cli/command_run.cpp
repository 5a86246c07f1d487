// sluice run: run a build command, and sign what it was, what it was given and what it made.
#include <cstdlib>

#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/evidence_writer.h"
#include "cli/identity.h"
#include "cli/run_record.h"
#include "cli/source_judgement.h"
#include "git/source.h"
#include "image/image.h"
#include "report/escape.h"
#include "sluice/predicates.h"

namespace sluice::cli {
namespace {

constexpr std::size_t k_max_subjects = 1'000;  // of one statement; each is listed in the store

struct Subjects {
  std::vector<Subject> subjects;
  std::vector<store::SubjectRef> refs;
};

Result<Subjects> subjects_of(const record::RunRecord& record, const Arguments& arguments,
                             const record::Redactor& redactor) {
  Subjects out;
  if (arguments.has("image")) {
    const image::Image image = SLUICE_TRY(image::Image::open(arguments.value("image")));
    out.subjects.push_back({SubjectKind::image,
                            redactor.text(arguments.value("image")),
                            {{"sha256", image.manifest_digest().hex()}}});
    out.refs.push_back(
        subject_ref(out.subjects.back(), image.manifest_media_type(), image.manifest_bytes().size()));
    // The layout's own files need no subjects besides the image that they are.
    if (!arguments.has("output")) return out;
  }
  if (record.products.size() > k_max_subjects) {
    return fail(ErrorKind::limit, "run.too-many-outputs",
                "the command made " + std::to_string(record.products.size()) + " files",
                "name what it is for by --output or --image");
  }
  for (const record::FileRecord& file : record.products) {
    if (file.link) continue;
    out.subjects.push_back({SubjectKind::file, redactor.text(file.path), {{"sha256", file.digest.hex()}}});
    out.refs.push_back(subject_ref(out.subjects.back()));
  }
  return out;
}

// The passphrase is for us: the command must not find it in its environment.
void hide_passphrase(const Arguments& arguments, const Config& config) {
  if (arguments.has("passphrase-env")) ::unsetenv(arguments.value("passphrase-env").c_str());
  if (config.signing && !config.signing->passphrase_env.empty())
    ::unsetenv(config.signing->passphrase_env.c_str());
}

Result<SourceRecord> source_record(const Config& config) {
  auto source = git::read_source(".");
  if (source) {
    SystemProcessRunner runner;
    SLUICE_CHECK(judge_source(config, ".", "", *source, runner));
    return source;
  }
  if (source.error().code == "git.not-found") return SourceRecord{};
  return source;
}

Status sign_run(EvidenceWriter& writer, record::RunRecord& record, const Subjects& subjects,
                const SourceRecord& source, const CiIdentity& ci, const std::string& builder,
                const record::Redactor& redactor) {
  std::vector<attest::Dependency> dependencies = resolved_dependencies(record);
  for (attest::Dependency& input : record::input_dependencies(record))
    dependencies.push_back(std::move(input));
  if (!builder.empty()) {
    attest::ProvenanceInput input;
    input.source = source;
    input.ci = ci;
    input.byproducts = writer.config().byproduct();
    input.builder_id = builder;
    input.tool_version = SLUICE_VERSION;
    input.started_on = record.result.started;
    input.finished_on = record.result.finished;
    input.parameters = record::provenance_parameters(record, redactor);
    input.dependencies = std::move(dependencies);
    SLUICE_CHECK(writer.sign(subjects.subjects, subjects.refs, predicate::k_provenance,
                             SLUICE_TRY(attest::provenance_predicate(input))));
  }
  return writer.sign(subjects.subjects, subjects.refs, "https://in-toto.io/attestation/link/v0.3",
                     record::link_predicate(record, redactor));
}

Result<int> run(const Arguments& arguments, Context& context) {
  // Everything that can be wrong with us is found before the command is run.
  if (arguments.value("bundle") == "-")
    return fail(ErrorKind::usage, "cli.usage", "stdout is the command's; the bundle needs a file");
  EvidenceWriter writer = SLUICE_TRY(EvidenceWriter::open(arguments, context));
  const std::string builder = arguments.value("builder-id", writer.config().builder_id);
  if (builder.empty() && !arguments.has("link-only")) {
    return fail(ErrorKind::usage, "run.builder", "provenance needs the name of who runs this",
                "name it by --builder-id URI or as signing.builder in sluice.yaml, or say --link-only");
  }
  const record::Redactor redactor(context.environment);
  // Before the command, which may change the work tree: the provenance tells what it was given.
  const SourceRecord source = SLUICE_TRY(source_record(writer.config()));
  const CiIdentity ci = SLUICE_TRY(read_ci_identity(writer.config(), context));
  if (ci.token == TokenState::failed)
    print_error("sluice run: the platform's token does not count: " + report::escape_line(ci.token_problem));
  hide_passphrase(arguments, writer.config());

  record::RunRecord record = SLUICE_TRY(record_run(arguments, context, redactor));
  if (!record.result.ok()) {
    print_error("sluice run: the command failed with status " + std::to_string(record.result.status()) +
                "; nothing was signed");
    return record.result.status();
  }
  const Subjects subjects = SLUICE_TRY(subjects_of(record, arguments, redactor));
  if (subjects.subjects.empty()) {
    print_error(
        "sluice run: the command made no file, so there is nothing to sign about; name outputs by --output");
    return k_exit_indeterminate;
  }
  SLUICE_CHECK(sign_run(writer, record, subjects, source, ci, builder, redactor));
  for (const std::string& gap : record.gaps)
    print_error("not recorded: " + report::escape_line(redactor.text(gap)));
  const std::string told = SLUICE_TRY(writer.finish());
  // stdout is the command's.
  print_error(told.substr(0, told.size() - 1));
  return k_exit_ok;
}

}  // namespace

Command run_command() {
  std::vector<OptionSpec> options = run_options();
  options.push_back({"--image", "IMAGE", "the image that the command made, as an OCI layout or archive"});
  options.push_back({"--builder-id", "URI", "who runs this (default: signing.builder in sluice.yaml)"});
  options.push_back({"--link-only", "", "sign an in-toto link, but no SLSA provenance"});
  for (OptionSpec& option : evidence_options()) options.push_back(std::move(option));
  return {"run", "Run a build command; sign what it was given and what it made",
          "sluice run --output 'dist/**' --builder-id https://ci.example.com/linux -- make dist",
          std::move(options), run};
}

}  // namespace sluice::cli
