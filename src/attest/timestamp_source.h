// Getting an RFC 3161 timestamp over a signature: from an authority by HTTP, or from one of our own.
//
// An authority of our own is for private use: it proves as much as its key is kept away from the one who
// signs.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "attest/certificate.h"
#include "attest/keys.h"
#include "base/bytes.h"
#include "base/effects.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_timestamp_answer = 64u << 10;
inline constexpr std::string_view k_timestamp_query_type = "application/timestamp-query";

class TimestampSource {
 public:
  virtual ~TimestampSource() = default;
  // DER TimeStampResp, granted, over `signature`. Codes: attest.timestamp-answer (not what was asked for,
  // not granted), and what the transport says.
  [[nodiscard]] virtual Result<Bytes> stamp(BytesView signature) = 0;
};

// DER TimeStampReq: SHA-256 of `signature`, a random nonce, the certificate asked for.
[[nodiscard]] Result<Bytes> make_timestamp_query(BytesView signature);

// The answer is granted and about this query: same imprint, same nonce. Whether its signer may be believed is
// for who verifies the bundle (verify_timestamp). Code: attest.timestamp-answer.
[[nodiscard]] Status check_timestamp_answer(BytesView answer, BytesView query);

// Posts `body` to `url` and returns the body of a 200 answer.
using HttpPost =
    std::function<Result<Bytes>(const std::string& url, std::string_view content_type, BytesView body)>;

class HttpTimestampSource final : public TimestampSource {
 public:
  HttpTimestampSource(std::string url, HttpPost post) : url_(std::move(url)), post_(std::move(post)) {}
  [[nodiscard]] Result<Bytes> stamp(BytesView signature) override;

 private:
  std::string url_;
  HttpPost post_;
};

// An authority of our own: key and certificate (extended key usage timeStamping, critical). Owns both; refers
// to the clock.
class LocalTimestampAuthority final : public TimestampSource {
 public:
  LocalTimestampAuthority(PrivateKey key, Certificate certificate, const Clock& clock)
      : key_(std::move(key)), certificate_(std::move(certificate)), clock_(&clock) {}
  [[nodiscard]] Result<Bytes> stamp(BytesView signature) override;
  // The answer to a DER TimeStampReq, as a server would send it. Requests that are malformed or ask for a
  // hash that is not accepted get an answer that grants nothing. Code: attest.timestamp-authority (its own
  // fault).
  [[nodiscard]] Result<Bytes> answer(BytesView query) const;

 private:
  PrivateKey key_;
  Certificate certificate_;
  const Clock* clock_;
};

}  // namespace sluice::attest
