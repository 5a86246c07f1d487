"""Writes cases/*.json: the attack suite for bundle verification, and the honest bundles beside it.

A maintainers' tool, not needed to run the tests. Each case is one file: what it is, the verifier's inputs, and the
expected outcome ("ok" or the code of the error). Every run makes new keys and so new bytes with the same meaning."""

import base64
import copy
import datetime
import hashlib
import json
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from lab import *

OUT = pathlib.Path(__file__).parent / "cases"
w = World()
other = World()  # a second world with other keys: the attacker's
minutes = lambda n: datetime.timedelta(minutes=n)
count = 0
roots = {}  # text of a trusted root → its file
for folder in ("cases", "roots"):
    (OUT.parent / folder).mkdir(exist_ok=True)
    for old in (OUT.parent / folder).glob("*.json"):
        old.unlink()


def case(name_, why, bundle, expect, root=None, identity=IDENTITY, issuer=ISSUER, key=None, artifact=ARTIFACT,
         digest_only=False):
    global count
    count += 1
    out = {"name": name_, "why": why, "expect": expect}
    if key is None:
        out.update(identity=identity, issuer=issuer)
    else:
        out["key"] = key
    if digest_only:
        out["artifact_sha256"] = hashlib.sha256(artifact).hexdigest()
    else:
        out["artifact"] = b64(artifact)
    text = root if isinstance(root, str) else json.dumps(root if root is not None else w.trusted_root())
    if text not in roots:
        roots[text] = "usual.json" if root is None else f"{name_}.json"
        (OUT.parent / "roots" / roots[text]).write_text(text + "\n")
    out["trusted_root"] = "roots/" + roots[text]
    out["bundle"] = bundle if isinstance(bundle, str) else json.dumps(bundle)
    (OUT / f"{name_}.json").write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")


def material(version, cert, key, entries, stamps, chain=()):
    if cert is None:
        out = {"publicKey": {"hint": hashlib.sha256(spki(key)).hexdigest()}}
    elif version == "0.3":
        out = {"certificate": {"rawBytes": b64(cert_der(cert))}}
    else:
        out = {"x509CertificateChain": {"certificates": [{"rawBytes": b64(cert_der(c))} for c in (cert, *chain)]}}
    if entries:
        out["tlogEntries"] = entries
    if stamps:
        out["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": b64(s)} for s in stamps]}
    return out


def message_bundle(version="0.3", cert="leaf", key=None, world=w, rekor=1, stamp=None, data=ARTIFACT, entry_args=None,
                   sig_hash=None, chain=(), digest=True, body=None, entry=True):
    key = key or world.key
    cert = world.leaf if cert == "leaf" else cert
    signature = sign(key, data, sig_hash)
    entries = []
    if entry and rekor == 1:
        made = body(signature) if body else hashedrekord1(signature, world.verifier_pem(cert, key), data)
        entries = [world.v1_entry(made, made["kind"], made["apiVersion"], **(entry_args or {}))]
    elif entry:
        made = body(signature) if body else hashedrekord2(signature, verifier2(cert, key), data)
        entries = [world.v2_entry(made, made["kind"], **(entry_args or {}))]
    stamps = [world.timestamp(signature)] if (stamp if stamp is not None else rekor == 2) else []
    content = {"signature": b64(signature)}
    if digest:
        content["messageDigest"] = {"algorithm": "SHA2_256", "digest": b64(sha256(data))}
    return {"mediaType": MEDIA[version], "verificationMaterial": material(version, cert, key, entries, stamps, chain),
            "messageSignature": content}


def envelope_bundle(kind="dsse1", version="0.3", cert="leaf", key=None, world=w, payload=None, payload_type=IN_TOTO,
                    stamp=None, keyid=None, body=None, entry=True, signature=None, entry_args=None):
    key = key or world.key
    cert = world.leaf if cert == "leaf" else cert
    payload = payload if payload is not None else statement()
    signed = pae(payload_type, payload)
    signature = signature or sign(key, signed)
    pem = world.verifier_pem(cert, key)
    made = body(signature) if body else {
        "dsse1": lambda: dsse1(signature, pem, payload), "intoto2": lambda: intoto2(signature, pem, payload, payload_type),
        "rekor2": lambda: hashedrekord2(signature, verifier2(cert, key), signed),
        "dsse2": lambda: dsse2(signature, verifier2(cert, key), payload)}[kind]()
    v2 = kind in ("rekor2", "dsse2")
    entries = []
    if entry:
        entries = [world.v2_entry(made, made["kind"], **(entry_args or {})) if v2 else
                   world.v1_entry(made, made["kind"], made["apiVersion"], **(entry_args or {}))]
    stamps = [world.timestamp(signature)] if (stamp if stamp is not None else v2) else []
    sig = {"sig": b64(signature)}
    if keyid is not None:
        sig["keyid"] = keyid
    return {"mediaType": MEDIA[version], "verificationMaterial": material(version, cert, key, entries, stamps),
            "dsseEnvelope": {"payload": b64(payload), "payloadType": payload_type, "signatures": [sig]}}


def changed(base, path, value=None, delete=False):
    out = copy.deepcopy(base)
    at = out
    for step in path[:-1]:
        at = at[step]
    if delete:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return out


def flipped(text, at=10):
    raw = bytearray(base64.b64decode(text))
    raw[at % len(raw)] ^= 1
    return b64(bytes(raw))


ENTRY = ["verificationMaterial", "tlogEntries", 0]
STAMPS = ["verificationMaterial", "timestampVerificationData", "rfc3161Timestamps"]


def get(base, path):
    for step in path:
        base = base[step]
    return base


# --- honest ---------------------------------------------------------------------------------------------------------
v1 = message_bundle()
dsse = envelope_bundle()
v2 = message_bundle(rekor=2)
rekor2_dsse = envelope_bundle("rekor2")
key_pem = spki_pem(w.key).decode()
key_v1 = message_bundle(cert=None)
key_dsse = envelope_bundle(cert=None, keyid=hashlib.sha256(spki(w.key)).hexdigest())

case("ok-v0.1-promise-only", "version 0.1 needs a promise and no proof", message_bundle("0.1", entry_args={"proof": False}), "ok")
case("ok-v0.1-promise-and-proof", "version 0.1 with both", message_bundle("0.1"), "ok")
case("ok-v0.1-proof-without-checkpoint", "version 0.1 may carry a proof without its checkpoint beside the promise",
     changed(message_bundle("0.1"), ENTRY + ["inclusionProof", "checkpoint"], delete=True), "ok")
case("ok-v0.2", "version 0.2 with promise and proof", message_bundle("0.2"), "ok")
case("ok-v0.3", "version 0.3 with promise and proof", v1, "ok")
case("ok-v0.3-old-media-type-spelling", "the parameter spelling of version 0.3",
     changed(v1, ["mediaType"], "application/vnd.dev.sigstore.bundle+json;version=0.3"), "ok")
case("ok-proof-and-timestamp-without-promise", "from 0.2 on the promise may be missing; the time is the timestamp's",
     message_bundle(stamp=True, entry_args={"promise": False}), "ok")
case("ok-promise-and-timestamp", "two verified times, both inside of the certificate's validity", message_bundle(stamp=True), "ok")
case("ok-dsse-0.0.1", "an attestation logged as dsse 0.0.1", dsse, "ok")
case("ok-intoto-0.0.2", "an attestation logged as intoto 0.0.2, signature in base64 twice", envelope_bundle("intoto2", "0.2"), "ok")
case("ok-rekor2", "hashedrekord 0.0.2 with a timestamp", v2, "ok")
case("ok-rekor2-envelope", "hashedrekord 0.0.2 over the envelope's PAE", rekor2_dsse, "ok")
case("ok-rekor2-dsse-0.0.2", "dsse 0.0.2", envelope_bundle("dsse2"), "ok")
case("ok-key", "a managed key instead of a certificate", key_v1, "ok", key=key_pem)
case("ok-key-envelope", "a managed key and an attestation, keyid equal to the hint", key_dsse, "ok", key=key_pem)
case("ok-key-rekor2", "a managed key in Rekor v2 needs no timestamp: the key does not end", message_bundle(cert=None, rekor=2, stamp=False), "ok", key=key_pem)
empty_root = dict(w.trusted_root(), tlogs=[], ctlogs=[], timestampAuthorities=[])
case("ok-key-no-log", "no logs in the trusted root: the key's signature alone counts", message_bundle(cert=None, entry=False), "ok", key=key_pem, root=empty_root)
private = dict(w.trusted_root(), tlogs=[])
case("ok-timestamp-only", "a private instance without a transparency log: certificate and timestamp",
     message_bundle(stamp=True, entry=False), "ok", root=private)
