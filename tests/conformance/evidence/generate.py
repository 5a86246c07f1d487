"""Writes cases/*.json: attacks on evidence that is signed by keys of a keyring, and the honest ones beside it.

A maintainers' tool, not needed to run the tests. Needs Python's `cryptography`. Every run makes new keys and so new
bytes with the same meaning."""

import base64
import copy
import hashlib
import json
import pathlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

OUT = pathlib.Path(__file__).parent / "cases"
OUT.mkdir(exist_ok=True)
for old in OUT.glob("*.json"):
    old.unlink()

NOW = "2026-06-01T00:00:00Z"
PROVENANCE = "https://slsa.dev/provenance/v1"
VERDICT = "https://slsa.dev/verification_summary/v1"
PUBLISH = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1"
TYPE = "application/vnd.in-toto+json"
BUILDER = "https://ci.example/builder"
APP = hashlib.sha256(b"app").hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
b64 = lambda b: base64.b64encode(b).decode()


class Key:
    def __init__(self, name, kind="p256"):
        self.name = name
        self.key = ec.generate_private_key(ec.SECP256R1()) if kind == "p256" else ed25519.Ed25519PrivateKey.generate()
        public = self.key.public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.id = hashlib.sha256(der).hexdigest()
        self.pem = public.public_bytes(serialization.Encoding.PEM,
                                       serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, data):
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def entry(self, **more):
        return {"name": self.name, "publicKey": self.pem, "roles": ["builder", "gate"], "builder": BUILDER, **more}


a, b, c = Key("a"), Key("b", "ed25519"), Key("c")
stranger = Key("stranger")


def pae(kind, payload):
    kind = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def statement(predicate=None, type_=PROVENANCE, subject=None, **more):
    if predicate is None:
        predicate = provenance()
    out = {"_type": "https://in-toto.io/Statement/v1",
           "subject": subject if subject is not None else [{"name": "app", "digest": {"sha256": APP}}],
           "predicateType": type_, "predicate": predicate, **more}
    return json.dumps(out).encode()


def provenance(finished="2026-05-31T23:00:00Z", ref="refs/heads/main", builder=BUILDER, **internal):
    return {"buildDefinition": {"buildType": "https://sluice.dev/buildtypes/pipeline/v1",
                                "externalParameters": {"source": {"repository": "https://git.example/app", "ref": ref}},
                                "internalParameters": internal},
            "runDetails": {"builder": {"id": builder}, "metadata": {"finishedOn": finished} if finished else {}}}


def verdict(resource="registry.example/app", result="PASSED", verifier="https://gate.example", **more):
    return {"verifier": {"id": verifier}, "timeVerified": "2026-05-31T23:00:00Z", "resourceUri": resource,
            "policy": {"uri": "sluice.yaml"}, "verificationResult": result, "verifiedLevels": [], **more}


def envelope(payload, key, kind=TYPE, signed_kind=None, keyid=None, signature=None):
    sig = signature if signature is not None else key.sign(pae(signed_kind or kind, payload))
    return {"payload": b64(payload), "payloadType": kind,
            "signatures": [{"keyid": key.id if keyid is None else keyid, "sig": b64(sig)}]}


def bundle(payload, key=a, hint=None, **more):
    e = envelope(payload, key, **more)
    return {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": hint if hint is not None else e["signatures"][0]["keyid"]}},
            "dsseEnvelope": e}


def ring(*entries, thresholds=None):
    out = {"version": 1, "keys": list(entries)}
    if thresholds:
        out["thresholds"] = thresholds
    return out


count = 0


def case(name, why, expect, bundles, keyring=None, **more):
    global count
    count += 1
    if not isinstance(bundles, list):
        bundles = [bundles]
    out = {"name": name, "why": why, "expect": expect,
           "bundles": [x if isinstance(x, str) else json.dumps(x) for x in bundles],
           "keyring": keyring if isinstance(keyring, str) else json.dumps(keyring or ring(a.entry(), b.entry(), c.entry())),
           "subject": {"sha256": APP}, "types": [PROVENANCE], "now": NOW}
    out.update(more)
    (OUT / f"{name}.json").write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")


