// Commits signed by the real programs (ssh-keygen, gpg, openssl), judged by us.
#include <ostream>

#include <doctest/doctest.h>

#include <string>

#include "attest/authority.h"
#include "attest/commit_signature.h"
#include "attest/openpgp.h"
#include "base/effects.h"
#include "base/file.h"
#include "base/subprocess.h"

using namespace sluice;
using namespace sluice::attest;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

const std::string k_payload =
    "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor a <a@b> 1 +0000\n\nfirst\n";
constexpr sys_seconds k_time{seconds{1'700'000'000}};

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

ProcessResult run(std::vector<std::string> argv, std::string input = {}) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.environment = {{"PATH", "/usr/bin:/bin"}};
  spec.input = std::move(input);
  auto result = run_process(spec);
  REQUIRE(result);
  return std::move(*result);
}

std::string judge(std::string_view kind, BytesView signature, const CommitTrust& trust,
                  std::string_view payload = k_payload, sys_seconds time = k_time) {
  SystemProcessRunner runner;
  return code(verify_commit_signature(kind, signature, payload, time, trust, runner));
}

}  // namespace

TEST_CASE("an SSH signature counts for git only, by an allowed signer, in its time") {
  const PrivateKey key = PrivateKey::generate(KeyAlgorithm::ed25519).value();
  const std::string good = make_ssh_signature(key, k_payload, "git").value();
  const std::string other_use = make_ssh_signature(key, k_payload, "file").value();
  const SshPublicKey own = ssh_public_key(key.public_key()).value();
  const std::string line = "dev@example.com namespaces=\"git\",valid-before=\"20240101Z\" ssh-ed25519 " +
                           to_base64(own.blob) + "\n";
  CommitTrust trust;
  CHECK(judge("ssh", good, trust) == "attest.commit-kind");
  trust.ssh = parse_allowed_signers(line, "allowed").value();
  CHECK(judge("ssh", good, trust) == "ok");
  CHECK(judge("ssh", other_use, trust) == "attest.ssh-namespace");
  CHECK(judge("ssh", good, trust, k_payload + "x") == "attest.signature");
  CHECK(judge("ssh", good, trust, k_payload, k_time + std::chrono::hours(24 * 365)) == "attest.ssh-signer");
  CHECK(judge("", "", trust) == "attest.commit-unsigned");
  CHECK(judge("unknown", "x", trust) == "attest.commit-kind");
  CHECK(judge("x509", good, trust) == "attest.commit-kind");
}

TEST_CASE("a CMS signature counts under a configured root only, in its time") {
  const auto folder = TempDirectory::create();
  const std::string dir = folder->path();
  const AuthorityRequest request{"Acme", k_time - seconds(3600), k_authority_lifetime};
  const Authority authority = make_authority(request).value();
  const PrivateKey key = PrivateKey::generate().value();
  const Certificate leaf = issue_certificate({key.public_key(), "dev@example.com", "https://ca.example",
                                              k_time - seconds(60), seconds(600)},
                                             authority.issuing, authority.issuing_key)
                               .value();
  REQUIRE(write_file_atomic(dir + "/key", key.to_pem(nullptr).value().view()));
  REQUIRE(write_file_atomic(dir + "/leaf", leaf.pem()));
  REQUIRE(write_file_atomic(dir + "/chain", authority.issuing.pem()));
  REQUIRE(write_file_atomic(dir + "/payload", k_payload));
  const auto sign = [&](const std::string& digest) {
    const ProcessResult made = run({"openssl", "cms", "-sign", "-binary", "-in", dir + "/payload", "-signer",
                                    dir + "/leaf", "-inkey", dir + "/key", "-certfile", dir + "/chain",
                                    "-outform", "DER", "-md", digest, "-out", dir + "/sig"});
    REQUIRE_MESSAGE(made.ok(), made.err.text());
    std::string body = to_base64(read_file(dir + "/sig").value());
    return "-----BEGIN SIGNED MESSAGE-----\n" + body + "\n-----END SIGNED MESSAGE-----\n";
  };
  const std::string good = sign("sha256");
  CommitTrust trust;
  trust.x509_roots = {authority.root};
  CHECK(judge("x509", good, trust) == "ok");
  SystemProcessRunner runner;
  CHECK(verify_commit_signature("x509", good, k_payload, k_time, trust, runner)->name == "dev@example.com");
  CHECK(judge("x509", good, trust, k_payload + "x") == "attest.signature");
  CHECK(judge("x509", good, trust, k_payload, k_time + seconds(3600)) == "attest.commit-signer");
  CHECK(judge("x509", sign("sha1"), trust) == "attest.commit-hash");
  trust.x509_roots = {make_authority(request).value().root};
  CHECK(judge("x509", good, trust) == "attest.commit-signer");
  CHECK(judge("x509", "-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n", trust) ==
        "attest.commit-signature");
}

