// sluice attest TYPE: make a statement about files, an image or the source tree, sign it and store it.
#include <array>

#include "attest/predicate_shape.h"
#include "attest/predicates.h"
#include "attest/standard_predicates.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/evidence_writer.h"
#include "cli/identity.h"
#include "cli/registries.h"
#include "cli/source_judgement.h"
#include "git/source.h"
#include "image/image.h"
#include "record/redact.h"
#include "report/escape.h"
#include "sluice/predicates.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_predicate_bytes = 16u << 20;
constexpr std::uint64_t k_max_subject_bytes = 1ull << 30;

struct Subjects {
  std::vector<Subject> subjects;
  std::vector<store::SubjectRef> refs;
  void add(Subject subject, store::SubjectRef ref) {
    subjects.push_back(std::move(subject));
    refs.push_back(std::move(ref));
  }
};

// "sha256:…", "gitCommit:…" or "gitTree:…" is the thing of that digest; everything else is a file.
Status add_subject(const std::string& text, Subjects& out) {
  const std::size_t colon = text.find(':');
  const std::string algorithm = text.substr(0, colon);
  const bool digest = algorithm == "sha256" || algorithm == "gitCommit" || algorithm == "gitTree";
  if (colon != std::string::npos && digest && !path_exists(text)) {
    const SubjectKind kind = algorithm == "sha256" ? SubjectKind::file : SubjectKind::tree;
    out.add({kind, text, {{algorithm, text.substr(colon + 1)}}}, {text, "", 0});
    return {};
  }
  const Bytes bytes = SLUICE_TRY(read_file(text, k_max_subject_bytes));
  Subject subject{SubjectKind::file, text.substr(text.rfind('/') + 1), {{"sha256", sha256(bytes).hex()}}};
  const store::SubjectRef ref = subject_ref(subject);
  out.add(std::move(subject), ref);
  return {};
}

Status add_image(const Arguments& arguments, const Context& context, Subjects& out) {
  const std::string path = arguments.value("image");
  if (path_exists(path)) {
    const image::Image image = SLUICE_TRY(image::Image::open(path));
    Subject subject{SubjectKind::image, path, {{"sha256", image.manifest_digest().hex()}}};
    const store::SubjectRef ref =
        subject_ref(subject, image.manifest_media_type(), image.manifest_bytes().size());
    out.add(std::move(subject), ref);
    return {};
  }
  const ImageEvidence image = SLUICE_TRY(open_evidence_of(path, arguments, context));
  const std::string name = image.repository.empty() ? path : image.repository;
  Subject subject{SubjectKind::image, name, {{"sha256", image.manifest.digest.hex()}}};
  const store::SubjectRef ref = subject_ref(subject, image.manifest.media_type, image.manifest.bytes.size());
  out.add(std::move(subject), ref);
  return {};
}

Status add_tree(const SourceRecord& source, Subjects& out) {
  const std::string& tree = source.dirty ? source.worktree_tree : source.tree;
  if (tree.empty()) return fail(ErrorKind::invalid, "attest.no-tree", "the work tree's digest is not known");
  Subject subject{SubjectKind::tree, source.remote.empty() ? "source" : source.remote, {{"gitTree", tree}}};
  if (!source.dirty && !source.commit.empty()) subject.digest["gitCommit"] = source.commit;
  const store::SubjectRef ref = subject_ref(subject);
  out.add(std::move(subject), ref);
  return {};
}

Result<Subjects> subjects_of(const Arguments& arguments, const Context& context) {
  Subjects out;
  if (arguments.has("image")) SLUICE_CHECK(add_image(arguments, context, out));
  if (arguments.has("tree")) {
    const SourceRecord source = SLUICE_TRY(git::read_source("."));
    SLUICE_CHECK(add_tree(source, out));
  }
  for (const std::string& subject : arguments.values("subject")) SLUICE_CHECK(add_subject(subject, out));
  if (!out.subjects.empty()) return out;
  return fail(ErrorKind::usage, "attest.no-subject", "there is nothing that the statement is about",
              "name it by --image, --tree or --subject FILE|DIGEST");
}

