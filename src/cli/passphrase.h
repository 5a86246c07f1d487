// Passphrases reach us by the name of an environment variable, a file or a descriptor; never by the command
// line, which every process of the machine can read.
#pragma once

#include <optional>
#include <vector>

#include "attest/secret_bytes.h"
#include "cli/context.h"

namespace sluice::cli {

// The options --passphrase-env, --passphrase-file, --passphrase-fd.
[[nodiscard]] std::vector<OptionSpec> passphrase_options();

// The passphrase that the options name, or none if they name none. One trailing newline of a file is dropped.
// Codes: cli.passphrase (unset variable, unreadable file, empty, or two sources at once).
[[nodiscard]] Result<std::optional<attest::SecretBytes>> read_passphrase(const Arguments& arguments,
                                                                         const Context& context);

}  // namespace sluice::cli
