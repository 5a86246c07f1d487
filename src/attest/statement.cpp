#include "attest/statement.h"

#include <map>

namespace sluice::attest {
namespace {

[[nodiscard]] tl::unexpected<Error> bad_statement(std::string message) {
  return fail(ErrorKind::invalid, "attest.statement", std::move(message));
}

// A type URI: a scheme, and nothing that could look like something else on a terminal or in a policy.
[[nodiscard]] bool is_type_uri(std::string_view text) {
  if (text.empty() || text.find(':') == std::string_view::npos) return false;
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f) return false;
  }
  return true;
}

[[nodiscard]] Result<Subject> read_subject(const json::Value& value) {
  if (value.as_object() == nullptr) return bad_statement("a subject is no object");
  Subject out;
  if (const json::Value* name = value.find("name"); name != nullptr && !name->is_null()) {
    if (name->as_string() == nullptr) return bad_statement("a subject's name is no string");
    out.name = *name->as_string();
  }
  const json::Value* digest = value.find("digest");
  if (digest != nullptr && !digest->is_null()) {
    if (digest->as_object() == nullptr) return bad_statement("a subject's digest is no object");
    for (const json::Member& member : digest->as_object()->members()) {
      if (member.value.as_string() == nullptr) return bad_statement("a subject's digest is no string");
      out.digest.emplace(member.key, *member.value.as_string());
    }
  }
  return out;
}

[[nodiscard]] Status check_subjects(const std::vector<Subject>& subjects) {
  if (subjects.empty())
    return fail(ErrorKind::invalid, "attest.subject-empty", "the statement has no subject");
  if (subjects.size() > k_max_subjects) {
    return fail(ErrorKind::limit, "attest.subject-limit",
                "the statement has " + std::to_string(subjects.size()) + " subjects, more than " +
                    std::to_string(k_max_subjects));
  }
  std::map<std::string_view, const Subject*> by_name;
  for (const Subject& subject : subjects) {
    if (auto status = check_digest_set(subject.digest); !status) {
      return fail(with_context(std::move(status).error(), "reading the subject \"" + subject.name + "\""));
    }
    if (subject.name.empty() || subject.name == "_") continue;
    const auto [at, fresh] = by_name.emplace(subject.name, &subject);
    if (!fresh && at->second->digest != subject.digest) {
      return fail(ErrorKind::invalid, "attest.subject-duplicate",
                  "two subjects have the name \"" + subject.name + "\" and different digests");
    }
  }
  return {};
}

[[nodiscard]] json::Value subject_json(const Subject& subject) {
  json::Object digest;
  for (const auto& [name, value] : subject.digest) digest.set(name, value);
  json::Object out;
  if (!subject.name.empty()) out.set("name", subject.name);
  out.set("digest", std::move(digest));
  return out;
}

}  // namespace

Result<Statement> parse_statement(BytesView payload) {
  json::Limits limits;
  limits.bytes = k_max_statement_bytes;
  const json::Value root = SLUICE_TRY(json::parse(payload, "statement", limits));
  if (root.as_object() == nullptr) return bad_statement("the statement is no JSON object");

  Statement out;
  out.type = root.string_at("_type");
  if (out.type != k_statement_v1 && out.type != k_statement_v01) {
    return fail(ErrorKind::invalid, "attest.statement-type",
                "this is no in-toto statement: _type is \"" + out.type + "\"");
  }
  const json::Value* subjects = root.find("subject");
  if (subjects != nullptr && !subjects->is_null()) {
    if (subjects->as_array() == nullptr) return bad_statement("\"subject\" is no array");
    for (const json::Value& item : *subjects->as_array())
      out.subjects.push_back(SLUICE_TRY(read_subject(item)));
  }
  SLUICE_CHECK(check_subjects(out.subjects));

  out.predicate_type = root.string_at("predicateType");
  if (!is_type_uri(out.predicate_type)) return bad_statement("\"predicateType\" is missing or no URI");
  const json::Value* predicate = root.find("predicate");
  if (predicate == nullptr || predicate->is_null()) {
    out.predicate = json::Object{};
  } else if (predicate->as_object() == nullptr) {
    return bad_statement("\"predicate\" is no object");
  } else {
    out.predicate = *predicate;
  }
  return out;
}

Result<Bytes> make_statement(const std::vector<Subject>& subjects, std::string_view predicate_type,
                             json::Object predicate) {
  SLUICE_CHECK(check_subjects(subjects));
  if (!is_type_uri(predicate_type)) return bad_statement("the predicate type is no URI");
  json::Array list;
  for (const Subject& subject : subjects) list.push_back(subject_json(subject));
  const json::Object root{{"_type", k_statement_v1},
                          {"subject", std::move(list)},
                          {"predicateType", predicate_type},
                          {"predicate", std::move(predicate)}};
  Bytes bytes = json::write(root);
  if (bytes.size() > k_max_statement_bytes) {
    return fail(ErrorKind::limit, "attest.statement-size",
                "the statement would have " + std::to_string(bytes.size()) + " bytes, more than " +
                    std::to_string(k_max_statement_bytes));
  }
  return bytes;
}

Result<std::vector<std::size_t>> match_subjects(const std::vector<Subject>& subjects,
                                                const DigestSet& expected) {
  if (expected.empty()) {
    return fail(ErrorKind::usage, "attest.no-expectation", "no expected digest was given",
                "an empty expectation would match every statement; name the artifact");
  }
  std::vector<std::size_t> matched;
  bool weak = false;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const DigestMatch match = compare(expected, subjects[i].digest);
    if (match == DigestMatch::mixed) {
      return fail(ErrorKind::crypto, "attest.subject-mixed",
                  "the subject \"" + subjects[i].name + "\" agrees in one digest and differs in another");
    }
    weak = weak || match == DigestMatch::weak;
    if (match == DigestMatch::agrees) matched.push_back(i);
  }
  if (!matched.empty()) return matched;
  if (weak) {
    return fail(ErrorKind::crypto, "attest.subject-weak",
                "the subject agrees only in a broken hash (sha1, md5)");
  }
  return fail(ErrorKind::crypto, "attest.subject-mismatch", "the statement is about something else");
}

}  // namespace sluice::attest
