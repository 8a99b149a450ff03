"""A rule of type evidence among declared Authorities, and registries that have what a test says."""

from datetime import datetime
from typing import Any

from tests.objects import NOW, SHOP, pod, policy, request, ruleset
from webhook.admission.decision import Decision
from webhook.admission.facts import Facts
from webhook.admission.finding import Finding
from webhook.admission.request import Request, User
from webhook.engine.decide import Stage, decide
from webhook.policy.case_facts import CaseFacts, known_images
from webhook.policy.ruleset import Ruleset
from webhook.source import yaml
from webhook.source.problem import Place
from webhook.source.shape import Problems, decode

IMAGE = "registry.corp.example/shop/web:1.4.2"
REPOSITORY = "registry.corp.example/shop/web"
DIGEST = "sha256:" + "ab" * 32
PINNED = f"{IMAGE}@{DIGEST}"
SHORT = DIGEST[:19]
ROLES = {
    "ci": "build",
    "ci-2": "build",
    "trivy": "scan",
    "snyk": "scan",
    "vendor": "scan",
    "bom": "sbom",
    "qa": "test",
    "po": "approval",
    "risk": "approval",
}
REPLICASET_CONTROLLER = User("system:serviceaccount:kube-system:replicaset-controller")


def authority(name: str, *roles: str, key: str = "") -> str:
    """An Authority document; `key` is its own where left out."""
    return (
        f"---\napiVersion: doorward.dev/v1\nkind: Authority\nmetadata: {{name: {name}}}\nspec:\n"
        f"  roles: [{', '.join(roles)}]\n  publicKey: |\n    -----BEGIN PUBLIC KEY-----\n    {key or name}\n"
        "    -----END PUBLIC KEY-----\n"
    )


def registry(host: str = "registry.corp.example") -> str:
    """A Registry document."""
    return f"---\napiVersion: doorward.dev/v1\nkind: Registry\nmetadata: {{name: r}}\nspec: {{host: {host}}}\n"


BESIDE = "".join(authority(name, role) for name, role in ROLES.items()) + registry()


def folder(require: str, *more: str, beside: str = BESIDE, **spec: str) -> str:
    """A rules folder with one rule `r` of type evidence; `require` and `more` are lines below its key."""
    lines = "".join(f"    {line}\n" for line in more)
    rule = f"- name: r\n  evidence:\n    images: [registry.corp.example]\n    require: [{require}]\n{lines}"
    return policy(rule, **spec) + beside


def rules(require: str, *more: str, beside: str = BESIDE, **spec: str) -> Ruleset:
    """The same, loaded."""
    return ruleset(folder(require, *more, beside=beside, **spec))


def images(text: str) -> Any:
    """What registries have, from a mapping as a PolicyTest has it."""
    reading = yaml.read(text.encode(), "facts.yaml")
    assert reading.problems == ()
    problems = Problems(lambda *_: Place("facts.yaml", 1, 1, 1, ""))
    facts = decode(CaseFacts, {"images": reading.documents[0].value}, (), problems)
    assert problems.found == []
    return known_images(facts.images)


def attached(*evidence: str, more: str = "") -> Any:
    """The image, with this evidence and no other image."""
    listed = f", evidence: [{', '.join(evidence)}]" if evidence else ""
    return images(f'"{IMAGE}": {{digest: "{DIGEST}"{listed}{more}}}')


def judged(
    rule: Ruleset,
    known: Any,
    obj: dict[str, Any] | Request | None = None,
    now: datetime = NOW,
    stage: Stage = Stage.BOTH,
    **changes: Any,
) -> Decision:
    """The decision about an object (a pod with the image where left out), where registries have this."""
    asked = obj if isinstance(obj, Request) else request(obj or pod(image=IMAGE), **changes)
    facts = Facts({SHOP.name: SHOP}, images=known, dialable=False)
    decision = decide(asked, rule, facts, now, stage)
    assert isinstance(decision, Decision)
    return decision


def only(decision: Decision) -> Finding:
    """The one finding."""
    assert len(decision.findings) == 1, decision.findings
    return decision.findings[0]


def told(decision: Decision) -> str:
    """What the one finding says of its requirement, behind the image and its digest."""
    return only(decision).message.partition("): ")[2]
