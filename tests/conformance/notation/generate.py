"""Writes cases/*.json: notation signatures (JWS envelopes), honest ones and attacks.

A maintainers' tool, not needed to run the tests. Every run makes new keys and so new bytes with the same meaning."""

import base64
import copy
import datetime
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "sigstore"))

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab import SHA1_ALG, World, authority, b64, cert_der, issue, rfc3339, sha256, usage, T0, UTC

MANIFEST = "sha256:" + hashlib.sha256(b"a manifest").hexdigest()
OTHER = "sha256:" + hashlib.sha256(b"another manifest").hexdigest()
SUBJECT = "CN=Release,O=Acme,C=US"
NOW = T0 + datetime.timedelta(days=10)
day = datetime.timedelta(days=1)
DN = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "US"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme"),
                x509.NameAttribute(NameOID.COMMON_NAME, "Release")])
SCHEME, TIME, AUTHENTIC, EXPIRY = ("io.cncf.notary." + n for n in ("signingScheme", "signingTime", "authenticSigningTime", "expiry"))
STAMP = "io.cncf.notary.timestampSignature"
w = World()
stranger = World()
seen_roots = {}
for folder in ("cases", "roots"):
    (HERE / folder).mkdir(exist_ok=True)
    for old in (HERE / folder).glob("*.json"):
        old.unlink()


def url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def leaf(key=None, dn=DN, ca=None, ca_key=None, start=None, end=None, eku=(ExtendedKeyUsageOID.CODE_SIGNING,), key_usage=usage(sign_=True),
         is_ca=False, hash_=None):
    extensions = [(x509.BasicConstraints(is_ca, None), True)]
    if key_usage:
        extensions.append((key_usage, True))
    if eku:
        extensions.append((x509.ExtendedKeyUsage(list(eku)), False))
    return issue(dn, key or w.key, (ca or w.ca).subject, ca_key or w.ca_key, start or T0 - day, end or T0 + 300 * day, extensions,
                 hash_=hash_)


def trusted(world=w, cas=None, tsa=True, start=None, end=None):
    root = world.trusted_root()
    root["tlogs"], root["ctlogs"] = [], []
    if not tsa:
        root["timestampAuthorities"] = []
    if cas is not None:
        root["certificateAuthorities"][0]["certChain"]["certificates"] = [{"rawBytes": b64(cert_der(c))} for c in cas]
    if start:
        root["certificateAuthorities"][0]["validFor"]["start"] = rfc3339(start)
    if end:
        root["certificateAuthorities"][0]["validFor"]["end"] = rfc3339(end)
    return root


def jws_sign(key, data, alg):
    hash_ = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[alg[-3:]]
    if isinstance(key, rsa.RSAPrivateKey):
        if alg.startswith("RS"):
            return key.sign(data, padding.PKCS1v15(), hash_)
        return key.sign(data, padding.PSS(padding.MGF1(hash_), hash_.digest_size), hash_)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    size = (key.curve.key_size + 7) // 8
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hash_)))
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def header(alg="ES256", scheme="notary.x509", time=None, expiry=None, crit=None, **more):
    out = {"alg": alg, "cty": "application/vnd.cncf.notary.payload.v1+json", SCHEME: scheme}
    critical = [SCHEME]
    out[TIME if scheme == "notary.x509" else AUTHENTIC] = time or rfc3339(T0)
    if scheme != "notary.x509":
        critical.append(AUTHENTIC)
    if expiry:
        out[EXPIRY] = expiry
        critical.append(EXPIRY)
    out["crit"] = crit if crit is not None else critical
    out.update(more)
    return {k: v for k, v in out.items() if v is not ...}


def target(digest=MANIFEST, **more):
    return {"targetArtifact": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 16724, **more}}


