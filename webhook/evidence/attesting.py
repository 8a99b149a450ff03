"""Making attestations as cosign 3 makes them: from a file to a predicate, a statement and a signed bundle.

    stated = predicate_of("vulnerability-scan", document)
    made = attested(stated, image, digest, signer)

What our own verifier would not take is refused before anything is signed or sent.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from webhook.admission.evidence import Attestation, EvidenceType
from webhook.evidence import claims
from webhook.evidence.attached import BUNDLE_TYPE, Attached, Kind
from webhook.evidence.dsse import PAYLOAD_TYPE, encoded
from webhook.evidence.gathering import read_blob
from webhook.evidence.manifests import Descriptor
from webhook.evidence.predicates.approval import PREDICATE_TYPE as APPROVAL
from webhook.evidence.predicates.fields import Unreadable
from webhook.evidence.predicates.reports import Report
from webhook.evidence.predicates.vulnerabilities import is_wrapped, report_reader
from webhook.evidence.signing import Signer
from webhook.evidence.trust import Trust
from webhook.policy.trust import AuthoritySpec
from webhook.policy.trusted import Authority, Trusted
from webhook.source.problem import Place

BUNDLE = f"{BUNDLE_TYPE}.v0.3+json"
SCAN = "https://cosign.sigstore.dev/attestation/vuln/v1"

_VULNS = "https://in-toto.io/attestation/vulns/v0.2"
_SCANNERS = {
    "trivy": "pkg:github/aquasecurity/trivy",
    "grype": "pkg:github/anchore/grype",
    "snyk": "pkg:npm/snyk",
}


class Unattestable(ValueError):
    """What cannot be attested; the message is a clause about the file: "it does not say when ..."."""


class Stated(NamedTuple):
    """What will be said of an image; `images` are the digests that a scanner's report itself says it is about."""

    predicate_type: str
    predicate: Any
    type: EvidenceType
    images: tuple[str, ...]


class Made(NamedTuple):
    """A bundle, and what our own verifier reads from it."""

    bundle: bytes
    attestation: Attestation


def predicate_of(kind: str, document: Any) -> Stated:
    """What a file says, by one of KINDS or a predicate type; raises Unattestable."""
    shape = _SHAPES.get(kind)
    if shape is None and ":" not in kind:
        raise Unattestable(f"nothing is attested as {kind}: it is {', '.join(KINDS)}, or the URI of a predicate type")
    predicate_type, predicate = shape(document) if shape else (kind, document)
    read = claims.claim_of(predicate_type, predicate)
    if isinstance(read, claims.Unusable):
        raise Unattestable(read.reason)
    if shape and read.type.value != kind:
        raise Unattestable(f"it is of the type {read.type}, not {kind}")
    return Stated(predicate_type, predicate, read.type, read.images)


def attested(stated: Stated, repository: str, digest: str, signer: Signer, trusted: Trusted) -> Made:
    """The signed bundle about a digest of a repository; raises Unattestable unless our verifier takes it.

    It must hold by the key alone, and where an Authority has that key by all that this one asks for.
    """
    payload = _statement(stated, repository, digest)
    bundle = _bundle(payload, signer)
    alone = Authority("this key", AuthoritySpec(("build",), public_key=signer.pem), {}, Place("", 0, 0, 0, ""))
    attestation = _verified(bundle, digest, Trust(Trusted((alone,))))
    if own := authorities_of(signer, trusted):
        _verified(bundle, digest, Trust(Trusted(own)))
    return Made(bundle, attestation)


def authorities_of(signer: Signer, trusted: Trusted) -> tuple[Authority, ...]:
    """The Authorities that are this key; raises RulesError for keys that cannot be used."""
    keyed = tuple(one for one in trusted.authorities if one.spec.public_key)
    names = {one.name for one in Trust(Trusted(keyed)).verifiers if one.signer == f"key {signer.key.fingerprint}"}
    return tuple(one for one in keyed if one.name in names)


