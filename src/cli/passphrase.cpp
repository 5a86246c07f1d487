#include "cli/passphrase.h"

#include "base/file.h"

namespace sluice::cli {
namespace {

constexpr std::uint64_t k_max_passphrase_bytes = 4096;

tl::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::usage, "cli.passphrase", std::move(message),
              "give it by --passphrase-env NAME, --passphrase-file FILE or --passphrase-fd NUMBER");
}

Result<std::optional<attest::SecretBytes>> keep(std::string& text, std::string_view source) {
  std::string_view view(text);
  if (view.ends_with('\n')) view.remove_suffix(1);
  if (view.ends_with('\r')) view.remove_suffix(1);
  if (view.empty()) return refuse("the passphrase of " + std::string(source) + " is empty");
  std::optional<attest::SecretBytes> out(std::in_place, view);
  attest::wipe(text);
  return out;
}

}  // namespace

std::vector<OptionSpec> passphrase_options() {
  return {{"--passphrase-env", "NAME", "environment variable that holds the key's passphrase"},
          {"--passphrase-file", "FILE", "file that holds the key's passphrase"},
          {"--passphrase-fd", "NUMBER", "open descriptor to read the key's passphrase from"}};
}

Result<std::optional<attest::SecretBytes>> read_passphrase(const Arguments& arguments,
                                                           const Context& context) {
  const int sources = (arguments.has("passphrase-env") ? 1 : 0) + (arguments.has("passphrase-file") ? 1 : 0) +
                      (arguments.has("passphrase-fd") ? 1 : 0);
  if (sources > 1) return refuse("more than one source of the passphrase is named");
  if (arguments.has("passphrase-env")) {
    const std::string name = arguments.value("passphrase-env");
    const auto it = context.environment.find(name);
    if (it == context.environment.end()) return refuse("the environment variable " + name + " is not set");
    std::string text = it->second;
    return keep(text, name);
  }
  if (arguments.has("passphrase-file")) {
    const std::string path = arguments.value("passphrase-file");
    Bytes text = SLUICE_TRY(read_file(path, k_max_passphrase_bytes));
    return keep(text, path);
  }
  if (arguments.has("passphrase-fd")) {
    const long fd = SLUICE_TRY(arguments.number("passphrase-fd", 0, 0, 1'000'000));
    Bytes text =
        SLUICE_TRY(read_fd(static_cast<int>(fd), "the passphrase descriptor", k_max_passphrase_bytes));
    return keep(text, "descriptor " + std::to_string(fd));
  }
  return std::optional<attest::SecretBytes>{};
}

}  // namespace sluice::cli
