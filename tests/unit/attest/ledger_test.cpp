#include <ostream>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "attest/ledger.h"
#include "attest/merkle.h"
#include "base/file.h"
#include "base/json.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

const std::string k_origin = "ledger.example/test";

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

PrivateKey make() {
  return PrivateKey::generate(KeyAlgorithm::ed25519).value();
}

std::vector<Bytes> numbered(std::size_t begin, std::size_t end) {
  std::vector<Bytes> out;
  for (std::size_t i = begin; i < end; ++i) out.push_back("entry " + std::to_string(i));
  return out;
}

struct Fixture {
  TempDirectory folder = TempDirectory::create("sluice-ledger-").value();
  PrivateKey key = make();
  Ledger open() { return Ledger::open(folder.path() + "/log", k_origin, key.public_key()).value(); }
  std::string path(const std::string& name) const { return folder.path() + "/log/" + name; }
};

Bytes bytes_of(const json::Value& value) {
  return from_base64(*value.as_string()).value();
}
std::vector<Bytes> list_of(const json::Value& value) {
  std::vector<Bytes> out;
  for (const json::Value& item : *value.as_array()) out.push_back(bytes_of(item));
  return out;
}
std::uint64_t number_of(const json::Value& value) {
  return static_cast<std::uint64_t>(*value.as_int());
}

}  // namespace

TEST_CASE("roots and proofs are those of Go's transparency log code") {
  const Bytes text = read_file(std::string(SLUICE_TEST_DATA) + "/conformance/ledger/vectors.json").value();
  const json::Value vectors = json::parse(text, "vectors.json").value();
  const std::vector<Bytes> roots = list_of(*vectors.find("roots"));
  REQUIRE(roots.size() == 600);

  Fixture f;
  Ledger ledger = f.open();
  // In uneven batches, so that tiles are filled from every side.
  std::size_t at = 0;
  for (const std::size_t batch : {1u, 2u, 250u, 3u, 1u, 255u, 88u}) {
    CHECK(ledger.append(numbered(at, at + batch), f.key).value() == at);
    at += batch;
    CHECK(parse_checkpoint(ledger.checkpoint())->root == roots[at - 1]);
  }
  REQUIRE(ledger.size() == 600);

  Tiles tiles(f.path(""), 600);
  for (std::size_t size = 1; size <= roots.size(); ++size) CHECK(tiles.root(size).value() == roots[size - 1]);
  for (const json::Value& proof : *vectors.find("inclusion")->as_array()) {
    const std::uint64_t size = number_of(*proof.find("size"));
    const std::uint64_t index = number_of(*proof.find("index"));
    const std::vector<Bytes> path = list_of(*proof.find("path"));
    CHECK(tiles.inclusion_proof(index, size).value() == path);
    CHECK(verify_inclusion(index, size, merkle_leaf_hash("entry " + std::to_string(index)), path,
                           roots[size - 1]));
  }
  for (const json::Value& proof : *vectors.find("consistency")->as_array()) {
    const std::uint64_t older = number_of(*proof.find("old"));
    const std::uint64_t newer = number_of(*proof.find("new"));
    const std::vector<Bytes> path = list_of(*proof.find("path"));
    CHECK(tiles.consistency_proof(older, newer).value() == path);
    CHECK(verify_consistency(older, roots[older - 1], newer, roots[newer - 1], path));
    CHECK_FALSE(verify_consistency(older, roots[older], newer, roots[newer - 1], path));
  }
  const auto key = PublicKey::from_der(bytes_of(*vectors.find("public_key_der")));
  const auto note = parse_checkpoint(*vectors.find("checkpoint")->as_string());
  REQUIRE(key);
  REQUIRE(note);
  CHECK(verify_checkpoint(*note, "ledger.example/go", note_key_id("ledger.example/go", *key), *key));
}

