#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/pem.h"
#include "attest/ssh_signature.h"
#include "attest/ssh_wire.h"
#include "base/effects.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "" : result.error().code;
}

// Made with `ssh-keygen -Y sign -n NAMESPACE` of OpenSSH over "hello\n".
struct Made {
  const char* type;
  const char* git;
  const char* file;
};
const Made k_made[] = {
    {"ssh-ed25519",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgowIitznUOIXyLlMurHtjf6AYAK\n"
     "a0CEBZLVpieeTgfuwAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5\n"
     "AAAAQCA13KdlUz/xaN24iPXq88OXwlkpem6xluCBYtb0VamaR0ZDDBsyxRWUm52UcMr7lh\n"
     "WslqKleg3+Ib9oqXI9Mwc=\n"
     "-----END SSH SIGNATURE-----\n",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgowIitznUOIXyLlMurHtjf6AYAK\n"
     "a0CEBZLVpieeTgfuwAAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx\n"
     "OQAAAECW/P2ceZ72BzE9LUdQ364z5Vs4cwvUM3dAbFQWyW7jc/c9iFIuwr0POUicStyfVN\n"
     "HL11j8iQ7InwDxgir170sI\n"
     "-----END SSH SIGNATURE-----\n"},
    {"ecdsa-sha2-nistp256",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE\n"
     "EEXECEyGm3emcS+f36SUnfSrrCgoTn0VYFpKT5wHvKwM5VmSdJgODsQZYwX98E6EUi4CBC\n"
     "Gyu2n9Huz14ZAYFSdAAAAANnaXQAAAAAAAAABnNoYTUxMgAAAGQAAAATZWNkc2Etc2hhMi\n"
     "1uaXN0cDI1NgAAAEkAAAAgJUrPgpMlc3YN607i+V8e6nRsglUjvv4+Ge86h9yIv7MAAAAh\n"
     "AJxXt1Oo3TaEULjXRwfyJ5xCCNWFbGbCC8g7kudmPMW/\n"
     "-----END SSH SIGNATURE-----\n",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE\n"
     "EEXECEyGm3emcS+f36SUnfSrrCgoTn0VYFpKT5wHvKwM5VmSdJgODsQZYwX98E6EUi4CBC\n"
     "Gyu2n9Huz14ZAYFSdAAAAARmaWxlAAAAAAAAAAZzaGE1MTIAAABjAAAAE2VjZHNhLXNoYT\n"
     "ItbmlzdHAyNTYAAABIAAAAIF/vAWub3lGSdqbWnQv7a+KPadhMbQvVEWuwr/6ZEjl1AAAA\n"
     "IFmc9zkhDUtPPSzzUKsGGViFjsRgJOfKyicdZsqnRmzx\n"
     "-----END SSH SIGNATURE-----\n"},
    {"ecdsa-sha2-nistp384",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAAIgAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAAhuaXN0cDM4NAAAAG\n"
     "EEALLB/RkdPgpW+1ARiiEkNVRYID0h2CVO5QWuNUg4M2HleBhrG7YoCA+QtQVpi9mXovJ6\n"
     "njUtSFMYcbSCKrzSTCjJZc1AdvndEKzjy5bBBWQjm0pkiGWLKrrB7mvxsJOzAAAAA2dpdA\n"
     "AAAAAAAAAGc2hhNTEyAAAAhQAAABNlY2RzYS1zaGEyLW5pc3RwMzg0AAAAagAAADEAgt2E\n"
     "14wP+H17g7Uf/EPRQCmyj1GKBZq9TjAJ5E+tXyKoxLp4DufvvghF8Md0m/TNAAAAMQD6Y9\n"
     "1siC8EeL2v8SeyEzYvqzrLObQk7QWslxTnAn38jrimKyC75ZysKXs8fatJ1Ak=\n"
     "-----END SSH SIGNATURE-----\n",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAAIgAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAAhuaXN0cDM4NAAAAG\n"
     "EEALLB/RkdPgpW+1ARiiEkNVRYID0h2CVO5QWuNUg4M2HleBhrG7YoCA+QtQVpi9mXovJ6\n"
     "njUtSFMYcbSCKrzSTCjJZc1AdvndEKzjy5bBBWQjm0pkiGWLKrrB7mvxsJOzAAAABGZpbG\n"
     "UAAAAAAAAABnNoYTUxMgAAAIMAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAGgAAAAwcfpb\n"
     "s/xQApVzKQhWoV4cLk8kStCKTl5vDQjuS51YrrGicEuy1M/Mr1yENtEcwA+fAAAAMH61t0\n"
     "J4jH19TfvlZitaz7EVkgTUTKocBGb5CuCyj/B2nl2i46pvOxlubD9NUxiWew==\n"
     "-----END SSH SIGNATURE-----\n"},
    {"ecdsa-sha2-nistp521",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAAKwAAAATZWNkc2Etc2hhMi1uaXN0cDUyMQAAAAhuaXN0cDUyMQAAAI\n"
     "UEAdrOpybeA51Bhfvb+P1JULYzVnLytr3KR4bZHSOzIIVJkd8UY1aeeCmAe6uvd/g70mZY\n"
     "+LKTPucKAa/QQ0p01MlTAe4vLQ9eaRufIGrULicbahwVzabRUeNNooAoIS6ohPgUeJr/Aw\n"
     "Re/MtpX8UNLJRckvYIt3LKlP9gdgNi3srA4KLAAAAAA2dpdAAAAAAAAAAGc2hhNTEyAAAA\n"
     "pwAAABNlY2RzYS1zaGEyLW5pc3RwNTIxAAAAjAAAAEIBxfTKa/H3qkDOmxWfIcsIPMyeVN\n"
     "sEUv0zOZEzZCITKtgQL5OXBpjSbHsInwax6xY3ev4tY/3yj6UbI7p6wstnMzIAAABCAMRS\n"
     "rOehSDb8+gDanzEzbTfDacraQtUkbL14lECW5eP2X0Ra4NNjEC8MThSagsbkAl+cFa5nN9\n"
     "1MsECTdpP2uQq8\n"
     "-----END SSH SIGNATURE-----\n",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAAKwAAAATZWNkc2Etc2hhMi1uaXN0cDUyMQAAAAhuaXN0cDUyMQAAAI\n"
     "UEAdrOpybeA51Bhfvb+P1JULYzVnLytr3KR4bZHSOzIIVJkd8UY1aeeCmAe6uvd/g70mZY\n"
     "+LKTPucKAa/QQ0p01MlTAe4vLQ9eaRufIGrULicbahwVzabRUeNNooAoIS6ohPgUeJr/Aw\n"
     "Re/MtpX8UNLJRckvYIt3LKlP9gdgNi3srA4KLAAAAABGZpbGUAAAAAAAAABnNoYTUxMgAA\n"
     "AKcAAAATZWNkc2Etc2hhMi1uaXN0cDUyMQAAAIwAAABCAeaEltgBJzo91fHH2w25/efPco\n"
     "fRDy/HJSTDJlpdqDDN2XEHv08ZoFWiWe8FP5lgHHeyKt7vJ0IQpzzvxPLwK3XeAAAAQgHH\n"
     "7WHSGWq7rrIfTDEM0Xlb1U67HW3HPy72VYiwuc9ADxRqw3ET/uFG6IBdKuuo7wYizy+Lr4\n"
     "Q0HOFFe5uD6DaU/A==\n"
     "-----END SSH SIGNATURE-----\n"},
    {"ssh-rsa",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAARcAAAAHc3NoLXJzYQAAAAMBAAEAAAEBAJcds+UOcPOSCglDAOzZE6\n"
     "pNShs2GisCOXqfvBVqLs82+iU9KOOkgKNiMdIiYoHSD/9vIh4wykzTQjzQOE20ncmPyFci\n"
     "g3t+SZv76YhzhtU4Uzwp1vV1KQFADDUwMo2lX2uqIZzXbByWuofvsbOEppGJ+8Ns+QR6HD\n"
     "z6DJLQQXCLQENUBknEO7W4xBpMxf6KTsKalabLFaJu9dPw2erYmWMVouHHdx/3KLEff57m\n"
     "KYmc7p3lRPeE4vgdLgmxZqDCkQmrN5KXgZdG1RdXr86iw61rINDOEppVCUQOyRujlpvOQR\n"
     "xb7J6cJcOV+B84M2Os5Pj0YW9exWBJmzymmjtOIJMAAAADZ2l0AAAAAAAAAAZzaGE1MTIA\n"
     "AAEUAAAADHJzYS1zaGEyLTUxMgAAAQB6f9cQkmJbGLUvVD59nw2Mz2vwON7iWNWy5dv1O+\n"
     "CbkPhWnchKyA+6Bn79+PeY76N8fUTNkpfAErx3G9cAq5gW2Lyj84dCTuQwUjLj89uFQNgm\n"
     "ZwzITrtly9Pk6GVqb+xYlsNUhgUbU9g4w+CaMF+8QHZnlpWETUuwClwlUm9F8WwRFwsFuP\n"
     "ZRJTeGtaX5TLavpir7j4K6TL+A4mecG8EcJT6+Xlty+2dPn9mybQxfK4ymegutxzlhreiC\n"
     "zNaT9E0Ey+s1jYjAv+Nd3iREj7qYkPv0YNoM+6Jmb4Qckwv2e/GaICc36CO47KB3zmFTh0\n"
     "Cxv3QpomnMaP10bi3cBzf6\n"
     "-----END SSH SIGNATURE-----\n",
     "-----BEGIN SSH SIGNATURE-----\n"
     "U1NIU0lHAAAAAQAAARcAAAAHc3NoLXJzYQAAAAMBAAEAAAEBAJcds+UOcPOSCglDAOzZE6\n"
     "pNShs2GisCOXqfvBVqLs82+iU9KOOkgKNiMdIiYoHSD/9vIh4wykzTQjzQOE20ncmPyFci\n"
     "g3t+SZv76YhzhtU4Uzwp1vV1KQFADDUwMo2lX2uqIZzXbByWuofvsbOEppGJ+8Ns+QR6HD\n"
     "z6DJLQQXCLQENUBknEO7W4xBpMxf6KTsKalabLFaJu9dPw2erYmWMVouHHdx/3KLEff57m\n"
     "KYmc7p3lRPeE4vgdLgmxZqDCkQmrN5KXgZdG1RdXr86iw61rINDOEppVCUQOyRujlpvOQR\n"
     "xb7J6cJcOV+B84M2Os5Pj0YW9exWBJmzymmjtOIJMAAAAEZmlsZQAAAAAAAAAGc2hhNTEy\n"
     "AAABFAAAAAxyc2Etc2hhMi01MTIAAAEAHivS1X9LlcjDrGL8gpbSmTXEXlB5A7qg5qMS0Q\n"
     "bbGGCZsIW3skZ9Q9y4mBIBlHZKHO/u9fRo7fNR7L4L2J+3ODT/fcJgdm4XHB04sa/dmpef\n"
     "HMh68XLsQ0eIFUVSiYXLDETW7XH2na7elfRI96QWmLg2Ur2theGC8Ot1e5WuabPtrY2fTD\n"
     "gn5WTZT+HQz27MpBG4wRfi91/+QXg3/Z9LH7Ip/NN03BJyssjsKNGhhFUAwWwdwy6lxp+G\n"
     "w0S6J/0rSLWqhBmd/QPXZollQrtL9v6Ni7vvG2kPN1DTSgo9+YrBqSMiXZo3KjpyHtaGhr\n"
     "8RIHaVv9ThlMp9jb5c+XI01A==\n"
     "-----END SSH SIGNATURE-----\n"},
};