case("ok-no-ct-log-in-root", "a private instance without certificate transparency",
     message_bundle(cert=(leaf := w.leaf_certificate(w.key, sct=None))), "ok", root=dict(w.trusted_root(), ctlogs=[]))
case("ok-digest-only", "the artifact known by its digest", v1, "ok", digest_only=True)
case("ok-envelope-digest-only", "an attestation about a digest", dsse, "ok", digest_only=True)
case("ok-without-message-digest", "the bundle's digest is only a hint and may be missing", message_bundle(digest=False), "ok")
p384 = ec.generate_private_key(ec.SECP384R1())
case("ok-p384", "a P-384 signer with its own hash", message_bundle(key=p384, cert=w.leaf_certificate(p384)), "ok")
case("ok-p384-sha256", "a P-384 signer of an older client, with SHA-256",
     message_bundle(key=p384, cert=w.leaf_certificate(p384), sig_hash=hashes.SHA256()), "ok")
ed = ed25519.Ed25519PrivateKey.generate()
case("ok-ed25519", "an Ed25519 signer", envelope_bundle(key=ed, cert=w.leaf_certificate(ed)), "ok")
rsa_key = rsa.generate_private_key(65537, 2048)
case("ok-rsa", "an RSA signer", message_bundle(key=rsa_key, cert=w.leaf_certificate(rsa_key)), "ok")
case("ok-sct-with-extensions", "a signed certificate timestamp with extension bytes (static CT)",
     message_bundle(cert=w.leaf_certificate(w.key, sct_extensions=b"\x00\x00\x05\x00\x00\x00\x00\x07")), "ok")
case("ok-sct-of-two-logs", "one certificate timestamp by an unknown log, one by a known one",
     message_bundle(cert=w.leaf_certificate(w.key, sct=["unknown", "good"])), "ok")
case("ok-old-issuer-extension", "an old certificate that names its issuer in extension .1 only",
     message_bundle(cert=w.leaf_certificate(w.key, issuer=None, old_issuer=ISSUER)), "ok")
case("ok-email-identity", "a person's certificate", message_bundle(cert=w.leaf_certificate(w.key, email="dev@example.com")), "ok", identity="dev@example.com")
case("ok-timestamp-with-embedded-certificate", "the token carries its certificate",
     changed(v2, STAMPS, [{"signedTimestamp": b64(w.timestamp(base64.b64decode(v2["messageSignature"]["signature"]), embed=True))}]), "ok")
case("ok-timestamp-with-fraction", "the token's time has a fraction of a second",
     changed(v2, STAMPS, [{"signedTimestamp": b64(w.timestamp(base64.b64decode(v2["messageSignature"]["signature"]), fraction=".25"))}]), "ok")
case("ok-numbers-as-json-numbers", "int64 members may be JSON numbers",
     changed(changed(v1, ENTRY + ["logIndex"], 100), ENTRY + ["integratedTime"], int(SIGNED.timestamp())), "ok")
case("ok-null-is-unset", "null is the same as absent", changed(v1, ["dsseEnvelope"], None), "ok")
case("ok-url-safe-base64", "both alphabets are allowed",
     changed(v1, ["messageSignature", "signature"], v1["messageSignature"]["signature"].replace("+", "-").replace("/", "_")), "ok")
case("ok-one-of-two-logs-known", "an entry in a log that we do not know beside one that we do",
     changed(v1, ["verificationMaterial", "tlogEntries"],
             [get(v1, ENTRY), get(message_bundle(world=other), ENTRY)]), "ok")
case("ok-witnessed-checkpoint", "cosignatures of unknown witnesses are passed over",
     changed(v2, ENTRY + ["inclusionProof", "checkpoint", "envelope"],
             get(v2, ENTRY + ["inclusionProof", "checkpoint", "envelope"]) +
             "\u2014 witness.example/w1 " + b64(b"\x01\x02\x03\x04" + b"x" * 72) + "\n"), "ok")
case("ok-checkpoint-with-extra-lines", "a checkpoint may have more lines after its root hash",
     message_bundle(entry_args={"proof_args": {"extra": "Timestamp: 1768478520000000000\n"}}), "ok")
case("ok-first-leaf", "the first leaf of the tree", message_bundle(entry_args={"proof_args": {"index": 0}}), "ok")
case("ok-last-leaf-of-odd-tree", "the last leaf of a tree whose size is no power of two",
     message_bundle(entry_args={"proof_args": {"index": 12, "size": 13}}), "ok")
case("ok-single-leaf", "a tree of one leaf has an empty path", message_bundle(entry_args={"proof_args": {"index": 0, "size": 1}}), "ok")
sha512 = statement(subject=[{"name": "app", "digest": {"sha512": hashlib.sha512(ARTIFACT).hexdigest()}}])
case("ok-subject-sha512", "a subject known by its SHA-512 only", envelope_bundle(payload=sha512), "ok")
case("ok-statement-v0.1", "an older statement type",
     envelope_bundle(payload=statement(_type="https://in-toto.io/Statement/v0.1")), "ok")


def ended(kind, index, end, path=()):
    root = w.trusted_root()
    at = root[kind][index]
    for step in path:
        at = at[step]
    at["validFor"]["end"] = end
    return root


case("ok-log-ends-at-its-time", "validity is a closed interval", v1, "ok", root=ended("tlogs", 0, rfc3339(SIGNED), ["publicKey"]))
case("ok-ca-ends-at-its-time", "validity is a closed interval", v1, "ok", root=ended("certificateAuthorities", 0, rfc3339(SIGNED)))
case("ok-tsa-ends-at-its-time", "validity is a closed interval", v2, "ok", root=ended("timestampAuthorities", 0, rfc3339(SIGNED)))
case("ok-ct-log-ends-at-its-time", "validity is a closed interval", v1, "ok", root=ended("ctlogs", 0, rfc3339(T0), ["publicKey"]))
case("ok-tsa-chain-expired-by-now", "certificates are judged at the verified time, not now",
     (lambda tsa: changed(v2, STAMPS, [{"signedTimestamp": b64(w.timestamp(
         base64.b64decode(v2["messageSignature"]["signature"]), cert=tsa))}]))(
         tsa := w.tsa_leaf(w.tsa_key, end=SIGNED + minutes(1))), "ok",
     root=changed(w.trusted_root(), ["timestampAuthorities", 0, "certChain", "certificates", 0, "rawBytes"], b64(cert_der(tsa))))

# --- the log entry is not about this signature (CVE-2022-23649, CVE-2022-36056, CVE-2026-22703, sigstore-rust#160) -----
case("tlog-other-signature", "CVE-2026-22703: a valid entry for another signature by the same key",
     message_bundle(body=lambda s: hashedrekord1(sign(w.key, ARTIFACT), cert_pem(w.leaf))), "attest.tlog-signature")
case("tlog-other-certificate", "CVE-2022-36056: a valid entry whose certificate is another one with the same key",
     message_bundle(body=lambda s: hashedrekord1(s, cert_pem(w.leaf_certificate(w.key)))), "attest.tlog-signer")
case("tlog-key-instead-of-certificate", "the entry names the bare key, the bundle a certificate",
     message_bundle(body=lambda s: hashedrekord1(s, spki_pem(w.key))), "attest.tlog-signer")
case("tlog-other-artifact", "CVE-2022-23649: a valid entry for another artifact",
     message_bundle(body=lambda s: hashedrekord1(s, cert_pem(w.leaf), b"other")), "attest.tlog-content")
