"""`show: false`: what a rule finds is told nowhere."""

from typing import Any

import pytest

from tests.objects import NOW, decided, pod, policy, request, ruleset
from tests.policy.telling import told
from webhook.admission.decision import Decision
from webhook.admission.finding import Finding
from webhook.report.deny import causes, deny_message
from webhook.report.warnings import warnings

ARGS = "- {name: r, show: false, fields: {container: 'args[*]', notPattern: ['--password=.*']}}"


def found(rule: str, **container: Any) -> tuple[Decision, Finding]:
    decision = decided(policy(rule), pod(**container))
    [finding] = decision.findings
    return decision, finding


def test_words_of_the_rule_stay_and_the_value_goes() -> None:
    decision, finding = found(ARGS, args=["--password=hunter2"])
    assert (finding.hidden, finding.message) == (True, 'is (not shown), must not match "--password=.*"')
    assert "hunter2" not in deny_message(decision, request(pod()))
    assert "hunter2" not in str(causes(decision))


def test_a_warning_does_not_tell_it() -> None:
    rules = ruleset(policy(ARGS, mode="warn"))
    decision = decided(rules, pod(args=["--password=hunter2"]))
    assert warnings(decision, rules, NOW) == (
        '[r] containers[0].args[0] (web): is (not shown), must not match "--password=.*"',
    )


def test_a_short_value_does_not_eat_the_rules_own_words() -> None:
    rule = "- {name: r, show: false, fields: {container: 'ports[*].containerPort', min: 1024}}"
    assert found(rule, ports=[{"containerPort": 1}])[1].message == "is (not shown), must be at least 1024"


def test_of_a_whole_mapping_nothing_is_told() -> None:
    rule = "- {name: r, show: false, fields: {container: 'env[*]', where: {name: A}, forbidden: true}}"
    message = found(rule, env=[{"name": "A", "value": "hunter2"}])[1].message
    assert message == "has a value that is not allowed (not shown)"


def test_a_rule_type_that_tells_parts_of_a_value_is_silent() -> None:
    rule = "- {name: r, show: false, images: {from: [registry.corp.example]}}"
    finding = found(rule, image="quay.io/hunter2/web:1")[1]
    assert (finding.message, finding.fix) == ("has a value that is not allowed (not shown)", None)


def test_the_authors_own_words_stay() -> None:
    rule = ARGS.replace(
        "show: false", "show: false, message: 'no password in args of {container}', fix: mount a Secret"
    )
    finding = found(rule, args=["--password=no password in args"])[1]
    assert (finding.message, finding.fix) == ("no password in args of web", "mount a Secret")


@pytest.mark.parametrize(
    ("rule", "under", "message"),
    [
        (
            ARGS.replace("show: false", "show: false, message: '{value} is bad'"),
            "'{value} is bad'",
            "{value} stands here, and with `show: false` no value is shown",
        ),
        (
            "- {name: r, show: false, images: {rewrite: [{from: docker.io, to: registry.corp.example}]}}",
            "show",
            "this rule also changes objects, and what it changes is always told",
        ),
    ],
)
def test_what_cannot_be_kept_is_an_error(rule: str, under: str, message: str) -> None:
    assert [one[1:3] for one in told(policy(rule))] == [(under, message)]
