// Signers whose key is not in this process: ssh-agent, PKCS#11 tokens, key services. Real ones where Debian
// has them.
#include <ostream>

#include <doctest/doctest.h>

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "attest/bundle.h"
#include "attest/kms.h"
#include "attest/pkcs11.h"
#include "attest/ssh_agent.h"
#include "attest/ssh_signature.h"
#include "attest/ssh_wire.h"
#include "base/effects.h"
#include "base/file.h"
#include "base/subprocess.h"

using namespace sluice;
using namespace sluice::attest;

namespace {

template <typename T>
std::string code(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

ProcessResult run(std::vector<std::string> argv,
                  std::vector<std::pair<std::string, std::string>> environment = {}, std::string input = {}) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.environment = std::move(environment);
  spec.environment.emplace_back("PATH", "/usr/bin:/bin");
  spec.input = std::move(input);
  auto result = run_process(spec);
  REQUIRE(result);
  return std::move(*result);
}

// ssh-agent in the foreground, ended with this object.
struct RealAgent {
  std::string socket;
  pid_t pid = 0;
  explicit RealAgent(const std::string& folder) : socket(folder + "/agent") {
    const char* argv[] = {"ssh-agent", "-D", "-a", socket.c_str(), nullptr};
    const char* envp[] = {"PATH=/usr/bin:/bin", nullptr};
    REQUIRE(posix_spawn(&pid, "/usr/bin/ssh-agent", nullptr, nullptr, const_cast<char**>(argv),
                        const_cast<char**>(envp)) == 0);
    for (int i = 0; i < 500 && !path_exists(socket); ++i) usleep(10'000);
    REQUIRE(path_exists(socket));
  }
  ~RealAgent() {
    kill(pid, SIGTERM);
    waitpid(pid, nullptr, 0);
  }
  RealAgent(const RealAgent&) = delete;
  RealAgent& operator=(const RealAgent&) = delete;
};

// An agent that gives one prepared answer to every request.
struct FakeAgent {
  std::string socket;
  Fd listener;
  std::thread thread;
  FakeAgent(const std::string& folder, Bytes answer) : socket(folder + "/fake") {
    ::unlink(socket.c_str());
    listener = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket.data(), socket.size());
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    thread = std::thread([this, answer = std::move(answer)] {
      const Fd peer(::accept(listener.get(), nullptr, nullptr));
      char buffer[4096];
      if (::read(peer.get(), buffer, sizeof buffer) <= 0) return;
      [[maybe_unused]] const ssize_t written = ::write(peer.get(), answer.data(), answer.size());
    });
  }
  ~FakeAgent() { thread.join(); }
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;
};

Bytes framed(BytesView body) {
  Bytes out;
  append_ssh_string(out, body);
  return out;
}

std::string list_with(const std::string& folder, const Bytes& answer) {
  const FakeAgent agent(folder, answer);
  const auto connection = SshAgent::connect(agent.socket);
  REQUIRE(connection);
  return code(connection->list());
}

}  // namespace

TEST_CASE("a key in ssh-agent signs statements and makes SSH signatures that ssh-keygen accepts") {
  const auto folder = TempDirectory::create();
  REQUIRE(folder);
  const std::string dir = folder->path();
  const RealAgent agent(dir);
  for (const std::string type : {"ed25519", "ecdsa", "rsa"}) {
    CAPTURE(type);
    const std::string file = dir + "/" + type;
    REQUIRE(run({"ssh-keygen", "-q", "-t", type, "-N", "", "-C", "me with " + type, "-f", file}).ok());
    REQUIRE(run({"ssh-add", "-q", file}, {{"SSH_AUTH_SOCK", agent.socket}}).ok());
    const auto signer = AgentSigner::open(agent.socket, "me with " + type);
    REQUIRE(signer);
    const auto signature = (*signer)->sign("hello");
    REQUIRE(signature);
    CHECK((*signer)->public_key().verify("hello", *signature));

    // The same key out of its file.
    const auto from_file = parse_ssh_private_key(read_file(file).value());
    REQUIRE(from_file);
    CHECK(from_file->public_key() == (*signer)->public_key());

    const std::string line = "me@example.com " + read_file(file + ".pub").value();
    REQUIRE(write_file_atomic(dir + "/allowed", line));
    for (const Signer* one :
         {static_cast<const Signer*>(signer->get()), static_cast<const Signer*>(&*from_file)}) {
      const auto armoured = make_ssh_signature(*one, "hello\n", "git");
      REQUIRE(armoured);
      REQUIRE(write_file_atomic(dir + "/sig", *armoured));
      CHECK(run({"ssh-keygen", "-Y", "verify", "-f", dir + "/allowed", "-I", "me@example.com", "-n", "git",
                 "-s", dir + "/sig"},
                {}, "hello\n")
                .ok());
      CHECK(verify_ssh_signature(parse_ssh_signature(*armoured).value(), "hello\n", "git"));
    }
  }
  CHECK(code(AgentSigner::open(agent.socket, "")) == "attest.agent-key");  // three keys fit
  CHECK(code(AgentSigner::open(agent.socket, "nobody")) == "attest.agent-key");

  const auto signer = AgentSigner::open(agent.socket, "me with ed25519");
  REQUIRE(run({"ssh-add", "-q", "-D"}, {{"SSH_AUTH_SOCK", agent.socket}}).ok());
  CHECK(code((*signer)->sign("hello")) == "attest.agent-refused");
}

