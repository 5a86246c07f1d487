#include "explain/docs.h"

#include <unistd.h>

#include "base/file.h"
#include "explain/render.h"

namespace sluice::explain {
namespace {

constexpr std::uint64_t k_max_page_bytes = 4u << 20;

}  // namespace

Result<std::map<std::string, std::string>> make_docs(const scan::RuleBook& book) {
  std::map<std::string, std::string> files;
  std::vector<Page> pages;
  for (const auto& [id, rule] : book.rules()) {
    Page page = SLUICE_TRY(make_page(book, id));
    files[page_name(id)] = to_markdown(page);
    page.examples.clear();
    pages.push_back(std::move(page));
  }
  files["README.md"] = group_index(pages);
  files["peers.md"] = peer_index(pages);
  return files;
}

Result<DocsChange> write_docs(const std::map<std::string, std::string>& files, const std::string& folder) {
  DocsChange change;
  SLUICE_CHECK(make_directories(folder));
  for (const auto& [name, bytes] : files) {
    const std::string path = folder + "/" + name;
    if (const Result<Bytes> old = read_file(path, k_max_page_bytes); old && *old == bytes) continue;
    SLUICE_CHECK(write_file_atomic(path, bytes));
    ++change.written;
  }
  const Directory directory = SLUICE_TRY(Directory::open(folder));
  for (const DirectoryEntry& entry : SLUICE_TRY(directory.list())) {
    if (entry.type != EntryType::regular || !entry.name.ends_with(".md") || files.contains(entry.name))
      continue;
    const Bytes bytes = SLUICE_TRY(directory.read(entry.name, k_max_page_bytes));
    if (!bytes.starts_with(k_generated_mark)) continue;
    if (unlinkat(directory.fd(), entry.name.c_str(), 0) != 0) {
      return fail(ErrorKind::io, "explain.docs", "cannot remove " + folder + "/" + entry.name);
    }
    ++change.removed;
  }
  return change;
}

}  // namespace sluice::explain
