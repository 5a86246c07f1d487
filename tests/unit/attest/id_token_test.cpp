// Identity tokens: what is a good one, and each way to forge one.
#include <ostream>

#include <doctest/doctest.h>

#include "attest/id_token.h"

using namespace sluice;
using namespace sluice::attest;
using json::Array;
using json::Object;

namespace {

constexpr std::int64_t k_now = 1'800'000'000;
const TokenDemand k_demand{"https://issuer.example", "https://gate.example",
                           std::chrono::sys_seconds{std::chrono::seconds{k_now}}};

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

std::string url64(BytesView bytes) {
  std::string out = to_base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

// r ‖ s out of DER.
Bytes raw_of(const Bytes& der) {
  const auto integer = [&der](std::size_t at) {
    Bytes bytes = der.substr(at + 2, static_cast<unsigned char>(der[at + 1]));
    while (bytes.size() > 32) bytes.erase(0, 1);
    return Bytes(32 - bytes.size(), '\0') + bytes;
  };
  const std::size_t second = 4 + static_cast<unsigned char>(der[3]);
  return integer(2) + integer(second);
}

struct Issuer {
  PrivateKey key;
  std::string algorithm;
  std::string jwk;

  static Issuer p256(const std::string& kid = "one") {
    PrivateKey key = PrivateKey::generate().value();
    const Bytes point = key.public_key().der().substr(key.public_key().der().size() - 64);
    std::string jwk = R"({"kty":"EC","crv":"P-256","use":"sig","kid":")" + kid + R"(","x":")" +
                      url64(point.substr(0, 32)) + R"(","y":")" + url64(point.substr(32)) + "\"}";
    return {std::move(key), "ES256", std::move(jwk)};
  }
  static Issuer rsa(const std::string& kid = "one") {
    PrivateKey key = PrivateKey::generate(KeyAlgorithm::rsa_pkcs1).value();
    const Bytes& der = key.public_key().der();
    const std::size_t size = der.size() > 400 ? 384 : 256;
    std::string jwk = R"({"kty":"RSA","alg":"RS256","kid":")" + kid + R"(","e":"AQAB","n":")" +
                      url64(der.substr(der.size() - 5 - size, size)) + "\"}";
    return {std::move(key), "RS256", std::move(jwk)};
  }
  [[nodiscard]] std::string sign(const std::string& header, const std::string& claims) const {
    const std::string text = url64(header) + "." + url64(claims);
    const Bytes signature = key.sign(text).value();
    return text + "." + url64(algorithm == "ES256" ? raw_of(signature) : signature);
  }
  [[nodiscard]] std::string token(const Object& claims) const {
    return sign(R"({"alg":")" + algorithm + R"(","kid":"one","typ":"JWT"})", json::write(claims));
  }
  [[nodiscard]] std::vector<TokenKey> keys() const {
    return parse_jwks(R"({"keys":[)" + jwk + "]}", "jwks").value();
  }
};

Object good() {
  return Object{{"iss", "https://issuer.example"},
                {"aud", "https://gate.example"},
                {"exp", k_now + 300},
                {"nbf", k_now - 10},
                {"iat", k_now - 10},
                {"sha", "abc"}};
}

std::string judge(const Issuer& issuer, const std::string& token) {
  return code(verify_id_token(token, issuer.keys(), k_demand));
}

std::string with(const Issuer& issuer, const std::string& name, json::Value value) {
  Object claims = good();
  claims.set(name, std::move(value));
  return judge(issuer, issuer.token(claims));
}

}  // namespace

TEST_CASE("a token of the issuer, for us, valid now gives its claims; ES256 and RS256") {
  for (const Issuer& issuer : {Issuer::p256(), Issuer::rsa()}) {
    const auto claims = verify_id_token(issuer.token(good()), issuer.keys(), k_demand);
    REQUIRE_MESSAGE(claims.has_value(), to_string(claims.error()));
    CHECK(json::Value(*claims).string_at("sha") == "abc");
  }
}

TEST_CASE("a changed token, another key and another signature do not hold") {
  const Issuer issuer = Issuer::p256();
  const std::string token = issuer.token(good());
  CHECK(code(verify_id_token(token, Issuer::p256().keys(), k_demand)) == "attest.signature");
  // One flipped bit anywhere.
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string bad = token;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK(judge(issuer, bad) != "ok");
  }
}

