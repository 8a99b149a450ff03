"""The verdicts of other verifiers: SLSA's verification summary v1, and in-toto's simple verification result."""

from typing import Any

from webhook.admission.evidence import Summary
from webhook.evidence.predicates.fields import Unreadable, as_object, each, moment, nested, required, text, texts
from webhook.patterns import shown

_RESULTS = {"PASSED": True, "FAILED": False}


def read_vsa(predicate: Any) -> Summary:
    """slsa.dev/verification_summary/v1; raises Unreadable."""
    document = as_object(predicate)
    result = text(document, "verificationResult")
    if result not in _RESULTS:
        raise Unreadable("verificationResult", f"is {shown(result, 40)}, not PASSED or FAILED")
    return Summary(
        nested(document, "verifier", lambda verifier: required(verifier, "id")),
        _RESULTS[result],
        texts(document, "verifiedLevels"),
        nested(document, "policy", _policy),
        moment(document, "timeVerified"),
    )


def read_svr(predicate: Any) -> Summary:
    """in-toto.io/attestation/svr: it lists what holds, so it passes with whatever it lists. Raises Unreadable."""
    document = as_object(predicate)
    properties = texts(document, "properties")
    policies = nested(document, "verifier", _policies)
    return Summary(
        nested(document, "verifier", lambda verifier: required(verifier, "id")),
        bool(properties),
        properties,
        policies[0] if len(policies) == 1 else "",
        moment(document, "timeCreated"),
    )


def _policies(verifier: dict[str, Any]) -> list[str]:
    """v0.2 has a list of them; before, a verifier could add one."""
    return each(verifier, "policies", _policy) or [name for name in [nested(verifier, "policy", _policy)] if name]


def _policy(policy: dict[str, Any]) -> str:
    return text(policy, "uri") or text(policy, "name")
