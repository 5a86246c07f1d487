#include "record/record.h"

#include <algorithm>

#include "attest/secret_filter.h"

namespace sluice::record {
namespace {

json::Array texts(const std::vector<std::string>& list, const Redactor& redactor) {
  json::Array out;
  for (const std::string& item : list) out.emplace_back(redactor.text(item));
  return out;
}

json::Array files_json(const std::vector<FileRecord>& files, const Redactor& redactor) {
  json::Array out;
  for (const FileRecord& file : files) {
    json::Object item{{"name", redactor.text(file.path)},
                      {"digest", json::Object{{"sha256", file.digest.hex()}}}};
    json::Object marks;
    if (file.link) marks.set("link", true);
    if (file.executable) marks.set("executable", true);
    if (!marks.empty()) item.set("annotations", std::move(marks));
    out.emplace_back(std::move(item));
  }
  return out;
}

// The whole tree as one material; its files, too, as long as they are few.
json::Array materials_json(const Tree& tree, const Redactor& redactor) {
  json::Array out;
  out.emplace_back(
      json::Object{{"name", "inputs"},
                   {"digest", json::Object{{"dirHash1", dir_hash(tree.files)}}},
                   {"annotations", json::Object{{"files", tree.files.size()}, {"bytes", tree.bytes}}}});
  if (tree.files.size() > k_max_listed_files) return out;
  for (json::Value& file : files_json(tree.files, redactor)) out.push_back(std::move(file));
  return out;
}

json::Object result_json(const CommandResult& result) {
  json::Object out{{"return-value", result.status()},
                   {"startedOn", format_time(result.started)},
                   {"finishedOn", format_time(result.finished)},
                   {"durationMs", result.duration.count()},
                   {"userMs", result.user_time.count()},
                   {"systemMs", result.system_time.count()},
                   {"maxRssBytes", result.max_rss_bytes},
                   {"blocksIn", result.blocks_in},
                   {"blocksOut", result.blocks_out}};
  if (result.signal != 0) out.set("signal", result.signal);
  return out;
}

json::Object environment_json(const RunRecord& record, const Redactor& redactor) {
  json::Object values;
  for (const auto& [name, value] : record.environment) values.set(redactor.text(name), value);
  return {{"names", texts(record.environment_names, redactor)}, {"values", std::move(values)}};
}

const FileRecord* find_file(const Tree& tree, const std::string& path) {
  const auto it =
      std::lower_bound(tree.files.begin(), tree.files.end(), path,
                       [](const FileRecord& file, const std::string& wanted) { return file.path < wanted; });
  return it == tree.files.end() || it->path != path ? nullptr : &*it;
}

}  // namespace

std::vector<FileRecord> changed_files(const Tree& before, const Tree& after) {
  std::vector<FileRecord> out;
  for (const FileRecord& file : after.files) {
    const FileRecord* old = find_file(before, file.path);
    if (old == nullptr || old->digest != file.digest || old->link != file.link) out.push_back(file);
  }
  return out;
}

std::vector<std::string> removed_files(const Tree& before, const Tree& after) {
  std::vector<std::string> out;
  for (const FileRecord& file : before.files) {
    if (find_file(after, file.path) == nullptr) out.push_back(file.path);
  }
  return out;
}

void record_environment(const Environment& environment, const std::vector<std::string>& allow,
                        const Redactor& redactor, RunRecord& record) {
  for (const auto& [name, value] : environment) {
    record.environment_names.push_back(name);
    // A secret-named variable stays without its value even if somebody allows it.
    const bool allowed = std::find(allow.begin(), allow.end(), name) != allow.end();
    if (allowed)
      record.environment.emplace_back(name, secret_name(name) ? "[redacted]" : redactor.text(value));
  }
}

json::Object link_predicate(const RunRecord& record, const Redactor& redactor) {
  json::Object byproducts = result_json(record.result);
  byproducts.set("directory", redactor.text(record.directory));
  byproducts.set("materialsListed", record.materials.files.size() <= k_max_listed_files);
  if (!record.removed.empty()) byproducts.set("removed", texts(record.removed, redactor));
  if (!record.gaps.empty()) byproducts.set("gaps", texts(record.gaps, redactor));
  return {{"name", redactor.text(record.name)},
          {"command", texts(record.command, redactor)},
          {"materials", materials_json(record.materials, redactor)},
          {"byproducts", std::move(byproducts)},
          {"environment", environment_json(record, redactor)}};
}

json::Object provenance_parameters(const RunRecord& record, const Redactor& redactor) {
  json::Object out{{"command", texts(record.command, redactor)},
                   {"directory", redactor.text(record.directory)},
                   {"environment", environment_json(record, redactor)}};
  if (!record.gaps.empty()) out.set("gaps", texts(record.gaps, redactor));
  return out;
}

std::vector<attest::Dependency> input_dependencies(const RunRecord& record) {
  std::vector<attest::Dependency> out;
  out.push_back({"inputs", "", {{"dirHash1", dir_hash(record.materials.files)}}});
  if (!record.program_digest.empty())
    out.push_back({"tool " + record.program_path, "", {{"sha256", record.program_digest}}});
  return out;
}

}  // namespace sluice::record