TEST_CASE("the algorithm is the key's, whatever the header says") {
  const Issuer issuer = Issuer::p256();
  const Issuer rsa = Issuer::rsa();
  const std::string claims = json::write(good());
  for (const char* algorithm : {"none", "None", "HS256", "RS256", "ES384", "EdDSA", ""}) {
    const std::string header = std::string(R"({"alg":")") + algorithm + R"(","kid":"one"})";
    CHECK(judge(issuer, issuer.sign(header, claims)) == "attest.id-token-algorithm");
  }
  CHECK(judge(rsa, rsa.sign(R"({"alg":"PS256","kid":"one"})", claims)) == "attest.id-token-algorithm");
  // The public key as an HMAC secret, and no signature at all.
  const std::string none = url64(R"({"alg":"none","kid":"one"})") + "." + url64(claims) + ".";
  CHECK(judge(issuer, none) == "attest.id-token-algorithm");
  CHECK(judge(issuer, issuer.sign(R"({"alg":"ES256","kid":"one","crit":["x"]})", claims)) ==
        "attest.id-token");
  CHECK(judge(issuer, issuer.sign(R"({"alg":"ES256","kid":"one","b64":false})", claims)) ==
        "attest.id-token");
}

TEST_CASE("which key is meant is never guessed") {
  const Issuer issuer = Issuer::p256();
  const Issuer other = Issuer::p256("two");
  const std::string claims = json::write(good());
  CHECK(judge(issuer, issuer.sign(R"({"alg":"ES256","kid":"two"})", claims)) == "attest.id-token-key");
  CHECK(judge(issuer, issuer.sign(R"({"alg":"ES256"})", claims)) == "ok");  // there is only one
  const auto both = parse_jwks(R"({"keys":[)" + issuer.jwk + "," + other.jwk + "]}", "jwks").value();
  CHECK(code(verify_id_token(issuer.sign(R"({"alg":"ES256"})", claims), both, k_demand)) ==
        "attest.id-token-key");
  CHECK(code(verify_id_token(issuer.sign(R"({"alg":"ES256","kid":"two"})", claims), both, k_demand)) ==
        "attest.signature");
  // A key in the header is nobody's.
  CHECK(judge(other, issuer.sign(R"({"alg":"ES256","kid":"two","jwk":)" + issuer.jwk + "}", claims)) ==
        "attest.signature");
  CHECK(code(parse_jwks(R"({"keys":[)" + issuer.jwk + "," + Issuer::p256().jwk + "]}", "jwks")) ==
        "attest.jwks");
}

TEST_CASE("issuer, audience and times are demanded") {
  const Issuer issuer = Issuer::p256();
  CHECK(with(issuer, "iss", "https://issuer.example/") == "attest.id-token-issuer");
  CHECK(with(issuer, "iss", nullptr) == "attest.id-token-issuer");
  CHECK(with(issuer, "aud", "https://other.example") == "attest.id-token-audience");
  CHECK(with(issuer, "aud", Array{json::Value("x"), json::Value("https://gate.example")}) == "ok");
  CHECK(with(issuer, "aud", Array{}) == "attest.id-token-audience");
  CHECK(with(issuer, "aud", 7) == "attest.id-token-audience");
  CHECK(with(issuer, "exp", k_now - 61) == "attest.id-token-time");
  CHECK(with(issuer, "exp", k_now - 59) == "ok");
  CHECK(with(issuer, "exp", nullptr) == "attest.id-token");
  CHECK(with(issuer, "exp", "2099") == "attest.id-token");
  CHECK(with(issuer, "exp", 1e300) == "attest.id-token");
  CHECK(with(issuer, "nbf", k_now + 61) == "attest.id-token-time");
  CHECK(with(issuer, "iat", k_now + 3600) == "attest.id-token-time");
  TokenDemand empty = k_demand;
  empty.audience.clear();
  CHECK(code(verify_id_token(issuer.token(good()), issuer.keys(), empty)) == "attest.id-token-audience");
  empty.issuer.clear();
  CHECK(code(verify_id_token(issuer.token(good()), issuer.keys(), empty)) == "attest.id-token-issuer");
}

TEST_CASE("a token is read strictly, and no error shows a part of it") {
  const Issuer issuer = Issuer::p256();
  const std::string token = issuer.token(good());
  const std::string header = R"({"alg":"ES256","kid":"one"})";
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), token + ".", "." + token, token + "=",
        token + " ", " " + token, std::string(k_max_id_token_bytes + 1, 'a'),
        issuer.sign(header, R"({"iss":"a","iss":"https://issuer.example"})"),
        issuer.sign(header, R"({"iss":"a","\u0069ss":"https://issuer.example"})"), issuer.sign(header, "[]"),
        issuer.sign(header, "secretpart"), issuer.sign(R"({"alg":"ES256","alg":"ES256","kid":"one"})", "{}"),
        issuer.sign(R"({"alg":"ES256","kid":7})", "{}")}) {
    const auto result = verify_id_token(bad, issuer.keys(), k_demand);
    REQUIRE_FALSE(result);
    CHECK(to_string(result.error()).find("secretpart") == std::string::npos);
  }
}

TEST_CASE("key sets with anything wrong are refused, other kinds of keys passed over") {
  const Issuer issuer = Issuer::p256();
  const auto set = [](const std::string& keys) {
    return code(parse_jwks(R"({"keys":[)" + keys + "]}", "jwks"));
  };
  CHECK(set(issuer.jwk) == "ok");
  CHECK(set(R"({"kty":"OKP","kid":"x"},)" + issuer.jwk) == "ok");
  CHECK(set("") == "attest.jwks");
  CHECK(set(R"({"kty":"oct","kid":"x","k":"AAAA"})") == "attest.jwks");
  CHECK(set(R"({"kty":"EC","crv":"P-256","kid":"x","x":"AA","y":"AA"})") == "attest.jwks");
  CHECK(set(R"({"kty":"EC","crv":"P-256","kid":"x","x":")" + url64(Bytes(32, 'a')) + R"(","y":")" +
            url64(Bytes(32, 'b')) + "\"}") != "ok");  // not on the curve
  CHECK(set(R"({"kty":"RSA","kid":"x","n":"AQAB","e":"AQAB"})") == "attest.key-size");
  CHECK(set(issuer.jwk.substr(0, issuer.jwk.size() - 1) + R"(,"d":"AAAA"})") == "attest.jwks");
  CHECK(code(parse_jwks("[]", "jwks")) == "attest.jwks");
  CHECK(code(parse_jwks(R"({"keys":[],"keys":[]})", "jwks")) == "json.duplicate-key");
}
