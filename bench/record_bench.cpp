// bench_record tree FOLDER      hash a tree, without and with the stat cache
// bench_record ledger N BATCH   append N entries to a ledger, BATCH at a time
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "attest/ledger.h"
#include "record/tree.h"

namespace {

using namespace sluice;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

int tree(const std::string& folder) {
  const auto temp = TempDirectory::create();
  const std::string path = temp->path() + "/cache";
  record::StatCache cache;
  for (int round = 0; round < 3; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    // The whole of what a run pays: the cache is loaded and saved, too.
    record::StatCache loaded = record::StatCache::load(path, folder);
    const auto load = seconds_since(begin);
    const auto out = record::hash_tree({.root = folder}, loaded);
    if (!out) return 1;
    const auto hashed = seconds_since(begin);
    if (!loaded.save(path, folder)) return 1;
    std::printf("%zu files, %.2f GB: %zu read, %zu known: %.3f s (load %.3f s; save %.3f s more)\n",
                out->files.size(), static_cast<double>(out->bytes) / 1e9, out->hashed, out->reused, hashed,
                load, seconds_since(begin) - hashed);
  }
  return 0;
}

int ledger(std::size_t count, std::size_t batch) {
  const auto temp = TempDirectory::create();
  const auto key = attest::PrivateKey::generate(attest::KeyAlgorithm::ed25519);
  auto log = attest::Ledger::open(temp->path() + "/ledger", "example.com/bench", key->public_key());
  if (!log) return 1;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t done = 0; done < count; done += batch) {
    std::vector<Bytes> entries;
    for (std::size_t i = 0; i < batch; ++i)
      entries.push_back("entry " + std::to_string(done + i) + std::string(200, 'x'));
    if (!log->append(entries, *key)) return 1;
  }
  const double time = seconds_since(begin);
  std::printf("%zu appends, %zu at a time: %.3f s, %.0f a second\n", count, batch, time,
              static_cast<double>(count) / time);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "tree") return tree(argv[2]);
  if (what == "ledger" && argc > 3) {
    return ledger(static_cast<std::size_t>(std::atol(argv[2])), static_cast<std::size_t>(std::atol(argv[3])));
  }
  std::fputs("usage: bench_record tree FOLDER | ledger N BATCH\n", stderr);
  return 2;
}