case("tlog-other-key", "a managed key whose entry names another key",
     message_bundle(cert=None, body=lambda s: hashedrekord1(s, spki_pem(p256()))), "attest.tlog-signer", key=key_pem)
case("tlog-dsse-other-payload", "an attestation whose entry is for another payload",
     envelope_bundle(body=lambda s: dsse1(s, cert_pem(w.leaf), b"{}")), "attest.tlog-content")
case("tlog-dsse-other-signature", "an attestation whose entry is for another signature",
     envelope_bundle(body=lambda s: dsse1(sign(w.key, pae(IN_TOTO, statement())), cert_pem(w.leaf), statement())), "attest.tlog-signature")
case("tlog-dsse-two-signatures", "an entry with a second signature beside ours",
     envelope_bundle(body=lambda s: (lambda b: (b["spec"]["signatures"].append(b["spec"]["signatures"][0]), b)[1])(
         dsse1(s, cert_pem(w.leaf), statement()))), "attest.tlog-body")
case("tlog-intoto-other-payload", "intoto 0.0.2 for another payload",
     envelope_bundle("intoto2", body=lambda s: intoto2(s, cert_pem(w.leaf), b"{}")), "attest.tlog-content")
case("tlog-intoto-other-signature", "intoto 0.0.2 for another signature",
     envelope_bundle("intoto2", body=lambda s: intoto2(b"x" * 70, cert_pem(w.leaf), statement())), "attest.tlog-signature")
case("tlog-intoto-other-signer", "intoto 0.0.2 for another certificate",
     envelope_bundle("intoto2", body=lambda s: intoto2(s, cert_pem(other.leaf), statement())), "attest.tlog-signer")
case("tlog-intoto-other-type", "intoto 0.0.2 for another payload type",
     envelope_bundle("intoto2", body=lambda s: intoto2(s, cert_pem(w.leaf), statement(), "text/plain")), "attest.tlog-content")
case("tlog-rekor2-other-signature", "a v2 entry for another signature of the same bytes",
     message_bundle(rekor=2, body=lambda s: hashedrekord2(sign(w.key, ARTIFACT), verifier2(w.leaf), ARTIFACT)), "attest.tlog-signature")
case("tlog-rekor2-other-artifact", "a v2 entry for another artifact",
     message_bundle(rekor=2, body=lambda s: hashedrekord2(s, verifier2(w.leaf), b"other")), "attest.tlog-content")
case("tlog-rekor2-other-signer", "a v2 entry for another certificate",
     message_bundle(rekor=2, body=lambda s: hashedrekord2(s, verifier2(other.leaf), ARTIFACT)), "attest.tlog-signer")
case("tlog-rekor2-envelope-payload-digest", "a v2 entry over the payload instead of the PAE",
     envelope_bundle("rekor2", body=lambda s: hashedrekord2(s, verifier2(w.leaf), statement())), "attest.tlog-content")
case("tlog-rekor2-two-verifiers", "a v2 entry with a key and a certificate",
     message_bundle(rekor=2, body=lambda s: hashedrekord2(s, dict(verifier2(w.leaf), **verifier2(None, w.key)), ARTIFACT)), "attest.tlog-body")
case("tlog-kind-confusion", "the bundle calls the entry something else than the entry does",
     changed(v1, ENTRY + ["kindVersion", "kind"], "dsse"), "attest.tlog-kind")
case("tlog-version-confusion", "a v1 entry called 0.0.2, to be spared the promise's time",
     changed(v1, ENTRY + ["kindVersion", "version"], "0.0.2"), "attest.tlog-index")
case("tlog-unknown-kind", "an entry of a kind that binds no signature",
     message_bundle(body=lambda s: {"apiVersion": "0.0.1", "kind": "rpm", "spec": {}}), "attest.tlog-kind")
case("tlog-bare-signature-for-envelope", "hashedrekord 0.0.1 does not say what an envelope's digest is",
     envelope_bundle(body=lambda s: hashedrekord1(s, cert_pem(w.leaf))), "attest.tlog-kind")
case("tlog-envelope-for-bare-signature", "a dsse entry for a bare signature",
     message_bundle(body=lambda s: dsse1(s, cert_pem(w.leaf), ARTIFACT)), "attest.tlog-kind")
body_with_duplicate = '{"apiVersion":"0.0.1","kind":"hashedrekord","kind":"hashedrekord","spec":{}}'
case("tlog-body-duplicate-key", "two parsers could read two entries out of one", changed(v1, ENTRY + ["canonicalizedBody"], b64(body_with_duplicate.encode())), "attest.tlog-promise")

# --- the log's promise, proof and checkpoint -----------------------------------------------------------------------------
case("set-flipped", "a changed promise", changed(v1, ENTRY + ["inclusionPromise", "signedEntryTimestamp"],
     flipped(get(v1, ENTRY + ["inclusionPromise", "signedEntryTimestamp"]), 30)), "attest.tlog-promise")
case("set-other-time", "the integrated time is moved into the certificate's validity", changed(v1, ENTRY + ["integratedTime"], str(int(SIGNED.timestamp()) + 1)), "attest.tlog-promise")
case("set-no-time", "a promise whose time is left out", changed(v1, ENTRY + ["integratedTime"], delete=True), "attest.tlog-promise")
case("set-other-index", "the index is changed", changed(v1, ENTRY + ["logIndex"], "101"), "attest.tlog-promise")
case("set-by-other-log", "an entry of a log outside of the trusted root", message_bundle(world=w, entry_args={"log": other.rekor1}), "attest.tlog-missing")
case("set-log-id-relabelled", "an entry of another log under our log's id",
     changed(message_bundle(entry_args={"log": other.rekor1}), ENTRY + ["logId", "keyId"], b64(w.rekor1.log_id(False))), "attest.tlog-promise")
case("proof-flipped-hash", "a changed proof", changed(v1, ENTRY + ["inclusionProof", "hashes", 1], flipped(get(v1, ENTRY + ["inclusionProof", "hashes", 1]))), "attest.inclusion-proof")
case("proof-short", "a proof with a hash too few", changed(v1, ENTRY + ["inclusionProof", "hashes"], get(v1, ENTRY + ["inclusionProof", "hashes"])[:-1]), "attest.inclusion-proof")
case("proof-long", "a proof with a hash too many", changed(v1, ENTRY + ["inclusionProof", "hashes"], get(v1, ENTRY + ["inclusionProof", "hashes"]) + [b64(b"x" * 32)]), "attest.inclusion-proof")
case("proof-hash-of-other-size", "a hash that is not of 32 bytes", changed(v1, ENTRY + ["inclusionProof", "hashes", 0], b64(b"x" * 31)), "attest.inclusion-proof")
case("proof-index-outside", "an index outside of the tree", changed(v1, ENTRY + ["inclusionProof", "logIndex"], "11"), "attest.inclusion-proof")
case("proof-tree-of-nothing", "a tree of size 0", changed(v1, ENTRY + ["inclusionProof", "treeSize"], "0"), "attest.inclusion-proof")
case("proof-other-root", "a root that the attacker computed", changed(v1, ENTRY + ["inclusionProof", "rootHash"], b64(b"r" * 32)), "attest.inclusion-proof")
attacker_proof = other.rekor2.proof(base64.b64decode(get(v2, ENTRY + ["canonicalizedBody"])), True, size=9)
case("proof-of-other-tree", "a proof that holds in a tree that the log never signed",
     changed(v2, ENTRY + ["inclusionProof"], dict(attacker_proof, checkpoint=get(v2, ENTRY + ["inclusionProof", "checkpoint"]))), "attest.checkpoint-root")
case("checkpoint-by-attacker", "a checkpoint signed by another key under the log's name and id",
     changed(v2, ENTRY + ["inclusionProof"], (lambda p: p)(Log(ed25519.Ed25519PrivateKey.generate(), w.rekor2.host).proof(
         base64.b64decode(get(v2, ENTRY + ["canonicalizedBody"])), True))), "attest.checkpoint-unsigned")


