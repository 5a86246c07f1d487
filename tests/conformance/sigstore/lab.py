"""A small signing world, made up on the spot: certificate authority, certificate transparency log, Rekor v1 and v2,
timestamp authority. Only for generate.py; needs the Python package `cryptography`. Private keys live for one run."""

import base64
import datetime
import hashlib
import json
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

UTC = datetime.timezone.utc
T0 = datetime.datetime(2026, 1, 15, 12, 0, 0, tzinfo=UTC)  # the leaf certificate's first second
SIGNED = T0 + datetime.timedelta(minutes=2)
IDENTITY = "https://ci.example.com/acme/app/.ci/build.yml@refs/heads/main"
ISSUER = "https://issuer.example.com"
ARTIFACT = b"the artifact\n"
FULCIO = "1.3.6.1.4.1.57264.1."


def b64(data):
    return base64.b64encode(data).decode()


def sha256(data):
    return hashlib.sha256(data).digest()


def rfc3339(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- DER ------------------------------------------------------------------------------------------------------------
def der(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def der_int(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def der_oid(text):
    numbers = [int(n) for n in text.split(".")]
    out = bytes([numbers[0] * 40 + numbers[1]])
    for n in numbers[2:]:
        chunk = [n & 0x7F]
        while n := n >> 7:
            chunk.append(0x80 | (n & 0x7F))
        out += bytes(reversed(chunk))
    return der(6, out)


SHA256_ALG = der(0x30, der_oid("2.16.840.1.101.3.4.2.1"))
SHA1_ALG = der(0x30, der_oid("1.3.14.3.2.26"))
ECDSA_SHA1 = der(0x30, der_oid("1.2.840.10045.4.1"))
ECDSA_SHA256 = der(0x30, der_oid("1.2.840.10045.4.3.2"))


# --- keys -----------------------------------------------------------------------------------------------------------
def spki(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def spki_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def sign(key, data, hash_=None):
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hash_ or hashes.SHA256())
    if hash_ is None:
        hash_ = hashes.SHA384() if key.curve.name == "secp384r1" else hashes.SHA256()
    return key.sign(data, ec.ECDSA(hash_))


def p256():
    return ec.generate_private_key(ec.SECP256R1())


# --- certificates ---------------------------------------------------------------------------------------------------
def name(text):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "lab"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(subject, key, issuer, issuer_key, start, end, extensions, serial=None, hash_=None):
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hash_ or hashes.SHA256())


def usage(sign_=False, ca=False):
    return x509.KeyUsage(sign_, False, False, False, False, ca, ca, False, False)


def authority(text, key, issuer, issuer_key, start, end, eku=None, length=None, ca=True):
    extensions = [(x509.BasicConstraints(ca, length if ca else None), True), (usage(ca=ca, sign_=not ca), True),
                  (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)]
    if eku:
        extensions.append((x509.ExtendedKeyUsage([eku]), False))
    return issue(name(text), key, issuer, issuer_key, start, end, extensions)


def utf8(text):
    return der(0x0C, text.encode())


def cert_der(cert):
    return cert.public_bytes(serialization.Encoding.DER)


def cert_pem(cert):
    return cert.public_bytes(serialization.Encoding.PEM)


class Log:
    """A Merkle tree with a few leaves of others before and after ours."""

    def __init__(self, key, host):
        self.key = key
        self.host = host

    @staticmethod
    def root(hashes_):
        if len(hashes_) == 1:
            return hashes_[0]
        split = 1
        while split * 2 < len(hashes_):
            split *= 2
        return sha256(b"\x01" + Log.root(hashes_[:split]) + Log.root(hashes_[split:]))

    @staticmethod
    def path(index, hashes_):
        if len(hashes_) == 1:
            return []
        split = 1
        while split * 2 < len(hashes_):
            split *= 2
        if index < split:
            return Log.path(index, hashes_[:split]) + [Log.root(hashes_[split:])]
        return Log.path(index - split, hashes_[split:]) + [Log.root(hashes_[:split])]

    def proof(self, body, v2, index=5, size=11, origin=None, name_=None, key=None, extra=""):
        leaves = [sha256(b"\x00" + b"filler %d" % i) for i in range(size)]
        leaves[index] = sha256(b"\x00" + body)
        root = Log.root(leaves)
        origin = origin or (self.host if v2 else self.host + " - 1193050959916656506")
        text = f"{origin}\n{size}\n{b64(root)}\n{extra}"
        line = self.note_line(text, name_ or self.host, key or self.key, v2)
        return {
            "logIndex": str(index),
            "rootHash": b64(root),
            "treeSize": str(size),
            "hashes": [b64(h) for h in Log.path(index, leaves)],
            "checkpoint": {"envelope": text + "\n" + line},
        }

    def note_line(self, text, name_, key, v2):
        return f"\u2014 {name_} {b64(note_id(name_, key, v2)[:4] + sign(key, text.encode()))}\n"

    def log_id(self, v2):
        return note_id(self.host, self.key, v2) if v2 else sha256(spki(self.key))


def note_id(name_, key, v2):
    if v2 and isinstance(key, ed25519.Ed25519PrivateKey):
        return sha256(name_.encode() + b"\n\x01" + spki(key)[-32:])
    return sha256(spki(key))


class World:
    def __init__(self):
        year = datetime.timedelta(days=365)
        self.start, self.end = T0 - year, T0 + 5 * year
        self.root_key, self.ca_key = p256(), p256()
        self.root = authority("lab root", self.root_key, name("lab root"), self.root_key, self.start, self.end, length=1)
        self.ca = authority("lab ca", self.ca_key, name("lab root"), self.root_key, self.start, self.end,
                            ExtendedKeyUsageOID.CODE_SIGNING, 0)
        self.ct_key = p256()
        self.rekor1 = Log(p256(), "rekor.lab.example")
        self.rekor2 = Log(ed25519.Ed25519PrivateKey.generate(), "log2026.rekor.lab.example")
        self.tsa_root_key, self.tsa_key = p256(), p256()
        self.tsa_root = authority("lab tsa root", self.tsa_root_key, name("lab tsa root"), self.tsa_root_key, self.start, self.end)
        self.tsa = self.tsa_leaf(self.tsa_key)
        self.key = p256()  # of the signer
        self.leaf = self.leaf_certificate(self.key)

    def tsa_leaf(self, key, start=None, end=None, critical=True, issuer_key=None):
        return issue(name("lab tsa"), key, name("lab tsa root"), issuer_key or self.tsa_root_key, start or self.start,
                     end or self.end, [(usage(sign_=True), True),
                                       (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical)])

    def leaf_certificate(self, key, identity=IDENTITY, issuer=ISSUER, start=T0, end=None, eku=ExtendedKeyUsageOID.CODE_SIGNING,
                         sct="good", ca=None, ca_key=None, claims=None, old_issuer=None, sct_time=None, ct_key=None,
                         sct_extensions=b"", is_ca=False, email=None, key_usage=None):
        ca, ca_key = ca or self.ca, ca_key or self.ca_key
        san = [x509.RFC822Name(email)] if email else [x509.UniformResourceIdentifier(identity)]
        extensions = [(key_usage or usage(sign_=True), True), (x509.SubjectAlternativeName(san), True)]
        if eku:
            extensions.append((x509.ExtendedKeyUsage([eku]), False))
        if is_ca:
            extensions.append((x509.BasicConstraints(True, None), True))
        if issuer is not None:
            extensions.append((x509.UnrecognizedExtension(ObjectIdentifier(FULCIO + "8"), utf8(issuer)), False))
        if old_issuer is not None:
            extensions.append((x509.UnrecognizedExtension(ObjectIdentifier(FULCIO + "1"), old_issuer.encode()), False))
        for number, value in (claims or {}).items():
            extensions.append((x509.UnrecognizedExtension(ObjectIdentifier(FULCIO + str(number)), utf8(value)), False))
        serial = x509.random_serial_number()
        end = end or start + datetime.timedelta(minutes=10)
        args = (x509.Name([]), key, ca.subject, ca_key, start, end)
        bare = issue(*args, extensions, serial)
        if sct is None:
            return bare
        lists = b""
        for kind in [sct] if isinstance(sct, str) else sct:
            log_key = {"good": ct_key or self.ct_key, "unknown": p256(), "bad": self.ct_key}[kind]
            made = self.sct(bare.tbs_certificate_bytes, ca, log_key, sct_time or T0, sct_extensions)
            if kind == "bad":
                made = made[:-1] + bytes([made[-1] ^ 1])
            lists += struct.pack(">H", len(made)) + made
        value = der(4, struct.pack(">H", len(lists)) + lists)
        extensions.append((x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), value), False))
        return issue(*args, extensions, serial)

    def sct(self, tbs, ca, log_key, time, extensions):
        issuer_spki = ca.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        millis = struct.pack(">Q", int(time.timestamp() * 1000))
        body = (b"\x00\x00" + millis + b"\x00\x01" + sha256(issuer_spki) + struct.pack(">I", len(tbs))[1:] + tbs +
                struct.pack(">H", len(extensions)) + extensions)
        signature = sign(log_key, body)
        return (b"\x00" + sha256(spki(log_key)) + millis + struct.pack(">H", len(extensions)) + extensions + b"\x04\x03" +
                struct.pack(">H", len(signature)) + signature)

    # --- timestamps -------------------------------------------------------------------------------------------------
    def timestamp(self, signature, time=SIGNED, key=None, cert=None, embed=False, imprint=None, status=0, fraction="",
                  imprint_alg=SHA256_ALG, embed_first=None, sha1=False, twice=False):
        key, cert = key or self.tsa_key, cert or self.tsa
        stamp = time.strftime("%Y%m%d%H%M%S") + fraction + "Z"
        info = der(0x30, der_int(1), der_oid("1.3.6.1.4.1.57264.2"),
                   der(0x30, imprint_alg, der(4, imprint if imprint is not None else sha256(signature))), der_int(7),
                   der(0x18, stamp.encode()))
        ess = der(0x30, der(0x30, der(0x30, der(4, sha256(cert_der(cert))))))
        attributes = sorted([
            der(0x30, der_oid("1.2.840.113549.1.9.3"), der(0x31, der_oid("1.2.840.113549.1.9.16.1.4"))),
            der(0x30, der_oid("1.2.840.113549.1.9.4"), der(0x31, der(4, hashlib.sha1(info).digest() if sha1 else sha256(info)))),
            der(0x30, der_oid("1.2.840.113549.1.9.16.2.47"), der(0x31, ess)),
        ])
        signed = sign(key, der(0x31, *attributes), hashes.SHA1() if sha1 else None)
        issuer_serial = der(0x30, cert.issuer.public_bytes(), der_int(cert.serial_number))
        signer = der(0x30, der_int(1), issuer_serial, SHA1_ALG if sha1 else SHA256_ALG, der(0xA0, *attributes),
                     ECDSA_SHA1 if sha1 else ECDSA_SHA256, der(4, signed))
        certificates = ([cert_der(embed_first)] if embed_first else []) + ([cert_der(cert)] if embed else [])
        content = der(0x30, der_oid("1.2.840.113549.1.9.16.1.4"), der(0xA0, der(4, info)))
        data = der(0x30, der_int(3), der(0x31, SHA1_ALG if sha1 else SHA256_ALG), content,
                   der(0xA0, *certificates) if certificates else b"", der(0x31, signer, signer) if twice else der(0x31, signer))
        token = der(0x30, der_oid("1.2.840.113549.1.7.2"), der(0xA0, data))
        return der(0x30, der(0x30, der_int(status)), token)

    # --- trusted root -----------------------------------------------------------------------------------------------
    def trusted_root(self):
        valid = {"start": rfc3339(self.start)}

        def log(key, details, url, log_id):
            return {"baseUrl": url, "hashAlgorithm": "SHA2_256",
                    "publicKey": {"rawBytes": b64(spki(key)), "keyDetails": details, "validFor": dict(valid)},
                    "logId": {"keyId": b64(log_id)}}

        def chain(*certs):
            return {"subject": {"organization": "lab", "commonName": "lab"}, "uri": "https://ca.lab.example",
                    "certChain": {"certificates": [{"rawBytes": b64(cert_der(c))} for c in certs]}, "validFor": dict(valid)}

        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                log(self.rekor1.key, "PKIX_ECDSA_P256_SHA_256", "https://rekor.lab.example", self.rekor1.log_id(False)),
                log(self.rekor2.key, "PKIX_ED25519", "https://log2026.rekor.lab.example", self.rekor2.log_id(True)),
            ],
            "certificateAuthorities": [chain(self.ca, self.root)],
            "ctlogs": [log(self.ct_key, "PKIX_ECDSA_P256_SHA_256", "https://ct.lab.example", sha256(spki(self.ct_key)))],
            "timestampAuthorities": [chain(self.tsa, self.tsa_root)],
        }

    # --- bundles ----------------------------------------------------------------------------------------------------
    def verifier_pem(self, cert, key):
        return cert_pem(cert) if cert else spki_pem(key)

    def v1_entry(self, body, kind, version, time=SIGNED, index=100, promise=True, proof=True, log=None, proof_args=None):
        log = log or self.rekor1
        raw = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
        log_id = log.log_id(False)
        entry = {"logIndex": str(index), "logId": {"keyId": b64(log_id)}, "kindVersion": {"kind": kind, "version": version},
                 "integratedTime": str(int(time.timestamp())), "canonicalizedBody": b64(raw)}
        if promise:
            message = json.dumps({"body": b64(raw), "integratedTime": int(time.timestamp()), "logID": log_id.hex(),
                                  "logIndex": index}, separators=(",", ":"), sort_keys=True)
            entry["inclusionPromise"] = {"signedEntryTimestamp": b64(sign(log.key, message.encode()))}
        if proof:
            entry["inclusionProof"] = log.proof(raw, False, **(proof_args or {}))
        return entry

    def v2_entry(self, body, kind="hashedrekord", log=None, proof_args=None):
        log = log or self.rekor2
        raw = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
        proof = log.proof(raw, True, **(proof_args or {}))
        return {"logIndex": proof["logIndex"], "logId": {"keyId": b64(log.log_id(True))},
                "kindVersion": {"kind": kind, "version": "0.0.2"}, "inclusionProof": proof, "canonicalizedBody": b64(raw)}