// The keys that made them, as ssh-keygen wrote them.
const std::string k_signers =
    "ed25519@example.com ssh-ed25519 "
    "AAAAC3NzaC1lZDI1NTE5AAAAIKMCIrc51DiF8i5TLqx7Y3+gGACmtAhAWS1aYnnk4H7s"
    "\n"
    "ecdsab256@example.com ecdsa-sha2-nistp256 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFxAhMhpt3pnEvn9+klJ30q6woKE59FWBaSk+cB7ysDO"
    "VZknSYDg7EGWMF/fBOhFIuAgQhsrtp/R7s9eGQGBUnQ="
    "\n"
    "ecdsab384@example.com ecdsa-sha2-nistp384 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBACywf0ZHT4KVvtQEYohJDVUWCA9IdglTuUFrjVIODNh"
    "5XgYaxu2KAgPkLUFaYvZl6Lyep41LUhTGHG0giq80kwoyWXNQHb53RCs48uWwQVkI5tKZIhliyq6we5r8bCTsw=="
    "\n"
    "ecdsab521@example.com ecdsa-sha2-nistp521 "
    "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAHazqcm3gOdQYX72/j9SVC2M1Zy8ra9ykeG2R0jsyCF"
    "SZHfFGNWnngpgHurr3f4O9JmWPiykz7nCgGv0ENKdNTJUwHuLy0PXmkbnyBq1C4nG2ocFc2m0VHjTaKAKCEuqIT4FHia/wME"
    "XvzLaV/FDSyUXJL2CLdyypT/YHYDYt7KwOCiwA=="
    "\n"
    "rsab2048@example.com ssh-rsa "
    "AAAAB3NzaC1yc2EAAAADAQABAAABAQCXHbPlDnDzkgoJQwDs2ROqTUobNhorAjl6n7wVai7PNvolPSjjpICjYjHSImKB0g//"
    "byIeMMpM00I80DhNtJ3Jj8hXIoN7fkmb++mIc4bVOFM8Kdb1dSkBQAw1MDKNpV9rqiGc12wclrqH77GzhKaRifvDbPkEehw8"
    "+gyS0EFwi0BDVAZJxDu1uMQaTMX+ik7CmpWmyxWibvXT8Nnq2JljFaLhx3cf9yixH3+e5imJnO6d5UT3hOL4HS4JsWagwpEJ"
    "qzeSl4GXRtUXV6/OosOtayDQzhKaVQlEDskbo5abzkEcW+yenCXDlfgfODNjrOT49GFvXsVgSZs8ppo7TiCT"
    "\n";

