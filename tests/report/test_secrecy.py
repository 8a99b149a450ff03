from typing import Any

import pytest

from tests.report.findings import CONTAINERS, tag
from webhook.admission.hidden import HIDDEN
from webhook.admission.words import quote
from webhook.report.secrecy import is_secret, secrets, told, without_secrets

ENV = (*CONTAINERS, 0, "env", 0)


@pytest.mark.parametrize(
    ("path", "kind", "hidden"),
    [
        ((*ENV, "value"), "Deployment", True),
        ((*ENV, "name"), "Deployment", False),
        (("spec", "containers", 0, "image"), "Pod", False),
        (("data", "password"), "Secret", True),
        (("stringData", "password"), "Secret", True),
        (("data", "password"), "", True),
        (("data", "colour"), "ConfigMap", False),
        (("metadata", "labels", "team"), "Secret", False),
        (("metadata", "annotations", "acme.example/api-token"), "Pod", True),
        (("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"), "Pod", True),
        (("metadata", "annotations", "acme.example/cost-centre"), "Pod", False),
    ],
)
def test_it_is_known_which_values_are_secret(path: tuple[str | int, ...], kind: str, hidden: bool) -> None:
    assert is_secret(path, kind) is hidden


def test_secrets_inside_a_bigger_value_are_found() -> None:
    value = {"name": "web", "env": [{"name": "A", "value": "hunter2"}, {"name": "B"}]}
    assert secrets((*CONTAINERS, 0), value, "Deployment") == ["hunter2"]


@pytest.mark.parametrize(
    ("value", "message", "shown"),
    [
        ("hunter2-hunter2", '"hunter2-hunter2" is a password', f"{HIDDEN} is a password"),
        ("hunter2-hunter2", "found hunter2-hunter2 here", f"found {HIDDEN} here"),
        ("no", "no way: no is not allowed", f"{HIDDEN} way: {HIDDEN} is not allowed"),
        ("no", "nothing is not allowed", "nothing is not allowed"),
        ("x" * 200, f"{quote('x' * 200)} is too long", f"{HIDDEN} is too long"),
        ("hunter2-hunter2", '"hunter2-h…" is a password', f"has a value that is not allowed {HIDDEN}"),
        ("a\nsecret\x1b[0m", f"{quote('a' + chr(10) + 'secret' + chr(27) + '[0m')} is odd", f"{HIDDEN} is odd"),
    ],
)
def test_a_secret_is_taken_out_of_what_is_said(value: str, message: str, shown: str) -> None:
    finding = tag(path=(*ENV, "value"), value=value, message=message)
    assert told(message, finding, "Deployment") == shown


def test_a_whole_entry_that_was_quoted_is_taken_out() -> None:
    entry: dict[str, Any] = {"name": "PASSWORD", "value": "hunter2-hunter2"}
    finding = tag(path=ENV, value=entry, message=f"{quote(entry)} is not allowed")
    assert told(finding.message, finding, "Deployment") == f"{HIDDEN} is not allowed"


def test_a_value_that_is_no_secret_is_shown() -> None:
    assert told(tag().message, tag(), "Deployment") == '"nginx:latest" has no fixed version'


def test_a_long_value_in_a_rules_own_words_is_cut() -> None:
    value = "v" * 500
    finding = tag(value=value, message=f"do not use {value[:120]} here")
    assert told(finding.message, finding, "Pod") == f"do not use {'v' * 59}… here"


def test_of_a_secret_object_only_the_keys_are_shown() -> None:
    obj = {"kind": "Secret", "data": {"a": "aGk="}, "stringData": {"b": "hi"}, "type": "Opaque"}
    assert without_secrets(obj, "Secret") == {
        "kind": "Secret",
        "data": {"a": HIDDEN},
        "stringData": {"b": HIDDEN},
        "type": "Opaque",
    }
    assert without_secrets({"data": {"a": "b"}}, "ConfigMap") == {"data": {"a": "b"}}