def note(base, change):
    return changed(base, ENTRY + ["inclusionProof", "checkpoint", "envelope"], change(get(base, ENTRY + ["inclusionProof", "checkpoint", "envelope"])))


def resigned(base, key_id):
    def change(text):
        head, line = text.split("\n\n")
        dash, who, blob = line.strip().split(" ")
        return f"{head}\n\n{dash} {who} {b64(key_id + base64.b64decode(blob)[4:])}\n"
    return note(base, change)


case("checkpoint-other-key-id", "the right signature under another key id", resigned(v2, b"\0\0\0\0"), "attest.checkpoint-unsigned")
case("checkpoint-flipped-signature", "a changed signature", note(v2, lambda t: (lambda h, l: h + "\n\n" + l[:-4] + ("A" if l[-4] != "A" else "B") + l[-3:])(*t.split("\n\n"))), "attest.checkpoint-signature")
case("checkpoint-no-signature", "no signature line", note(v2, lambda t: t.split("\n\n")[0] + "\n\n"), "attest.note")
case("checkpoint-no-empty-line", "no empty line before the signatures", note(v2, lambda t: t.replace("\n\n", "\n")), "attest.note")
case("checkpoint-leading-zero", "the tree size has a leading zero", note(v2, lambda t: t.replace("\n11\n", "\n011\n")), "attest.checkpoint")
case("checkpoint-no-size", "the tree size is missing", note(v2, lambda t: t.replace("\n11\n", "\n\n")), "attest.checkpoint")
case("checkpoint-crlf", "carriage returns", note(v2, lambda t: t.replace("\n", "\r\n")), "attest.note")
case("checkpoint-signature-not-base64", "junk in a signature line", note(v2, lambda t: t + "\u2014 w !!!!\n"), "attest.note")
case("checkpoint-other-origin", "the log signed a checkpoint of another tree with the same key",
     message_bundle(rekor=2, entry_args={"proof_args": {"origin": "other.lab.example"}}), "attest.checkpoint-origin")
case("checkpoint-name-substring", "the signature's name only contains the log's name",
     message_bundle(rekor=2, entry_args={"proof_args": {"name_": w.rekor2.host + ".evil.example"}}), "attest.checkpoint-unsigned")
case("checkpoint-old-state", "an older checkpoint than the proof", changed(v2, ENTRY + ["inclusionProof", "checkpoint"],
     w.rekor2.proof(base64.b64decode(get(v2, ENTRY + ["canonicalizedBody"])), True, size=7)["checkpoint"]), "attest.checkpoint-root")
case("checkpoint-v1-other-key", "a v1 checkpoint by another key", message_bundle(entry_args={"proof_args": {"key": p256()}}), "attest.checkpoint-unsigned")
case("rekor2-index-mismatch", "entry and proof name two places", changed(v2, ENTRY + ["logIndex"], "6"), "attest.tlog-index")
case("rekor2-no-proof", "a v2 entry without a proof", changed(v2, ENTRY + ["inclusionProof"], delete=True), "attest.bundle-proof-missing")
case("rekor2-no-timestamp", "nothing proves the time", message_bundle(rekor=2, stamp=False), "attest.no-time")
case("rekor2-no-timestamp-with-integrated-time", "an integrated time that nobody signed is no time",
     changed(message_bundle(rekor=2, stamp=False), ENTRY + ["integratedTime"], str(int(SIGNED.timestamp()))), "attest.no-time")
case("rekor1-unpromised-time", "an integrated time without a promise is no time",
     message_bundle(entry_args={"promise": False}), "attest.no-time")
case("tlog-missing", "no entry at all", message_bundle(entry=False, stamp=True), "attest.tlog-missing")
case("tlog-duplicate", "GHSA-9vcr-p3rj-q5q6: one entry counted twice", changed(v1, ["verificationMaterial", "tlogEntries"], [get(v1, ENTRY)] * 2), "attest.tlog-duplicate")
case("tlog-endless", "GHSA-cq38-jh5f-37mq: endless entries", changed(v1, ["verificationMaterial", "tlogEntries"], [get(v1, ENTRY)] * 33), "attest.bundle-limit")
case("log-ended", "the log's validity ended a second before", v1, "attest.tlog-time", root=ended("tlogs", 0, rfc3339(SIGNED - datetime.timedelta(seconds=1)), ["publicKey"]))
case("log-ended-by-a-millisecond", "ends are compared with their fractions", v2, "attest.log-time",
     root=ended("tlogs", 1, "2026-01-15T12:01:59.999Z", ["publicKey"]))

# --- timestamps ----------------------------------------------------------------------------------------------------------
signature = base64.b64decode(v2["messageSignature"]["signature"])


def stamped(token, base=v2):
    return changed(base, STAMPS, [{"signedTimestamp": b64(token)}])


case("timestamp-other-signature", "a token over other bytes", stamped(w.timestamp(b"other")), "attest.timestamp-imprint")
case("timestamp-over-artifact", "a token over the artifact instead of the signature", stamped(w.timestamp(ARTIFACT)), "attest.timestamp-imprint")
case("timestamp-sha1-imprint", "a token with a broken hash",
     stamped(w.timestamp(signature, imprint=hashlib.sha1(signature).digest(), imprint_alg=SHA1_ALG)), "attest.timestamp-imprint")
case("timestamp-untrusted-authority", "a token of an authority outside of the trusted root", stamped(other.timestamp(signature, embed=True)), "attest.timestamp-untrusted")
case("timestamp-untrusted-authority-without-certificate", "the same, without its certificate", stamped(other.timestamp(signature)), "attest.timestamp-untrusted")
sibling_key = p256()
case("timestamp-sibling-certificate", "another timestamping certificate under the same root is not the configured one",
     stamped(w.timestamp(signature, key=sibling_key, cert=w.tsa_leaf(sibling_key), embed=True)), "attest.timestamp-untrusted")
case("timestamp-configured-certificate-beside-signer", "CVE-2026-39984: the configured certificate stands first in the bag, another one signed",
     stamped(w.timestamp(signature, key=sibling_key, cert=w.tsa_leaf(sibling_key), embed=True, embed_first=w.tsa)), "attest.timestamp-untrusted")
case("timestamp-not-granted", "the authority refused", stamped(w.timestamp(signature, status=2)), "attest.timestamp")
case("timestamp-after-certificate", "the certificate had expired when it was stamped", stamped(w.timestamp(signature, time=T0 + minutes(11))), "attest.certificate-chain")
case("timestamp-before-certificate", "the certificate did not exist yet", stamped(w.timestamp(signature, time=T0 - minutes(1))), "attest.certificate-chain")
case("timestamp-second-is-outside", "every verified time must lie inside, not one of them",
     changed(v2, STAMPS, [{"signedTimestamp": b64(w.timestamp(signature))}, {"signedTimestamp": b64(w.timestamp(signature, time=T0 + minutes(11)))}]), "attest.certificate-chain")
case("timestamp-contradicts-log", "the log's time lies inside, the timestamp's outside",
     changed(message_bundle(stamp=True), STAMPS, [{"signedTimestamp": b64(b"")}]) if False else
     (lambda b: changed(b, STAMPS, [{"signedTimestamp": b64(w.timestamp(base64.b64decode(b["messageSignature"]["signature"]), time=T0 + minutes(11)))}]))(message_bundle(stamp=True)),
     "attest.certificate-chain")
case("timestamp-authority-ended", "the authority's validity in the trusted root had ended", v2, "attest.timestamp-time",
     root=ended("timestampAuthorities", 0, rfc3339(SIGNED - datetime.timedelta(seconds=1))))
case("timestamp-authority-ended-by-a-fraction", "12:02:00.25 is after 12:02:00", stamped(w.timestamp(signature, fraction=".25")), "attest.timestamp-time",
     root=ended("timestampAuthorities", 0, rfc3339(SIGNED)))
expired = w.tsa_leaf(w.tsa_key, end=SIGNED - minutes(1))
case("timestamp-certificate-expired", "the authority's certificate had expired at the token's time", stamped(w.timestamp(signature, cert=expired)),
     "attest.timestamp-untrusted", root=changed(w.trusted_root(), ["timestampAuthorities", 0, "certChain", "certificates", 0, "rawBytes"], b64(cert_der(expired))))
