"""What the API server would drop or refuse, in words; what it is about is asked in tests/pod/test_strict.py."""

from typing import Any

import pytest

from tests.objects import pod
from tests.pod.mistakes import READABLE, UNREADABLE, secret
from webhook.admission.finding import Action, Finding
from webhook.engine.as_written import UNKNOWN_FIELD, UNREADABLE_VALUE, told_by_api_server

Json = dict[str, Any]

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "binaryData": {"a": "b"}}
REFUSED = "; the API server refuses the object"


def one(obj: Json) -> Finding:
    [finding] = told_by_api_server(obj)
    return finding


def test_an_unknown_field_is_told_without_its_value_and_with_what_was_meant() -> None:
    finding = one(pod(imagepullPolicy="hunter2"))
    assert finding == Finding(
        rule=UNKNOWN_FIELD,
        path=("spec", "containers", 0, "imagepullPolicy"),
        value=None,
        message="unknown field in Kubernetes 1.36; the API server drops it, and kubectl refuses it",
        fix="did you mean `imagePullPolicy`?",
        mode=finding.mode,
        container="web",
    )
    assert one(pod() | {"zzz": 1}).fix is None
    assert one(pod() | {"zzz": 1}).container == ""


@pytest.mark.parametrize(
    ("obj", "message", "fix"),
    [
        (pod(env=[{"name": "A", "value": 5}]), "is a number, must be a string", "put it in quotes"),
        (pod(env=[{"name": "A", "value": True}]), "is true or false, must be a string", "put it in quotes"),
        (pod(env=[{"name": "A", "value": []}]), "is a list, must be a string", None),
        (pod(env={"A": "B"}), "is a mapping, must be a list", "begin each element with `- `"),
        (pod(securityContext=[{}]), "is a list, must be a mapping", "leave out the `- `"),
        (pod(securityContext="x"), "is a string, must be a mapping", None),
        (pod(tty="true"), "is a string, must be true or false", "write it without quotes"),
        (pod(tty="yes"), "is a string, must be true or false", None),
        (pod(ports=[{"containerPort": "80"}]), "is a string, must be a whole number", "write it without quotes"),
        (pod(ports=[{"containerPort": "http"}]), "is a string, must be a whole number", None),
        (pod(ports=[{"containerPort": 8.5}]), "is a fraction, must be a whole number of 32 bits", None),
        (pod(ports=[{"containerPort": 2**31}]), "is too large, must be a whole number of 32 bits", None),
        (
            pod({"spec": {"terminationGracePeriodSeconds": 1e30}}),
            "is too large, must be a whole number of 64 bits",
            None,
        ),
        (
            pod(livenessProbe={"httpGet": {"port": 1.5}}),
            "is a fraction, must be a whole number of 32 bits or a string",
            None,
        ),
        (pod(resources={"limits": {"cpu": True}}), "is true or false, must be a quantity", None),
        (pod(resources={"limits": {"memory": "512MB"}}), "is no quantity", '"MB" is no suffix, did you mean 512M?'),
        (pod(resources={"limits": {"memory": "1Gi\n"}}), "is no quantity", "leave out the blanks"),
        (pod({"metadata": {"creationTimestamp": "now"}}), "is no time", "write it as 2027-01-31T12:00:00Z"),
        (secret("hunter 2"), "is not base64", "put plain text under stringData"),
        (secret(5), "is a number, must be a string", "put plain text under stringData"),
        (
            secret("a") | {"kind": "ConfigMap", "data": {}, "binaryData": {"a": "b"}},
            "is not base64",
            "put plain text under data",
        ),
    ],
)
def test_an_unreadable_value_is_told_with_what_must_stand_there(obj: Json, message: str, fix: str | None) -> None:
    finding = one(obj)
    assert (finding.rule, finding.message, finding.fix) == (UNREADABLE_VALUE, message + REFUSED, fix)


@pytest.mark.parametrize(("obj", "path", "_"), UNREADABLE)
def test_no_message_says_a_value(obj: Json, path: str, _: str) -> None:
    finding = one(obj)
    assert finding.where == path
    assert finding.message.endswith(REFUSED)
    assert not isinstance(finding.value, str) or len(finding.value) < 5 or finding.value not in finding.message


@pytest.mark.parametrize("obj", READABLE)
def test_nothing_is_told_of_what_is_well(obj: Json) -> None:
    assert told_by_api_server(obj) == ()


def test_it_warns_and_denies_where_that_is_asked_for() -> None:
    obj = pod(zzz=1, tty="x")
    assert [finding.action for finding in told_by_api_server(obj)] == [Action.WARN, Action.WARN]
    assert [finding.action for finding in told_by_api_server(obj, strict=True)] == [Action.DENY, Action.DENY]