good = statement()
# --- honest ones ---
case("ok", "a bundle by a key of the keyring", "ok", bundle(good), level=1)
case("ok-ed25519", "likewise by an Ed25519 key", "ok", bundle(good, b))
case("ok-bare-envelope", "a bare DSSE envelope, as older tools store it", "ok", envelope(good, a))
case("ok-bare-other-keyid", "key ids of bare envelopes follow many conventions", "ok", envelope(good, a, keyid="SHA256:x"))
case("ok-threshold", "two keys over the same bytes", "ok", [bundle(good, a), bundle(good, b)], threshold=2)
case("ok-threshold-with-bad-ones", "bundles that do not verify count for nothing", "ok",
     [bundle(good, stranger), "junk", bundle(good, a), bundle(good, c)], threshold=2)
case("ok-no-keyid", "an envelope need not name its key", "ok", bundle(good, keyid="", hint=a.id))
case("ok-fresh", "younger than the oldest that counts", "ok", bundle(good), max_age=7200)
case("ok-newest", "the newest of its ref; another ref is newer", "ok",
     [bundle(good), bundle(statement(provenance("2026-05-31T20:00:00Z"))),
      bundle(statement(provenance("2026-05-31T23:30:00Z", ref="refs/heads/other")))], newest=True)
case("ok-verdict", "a passed verdict for this resource", "ok", bundle(statement(verdict(), VERDICT)), types=[VERDICT],
     resource_uri="registry.example/app", verifier_id="https://gate.example", passed=True)
case("ok-service-level", "a signer that builds cannot reach proves what its table says", "ok", bundle(good),
     ring(a.entry(place="service", maxLevel=3)), level=3)
case("ok-null-name", "null is unset", "ok", bundle(statement(subject=[{"name": None, "digest": {"sha256": APP}}])))
case("ok-publish", "npm's publish attestation with what it promises", "ok",
     bundle(statement({"name": "semver", "version": "7.5.4", "registry": "https://registry.example"}, PUBLISH)), types=[PUBLISH])

# --- predicate types (CVE-2022-35929, CVE-2026-39395) ---
bare = json.loads(good)
del bare["predicate"]
case("predicate-missing", "CVE-2022-35929: the type says provenance, and there is none", "attest.predicate-shape",
     bundle(json.dumps(bare).encode()))
case("predicate-empty", "CVE-2026-39395 (GHSA-w6c6-c85g-mmv6): an empty predicate under the right type",
     "attest.predicate-shape", bundle(statement({})))
case("predicate-null", "null is unset, and so is missing", "attest.predicate-shape", bundle(json.dumps({**bare, "predicate": None}).encode()))
case("predicate-type-other", "a valid statement of another type than asked for", "attest.predicate-type",
     bundle(statement({"a": 1}, "https://example.com/other/v1")))
case("predicate-type-prefix", "a type that only begins like the one asked for", "attest.predicate-type",
     bundle(statement(provenance(), PROVENANCE + "/x")))
case("predicate-type-case", "a type in other letters", "attest.predicate-type", bundle(statement(provenance(), PROVENANCE.upper())))
case("predicate-type-missing", "a statement without a type", "attest.statement",
     bundle(json.dumps({k: v for k, v in json.loads(good).items() if k != "predicateType"}).encode()))
case("predicate-type-look-alike", "a Cyrillic letter in the type", "attest.statement", bundle(statement(provenance(), PROVENANCE.replace("a", "\u0430"))))
case("predicate-type-bidi", "a type that shows as another one", "attest.statement", bundle(statement(provenance(), PROVENANCE + "\u202e")))
case("predicate-type-nul", "a NUL after the type", "attest.statement", bundle(statement(provenance(), PROVENANCE + "\0")))
case("predicate-is-a-list", "a predicate that is no object", "attest.statement", bundle(statement([1])))
case("predicate-digest-of-commit-as-sha256", "a 40-digit commit under the name sha256, as old runners wrote it", "attest.predicate-shape",
     bundle(statement({**provenance(), "buildDefinition": {**provenance()["buildDefinition"],
                                                           "resolvedDependencies": [{"digest": {"sha256": "1" * 40}}]}})))