TEST_CASE("a log of 70,000 entries has the tiles that the specification lists") {
  Fixture f;
  Ledger ledger = f.open();
  REQUIRE(ledger.append(numbered(0, 256), f.key));
  CHECK(path_exists(f.path("tile/0/000")));
  CHECK(path_exists(f.path("tile/1/000.p/1")));
  REQUIRE(ledger.append(numbered(256, 70'000), f.key));
  CHECK(path_exists(f.path("tile/0/272")));
  CHECK(path_exists(f.path("tile/0/273.p/112")));
  CHECK(path_exists(f.path("tile/1/000")));
  CHECK(path_exists(f.path("tile/1/001.p/17")));
  CHECK(path_exists(f.path("tile/2/000.p/1")));
  CHECK(path_exists(f.path("tile/entries/273.p/112")));
  CHECK(ledger.entry(69'999).value() == "entry 69999");
  CHECK(ledger.verify());
  CHECK(tile_number(1'234'067) == "x001/x234/067");
  CHECK(tile_number(0) == "000");
  CHECK(tile_number(1000) == "x001/000");
}

TEST_CASE("a proof stands alone, and holds for its entry only") {
  Fixture f;
  Ledger ledger = f.open();
  REQUIRE(ledger.append(numbered(0, 300), f.key));
  const LedgerProof proof = ledger.prove(299).value();
  const auto read = parse_ledger_proof(write_ledger_proof(proof));
  REQUIRE(read);
  CHECK(verify_ledger_proof(*read, "entry 299", k_origin, f.key.public_key()));
  CHECK(code(verify_ledger_proof(*read, "entry 298", k_origin, f.key.public_key())) ==
        "attest.inclusion-proof");
  CHECK(code(verify_ledger_proof(*read, "entry 299", "other.example", f.key.public_key())) ==
        "attest.ledger-origin");
  CHECK(code(verify_ledger_proof(*read, "entry 299", k_origin, make().public_key())) ==
        "attest.checkpoint-unsigned");
  LedgerProof moved = *read;
  moved.index = 298;
  CHECK(code(verify_ledger_proof(moved, "entry 299", k_origin, f.key.public_key())) ==
        "attest.inclusion-proof");

  std::string extra = write_ledger_proof(proof);
  extra.insert(extra.find("index"), "extra AAAA\n");
  CHECK(parse_ledger_proof(extra)->path == proof.path);
  for (const char* bad : {"", "c2sp.org/tlog-proof@v1\nindex 1\n", "c2sp.org/tlog-proof@v2\nindex 1\n\nx",
                          "c2sp.org/tlog-proof@v1\n\nx", "c2sp.org/tlog-proof@v1\nindex 01\n\nx",
                          "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx"}) {
    CHECK(code(parse_ledger_proof(bad)) == "attest.ledger-proof");
  }
}

TEST_CASE("two writers lose nothing of each other") {
  Fixture f;
  Ledger one = f.open();
  Ledger two = f.open();
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(one.append({"one " + std::to_string(i)}, f.key).value() == 2 * i);
    CHECK(two.append({"two " + std::to_string(i)}, f.key).value() == 2 * i + 1);
  }
  Ledger reader = f.open();
  CHECK(reader.size() == 40);
  CHECK(reader.entry(38).value() == "one 19");
  CHECK(reader.verify({one.checkpoint()}));
}

TEST_CASE("an append that never reached its checkpoint leaves the ledger as it was") {
  Fixture f;
  Ledger ledger = f.open();
  REQUIRE(ledger.append(numbered(0, 10), f.key));
  Tiles crashed(f.path(""), 10);
  REQUIRE(crashed.append(numbered(1000, 1300)));
  Ledger again = f.open();
  CHECK(again.size() == 10);
  REQUIRE(again.append(numbered(10, 300), f.key));
  CHECK(again.verify({ledger.checkpoint()}));
  CHECK(again.entry(299).value() == "entry 299");
}

TEST_CASE("whatever is changed in the files is noticed") {
  Fixture f;
  Ledger ledger = f.open();
  REQUIRE(ledger.append(numbered(0, 300), f.key));
  const std::string first = ledger.checkpoint();
  REQUIRE(ledger.append(numbered(300, 600), f.key));
  REQUIRE(ledger.verify({first}));
  for (const char* name : {"tile/entries/000", "tile/entries/001", "tile/entries/002.p/88", "tile/0/000",
                           "tile/0/002.p/88", "tile/1/000.p/2", "checkpoint"}) {
    CAPTURE(name);
    const Bytes good = read_file(f.path(name)).value();
    for (const std::size_t at : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
      Bytes bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1);
      REQUIRE(write_file_atomic(f.path(name), bad));
      CHECK_FALSE(ledger.verify({first}));
    }
    REQUIRE(write_file_atomic(f.path(name), good.substr(0, good.size() - 1)));
    CHECK_FALSE(ledger.verify({first}));
    REQUIRE(write_file_atomic(f.path(name), good));
  }
  CHECK(ledger.verify({first}));
}

TEST_CASE("a history that was written anew is noticed by whoever kept a checkpoint") {
  Fixture f;
  Ledger ledger = f.open();
  REQUIRE(ledger.append(numbered(0, 300), f.key));
  const std::string kept = ledger.checkpoint();
  REQUIRE(remove_tree(f.path("")));
  Ledger forged = f.open();
  REQUIRE(forged.append(numbered(1, 400), f.key));
  CHECK(forged.verify());
  CHECK(code(forged.verify({kept})) == "attest.ledger-rewritten");
  REQUIRE(remove_tree(f.path("")));
  Ledger shorter = f.open();
  REQUIRE(shorter.append(numbered(0, 299), f.key));
  CHECK(code(shorter.verify({kept})) == "attest.ledger-rewritten");
}

TEST_CASE("a ledger opens with its own origin and key only") {
  Fixture f;
  REQUIRE(f.open().append({"x"}, f.key));
  CHECK(code(Ledger::open(f.path(""), "other.example", f.key.public_key())) == "attest.ledger-origin");
  CHECK(code(Ledger::open(f.path(""), k_origin, make().public_key())) == "attest.checkpoint-unsigned");
  CHECK(code(Ledger::open(f.path(""), "", f.key.public_key())) == "attest.ledger-origin");
  CHECK(code(Ledger::open(f.path(""), "a b", f.key.public_key())) == "attest.ledger-origin");
  CHECK(code(Ledger::open(f.path(""), "a+b", f.key.public_key())) == "attest.ledger-origin");
  Ledger ledger = f.open();
  CHECK(code(ledger.append({"y"}, make())) == "attest.ledger-key");
  CHECK(code(ledger.append({Bytes(k_max_log_entry_bytes + 1, 'x')}, f.key)) == "attest.ledger-entry-size");
  CHECK(code(ledger.entry(1)) == "attest.ledger-size");
  CHECK(code(ledger.prove(1)) == "attest.ledger-size");
  CHECK(ledger.append({Bytes(k_max_log_entry_bytes, 'x'), ""}, f.key).value() == 1);
  CHECK(ledger.verify());
  CHECK(ledger.entry(2).value().empty());
}