def pae(payload_type, payload):
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


def statement(subject=None, predicate_type="https://slsa.dev/provenance/v1", **over):
    out = {"_type": "https://in-toto.io/Statement/v1",
           "subject": subject if subject is not None else
           [{"name": "app", "digest": {"sha256": hashlib.sha256(ARTIFACT).hexdigest()}}],
           "predicateType": predicate_type, "predicate": {"buildDefinition": {}, "runDetails": {}}}
    out.update(over)
    return json.dumps(out).encode()


IN_TOTO = "application/vnd.in-toto+json"


def hashedrekord1(signature, pem, data=ARTIFACT):
    return {"apiVersion": "0.0.1", "kind": "hashedrekord",
            "spec": {"data": {"hash": {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}},
                     "signature": {"content": b64(signature), "publicKey": {"content": b64(pem)}}}}


def dsse1(signature, pem, payload):
    return {"apiVersion": "0.0.1", "kind": "dsse",
            "spec": {"envelopeHash": {"algorithm": "sha256", "value": "00" * 32},
                     "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                     "signatures": [{"signature": b64(signature), "verifier": b64(pem)}]}}


def intoto2(signature, pem, payload, payload_type=IN_TOTO):
    return {"apiVersion": "0.0.2", "kind": "intoto",
            "spec": {"content": {"envelope": {"payloadType": payload_type,
                                              "signatures": [{"publicKey": b64(pem), "sig": b64(b64(signature).encode())}]},
                                 "hash": {"algorithm": "sha256", "value": "00" * 32},
                                 "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}}}}


def verifier2(cert=None, key=None):
    if cert:
        return {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": b64(cert_der(cert))}}
    return {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": {"rawBytes": b64(spki(key))}}


def hashedrekord2(signature, verifier, signed):
    return {"apiVersion": "0.0.2", "kind": "hashedrekord",
            "spec": {"hashedRekordV002": {"data": {"algorithm": "SHA2_256", "digest": b64(sha256(signed))},
                                          "signature": {"content": b64(signature), "verifier": verifier}}}}


def dsse2(signature, verifier, payload):
    return {"apiVersion": "0.0.2", "kind": "dsse",
            "spec": {"dsseV002": {"payloadHash": {"algorithm": "SHA2_256", "digest": b64(sha256(payload))},
                                  "signatures": [{"content": b64(signature), "verifier": verifier}]}}}


MEDIA = {"0.1": "application/vnd.dev.sigstore.bundle+json;version=0.1",
         "0.2": "application/vnd.dev.sigstore.bundle+json;version=0.2",
         "0.3": "application/vnd.dev.sigstore.bundle.v0.3+json"}
