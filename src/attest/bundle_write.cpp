#include "attest/bundle.h"
#include "attest/secret_filter.h"
#include "attest/statement.h"
#include "base/json.h"

namespace sluice::attest {

Result<Bytes> sign_statement(BytesView statement, const PrivateKey& key) {
  SLUICE_TRY(parse_statement(statement));
  json::Limits limits;
  limits.bytes = k_max_statement_bytes;
  const json::Value parsed = SLUICE_TRY(json::parse(statement, "statement", limits));
  SLUICE_CHECK(check_no_secrets(parsed));

  Envelope envelope;
  envelope.payload_type = k_in_toto_payload_type;
  envelope.payload = statement;
  envelope.signatures.push_back(
      {key.public_key().id(), SLUICE_TRY(key.sign(pae(envelope.payload_type, statement)))});

  const json::Object root{
      {"mediaType", k_bundle_media_type},
      {"verificationMaterial", json::Object{{"publicKey", json::Object{{"hint", key.public_key().id()}}}}},
      {"dsseEnvelope", envelope_json(envelope)}};
  return json::write(root);
}

}  // namespace sluice::attest