case("publish-without-name", "GHSA-r2xv-vpr2-42m9: a publish attestation that binds no package", "attest.predicate-shape",
     bundle(statement({"registry": "https://registry.example"}, PUBLISH)), types=[PUBLISH])
case("publish-for-provenance", "GHSA-r2xv-vpr2-42m9: a publish attestation where provenance is asked for", "attest.predicate-type",
     bundle(statement({"name": "semver", "version": "7.5.4", "registry": "https://registry.example"}, PUBLISH)))

# --- m of n ---
case("threshold-one-key-thrice", "go-tuf#369: one key counted once for each of its signatures", "attest.threshold",
     [bundle(good, a), bundle(good, a), bundle(good, a)], threshold=2)
case("threshold-one-key-two-key-ids", "GHSA-9vcr-p3rj-q5q6 in kind: one signer under two names", "attest.threshold",
     [envelope(good, a, keyid="one"), envelope(good, a, keyid="two")], threshold=2)
two = envelope(good, a)
two["signatures"] = [two["signatures"][0], {"keyid": "again", "sig": b64(a.sign(pae(TYPE, good)))}]
case("threshold-two-signatures-of-one-key", "two signatures by one key in one envelope", "attest.threshold", two, threshold=2)
case("threshold-other-bytes", "two keys, each over a statement of its own", "attest.threshold",
     [bundle(good, a), bundle(statement(provenance(ref="refs/heads/evil")), b)], threshold=2)
case("threshold-same-meaning-other-bytes", "the same JSON value in other bytes is another statement", "attest.threshold",
     [bundle(good, a), bundle(good + b" ", b)], threshold=2)
case("threshold-stranger", "the second key is of nobody", "attest.threshold", [bundle(good, a), bundle(good, stranger)], threshold=2)
case("threshold-revoked", "the second key is revoked", "attest.threshold", [bundle(good, a), bundle(good, b)],
     ring(a.entry(), b.entry(revoked={"at": "2026-01-01T00:00:00Z", "reason": "lost"})), threshold=2)
case("threshold-other-role", "the second key may not sign this", "attest.threshold", [bundle(good, a), bundle(good, b)],
     ring(a.entry(), {**b.entry(), "roles": ["gate"]}), threshold=2, role="builder")
case("threshold-of-none", "a threshold of nothing would accept everything", "attest.no-expectation", [bundle(good)], threshold=0)
case("threshold-no-bundles", "nothing is not enough", "attest.threshold", [], threshold=1)
case("keyring-one-key-two-names", "one key under two names would count twice", "attest.keyring-duplicate", bundle(good),
     ring(a.entry(), {**a.entry(), "name": "z"}))
case("keyring-two-keys-one-name", "two keys under one name", "attest.keyring-duplicate", bundle(good),
     ring(a.entry(), {**b.entry(), "name": "a"}))
case("keyring-threshold-unreachable", "a threshold that nobody can meet is a mistake", "attest.keyring-threshold", bundle(good),
     ring(a.entry(), thresholds={"builder": 2}))

# --- options that are not known (CVE-2026-48815) ---
case("keyring-unknown-member", "CVE-2026-48815: a restriction that is not known is not dropped", "attest.keyring-file",
     bundle(good), ring(a.entry(onlyForRepository="https://git.example/other")))
case("keyring-unknown-top-member", "likewise at the top", "attest.keyring-file", bundle(good), {**ring(a.entry()), "requireTimestamp": True})
case("keyring-later-version", "a version that is not known", "attest.keyring-file", bundle(good), {**ring(a.entry()), "version": 2})
case("keyring-duplicate-member", "two lists of keys, of which one would win", "json.duplicate-key", bundle(good),
     '{"version":1,"keys":[],"keys":' + json.dumps([stranger.entry()]) + "}")
case("keyring-private-key", "a private key in the place of a public one", "attest.key-format", bundle(good),
     ring({**a.entry(), "publicKey": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}))
