// How the private part of an OpenSSH key file is encrypted (OpenSSH's PROTOCOL.key, section 4 and
// sshkey_private_to_blob2). Private to src/attest.
#pragma once

#include "attest/secret_bytes.h"
#include "base/bytes.h"
#include "base/result.h"

namespace sluice::attest::internal {

// As the file states it; all three are "none" or empty for a plain file.
struct SshEncryption {
  BytesView cipher;
  BytesView derivation;
  BytesView options;  // wire form: salt, rounds
};

// `tag` is what stands behind the private part: GCM's authentication tag, else nothing. A wrong passphrase is
// told here for GCM only (attest.passphrase-wrong); for the others by the check numbers inside. Codes as of
// parse_ssh_private_key.
[[nodiscard]] Result<SecretBytes> decrypt_ssh_key(const SshEncryption& encryption, BytesView secret,
                                                  BytesView tag, const SecretBytes* passphrase);

}  // namespace sluice::attest::internal
