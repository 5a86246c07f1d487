#include "cli/baseline.h"

#include <algorithm>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "git/revision.h"

namespace sluice::cli {
namespace {

constexpr std::size_t k_max_baseline_bytes = 64u << 20;

tl::unexpected<Error> no_report(const std::string& name, std::string what) {
  return fail(ErrorKind::config, "baseline.format", name + ": " + std::move(what),
              "a baseline is written by `sluice scan --output json=FILE` or sarif=FILE");
}

// "findings" of sluice.report/v1.
Result<Fingerprints> from_report(const json::Value& report, const std::string& name) {
  const json::Value* findings = report.find("findings");
  if (findings == nullptr || findings->as_array() == nullptr) return no_report(name, "it has no findings");
  Fingerprints out;
  for (const json::Value& finding : *findings->as_array()) {
    const std::string_view fingerprint = finding.string_at("fingerprint");
    if (fingerprint.empty()) return no_report(name, "a finding has no fingerprint");
    out.emplace(fingerprint);
  }
  return out;
}

Result<Fingerprints> from_sarif(const json::Value& log, const std::string& name) {
  Fingerprints out;
  const json::Value* runs = log.find("runs");
  if (runs == nullptr || runs->as_array() == nullptr) return no_report(name, "it has no runs");
  for (const json::Value& run : *runs->as_array()) {
    const json::Value* results = run.find("results");
    if (results == nullptr || results->as_array() == nullptr) return no_report(name, "a run has no results");
    for (const json::Value& result : *results->as_array()) {
      const json::Value* prints = result.find("partialFingerprints");
      const std::string_view fingerprint =
          prints == nullptr ? std::string_view() : prints->string_at("sluiceFingerprint/v1");
      if (fingerprint.empty()) return no_report(name, "a result is not of Sluice: it has no fingerprint");
      out.emplace(fingerprint);
    }
  }
  return out;
}

Result<Fingerprints> from_file(const std::string& name) {
  const Bytes text = SLUICE_TRY(read_file(name, k_max_baseline_bytes));
  const json::Value value = SLUICE_TRY(json::parse(text, name));
  if (value.string_at("schema") == "sluice.report/v1") return from_report(value, name);
  if (value.string_at("version") == "2.1.0" && value.find("runs") != nullptr) return from_sarif(value, name);
  return no_report(name, "it is neither a sluice.report/v1 nor SARIF 2.1.0");
}

// The root of a scan, and where it is scanned as of the revision.
struct Root {
  std::string path;  // as the user named it, without "/" at its end
  bool folder = false;
  std::string copy;
};

std::vector<Root> roots_of(const scan::Options& options, const std::string& temporary) {
  std::vector<Root> out;
  for (std::string path : options.roots) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const bool folder = is_directory(path);
    out.push_back({std::move(path), folder, temporary + "/" + std::to_string(out.size())});
  }
  return out;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// A Dockerfile's finding may come from what lies beside it.
std::vector<std::string> with_companions(const std::string& root, const std::string& below) {
  const std::string file = root + "/" + below;
  return {file, file + ".dockerignore", folder_of(file) + "/.dockerignore", root + "/.dockerignore"};
}

// Writes the files as the revision has them. All names come from paths that exist here, below the roots.
Status put_files(const std::map<std::string, Bytes>& files, const std::string& from, const std::string& to) {
  for (const auto& [path, bytes] : files) {
    const std::string target = to + path.substr(from.size());
    SLUICE_CHECK(make_directories(folder_of(target)));
    SLUICE_CHECK(write_file_atomic(target, bytes));
  }
  return {};
}

// The files of one root that have findings now, with their companions.
std::vector<std::string> wanted_files(const Root& root, const std::string& shown, const scan::Output& now) {
  std::set<std::string> paths;
  const auto add = [&paths](const std::string& folder, const std::string& below) {
    for (const std::string& path : with_companions(folder, below)) paths.insert(path);
  };
  if (!root.folder) {
    add(folder_of(root.path), root.path.substr(root.path.rfind('/') + 1));  // npos + 1 is 0
  } else {
    const std::string prefix = shown.empty() ? "" : shown + "/";
    for (const Finding& finding : now.findings) {
      if (finding.path.starts_with(prefix)) add(root.path, finding.path.substr(prefix.size()));
    }
  }
  return {paths.begin(), paths.end()};
}

Result<Fingerprints> from_revision(const std::string& revision, const scan::Options& options) {
  const scan::Output now = SLUICE_TRY(scan::run(options));
  const TempDirectory temporary = SLUICE_TRY(TempDirectory::create("sluice-baseline-"));
  scan::Options then = options;
  then.roots.clear();
  then.shown_as.clear();
  then.ask_tracked = {};
  for (const Root& root : roots_of(options, temporary.path())) {
    const std::string shown = scan::shown_root(root.path, options.roots.size() == 1);
    const std::string folder = root.folder ? root.path : folder_of(root.path);
    const auto files =
        SLUICE_TRY(git::files_at(folder, revision, wanted_files(root, shown, now), options.max_file_bytes));
    SLUICE_CHECK(make_directories(root.copy));
    SLUICE_CHECK(put_files(files, folder, root.copy));
    const std::string copy =
        root.folder ? root.copy : root.copy + "/" + root.path.substr(root.path.rfind('/') + 1);
    if (!path_exists(copy)) continue;  // the file is new
    then.roots.push_back(copy);
    then.shown_as.push_back(shown);
  }
  Fingerprints out;
  if (then.roots.empty()) return out;
  const scan::Output before = SLUICE_TRY(scan::run(then));
  for (const Finding& finding : before.findings) out.insert(finding.fingerprint);
  return out;
}

}  // namespace

Result<Fingerprints> read_baseline(const std::string& name, const scan::Options& options) {
  if (path_exists(name) && !is_directory(name)) return from_file(name);
  const std::string& first = options.roots.front();
  const Result<bool> revision = git::is_revision(is_directory(first) ? first : folder_of(first), name);
  if (!revision && revision.error().code != "git.not-found") return fail(revision.error());
  if (!revision || !*revision) {
    return fail(ErrorKind::usage, "baseline.none", "--baseline names neither a file nor a commit: " + name,
                "in a shallow clone older commits are missing; `git fetch --unshallow` gets them");
  }
  return from_revision(name, options);
}

}  // namespace sluice::cli
