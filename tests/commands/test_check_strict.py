"""doorward check about what the API server itself would drop or refuse: a warning, or with --strict a failure."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.commands.checking import FORMATS, Check
from tests.objects import pod, policy, workload

RULES = policy("- {name: no-latest, images: {tag: {forbid: [latest]}}}")

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.corp.example/web:1
        imagepullPolicy: Always
        ports:
        - containerPort: "80"
"""
AT = "spec.template.spec.containers[0]"
TOLD = {("doorward/unknown-field", f"{AT}.imagepullPolicy"), ("doorward/wrong-type", f"{AT}.ports[0].containerPort")}


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.chdir(tmp_path)
    return Check(tmp_path, capsys, RULES)


def document(outcome: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(outcome.out)
    return found


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("options", "code"), [((), 0), (("--fail-on", "warn"), 1), (("--strict",), 1), (("--operation", "DELETE"), 0)]
)
def test_the_exit_code_is_the_same_for_every_format(check: Check, form: str, options: list[str], code: int) -> None:
    assert check.of(DEPLOYMENT, "-o", form, *options).code == code


def test_the_text_points_at_the_name_of_the_field_and_at_the_value(check: Check) -> None:
    out = check.of(DEPLOYMENT).out
    assert "warning[unknown-field]: Every field is one that Kubernetes has\n  --> a.yaml:12:9 " in out
    assert "12 |         imagepullPolicy: Always\n   |         ^^^^^^^^^^^^^^^ unknown field in Kubernetes 1.36;" in out
    assert "help: did you mean `imagePullPolicy`?" in out
    assert "cluster would: drop it; kubectl refuses the object" in out
    assert 'Deployment shop/web, container "web"' in out
    assert '14 |         - containerPort: "80"\n   |                          ^^^^ is a string, must be' in out
    assert "cluster would: refuse the object" in out


def test_with_strict_they_are_errors(check: Check) -> None:
    out = check.of(DEPLOYMENT, "--strict").out
    assert "error[unknown-field]" in out
    assert "error[wrong-type]" in out
    assert "cluster would: refuse the object" in out


def test_the_summary_counts_them_apart(check: Check) -> None:
    told = "The API server itself would drop 1 unknown field and refuse 1 value."
    for options in ((), ("--strict",)):
        err = check.of(DEPLOYMENT, *options).err
        assert "0 denied, 0 warned, 0 undecided." in err
        assert told in err
    assert "API server" not in check.of(json.dumps(pod())).err


def test_json_has_them_among_the_findings_and_the_verdict_is_the_rules_own(check: Check) -> None:
    told = document(check.of(DEPLOYMENT, "-o", "json", "--strict"))
    [one] = told["objects"]
    assert {(found["rule"], found["path"]) for found in one["findings"]} == TOLD
    assert {(found["line"], found["column"], found["action"]) for found in one["findings"]} == {
        (12, 9, "deny"),
        (14, 26, "deny"),
    }
    assert (one["verdict"], one["id"]) == ("allowed", "")
    assert (told["summary"]["dropped"], told["summary"]["refused"], told["summary"]["denied"]) == (1, 1, 0)


def test_sarif_junit_and_github_have_them_too(check: Check) -> None:
    [run] = document(check.of(DEPLOYMENT, "-o", "sarif"))["runs"]
    assert {result["ruleId"] for result in run["results"]} == {rule for rule, _ in TOLD}
    assert {result["level"] for result in run["results"]} == {"warning"}
    assert ET.fromstring(check.of(DEPLOYMENT, "-o", "junit").out).get("failures") == "0"
    assert ET.fromstring(check.of(DEPLOYMENT, "-o", "junit", "--strict").out).get("failures") == "1"
    lines = check.of(DEPLOYMENT, "-o", "github").out.splitlines()
    assert [line.split(",")[0] + "," + line.split(",")[1] for line in lines] == [
        "::warning file=a.yaml,line=14",
        "::warning file=a.yaml,line=12",
    ]


def test_the_items_of_a_list_and_of_json_are_pointed_at_where_they_stand(check: Check) -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": [pod(), pod(tty="x")], "bogus": 1}
    text = json.dumps(items, indent=1)
    told = document(check.of(text, "-o", "json"))
    [found] = [found for one in told["objects"] for found in one["findings"]]
    assert found["path"] == "spec.containers[0].tty"
    assert text.splitlines()[found["line"] - 1].strip().startswith('"tty"')


def test_what_a_rule_injects_before_moves_no_place(check: Check) -> None:
    """A pod's other findings tell paths of the final object; these tell the author's."""
    sidecar = "{name: proxy, image: 'registry.corp.example/proxy:1'}"
    rule = f"- {{name: proxy, sidecar: {{container: {sidecar}, position: first}}}}"
    check.rules(policy(rule))
    text = json.dumps(pod(ttty=True), indent=1)
    told = document(check.of(text, "-o", "json"))
    [found] = [found for found in told["objects"][0]["findings"] if found["rule"] == "doorward/unknown-field"]
    assert (found["path"], found["container"]) == ("spec.containers[0].ttty", "web")
    assert text.splitlines()[found["line"] - 1].strip() == '"ttty": true'


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: hunter2-hunter2}\nstringdata: {b: hunter3}\n"


@pytest.mark.parametrize("form", FORMATS)
def test_no_secret_is_told(check: Check, form: str) -> None:
    out = check.of(SECRET, "-o", form).text
    assert "unknown-field" in out
    assert "wrong-type" in out
    assert "hunter" not in out


def test_no_variables_value_is_told_in_text(check: Check) -> None:
    env = [{"name": "A", "vaule": "hunter4"}, {"name": "B", "value": 1234567890}]
    out = check.of(json.dumps(pod(env=env), indent=1)).out
    assert "unknown-field" in out
    assert "wrong-type" in out
    assert "hunter4" not in out
    assert "1234567890" not in out


def test_custom_resources_and_what_null_leaves_out_say_nothing(check: Check) -> None:
    custom = {"apiVersion": "example.com/v1", "kind": "Pod", "metadata": {"name": "a"}, "anything": [1]}
    old = workload("Deployment") | {"apiVersion": "extensions/v1beta1", "anything": 1}
    fine = workload("Deployment") | {"status": None}
    outcome = check.of("---\n".join(f"{json.dumps(obj)}\n" for obj in (custom, old, fine)), "--strict")
    assert (outcome.code, outcome.out) == (0, "")


def test_what_the_rules_cannot_walk_is_told_once(check: Check) -> None:
    outcome = check.of(json.dumps(pod({"spec": {"containers": "web"}})), "-o", "json")
    [found] = document(outcome)["objects"][0]["findings"]
    assert (found["rule"], found["path"], outcome.code) == ("doorward/object-shape", "spec.containers", 1)
