"""Every field of the language with a value that it cannot have: told at the place, never a crash, never nothing.

The rules and documents that are broken here are those of the pages, where every field stands.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.objects import policy, problems
from webhook import rule_types
from webhook.admission.compile_statements import KEYS
from webhook.source.declare import fields, is_shape
from webhook.source.path import Path as At
from webhook.source.path import render
from webhook.source.problem import Level
from webhook.source.yaml import read

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"```yaml\n# (rule|loads|beside)\n(.*?)```", re.DOTALL)
ODD: tuple[Any, ...] = ({"zz": "yy"}, [["zz"]], None, 7.5)

TAKEN: dict[str, dict[str, tuple[Any, ...]]] = {
    "fields": {"min": (7.5,), "max": (7.5,), "to": ([["zz"]],)},
    "resources": dict.fromkeys(("min", "max", "default", "maxLimitToRequest"), (7.5,)),
    "sidecar": dict.fromkeys(("min", "max", "default"), (7.5,)),
    "defaults": {"sizeLimit": (7.5,)},
    "volumes": dict.fromkeys(("min", "max", "default"), (7.5,)),
    "metadata": dict.fromkeys(("min", "max"), (7.5,)),
}
"""Odd values that a field may have all the same, by the key: amounts may be fractions."""


MORE: dict[str, tuple[str, ...]] = {
    "fields": (
        "{pod: spec.nodeName, notIn: [a], notLike: b, pattern: c, absent: refuse}",
        "{pod: spec.terminationGracePeriodSeconds, max: 60}",
        "{container: securityContext.capabilities.drop, containsAny: [ALL], notContains: [SYS_ADMIN], maxItems: 3}",
        '{container: "ports[*].name", unique: true}',
        "{container: livenessProbe, sameAs: {container: readinessProbe}}",
        "{pod: spec.nodeSelector, unchanged: {except: [pool]}}",
    ),
    "images": ("{pin: digest}",),
    "metadata": (
        "{labels: {a: {in: [x]}, b: {notIn: [x], notLike: z, notPattern: yy}, c: {type: int, min: 1, max: 3}}}",
        "{labels: {a: {equals: x}, b: {like: x}}}",
    ),
    "nodeGroup": (
        "{groups: {a: {labels: {pool: a}, taints: ['pool=a:NoSchedule'], restrictedTo: {"
        "namespaces: {include: ['a-*'], exclude: [a-b]}, "
        "namespaceSelector: {matchExpressions: [{key: k, operator: In, values: [v]}]}}}}}",
    ),
    "podSecurity": ("{level: baseline, allow: {sysctls: ['net.ipv4.*']}}",),
    "resources": ("{cpu: {maxLimitToRequest: 4}, classes: {by: {label: size}, small: {cpu: {request: {max: 1}}}}}",),
    "volumes": ("{emptyDir: {sizeLimit: {min: 1Mi}}}",),
}
"""Rules with what stands in no example of their page."""


def blocks(page: str, word: str) -> list[list[dict[str, Any]]]:
    found = _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return [[one.value for one in read(text.encode(), page).documents] for what, text in found if what == word]


@cache
def example(kind: str) -> tuple[dict[str, Any], ...]:
    """The rules of a rule type's page, each in a policy."""
    more = "".join(f"- {{name: r{number}, {kind}: {text}}}\n" for number, text in enumerate(MORE.get(kind, ())))
    rules = [rule for [rule] in blocks(f"rules/{kind}.md", "rule")]
    whole = read(policy(more or "- {}").encode(), "p").documents[0].value
    rules += whole["spec"]["rules"] if more else []
    return tuple({**whole, "spec": {**whole["spec"], "rules": [rule]}} for rule in rules)


