"""The two webhook configurations that a ruleset needs, as plain data.

Everything that the API server would fill in and that matters stands in them, and no empty list or map, so that what
was applied reads as it was written. The fields: kubernetes.io, admissionregistration.k8s.io/v1.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from webhook.admission.request import GroupKind
from webhook.admission.selector import NAME_LABEL
from webhook.engine.decide import Stage
from webhook.engine.needs import Need, Plurals, needs
from webhook.policy.ruleset import Ruleset

Json = dict[str, Any]

NAMES = {Stage.MUTATE: "doorward-mutate", Stage.VALIDATE: "doorward-validate"}
KINDS = {Stage.MUTATE: "MutatingWebhookConfiguration", Stage.VALIDATE: "ValidatingWebhookConfiguration"}
SYSTEM_NAMESPACE = "kube-system"
OWN_NAMESPACE = "doorward"
WEBHOOK_NAME = "policies.doorward.dev"
TIMEOUT = 5
"""Seconds that the API server waits."""

NOT_BEING_DELETED: Json = {
    "name": "not-being-deleted",
    "expression": "!(request.operation in ['UPDATE', 'DELETE']) || !has(oldObject.metadata) || "
    "!has(oldObject.metadata.deletionTimestamp)",
}
"""An object that is being deleted is never denied (engine/decide.py), and its finalizers must come off, and its kubelet
must be able to delete it for good, while nobody answers. The old object says so, which no submitter can change."""

PLURALS_ANNOTATION = "doorward.dev/resources"
"""The plural names that were told when the configurations were made, as GROUP/Kind=plural, separated by commas."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where Doorward is reached: a Service, or a URL (without /mutate and /validate); `ca` is a PEM bundle."""

    service: str = "doorward"
    namespace: str = OWN_NAMESPACE
    port: int = 443
    url: str = ""
    ca: bytes = b""
    webhook: str = WEBHOOK_NAME
    plurals: dict[GroupKind, str] = field(default_factory=dict)


def configurations(ruleset: Ruleset, site: Site) -> tuple[Json, Json]:
    """The MutatingWebhookConfiguration and the ValidatingWebhookConfiguration.

    One that has nothing to ask about has no webhooks.
    """
    return _configuration(ruleset, site, Stage.MUTATE), _configuration(ruleset, site, Stage.VALIDATE)


def failure_policy(ruleset: Ruleset, stage: Stage) -> str:
    """What happens while Doorward does not answer (design.md 1.7)."""
    return "Fail" if stage is Stage.VALIDATE and ruleset.can_deny() else "Ignore"


def excluded_namespaces(ruleset: Ruleset, own: str) -> tuple[str, ...]:
    """The namespaces that nobody asks about: those of the Profile that are names, our own and the system's."""
    named = {glob.text for glob in ruleset.exclude_namespaces if glob.is_exact}
    return tuple(sorted({SYSTEM_NAMESPACE, own} | named))


def told_plurals(configuration: Json) -> Plurals:
    """What PLURALS_ANNOTATION of a configuration says."""
    annotations = configuration.get("metadata", {}).get("annotations") or {}
    pairs = (entry.partition("=") for entry in annotations.get(PLURALS_ANNOTATION, "").split(","))
    return {GroupKind(*kind.split("/", 1)): plural for kind, _, plural in pairs if "/" in kind and plural}


def _configuration(ruleset: Ruleset, site: Site, stage: Stage) -> Json:
    metadata: Json = {"name": NAMES[stage], "labels": {"app.kubernetes.io/name": "doorward"}}
    if site.plurals:
        told = sorted(f"{kind}={plural}" for kind, plural in site.plurals.items())
        metadata["annotations"] = {PLURALS_ANNOTATION: ",".join(told)}
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": KINDS[stage], "metadata": metadata}
    wanted = needs(ruleset.rules, stage, site.plurals)
    return {**head, "webhooks": [_webhook(ruleset, site, stage, wanted)]} if wanted else head


def _webhook(ruleset: Ruleset, site: Site, stage: Stage, wanted: Iterable[Need]) -> Json:
    excluded = list(excluded_namespaces(ruleset, site.namespace))
    webhook: Json = {
        "name": site.webhook if stage is Stage.VALIDATE else f"mutate.{site.webhook}",
        "clientConfig": _client(site, f"/{stage.value}"),
        "rules": _rules(wanted),
        "failurePolicy": failure_policy(ruleset, stage),
        "matchPolicy": "Equivalent",
        "namespaceSelector": {"matchExpressions": [{"key": NAME_LABEL, "operator": "NotIn", "values": excluded}]},
        "matchConditions": [dict(NOT_BEING_DELETED)],
        "sideEffects": "None",
        "timeoutSeconds": TIMEOUT,
        "admissionReviewVersions": ["v1"],
    }
    return webhook | ({"reinvocationPolicy": "IfNeeded"} if stage is Stage.MUTATE else {})


def _client(site: Site, path: str) -> Json:
    service = {"name": site.service, "namespace": site.namespace, "port": site.port, "path": path}
    client: Json = {"url": f"{site.url.rstrip('/')}{path}"} if site.url else {"service": service}
    return client | ({"caBundle": base64.b64encode(site.ca).decode()} if site.ca else {})


def _rules(wanted: Iterable[Need]) -> list[Json]:
    """As few entries as say exactly this: resources of one group with the same operations stand together."""
    operations: dict[Any, set[str]] = {}
    for need in wanted:
        operations.setdefault(need.target, set()).add(need.operation.value)
    together: dict[Any, list[str]] = {}
    for target, done in operations.items():
        key = (target.group, target.version, target.scope, tuple(sorted(done)))
        together.setdefault(key, []).append(target.resource)
    return [
        {
            "apiGroups": [group],
            "apiVersions": [version],
            "operations": list(done),
            "resources": sorted(resources),
            "scope": scope,
        }
        for (group, version, scope, done), resources in sorted(together.items())
    ]
