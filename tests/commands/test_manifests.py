"""`doorward manifests`: what is excluded, what happens while nobody answers, and that the base ships what it prints."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.objects import policy
from webhook import VERSION
from webhook.cli import main

ROOT = Path(__file__).parents[2]
CHECKS = policy("- name: r\n  images: {from: [registry.corp.example]}\n")
REWRITES = policy("- name: r\n  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}\n")
WARNS = policy("- name: r\n  images: {from: [registry.corp.example]}\n", mode="warn")
DENIES_LATER = policy(
    "- name: r\n  images: {from: [registry.corp.example]}\n",
    rollout="[{mode: audit}, {mode: enforce, from: 2099-01-01}]",
)
NAME_LABEL = "kubernetes.io/metadata.name"


class Printed:
    """What one run printed: the two configurations, and the lines on stderr."""

    def __init__(self, out: str, err: str) -> None:
        self.text, self.notes = out, err.splitlines()
        self.mutating, self.validating = yaml.safe_load_all(out)

    @property
    def mutate(self) -> Any:
        [webhook] = self.mutating["webhooks"]
        return webhook

    @property
    def validate(self) -> Any:
        [webhook] = self.validating["webhooks"]
        return webhook


@pytest.fixture
def manifests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on rules given as text."""

    def run(rules: str, *arguments: str, exit_code: int = 0) -> Printed:
        (tmp_path / "rules.yaml").write_text(rules)
        assert main(["manifests", "--policies", str(tmp_path), *arguments]) == exit_code
        return Printed(*capsys.readouterr())

    return run


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["manifests", "--policies", str(ROOT / "policies"), *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def profile(*namespaces: str) -> str:
    return (
        "\n---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: prod}\n"
        f"spec: {{excludeNamespaces: {list(namespaces)}}}\n"
    )


def excluded(webhook: Any) -> list[str]:
    """The namespaces that are left out, after proving that nothing else is in the selector."""
    [expression] = webhook["namespaceSelector"]["matchExpressions"]
    assert webhook["namespaceSelector"].keys() == {"matchExpressions"}
    assert (expression["key"], expression["operator"]) == (NAME_LABEL, "NotIn")
    return list(expression["values"])


def test_the_system_namespace_and_our_own_are_never_asked_about(manifests: Any) -> None:
    printed = manifests(REWRITES)
    assert excluded(printed.mutate) == excluded(printed.validate) == ["doorward", "kube-system"]


def test_our_own_namespace_is_the_one_of_the_service(manifests: Any) -> None:
    printed = manifests(CHECKS, "--namespace", "security", "--service", "gate", "--port", "8443")
    assert excluded(printed.validate) == ["kube-system", "security"]
    assert printed.validate["clientConfig"] == {
        "service": {"name": "gate", "namespace": "security", "port": 8443, "path": "/validate"}
    }


def test_the_profiles_namespaces_are_left_out_by_both_webhooks(manifests: Any) -> None:
    printed = manifests(REWRITES + profile("monitoring", "kube-system", "1e3"))
    assert excluded(printed.mutate) == excluded(printed.validate) == ["1e3", "doorward", "kube-system", "monitoring"]


def test_a_glob_of_the_profile_is_not_rendered_and_that_is_said(manifests: Any) -> None:
    printed = manifests(CHECKS + profile("doorward", "kube-*", "sandbox-*"))
    assert excluded(printed.validate) == ["doorward", "kube-system"]
    assert printed.notes == [
        "doorward: note: the Profile leaves kube-* and sandbox-* alone; a namespaceSelector knows no globs: Doorward "
        "is asked about these namespaces, and allows everything there"
    ]


def test_what_is_left_out_here_alone_is_said_because_check_would_judge_it(manifests: Any) -> None:
    assert manifests(CHECKS).notes == [
        "doorward: note: doorward and kube-system are never asked about; put them under excludeNamespaces of a "
        "Profile, so that `doorward check` leaves them alone too"
    ]
    assert manifests(CHECKS + profile("doorward", "kube-system")).notes == []


@pytest.mark.parametrize(
    ("rules", "policy_while_away"), [(CHECKS, "Fail"), (DENIES_LATER, "Fail"), (WARNS, "Ignore"), (REWRITES, "Fail")]
)
def test_validation_fails_closed_as_soon_as_a_rule_can_deny(manifests: Any, rules: str, policy_while_away: str) -> None:
    assert manifests(rules).validate["failurePolicy"] == policy_while_away


def test_mutation_never_stops_anything_and_runs_again_after_others(manifests: Any) -> None:
    webhook = manifests(REWRITES).mutate
    assert webhook["failurePolicy"] == "Ignore"
    assert webhook["reinvocationPolicy"] == "IfNeeded"


def test_a_ruleset_that_changes_nothing_has_a_mutating_configuration_without_webhooks(manifests: Any) -> None:
    printed = manifests(CHECKS)
    assert printed.mutating == {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "doorward-mutate", "labels": {"app.kubernetes.io/name": "doorward"}},
    }


