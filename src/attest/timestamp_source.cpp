#include "attest/timestamp_source.h"

#include <openssl/rand.h>

#include <array>

#include "attest/hash.h"
#include "attest/internal/openssl.h"

namespace sluice::attest {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): owners of OpenSSL's objects only

using TsReqPtr = Owned<TS_REQ, TS_REQ_free>;
using TsCtxPtr = Owned<TS_RESP_CTX, TS_RESP_CTX_free>;
using ImprintPtr = Owned<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free>;
using IntegerPtr = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using ObjectPtr = Owned<ASN1_OBJECT, ASN1_OBJECT_free>;
using BioPtr = Owned<BIO, BIO_free_all>;
using BignumPtr = Owned<BIGNUM, BN_free>;

constexpr int k_random_bits = 63;
// X.509's anyPolicy: issued by a private authority, with no policy beyond that. Not an arc of a random UUID
// (2.25.…): clients written in Go cannot read numbers of that size.
constexpr const char* k_policy = "2.5.29.32.0";

[[nodiscard]] tl::unexpected<Error> bad_answer(std::string message) {
  return fail(ErrorKind::crypto, "attest.timestamp-answer", "the timestamp authority: " + std::move(message));
}

[[nodiscard]] IntegerPtr random_number() {
  const BignumPtr number(BN_new());
  if (!number || BN_rand(number.get(), k_random_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1)
    return nullptr;
  return IntegerPtr(BN_to_ASN1_INTEGER(number.get(), nullptr));
}

ASN1_INTEGER* next_serial(TS_RESP_CTX*, void*) {
  return random_number().release();
}

int current_time(TS_RESP_CTX*, void* data, long* seconds, long* microseconds) {
  *seconds = static_cast<const Clock*>(data)->now().time_since_epoch().count();
  *microseconds = 0;
  return 1;
}

[[nodiscard]] bool same_imprint(TS_MSG_IMPRINT* a, TS_MSG_IMPRINT* b) {
  return X509_ALGOR_cmp(TS_MSG_IMPRINT_get_algo(a), TS_MSG_IMPRINT_get_algo(b)) == 0 &&
         ASN1_OCTET_STRING_cmp(TS_MSG_IMPRINT_get_msg(a), TS_MSG_IMPRINT_get_msg(b)) == 0;
}

}  // namespace

Result<Bytes> make_timestamp_query(BytesView signature) {
  prepare_openssl();
  Bytes digest = SLUICE_TRY(hash("sha256", signature));
  const TsReqPtr request(TS_REQ_new());
  const ImprintPtr imprint(TS_MSG_IMPRINT_new());
  const Owned<X509_ALGOR, X509_ALGOR_free> algorithm(X509_ALGOR_new());
  const IntegerPtr nonce = random_number();
  const bool made = request && imprint && algorithm && nonce && TS_REQ_set_version(request.get(), 1) == 1 &&
                    X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1 &&
                    TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1 &&
                    TS_MSG_IMPRINT_set_msg(imprint.get(), reinterpret_cast<unsigned char*>(digest.data()),
                                           static_cast<int>(digest.size())) == 1 &&
                    TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1 &&
                    TS_REQ_set_nonce(request.get(), nonce.get()) == 1 &&
                    TS_REQ_set_cert_req(request.get(), 1) == 1;
  if (!made) return crypto_failure("making a timestamp request");
  return der_of<i2d_TS_REQ>(request.get());
}

Status check_timestamp_answer(BytesView answer, BytesView query) {
  prepare_openssl();
  const TsReqPtr request = from_der<TsReqPtr, d2i_TS_REQ>(query);
  const TsRespPtr response = from_der<TsRespPtr, d2i_TS_RESP>(answer);
  if (!request) return bad_answer("the request does not parse");
  if (!response) return bad_answer("its answer is no DER TimeStampResp");
  const ASN1_INTEGER* status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response.get()));
  const long value = status != nullptr ? ASN1_INTEGER_get(status) : -1;
  TS_TST_INFO* info = TS_RESP_get_tst_info(response.get());
  if ((value != TS_STATUS_GRANTED && value != TS_STATUS_GRANTED_WITH_MODS) || info == nullptr) {
    return bad_answer("it did not grant a timestamp");
  }
  if (!same_imprint(TS_TST_INFO_get_msg_imprint(info), TS_REQ_get_msg_imprint(request.get()))) {
    return bad_answer("its timestamp is about something else");
  }
  const ASN1_INTEGER* nonce = TS_TST_INFO_get_nonce(info);
  if (nonce == nullptr || ASN1_INTEGER_cmp(nonce, TS_REQ_get_nonce(request.get())) != 0) {
    return bad_answer("its timestamp is an old one: the nonce differs");
  }
  return {};
}

Result<Bytes> HttpTimestampSource::stamp(BytesView signature) {
  const Bytes query = SLUICE_TRY(make_timestamp_query(signature));
  Bytes answer = SLUICE_TRY(post_(url_, k_timestamp_query_type, query));
  if (answer.size() > k_max_timestamp_answer) return bad_answer("its answer is too large");
  SLUICE_CHECK(check_timestamp_answer(answer, query));
  return answer;
}

Result<Bytes> LocalTimestampAuthority::answer(BytesView query) const {
  prepare_openssl();
  const TsCtxPtr context(TS_RESP_CTX_new());
  const ObjectPtr policy(OBJ_txt2obj(k_policy, 1));
  const BioPtr input(BIO_new_mem_buf(query.data(), static_cast<int>(query.size())));
  if (!context || !policy || !input) return crypto_failure("preparing a timestamp");
  TS_RESP_CTX_set_serial_cb(context.get(), next_serial, nullptr);
  TS_RESP_CTX_set_time_cb(context.get(), current_time, const_cast<Clock*>(clock_));
  const bool ready = TS_RESP_CTX_set_signer_cert(context.get(), certificate_.handle()) == 1 &&
                     TS_RESP_CTX_set_signer_key(context.get(), key_.handle()) == 1 &&
                     TS_RESP_CTX_set_signer_digest(context.get(), EVP_sha256()) == 1 &&
                     TS_RESP_CTX_set_ess_cert_id_digest(context.get(), EVP_sha256()) == 1 &&
                     TS_RESP_CTX_set_def_policy(context.get(), policy.get()) == 1 &&
                     TS_RESP_CTX_add_md(context.get(), EVP_sha256()) == 1 &&
                     TS_RESP_CTX_add_md(context.get(), EVP_sha384()) == 1 &&
                     TS_RESP_CTX_add_md(context.get(), EVP_sha512()) == 1;
  if (!ready) {
    return fail(
        ErrorKind::config, "attest.timestamp-authority",
        "the certificate or the key of the timestamp authority does not fit: " + take_openssl_error());
  }
  const TsRespPtr response(TS_RESP_create_response(context.get(), input.get()));
  ERR_clear_error();
  if (!response) return crypto_failure("making a timestamp");
  return der_of<i2d_TS_RESP>(response.get());
}

Result<Bytes> LocalTimestampAuthority::stamp(BytesView signature) {
  const Bytes query = SLUICE_TRY(make_timestamp_query(signature));
  Bytes response = SLUICE_TRY(answer(query));
  SLUICE_CHECK(check_timestamp_answer(response, query));
  return response;
}

}  // namespace sluice::attest