case("keyring-weak-place", "a place that is not known", "attest.keyring-file", bundle(good), ring(a.entry(place="cloud")))
case("expect-no-type", "no type demanded: everything would do", "attest.no-expectation", bundle(good), types=[])
case("expect-no-subject", "no subject demanded: everything would do", "attest.no-expectation", bundle(good), subject={})

# --- levels ---
case("level-boast", "the document says L3; a key in the job is L1", "ok", bundle(statement(provenance(level={"slsaBuildLevel": 3}))), level=1)
case("level-boast-builder-version", "the builder boasts in its own field", "ok",
     bundle(statement({**provenance(), "runDetails": {"builder": {"id": BUILDER, "version": {"slsa": "L3"}}}})), level=1)
case("level-other-builder", "a builder that the key may not speak for", "ok", bundle(statement(provenance(builder="https://ci.example/other"))), level=0)
case("level-builder-prefix", "a builder id that only begins like the right one", "ok", bundle(statement(provenance(builder=BUILDER + "/x"))), level=0)
case("level-table-for-job", "a table that gives a key in the job L2 or more", "attest.keyring-level", bundle(good), ring(a.entry(maxLevel=2)))
case("level-table-job-said", "likewise when it says so", "attest.keyring-level", bundle(good), ring(a.entry(maxLevel=3, place="job")))
case("level-without-builder", "a level above 1 for no builder at all", "attest.keyring-level", bundle(good),
     ring({k: v for k, v in a.entry(maxLevel=3, place="service").items() if k != "builder"}))

# --- keys ---
case("key-unknown", "a key that is not in the keyring", "attest.key-unknown", bundle(good, stranger))
case("key-unknown-with-known-hint", "a stranger's signature under a known key's id", "attest.signature", bundle(good, stranger, keyid=a.id))
case("key-hint-of-other", "a's signature under b's id", "attest.keyid-hint-mismatch", bundle(good, a, keyid=b.id))
case("key-hint-differs-from-keyid", "hint and key id differ", "attest.keyid-hint-mismatch", bundle(good, a, hint=b.id))
case("key-bare-keyid-of-other", "in a bare envelope, too, the id of another known key is a lie", "attest.keyid-hint-mismatch", envelope(good, a, keyid=b.id))
case("key-role", "a key that may not sign this", "attest.role", bundle(good), ring({**a.entry(), "roles": ["scanner"]}), role="builder")
case("key-expired", "a key whose time is over", "attest.key-expired", bundle(good), ring(a.entry(notAfter="2026-05-31T23:59:59Z")))
case("key-not-yet-valid", "a key whose time has not come", "attest.key-not-yet-valid", bundle(good), ring(a.entry(notBefore="2026-06-01T00:00:01Z")))
case("key-revoked", "a revoked key", "attest.key-revoked", bundle(good), ring(a.entry(revoked={"at": "2026-06-01T00:00:00Z", "reason": "left"})))
case("key-compromised-later", "a compromised key proves nothing at any time", "attest.key-revoked", bundle(good),
     ring(a.entry(revoked={"at": "2027-01-01T00:00:00Z", "reason": "stolen", "compromised": True})))
case("algorithm-of-the-message", "the algorithm comes from the key, never from the message", "attest.key-unknown",
     {**envelope(good, a, keyid="", signature=b"x"), "alg": "none"})
case("algorithm-ecdsa-for-ed25519", "an ECDSA signature under an Ed25519 key's id", "attest.signature", bundle(good, stranger, keyid=b.id))
zero = bytes.fromhex("3006020100020100")
case("signature-zero", "r = s = 0, which careless ECDSA code accepts (CVE-2022-21449)", "attest.signature", bundle(good, a, signature=zero))
case("signature-empty", "no signature bytes", "attest.envelope", bundle(good, a, signature=b""))
case("signature-ed25519-zero", "64 zero bytes under an Ed25519 key", "attest.signature", bundle(good, b, signature=bytes(64)))