TEST_CASE("an SSH key file that is no SSH key is refused") {
  CHECK(code(parse_ssh_private_key(PrivateKey::generate().value().to_pem(nullptr).value().view())) ==
        "attest.ssh-key");
  CHECK(code(parse_ssh_private_key("junk")) == "attest.pem");
}

TEST_CASE("an agent that answers out of turn is an error, not a crash") {
  const auto folder = TempDirectory::create();
  const std::string dir = folder->path();
  CHECK(list_with(dir, framed(std::string("\x0c\x00\x00\x00\x00", 5))) == "ok");
  CHECK(list_with(dir, "") == "attest.agent");
  CHECK(list_with(dir, std::string("\0\0\0\0", 4)) == "attest.agent");
  CHECK(list_with(dir, "\xff\xff\xff\xff") == "attest.agent");
  CHECK(list_with(dir, framed("\x05")) == "attest.agent");
  CHECK(list_with(dir, framed("\x0c\xff\xff\xff\xff")) == "attest.agent");
  CHECK(list_with(dir, framed(std::string("\x0c\x00\x00\x00\x02\x00\x00\x00\x09", 9))) == "attest.ssh-wire");
  CHECK(list_with(dir, framed(std::string("\x0c\x00\x00\x00\x00\x01", 6))) == "attest.ssh-wire");
  CHECK(code(SshAgent::connect("relative")) == "attest.agent");
  CHECK(code(SshAgent::connect("/nowhere/at/all")) == "attest.agent");
}

TEST_CASE("a pkcs11 URI names module and key, and never a PIN") {
  const auto good = parse_pkcs11_uri("pkcs11:token=My%20Token;object=k;id=%01%02?module-path=/usr/lib/p.so");
  REQUIRE(good);
  CHECK(good->token == "My Token");
  CHECK(good->id == "\x01\x02");
  CHECK(good->module == "/usr/lib/p.so");
  for (const char* bad :
       {"", "pkcs11:", "pkcs11:object=k", "pkcs11:object=k?module-path=p.so",
        "pkcs11:token=t?module-path=/p.so", "pkcs11:object=k;pin-value=1?module-path=/p.so",
        "pkcs11:object=k?module-path=/p.so&pin-source=file:/x", "pkcs11:object=a;object=b?module-path=/p.so",
        "pkcs11:object=%zz?module-path=/p.so", "pkcs11:object=k;slot-id=1?module-path=/p.so",
        "pkcs11:object=%4", "pkcs11:object=?module-path=/p.so"}) {
    CAPTURE(bad);
    CHECK(code(parse_pkcs11_uri(bad)) == "attest.pkcs11-uri");
  }
}

TEST_CASE("keys on a token sign, each found beside keys of other kinds") {
  const std::string module = "/usr/lib/softhsm/libsofthsm2.so";
  REQUIRE_MESSAGE(path_exists(module), "softhsm2 is missing: run cmake/setup.sh");
  const auto folder = TempDirectory::create();
  const std::string dir = folder->path();
  REQUIRE(make_directories(dir + "/tokens"));
  REQUIRE(write_file_atomic(dir + "/conf", "directories.tokendir = " + dir + "/tokens\nlog.level = ERROR\n"));
  // The module reads it in this process.
  ::setenv("SOFTHSM2_CONF", (dir + "/conf").c_str(), 1);
  const std::vector<std::pair<std::string, std::string>> environment{{"SOFTHSM2_CONF", dir + "/conf"}};
  REQUIRE(
      run({"softhsm2-util", "--init-token", "--free", "--label", "t", "--so-pin", "1234", "--pin", "5678"},
          environment)
          .ok());

  const SecretBytes pin("5678");
  int number = 1;
  for (const KeyAlgorithm algorithm :
       {KeyAlgorithm::ed25519, KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ecdsa_p384, KeyAlgorithm::rsa_pkcs1}) {
    const std::string name(to_string(algorithm));
    CAPTURE(name);
    const PrivateKey key = PrivateKey::generate(algorithm).value();
    REQUIRE(write_file_atomic(dir + "/key", key.to_pem(nullptr).value().view(), 0600));
    REQUIRE(run({"softhsm2-util", "--import", dir + "/key", "--token", "t", "--label", name, "--id",
                 "0" + std::to_string(number++), "--pin", "5678"},
                environment)
                .ok());
    Pkcs11Options options;
    options.module = module;
    options.token = "t";
    options.object = name;
    options.pin = &pin;
    const auto signer = Pkcs11Signer::open(options);
    REQUIRE_MESSAGE(signer, (signer ? "" : to_string(signer.error())));
    CHECK((*signer)->public_key() == key.public_key());
    const auto signature = (*signer)->sign("hello");
    REQUIRE(signature);
    CHECK(key.public_key().verify("hello", *signature));
  }

  Pkcs11Options options;
  options.module = module;
  options.token = "t";
  options.object = "ecdsa-p256";
  options.pin = &pin;
  const auto with = [&](auto change) {
    Pkcs11Options copy = options;
    change(copy);
    return code(Pkcs11Signer::open(copy));
  };
  CHECK(with([](Pkcs11Options&) {}) == "ok");
  CHECK(with([](Pkcs11Options& o) { o.object = "none"; }) == "attest.pkcs11-key");
  CHECK(with([](Pkcs11Options& o) { o.id = "\x09"; }) == "attest.pkcs11-key");
  CHECK(with([](Pkcs11Options& o) { o.token = "u"; }) == "attest.pkcs11-token");
  CHECK(with([](Pkcs11Options& o) { o.pin = nullptr; }) == "attest.pkcs11-key");
  CHECK(with([](Pkcs11Options& o) { o.module = "libsofthsm2.so"; }) == "attest.pkcs11-module");
  CHECK(with([](Pkcs11Options& o) { o.module = "/nowhere.so"; }) == "attest.pkcs11-module");
  CHECK(with([](Pkcs11Options& o) { o.module = "/lib/x86_64-linux-gnu/libc.so.6"; }) ==
        "attest.pkcs11-module");
  const SecretBytes wrong("0000");
  CHECK(with([&](Pkcs11Options& o) { o.pin = &wrong; }) == "attest.pkcs11-pin");
}