Result<json::Object> read_predicate(const Arguments& arguments) {
  if (!arguments.has("predicate")) {
    return fail(ErrorKind::usage, "attest.no-predicate", "there is no predicate",
                "name its file by --predicate");
  }
  const std::string path = arguments.value("predicate");
  const Bytes text = SLUICE_TRY(read_file(path, k_max_predicate_bytes));
  json::Value value = SLUICE_TRY(json::parse(text, path));
  if (json::Object* object = value.as_object()) return std::move(*object);
  return fail(ErrorKind::invalid, "attest.predicate", path + " holds no JSON object");
}

Result<Bytes> document(const Arguments& arguments) {
  if (arguments.has("predicate")) return read_file(arguments.value("predicate"), k_max_predicate_bytes);
  return fail(ErrorKind::usage, "attest.no-predicate", "there is no document",
              "name its file by --predicate");
}

// Out of what git and the pipeline's environment say; the file by --predicate replaces it.
Result<json::Object> make_provenance(const Arguments& arguments, const Context& context,
                                     const Config& config) {
  if (arguments.has("predicate")) return read_predicate(arguments);
  const record::Redactor redactor(context.environment);
  attest::ProvenanceInput input;
  input.source = SLUICE_TRY(git::read_source("."));
  SystemProcessRunner runner;
  SLUICE_CHECK(judge_source(config, ".", "", input.source, runner));
  input.ci = SLUICE_TRY(read_ci_identity(config, context));
  if (input.ci.token == TokenState::failed)
    print_error("sluice attest: the platform's token does not count: " +
                report::escape_line(input.ci.token_problem));
  input.builder_id = arguments.value("builder-id", config.builder_id);
  input.tool_version = SLUICE_VERSION;
  input.finished_on = context.clock.now();
  input.byproducts = config.byproduct();
  for (const std::string& text : arguments.values("parameter")) {
    const std::size_t sign = text.find('=');
    if (sign == std::string::npos || sign == 0)
      return fail(ErrorKind::usage, "cli.usage", "a parameter is NAME=VALUE, not \"" + text + "\"");
    const std::string name = text.substr(0, sign);
    input.parameters.set(redactor.text(name),
                         record::secret_name(name) ? "[redacted]" : redactor.text(text.substr(sign + 1)));
  }
  return attest::provenance_predicate(input);
}

Result<json::Object> make_release(const Arguments& arguments) {
  if (arguments.has("predicate")) return read_predicate(arguments);
  if (!arguments.has("purl"))
    return fail(ErrorKind::usage, "attest.no-predicate", "there is no release",
                "name it by --purl pkg:…@version");
  return attest::release_predicate(arguments.value("purl"));
}

enum class Type : std::uint8_t { provenance, test, vulns, spdx, cyclonedx, vsa, svr, release, link, custom };

struct TypeRow {
  std::string_view uri;
  std::string_view command;
  std::string_view summary;
  std::string_view example;
};
constexpr std::array<TypeRow, 10> k_types{{
    {predicate::k_provenance, "attest provenance",
     "Sign SLSA provenance: what git and the pipeline say of this build",
     "sluice attest provenance --image out/image --builder-id https://ci.example.com/linux"},
    {predicate::k_test_result, "attest test", "Sign an in-toto test result",
     "sluice attest test --image out/image --predicate test-result.json"},
    {"https://in-toto.io/attestation/vulns/v0.2", "attest vulns", "Sign a vulnerability report",
     "sluice attest vulns --image out/image --predicate vulns.json"},
    {"https://spdx.dev/Document/v2.3", "attest spdx", "Sign an SPDX bill of materials",
     "sluice attest spdx --image out/image --predicate sbom.spdx.json"},
    {"https://cyclonedx.org/bom", "attest cyclonedx", "Sign a CycloneDX bill of materials",
     "sluice attest cyclonedx --image out/image --predicate sbom.cdx.json"},
    {predicate::k_verdict, "attest vsa", "Sign a SLSA verification summary",
     "sluice attest vsa --image out/image --predicate vsa.json"},
    {"https://in-toto.io/attestation/svr/v0.2", "attest svr", "Sign a simple verification result",
     "sluice attest svr --image out/image --predicate svr.json"},
    {"https://in-toto.io/attestation/release/v0.1", "attest release", "Sign that an artifact is a release",
     "sluice attest release --subject dist/app.tar.gz --purl pkg:generic/app@1.2.3"},
    {"https://in-toto.io/attestation/link/v0.3", "attest link", "Sign an in-toto link",
     "sluice attest link --subject dist/app.tar.gz --predicate link.json"},
    {"", "attest custom", "Sign a statement of any predicate type",
     "sluice attest custom --subject report.pdf --type https://example.com/review/v1 --predicate "
     "review.json"},
}};