const std::string k_message = "hello\n";
const std::chrono::sys_seconds k_now = parse_time("2026-11-23T20:00:00Z").value();

// The first key of k_signers without its principal: "ssh-ed25519 AAAA…".
std::string first_key() {
  const auto begin = k_signers.find(' ') + 1;
  return k_signers.substr(begin, k_signers.find('\n') - begin);
}

}  // namespace

TEST_CASE("signatures of OpenSSH verify in their namespace only, for every key type") {
  const auto signers = parse_allowed_signers(k_signers, "allowed_signers");
  REQUIRE(signers);
  CHECK(signers->size() == std::size(k_made));
  for (std::size_t i = 0; i < std::size(k_made); ++i) {
    CAPTURE(k_made[i].type);
    const auto git = parse_ssh_signature(k_made[i].git);
    const auto file = parse_ssh_signature(k_made[i].file);
    REQUIRE(git);
    REQUIRE(file);
    CHECK(git->signer.type == k_made[i].type);
    CHECK(verify_ssh_signature(*git, k_message, "git"));
    CHECK(verify_ssh_signature(*file, k_message, "file"));
    // gitlab#386047: a signature made for a file must not count for a commit.
    CHECK(code(verify_ssh_signature(*file, k_message, "git")) == "attest.ssh-namespace");
    CHECK(code(verify_ssh_signature(*git, k_message, "")) == "attest.ssh-namespace");
    CHECK(code(verify_ssh_signature(*git, "hello", "git")) == "attest.signature");
    CHECK(allowed_principal(*signers, *git, k_now).value() == (*signers)[i].principals.front());
    // The namespace is signed too: writing another one into the blob does not help.
    SshSignature relabelled = *file;
    relabelled.name_space = "git";
    CHECK(code(verify_ssh_signature(relabelled, k_message, "git")) == "attest.signature");
    SshSignature stolen = *git;
    stolen.signer = (*signers)[(i + 1) % signers->size()].key;
    CHECK_FALSE(verify_ssh_signature(stolen, k_message, "git"));
  }
}