uncritical = w.tsa_leaf(w.tsa_key, critical=False)
case("timestamp-usage-not-critical", "RFC 3161: the usage must be critical", stamped(w.timestamp(signature, cert=uncritical)),
     "attest.timestamp-untrusted", root=changed(w.trusted_root(), ["timestampAuthorities", 0, "certChain", "certificates", 0, "rawBytes"], b64(cert_der(uncritical))))
case("timestamp-flipped", "a changed token", stamped((lambda t: t[:-3] + bytes([t[-3] ^ 1]) + t[-2:])(w.timestamp(signature))), "attest.timestamp-untrusted")
case("timestamp-junk", "no token", stamped(b"junk"), "attest.timestamp")
case("timestamp-trailing-bytes", "bytes after the token", stamped(w.timestamp(signature) + b"\0"), "attest.timestamp")
case("timestamp-duplicate", "one token twice", changed(v2, STAMPS, get(v2, STAMPS) * 2), "attest.timestamp-duplicate")
case("timestamp-endless", "GHSA-cq38-jh5f-37mq: endless tokens", changed(v2, STAMPS, get(v2, STAMPS) * 33), "attest.bundle-limit")

# --- certificates --------------------------------------------------------------------------------------------------------
foreign = other.leaf_certificate(w.key)
case("certificate-of-other-authority", "a certificate of an authority outside of the trusted root", message_bundle(cert=foreign), "attest.certificate-chain")
case("certificate-of-other-authority-with-its-chain", "the attacker brings the intermediate along", message_bundle("0.2", cert=foreign, chain=(other.ca,)), "attest.certificate-chain")
case("certificate-root-in-bundle", "a root in the bundle is not a root", message_bundle("0.2", cert=foreign, chain=(other.ca, other.root)), "attest.root-in-chain")
selfsigned_key = p256()
selfsigned = issue(name("self"), selfsigned_key, name("self"), selfsigned_key, T0, T0 + minutes(10),
                   [(usage(sign_=True), True), (x509.SubjectAlternativeName([x509.UniformResourceIdentifier(IDENTITY)]), True),
                    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
                    (x509.UnrecognizedExtension(ObjectIdentifier(FULCIO + "8"), utf8(ISSUER)), False)])
case("certificate-self-signed", "a certificate that vouches for itself", message_bundle(cert=selfsigned, key=selfsigned_key), "attest.root-in-chain")
case("certificate-not-for-code-signing", "a TLS server's certificate", message_bundle(cert=w.leaf_certificate(w.key, eku=ExtendedKeyUsageOID.SERVER_AUTH)), "attest.certificate-chain")
case("certificate-without-usage", "a certificate without an extended key usage", message_bundle(cert=w.leaf_certificate(w.key, eku=None)), "attest.certificate-chain")
case("certificate-of-an-authority", "an authority's certificate used as a signer's", message_bundle(cert=w.leaf_certificate(w.key, is_ca=True)), "attest.certificate-chain")
old_ca = authority("old ca", w.ca_key, name("lab root"), w.root_key, w.start, SIGNED - minutes(1), ExtendedKeyUsageOID.CODE_SIGNING, 0)
old_root = changed(w.trusted_root(), ["certificateAuthorities", 0, "certChain", "certificates", 0, "rawBytes"], b64(cert_der(old_ca)))
case("certificate-intermediate-expired", "CVE-2026-24122: the intermediate had expired", message_bundle(cert=w.leaf_certificate(w.key, ca=old_ca)), "attest.certificate-chain", root=old_root)
no_ca_key = p256()
no_ca = authority("no ca", no_ca_key, name("lab root"), w.root_key, w.start, w.end, ca=False)
case("certificate-issuer-is-no-ca", "issued by an end-entity certificate", message_bundle("0.2", cert=w.leaf_certificate(w.key, ca=no_ca, ca_key=no_ca_key), chain=(no_ca,)), "attest.certificate-chain")
tls_ca = authority("tls ca", w.ca_key, name("lab root"), w.root_key, w.start, w.end, ExtendedKeyUsageOID.SERVER_AUTH, 0)
case("certificate-issuer-for-other-usage", "issued by an authority for TLS", message_bundle(cert=w.leaf_certificate(w.key, ca=tls_ca)), "attest.certificate-chain",
     root=changed(w.trusted_root(), ["certificateAuthorities", 0, "certChain", "certificates", 0, "rawBytes"], b64(cert_der(tls_ca))))
case("certificate-signature-flipped", "a changed certificate", changed(v1, ["verificationMaterial", "certificate", "rawBytes"],
     flipped(v1["verificationMaterial"]["certificate"]["rawBytes"], -3)), "attest.tlog-signer")
case("certificate-expired-at-log-time", "integrated after the certificate's end", message_bundle(entry_args={"time": T0 + minutes(11)}), "attest.certificate-chain")
case("certificate-not-yet-valid-at-log-time", "integrated before the certificate's start", message_bundle(entry_args={"time": T0 - minutes(1)}), "attest.certificate-chain")
case("certificate-authority-ended", "the authority's validity in the trusted root had ended", v1, "attest.certificate-chain",
     root=ended("certificateAuthorities", 0, rfc3339(SIGNED - datetime.timedelta(seconds=1))))
case("certificate-junk", "no certificate", changed(v1, ["verificationMaterial", "certificate", "rawBytes"], b64(b"junk")), "attest.certificate")
case("certificate-trailing-bytes", "bytes after the certificate", changed(v1, ["verificationMaterial", "certificate", "rawBytes"], b64(cert_der(w.leaf) + b"\0")), "attest.certificate")
case("certificate-endless-chain", "endless certificates", changed(message_bundle("0.2"), ["verificationMaterial", "x509CertificateChain", "certificates"],
     [{"rawBytes": b64(cert_der(w.leaf))}] * 11), "attest.bundle-limit")
case("sct-missing", "no certificate timestamp", message_bundle(cert=w.leaf_certificate(w.key, sct=None)), "attest.sct-missing")
case("sct-unknown-log", "a certificate timestamp by an unknown log", message_bundle(cert=w.leaf_certificate(w.key, sct="unknown")), "attest.sct-unknown-log")
case("sct-bad-signature", "a certificate timestamp that does not hold", message_bundle(cert=w.leaf_certificate(w.key, sct="bad")), "attest.sct-signature")
case("sct-one-good-one-bad", "a bad one of a known log is not made good by another", message_bundle(cert=w.leaf_certificate(w.key, sct=["good", "bad"])), "attest.sct-signature")
case("sct-log-ended", "the certificate transparency log had ended", v1, "attest.sct-time", root=ended("ctlogs", 0, rfc3339(T0 - minutes(1)), ["publicKey"]))
case("sct-log-key-swapped", "another key under the log's id", v1, "attest.sct-signature",
     root=changed(w.trusted_root(), ["ctlogs", 0, "publicKey", "rawBytes"], b64(spki(p256()))))
case("identity-other", "another identity", v1, "attest.identity", identity=IDENTITY.replace("main", "dev"))
case("identity-prefix", "the identity only begins like the expected one", v1, "attest.identity", identity=IDENTITY[:-1])
case("identity-pattern", "identities are exact: a pattern is a text like any other", v1, "attest.identity", identity="https://ci.example.com/.*")
case("identity-case", "identities are exact: case counts", v1, "attest.identity", identity=IDENTITY.upper())
case("identity-look-alike", "a Cyrillic letter in the expected identity is another identity", v1, "attest.identity", identity=IDENTITY.replace("a", "\u0430", 1))
case("identity-empty", "conforma#1680: an empty constraint is no constraint, and refused", v1, "attest.no-expectation", identity="")
case("issuer-empty", "an empty issuer is no constraint, and refused", v1, "attest.no-expectation", issuer="")
case("issuer-other", "another issuer", v1, "attest.issuer", issuer="https://other.example.com")
case("issuer-missing", "a certificate that names no issuer", message_bundle(cert=w.leaf_certificate(w.key, issuer=None)), "attest.issuer")
case("issuer-contradicts-itself", "two issuer extensions that differ", message_bundle(cert=w.leaf_certificate(w.key, old_issuer="https://other.example.com")), "attest.issuer")

