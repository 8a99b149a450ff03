"""The manifests: rendered by kubectl, taken by a real API server as they are written, and accepted by our own rules."""

from __future__ import annotations

import argparse
import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.cluster import REGISTRATIONS, Cluster
from tests.e2e.rendered import (
    BASE,
    CERT_MANAGER,
    DEV,
    NOT_IN_THE_CLUSTER,
    ROOT,
    Json,
    carriers,
    container_of,
    one,
    pod_of,
    render,
)
from tests.e2e.users import service_account
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Facts, Namespace
from webhook.commands import certs, serve
from webhook.engine.coverage import uncovered
from webhook.engine.decide import decide
from webhook.engine.manifest import as_request
from webhook.policy.load import load

POLICIES = str(ROOT / "policies")


def dry_run(cluster: Cluster, objects: list[Json]) -> tuple[list[Json], str]:
    """What the API server would make of the objects, and what it warned about; asserts that it takes them."""
    words = ("apply", "--server-side", "--dry-run=server", "--field-manager=manifests", "-o", "json", "-f", "-")
    ended = cluster.kubectl(*words, input=yaml.safe_dump_all(objects))
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    return answer.get("items", [answer]), ended.stderr


def lost(wanted: Any, found: Any, at: str = "") -> list[str]:
    """The places where something that was written is not what the API server answers."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [place for key, value in wanted.items() for place in lost(value, found.get(key), f"{at}.{key}")]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [
            place
            for index, pair in enumerate(zip(wanted, found, strict=True))
            for place in lost(*pair, f"{at}[{index}]")
        ]
    return [] if wanted == found else [at]


@pytest.fixture(scope="module")
def own_namespace(cluster: Cluster) -> str:
    return cluster.namespace("doorward")


@pytest.mark.parametrize("folder", [BASE, DEV, CERT_MANAGER])
def test_the_api_server_takes_every_object_and_changes_nothing_that_is_written(
    folder: str, cluster: Cluster, own_namespace: str
) -> None:
    objects = [obj for obj in render(folder) if obj["kind"] not in NOT_IN_THE_CLUSTER]
    answered, warnings = dry_run(cluster, objects)
    assert warnings == ""
    assert [obj["kind"] for obj in answered] == [obj["kind"] for obj in objects]
    for wanted, found in zip(objects, answered, strict=True):
        assert lost(wanted, found) == [], wanted["kind"]


def test_our_pods_fit_the_restricted_standard_that_our_namespace_enforces(cluster: Cluster) -> None:
    base = render(BASE)
    labels = one(base, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    name = cluster.namespace("restricted-like-ours", labels)
    moved = [{**obj, "metadata": {**obj["metadata"], "namespace": name}} for obj in carriers(base)]
    assert [obj["kind"] for obj in moved] == ["Deployment", "CronJob", "Job"]
    assert dry_run(cluster, moved)[1] == ""
    loose = copy.deepcopy(moved[0])
    del loose["spec"]["template"]["spec"]["securityContext"]
    assert "would violate PodSecurity" in dry_run(cluster, [loose])[1]


@pytest.mark.parametrize("folder", [BASE, CERT_MANAGER])
def test_our_own_rules_accept_every_pod_of_the_base_without_a_finding(folder: str) -> None:
    rules = load([POLICIES])
    assert rules.rules, "./policies holds no rules"
    # Our namespace is left alone by the shipped Profile: here it is judged like any other.
    rules = rules.changed(exclude_namespaces=())
    facts = Facts({"doorward": Namespace("doorward", {"kubernetes.io/metadata.name": "doorward"}, {})})
    judged = carriers(render(folder))
    assert judged
    for obj in judged:
        decision = decide(as_request(obj), rules, facts, datetime(2026, 11, 21, tzinfo=UTC))
        assert isinstance(decision, Decision)
        assert decision.matched, "no rule has looked"
        assert (decision.verdict, decision.findings, decision.notes) == (Verdict.ALLOWED, (), ())


def test_the_registration_of_every_overlay_covers_the_shipped_rules() -> None:
    for folder in (BASE, DEV, CERT_MANAGER):
        assert uncovered(load([POLICIES]), render(folder)) == ()


def test_the_mounted_config_map_is_the_shipped_rules(tmp_path: Path) -> None:
    base = render(BASE)
    rules = one(base, "ConfigMap")
    for name, text in rules["data"].items():
        (tmp_path / name).write_text(text)
    mounted, shipped = load([str(tmp_path)]), load([POLICIES])
    assert [rule.info for rule in mounted.rules] == [rule.info for rule in shipped.rules]
    assert (mounted.profile, mounted.exclude_namespaces) == (shipped.profile, shipped.exclude_namespaces)
    volumes = {volume["name"]: volume for volume in one(base, "Deployment")["spec"]["template"]["spec"]["volumes"]}
    assert volumes["policies"]["configMap"]["name"] == rules["metadata"]["name"]
    assert rules["metadata"]["namespace"] == "doorward"


def test_serving_pods_get_the_leaf_and_never_the_authority() -> None:
    deployment = one(render(BASE), "Deployment")
    volumes = pod_of(deployment)["spec"]["volumes"]
    assert [volume["secret"]["secretName"] for volume in volumes if "secret" in volume] == ["doorward-tls"]
    assert "doorward-ca" not in json.dumps(deployment)


def test_every_command_line_of_the_base_is_one_that_doorward_understands() -> None:
    for obj in carriers(render(BASE)):
        command, *arguments = container_of(obj)["args"]
        parser = argparse.ArgumentParser(exit_on_error=False)
        {"serve": serve, "certs": certs}[command].add(parser)
        parsed = parser.parse_args(arguments)
        if command == "serve":
            assert (parsed.port, parsed.health_port, parsed.drain_seconds) == (8443, 8080, 10.0)
            assert pod_of(obj)["spec"]["terminationGracePeriodSeconds"] > parsed.drain_seconds + 2 * 5
            ports = {port["name"]: port["containerPort"] for port in container_of(obj)["ports"]}
            assert ports == {"https": parsed.port, "health": parsed.health_port}
        else:
            assert (parsed.action, parsed.service, parsed.namespace) == ("ensure", "doorward", "doorward")


@pytest.fixture
def bound(cluster: Cluster, own_namespace: str) -> Iterator[Cluster]:
    """The cluster with the base's accounts and roles, and two configurations that ask about nothing."""
    kinds = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    base = render(BASE)
    registrations = [copy.deepcopy(obj) for obj in base if obj["kind"].endswith("WebhookConfiguration")]
    for registration in registrations:
        registration["webhooks"][0]["namespaceSelector"] = {"matchLabels": {"tests.doorward.dev/asked": "never"}}
    objects = yaml.safe_dump_all([*registrations, *(obj for obj in base if obj["kind"] in kinds)])
    applied = cluster.kubectl("apply", "--server-side", "-f", "-", input=objects)
    assert applied.returncode == 0, applied.stderr
    yield cluster
    for secret in ("doorward-ca", "doorward-tls"):
        cluster.api("DELETE", f"/api/v1/namespaces/{own_namespace}/secrets/{secret}")
    assert cluster.kubectl("delete", "--wait=false", "-f", "-", input=objects).returncode == 0


