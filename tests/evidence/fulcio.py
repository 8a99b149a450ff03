"""A whole sigstore for tests: an authority for keyless certificates, a CT log, a transparency log and time stamps.

sigstore-python itself says whether they are right: whatever it would not accept of a real one, it does not accept here.
"""

import hashlib
import json
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.evidence.enclosed import bundle_of, signature_on, statement
from tests.evidence.pki import CODE_SIGNING, PLACE, Certified, base64, certify, days, new_key, root
from tests.evidence.rekor_log import RekorLog, dsse_body, new_log, rekor_2_body
from tests.evidence.stamps import Stamper, der, stamper
from webhook.evidence.dsse import PAYLOAD_TYPE, encoded
from webhook.policy.trust import AuthoritySpec, Keyless
from webhook.policy.trusted import Authority

ISSUER = "https://ci.corp.example"
CI = "https://git.corp.example/shop/web/.ci/build.yaml@refs/heads/main"
AT = days(1)

_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_FORMER_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_SCTS = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


def utf8(text: str) -> bytes:
    return der(0x0C, text.encode())


class Sigstore(NamedTuple):
    """Everything that vouches for a keyless identity."""

    authority: Certified
    ct_key: ec.EllipticCurvePrivateKey
    log: RekorLog
    stamper: Stamper

    def trusted_root(self) -> bytes:
        """The file that an Authority names."""
        valid = {"start": "2026-01-01T00:00:00Z"}

        def log(key: Any) -> dict[str, Any]:
            spki = _spki(key)
            return {
                "baseUrl": "https://nobody.invalid",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {"rawBytes": base64(spki), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": valid},
                "logId": {"keyId": base64(hashlib.sha256(spki).digest())},
            }

        def authority(*chain: Certified) -> dict[str, Any]:
            return {
                "subject": {"organization": "corp", "commonName": "sigstore"},
                "uri": "https://nobody.invalid",
                "certChain": {"certificates": [{"rawBytes": base64(one.der)} for one in chain]},
                "validFor": valid,
            }

        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.log.key)],
                "certificateAuthorities": [authority(self.authority)],
                "ctlogs": [log(self.ct_key)],
                "timestampAuthorities": [authority(self.stamper.signer, self.stamper.issuer)],
            }
        ).encode()

    def certificate(
        self,
        subject: str = CI,
        issuer: str | None = ISSUER,
        *,
        names: Sequence[x509.GeneralName] | None = None,
        at: datetime = AT,
        former: bool = False,
        logged: bool = True,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
        **tweaks: Any,
    ) -> Certified:
        """A certificate of ten minutes for an identity, with the CT log's timestamp in it."""
        more = list(extensions)
        if issuer is not None:
            oid, value = (_FORMER_ISSUER, issuer.encode()) if former else (_ISSUER, utf8(issuer))
            more.append((x509.UnrecognizedExtension(oid, value), False))
        made: dict[str, Any] = {
            "key": new_key(),
            "names": [x509.UniformResourceIdentifier(subject)] if names is None else names,
            "purposes": (CODE_SIGNING,),
            "since": at,
            "until": at + timedelta(minutes=10),
            "serial": x509.random_serial_number(),
            "ca": None,
            **tweaks,
        }
        if not logged:
            return certify("", self.authority, more=more, **made)
        before = certify("", self.authority, more=more, **made)
        stamp = x509.UnrecognizedExtension(_SCTS, self._scts(before.certificate.tbs_certificate_bytes, at))
        return certify("", self.authority, more=more, last=[(stamp, False)], **made)

    def _scts(self, certificate: bytes, at: datetime) -> bytes:
        """The CT log's word that it has a certificate (RFC 6962, 3.2 and 3.3)."""
        when = int(at.timestamp() * 1000)
        issuer = hashlib.sha256(_spki(self.authority.key)).digest()
        length = len(certificate).to_bytes(3)
        signed = struct.pack(">BBQH", 0, 0, when, 1) + issuer + length + certificate + struct.pack(">H", 0)
        signature = self.ct_key.sign(signed, ec.ECDSA(hashes.SHA256()))
        log = hashlib.sha256(_spki(self.ct_key)).digest()
        one = struct.pack(">B32sQHBBH", 0, log, when, 0, 4, 3, len(signature)) + signature
        return der(4, struct.pack(">HH", len(one) + 2, len(one)) + one)

    def bundle(
        self,
        signer: Certified | None = None,
        payload: bytes | None = None,
        *,
        at: datetime = AT + timedelta(minutes=1),
        chained: bool = False,
        promised: bool = True,
        stamped: datetime | None = None,
        logged: bytes | None = None,
        rekor_2: bool = False,
    ) -> bytes:
        """What cosign 3 attaches: a statement that somebody has signed and logged."""
        by, said = signer or self.certificate(), payload or statement()
        signature = signature_on(said, by)
        body = dsse_body(logged or said, signature, by.pem)
        if rekor_2:
            body = rekor_2_body(encoded(PAYLOAD_TYPE, logged or said), signature, by.der)
        entry = self.log.entry(body, at, promised=promised)
        stamps = (self.stamper.response(signature, stamped),) if stamped else ()
        return bundle_of(said, signature, by.der, entries=(entry,), stamps=stamps, chained=chained)


def sigstore() -> Sigstore:
    return Sigstore(root("CN=Keyless Root,O=corp"), new_key(), new_log(), stamper())


def authority(file: bytes, name: str = "ci", spec: dict[str, Any] | None = None, **identity: Any) -> Authority:
    """An Authority of an identity (CI, unless another is given) and a trusted root."""
    who = identity or {"issuer": ISSUER, "subject": CI}
    made = AuthoritySpec(("build",), keyless=Keyless(trusted_root="root.json", **who), **(spec or {}))
    return Authority(name, made, {"root.json": file, "tsa.pem": b""}, PLACE)


def _spki(key: Any) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
