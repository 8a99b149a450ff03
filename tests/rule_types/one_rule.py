"""One rule of one type from text, and what is said about it: what the tests of rule types are built from."""

from typing import Any

from tests.objects import pod, policy, problems, ruleset
from webhook.admission.decision import Decision
from webhook.policy.ruleset import Ruleset

IMAGE = "registry.corp.example/shop/web:1.4.2"


def text_of(kind: str, text: str, **spec: str) -> str:
    """A policy with one rule `r` of this type, with `text` under its key."""
    indented = "\n".join(f"    {line}" for line in text.strip("\n").splitlines())
    return policy(f"- name: r\n  {kind}:\n{indented}", **spec)


def one_rule(kind: str, text: str, **spec: str) -> Ruleset:
    """The ruleset with that one rule."""
    return ruleset(text_of(kind, text, **spec))


def wrongs(kind: str, text: str, **spec: str) -> list[tuple[str, str, str | None]]:
    """What is wrong with such a rule: level, message, cure."""
    return [(str(problem.level), problem.message, problem.help) for problem in problems(text_of(kind, text, **spec))]


def said(decision: Decision) -> list[tuple[str, str]]:
    """(path, message) of every finding."""
    return [(finding.where, finding.message) for finding in decision.findings]


def with_resources(
    requests: dict[str, Any] | None = None, limits: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    """A pod whose one container has these resources; `spec` is merged over the pod's."""
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    return pod({"spec": spec}, **({"resources": resources} if resources else {}))


def with_volumes(*volumes: Any, **spec: Any) -> dict[str, Any]:
    """A pod with these volumes; `spec` is merged over its spec."""
    return pod({"spec": {"volumes": list(volumes), **spec}})