def test_a_whole_webhook_reads_like_this(manifests: Any) -> None:
    assert manifests(
        policy("- name: r\n  images: {from: [registry.corp.example]}\n", match="{kinds: [Pod]}")
    ).validate == {
        "name": "policies.doorward.dev",
        "clientConfig": {"service": {"name": "doorward", "namespace": "doorward", "port": 443, "path": "/validate"}},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["pods"],
                "scope": "Namespaced",
            },
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["UPDATE"],
                "resources": ["pods/ephemeralcontainers", "pods/resize"],
                "scope": "Namespaced",
            },
        ],
        "failurePolicy": "Fail",
        "matchPolicy": "Equivalent",
        "namespaceSelector": {
            "matchExpressions": [{"key": NAME_LABEL, "operator": "NotIn", "values": ["doorward", "kube-system"]}]
        },
        "matchConditions": [
            {
                "name": "not-being-deleted",
                "expression": "!(request.operation in ['UPDATE', 'DELETE']) || !has(oldObject.metadata) || "
                "!has(oldObject.metadata.deletionTimestamp)",
            }
        ],
        "sideEffects": "None",
        "timeoutSeconds": 5,
        "admissionReviewVersions": ["v1"],
    }


def test_resources_with_the_same_operations_stand_together_by_group(manifests: Any) -> None:
    rules = manifests(CHECKS).validate["rules"]
    assert [(rule["apiGroups"], rule["resources"]) for rule in rules] == [
        ([""], ["pods", "podtemplates", "replicationcontrollers"]),
        ([""], ["pods/ephemeralcontainers", "pods/resize"]),
        (["apps"], ["daemonsets", "deployments", "replicasets", "statefulsets"]),
        (["batch"], ["cronjobs", "jobs"]),
    ]


def test_the_name_that_users_see_first_can_be_chosen(manifests: Any) -> None:
    printed = manifests(REWRITES, "--webhook-name", "compliance.corp.example")
    assert (printed.mutate["name"], printed.validate["name"]) == (
        "mutate.compliance.corp.example",
        "compliance.corp.example",
    )