TEST_CASE("no changed byte of a signature's blob verifies") {
  const Bytes blob = parse_pem(k_made[0].git)->der;
  for (std::size_t i = 0; i < blob.size(); ++i) {
    Bytes bad = blob;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto read = parse_ssh_signature(write_pem("SSH SIGNATURE", bad));
    if (read) CHECK_FALSE(verify_ssh_signature(*read, k_message, "git"));
  }
  for (std::size_t size = 0; size < blob.size(); ++size) {
    CHECK_FALSE(parse_ssh_signature(write_pem("SSH SIGNATURE", blob.substr(0, size))));
  }
  CHECK(code(parse_ssh_signature(write_pem("SSH SIGNATURE", blob + "x"))) == "attest.ssh-wire");
  CHECK(code(parse_ssh_signature(write_pem("SIGNATURE", blob))) == "attest.ssh-signature");
  CHECK(code(parse_ssh_signature("")) == "attest.ssh-signature");
}

TEST_CASE("a signature with SHA-1, a reserved field or no namespace is refused") {
  const SshSignature good = parse_ssh_signature(k_made[4].git).value();
  const auto blob = [&](std::string_view name_space, std::string_view reserved, std::string_view hash,
                        std::string_view algorithm) {
    Bytes inner;
    append_ssh_string(inner, algorithm);
    append_ssh_string(inner, good.signature);
    Bytes out = "SSHSIG";
    append_ssh_number(out, 1);
    append_ssh_string(out, good.signer.blob);
    append_ssh_string(out, name_space);
    append_ssh_string(out, reserved);
    append_ssh_string(out, hash);
    append_ssh_string(out, inner);
    return code(parse_ssh_signature(write_pem("SSH SIGNATURE", out)));
  };
  CHECK(blob("git", "", "sha512", "rsa-sha2-512").empty());
  CHECK(blob("git", "", "sha512", "ssh-rsa") == "attest.ssh-algorithm");
  CHECK(blob("git", "", "sha1", "rsa-sha2-512") == "attest.ssh-algorithm");
  CHECK(blob("git", "", "sha512", "ssh-ed25519") == "attest.ssh-algorithm");
  CHECK(blob("git", "x", "sha512", "rsa-sha2-512") == "attest.ssh-signature");
  CHECK(blob("", "", "sha512", "rsa-sha2-512") == "attest.ssh-signature");
}

