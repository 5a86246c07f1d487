#include "cli/run_record.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/file.h"
#include "record/lockfile.h"
#include "syntax/dockerfile/document.h"
#include "syntax/dockerfile/model.h"

namespace sluice::cli {
namespace {

constexpr std::size_t k_max_dependencies = 20'000;
constexpr std::uint64_t k_max_program_bytes = 512u << 20;
constexpr std::uint64_t k_max_dockerfile_bytes = 4u << 20;

// Variables whose values make builds differ and that hold no secrets.
constexpr std::array<std::string_view, 8> k_allowed{
    "CI", "LANG", "LC_ALL", "TZ", "CFLAGS", "GOOS", "SOURCE_DATE_EPOCH", "GOARCH"};

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

bool any_match(const std::vector<std::string>& globs, const std::string& path) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return record::glob_match(glob, path); });
}

std::string file_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

bool is_dockerfile(std::string_view path) {
  const std::string name = file_name(path);
  return name == "Dockerfile" || name == "Containerfile" || name.starts_with("Dockerfile.") ||
         name.ends_with(".Dockerfile") || name.ends_with(".dockerfile");
}

record::Tree subset(const record::Tree& tree, const std::vector<std::string>& globs) {
  record::Tree out;
  for (const record::FileRecord& file : tree.files) {
    if (!any_match(globs, file.path)) continue;
    out.files.push_back(file);
    out.bytes += file.size;
  }
  return out;
}

std::string working_directory() {
  std::string out(4096, '\0');
  return ::getcwd(out.data(), out.size()) == nullptr ? std::string(".") : std::string(out.c_str());
}

void add_program(record::RunRecord& record, const std::string& name, const Environment& environment) {
  record.program_path = record::find_program(name, environment);
  if (record.program_path.empty()) return;
  const auto bytes = read_file(record.program_path, k_max_program_bytes);
  if (bytes) {
    record.program_digest = sha256(*bytes).hex();
  } else {
    record.gaps.push_back("the program " + record.program_path + ": " + bytes.error().message);
  }
}

// The bytes that the record speaks of: what changed since it was made is a gap.
Result<Bytes> read_material(const record::FileRecord& file, std::uint64_t max_bytes) {
  Bytes bytes = SLUICE_TRY(read_file(file.path, max_bytes));
  if (sha256(bytes) != file.digest)
    return fail(ErrorKind::invalid, "record.changed", "the command changed it before it could be read");
  return bytes;
}

std::string image_uri(const syntax::dockerfile::ImageName& image) {
  std::string out = "pkg:docker/" + image.repository + (image.digest.empty() ? "" : "@" + image.digest);
  std::string separator = "?";
  if (!image.registry.empty()) {
    out += separator + "repository_url=" + image.registry;
    separator = "&";
  }
  if (!image.tag.empty()) out += separator + "tag=" + image.tag;
  return out;
}

void add_image(const syntax::dockerfile::ImageName& image, const std::string& where,
               std::vector<attest::Dependency>& out, record::RunRecord& record) {
  if (!image.valid()) return;
  attest::Dependency dependency{"base image " + image.repository, image_uri(image), {}};
  if (const auto digest = Digest::parse_oci(image.digest)) {
    dependency.digest["sha256"] = digest->hex();
  } else {
    record.gaps.push_back(where + ": the image " + image.repository + " is not pinned by digest");
  }
  out.push_back(std::move(dependency));
}

void add_dockerfile(const std::string& path, const Bytes& text, std::vector<attest::Dependency>& out,
                    record::RunRecord& record) {
  const auto document = syntax::dockerfile::parse_document(text);
  const auto model = syntax::dockerfile::build_model(document, text);
  for (const auto& stage : model.stages) {
    if (stage.from != nullptr && stage.base.is_image()) add_image(stage.base.image, path, out, record);
    for (const auto& use : stage.uses) {
      if (use.stage == syntax::dockerfile::k_no_index) add_image(use.image, path, out, record);
    }
  }
}

void add_lockfile(const std::string& path, const Bytes& text, std::vector<attest::Dependency>& out,
                  record::RunRecord& record) {
  auto locked = record::read_lockfile(path, text);
  if (!locked) {
    record.gaps.push_back(path + ": " + locked.error().message);
    return;
  }
  if (locked->without_digest > 0)
    record.gaps.push_back(path + ": " + std::to_string(locked->without_digest) +
                          " packages have no hash there");
  for (attest::Dependency& package : locked->packages) out.push_back(std::move(package));
}