# --- payload and envelope ---
case("payload-type-confused", "the same bytes signed under another type", "attest.signature", bundle(good, a, signed_kind="application/json"))
case("payload-type-other", "signed honestly, but no statement by its type", "attest.payload-type", bundle(good, a, kind="application/json"))
case("payload-signed-without-pae", "the payload itself signed", "attest.signature", bundle(good, a, signature=a.sign(good)))
wrapped = bundle(good)
wrapped["dsseEnvelope"]["payload"] = b64(statement(provenance(ref="refs/heads/evil")))
case("payload-swapped", "another payload under a good signature", "attest.signature", wrapped)
case("payload-twice", "two payloads, of which a careless reader takes the unsigned one", "json.duplicate-key",
     json.dumps(bundle(good)).replace('"payload": "', '"payload": "AAAA", "payload": "', 1))
case("payload-twice-escaped", "likewise, one spelled with an escape", "json.duplicate-key",
     json.dumps(bundle(good)).replace('"payload": "', '"p\\u0061yload": "AAAA", "payload": "', 1))
wrapped = bundle(good)
wrapped["dsseEnvelope"]["signatures"][0]["keyId"] = b.id
case("envelope-unknown-member", "a member that the bundle's message does not have", "attest.bundle-field", wrapped)
case("envelope-in-bundle-and-bare", "bundle and bare envelope in one text", "attest.bundle-field", {**bundle(good), **envelope(good, stranger)})
wrapped = envelope(good, a)
wrapped["signatures"] *= 17
case("envelope-endless-signatures", "CVE-2023-33957, CVE-2023-25656: more signatures than anybody needs", "attest.envelope-signatures", wrapped)
wrapped = envelope(good, a)
wrapped["signatures"] = []
case("envelope-no-signature", "an unsigned envelope (GHSA-72c7-4g63-hpw5 in kind: an empty signature)", "attest.envelope-signatures", wrapped)
case("envelope-base64-junk", "a space inside of the payload's base64", "attest.envelope-base64",
     json.dumps(bundle(good)).replace('"payload": "', '"payload": " ', 1))
case("envelope-is-a-list", "no object at all", "attest.bundle", "[]")
case("envelope-empty", "an empty file", "json.syntax", "")

# --- statements ---
def raw(text):
    return bundle(text.encode() if isinstance(text, str) else text)


case("statement-duplicate-key", "two predicate types", "json.duplicate-key", raw(good.decode().replace('"predicateType"', '"predicateType": "x:y", "predicateType"')))
case("statement-escaped-duplicate-key", "likewise, one escaped", "json.duplicate-key", raw(good.decode().replace('"predicateType"', '"predicat\\u0065Type": "x:y", "predicateType"')))
case("statement-lone-surrogate", "half a character", "json.utf8", raw(good.decode().replace('"app"', '"\\ud800"')))
case("statement-not-utf8", "bytes that are no text", "json.utf8", raw(good.replace(b'"app"', b'"\xff"')))
case("statement-byte-order-mark", "a byte order mark", "json.bom", raw(b"\xef\xbb\xbf" + good))
case("statement-trailing", "text after the end", "json.trailing", raw(good + b"{}"))
case("statement-deep", "nested without end", "json.depth", raw(good.decode().replace('"internalParameters": {}', '"internalParameters": {"x": ' + "[" * 2000 + "]" * 2000 + "}")))
case("statement-infinity", "1e400, which becomes Infinity elsewhere", "json.number-range", raw(good.decode().replace('"internalParameters": {}', '"internalParameters": {"x": 1e400}')))
case("statement-other-type", "no statement by its _type", "attest.statement-type", raw(good.decode().replace("Statement/v1", "Statement/v2")))
case("statement-junk", "cosign 3.0.5: a payload that is no JSON must not crash", "json.syntax", raw("{"))
case("statement-null", "cosign 3.0.5: null must not crash", "attest.statement", raw("null"))
case("statement-subject-null", "cosign 3.0.5: a null among the subjects must not crash", "attest.statement", raw(statement(subject=[None])))
case("statement-subject-text", "cosign 3.0.5: a text in the place of subjects", "attest.statement", raw(statement(subject="x")))
# GHSA-cq38-jh5f-37mq, subjects without end, is in tests/unit/attest/statement_test.cpp: such a file is too large.

