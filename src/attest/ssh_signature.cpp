#include "attest/ssh_signature.h"

#include <array>

#include "attest/hash.h"
#include "attest/internal/der.h"
#include "attest/internal/openssl.h"
#include "attest/internal/signature.h"
#include "attest/internal/ssh_key.h"
#include "attest/pem.h"
#include "attest/ssh_wire.h"
#include "base/digest.h"

namespace sluice::attest {
namespace {

using internal::der;
using internal::ssh_wire_signature;

constexpr std::string_view k_magic = "SSHSIG";
constexpr std::uint32_t k_version = 1;

[[nodiscard]] tl::unexpected<Error> bad_key(std::string message) {
  return fail(ErrorKind::invalid, "attest.ssh-key", "the SSH key: " + message);
}
[[nodiscard]] tl::unexpected<Error> bad_signature(std::string message) {
  return fail(ErrorKind::invalid, "attest.ssh-signature", "the SSH signature: " + message);
}

struct CurveType {
  std::string_view type;
  std::string_view curve;
  std::string_view algorithm;  // AlgorithmIdentifier in hex
};
constexpr std::array<CurveType, 3> k_curves{
    {{"ecdsa-sha2-nistp256", "nistp256", "301306072a8648ce3d020106082a8648ce3d030107"},
     {"ecdsa-sha2-nistp384", "nistp384", "301006072a8648ce3d020106052b81040022"},
     {"ecdsa-sha2-nistp521", "nistp521", "301006072a8648ce3d020106052b81040023"}}};

[[nodiscard]] Result<PublicKey> read_curve_key(SshReader& reader, const CurveType& row) {
  const BytesView curve = SLUICE_TRY(reader.string());
  const BytesView point = SLUICE_TRY(reader.string());
  if (curve != row.curve) return bad_key("type and curve differ");
  return PublicKey::from_der(internal::spki(internal::bytes_of_hex(row.algorithm), point));
}

[[nodiscard]] Result<PublicKey> read_rsa_key(SshReader& reader) {
  const BytesView exponent = SLUICE_TRY(reader.string());
  const BytesView modulus = SLUICE_TRY(reader.string());
  // An mpint is an INTEGER of DER: two's complement, as short as possible (d2i checks the latter).
  return PublicKey::from_der(internal::spki(internal::bytes_of_hex("300d06092a864886f70d0101010500"),
                                            der('\x30', der('\x02', modulus) + der('\x02', exponent))));
}

[[nodiscard]] Result<PublicKey> read_key(SshReader& reader, std::string_view type) {
  for (const CurveType& row : k_curves) {
    if (row.type == type) return read_curve_key(reader, row);
  }
  if (type == "ssh-rsa") return read_rsa_key(reader);
  if (type == "ssh-ed25519") {
    const BytesView raw = SLUICE_TRY(reader.string());
    return PublicKey::from_der(internal::spki(internal::bytes_of_hex("300506032b6570"), raw));
  }
  return fail(ErrorKind::unsupported, "attest.ssh-algorithm",
              "SSH keys of the type " + std::string(type) + " are not supported");
}

// --- signatures ---
// The signature in the form that OpenSSL takes, and the hash that goes with it.
struct Usable {
  Bytes signature;
  const EVP_MD* hash = nullptr;
};

[[nodiscard]] Result<Usable> usable_signature(const SshSignature& item) {
  const KeyAlgorithm algorithm = item.signer.key.algorithm();
  if (item.algorithm == "ssh-ed25519" && algorithm == KeyAlgorithm::ed25519)
    return Usable{item.signature, nullptr};
  if (algorithm == KeyAlgorithm::rsa_pkcs1) {
    if (item.algorithm == "rsa-sha2-256") return Usable{item.signature, EVP_sha256()};
    if (item.algorithm == "rsa-sha2-512") return Usable{item.signature, EVP_sha512()};
  }
  if (item.algorithm == item.signer.type && item.algorithm.starts_with("ecdsa-")) {
    SshReader reader(item.signature);
    const BytesView r = SLUICE_TRY(reader.string());
    const BytesView s = SLUICE_TRY(reader.string());
    SLUICE_CHECK(reader.finish());
    return Usable{der('\x30', der('\x02', r) + der('\x02', s)), internal::hash_of(algorithm)};
  }
  return fail(ErrorKind::unsupported, "attest.ssh-algorithm",
              "SSH signatures of the algorithm " + item.algorithm + " by a key of type " + item.signer.type +
                  " are not accepted");
}

[[nodiscard]] Result<Bytes> signed_data(const SshSignature& item, BytesView message) {
  const Bytes digest = SLUICE_TRY(hash(item.hash, message));
  Bytes out(k_magic);
  append_ssh_string(out, item.name_space);
  append_ssh_string(out, "");  // reserved
  append_ssh_string(out, item.hash);
  append_ssh_string(out, digest);
  return out;
}

[[nodiscard]] Result<SshSignature> read_signature(BytesView blob) {
  SshReader reader(blob);
  const BytesView magic = SLUICE_TRY(reader.raw(k_magic.size()));
  const std::uint32_t version = SLUICE_TRY(reader.number());
  if (magic != k_magic || version != k_version) return bad_signature("it is no SSHSIG of version 1");
  const BytesView key = SLUICE_TRY(reader.string());
  const BytesView name_space = SLUICE_TRY(reader.string());
  const BytesView reserved = SLUICE_TRY(reader.string());
  const BytesView hash_name = SLUICE_TRY(reader.string());
  const BytesView inner = SLUICE_TRY(reader.string());
  SLUICE_CHECK(reader.finish());
  if (name_space.empty()) return bad_signature("it has no namespace");
  if (!reserved.empty()) return bad_signature("its reserved field is in use");
  if (hash_name != "sha256" && hash_name != "sha512") {
    return fail(ErrorKind::unsupported, "attest.ssh-algorithm",
                "the hash of the SSH signature is not accepted");
  }
  SshReader parts(inner);
  const BytesView algorithm = SLUICE_TRY(parts.string());
  const BytesView raw = SLUICE_TRY(parts.string());
  SLUICE_CHECK(parts.finish());
  SshPublicKey signer = SLUICE_TRY(parse_ssh_public_key(key));
  return SshSignature{std::move(signer), std::string(name_space), std::string(hash_name),
                      std::string(algorithm), Bytes(raw)};
}

}  // namespace

std::string SshPublicKey::fingerprint() const {
  const Digest digest = sha256(blob);
  std::string text =
      to_base64(BytesView(reinterpret_cast<const char*>(digest.raw().data()), digest.raw().size()));
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

Result<SshPublicKey> parse_ssh_public_key(BytesView blob) {
  SshReader reader(blob);
  const BytesView type = SLUICE_TRY(reader.string());
  PublicKey key = SLUICE_TRY(read_key(reader, type));
  SLUICE_CHECK(reader.finish());
  return SshPublicKey{std::string(type), Bytes(blob), std::move(key)};
}

Result<SshSignature> parse_ssh_signature(std::string_view armoured) {
  if (armoured.size() > k_max_ssh_signature_bytes) return bad_signature("it is too large");
  const auto block = parse_pem(armoured);
  if (!block || block->label != "SSH SIGNATURE") return bad_signature("it is no SSH SIGNATURE block");
  SshSignature out = SLUICE_TRY(read_signature(block->der));
  SLUICE_TRY(usable_signature(out));
  return out;
}

Result<Bytes> usable_ssh_signature(const SshPublicKey& key, BytesView wire) {
  SshReader parts(wire);
  const BytesView algorithm = SLUICE_TRY(parts.string());
  const BytesView raw = SLUICE_TRY(parts.string());
  SLUICE_CHECK(parts.finish());
  const Usable usable =
      SLUICE_TRY(usable_signature(SshSignature{key, "", "", std::string(algorithm), Bytes(raw)}));
  if (usable.hash == internal::hash_of(key.key.algorithm())) return usable.signature;
  return fail(ErrorKind::unsupported, "attest.ssh-algorithm",
              "the signature " + std::string(algorithm) + " is not made with the hash that was asked for");
}

Result<std::string> make_ssh_signature(const Signer& signer, BytesView message, std::string_view name_space) {
  if (name_space.empty())
    return fail(ErrorKind::usage, "attest.ssh-namespace", "an SSH signature needs a namespace");
  SshSignature item{
      SLUICE_TRY(ssh_public_key(signer.public_key())), std::string(name_space), "sha512", "", {}};
  const Bytes data = SLUICE_TRY(signed_data(item, message));
  const Bytes raw = SLUICE_TRY(signer.sign(data));
  Bytes blob(k_magic);
  append_ssh_number(blob, k_version);
  append_ssh_string(blob, item.signer.blob);
  append_ssh_string(blob, item.name_space);
  append_ssh_string(blob, "");  // reserved
  append_ssh_string(blob, item.hash);
  append_ssh_string(blob, SLUICE_TRY(ssh_wire_signature(item.signer, raw)));
  return write_pem("SSH SIGNATURE", blob);
}

Status verify_ssh_signature(const SshSignature& signature, BytesView message, std::string_view name_space) {
  if (name_space.empty() || signature.name_space != name_space) {
    return fail(ErrorKind::crypto, "attest.ssh-namespace",
                "the SSH signature is for \"" + signature.name_space + "\", not for \"" +
                    std::string(name_space) + "\"");
  }
  const Usable usable = SLUICE_TRY(usable_signature(signature));
  const Bytes data = SLUICE_TRY(signed_data(signature, message));
  const PublicKey& key = signature.signer.key;
  if (internal::verify(key.handle(), key.algorithm(), usable.hash, data, usable.signature)) return {};
  return fail(ErrorKind::crypto, "attest.signature", "the SSH signature does not hold");
}

}  // namespace sluice::attest
