// Checkpoints of transparency logs: C2SP tlog-checkpoint in a C2SP signed-note.
//
//   <origin>\n<tree size>\n<base64 root>\n[more lines\n]\n— <name> <base64(key id ‖ signature)>\n…
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attest/keys.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest {

inline constexpr std::size_t k_max_note_bytes = 64u << 10;
inline constexpr std::size_t k_max_note_signatures = 100;

struct NoteSignature {
  std::string name;
  Bytes key_id;  // 4 bytes
  Bytes signature;
};

struct Checkpoint {
  std::string text;  // what is signed: up to and with the last newline before the empty line
  std::string origin;
  std::uint64_t size = 0;
  Bytes root;                      // 32 bytes
  std::vector<std::string> extra;  // lines after the root
  std::vector<NoteSignature> signatures;
};

// Codes: attest.note (form of the note), attest.checkpoint (its three lines).
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view note);

// At least one signature line has this name and key id, and each line that has them verifies. Lines of others
// (witnesses, other keys) are not looked at. Codes: attest.checkpoint-unsigned, attest.checkpoint-signature.
[[nodiscard]] Status verify_checkpoint(const Checkpoint& checkpoint, std::string_view name, BytesView key_id,
                                       const PublicKey& key);

// The key id of a note by the specification. Ed25519: SHA-256(name ‖ "\n" ‖ 0x01 ‖ 32-byte key)[:4]; others
// have none of their own there, and Sigstore's use SHA-256(DER SubjectPublicKeyInfo)[:4].
[[nodiscard]] Bytes note_key_id(std::string_view name, const PublicKey& key);

// A checkpoint with one signature by `key`, under the origin as its name.
[[nodiscard]] Result<std::string> write_checkpoint(std::string_view origin, std::uint64_t size,
                                                   BytesView root, const Signer& key);

}  // namespace sluice::attest