def test_the_job_may_do_all_that_it_does_and_no_more(bound: Cluster) -> None:
    user = service_account("doorward", "doorward-certificates")
    words = one(render(BASE), "Job")["spec"]["template"]["spec"]["containers"][0]["args"]
    command = [sys.executable, "-m", "webhook", *words, "--kubeconfig", str(bound.kubeconfig(user))]
    for said in ("written", "nothing is due"):
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        assert said in ended.stdout
    for kind, name in (("mutating", "doorward-mutate"), ("validating", "doorward-validate")):
        registration = bound.api("GET", f"{REGISTRATIONS}/{kind}webhookconfigurations/{name}").body
        assert registration["webhooks"][0]["clientConfig"]["caBundle"]
    for path in (
        "/api/v1/namespaces/doorward/secrets",
        "/api/v1/namespaces/doorward/secrets/other",
        "/api/v1/namespaces/kube-system/secrets/doorward-ca",
        f"{REGISTRATIONS}/mutatingwebhookconfigurations/other",
        "/api/v1/namespaces",
    ):
        assert bound.api("GET", path, user=user).status == 403, path


def test_a_serving_pod_may_read_namespaces_and_its_registration_and_write_nothing(bound: Cluster) -> None:
    user = service_account("doorward", "doorward")
    mutate = f"{REGISTRATIONS}/mutatingwebhookconfigurations/doorward-mutate"
    validate = f"{REGISTRATIONS}/validatingwebhookconfigurations/doorward-validate"
    for path in ("/api/v1/namespaces", "/api/v1/namespaces/default", mutate, validate):
        assert bound.api("GET", path, user=user).status == 200, path
    watch = "/api/v1/namespaces?watch=1&timeoutSeconds=1"
    assert bound.request("GET", watch, user=user).status_code == 200
    registration = bound.api("GET", mutate).body
    assert bound.api("PUT", mutate, registration, user=user).status == 403
    for path in (
        "/api/v1/namespaces/doorward/secrets/doorward-tls",
        "/api/v1/namespaces/doorward/secrets/doorward-ca",
        "/api/v1/pods",
        f"{REGISTRATIONS}/mutatingwebhookconfigurations",
    ):
        assert bound.api("GET", path, user=user).status == 403, path


def test_nobody_can_set_a_deletion_timestamp_to_slip_past_the_match_condition(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{cluster.namespace('deletion-timestamps')}/configmaps"
    made = cluster.api("POST", path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "alive"}}).body
    made["metadata"]["deletionTimestamp"] = "2026-11-21T12:00:00Z"
    answer = cluster.api("PUT", f"{path}/alive", made)
    assert answer.status == 422
    assert "metadata.deletionTimestamp" in answer.body["message"]


def test_the_overlay_for_development_is_one_replica_of_an_image_built_here() -> None:
    dev, base = render(DEV), render(BASE)
    assert [obj["kind"] for obj in dev] == [obj["kind"] for obj in base]
    assert one(dev, "Deployment")["spec"]["replicas"] == 1
    assert {container_of(obj)["image"] for obj in carriers(dev)} == {"doorward:dev"}
    assert one(dev, "ValidatingWebhookConfiguration") == one(base, "ValidatingWebhookConfiguration")