Result<json::Object> make_predicate(Type type, const Arguments& arguments, const Context& context,
                                    const Config& config) {
  Bytes text;
  if (type == Type::spdx || type == Type::cyclonedx) text = SLUICE_TRY(document(arguments));
  switch (type) {
    case Type::provenance:
      return make_provenance(arguments, context, config);
    case Type::spdx:
      return attest::spdx_predicate(text);
    case Type::cyclonedx:
      return attest::cyclonedx_predicate(text);
    case Type::release:
      return make_release(arguments);
    case Type::test:
    case Type::vulns:
    case Type::vsa:
    case Type::svr:
    case Type::link:
    case Type::custom:
      break;
  }
  return read_predicate(arguments);
}

template <Type type>
Result<int> run(const Arguments& arguments, Context& context) {
  EvidenceWriter writer = SLUICE_TRY(EvidenceWriter::open(arguments, context));
  std::string uri(k_types[static_cast<std::size_t>(type)].uri);
  if (type == Type::custom) uri = arguments.value("type");
  json::Object predicate = SLUICE_TRY(make_predicate(type, arguments, context, writer.config()));
  const Subjects subjects = SLUICE_TRY(subjects_of(arguments, context));
  SLUICE_CHECK(writer.sign(subjects.subjects, subjects.refs, uri, std::move(predicate)));
  const std::string told = SLUICE_TRY(writer.finish());
  SLUICE_CHECK(print(told));
  return k_exit_ok;
}

template <Type type>
Command make_command() {
  const TypeRow& row = k_types[static_cast<std::size_t>(type)];
  std::vector<OptionSpec> options{
      {"--image", "IMAGE", "about this image: layout folder, archive or registry/repository@sha256:…"},
      {"--tree", "", "about this git work tree"},
      {"--subject", "SUBJECT", "about this file, or sha256:…, gitCommit:…, gitTree:…; may be repeated", false,
       true},
      {"--predicate", "FILE", "the predicate, as JSON"},
      {"--no-store", "", "store nothing and log nothing; the bundle goes where --bundle says"}};
  if (type == Type::custom) options.push_back({"--type", "URI", "the predicate's type", true});
  if (type == Type::release)
    options.push_back({"--purl", "PURL", "the release as a package URL with its version"});
  if (type == Type::provenance) {
    options.push_back({"--builder-id", "URI", "who runs this (default: signing.builder in sluice.yaml)"});
    options.push_back(
        {"--parameter", "NAME=VALUE", "what the build was asked for; may be repeated", false, true});
  }
  for (OptionSpec& option : evidence_options()) options.push_back(std::move(option));
  for (OptionSpec& option : registry_options()) options.push_back(std::move(option));
  return {row.command, row.summary, row.example, std::move(options), &run<type>};
}

}  // namespace

std::vector<Command> attest_make_commands() {
  return {make_command<Type::provenance>(), make_command<Type::test>(),      make_command<Type::vulns>(),
          make_command<Type::spdx>(),       make_command<Type::cyclonedx>(), make_command<Type::vsa>(),
          make_command<Type::svr>(),        make_command<Type::release>(),   make_command<Type::link>(),
          make_command<Type::custom>()};
}

}  // namespace sluice::cli
