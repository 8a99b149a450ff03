"""statement_words: what a rule wants and what a condition asks, as people read them."""

from typing import Any

import pytest

from webhook.admission.compile_statements import compile_statement
from webhook.admission.rule import Compiling
from webhook.admission.statement_words import fact, wish
from webhook.admission.statements import Statement
from webhook.source.problem import Place
from webhook.source.shape import Problems


def compiled(raw: dict[str, Any], *, condition: bool = False) -> Statement:
    problems = Problems(lambda _path, _on: Place("rules.yaml", 1, 1, 1, ""))
    statement = compile_statement(raw, (), Compiling((), problems, None), condition=condition)
    assert statement is not None, problems.found
    return statement


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"pod": "spec.hostNetwork", "forbidden": True}, "pod spec.hostNetwork must not be set"),
        ({"container": "livenessProbe", "required": True}, "container livenessProbe must be set"),
        (
            {"pod": "spec.serviceAccountName", "required": "nonEmpty", "notIn": ["default"]},
            'pod spec.serviceAccountName must be set and not be empty and must not be "default"',
        ),
        (
            {"container": "securityContext.runAsUser", "min": 1000, "max": 2000},
            "container securityContext.runAsUser must be at least 1000 and must be at most 2000",
        ),
        ({"container": "image", "absent": "refuse", "like": "a*"}, 'container image must be set and must be like "a*"'),
        ({"container": "ports[*].name", "unique": True}, "container ports[*].name must be there once in its list"),
        ({"container": "name", "uniqueIn": "pod"}, "container name must be there once in the whole pod"),
        ({"container": "image", "unchanged": True}, "container image must stay as it is"),
        (
            {"pod": "spec", "unchanged": {"except": ["tolerations", "nodeSelector"]}},
            "pod spec must stay as it is, but for tolerations and nodeSelector",
        ),
        (
            {"container": "env[*].value", "where": {"name": {"like": "*TOKEN*"}}, "forbidden": True},
            'container env[*].value where name is like "*TOKEN*" must not be set',
        ),
        (
            {"pod": "spec.tolerations[*]", "where": {"key": "pool"}, "required": True},
            'pod spec.tolerations[*] must have one where key is "pool"',
        ),
        (
            {
                "pod": "spec.hostPID",
                "equals": False,
                "when": {"pod": "spec.hostNetwork", "equals": True},
                "unless": [{"pod": "metadata.namespace", "in": ["a", "b"]}, {"pod": "spec.hostIPC", "forbidden": True}],
            },
            "pod spec.hostPID must be false, when pod spec.hostNetwork is true, "
            'unless pod metadata.namespace is "a" or "b" or pod spec.hostIPC is not set',
        ),
        (
            {"anyOf": [{"container": "livenessProbe", "required": True}, {"container": "image", "like": "a*"}]},
            'one of these must hold: container livenessProbe must be set; or container image must be like "a*"',
        ),
    ],
)
def test_what_a_rule_wants(raw: dict[str, Any], words: str) -> None:
    assert wish(compiled(raw)) == words


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"pod": "spec.hostNetwork", "equals": True}, "pod spec.hostNetwork is true"),
        ({"pod": "spec.hostNetwork", "notIn": [True]}, "pod spec.hostNetwork is not true"),
        ({"pod": "spec.hostNetwork", "forbidden": True}, "pod spec.hostNetwork is not set"),
        ({"pod": "spec.hostNetwork", "required": True}, "pod spec.hostNetwork is set"),
        ({"pod": "metadata.labels.app", "required": "nonEmpty"}, "pod metadata.labels.app is not empty"),
        ({"container": "image", "pattern": "a.*"}, 'container image matches "a.*"'),
        ({"container": "image", "notPattern": "a.*"}, 'container image does not match "a.*"'),
        ({"container": "image", "notLike": "a*"}, 'container image is not like "a*"'),
        ({"container": "args", "contains": ["-v"]}, 'container args contains "-v"'),
        ({"container": "args", "notContains": ["-v"]}, 'container args does not contain "-v"'),
        ({"container": "ports", "minItems": 2}, "container ports has at least 2 items"),
        ({"container": "livenessProbe", "differsFrom": {"container": "readinessProbe"}}, "differs from readinessProbe"),
        (
            {"anyOf": [{"pod": "spec.hostPID", "equals": True}, {"pod": "spec.hostIPC", "equals": True}]},
            "pod spec.hostPID is true or pod spec.hostIPC is true",
        ),
    ],
)
def test_what_a_condition_asks(raw: dict[str, Any], words: str) -> None:
    assert fact(compiled(raw, condition=True)).endswith(words)
