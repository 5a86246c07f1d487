// Provenance: who built it, from which source. The level and the builder come from the verifier's own table
// of keys; the document may only agree with it (SLSA v1.2, verifying artifacts).
#include "policy/controls.h"
#include "policy/select.h"
#include "sluice/predicates.h"

namespace sluice::policy {
namespace {

// A member by path ("a.b.c"), or null.
const json::Value* at(const json::Value& value, std::string_view path) {
  const json::Value* now = &value;
  while (now != nullptr && !path.empty()) {
    const std::size_t dot = path.find('.');
    now = now->find(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return now;
}

std::string string_of(const json::Value& value, std::string_view path) {
  const json::Value* found = at(value, path);
  return found != nullptr && found->as_string() != nullptr ? *found->as_string() : std::string();
}

class Judge {
 public:
  Judge(const ProvenanceControl& control, const EvidenceFact& piece, const Facts& facts,
        std::vector<Reason>& out)
      : control_(control), piece_(piece), facts_(facts), out_(out) {}

  void run() {
    builder();
    level();
    source();
    parameters();
    commit();
    if (control_.need_identity) identity();
  }

 private:
  void add(std::string_view name, bool passed, std::string message, std::string remedy) {
    out_.push_back({"provenance." + std::string(name),
                    passed ? ControlStatus::pass : ControlStatus::fail,
                    std::move(message),
                    passed ? std::string() : std::move(remedy),
                    {piece_.digest}});
  }

  void builder() {
    const std::string id = string_of(piece_.predicate, "runDetails.builder.id");
    const bool own = !id.empty() && id == piece_.signature.builder;
    const bool wanted = control_.builder.empty() || id == control_.builder;
    add("builder", own && wanted,
        own ? "built by " + id
            : "builder \"" + id + "\" is not the one that key \"" + piece_.signature.key_name +
                  "\" may speak for",
        "let the builder " + control_.builder + " build it, or give its key the right `builder` in `keys`");
  }

  void level() {
    const int level = piece_.signature.max_level;
    add("level", level >= control_.min_level,
        "SLSA Build L" + std::to_string(level) + ", by the table of keys",
        "use a builder whose key proves Build L" + std::to_string(control_.min_level));
  }

  void source() {
    const std::string repository =
        string_of(piece_.predicate, "buildDefinition.externalParameters.source.repository");
    const std::string ref = string_of(piece_.predicate, "buildDefinition.externalParameters.source.ref");
    if (!control_.repository.empty()) {
      add("repository", repository == control_.repository,
          repository.empty() ? "the provenance names no repository" : "repository " + repository,
          "build from " + control_.repository);
    }
    if (!control_.branch.empty()) {
      add("branch", ref == "refs/heads/" + control_.branch,
          ref.empty() ? "the provenance names no branch" : ref, "build from the branch " + control_.branch);
    }
    const json::Value* dirty = at(piece_.predicate, "buildDefinition.internalParameters.source.dirty");
    const bool clean = dirty != nullptr && dirty->as_bool() != nullptr && !*dirty->as_bool();
    if (!control_.allow_dirty) {
      add("clean", clean, clean ? "the work tree was clean" : "the work tree differed from its commit",
          "commit what is built, and build again");
    }
  }

  // What we do not know in externalParameters may have changed the build: a verifier should refuse it.
  void parameters() {
    const json::Value* external = at(piece_.predicate, "buildDefinition.externalParameters");
    std::string unknown;
    if (external != nullptr && external->as_object() != nullptr) {
      for (const json::Member& member : external->as_object()->members()) {
        if (member.key != "source" && member.key != "workflow")
          unknown += (unknown.empty() ? "" : ", ") + member.key;
      }
    }
    const bool ours = string_of(piece_.predicate, "buildDefinition.buildType") == predicate::k_build_type;
    add("parameters", ours && unknown.empty(),
        !ours             ? "unknown buildType"
        : unknown.empty() ? "all parameters are known"
                          : "unknown parameters: " + unknown,
        "use provenance made by sluice, without parameters that this policy does not know");
  }

  // What the platform's token vouches for, by the origins that the provenance tells.
  void identity() {
    const json::Value* internal = at(piece_.predicate, "buildDefinition.internalParameters");
    const json::Value* identity = internal != nullptr ? internal->find("identity") : nullptr;
    const std::string_view state = identity != nullptr ? identity->string_at("state") : "";
    const json::Value* origins = internal != nullptr ? internal->find("origin") : nullptr;
    std::string weaker;
    for (const std::string_view field : {"externalParameters.source.repository",
                                         "externalParameters.source.ref", "resolvedDependencies.source"}) {
      const std::string_view origin = origins != nullptr ? origins->string_at(field) : "";
      if (origin == "oidc") continue;
      weaker += (weaker.empty() ? "" : ", ") + std::string(field) + " is known from " +
                (origin.empty() ? "nowhere" : std::string(origin));
    }
    const json::Value* conflicts = identity != nullptr ? identity->find("conflicts") : nullptr;
    const bool agrees =
        conflicts != nullptr && conflicts->as_array() != nullptr && conflicts->as_array()->empty();
    Reason reason{"provenance.origin",
                  ControlStatus::fail,
                  "",
                  "give the job an identity token, and name it under `identity` in sluice.yaml",
                  {piece_.digest}};
    if (state != "verified") {
      // A token that could not be had is no proof of anything wrong.
      reason.status = ControlStatus::unknown;
      reason.message = state == "failed" ? "the platform's token could not be verified: " +
                                               std::string(identity->string_at("problem"))
                                         : "no token of the platform was asked for";
    } else if (!agrees) {
      reason.message = "the platform's token and the job disagree";
      reason.remedy = "look at internalParameters.identity.conflicts of the provenance";
    } else if (!weaker.empty()) {
      reason.message = weaker;
    } else {
      reason.status = ControlStatus::pass;
      reason.message = "repository, ref and commit are the platform's own word";
      reason.remedy.clear();
    }
    out_.push_back(std::move(reason));
  }

  // The image must come from the very source whose scan is judged, when a source is a subject.
  void commit() {
    for (const Subject& subject : facts_.subjects) {
      if (subject.kind != SubjectKind::tree) continue;
      bool found = false;
      const json::Value* dependencies = at(piece_.predicate, "buildDefinition.resolvedDependencies");
      if (dependencies != nullptr && dependencies->as_array() != nullptr) {
        for (const json::Value& dependency : *dependencies->as_array())
          found = found || names(dependency, subject);
      }
      add("source", found,
          found ? "built from the source that was scanned" : "not built from the source at hand",
          "build from this commit, or check out the commit that was built");
    }
  }

  static bool names(const json::Value& dependency, const Subject& subject) {
    const json::Value* digests = dependency.find("digest");
    if (digests == nullptr || digests->as_object() == nullptr) return false;
    Subject other;
    for (const json::Member& member : digests->as_object()->members()) {
      if (const std::string* text = member.value.as_string()) other.digest[member.key] = *text;
    }
    return same_subject(other, subject);
  }

  const ProvenanceControl& control_;
  const EvidenceFact& piece_;
  const Facts& facts_;
  std::vector<Reason>& out_;
};

}  // namespace

void judge_provenance(const ProvenanceControl& control, const Facts& facts, std::vector<Reason>& out) {
  const Selection pieces = select(facts, predicate::k_provenance, control.source);
  if (pieces.counted.empty()) {
    out.push_back({"provenance",
                   ControlStatus::unknown,
                   pieces.why_none("provenance"),
                   "build in the pipeline with `sluice gate` or `sluice attest provenance`",
                   {}});
  }
  for (const EvidenceFact* piece : pieces.counted) Judge(control, *piece, facts, out).run();
}

}  // namespace sluice::policy