def envelope(key=None, cert=None, chain=None, head=None, payload=None, stamp=None, sign_alg=None, changed_signature=None, agent=True):
    key, cert = key or w.key, cert or leaf()
    head = head if head is not None else header()
    head_text = head if isinstance(head, bytes) else json.dumps(head).encode()
    payload_text = payload if isinstance(payload, bytes) else json.dumps(payload if payload is not None else target()).encode()
    protected, body = url(head_text), url(payload_text)
    alg = sign_alg or (head["alg"] if isinstance(head, dict) and str(head.get("alg"))[-3:] in ("256", "384", "512") else "ES256")
    signature = jws_sign(key, (protected + "." + body).encode(), alg)
    if changed_signature:
        signature = changed_signature(signature)
    unprotected = {"x5c": [b64(cert_der(c)) for c in ([cert] + (chain if chain is not None else [w.ca, w.root]))]}
    if stamp:
        unprotected[STAMP] = b64(stamp(signature))
    if agent:
        unprotected["io.cncf.notary.signingAgent"] = "lab/1.0"
    return {"payload": body, "protected": protected, "header": unprotected, "signature": url(signature)}


def token(response):
    """The token of a TimeStampResp, which begins after the status of five bytes."""
    at = 2 + (response[1] & 0x7F if response[1] & 0x80 else 0)
    return response[at + 5:]


def stamped(time=T0, world=w, **args):
    return lambda signature: token(world.timestamp(signature, time=time, embed=True, **args))


def case(name, why, made, expect, root=None, identity=SUBJECT, image=MANIFEST, now=NOW):
    text = json.dumps(root if root is not None else trusted())
    if text not in seen_roots:
        seen_roots[text] = "usual.json" if root is None else f"{name}.json"
        (HERE / "roots" / seen_roots[text]).write_text(text + "\n")
    out = {"name": name, "why": why, "expect": expect, "image": image, "identity": identity, "now": rfc3339(now),
           "trusted_root": "roots/" + seen_roots[text], "envelope": made if isinstance(made, str) else json.dumps(made)}
    (HERE / "cases" / f"{name}.json").write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")


def with_(base, **over):
    out = copy.deepcopy(base)
    out.update(over)
    return {k: v for k, v in out.items() if v is not ...}


# --- honest ---
for alg, key in (("ES256", ec.generate_private_key(ec.SECP256R1())), ("ES384", ec.generate_private_key(ec.SECP384R1())),
                 ("ES512", ec.generate_private_key(ec.SECP521R1())), ("PS256", rsa.generate_private_key(65537, 2048)),
                 ("PS384", rsa.generate_private_key(65537, 3072)), ("PS512", rsa.generate_private_key(65537, 4096))):
    case(f"ok-{alg.lower()}", f"an honest signature, {alg}", envelope(key, leaf(key), head=header(alg)), "ok")
good = envelope()
case("ok-expiry-ahead", "an expiry that has not come", envelope(head=header(expiry=rfc3339(NOW + day))), "ok")
case("ok-signing-authority", "the other signing scheme", envelope(head=header(scheme="notary.x509.signingAuthority")), "ok")
case("ok-timestamp", "a certificate that has expired since, and a timestamp of when it had not",
     envelope(cert=leaf(end=T0 + day), stamp=stamped()), "ok")
case("ok-no-root-in-chain", "the root is not brought along", envelope(chain=[w.ca]), "ok")
case("ok-authority-knows-intermediate", "only the leaf is brought along", envelope(chain=[]), "ok")
case("ok-extended-attribute", "an attribute of others that is not critical", envelope(head=header(**{"com.example.note": "x"})), "ok")
case("ok-annotations", "a target with annotations and a type", envelope(payload=target(annotations={"a": "b"}, artifactType="x/y")), "ok")
self_dn = DN
self_signed = issue(self_dn, w.key, self_dn, w.key, T0 - day, T0 + 300 * day,
                    [(x509.BasicConstraints(False, None), True), (usage(sign_=True), True),
                     (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)])
case("ok-self-signed-configured", "a self-signed certificate that is configured itself", envelope(cert=self_signed, chain=[]), "ok",
     root=trusted(cas=[self_signed]))
for name, start, end in (("expired", T0 - day, NOW - day), ("not-yet", NOW + day, NOW + 2 * day)):
    old = issue(DN, w.key, DN, w.key, start, end, [(x509.BasicConstraints(False, None), True), (usage(sign_=True), True),
                                                   (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False)])
    case(f"chain-self-signed-configured-{name}", "a configured certificate counts in its time only", envelope(cert=old, chain=[]),
         "attest.certificate-chain", root=trusted(cas=[old]))

