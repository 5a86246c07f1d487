// Facts: all that policy may look at. Made by cli out of verified evidence; policy reads no file and no
// clock.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/json.h"
#include "sluice/subject.h"

namespace sluice {

// The outcome of checking one piece of evidence's signature against the configured keys.
struct SignatureFact {
  bool verified = false;           // false: unsigned, unknown key, or a signature that does not hold
  std::string key_id;              // hex SHA-256 of the DER SubjectPublicKeyInfo, of the key that verified
  std::string key_name;            // its name in the configuration
  std::vector<std::string> roles;  // of that key in the configuration: "builder", "scanner", "tester", "gate"
  std::string builder;  // the builder.id that this key may claim, from the configuration; empty = none
  int max_level = 1;  // SLSA Build level that this key can prove, from the configuration, never the document
  std::string problem;  // why not verified
};

// One signed (or unsigned) in-toto statement, as found in the evidence store.
struct EvidenceFact {
  std::string digest;  // "sha256:…" of the stored bytes
  std::string predicate_type;
  std::vector<Subject> subjects;  // name and digest set of each
  json::Value predicate;
  SignatureFact signature;
  std::chrono::sys_seconds time{};  // when it was made, by its own word; 0 = it does not say
};

struct Facts {
  std::vector<Subject> subjects;  // what is to be promoted: the image, and the source tree it was made from
  std::vector<EvidenceFact> evidence;
  std::vector<std::string> unreadable;  // evidence that could not be read, one line each: never ignored
  std::chrono::sys_seconds now{};
};

}  // namespace sluice
