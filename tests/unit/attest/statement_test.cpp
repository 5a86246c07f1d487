#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/statement.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

const std::string k_a(64, 'a');
const std::string k_b(64, 'b');

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

std::string with_subjects(const std::string& subjects) {
  return R"({"_type":"https://in-toto.io/Statement/v1","subject":)" + subjects +
         R"(,"predicateType":"https://example.com/p/v1","predicate":{"x":1}})";
}
std::string with_digest(const std::string& digest) {
  return with_subjects(R"([{"name":"n","digest":)" + digest + "}]");
}

}  // namespace

TEST_CASE("a statement made is the statement read") {
  Subject subject;
  subject.name = "app";
  subject.digest = {{"sha256", k_a}, {"gitCommit", std::string(40, '1')}};
  const auto bytes = make_statement({subject}, "https://example.com/p/v1", json::Object{{"k", "v"}});
  REQUIRE(bytes);
  const auto read = parse_statement(*bytes);
  REQUIRE(read);
  CHECK(read->type == k_statement_v1);
  CHECK(read->predicate_type == "https://example.com/p/v1");
  CHECK(read->predicate.string_at("k") == "v");
  REQUIRE(read->subjects.size() == 1);
  CHECK(read->subjects[0].name == "app");
  CHECK(read->subjects[0].digest == subject.digest);
}

TEST_CASE("unset, null and empty predicates are the same, and unknown members are ignored") {
  for (const char* predicate : {"", R"(,"predicate":null)", R"(,"predicate":{})"}) {
    const auto read = parse_statement(
        R"({"_type":"https://in-toto.io/Statement/v0.1","extra":[1],"subject":[{"digest":{"sha256":")" + k_a +
        R"("}}],"predicateType":"https://example.com/p/v1")" + predicate + "}");
    REQUIRE(read);
    CHECK(read->predicate == json::Value(json::Object{}));
  }
}

TEST_CASE("a broken statement is refused with its own code") {
  const struct {
    std::string text;
    const char* code;
  } cases[] = {
      {"[]", "attest.statement"},
      {"{}", "attest.statement-type"},
      {R"({"_type":"https://in-toto.io/Statement/v2","subject":[]})", "attest.statement-type"},
      {R"({"_type":7})", "attest.statement-type"},
      {with_subjects("[]"), "attest.subject-empty"},
      {with_subjects("null"), "attest.subject-empty"},
      {with_subjects("{}"), "attest.statement"},
      {with_subjects("[1]"), "attest.statement"},
      {with_subjects(R"([{"name":1,"digest":{"sha256":")" + k_a + R"("}}])"), "attest.statement"},
      {with_subjects(R"([{"name":"n"}])"), "attest.digest-empty"},
      {with_digest("null"), "attest.digest-empty"},
      {with_digest("{}"), "attest.digest-empty"},
      {with_digest("[]"), "attest.statement"},
      {with_digest(R"({"sha256":1})"), "attest.statement"},
      {with_digest(R"({"sha256":""})"), "attest.digest-form"},
      {with_digest(R"({"sha256":")" + std::string(64, 'A') + R"("})"), "attest.digest-form"},
      {with_digest(R"({"sha256":"abc"})"), "attest.digest-form"},
      {with_digest(R"({"sha256":"sha256:)" + k_a + R"("})"), "attest.digest-form"},
      {with_digest(R"({"gitCommit":"abcdef1"})"), "attest.digest-form"},
      {with_digest(R"({"other":""})"), "attest.digest-form"},
      {with_digest(R"({"sha256":")" + k_a + R"(","sha256":")" + k_b + R"("})"), "json.duplicate-key"},
      {with_digest(R"({"sha256":")" + k_a + R"(","sh\u0061256":")" + k_b + R"("})"), "json.duplicate-key"},
      {with_subjects(R"([{"name":"n","digest":{"sha256":")" + k_a +
                     R"("}},{"name":"n","digest":{"sha256":")" + k_b + R"("}}])"),
       "attest.subject-duplicate"},
      {R"({"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":")" + k_a + R"("}}]})",
       "attest.statement"},
      {R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"no uri","subject":[{"digest":{"sha256":")" +
           k_a + R"("}}]})",
       "attest.statement"},
      {R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"a:b","predicate":[],"subject":[{"digest":{"sha256":")" +
           k_a + R"("}}]})",
       "attest.statement"},
  };
  for (const auto& item : cases) {
    CAPTURE(item.text);
    CHECK(code(parse_statement(item.text)) == item.code);
  }
}

TEST_CASE("endless subjects are refused") {
  std::string list = "[";
  for (std::size_t i = 0; i <= k_max_subjects; ++i) {
    list += std::string(i == 0 ? "" : ",") + R"({"digest":{"sha256":")" + k_a + R"("}})";
  }
  CHECK(code(parse_statement(with_subjects(list + "]"))) == "attest.subject-limit");
}

TEST_CASE("subjects match by digest only") {
  const auto subject = [](DigestSet digests) {
    Subject out;
    out.name = "the expected name";
    out.digest = std::move(digests);
    return out;
  };
  const DigestSet sha256{{"sha256", k_a}};
  CHECK(match_subjects({subject({{"sha256", k_b}}), subject(sha256)}, sha256).value() ==
        std::vector<std::size_t>{1});
  CHECK(code(match_subjects({subject({{"sha256", k_b}})}, sha256)) == "attest.subject-mismatch");
  CHECK(code(match_subjects({subject({{"gitCommit", std::string(40, '1')}})}, sha256)) ==
        "attest.subject-mismatch");
  CHECK(code(match_subjects({subject(sha256)}, {})) == "attest.no-expectation");

  const DigestSet two{{"sha256", k_a}, {"sha512", std::string(128, 'c')}};
  CHECK(match_subjects({subject(sha256)}, two));
  CHECK(match_subjects({subject(two)}, two));
  const DigestSet lie{{"sha256", k_a}, {"sha512", std::string(128, 'd')}};
  CHECK(code(match_subjects({subject(lie)}, two)) == "attest.subject-mixed");
  CHECK(code(match_subjects({subject(two), subject(lie)}, two)) == "attest.subject-mixed");

  const DigestSet sha1{{"sha1", std::string(40, '1')}};
  CHECK(code(match_subjects({subject(sha1)}, sha1)) == "attest.subject-weak");
  const DigestSet weak_and_strong{{"sha1", std::string(40, '1')}, {"sha256", k_a}};
  CHECK(match_subjects({subject(weak_and_strong)}, weak_and_strong));
  const DigestSet weak_differs{{"sha1", std::string(40, '2')}, {"sha256", k_a}};
  CHECK(code(match_subjects({subject(weak_differs)}, weak_and_strong)) == "attest.subject-mixed");
  // A name that nobody knows proves nothing.
  const DigestSet unknown{{"crc32", "00000000"}};
  CHECK(code(match_subjects({subject(unknown)}, unknown)) == "attest.subject-mismatch");
}