TEST_CASE("allowed signers restrict by namespace and time") {
  const SshSignature git = parse_ssh_signature(k_made[0].git).value();
  const auto who = [&](const std::string& line) -> std::string {
    const auto signers = parse_allowed_signers(line, "f");
    if (!signers) return signers.error().code;
    const auto principal = allowed_principal(*signers, git, k_now);
    return principal ? *principal : principal.error().code;
  };
  const std::string key = first_key();
  CHECK(who("a@x,b@x " + key) == "a@x");
  CHECK(who("# comment\n\n  a@x " + key + " a comment\r\n") == "a@x");
  CHECK(who("a@x namespaces=\"git\" " + key) == "a@x");
  CHECK(who("a@x namespaces=\"file,g*\" " + key) == "a@x");
  CHECK(who("a@x namespaces=\"file\" " + key) == "attest.ssh-signer");
  CHECK(who("a@x namespaces=\"*,!git\" " + key) == "attest.ssh-signer");
  CHECK(who("a@x valid-after=\"20260101Z\",valid-before=\"20270101Z\" " + key) == "a@x");
  CHECK(who("a@x valid-after=\"20270101Z\" " + key) == "attest.ssh-signer");
  CHECK(who("a@x valid-before=\"202611232000Z\" " + key) == "a@x");
  CHECK(who("a@x valid-before=\"20261123195959Z\" " + key) == "attest.ssh-signer");
  CHECK(who("a@x namespaces=\"file\" " + key + "\nb@x " + key) == "b@x");
  CHECK(who("") == "attest.ssh-signer");
}

TEST_CASE("what an allowed signers file says and we do not do is an error, with its line") {
  const std::string key = first_key();
  const struct {
    std::string text;
    const char* code;
  } cases[] = {
      {"a@x cert-authority " + key, "attest.ssh-unsupported"},
      {"a@x verify-required " + key, "attest.allowed-signers"},
      {"a@x namespaces= " + key, "attest.allowed-signers"},
      {"a@x namespaces=git " + key, "attest.allowed-signers"},
      {"a@x valid-after=\"20260101\" " + key, "attest.allowed-signers"},
      {"a@x valid-after=\"20261301Z\" " + key, "attest.allowed-signers"},
      {"a@x valid-after=\"2026Z\" " + key, "attest.allowed-signers"},
      {"a@x", "attest.allowed-signers"},
      {"a@x ssh-ed25519", "attest.ssh-wire"},
      {"a@x ssh-ed25519 AAAA!", "attest.allowed-signers"},
      {"a@x ssh-rsa " + key.substr(key.find(' ') + 1), "attest.allowed-signers"},
  };
  for (const auto& item : cases) {
    CAPTURE(item.text);
    const auto read = parse_allowed_signers("# first\n" + item.text, "f");
    CHECK(code(read) == item.code);
    if (!read) {
      REQUIRE(read.error().where);
      CHECK(read.error().where->line == 2);
    }
  }
}
