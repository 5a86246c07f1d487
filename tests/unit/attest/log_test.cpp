// Merkle trees, checkpoints, trusted roots: the parts of log verification, each alone. The whole is tested by
// the vectors of tests/conformance/sigstore.
#include <ostream>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "attest/checkpoint.h"
#include "attest/merkle.h"
#include "attest/moment.h"
#include "attest/trusted_root.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

// RFC 6962 section 2.1 straight from its text: root and audit path of leaf hashes.
Bytes root_of(const std::vector<Bytes>& leaves) {
  if (leaves.size() == 1) return leaves[0];
  std::size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(split);
  return merkle_node_hash(root_of({leaves.begin(), middle}), root_of({middle, leaves.end()}));
}
std::vector<Bytes> path_of(std::size_t index, const std::vector<Bytes>& leaves) {
  if (leaves.size() == 1) return {};
  std::size_t split = 1;
  while (split * 2 < leaves.size()) split *= 2;
  const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(split);
  const std::vector<Bytes> left(leaves.begin(), middle);
  const std::vector<Bytes> right(middle, leaves.end());
  std::vector<Bytes> path = index < split ? path_of(index, left) : path_of(index - split, right);
  path.push_back(index < split ? root_of(right) : root_of(left));
  return path;
}

const std::string k_root = to_base64(std::string(32, 'r'));
std::string note(const std::string& text, const std::string& lines) {
  return text + "\n" + lines;
}
const std::string k_line = "\xE2\x80\x94 log.example " +
                           to_base64(
                               "abcd"
                               "signature") +
                           "\n";

}  // namespace

TEST_CASE("every leaf of every tree up to 70 leaves is proven, and at no other index") {
  std::vector<Bytes> leaves;
  for (std::size_t size = 1; size <= 70; ++size) {
    leaves.push_back(merkle_leaf_hash(std::to_string(size)));
    const Bytes root = root_of(leaves);
    for (std::size_t index = 0; index < size; ++index) {
      const std::vector<Bytes> path = path_of(index, leaves);
      CHECK(verify_inclusion(index, size, leaves[index], path, root));
      const std::size_t wrong = (index + 1) % size;
      if (wrong != index) CHECK_FALSE(verify_inclusion(wrong, size, leaves[index], path, root));
      CHECK_FALSE(verify_inclusion(index, size, merkle_leaf_hash("other"), path, root));
    }
    CHECK_FALSE(verify_inclusion(size, size, leaves[0], path_of(0, leaves), root));
  }
  CHECK(code(verify_inclusion(0, 0, leaves[0], {}, leaves[0])) == "attest.inclusion-proof");
}

TEST_CASE("a leaf is never taken for an inner node") {
  const Bytes a = merkle_leaf_hash("a");
  const Bytes b = merkle_leaf_hash("b");
  CHECK(merkle_leaf_hash(a + b) != merkle_node_hash(a, b));
}

TEST_CASE("a checkpoint is read line by line") {
  const auto read = parse_checkpoint(note("log.example\n17\n" + k_root + "\nextra\n", k_line + k_line));
  REQUIRE(read);
  CHECK(read->origin == "log.example");
  CHECK(read->size == 17);
  CHECK(read->root == std::string(32, 'r'));
  CHECK(read->extra == std::vector<std::string>{"extra"});
  CHECK(read->signatures.size() == 2);
  CHECK(read->signatures[0].key_id == "abcd");
  CHECK(read->text == "log.example\n17\n" + k_root + "\nextra\n");
}

TEST_CASE("a malformed note or checkpoint is refused") {
  const std::string text = "log.example\n17\n" + k_root + "\n";
  const struct {
    std::string note;
    const char* code;
  } cases[] = {
      {"", "attest.note"},
      {text, "attest.note"},
      {note(text, ""), "attest.note"},
      {note(text, "no dash\n"), "attest.note"},
      {note(text, k_line.substr(0, k_line.size() - 1)), "attest.note"},
      {note(text, "\xE2\x80\x94 name\n"), "attest.note"},
      {note(text, "\xE2\x80\x94  QUJDREVG\n"), "attest.note"},
      {note(text, "\xE2\x80\x94 a+b QUJDREVG\n"), "attest.note"},
      {note(text, "\xE2\x80\x94 name QUJD\n"), "attest.note"},
      {note(text, "- name QUJDREVG\n"), "attest.note"},
      {note("log.example\x01\n17\n" + k_root + "\n", k_line), "attest.note"},
      {note("log.example\xFF\n17\n" + k_root + "\n", k_line), "attest.note"},
      {note("\n17\n" + k_root + "\n", k_line), "attest.checkpoint"},
      {note("log.example\n", k_line), "attest.checkpoint"},
      {note("log.example\n+17\n" + k_root + "\n", k_line), "attest.checkpoint"},
      {note("log.example\n017\n" + k_root + "\n", k_line), "attest.checkpoint"},
      {note("log.example\n-1\n" + k_root + "\n", k_line), "attest.checkpoint"},
      {note("log.example\n18446744073709551616\n" + k_root + "\n", k_line), "attest.checkpoint"},
      {note("log.example\n17\n", k_line), "attest.checkpoint"},
      {note("log.example\n17\nAAAA\n", k_line), "attest.checkpoint"},
      {note("log.example\n17\n" + k_root + " \n", k_line), "attest.checkpoint"},
  };
  for (const auto& item : cases) {
    CAPTURE(item.note);
    CHECK(code(parse_checkpoint(item.note)) == item.code);
  }
  std::string many;
  for (std::size_t i = 0; i <= k_max_note_signatures; ++i) many += k_line;
  CHECK(code(parse_checkpoint(note(text, many))) == "attest.note");
  CHECK(code(parse_checkpoint(note(text, std::string(k_max_note_bytes, 'x')))) == "attest.note");
}