TEST_CASE("an OpenPGP signature counts by a configured key only, whatever is in the user's own keyring") {
  REQUIRE_MESSAGE(path_exists("/usr/bin/gpg"), "gnupg is missing: run cmake/setup.sh");
  const auto folder = TempDirectory::create("sg-");
  const std::string dir = folder->path();
  const auto gpg = [&](std::vector<std::string> words, std::string input = {}) {
    std::vector<std::string> argv{"gpg",      "--homedir",    dir, "--batch", "--pinentry-mode",
                                  "loopback", "--passphrase", ""};
    argv.insert(argv.end(), words.begin(), words.end());
    const ProcessResult result = run(argv, std::move(input));
    REQUIRE_MESSAGE(result.ok(), result.err.text());
    return result.out.text();
  };
  gpg({"--quick-gen-key", "dev@example.com", "ed25519", "sign"});
  const std::string keys = gpg({"--armor", "--export", "dev@example.com"});
  const std::string good = gpg({"--armor", "--detach-sign"}, k_payload);
  const std::string weak = gpg({"--armor", "--digest-algo", "SHA1", "--detach-sign"}, k_payload);
  gpg({"--quick-gen-key", "mallory@example.com", "ed25519", "sign"});
  const std::string others = gpg({"--armor", "--export", "mallory@example.com"});
  run({"gpgconf", "--homedir", dir, "--kill", "all"});

  CommitTrust trust;
  CHECK(judge("openpgp", good, trust) == "attest.commit-kind");
  trust.openpgp_keys = keys;
  CHECK(judge("openpgp", good, trust) == "ok");
  CHECK(judge("openpgp", good, trust, k_payload + "x") == "attest.signature");
  CHECK(judge("openpgp", weak, trust) == "attest.commit-hash");
  CHECK(judge("openpgp", "junk", trust) == "attest.signature");
  CHECK(judge("openpgp", good + good, trust) != "ok");
  trust.openpgp_keys = others;
  CHECK(judge("openpgp", good, trust) == "attest.commit-signer");
  trust.openpgp_keys = "junk";
  CHECK(judge("openpgp", good, trust) == "attest.gpg");
  trust.openpgp_keys = keys;
  trust.gpg = "gpg";
  CHECK(judge("openpgp", good, trust) == "attest.gpg");
}

TEST_CASE("gpg's status lines count all together: one line against it ends it") {
  const std::string valid = "[GNUPG:] VALIDSIG AAAA 2026-01-01 1 0 4 0 22 8 00 BBBB\n";
  const std::string good = "[GNUPG:] GOODSIG X me\n";
  CHECK(read_gpg_status(good + valid).value() == "BBBB");
  const auto against = [&](const std::string& line) { return code(read_gpg_status(good + valid + line)); };
  CHECK(against("[GNUPG:] BADSIG X me\n") == "attest.signature");
  CHECK(against("[GNUPG:] EXPKEYSIG X me\n") == "attest.key-expired");
  CHECK(against("[GNUPG:] REVKEYSIG X me\n") == "attest.key-revoked");
  CHECK(against("[GNUPG:] NO_PUBKEY X\n") == "attest.commit-signer");
  CHECK(against(valid) == "attest.signature");
  CHECK(against("[GNUPG:] GOODSIG Y me\n") == "attest.signature");
  CHECK(code(read_gpg_status(good)) == "attest.signature");
  CHECK(code(read_gpg_status(valid)) == "attest.signature");
  CHECK(code(read_gpg_status("")) == "attest.signature");
  CHECK(code(read_gpg_status("gpg: " + good + valid)) == "attest.signature");  // not a status line of its own
  CHECK(code(read_gpg_status(good + "[GNUPG:] VALIDSIG AAAA\n")) == "attest.gpg");
  CHECK(code(read_gpg_status(good + "[GNUPG:] VALIDSIG AAAA 2026-01-01 1 0 4 0 22 2 00 BBBB\n")) ==
        "attest.commit-hash");
  CHECK(code(read_gpg_status(good + "[GNUPG:] VALIDSIG AAAA 2026-01-01 1 0 4 0 22 8 10 BBBB\n")) ==
        "attest.signature");
}