# --- keys ----------------------------------------------------------------------------------------------------------------
case("key-other", "another key", key_v1, "attest.tlog-signer", key=spki_pem(other.key).decode())
case("key-other-no-log", "another key, and no log to notice it", message_bundle(cert=None, entry=False), "attest.signature", key=spki_pem(other.key).decode(), root=empty_root)
case("key-given-for-certificate", "a key is given, and the bundle has a certificate", v1, "attest.material", key=key_pem)
case("key-missing", "the bundle is signed with a key, and none is given", key_v1, "attest.material")
case("key-hint-mismatch", "hint and keyid name two keys", envelope_bundle(cert=None, keyid="00" * 32), "attest.keyid-hint-mismatch", key=key_pem)
case("key-private", "a private key where a public one belongs", key_v1, "attest.key-format",
     key=(lambda k: k.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode())(p256()))
weak = rsa.generate_private_key(65537, 1024)
case("key-weak-rsa", "an RSA key of 1024 bits", message_bundle(cert=None, key=weak), "attest.key-size", key=spki_pem(weak).decode())
k1 = ec.generate_private_key(ec.SECP256K1())
case("key-foreign-curve", "a curve outside of the list", message_bundle(cert=None, key=k1), "attest.key-algorithm", key=spki_pem(k1).decode())

# --- signature and content -----------------------------------------------------------------------------------------------
case("artifact-other", "another artifact", v1, "attest.tlog-content", artifact=b"another\n")
case("artifact-other-no-log", "another artifact, and no log to notice it", message_bundle(cert=None, entry=False), "attest.message-digest", key=key_pem, root=empty_root, artifact=b"another\n")
case("message-digest-lies", "the bundle's digest is another artifact's", changed(v1, ["messageSignature", "messageDigest", "digest"], b64(sha256(b"x"))), "attest.message-digest")
case("message-digest-unknown-hash", "a digest by a hash that is not accepted",
     changed(v1, ["messageSignature", "messageDigest"], {"algorithm": "SHA1", "digest": b64(b"x" * 20)}), "attest.hash-unknown")
case("signature-flipped", "a changed signature", changed(v1, ["messageSignature", "signature"], flipped(v1["messageSignature"]["signature"], -1)), "attest.tlog-signature")
raw_key = message_bundle(cert=None, entry=False)
case("signature-flipped-no-log", "a changed signature, and no log to notice it", changed(raw_key, ["messageSignature", "signature"], flipped(raw_key["messageSignature"]["signature"], -1)), "attest.signature", key=key_pem, root=empty_root)
case("signature-empty", "an empty signature", changed(v1, ["messageSignature", "signature"], ""), "attest.bundle")
case("envelope-payload-changed", "CVE-2022-35929: the payload is replaced", changed(dsse, ["dsseEnvelope", "payload"], b64(statement(predicate_type="https://example.com/other/v1"))), "attest.tlog-content")
unlogged = dict(w.trusted_root(), tlogs=[])
unlogged_dsse = envelope_bundle(entry=False, stamp=True)
case("envelope-payload-changed-no-log", "the payload is replaced, and no log to notice it", changed(unlogged_dsse, ["dsseEnvelope", "payload"], b64(statement(predicate_type="https://example.com/other/v1"))), "attest.signature", root=unlogged)
case("envelope-type-changed", "the same bytes under another payload type", changed(unlogged_dsse, ["dsseEnvelope", "payloadType"], "application/vnd.in-toto.x+json"), "attest.signature", root=unlogged)
case("envelope-signed-without-pae", "a signature over the bare payload", envelope_bundle(signature=sign(w.key, statement())), "attest.signature")
case("envelope-two-signatures", "a bundle has exactly one signature", changed(dsse, ["dsseEnvelope", "signatures"], dsse["dsseEnvelope"]["signatures"] * 2), "attest.bundle-signatures")
case("envelope-no-signature", "no signature", changed(dsse, ["dsseEnvelope", "signatures"], []), "attest.envelope-signatures")
case("envelope-other-payload-type", "no in-toto statement", envelope_bundle(payload_type="text/plain"), "attest.payload-type")
case("statement-other-type", "a statement of a later version", envelope_bundle(payload=statement(_type="https://in-toto.io/Statement/v9")), "attest.statement-type")
case("statement-junk", "no JSON", envelope_bundle(payload=b"junk"), "json.syntax")
case("statement-duplicate-key", "Boost.JSON and JavaScript take the last one", envelope_bundle(payload=statement()[:-1] + b',"subject":[]}'), "json.duplicate-key")
case("statement-escaped-duplicate-key", "the same, with one key escaped", envelope_bundle(payload=statement()[:-1] + b',"s\\u0075bject":[]}'), "json.duplicate-key")
case("statement-number-out-of-range", "1e400 is no number", envelope_bundle(payload=statement().replace(b'"runDetails": {}', b'"runDetails": 1e400')), "json.number-range")
case("subject-other", "a statement about another artifact", envelope_bundle(payload=statement(subject=[{"name": "app", "digest": {"sha256": "ab" * 32}}])), "attest.subject-mismatch")
case("subject-same-name-only", "a subject is its digest, not its name", envelope_bundle(payload=statement(subject=[{"name": "app", "digest": {"gitCommit": "ab" * 20}}])), "attest.subject-mismatch")
case("subject-none", "no subject", envelope_bundle(payload=statement(subject=[])), "attest.subject-empty")
case("subject-without-digest", "a subject without a digest", envelope_bundle(payload=statement(subject=[{"name": "app"}])), "attest.digest-empty")
case("subject-sha1-only", "a subject known by a broken hash only", envelope_bundle(payload=statement(subject=[{"digest": {"sha1": hashlib.sha1(ARTIFACT).hexdigest()}}])), "attest.subject-mismatch")
case("subject-upper-case", "digests are lower case", envelope_bundle(payload=statement(subject=[{"digest": {"sha256": hashlib.sha256(ARTIFACT).hexdigest().upper()}}])), "attest.digest-form")
case("subject-short-digest", "half a digest", envelope_bundle(payload=statement(subject=[{"digest": {"sha256": hashlib.sha256(ARTIFACT).hexdigest()[:32]}}])), "attest.digest-form")
case("subject-mixed-digests", "one digest is the artifact's, the other is not",
     envelope_bundle(payload=statement(subject=[{"digest": {"sha256": hashlib.sha256(ARTIFACT).hexdigest(), "sha512": "ab" * 64}}])), "attest.subject-mixed")

# --- the bundle's own form -----------------------------------------------------------------------------------------------
case("bundle-truncated", "cut JSON", json.dumps(v1)[:-20], "json.syntax")
case("bundle-trailing", "text after the bundle", json.dumps(v1) + "{}", "json.trailing")
case("bundle-byte-order-mark", "a byte order mark", "\ufeff" + json.dumps(v1), "json.bom")
case("bundle-duplicate-key", "a second signature that some parsers would take", json.dumps(v1)[:-1] + ', "messageSignature": {"signature": "AAAA"}}', "json.duplicate-key")
case("bundle-escaped-duplicate-key", "the same, with the key escaped", json.dumps(v1)[:-1] + ', "m\\u0065ssageSignature": {"signature": "AAAA"}}', "json.duplicate-key")
case("bundle-unknown-member", "an unknown member could be a restriction", changed(v1, ["extra"], 1), "attest.bundle-field")
case("bundle-snake-case", "the other spelling of proto3 JSON could hide a second value", changed(v1, ["media_type"], "x"), "attest.bundle-field")
case("bundle-unknown-media-type", "no bundle", changed(v1, ["mediaType"], "application/json"), "attest.bundle-media-type")
case("bundle-no-media-type", "no media type", changed(v1, ["mediaType"], delete=True), "attest.bundle-media-type")
case("bundle-later-version", "a version that does not exist yet", changed(v1, ["mediaType"], "application/vnd.dev.sigstore.bundle.v0.4+json"), "attest.bundle-media-type")
case("bundle-relabelled-0.3-as-0.1", "janssen#14636: an older label with weaker rules", changed(v1, ["mediaType"], MEDIA["0.1"]), "attest.bundle-field")
case("bundle-relabelled-0.2-as-0.3", "a chain does not exist from 0.3 on", changed(message_bundle("0.2"), ["mediaType"], MEDIA["0.3"]), "attest.bundle-field")
case("bundle-relabelled-0.2-as-0.1-without-promise", "0.1 without its promise", changed(message_bundle("0.2", stamp=True, entry_args={"promise": False}), ["mediaType"], MEDIA["0.1"]), "attest.bundle-promise-missing")
case("bundle-relabelled-0.1-with-bad-proof", "what is there is verified, whatever the label demands",
     changed(message_bundle("0.1"), ENTRY + ["inclusionProof", "hashes", 0], b64(b"x" * 32)), "attest.inclusion-proof")
