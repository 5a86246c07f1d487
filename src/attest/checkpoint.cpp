#include "attest/checkpoint.h"

#include <charconv>

#include "base/digest.h"

namespace sluice::attest {
namespace {

constexpr std::string_view k_dash = "\xE2\x80\x94 ";  // em dash, space
constexpr std::size_t k_key_id_bytes = 4;
constexpr std::size_t k_root_bytes = 32;

[[nodiscard]] tl::unexpected<Error> bad_note(std::string message) {
  return fail(ErrorKind::invalid, "attest.note", "the signed note is malformed: " + message);
}
[[nodiscard]] tl::unexpected<Error> bad_checkpoint(std::string message) {
  return fail(ErrorKind::invalid, "attest.checkpoint", "the checkpoint is malformed: " + message);
}

// Takes the next line off `text`, without its newline, which must be there.
[[nodiscard]] bool take_line(std::string_view& text, std::string_view& line) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

[[nodiscard]] Result<NoteSignature> read_signature(std::string_view line) {
  if (!line.starts_with(k_dash)) return bad_note("a signature line does not start with a dash");
  line.remove_prefix(k_dash.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return bad_note("a signature line has no name");
  NoteSignature out;
  out.name = line.substr(0, space);
  if (out.name.find('+') != std::string::npos) return bad_note("a signer's name has a plus sign");
  const auto blob = from_base64(line.substr(space + 1), Base64::standard);
  if (!blob) return bad_note("a signature is not base64");
  if (blob->size() <= k_key_id_bytes) return bad_note("a signature is too short");
  out.key_id = blob->substr(0, k_key_id_bytes);
  out.signature = blob->substr(k_key_id_bytes);
  return out;
}

[[nodiscard]] bool has_control_characters(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n') return true;
    if (byte == 0x7f) return true;
  }
  return false;
}

[[nodiscard]] Status read_lines(Checkpoint& out) {
  std::string_view rest = out.text;
  std::string_view line;
  if (!take_line(rest, line) || line.empty()) return bad_checkpoint("there is no origin");
  out.origin = line;
  if (!take_line(rest, line)) return bad_checkpoint("there is no tree size");
  const char* end = line.data() + line.size();
  const auto [at, problem] = std::from_chars(line.data(), end, out.size);
  if (line.empty() || problem != std::errc() || at != end || std::to_string(out.size) != line) {
    return bad_checkpoint("the tree size is no plain decimal number");
  }
  if (!take_line(rest, line)) return bad_checkpoint("there is no root hash");
  const auto root = from_base64(line, Base64::standard);
  if (!root || root->size() != k_root_bytes) return bad_checkpoint("the root hash is not 32 bytes in base64");
  out.root = *root;
  while (!rest.empty()) {
    if (!take_line(rest, line)) return bad_checkpoint("the last line has no end");
    if (line.empty()) return bad_checkpoint("there is an empty line");
    out.extra.emplace_back(line);
  }
  return {};
}

}  // namespace

Result<Checkpoint> parse_checkpoint(std::string_view note) {
  if (note.size() > k_max_note_bytes) return bad_note("it is too large");
  if (!is_utf8(note) || has_control_characters(note)) return bad_note("it is no plain UTF-8 text");
  const auto split = note.rfind("\n\n");
  if (split == std::string_view::npos) return bad_note("there is no empty line before the signatures");
  Checkpoint out;
  out.text = note.substr(0, split + 1);
  std::string_view rest = note.substr(split + 2);
  if (rest.empty()) return bad_note("there is no signature");
  while (!rest.empty()) {
    std::string_view line;
    if (!take_line(rest, line)) return bad_note("the last signature line has no end");
    if (out.signatures.size() == k_max_note_signatures) return bad_note("there are too many signatures");
    out.signatures.push_back(SLUICE_TRY(read_signature(line)));
  }
  SLUICE_CHECK(read_lines(out));
  return out;
}

Status verify_checkpoint(const Checkpoint& checkpoint, std::string_view name, BytesView key_id,
                         const PublicKey& key) {
  bool found = false;
  for (const NoteSignature& line : checkpoint.signatures) {
    if (line.name != name || line.key_id != key_id) continue;
    if (!key.verify(checkpoint.text, line.signature)) {
      return fail(ErrorKind::crypto, "attest.checkpoint-signature",
                  "the checkpoint's signature by the log does not hold");
    }
    found = true;
  }
  if (found) return {};
  return fail(ErrorKind::crypto, "attest.checkpoint-unsigned",
              "the checkpoint is not signed by the log " + std::string(name));
}

Bytes note_key_id(std::string_view name, const PublicKey& key) {
  Digest digest;
  if (key.algorithm() == KeyAlgorithm::ed25519) {
    constexpr std::size_t k_raw_key = 32;  // the last bytes of an Ed25519 SubjectPublicKeyInfo
    digest = sha256(std::string(name) + "\n\x01" + key.der().substr(key.der().size() - k_raw_key));
  } else {
    digest = sha256(key.der());
  }
  return Bytes(reinterpret_cast<const char*>(digest.raw().data()), k_key_id_bytes);
}

Result<std::string> write_checkpoint(std::string_view origin, std::uint64_t size, BytesView root,
                                     const Signer& key) {
  const std::string text = std::string(origin) + "\n" + std::to_string(size) + "\n" + to_base64(root) + "\n";
  const Bytes signature = SLUICE_TRY(key.sign(text));
  return text + "\n" + std::string(k_dash) + std::string(origin) + " " +
         to_base64(note_key_id(origin, key.public_key()) + signature) + "\n";
}

}  // namespace sluice::attest