# --- envelope ---
case("envelope-junk", "no JSON", "{", "json.syntax")
case("envelope-array", "not an object", "[]", "attest.notation")
case("envelope-duplicate-key", "two payloads", json.dumps(good).replace('{"payload"', '{"payload": "e30", "payload"', 1), "json.duplicate-key")
case("envelope-escaped-duplicate-key", "two payloads, one escaped", json.dumps(good).replace('{"payload"', '{"p\\u0061yload": "e30", "payload"', 1), "json.duplicate-key")
case("envelope-unknown-member", "more than the format has", with_(good, signatures=[]), "attest.notation")
case("envelope-no-header", "no unprotected header", with_(good, header=...), "attest.notation")
case("envelope-no-signature", "no signature", with_(good, signature=...), "attest.notation")
case("envelope-padded", "base64url with padding is another spelling of the same", with_(good, signature=good["signature"] + "=="), "attest.notation")
case("envelope-standard-base64", "the other alphabet", with_(good, payload=good["payload"] + "+/"), "attest.notation")
case("envelope-junk-in-base64", "junk inside of base64", with_(good, payload=good["payload"][:8] + "\n" + good["payload"][8:]), "attest.notation")
case("envelope-no-certificates", "CVE-2023-25656: no certificates must not crash", with_(good, header={"x5c": []}), "attest.notation")
case("envelope-endless-certificates", "CVE-2023-33957, CVE-2023-33958: certificates without end",
     with_(good, header={"x5c": good["header"]["x5c"][:1] * 11}), "attest.notation")
case("envelope-certificate-junk", "a certificate that is none", with_(good, header={"x5c": ["AAAA"]}), "attest.certificate")
case("envelope-unknown-unprotected", "an unprotected header that is not known", with_(good, header={**good["header"], "crit": []}), "attest.notation")

# --- protected header ---
head = lambda expect, name, why, **over: case(name, why, envelope(head=header(**over)), expect)
head("attest.notation-algorithm", "alg-none", "no algorithm at all", alg="none")
head("attest.notation-algorithm", "alg-hmac", "a symmetric one, with the public key as the secret", alg="HS256")
head("attest.notation-algorithm", "alg-missing", "no algorithm named", alg=...)
case("alg-of-another-curve", "the algorithm comes from the key, never from the message", envelope(head=header("ES384"), sign_alg="ES256"), "attest.notation-algorithm")
rsa_key = rsa.generate_private_key(65537, 2048)
case("alg-rsa-stronger-than-key", "an RSA key of 2048 bits goes with PS256 only", envelope(rsa_key, leaf(rsa_key), head=header("PS512")), "attest.notation-algorithm")
case("alg-pkcs1", "PKCS#1 v1.5 under the name of PSS", envelope(rsa_key, leaf(rsa_key), head=header("PS256"), sign_alg="RS256"), "attest.signature")
odd = ed25519.Ed25519PrivateKey.generate()
case("alg-ed25519", "a kind of key that the format does not have", envelope(odd, leaf(odd)), "attest.notation-algorithm")
head("attest.notation-content-type", "content-type-other", "a payload of another type", cty="application/vnd.in-toto+json")
head("attest.notation-scheme", "scheme-unknown", "an unknown signing scheme", scheme="notary.x509.next", crit=[SCHEME])
head("attest.notation-critical", "critical-unknown", "a critical header that is not understood", crit=[SCHEME, "com.example.must"], **{"com.example.must": 1})
head("attest.notation-critical", "critical-missing", "no list of critical headers", crit=...)
head("attest.notation-critical", "critical-scheme-unmarked", "the scheme is not marked as critical", crit=[])
head("attest.notation-critical", "critical-twice", "one header named twice", crit=[SCHEME, SCHEME])
head("attest.notation-critical", "critical-absent-header", "names a header that is not there", crit=[SCHEME, EXPIRY])
head("attest.notation-critical", "critical-registered", "names a registered header", crit=[SCHEME, "alg"])
head("attest.notation-critical", "critical-expiry-unmarked", "an expiry that others might pass over", crit=[SCHEME], expiry=rfc3339(NOW + day))
head("attest.notation-critical", "critical-plugin", "demands a verification plugin", crit=[SCHEME, "io.cncf.notary.verificationPlugin"], **{"io.cncf.notary.verificationPlugin": "x"})
head("attest.notation-critical", "plugin-unmarked", "demands a plugin, and does not mark it as critical", **{"io.cncf.notary.verificationPlugin": "x"})
head("attest.notation-header", "time-missing", "no signing time", **{TIME: ...})
head("attest.notation-header", "time-junk", "a signing time that is none", time="yesterday")
head("attest.notation-header", "time-of-other-scheme", "the authentic time of the other scheme", crit=[SCHEME, AUTHENTIC], **{AUTHENTIC: rfc3339(T0)})
head("attest.time-future", "time-future", "signed tomorrow", time=rfc3339(NOW + day))
head("attest.notation-header", "expiry-before-signing", "expired before it was signed", expiry=rfc3339(T0 - day))
head("attest.notation-expired", "expired", "past the signer's expiry", expiry=rfc3339(NOW - day))
head("attest.notation-expired", "expired-this-second", "the expiry itself is past", expiry=rfc3339(NOW))
case("header-duplicate-key", "two algorithms", envelope(head=json.dumps(header()).replace('{"alg"', '{"alg": "none", "alg"').encode()), "attest.notation-header")