@cache
def beside(kind: str) -> list[dict[str, Any]]:
    """The documents that a rule type's rules refer to, all with one key: no file lies beside them here."""
    found = [one for documents in blocks(f"rules/{kind}.md", "beside") for one in documents]
    key = next((one["spec"]["publicKey"] for one in found if "publicKey" in one["spec"]), "")
    named = [one for one in found if one["kind"] == "Authority"]
    return [{**one, "spec": {"roles": one["spec"]["roles"], "publicKey": key}} for one in named]


def everywhere(value: Any, at: At = ()) -> Iterator[tuple[At, Any]]:
    """Every value below, with its path."""
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield (*at, step), inner
        yield from everywhere(inner, (*at, step))


def put(value: Any, at: At, odd: Any) -> Any:
    if not at:
        return odd
    if isinstance(value, dict):
        return {**value, at[0]: put(value[at[0]], at[1:], odd)}
    return [put(inner, at[1:], odd) if index == at[0] else inner for index, inner in enumerate(value)]


def as_text(documents: list[dict[str, Any]]) -> str:
    return "\n---\n".join(json.dumps(one, indent=1) for one in documents)


def silent(documents: list[dict[str, Any]], start: At, taken: dict[str, tuple[Any, ...]]) -> Iterator[str]:
    """Odd values below `start` of the first document of which no error is told there, or at the key that holds them."""
    assert [found for found in problems(as_text(documents)) if found.level is Level.ERROR] == []
    for at, value in everywhere(documents[0]):
        for odd in ODD if at[: len(start)] == start and at != start else ():
            if type(odd) is type(value) or odd in taken.get(str(at[-1]), ()) or "${" in render(at[:-1]):
                continue  # what stands below a key with a parameter in it is told at what holds the key
            text = as_text([put(documents[0], at, odd), *documents[1:]])
            placed = read(text.encode(), "rules.yaml").documents[0].place
            first, last = (
                placed(at[:-1], "value").line,
                placed(at, "value").line + json.dumps(odd, indent=1).count("\n"),
            )
            errors = [found for found in problems(text) if found.level is Level.ERROR]
            if not any(first <= error.place.line <= last for error in errors):
                yield f"{render(at)}: {odd!r}"


@pytest.mark.parametrize("kind", rule_types.names())
def test_every_field_of_a_rule_type_is_told_where_its_value_is_of_another_kind(kind: str) -> None:
    start: At = ("spec", "rules", 0, kind)
    found = [one for document in example(kind) for one in silent([document, *beside(kind)], start, TAKEN.get(kind, {}))]
    assert found == []


def keys_of(shape: Any) -> set[str]:
    """Every key of a shape and of those in it; what a shape reads by itself is left out."""
    own = {field.key for field in fields(shape)} if is_shape(shape) and not hasattr(shape, "from_yaml") else set()
    inner = [field.type for field in fields(shape)] if is_shape(shape) else [*get_args(shape)]
    return own.union(*map(keys_of, inner))


@pytest.mark.parametrize("kind", rule_types.names())
def test_every_field_stands_in_a_rule_that_is_broken_here(kind: str) -> None:
    module = rule_types.find(kind)
    assert module is not None
    wanted = set(KEYS) if kind == "fields" else keys_of(module.Params)
    used = {str(at[-1]) for document in example(kind) for at, _ in everywhere(document["spec"]["rules"][0])}
    assert wanted - used == set()


FOLDERS = [documents for documents in blocks("rules-folder.md", "loads") if len(documents) < 4]


@pytest.mark.parametrize("documents", FOLDERS, ids=lambda documents: documents[0]["metadata"]["name"])
def test_every_field_of_a_document_is_told_where_its_value_is_of_another_kind(documents: list[dict[str, Any]]) -> None:
    taken = {"min": (7.5,), "max": (7.5,)}
    ours = [one for one in documents if one["kind"] != "PolicyTest"]  # a merge patch may say anything
    turned = [[one, *(other for other in documents if other is not one)] for one in ours]
    assert [one for folder in turned for one in silent(folder, ("spec",), taken)] == []