def test_a_url_stands_instead_of_the_service_and_the_bundle_is_told(manifests: Any, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    printed = manifests(REWRITES, "--url", "https://gate.corp.example:8443/", "--ca-bundle", str(bundle))
    trusted = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
    assert printed.mutate["clientConfig"] == {"url": "https://gate.corp.example:8443/mutate", "caBundle": trusted}
    assert printed.validate["clientConfig"]["url"] == "https://gate.corp.example:8443/validate"


def test_the_same_rules_print_the_same_bytes(manifests: Any) -> None:
    assert manifests(REWRITES).text == manifests(REWRITES).text


def test_nothing_empty_is_printed(manifests: Any) -> None:
    def walk(value: Any) -> None:
        assert value not in ({}, [], None)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(inner)

    printed = manifests(REWRITES)
    walk([printed.mutating, printed.validating])


def test_a_guessed_plural_is_said_and_can_be_told(manifests: Any) -> None:
    rules = policy("- name: r\n  fields: [{object: spec.x, required: true}]\n", match="{kinds: [example.com/Gadgetry]}")
    rules += profile("doorward", "kube-system")
    guessed = manifests(rules)
    assert guessed.validate["rules"][0]["resources"] == ["gadgetries"]
    assert guessed.notes[-1] == (
        "doorward: note: example.com/Gadgetry is taken to be served as `gadgetries`; where that is wrong, say "
        "--resource example.com/Gadgetry=PLURAL"
    )
    told = manifests(rules, "--resource", "example.com/Gadgetry=gadgetry")
    assert told.validate["rules"][0]["resources"] == ["gadgetry"]
    assert told.validating["metadata"]["annotations"] == {"doorward.dev/resources": "example.com/Gadgetry=gadgetry"}
    assert not [note for note in told.notes if "Gadgetry" in note]


def test_every_kind_is_rendered_as_the_built_in_ones_and_that_is_said(manifests: Any) -> None:
    rules = policy("- name: r\n  fields: [{object: metadata.labels.team, required: true}]\n", match='{kinds: ["*"]}')
    printed = manifests(rules + profile("doorward", "kube-system"))
    resources = {resource for rule in printed.validate["rules"] for resource in rule["resources"]}
    assert {"pods", "configmaps", "namespaces", "ingresses"} <= resources
    assert not resources & {"*", "*/*", "leases", "events", "nodes", "endpoints", "pods/status", "tokenreviews"}
    assert printed.notes[-1] == (
        'doorward: note: p/r says "*": the built-in kinds are registered; name custom ones to have them asked about'
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--webhook-name", "doorward.dev"], "the API server wants three labels, as in policies.doorward.dev"),
        (["--webhook-name", "Policies.doorward.dev"], "the API server wants three labels"),
        (["--service", "Door_ward"], "--service 'Door_ward' is no name"),
        (["--namespace", "a.b"], "--namespace 'a.b' is no name"),
        (["--port", "0"], "--port 0: a port is from 1 to 65535"),
        (["--url", "http://gate.corp.example"], "the API server wants https://HOST[:PORT][/PATH]"),
        (["--url", "https://user@gate.corp.example"], "the API server wants https://HOST[:PORT][/PATH]"),
        (["--url", "https://gate.corp.example/?a=b"], "the API server wants https://HOST[:PORT][/PATH]"),
        (["--url", "https://gate.corp.example:port"], "the API server wants https://HOST[:PORT][/PATH]"),
        (["--resource", "Gadget=gadgets"], "write GROUP/Kind=plural, such as example.com/Gadget=gadgets"),
        (["--ca-bundle", "/nowhere/ca.crt"], "/nowhere/ca.crt cannot be read: No such file or directory"),
        (["--ca-bundle", str(ROOT / "policies/profiles/standard.yaml")], "holds no certificate: a CA bundle is PEM"),
    ],
)
def test_what_the_api_server_would_refuse_is_a_usage_error(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in refused(capsys, *arguments)


def test_a_private_key_does_not_get_into_a_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = tmp_path / "pair.pem"
    pair.write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n")  # a shape, no key
    assert "holds a private key, which nobody but its owner may see" in refused(capsys, "--ca-bundle", str(pair))


def test_broken_rules_print_no_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules.yaml").write_text(CHECKS.replace("title", "titel"))
    assert main(["manifests", "--policies", str(tmp_path)]) == 2
    assert capsys.readouterr().out == ""


def test_the_base_ships_what_the_command_prints_for_the_shipped_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifests", "--policies", str(ROOT / "policies")]) == 0
    cure = "doorward manifests --policies policies > manifests/base/webhooks.yaml"
    assert (ROOT / "manifests/base/webhooks.yaml").read_text() == capsys.readouterr().out, cure


def test_the_config_map_holds_every_shipped_rule_under_a_name_of_its_own() -> None:
    folder = ROOT / "policies"
    rules = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.yaml")
        if not path.name.endswith(".test.yaml") and path.name != "kustomization.yaml"
    ]
    [generator] = yaml.safe_load((folder / "kustomization.yaml").read_text())["configMapGenerator"]
    assert generator["files"] == sorted(rules), "policies/kustomization.yaml must list them"
    assert len({Path(rule).name for rule in rules}) == len(rules), "a ConfigMap is flat: file names must differ"
    assert sum((folder / rule).stat().st_size for rule in rules) < 2**20, "a ConfigMap holds at most 1 MiB"


def test_every_image_of_the_base_is_of_this_version() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "manifests/base").glob("*.yaml")))
    images = {line.split("image: ")[1] for line in text.splitlines() if "image: " in line}
    assert images == {f"registry.corp.example/doorward/doorward:{VERSION}"}