# --- signature and payload ---
flip = lambda data: data[:-1] + bytes([data[-1] ^ 1])
case("signature-flipped", "one bit of the signature", envelope(changed_signature=flip), "attest.signature")
case("signature-short", "a signature that is cut", envelope(changed_signature=lambda s: s[:-1]), "attest.signature")
case("signature-zero", "CVE-2022-21449: both numbers zero", envelope(changed_signature=lambda s: bytes(64)), "attest.signature")
case("signature-der", "ECDSA in DER, which JWS does not have", envelope(changed_signature=lambda s: utils.encode_dss_signature(
    int.from_bytes(s[:32], "big"), int.from_bytes(s[32:], "big"))), "attest.signature")
case("payload-swapped", "the payload of another signature", with_(good, payload=url(json.dumps(target(OTHER)).encode())), "attest.signature", image=OTHER)
case("header-swapped", "the header of another signature", with_(good, protected=envelope(head=header(expiry=rfc3339(NOW + day)))["protected"]), "attest.signature")
case("payload-other-image", "CVE-2023-33959: the registry serves another artifact than was signed", good, "attest.subject-mismatch", image=OTHER)
case("payload-upper-case-digest", "hex in capitals", envelope(payload=target("sha256:" + MANIFEST[7:].upper())), "attest.subject-mismatch")
case("payload-sha512-digest", "a digest of another kind", envelope(payload=target("sha512:" + "0" * 128)), "attest.subject-mismatch")
case("payload-no-digest", "a target without a digest", envelope(payload={"targetArtifact": {"mediaType": "x/y", "size": 1}}), "attest.notation-payload")
case("payload-no-size", "a target without a size", envelope(payload={"targetArtifact": {"mediaType": "x/y", "digest": MANIFEST}}), "attest.notation-payload")
case("payload-no-target", "no target", envelope(payload={}), "attest.notation-payload")
case("payload-two-targets", "more than the target", envelope(payload={**target(), "alsoArtifact": {}}), "attest.notation-payload")
case("payload-duplicate-key", "two digests", envelope(payload=json.dumps(target()).replace('"digest"', '"digest": "%s", "digest"' % OTHER).encode()), "attest.notation-payload")
case("payload-junk", "a signed payload that is no JSON", envelope(payload=b"\xff"), "attest.notation-payload")

# --- certificate ---
case("chain-stranger", "an authority that is not configured", envelope(stranger.key, leaf(stranger.key, ca=stranger.ca, ca_key=stranger.ca_key),
                                                                    chain=[stranger.ca, stranger.root]), "attest.certificate-chain")
case("chain-forged-issuer", "the right issuer's name, another issuer's key", envelope(cert=leaf(ca_key=stranger.ca_key)), "attest.certificate-chain")
case("chain-self-signed", "a self-signed certificate that nobody configured", envelope(cert=self_signed, chain=[]), "attest.certificate-chain")
case("chain-expired", "an expired certificate, and no timestamp", envelope(cert=leaf(end=NOW - day)), "attest.certificate-chain")
case("chain-not-yet", "a certificate that is not valid yet", envelope(cert=leaf(start=NOW + day, end=NOW + 2 * day)), "attest.certificate-chain")
old_key = ec.generate_private_key(ec.SECP256R1())
old_ca = authority("old ca", old_key, w.root.subject, w.root_key, T0 - 9 * day, T0 + day, ExtendedKeyUsageOID.CODE_SIGNING, 0)
case("chain-expired-intermediate", "CVE-2026-24122: an intermediate that has expired", envelope(cert=leaf(ca=old_ca, ca_key=old_key), chain=[old_ca, w.root]),
     "attest.certificate-chain", root=trusted(cas=[w.root]))
