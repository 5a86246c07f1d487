#include "attest/ssh_agent.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "attest/ssh_wire.h"

namespace sluice::attest {
namespace {

constexpr unsigned char k_request_identities = 11;
constexpr unsigned char k_identities_answer = 12;
constexpr unsigned char k_sign_request = 13;
constexpr unsigned char k_sign_response = 14;
constexpr std::uint32_t k_rsa_sha2_256 = 2;
constexpr std::uint32_t k_max_agent_keys = 1024;

[[nodiscard]] tl::unexpected<Error> bad_agent(std::string message) {
  return fail(ErrorKind::tool, "attest.agent", "ssh-agent: " + std::move(message));
}

[[nodiscard]] Result<Bytes> receive(int socket, std::size_t size) {
  Bytes out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::read(socket, out.data() + have, size - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("attest.agent", "ssh-agent does not answer", errno);
    if (got == 0) return bad_agent("it closed the connection");
    have += static_cast<std::size_t>(got);
  }
  return out;
}

}  // namespace

Result<SshAgent> SshAgent::connect(const std::string& socket) {
  sockaddr_un address{};
  if (!socket.starts_with('/') || socket.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::usage, "attest.agent",
                "\"" + socket + "\" is no absolute path of an agent's socket",
                "start ssh-agent, and see that SSH_AUTH_SOCK is set");
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.data(), socket.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno("attest.agent", "cannot make a socket", errno);
  const timeval deadline{k_agent_deadline.count(), 0};
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline) != 0 ||
      ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof deadline) != 0) {
    return fail_errno("attest.agent", "cannot set a deadline", errno);
  }
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("attest.agent", "cannot reach ssh-agent at " + socket, errno);
  }
  return SshAgent(std::move(fd));
}

Result<Bytes> SshAgent::ask(BytesView request) const {
  if (request.size() > k_max_agent_message)
    return fail(ErrorKind::limit, "attest.agent-size", "the message is too large for ssh-agent");
  Bytes framed;
  append_ssh_string(framed, request);
  std::size_t sent = 0;
  while (sent < framed.size()) {
    const ssize_t put = ::send(socket_.get(), framed.data() + sent, framed.size() - sent, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno("attest.agent", "ssh-agent does not listen", errno);
    sent += static_cast<std::size_t>(put);
  }
  const Bytes head = SLUICE_TRY(receive(socket_.get(), 4));
  const std::uint32_t size = SLUICE_TRY(SshReader(head).number());
  if (size == 0 || size > k_max_agent_message) return bad_agent("its answer has an impossible length");
  return receive(socket_.get(), size);
}

Result<std::vector<AgentKey>> SshAgent::list() const {
  const Bytes answer = SLUICE_TRY(ask(Bytes(1, static_cast<char>(k_request_identities))));
  if (static_cast<unsigned char>(answer[0]) != k_identities_answer)
    return bad_agent("it does not list its keys");
  SshReader reader(BytesView(answer).substr(1));
  const std::uint32_t count = SLUICE_TRY(reader.number());
  if (count > k_max_agent_keys) return bad_agent("it claims to hold too many keys");
  std::vector<AgentKey> out;
  for (std::uint32_t i = 0; i < count; ++i) {
    const BytesView blob = SLUICE_TRY(reader.string());
    const BytesView comment = SLUICE_TRY(reader.string());
    if (auto key = parse_ssh_public_key(blob)) out.push_back({std::move(*key), std::string(comment)});
  }
  SLUICE_CHECK(reader.finish());
  return out;
}

Result<Bytes> SshAgent::sign(const SshPublicKey& key, BytesView message) const {
  Bytes request(1, static_cast<char>(k_sign_request));
  append_ssh_string(request, key.blob);
  append_ssh_string(request, message);
  append_ssh_number(request, key.key.algorithm() == KeyAlgorithm::rsa_pkcs1 ? k_rsa_sha2_256 : 0);
  const Bytes answer = SLUICE_TRY(ask(request));
  if (static_cast<unsigned char>(answer[0]) != k_sign_response) {
    return fail(ErrorKind::tool, "attest.agent-refused", "ssh-agent did not sign with " + key.fingerprint(),
                "unlock the agent, confirm the request, or load the key with ssh-add");
  }
  SshReader reader(BytesView(answer).substr(1));
  const BytesView blob = SLUICE_TRY(reader.string());
  SLUICE_CHECK(reader.finish());
  Bytes signature = SLUICE_TRY(usable_ssh_signature(key, blob));
  // A signature that does not hold would only be found when nobody can sign anew.
  SLUICE_CHECK(key.key.verify(message, signature));
  return signature;
}

Result<std::unique_ptr<AgentSigner>> AgentSigner::open(const std::string& socket, std::string_view which) {
  SshAgent agent = SLUICE_TRY(SshAgent::connect(socket));
  std::vector<AgentKey> fitting;
  for (AgentKey& item : SLUICE_TRY(agent.list())) {
    if (which.empty() || item.key.fingerprint() == which || item.comment == which)
      fitting.push_back(std::move(item));
  }
  if (fitting.size() != 1) {
    return fail(
        ErrorKind::usage, "attest.agent-key",
        "ssh-agent has " + std::to_string(fitting.size()) + " keys that fit \"" + std::string(which) + "\"",
        "name one by its fingerprint: `ssh-add -l` prints them");
  }
  return std::unique_ptr<AgentSigner>(new AgentSigner(std::move(agent), std::move(fitting.front().key)));
}

Result<Bytes> AgentSigner::sign(BytesView message) const {
  return agent_.sign(key_, message);
}

}  // namespace sluice::attest