TEST_CASE("a checkpoint counts only by name, key id and signature together") {
  const auto key = PrivateKey::generate(KeyAlgorithm::ed25519);
  REQUIRE(key);
  const std::string name = "log.example";
  const Bytes id = note_key_id(name, key->public_key());
  const std::string text = name + "\n17\n" + k_root + "\n";
  const std::string line = "\xE2\x80\x94 " + name + " " + to_base64(id + key->sign(text).value()) + "\n";
  const auto good = parse_checkpoint(note(text, k_line + line));
  REQUIRE(good);
  CHECK(verify_checkpoint(*good, name, id, key->public_key()));
  CHECK(code(verify_checkpoint(*good, "log.exampl", id, key->public_key())) == "attest.checkpoint-unsigned");
  CHECK(code(verify_checkpoint(*good, name, "abce", key->public_key())) == "attest.checkpoint-unsigned");
  // The line k_line has this name and id, and no signature by this key.
  CHECK(code(verify_checkpoint(*good, name, "abcd", key->public_key())) == "attest.checkpoint-signature");
}

TEST_CASE("the note key id of Ed25519 depends on the name") {
  // C2SP signed-note: SHA-256(name, newline, 0x01, key)[:4].
  const auto key = PrivateKey::generate(KeyAlgorithm::ed25519);
  CHECK(note_key_id("a", key->public_key()) != note_key_id("b", key->public_key()));
  const auto p256 = PrivateKey::generate();
  CHECK(note_key_id("a", p256->public_key()) == note_key_id("b", p256->public_key()));
  CHECK(to_hex(note_key_id("a", p256->public_key())) == p256->public_key().id().substr(0, 8));
}

TEST_CASE("moments keep milliseconds, and ranges are closed") {
  const auto at = [](const char* text) { return parse_moment(text).value(); };
  CHECK(format_moment(at("2026-01-15T12:00:00Z")) == "2026-01-15T12:00:00Z");
  CHECK(format_moment(at("2026-01-15T12:00:00.05Z")) == "2026-01-15T12:00:00.050Z");
  CHECK(at("2026-01-15T12:00:00.999999Z") == at("2026-01-15T12:00:00.999Z"));
  const TimeRange range{at("2026-01-15T12:00:00.500Z"), at("2026-01-15T12:00:01.500Z")};
  CHECK(range.contains(range.start));
  CHECK(range.contains(*range.end));
  CHECK_FALSE(range.contains(at("2026-01-15T12:00:00.499Z")));
  CHECK_FALSE(range.contains(at("2026-01-15T12:00:01.501Z")));
  CHECK(TimeRange{range.start, {}}.contains(at("2999-01-01T00:00:00Z")));
}

TEST_CASE("a trusted root's parts are checked one by one") {
  const auto root = [](const std::string& members) {
    return code(parse_trusted_root(
        R"({"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1")" + members + "}"));
  };
  CHECK(root("").empty());
  CHECK(root(R"(,"tlogs":null)").empty());
  CHECK(root(R"(,"tlogs":{})") == "attest.trusted-root");
  CHECK(root(R"(,"tlogs":[{}])") == "attest.trusted-root");
  CHECK(root(R"(,"ctfes":[])") == "attest.trusted-root-field");
  const std::string key =
      R"("publicKey":{"rawBytes":"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","keyDetails":"PKIX_ED25519"})";
  CHECK(root(R"(,"tlogs":[{)" + key + R"(,"logId":{"keyId":"AAAAAA=="}}])").empty());
  CHECK(root(R"(,"tlogs":[{)" + key + R"(,"logId":{"keyId":"AAA="}}])") == "attest.trusted-root");
  CHECK(root(R"(,"tlogs":[{)" + key + "}]") == "attest.trusted-root");
  CHECK(root(R"(,"tlogs":[{)" + key + R"(,"hashAlgorithm":"SHA2_512","logId":{"keyId":"AAAAAA=="}}])") ==
        "attest.trusted-root");
  CHECK(
      root(
          R"(,"tlogs":[{"publicKey":{"rawBytes":"AAAA","keyDetails":"PKIX_ED25519"},"logId":{"keyId":"AAAAAA=="}}])") ==
      "attest.trusted-root-key");
  CHECK(root(R"(,"tlogs":[{"publicKey":{"rawBytes":"AAAA"},"logId":{"keyId":"AAAAAA=="}}])") ==
        "attest.trusted-root-key");
  CHECK(
      root(
          R"(,"certificateAuthorities":[{"certChain":{"certificates":[]},"validFor":{"start":"2026-01-01T00:00:00Z"}}])") ==
      "attest.trusted-root");
}