def _statement(stated: Stated, repository: str, digest: str) -> bytes:
    """in-toto's statement v0.1: what cosign itself still writes for attestations."""
    algorithm, _, value = digest.partition(":")
    return _json(
        {
            "_type": "https://in-toto.io/Statement/v0.1",
            "subject": [{"name": repository, "digest": {algorithm: value}}],
            "predicateType": stated.predicate_type,
            "predicate": stated.predicate,
        }
    )


def _bundle(payload: bytes, signer: Signer) -> bytes:
    signature = signer.sign(encoded(PAYLOAD_TYPE, payload))
    return _json(
        {
            "mediaType": BUNDLE,
            "verificationMaterial": {"publicKey": {"hint": signer.key.hint}},
            "dsseEnvelope": {
                "payload": b64encode(payload).decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": b64encode(signature).decode()}],
            },
        }
    )


def _verified(bundle: bytes, digest: str, trust: Trust) -> Attestation:
    descriptor = Descriptor(BUNDLE, f"sha256:{sha256(bundle).hexdigest()}", len(bundle))
    read = read_blob(Attached(Kind.BUNDLE, descriptor, {}, "", ""), bundle, digest, trust)
    if not read.attestations:
        raise Unattestable(f"it would not count: {read.rejected[0].reason}")
    [attestation] = read.attestations
    return attestation


def _scan(document: Any) -> tuple[str, Any]:
    """A scan as it is where something is around it, else in cosign's own predicate with the scan's own times."""
    if is_wrapped(document):
        result = document["scanner"].get("result")
        return (_VULNS if isinstance(result, list) and report_reader(result) is None else SCAN), document
    read = report_reader(document)
    if read is None:
        raise Unattestable("it is no report that is known: Trivy's, Grype's or Snyk's, in JSON or SARIF")
    try:
        return SCAN, _wrapped(document, read(document))
    except Unreadable as error:
        raise Unattestable(str(error)) from None


def _wrapped(document: Any, report: Report) -> dict[str, Any]:
    if not report.times:
        told = f"it does not say when {report.tool} scanned: the time of signing would make an old scan look new"
        raise Unattestable(f"{told}; wrap it in the predicate {SCAN} with the scan's own scanFinishedOn")
    database = {"lastUpdate": _time(report.database)} if report.database else {}
    uri = _SCANNERS.get(report.tool, report.tool)
    return {
        "invocation": {"parameters": None, "uri": "", "event_id": "", "builder.id": ""},
        "scanner": {
            "uri": f"{uri}@{report.version}" if report.version else uri,
            "version": report.version,
            "db": {"uri": "", "version": "", **database},
            "result": document,
        },
        "metadata": {"scanStartedOn": _time(min(report.times)), "scanFinishedOn": _time(max(report.times))},
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _sbom(document: Any) -> tuple[str, Any]:
    if isinstance(document, dict) and "bomFormat" in document:
        return "https://cyclonedx.org/bom", document
    if isinstance(document, dict) and ("spdxVersion" in document or "@graph" in document):
        return "https://spdx.dev/Document", document
    raise Unattestable("it is no bill of materials in JSON: neither CycloneDX nor SPDX")


def _provenance(document: Any) -> tuple[str, Any]:
    is_newer = isinstance(document, dict) and "buildDefinition" in document
    return f"https://slsa.dev/provenance/{'v1' if is_newer else 'v0.2'}", document


def _plain(predicate_type: str) -> Callable[[Any], tuple[str, Any]]:
    return lambda document: (predicate_type, document)


_SHAPES: Mapping[str, Callable[[Any], tuple[str, Any]]] = {
    EvidenceType.SCAN.value: _scan,
    EvidenceType.SBOM.value: _sbom,
    EvidenceType.PROVENANCE.value: _provenance,
    EvidenceType.TEST_RESULT.value: _plain("https://in-toto.io/attestation/test-result/v0.1"),
    EvidenceType.SUMMARY.value: _plain("https://slsa.dev/verification_summary/v1"),
    EvidenceType.VEX.value: _plain("https://openvex.dev/ns"),
    EvidenceType.APPROVAL.value: _plain(APPROVAL),
}

KINDS = tuple(_SHAPES)
"""What may be attested by its name; anything else by the URI of its predicate type."""


def _json(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
