"""Minimal valid objects to tweak, and rules from text: what the tests of rules and engine are built from."""

import copy
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from webhook.admission.decision import Decision
from webhook.admission.facts import Facts, Namespace
from webhook.admission.request import GroupKind, Operation, Request, User
from webhook.engine.decide import Stage, decide
from webhook.pod.workloads import POD_AT, group_kind
from webhook.policy.load import load, read
from webhook.policy.ruleset import Ruleset
from webhook.source.problem import Problem

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
IMAGE = "registry.corp.example/shop/web:1.4.2"
SHOP = Namespace("shop", {"kubernetes.io/metadata.name": "shop", "team": "shop"}, {})


def merged(base: Any, patch: Any) -> Any:
    """RFC 7386 JSON merge patch."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def pod(patch: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    """A minimal Pod with one container `web`; `container` tweaks it, `patch` is merged over the whole."""
    minimal = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"containers": [{"name": "web", "image": IMAGE, **container}]},
    }
    return merged(minimal, patch or {})


def workload(kind: str, template: dict[str, Any] | None = None, patch: dict[str, Any] | None = None) -> dict[str, Any]:
    """A minimal object of one of the kinds that carry a pod; `template` is merged over its pod template."""
    group, at = next((group, at) for (group, name), at in POD_AT.items() if name == kind)
    inner: Any = merged(
        {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": IMAGE}]}},
        template or {},
    )
    for step in reversed(at):
        inner = {step: inner}
    version = f"{group}/v1" if group else "v1"
    obj = merged({"apiVersion": version, "kind": kind, "metadata": {"name": "web", "namespace": "shop"}}, inner)
    if kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"):
        obj["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    return merged(obj, patch or {})


def ruleset(text: str) -> Ruleset:
    """The ruleset of a rules folder with this one file."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yaml").write_text(text, encoding="utf-8")
        return load([folder])


def clashing(text: str) -> Ruleset:
    """The ruleset of rules that loading refuses because they provably clash: the engine must not need that."""
    with patch("webhook.policy.crosscheck.cross_check"):
        return ruleset(text)


def problems(text: str) -> tuple[Problem, ...]:
    """Everything that is wrong with a rules folder with this one file, called rules.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yaml").write_text(text, encoding="utf-8")
        return read([folder], tests=True).problems


def policy(rules: str, **spec: str) -> str:
    """A Policy document called `p` around rules written as a YAML list at column 0; `spec` adds keys as YAML text."""
    extra = "".join(f"  {key}: {value}\n" for key, value in spec.items())
    body = "".join(f"  {line}\n" if line else "\n" for line in rules.strip("\n").splitlines())
    return (
        "apiVersion: doorward.dev/v1\nkind: Policy\nmetadata: {name: p}\nspec:\n"
        f"  title: A policy\n  why: Because.\n  owner: {{team: platform}}\n{extra}  rules:\n{body}"
    )


def request(obj: dict[str, Any] | None, old: dict[str, Any] | None = None, **changes: Any) -> Request:
    """The request that creates an object, or updates it when an old one is given, as the API server words it."""
    subject = obj or old or {}
    metadata = subject.get("metadata") or {}
    values: dict[str, Any] = {
        "kind": GroupKind(*group_kind(subject)),
        "operation": Operation.UPDATE if old else Operation.CREATE,
        "object": obj,
        "old_object": old,
        "namespace": metadata.get("namespace", ""),
        "name": metadata.get("name", ""),
        "user": User("alice", ("system:authenticated",)),
        "uid": "0000",
    }
    return Request(**{**values, **changes})


def facts(*namespaces: Namespace) -> Facts:
    """Facts that know these namespaces, and `shop`."""
    return Facts({namespace.name: namespace for namespace in (SHOP, *namespaces)})


def decided(
    rules: str | Ruleset, req: Request | dict[str, Any], stage: Stage = Stage.BOTH, now: datetime = NOW, **changes: Any
) -> Decision:
    """The decision on a request (or on the creation of an object) under rules written as a document or a ruleset."""
    compiled = ruleset(rules) if isinstance(rules, str) else rules
    asked = request(req, **changes) if isinstance(req, dict) else req
    decision = decide(asked, compiled, facts(), now, stage)
    assert isinstance(decision, Decision), decision
    return decision


def places(decision: Decision) -> list[tuple[str, str]]:
    """(rule name, path) of every finding, in the decision's order."""
    return [(finding.rule.name, finding.where) for finding in decision.findings]