case("bundle-0.2-without-checkpoint", "a proof without its checkpoint", changed(message_bundle("0.2"), ENTRY + ["inclusionProof", "checkpoint"], delete=True), "attest.bundle-proof-missing")
case("bundle-0.3-without-proof", "a promise alone is not enough from 0.2 on", message_bundle(entry_args={"proof": False}), "attest.bundle-proof-missing")
case("bundle-two-contents", "a signature and an envelope", changed(v1, ["dsseEnvelope"], dsse["dsseEnvelope"]), "attest.bundle")
case("bundle-no-content", "neither signature nor envelope", changed(v1, ["messageSignature"], delete=True), "attest.bundle")
case("bundle-two-materials", "a certificate and a key", changed(v1, ["verificationMaterial", "publicKey"], {"hint": "x"}), "attest.bundle")
case("bundle-no-material", "no verification material", changed(v1, ["verificationMaterial"], delete=True), "attest.bundle")
case("bundle-base64-junk", "white space in base64", changed(v1, ["messageSignature", "signature"], v1["messageSignature"]["signature"] + "\n"), "attest.bundle-base64")
case("bundle-base64-padding", "missing padding", changed(v1, ["messageSignature", "signature"], b64(b"x" * 70).rstrip("=")), "attest.bundle-base64")
case("bundle-negative-index", "a negative index", changed(v1, ENTRY + ["logIndex"], "-1"), "attest.bundle-number")
case("bundle-fractional-index", "an index that is no integer", changed(v1, ENTRY + ["logIndex"], 1.5), "attest.bundle-number")
case("bundle-huge-index", "an index beyond 64 bits", changed(v1, ENTRY + ["logIndex"], "9223372036854775808"), "attest.bundle-number")
case("bundle-padded-index", "an index with a leading zero", changed(v1, ENTRY + ["logIndex"], "0100"), "attest.bundle-number")
case("bundle-deep", "endless nesting", "[" * 2000, "json.depth")
case("bundle-is-an-array", "no object", "[]", "attest.bundle")

# --- the trusted root's own form -------------------------------------------------------------------------------------------
good_root = w.trusted_root()
case("root-ca-without-start", "an authority without the start of its validity is malformed", v1, "attest.trusted-root-time",
     root=changed(good_root, ["certificateAuthorities", 0, "validFor", "start"], delete=True))
case("root-tsa-without-start", "the same for a timestamp authority", v2, "attest.trusted-root-time",
     root=changed(good_root, ["timestampAuthorities", 0, "validFor", "start"], delete=True))
case("root-log-without-start", "the same for a log", v1, "attest.trusted-root-time",
     root=changed(good_root, ["tlogs", 0, "publicKey", "validFor", "start"], delete=True))
case("root-unknown-member", "an unknown member could be a restriction", v1, "attest.trusted-root-field", root=changed(good_root, ["tlogs", 0, "revoked"], True))
case("root-other-media-type", "no trusted root", v1, "attest.trusted-root-media-type", root=changed(good_root, ["mediaType"], "application/json"))
case("root-duplicate-key", "two lists of logs", v1, "json.duplicate-key", root=json.dumps(good_root)[:-1] + ', "tlogs": []}')
case("root-key-details-lie", "a key that is not what its details say", v1, "attest.trusted-root-key", root=changed(good_root, ["tlogs", 0, "publicKey", "keyDetails"], "PKIX_ED25519"))
case("root-empty", "an empty trusted root trusts nobody", v1, "attest.certificate-chain",
     root={"mediaType": good_root["mediaType"], "timestampAuthorities": [], "tlogs": good_root["tlogs"]})
case("root-certificate-junk", "a certificate that does not parse", v1, "attest.trusted-root-certificate",
     root=changed(good_root, ["certificateAuthorities", 0, "certChain", "certificates", 0, "rawBytes"], b64(b"junk")))
case("root-log-algorithm-unknown", "a log whose key we cannot use verifies nothing", v1, "attest.tlog-unknown-log",
     root=changed(good_root, ["tlogs", 0, "publicKey", "keyDetails"], "ML_DSA_65"))

# --- older image signatures (cosign 1 and 2): annotations of an OCI layer and a payload ------------------------------------
IMAGE = hashlib.sha256(b"manifest").hexdigest()


def payload(image=IMAGE, type_="cosign container image signature", reference="registry.example.com/acme/app", **over):
    out = {"critical": {"identity": {"docker-reference": reference}, "image": {"docker-manifest-digest": "sha256:" + image},
                        "type": type_}, "optional": None}
    out.update(over)
    return json.dumps(out).encode()


def annotations(body, cert=w.leaf, key=w.key, entry=True, logged=None, time=SIGNED):
    signature = sign(key, body)
    out = {"dev.cosignproject.cosign/signature": b64(signature)}
    if cert is not None:
        out["dev.sigstore.cosign/certificate"] = cert_pem(cert).decode()
        out["dev.sigstore.cosign/chain"] = (cert_pem(w.ca) + cert_pem(w.root)).decode()
    if entry:
        made = w.v1_entry(hashedrekord1(signature, w.verifier_pem(cert, key), logged if logged is not None else body),
                          "hashedrekord", "0.0.1", proof=False, time=time)
        out["dev.sigstore.cosign/bundle"] = json.dumps({
            "SignedEntryTimestamp": made["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {"body": made["canonicalizedBody"], "integratedTime": int(made["integratedTime"]),
                        "logIndex": int(made["logIndex"]), "logID": w.rekor1.log_id(False).hex()}})
    return out


def image_case(name_, why, expect, body=None, notes=None, image=IMAGE, reference=None, **kwargs):
    body = body if body is not None else payload()
    notes = notes if notes is not None else annotations(body)
    case(name_, why, "", expect, artifact=body, **kwargs)
    path = OUT / f"{name_}.json"
    out = json.loads(path.read_text())
    del out["bundle"]
    out.update(annotations=notes, image=image)
    if reference is not None:
        out["reference"] = reference
    path.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")


image_case("image-ok", "a keyless image signature", "ok")
image_case("image-ok-reference", "the payload's repository is demanded and fits", "ok", reference="registry.example.com/acme/app")
image_case("image-ok-key", "a key and a log entry", "ok", notes=annotations(payload(), cert=None), key=key_pem)
image_case("image-ok-key-no-log", "a key alone", "ok", notes=annotations(payload(), cert=None, entry=False), key=key_pem, root=empty_root)
image_case("image-other-image", "a signature of another image", "attest.subject-mismatch", body=payload("ab" * 32))
image_case("image-other-repository", "a signature made for the same digest in another repository (replay)", "attest.simple-reference",
           body=payload(reference="registry.example.com/evil/app"), reference="registry.example.com/acme/app")
image_case("image-payload-changed", "the payload was changed after signing", "attest.tlog-content", notes=annotations(payload("ab" * 32)))
image_case("image-payload-changed-no-log", "the same, and no log to notice it", "attest.signature", key=key_pem, root=empty_root,
           notes=annotations(payload("ab" * 32), cert=None, entry=False))