# --- subjects ---
one = lambda digest, name="app": raw(statement(subject=[{"name": name, "digest": digest}]))
case("subject-other", "about something else", "attest.subject-mismatch", one({"sha256": OTHER}))
case("subject-name-only", "the right name, another digest", "attest.subject-mismatch", one({"sha256": OTHER}, "sha256:" + APP))
case("subject-mixed", "one digest agrees, another is a lie", "attest.subject-mixed", one({"sha256": APP, "sha512": "0" * 128}),
     subject={"sha256": APP, "sha512": "1" * 128})
case("subject-mixed-among-others", "a lie beside a true one", "attest.subject-mixed",
     raw(statement(subject=[{"digest": {"sha256": APP}}, {"name": "b", "digest": {"sha256": APP, "sha512": "0" * 128}}])),
     subject={"sha256": APP, "sha512": "1" * 128})
case("subject-sha1-only", "known only by a broken hash", "attest.subject-weak", one({"sha1": "1" * 40}), subject={"sha256": APP, "sha1": "1" * 40})
case("subject-md5-only", "known only by a broken hash", "attest.subject-weak", one({"md5": "1" * 32}), subject={"sha256": APP, "md5": "1" * 32})
case("subject-commit-for-tree", "the same digits under another name are another thing", "attest.subject-mismatch",
     one({"gitCommit": "1" * 40}), subject={"gitTree": "1" * 40})
case("subject-upper-case", "hex in capitals", "attest.digest-form", one({"sha256": APP.upper()}))
case("subject-short", "a digest that is cut", "attest.digest-form", one({"sha256": APP[:-2]}))
case("subject-no-digest", "a subject without a digest", "attest.digest-empty", one({}))
case("subject-none", "no subject at all", "attest.subject-empty", raw(statement(subject=[])))
case("subject-one-name-two-things", "one name, two things", "attest.subject-duplicate",
     raw(statement(subject=[{"name": "x", "digest": {"sha256": APP}}, {"name": "x", "digest": {"sha256": OTHER}}])))

# --- replay, clocks ---
case("replay-too-old", "evidence of last month where an hour is demanded", "attest.too-old", raw(statement(provenance("2026-05-01T00:00:00Z"))), max_age=3600)
case("replay-no-time", "evidence that does not say when it was made", "attest.too-old", raw(statement(provenance(None))), max_age=3600)
case("replay-older-build", "provenance of an older build of the same ref", "attest.not-newest",
     [bundle(statement(provenance("2026-05-31T20:00:00Z"))), bundle(good)], newest=True)
case("replay-older-build-no-time", "no order without times", "attest.no-time", [bundle(statement(provenance(None))), bundle(good)], newest=True)
case("clock-rolled-back", "the verifier's clock is behind the evidence", "attest.time-future", bundle(good), now="2026-05-30T00:00:00Z")
case("verdict-other-resource", "a verdict for the same digest in another repository", "attest.resource-uri",
     bundle(statement(verdict("registry.example/other"), VERDICT)), types=[VERDICT], resource_uri="registry.example/app")
case("verdict-resource-prefix", "a resource that only begins like the right one", "attest.resource-uri",
     bundle(statement(verdict("registry.example/app-evil"), VERDICT)), types=[VERDICT], resource_uri="registry.example/app")
case("verdict-failed", "a verdict that says FAILED is evidence of failure", "attest.verdict-failed",
     bundle(statement(verdict(result="FAILED"), VERDICT)), types=[VERDICT], passed=True)
case("verdict-other-verifier", "a verdict by a verifier that is not asked for", "attest.verifier-id",
     bundle(statement(verdict(verifier="https://elsewhere.example"), VERDICT)), types=[VERDICT], verifier_id="https://gate.example")
case("verdict-lower-case-result", "a result that a careless comparison takes", "attest.predicate-shape",
     bundle(statement(verdict(result="passed"), VERDICT)), types=[VERDICT], passed=True)
print(count, "cases")