namespace {

// A plugin of the protocol in a shell script over the openssl program.
std::string plugin(const std::string& dir, const std::string& name, const std::string& sign) {
  const std::string path = dir + "/sigstore-kms-" + name;
  const std::string script =
      "#!/bin/sh\n[ \"$1\" = v1 ] || exit 9\ncase $2 in\n"
      "*'\"methodName\":\"publicKey\"'*) printf '{\"publicKey\":{\"publicKeyPEM\":\"%s\"}}' \"$(base64 -w0 " +
      dir + "/key.pub)\" ;;\n*'\"methodName\":\"signMessage\"'*) " + sign + " ;;\nesac\nexit 1\n";
  REQUIRE(write_file_atomic(path, script, 0700));
  return path;
}

}  // namespace

TEST_CASE("a key service's plugin signs; what it signs is checked, and it is never searched for") {
  const auto folder = TempDirectory::create();
  const std::string dir = folder->path();
  const PrivateKey key = PrivateKey::generate().value();
  REQUIRE(write_file_atomic(dir + "/key", key.to_pem(nullptr).value().view(), 0600));
  REQUIRE(write_file_atomic(dir + "/key.pub", key.public_key().pem()));
  const std::string good =
      "printf '{\"signMessage\":{\"signature\":\"%s\"}}' \"$(openssl dgst -sha256 -sign " + dir +
      "/key | base64 -w0)\"";
  SystemProcessRunner runner;
  const Environment environment{{"PATH", "/usr/bin:/bin"}};
  const auto open = [&](const std::string& path, const std::string& id) {
    return KmsSigner::open({path, id, environment}, runner);
  };
  const auto signer = open(plugin(dir, "test", good), "test://a-key");
  REQUIRE_MESSAGE(signer, (signer ? "" : to_string(signer.error())));
  CHECK((*signer)->public_key() == key.public_key());
  const auto signature = (*signer)->sign("hello");
  REQUIRE_MESSAGE(signature, (signature ? "" : to_string(signature.error())));
  CHECK(key.public_key().verify("hello", *signature));

  CHECK(code(open("sigstore-kms-test", "test://k")) == "attest.kms-plugin");
  CHECK(code(open(dir + "/sigstore-kms-", "test://k")) == "attest.kms-plugin");
  CHECK(code(open(dir + "/other", "test://k")) == "attest.kms-plugin");
  CHECK(code(open(dir + "/sigstore-kms-none", "none://k")) == "attest.kms-plugin");
  CHECK(code(open(dir + "/sigstore-kms-test", "other://k")) == "attest.kms-plugin");

  const auto sign_with = [&](const std::string& name, const std::string& script) {
    const auto one = open(plugin(dir, name, script), name + "://k");
    REQUIRE(one);
    return code((*one)->sign("hello"));
  };
  CHECK(sign_with("lies", "printf '{\"signMessage\":{\"signature\":\"AAAA\"}}'") == "attest.kms-answer");
  CHECK(sign_with("error", "printf '{\"errorMessage\":\"no such key\"}'") == "attest.kms");
  CHECK(sign_with("silent", "true") == "attest.kms-answer");
  CHECK(sign_with("twice", "printf '{\"signMessage\":{},\"signMessage\":{}}'") == "attest.kms-answer");
  CHECK(sign_with("endless", "head -c 2000000 /dev/zero") == "attest.kms-answer");
}
