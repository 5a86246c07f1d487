// sluice.yaml: the one configuration file (contract 4.3). JSON is accepted too. Strict: an unknown key is an
// error with line, column and the nearest known key. Paths in it are relative to the file's own folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "attest/predicates.h"
#include "base/result.h"
#include "policy/policy.h"
#include "sluice/finding.h"

namespace sluice::cli {

struct DockerfileConfig {
  std::vector<std::string> allowed_registries;
  std::map<std::string, std::string> label_schema;  // name → text|url|rfc3339|spdx|githash|semver|email
  bool strict_labels = false;
  std::vector<std::string> targets;
};

struct ScanConfig {
  std::vector<std::string> paths{"."};
  std::string profile;  // "default" or "all"; empty = default
  std::vector<std::string> rules;
  bool default_rules = true;
  std::vector<std::string>
      adapters;  // names; which program is run is for the command line, not for a scanned tree
  std::map<std::string, Severity> severity;  // per rule
  std::vector<std::string> off;              // rules switched off
  DockerfileConfig dockerfile;
};

struct KeyConfig {
  std::string name;
  std::string public_key;  // path of a PEM file
  std::vector<std::string> roles;
  std::string builder;  // the builder.id this key may claim
  int max_level = 1;
  bool in_job = true;  // lies in the job that it signs for: level 1 at most
  std::string revocation_reason;
  bool compromised = false;
  std::string not_before;  // RFC 3339 or empty
  std::string not_after;
  std::string revoked;  // RFC 3339 or empty
};

struct SigningConfig {
  std::string key;                  // path of a key file, or a reference (cli/signer.h)
  std::string passphrase_env;       // name of an environment variable; empty = the key is not encrypted
  std::string kms_plugin;           // absolute path, for a key NAME://…
  std::string certificate;          // path of a PEM file; empty = the key stands for itself
  std::string timestamp_authority;  // folder of a private authority
  std::string timestamp_url;        // of an RFC 3161 authority
  bool keyid = true;                // attest::SigningOptions
};

struct ImageConfig {
  std::string path;
  std::string platform;  // "linux/amd64"; empty = this machine's
};

// Who may sign commits and tags. Which gpg is run is no matter for a file of the tree that is judged.
struct SourceConfig {
  std::string allowed_signers;          // path, as ssh-keygen(1) describes; empty: none
  std::vector<std::string> x509_roots;  // paths of PEM files
  std::string openpgp_keys;             // path of exported keys; empty: none
  std::string promoted;  // revision of the commit that was promoted last, "refs/tags/production"; empty: none
};

// The platform's identity token: where it comes from and who must have issued it.
struct IdentityConfig {
  std::string issuer;
  std::string audience;
  std::string token_env;   // exactly one of these three …
  std::string token_file;  //
  bool github = false;     // … asked for at ACTIONS_ID_TOKEN_REQUEST_URL
  std::string jwks;        // path of the issuer's keys; empty: fetched from the issuer
  std::string ca_file;     // path; authorities for fetching; empty: the system's
};

// Where evidence is fetched from before the decision, and put after it.
struct RegistryConfig {
  std::string repository;  // "registry.example.com/team/app"
  bool pull = true;
  bool push = true;
  bool plain_http = false;
  std::string ca_file;  // path
};

// How findings of the run under test are judged.
struct RuntimeSuppression {
  std::string rule;
  std::string fingerprint;  // empty: every finding of the rule
  std::string reason;
};
struct RuntimeConfig {
  std::map<std::string, Severity> severity;  // per rule
  std::vector<RuntimeSuppression> suppress;
};

struct Config {
  std::string path;       // of the file; empty = built-in defaults
  std::string directory;  // that relative paths start from
  std::string sha256;     // hex, of the file's bytes
  ScanConfig scan;
  std::optional<ImageConfig> image;
  std::vector<std::string> tests;
  std::string engine = "embedded";  // that runs them: see `sluice test --engine`
  std::string evidence = ".sluice/evidence";
  std::optional<SigningConfig> signing;
  std::string builder_id;
  std::vector<KeyConfig> keys;
  std::string keyring;  // path of a keyring file; empty = none
  std::optional<SourceConfig> source;
  std::optional<IdentityConfig> identity;
  std::optional<RegistryConfig> registry;
  RuntimeConfig runtime;
  policy::Policy policy;

  // The file itself by its digest, for provenance; nothing for the defaults.
  [[nodiscard]] std::vector<attest::Dependency> byproduct() const;
  // A path of the file, made usable from the current folder.
  [[nodiscard]] std::string resolve(const std::string& relative) const;
};

[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& path);
[[nodiscard]] Result<Config> load_config(const std::string& path);

// `explicit_path` if given; else sluice.yaml in `folder` if it exists; else defaults.
[[nodiscard]] Result<Config> find_config(const std::string& explicit_path, const std::string& folder);

}  // namespace sluice::cli