case("chain-authority-over", "the trusted root says that the authority counts no longer", good, "attest.certificate-chain", root=trusted(end=T0))
case("chain-leaf-issues", "a certificate issued by another signer's", envelope(stranger.key, leaf(stranger.key, ca=leaf(), ca_key=w.key), chain=[leaf(), w.ca]), "attest.certificate-chain")
leaf_case = lambda name, why, **over: case(name, why, envelope(cert=leaf(**over)), "attest.notation-certificate")
leaf_case("leaf-no-usage", "no extended key usage", eku=())
leaf_case("leaf-server", "a web server's certificate", eku=(ExtendedKeyUsageOID.SERVER_AUTH,))
leaf_case("leaf-code-and-timestamps", "one certificate for signing code and stamping times", eku=(ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.TIME_STAMPING))
leaf_case("leaf-any-usage", "for every use", eku=(ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE))
leaf_case("leaf-no-key-usage", "says nothing of its key's use", key_usage=None)
leaf_case("leaf-key-encipherment", "a key for other things than signing", key_usage=x509.KeyUsage(False, False, True, False, False, False, False, False, False))
leaf_case("leaf-is-authority", "an authority's certificate", is_ca=True)
case("identity-other", "another subject", good, "attest.identity", identity="CN=Other,O=Acme,C=US")
case("identity-part", "a part of the subject is not the subject", good, "attest.identity", identity="CN=Release")
case("identity-reordered", "the same parts in another order", good, "attest.identity", identity="C=US,O=Acme,CN=Release")
case("identity-empty", "an empty constraint would accept everybody", good, "attest.no-expectation", identity="")
case("identity-hidden-comma", "a name that spells the separators in one part", envelope(cert=leaf(dn=x509.Name([x509.NameAttribute(
    NameOID.COMMON_NAME, "Release,O=Acme,C=US")]))), "attest.identity")

# --- timestamp ---
case("timestamp-other-signature", "a timestamp of another signature", envelope(stamp=lambda s: stamped()(flip(s))), "attest.timestamp-imprint")
case("timestamp-stranger", "a timestamp by an authority that is not configured", envelope(stamp=stamped(world=stranger)), "attest.timestamp-untrusted")
case("timestamp-junk", "a timestamp that is none", envelope(stamp=lambda s: b"\x30\x00"), "attest.timestamp")
case("timestamp-after-expiry", "the timestamp is of after the certificate's end", envelope(cert=leaf(end=T0 + day), stamp=stamped(T0 + 2 * day)), "attest.certificate-chain")
case("timestamp-not-configured", "without configured authorities a timestamp proves nothing", envelope(cert=leaf(end=T0 + day), stamp=stamped()),
     "attest.certificate-chain", root=trusted(tsa=False))
case("timestamp-own-word", "the signing time is the signer's own word", envelope(cert=leaf(end=T0 + day), head=header(time=rfc3339(T0))), "attest.certificate-chain")
case("timestamp-authentic-own-word", "so is the authentic one, for us", envelope(cert=leaf(end=T0 + day), head=header(scheme="notary.x509.signingAuthority")),
     "attest.certificate-chain")
tsa_key = ec.generate_private_key(ec.SECP256R1())
not_tsa = issue(w.tsa.subject, tsa_key, w.tsa_root.subject, w.tsa_root_key, T0 - day, T0 + day,
                [(usage(sign_=True), True), (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), True)])
case("timestamp-by-code-signer", "a token by a certificate that is not for timestamps", envelope(stamp=stamped(key=tsa_key, cert=not_tsa)), "attest.timestamp-untrusted")
case("timestamp-sha1-imprint", "an imprint by a broken hash", envelope(stamp=lambda s: stamped(imprint=hashlib.sha1(s).digest(), imprint_alg=SHA1_ALG)(s)), "attest.timestamp-imprint")

print(len(list((HERE / "cases").glob("*.json"))), "cases")
