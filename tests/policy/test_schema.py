"""schema: the JSON Schema that editors use says yes to what we read and no to a slip of the pen."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.objects import policy
from webhook import rule_types
from webhook.policy.model import SPECS
from webhook.policy.schema import rules_schema
from webhook.source.yaml import read

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft7Validator(rules_schema())
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def documents(text: str) -> list[Any]:
    return [document.value for document in read(text.encode(), "x.yaml").documents]


def complaints(text: str) -> list[str]:
    return [error.message for document in documents(text) for error in VALIDATOR.iter_errors(document)]


def examples() -> list[Any]:
    """Every rule on a rule type's page, as a policy around it."""
    found = []
    for page in sorted((ROOT / "docs" / "rules").glob("*.md")):
        blocks = [block for block in BLOCK.findall(page.read_text(encoding="utf-8")) if block.startswith("# rule\n")]
        found += [pytest.param(block, id=f"{page.stem}-{n}") for n, block in enumerate(blocks)]
    return found


def test_the_schema_is_valid_draft_7_and_can_be_printed() -> None:
    schema = rules_schema()
    Draft7Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(rules_schema())
    wanted = set(re.findall(r'"\$ref": "#/definitions/([^"]+)"', text))
    assert wanted <= rules_schema()["definitions"].keys()


def test_every_kind_and_rule_type_is_in_it() -> None:
    schema = rules_schema()
    assert [document["properties"]["kind"]["const"] for document in schema["oneOf"]] == list(SPECS)
    assert set(rule_types.names()) <= schema["definitions"]["policy.rule"]["properties"].keys()


def test_every_key_has_a_sentence() -> None:
    for name, definition in rules_schema()["definitions"].items():
        for key, part in definition.get("properties", {}).items():
            assert part.get("description", "").strip(), f"{name}.{key}"


@pytest.mark.parametrize(
    "file", sorted((ROOT / "policies").rglob("*.yaml")), ids=lambda file: str(file.relative_to(ROOT))
)
def test_the_rules_that_come_with_us_are_valid(file: Path) -> None:
    if file.name != "kustomization.yaml":
        assert complaints(file.read_text(encoding="utf-8")) == []


def test_a_parameter_may_stand_for_a_number_a_boolean_and_one_of_a_few() -> None:
    rule = "- {{name: r, ratchet: {}, volumes: {{types: [{}, nfs]}}, match: {{during: {{days: [{}]}}}}}}"
    assert complaints(policy(rule.format(*["'${a}'"] * 3))) == []
    for slip in (("'$a'", "nfs", "fri"), ("true", "'${a}x'", "fri"), ("true", "nfs", "'${}'")):
        assert complaints(policy(rule.format(*slip))) != []


@pytest.mark.parametrize("rule", examples())
def test_every_rule_on_a_page_is_valid(rule: str) -> None:
    lines = rule.removeprefix("# rule\n").splitlines()
    text = policy("\n".join([f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]))
    assert complaints(text) == []


EXCEPTION = """apiVersion: doorward.dev/v1
kind: Exception
metadata: {name: legacy}
spec:
  rules: [p/r]
  match: {namespaces: {include: [shop]}, names: {include: [web]}, images: [docker.io/acme]}
  reason: being rebuilt
  owner: team-shop
  granted: 2026-11-01
  expires: 2027-01-31
  ticket: SEC-1
  approvedBy: [alice]
"""
RULE = "- {name: r, match: {kinds: [Pod]}, when: {pod: spec.hostPID, equals: true}, images: {from: [a.example]}}"
FULL = policy(
    RULE,
    severity="high",
    docs="https://wiki.example",
    match='{namespaces: {exclude: ["x-*"]}, namespaceSelector: {matchLabels: {a: b}}, '
    'during: {days: [fri], from: "16:00"}}',
    rollout="[{mode: audit}, {mode: enforce, from: 2027-01-01, percent: 25}]",
    exceptions="{allowed: true, maxDays: 90}",
)
PROFILE = """apiVersion: doorward.dev/v1
kind: Profile
metadata: {name: x}
spec: {include: [p], mode: warn, modes: {p: enforce}, parameters: {p: {a: b}}, excludeNamespaces: [kube-system]}
"""


@pytest.mark.parametrize("text", [FULL, EXCEPTION, PROFILE])
def test_documents_with_all_their_keys_are_valid(text: str) -> None:
    assert complaints(text) == []


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (FULL, "rules:", "ruls:"),
        (FULL, "title:", "titel:"),
        (FULL, "from: [a.example]", "form: [a.example]"),
        (FULL, "images:", "image:"),
        (FULL, "severity: high", "severity: hihg"),
        (FULL, "percent: 25", "percent: '25'"),
        (FULL, "matchLabels", "matchLabel"),
        (FULL, "mode: audit", "mode: block"),
        (FULL, "name: r,", ""),
        (FULL, "images: {from: [a.example]}", "images: {from: []}"),
        (
            FULL,
            "images: {from: [a.example]}}",
            "images: {from: [a.example]}, fields: {pod: spec.hostPID, forbidden: true}}",
        ),
        (FULL, "doorward.dev/v1", "doorward.dev/v2"),
        (FULL, "kind: Policy", "kind: Polcy"),
        (EXCEPTION, "expires:", "expire:"),
        (EXCEPTION, "namespaces:", "namespace:"),
        (EXCEPTION, "  owner: team-shop\n", ""),
        (PROFILE, "excludeNamespaces", "excludeNamespace"),
        (PROFILE, "p: enforce", "p: block"),
    ],
)
def test_a_slip_of_the_pen_is_not_valid(text: str, right: str, wrong: str) -> None:
    assert right in text
    assert complaints(text.replace(right, wrong, 1)) != []
