// Judging what is attached to an image: shared by `verify image` and `verify chain`.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "attest/keyring.h"
#include "attest/statement.h"
#include "attest/trusted_root.h"
#include "cli/context.h"
#include "store/attached.h"

namespace sluice::cli {

// --config, --key, --keyring, --threshold, --certificate-identity, --certificate-oidc-issuer,
// --notation-identity, --trusted-root, --role, --max-age.
[[nodiscard]] std::vector<OptionSpec> verifier_options();

enum class Judgement : std::uint8_t {
  verified,
  refused,  // signed, and the signature, signer, subject or form is not what is asked for
  unjudged  // of a kind that is not read here
};
[[nodiscard]] std::string_view to_string(Judgement judgement);

struct Judged {
  store::AttachedKind kind = store::AttachedKind::other;
  Digest digest;  // of the signed document's bytes
  Judgement judgement = Judgement::unjudged;
  std::string predicate_type;  // verified, or by the document's own word if it is not; may be empty
  std::string signer;          // name of the key, or identity; of verified ones
  std::string issuer;          // of an identity
  std::string key_id;
  std::string time;  // RFC 3339; verified or stated
  bool time_verified = false;
  int level = 0;     // SLSA Build level by the verifier's own table
  std::string code;  // of what was wrong
  std::string problem;
  std::optional<attest::Statement> statement;  // of verified ones
  Digest payload;                              // of exactly what was signed; of verified ones
};

// Whose signatures count. Made once, used for many.
class Verifier {
 public:
  // Keys of --key and of the configuration, or an identity with its trusted root; never nothing. Code:
  // verify.no-signer, cli.duration, those of Keyring::build and parse_trusted_root.
  [[nodiscard]] static Result<Verifier> open(const Arguments& arguments, const Context& context);

  // How many different keys must have signed the same bytes: --threshold, else the keyring's for the role.
  [[nodiscard]] std::size_t threshold() const { return threshold_; }

  // About the thing of these digests (`subject`). `repository` is where the image is, if that is known: older
  // signatures name it, and one made for another repository does not count.
  [[nodiscard]] Judged judge(const store::Attached& piece, const attest::DigestSet& subject,
                             const std::string& repository) const;

 private:
  Verifier() = default;
  [[nodiscard]] Status read_keys(const Arguments& arguments);
  [[nodiscard]] Status check_age(const Judged& piece) const;
  [[nodiscard]] Status judge_by_keys(const store::Attached& piece, const attest::DigestSet& subject,
                                     Judged& out) const;
  [[nodiscard]] Status judge_by_identity(const store::Attached& piece, const attest::DigestSet& subject,
                                         Judged& out) const;
  [[nodiscard]] Status judge_notation(const store::Attached& piece, const attest::DigestSet& subject,
                                      Judged& out) const;
  [[nodiscard]] Status judge_simple(const store::Attached& piece, const attest::DigestSet& subject,
                                    const std::string& repository, Judged& out) const;

  attest::Keyring keyring_;
  std::vector<std::string> key_pems_;
  std::optional<attest::TrustedRoot> root_;
  std::string identity_;
  std::string issuer_;
  std::string notation_identity_;
  std::string role_;
  std::size_t threshold_ = 1;
  std::optional<std::chrono::seconds> max_age_;
  std::chrono::sys_seconds now_{};
};

// True if enough different signers of one payload are among the pieces that `counts` takes.
[[nodiscard]] bool enough_signers(const std::vector<Judged>& pieces, std::size_t threshold,
                                  const std::function<bool(const Judged&)>& counts);

// "30s", "15m", "72h", "90d". Code: cli.duration.
[[nodiscard]] Result<std::chrono::seconds> parse_duration(const std::string& text);

}  // namespace sluice::cli