image_case("image-payload-type", "a payload of another kind", "attest.simple-payload", body=payload(type_="something else"))
image_case("image-payload-duplicate-key", "two image digests", "json.duplicate-key", body=payload()[:-1] + b', "critical": {}}')
image_case("image-tag-instead-of-digest", "no digest", "attest.simple-payload", body=payload("latest"))
image_case("image-log-entry-other-payload", "CVE-2022-23649: a log entry for another payload", "attest.tlog-content",
           notes=annotations(payload(), logged=payload("ab" * 32)))
image_case("image-log-entry-missing", "no log entry", "attest.tlog-missing", notes=annotations(payload(), entry=False))
image_case("image-log-time-outside", "integrated after the certificate's end", "attest.certificate-chain",
           notes=annotations(payload(), time=T0 + minutes(11)))
image_case("image-other-identity", "another identity", "attest.identity", identity="https://other.example.com/x")
image_case("image-foreign-certificate", "a certificate of another authority, with its chain", "attest.certificate-chain",
           notes=annotations(payload(), cert=other.leaf_certificate(w.key)))
image_case("image-signature-junk", "no base64", "attest.simple-annotation",
           notes=dict(annotations(payload()), **{"dev.cosignproject.cosign/signature": "!"}))
image_case("image-signature-missing", "no signature", "attest.simple-annotation",
           notes={k: v for k, v in annotations(payload()).items() if not k.endswith("signature")})
image_case("image-bundle-junk", "a broken log annotation", "attest.simple-annotation",
           notes=dict(annotations(payload()), **{"dev.sigstore.cosign/bundle": "{"}))
image_case("image-bundle-duplicate-key", "two payloads in the log annotation", "attest.simple-annotation",
           notes=(lambda n: dict(n, **{"dev.sigstore.cosign/bundle": n["dev.sigstore.cosign/bundle"][:-1] + ', "Payload": {}}'}))(annotations(payload())))
image_case("image-certificate-junk", "a broken certificate", "attest.simple-annotation",
           notes=dict(annotations(payload()), **{"dev.sigstore.cosign/certificate": "-----BEGIN CERTIFICATE-----\nAA"}))
image_case("image-two-certificates", "two certificates where one belongs", "attest.simple-annotation",
           notes=(lambda n: dict(n, **{"dev.sigstore.cosign/certificate": n["dev.sigstore.cosign/certificate"] * 2}))(annotations(payload())))

# --- older attestations (cosign 1 and 2): the envelope is the layer, the rest its annotations ----------------------------
def attestation(signer=w.key, cert=w.leaf, body=None, entry=True, time=SIGNED, stamp=None, logged=None, extra_signature=False):
    body = body if body is not None else statement()
    signature = sign(signer, pae(IN_TOTO, body))
    notes = {}
    if cert is not None:
        notes["dev.sigstore.cosign/certificate"] = cert_pem(cert).decode()
        notes["dev.sigstore.cosign/chain"] = (cert_pem(w.ca) + cert_pem(w.root)).decode()
    if entry:
        made = w.v1_entry(dsse1(signature, w.verifier_pem(cert, signer), logged if logged is not None else body), "dsse", "0.0.1",
                          proof=False, time=time)
        notes["dev.sigstore.cosign/bundle"] = json.dumps({
            "SignedEntryTimestamp": made["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {"body": made["canonicalizedBody"], "integratedTime": int(made["integratedTime"]),
                        "logIndex": int(made["logIndex"]), "logID": w.rekor1.log_id(False).hex()}})
    if stamp is not None:
        notes["dev.sigstore.cosign/rfc3161timestamp"] = json.dumps({"SignedRFC3161Timestamp": b64(stamp(signature))})
    signatures = [{"keyid": "", "sig": b64(signature)}] * (2 if extra_signature else 1)
    return json.dumps({"payloadType": IN_TOTO, "payload": b64(body), "signatures": signatures}), notes


def attestation_case(name_, why, expect, made=None, **kwargs):
    envelope, notes = made or attestation()
    case(name_, why, "", expect, digest_only=True, **kwargs)
    path = OUT / f"{name_}.json"
    out = json.loads(path.read_text())
    del out["bundle"]
    out.update(envelope=envelope, annotations=notes)
    path.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")


no_log = changed(w.trusted_root(), ["tlogs"], [])
attestation_case("attestation-ok", "a keyless attestation of cosign 2, logged", "ok")
attestation_case("attestation-ok-timestamp", "without a log, with a timestamp", "ok", attestation(entry=False, stamp=w.timestamp), root=no_log)
attestation_case("attestation-ok-key", "a key alone", "ok", attestation(cert=None, entry=False), key=key_pem, root=empty_root)
attestation_case("attestation-log-entry-missing", "no log entry", "attest.tlog-missing", attestation(entry=False))
attestation_case("attestation-no-time", "an expired certificate, and nothing that says when it signed", "attest.no-time", attestation(entry=False), root=no_log)
attestation_case("attestation-log-time-outside", "integrated after the certificate's end", "attest.certificate-chain", attestation(time=T0 + minutes(11)))
attestation_case("attestation-timestamp-outside", "stamped after the certificate's end", "attest.certificate-chain",
                 attestation(entry=False, stamp=lambda s: w.timestamp(s, time=T0 + minutes(11))), root=no_log)
attestation_case("attestation-log-entry-other-payload", "CVE-2022-35929 in kind: the entry is of another statement", "attest.tlog-content",
                 attestation(logged=statement(predicate_type="https://example.com/other")))
attestation_case("attestation-payload-changed", "the payload is replaced", "attest.signature",
                 (lambda made: (json.dumps({**json.loads(made[0]), "payload": b64(statement(predicate_type="https://example.com/other"))}), made[1]))(
                     attestation(entry=False, stamp=w.timestamp)), root=no_log)
attestation_case("attestation-other-identity", "another identity", "attest.identity", identity="https://other.example.com/x")
attestation_case("attestation-foreign-certificate", "a certificate of another authority, with its chain", "attest.certificate-chain",
                 attestation(cert=other.leaf_certificate(w.key)))
attestation_case("attestation-other-image", "about another image", "attest.subject-mismatch", artifact=b"another artifact\n")
attestation_case("attestation-two-signatures", "one of two signatures would be verified", "attest.bundle-signatures", attestation(extra_signature=True))
attestation_case("attestation-key-for-certificate", "a key is given, and it is signed with a certificate", "attest.material", key=key_pem)

# --- more of the listed attacks --------------------------------------------------------------------------------------
case("issuer-prefix", "an issuer that only begins like the right one", message_bundle(), "attest.issuer", issuer=ISSUER + ".evil.example")

weak_key = rsa.generate_private_key(65537, 1024)
weak_ca = authority("weak ca", weak_key, w.root.subject, w.root_key, w.start, w.end, ExtendedKeyUsageOID.CODE_SIGNING, 0)
case("certificate-issuer-weak", "an intermediate with an RSA key of 1024 bits",
     message_bundle(cert=w.leaf_certificate(w.key, ca=weak_ca, ca_key=weak_key)), "attest.certificate-chain",
     root=changed(w.trusted_root(), ["certificateAuthorities", 0, "certChain", "certificates"],
                  [{"rawBytes": b64(cert_der(weak_ca))}, {"rawBytes": b64(cert_der(w.root))}]))
encipher = x509.KeyUsage(False, False, True, False, False, False, False, False, False)
case("certificate-not-for-signatures", "a key for encryption, by its certificate",
     message_bundle(cert=w.leaf_certificate(w.key, key_usage=encipher)), "attest.certificate-chain")


def restamped(**args):
    bundle = message_bundle(stamp=True)
    signature = base64.b64decode(bundle["messageSignature"]["signature"])
    return changed(bundle, ["verificationMaterial", "timestampVerificationData", "rfc3161Timestamps", 0, "signedTimestamp"],
                   b64(w.timestamp(signature, **args)))


case("timestamp-token-sha1", "a token that is signed with a broken hash", restamped(sha1=True), "attest.timestamp")
case("timestamp-token-signed-twice", "a token with two signers", restamped(twice=True), "attest.timestamp")

print(count, "cases")