bool same(const attest::Dependency& a, const attest::Dependency& b) {
  return a.name == b.name && a.uri == b.uri && a.digest == b.digest;
}

}  // namespace

std::vector<OptionSpec> run_options() {
  return {{"COMMAND", "COMMAND", "what to run, after --", true, true},
          {"--name", "NAME", "name of the step (default: the program's)"},
          {"--input", "GLOB", "files that are inputs (default: all below this folder)", false, true},
          {"--output", "GLOB", "files that are outputs (default: what is new or changed)", false, true},
          {"--exclude", "GLOB", "files that are neither (.git and .sluice always are)", false, true},
          {"--env", "NAME", "record this variable's value, too; of all others only the name", false, true},
          {"--cache", "FILE", "keep digests of unchanged files from one run to the next"}};
}

Result<record::RunRecord> record_run(const Arguments& arguments, const Context& context,
                                     const record::Redactor& redactor) {
  const std::vector<std::string> argv = arguments.values("COMMAND");
  record::RunRecord out;
  out.name = arguments.value("name", file_name(argv.front()));
  out.command = redactor.arguments(argv);
  out.directory = ".";
  add_program(out, argv.front(), context.environment);
  std::vector<std::string> allow(k_allowed.begin(), k_allowed.end());
  record::record_environment(context.environment, joined(std::move(allow), arguments.values("env")), redactor,
                             out);

  const std::vector<std::string> all{"**"};
  const std::vector<std::string> inputs = arguments.has("input") ? arguments.values("input") : all;
  const std::vector<std::string> outputs = arguments.has("output") ? arguments.values("output") : all;
  record::TreeOptions options;
  options.include = joined(inputs, outputs);
  options.exclude = joined(options.exclude, arguments.values("exclude"));
  const std::string root = working_directory();
  const std::string cache_path = arguments.value("cache");
  record::StatCache cache =
      cache_path.empty() ? record::StatCache() : record::StatCache::load(cache_path, root);

  const record::Tree before = SLUICE_TRY(record::hash_tree(options, cache));
  out.result = SLUICE_TRY(record::run_command(argv, context.clock));
  const record::Tree after = SLUICE_TRY(record::hash_tree(options, cache));
  if (!cache_path.empty()) SLUICE_CHECK(cache.save(cache_path, root));

  out.materials = subset(before, inputs);
  out.outputs = subset(after, outputs);
  // Named outputs are what the command is for, also when it made the same bytes again.
  out.products = arguments.has("output") ? out.outputs.files
                                         : record::changed_files(subset(before, outputs), out.outputs);
  out.removed = record::removed_files(before, after);
  for (const std::string& line : before.problems) out.gaps.push_back("before: " + line);
  for (const std::string& line : after.problems) out.gaps.push_back("after: " + line);
  return out;
}

std::vector<attest::Dependency> resolved_dependencies(record::RunRecord& record) {
  std::vector<attest::Dependency> out;
  for (const record::FileRecord& file : record.materials.files) {
    const bool lock = record::is_lockfile(file.path);
    if (file.link || (!lock && !is_dockerfile(file.path))) continue;
    const auto bytes = read_material(file, lock ? record::k_max_lockfile_bytes : k_max_dockerfile_bytes);
    if (!bytes) {
      record.gaps.push_back(file.path + ": " + bytes.error().message);
    } else if (lock) {
      add_lockfile(file.path, *bytes, out, record);
    } else {
      add_dockerfile(file.path, *bytes, out, record);
    }
  }
  const auto less = [](const attest::Dependency& a, const attest::Dependency& b) {
    return std::tie(a.uri, a.name, a.digest) < std::tie(b.uri, b.name, b.digest);
  };
  std::sort(out.begin(), out.end(), less);
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  if (out.size() > k_max_dependencies) {
    record.gaps.push_back("of " + std::to_string(out.size()) + " dependencies only the first " +
                          std::to_string(k_max_dependencies) + " are listed");
    out.resize(k_max_dependencies);
  }
  return out;
}

}  // namespace sluice::cli
