// in-toto Statement v1: "this predicate is true of these subjects". Read strictly, written once, never
// re-serialised.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attest/digest_set.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "sluice/subject.h"

namespace sluice::attest {

inline constexpr std::string_view k_statement_v1 = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view k_statement_v01 = "https://in-toto.io/Statement/v0.1";  // read only

inline constexpr std::size_t k_max_statement_bytes = 16u << 20;
inline constexpr std::size_t k_max_subjects = 10'000;

struct Statement {
  std::string type;
  std::vector<Subject> subjects;  // at least one, each with a digest set that check_digest_set accepts
  std::string predicate_type;
  json::Value predicate;  // an object; absent and null are read as an empty one
};

// Codes: attest.statement (shape), attest.statement-type, attest.subject-empty, attest.subject-limit,
// attest.subject-duplicate (one name, two digest sets), attest.digest-empty, attest.digest-form, and those of
// json::parse.
[[nodiscard]] Result<Statement> parse_statement(BytesView payload);

// The bytes to sign. The same rules hold as for reading. Codes as above.
[[nodiscard]] Result<Bytes> make_statement(const std::vector<Subject>& subjects,
                                           std::string_view predicate_type, json::Object predicate);

// Indices of the subjects that are `expected`, at least one. Matching is by digest only; names are never
// looked at. A subject that agrees in one known digest and differs in another makes the whole statement a
// lie. Codes: attest.subject-mismatch, attest.subject-mixed, attest.subject-weak, attest.no-expectation
// (expected is empty).
[[nodiscard]] Result<std::vector<std::size_t>> match_subjects(const std::vector<Subject>& subjects,
                                                              const DigestSet& expected);

}  // namespace sluice::attest
