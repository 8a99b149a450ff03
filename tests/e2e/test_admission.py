"""What people and controllers meet: refusals, completed pods, warnings, and all that must never be in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.cluster import Answer, Cluster
from tests.e2e.doorward import Doorward, registered
from tests.e2e.objects import BAD, GOOD, Json, deployment, deployments, pod, pods
from tests.e2e.users import node, service_account
from tests.e2e.waiting import poll

RULES = Path(__file__).parent / "rules" / "admission.yaml"
STRATEGIC = "application/strategic-merge-patch+json"
OLD = "old-and-bad"
REFUSED = 'admission webhook "policies.doorward.dev" denied the request: '


@pytest.fixture(scope="module")
def old(cluster: Cluster) -> str:
    """A namespace with objects that no rule allows, made before anybody asked."""
    name = cluster.namespace(OLD)
    for one in ("status", "labels", "kubelet", "evicted", "deleted", "finalized", "only-its-image"):
        made = pod(one, BAD, finalizers=["tests.doorward.dev/kept"] if one == "finalized" else [])
        if one == "only-its-image":
            completed(made)
        else:
            made["spec"]["nodeName"] = "n1"
        assert cluster.api("POST", pods(name), made).status == 201
    assert cluster.api("POST", deployments(name), deployment("web", BAD)).status == 201
    return name


def completed(one: Json) -> Json:
    """The pod with everything that the rules would fill in."""
    security, resources = {"allowPrivilegeEscalation": False}, {"requests": {"memory": "64Mi"}}
    one["spec"]["containers"][0] |= {"securityContext": security, "resources": resources}
    one["spec"]["securityContext"] = {"seccompProfile": {"type": "RuntimeDefault"}}
    return one


@pytest.fixture(scope="module", autouse=True)
def doorward(cluster: Cluster, old: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorward]:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "admission.yaml").write_text(RULES.read_text())
    with registered(cluster, rules) as served:
        yield served


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own."""
    words = request.node.name.removeprefix("test_").partition("[")[0].replace("_", "-")
    return cluster.namespace(words[:55].strip("-"))


def causes(answer: Answer) -> list[tuple[str, str]]:
    """The rule and the path of everything that an answer refuses; asserts that it is a refusal of ours."""
    assert (answer.status, answer.body["reason"]) == (403, "Forbidden"), answer.body
    assert answer.body["message"].startswith(REFUSED)
    return [(cause["reason"], cause["field"]) for cause in answer.body["details"]["causes"]]


def test_a_bad_pod_is_refused_with_object_rule_value_and_cure_in_kubectls_words(
    cluster: Cluster, namespace: str
) -> None:
    ended = cluster.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(pod(image=BAD)))
    assert (ended.returncode, ended.stdout) == (1, "")
    head, _, found, cure, why, _, tail = ended.stderr.splitlines()[-7:]
    assert head == (
        f'Error from server (Forbidden): error when creating "STDIN": {REFUSED}'
        f"1 rule blocks Pod {namespace}/web (1 problem)"
    )
    assert found == (
        '  [from-ours] spec.containers[0].image (app): "quay.example/web:1.2" comes from quay.example/web, '
        "which is not allowed"
    )
    assert cure == "      fix: push it to registry.corp.example"
    assert why == "      why: Images from elsewhere have not been scanned."
    assert tail.startswith("  reproduce: doorward check FILE | ask: #platform-help | id: ")
    assert cluster.api("GET", pods(namespace, "web")).status == 404


def test_a_good_pod_is_completed_by_defaults_and_its_images_by_our_mirror(cluster: Cluster, namespace: str) -> None:
    cluster.namespace(namespace, {"team": "payments"})
    poll(lambda: labels_of(cluster, namespace) == {"team": "payments"}, "the namespace's label is not followed")
    made = cluster.api("POST", pods(namespace), pod(image="nginx:1.27"))
    assert made.status == 201, made.body
    spec = made.body["spec"]
    [container] = spec["containers"]
    assert container["image"] == "registry.corp.example/hub/library/nginx:1.27"
    assert container["securityContext"] == {"allowPrivilegeEscalation": False}
    assert container["resources"] == {"requests": {"memory": "64Mi"}}
    assert spec["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert made.body["metadata"]["labels"] == {"team": "payments"}


def labels_of(cluster: Cluster, namespace: str) -> Any:
    """The labels of a pod that would be made there now."""
    tried = cluster.api("POST", f"{pods(namespace)}?dryRun=All", pod("tried"))
    return tried.body["metadata"].get("labels")


def test_a_deployment_is_refused_where_it_was_written(cluster: Cluster, namespace: str) -> None:
    answer = cluster.api("POST", deployments(namespace), deployment(image=BAD))
    assert causes(answer) == [("registries/from-ours", "spec.template.spec.containers[0].image")]
    good = cluster.api("POST", deployments(namespace), deployment(image="nginx:1.27"))
    assert good.status == 201
    [container] = good.body["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "nginx:1.27", "a template is judged as the pod it will become, and never changed"


def test_a_warning_is_seen_by_whoever_runs_kubectl(cluster: Cluster, namespace: str) -> None:
    made = cluster.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(pod()))
    assert (made.returncode, made.stdout) == (0, "pod/web created\n")
    assert made.stderr == "Warning: [tier] metadata.labels.tier: missing, must be set. fix: add the label tier\n"
    silent = cluster.kubectl("create", "-n", namespace, "-f", "-", input=json.dumps(pod("two", labels={"tier": "one"})))
    assert (silent.returncode, silent.stderr) == (0, "")


def test_kubectl_debug_is_refused_a_foreign_image_and_gets_an_allowed_one_from_our_mirror(
    cluster: Cluster, namespace: str
) -> None:
    cluster.api("POST", pods(namespace), pod())

    def debug(image: str) -> Any:
        return cluster.kubectl("debug", "web", "-n", namespace, f"--image={image}", "--attach=false", "-c=debugger")

    refused = debug("quay.example/tools:1")
    assert refused.returncode == 1
    assert "[from-ours] spec.ephemeralContainers[0].image (debugger): " in refused.stderr
    assert "ephemeralContainers" not in cluster.api("GET", pods(namespace, "web")).body["spec"]
    allowed = debug("busybox:1.36")
    assert allowed.returncode == 0, allowed.stderr
    [container] = cluster.api("GET", pods(namespace, "web")).body["spec"]["ephemeralContainers"]
    assert container["image"] == "registry.corp.example/hub/library/busybox:1.36"


def test_the_token_volume_is_real_and_a_rule_can_take_it_away(cluster: Cluster, namespace: str) -> None:
    kept = cluster.api("POST", pods(namespace), pod()).body["spec"]
    assert [volume["name"][:16] for volume in kept["volumes"]] == ["kube-api-access-"]
    assert [mount["name"][:16] for mount in kept["containers"][0]["volumeMounts"]] == ["kube-api-access-"]
    removed = cluster.api("POST", pods(namespace), pod("without", labels={"token": "none"})).body["spec"]
    assert removed["automountServiceAccountToken"] is False
    assert "volumes" not in removed
    assert "volumeMounts" not in removed["containers"][0]


def test_a_dry_run_gets_the_same_answer_and_leaves_no_trace(cluster: Cluster, namespace: str) -> None:
    words = ("create", "--dry-run=server", "-n", namespace, "-o", "json", "-f", "-")
    good = cluster.kubectl(*words, input=json.dumps(pod(image="nginx:1.27")))
    bad = cluster.kubectl(*words, input=json.dumps(pod(image=BAD)))
    assert (good.returncode, bad.returncode) == (0, 1)
    [container] = json.loads(good.stdout)["spec"]["containers"]
    assert container["image"] == "registry.corp.example/hub/library/nginx:1.27"
    assert "[from-ours] spec.containers[0].image" in bad.stderr
    assert cluster.api("GET", pods(namespace)).body["items"] == []


def test_the_status_of_an_old_bad_pod_can_be_written_by_its_kubelet(cluster: Cluster, old: str) -> None:
    status = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    path = pods(old, "status")
    answer = cluster.api("PATCH", f"{path}/status", status, user=node("n1"), content_type=STRATEGIC)
    assert (answer.status, answer.body["status"]["phase"]) == (200, "Running")


def test_a_kubelet_can_finish_an_old_bad_pod(cluster: Cluster, old: str) -> None:
    path = pods(old, "kubelet")
    assert cluster.api("DELETE", f"{path}?gracePeriodSeconds=30").status == 200
    assert cluster.api("GET", path).body["metadata"]["deletionTimestamp"], "it waits for its kubelet"
    failed = {"status": {"phase": "Failed"}}
    assert cluster.api("PATCH", f"{path}/status", failed, user=node("n1"), content_type=STRATEGIC).status == 200
    assert cluster.api("DELETE", f"{path}?gracePeriodSeconds=0", user=node("n1")).status == 200
    assert cluster.api("GET", path).status == 404


def test_labels_of_an_old_bad_pod_can_change_and_the_old_trouble_is_told_as_a_warning(
    cluster: Cluster, old: str
) -> None:
    ended = cluster.kubectl("label", "pod", "labels", "-n", old, "tier=one")
    assert (ended.returncode, ended.stdout) == (0, "pod/labels labeled\n")
    assert "Warning: [from-ours] containers[0].image (app): " in ended.stderr
    assert "; was so before" in ended.stderr


def test_the_image_of_an_old_bad_pod_may_become_good_and_never_bad_in_a_new_way(cluster: Cluster, old: str) -> None:
    path = pods(old, "only-its-image")

    def with_image(image: str) -> Answer:
        change = {"spec": {"containers": [{"name": "app", "image": image}]}}
        return cluster.api("PATCH", path, change, content_type=STRATEGIC)

    assert causes(with_image("quay.example/other:1")) == [("registries/from-ours", "spec.containers[0].image")]
    assert with_image(GOOD).status == 200
    assert causes(with_image(BAD)) == [("registries/from-ours", "spec.containers[0].image")]


def test_a_pod_can_be_resized_within_the_rules_and_an_old_bad_one_too(
    cluster: Cluster, namespace: str, old: str
) -> None:
    cluster.api("POST", pods(namespace), pod())

    def resized(where: str, name: str, memory: str) -> Answer:
        change = {"spec": {"containers": [{"name": "app", "resources": {"requests": {"memory": memory}}}]}}
        return cluster.api("PATCH", f"{pods(where, name)}/resize", change, content_type=STRATEGIC)

    assert resized(namespace, "web", "128Mi").status == 200
    where = "spec.containers[0].resources.requests.memory"
    assert causes(resized(namespace, "web", "2Gi")) == [("completed/resources", where)]
    assert resized(old, "only-its-image", "128Mi").status == 200


def test_a_mirror_pod_of_a_kubelet_is_judged_as_it_is_and_never_changed(cluster: Cluster, namespace: str) -> None:
    made = cluster.api("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n3"}}).body
    owner = {"apiVersion": "v1", "kind": "Node", "name": "n3", "uid": made["metadata"]["uid"], "controller": True}
    notes = {"kubernetes.io/config.mirror": "0123", "kubernetes.io/config.source": "file"}

    def mirrored(name: str, image: str) -> Answer:
        one = completed(pod(name, image, annotations=notes, ownerReferences=[owner]))
        one["spec"]["nodeName"] = "n3"
        return cluster.api("POST", pods(namespace), one, user=node("n3"))

    where = "spec.containers[0].image"
    assert causes(mirrored("static-one-n3", "nginx:1.27")) == [("registries/from-ours", where)], "not rewritten"
    good = mirrored("static-two-n3", GOOD)
    assert good.status == 201, good.body
    assert good.body["spec"]["containers"][0]["image"] == GOOD
    assert cluster.api("DELETE", "/api/v1/nodes/n3").status == 200


def test_a_pod_that_the_replicaset_controller_makes_is_judged_and_completed_like_any_other(
    cluster: Cluster, namespace: str
) -> None:
    controller = service_account("kube-system", "replicaset-controller")
    refused = cluster.api("POST", pods(namespace), pod("web-5d8f-", BAD), user=controller)
    assert causes(refused) == [("registries/from-ours", "spec.containers[0].image")]
    made = cluster.api("POST", pods(namespace), pod("web-5d8f-", "nginx:1.27"), user=controller)
    assert made.status == 201
    assert made.body["spec"]["containers"][0]["image"] == "registry.corp.example/hub/library/nginx:1.27"


def test_an_old_bad_pod_can_be_evicted_and_deleted(cluster: Cluster, old: str) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "evicted", "namespace": old}}
    assert cluster.api("POST", f"{pods(old, 'evicted')}/eviction", eviction).status == 201
    assert cluster.kubectl("delete", "pod", "deleted", "-n", old, "--now", "--wait=false").returncode == 0
    for name in ("evicted", "deleted"):
        answer = cluster.api("GET", pods(old, name))
        assert answer.status == 404 or "deletionTimestamp" in answer.body["metadata"], answer.body


def test_the_last_finalizer_of_an_old_bad_pod_can_go_while_it_is_deleted_and_before(cluster: Cluster, old: str) -> None:
    path = pods(old, "finalized")
    more = {"metadata": {"finalizers": ["tests.doorward.dev/kept", "tests.doorward.dev/more"]}}
    assert cluster.api("PATCH", path, more, content_type=STRATEGIC).status == 200
    assert cluster.api("DELETE", f"{path}?gracePeriodSeconds=0").status == 200
    assert cluster.api("GET", path).body["metadata"]["deletionTimestamp"]
    none = [{"op": "remove", "path": "/metadata/finalizers"}]
    assert cluster.api("PATCH", path, none, content_type="application/json-patch+json").status == 200
    assert cluster.api("GET", path).status == 404


def test_an_old_bad_deployment_can_be_scaled_and_its_status_written_within_the_rule_about_replicas(
    cluster: Cluster, old: str
) -> None:
    scaled = cluster.kubectl("scale", "deployment", "web", "-n", old, "--replicas=3")
    assert (scaled.returncode, scaled.stdout) == (0, "deployment.apps/web scaled\n")
    too_many = cluster.kubectl("scale", "deployment", "web", "-n", old, "--replicas=9")
    assert too_many.returncode == 1
    assert "[at-most-five] spec.replicas: " in too_many.stderr
    assert "[from-ours]" not in too_many.stderr, "the scale says nothing of images"
    status = {"status": {"replicas": 3, "observedGeneration": 2}}
    path = f"{deployments(old, 'web')}/status"
    assert cluster.api("PATCH", path, status, content_type=STRATEGIC).status == 200
    assert cluster.api("GET", deployments(old, "web")).body["spec"]["replicas"] == 3


def test_an_old_bad_deployment_can_be_restarted_and_deleted(cluster: Cluster, old: str) -> None:
    restarted = cluster.kubectl("rollout", "restart", "deployment/web", "-n", old)
    assert (restarted.returncode, restarted.stdout) == (0, "deployment.apps/web restarted\n")
    assert "; was so before" in restarted.stderr
    deleted = cluster.kubectl("delete", "deployment", "web", "-n", old, "--wait=false")
    assert (deleted.returncode, deleted.stderr) == (0, "")


@pytest.mark.parametrize("number", range(4))
def test_a_namespace_and_its_pods_in_one_file_are_judged_by_the_labels_that_came_with_it(
    cluster: Cluster, number: int
) -> None:
    name = f"in-one-file-{number}"
    labels = {"stage": "production", "team": "payments"}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
    bad = pod("bad", namespace=name)
    bad["spec"]["hostNetwork"] = True
    documents = yaml.safe_dump_all([space, account, bad, pod("good", namespace=name)])
    ended = cluster.kubectl("apply", "-f", "-", input=documents)
    assert ended.returncode == 1
    assert ended.stdout == f"namespace/{name} created\nserviceaccount/default created\npod/good created\n"
    assert "[own-network] spec.hostNetwork: " in ended.stderr
    assert "could not be decided" not in ended.stderr
    assert cluster.api("GET", pods(name, "good")).body["metadata"]["labels"] == {"team": "payments"}


def test_rules_follow_the_labels_of_a_namespace(cluster: Cluster, namespace: str) -> None:
    on_host = pod("on-host")
    on_host["spec"]["hostNetwork"] = True

    def tried() -> int:
        return cluster.api("POST", f"{pods(namespace)}?dryRun=All", on_host).status

    assert tried() == 201
    cluster.kubectl("label", "namespace", namespace, "stage=production")
    poll(lambda: tried() == 403, "the new label is not followed")
    cluster.kubectl("label", "namespace", namespace, "stage-")
    poll(lambda: tried() == 201, "the end of the label is not followed")


@pytest.mark.parametrize("name", ["kube-system", "doorward"])
def test_nobody_is_blocked_in_kube_system_and_in_our_own_namespace(cluster: Cluster, name: str) -> None:
    cluster.namespace(name)
    made = cluster.api("POST", pods(name), pod("bad", BAD))
    assert made.status == 201
    assert "securityContext" not in made.body["spec"]["containers"][0]
    assert cluster.api("DELETE", f"{pods(name, 'bad')}?gracePeriodSeconds=0").status == 200


def test_server_side_apply_is_refused_and_completed_like_any_other_way(cluster: Cluster, namespace: str) -> None:
    words = ("apply", "--server-side", "-n", namespace, "-f", "-")
    bad = cluster.kubectl(*words, input=json.dumps(pod(image=BAD)))
    assert bad.returncode == 1
    assert f"Error from server (Forbidden): {REFUSED}1 rule blocks Pod {namespace}/web (1 problem)" in bad.stderr
    good = cluster.kubectl(*words, input=json.dumps(pod()))
    again = cluster.kubectl(*words, input=json.dumps(pod()))
    assert (good.returncode, good.stdout) == (0, "pod/web serverside-applied\n")
    assert (again.returncode, again.stdout) == (0, "pod/web serverside-applied\n"), "what we set is no conflict"
    worse = cluster.kubectl(*words, input=json.dumps(pod(image=BAD)))
    assert worse.returncode == 1
    live = cluster.api("GET", pods(namespace, "web")).body["spec"]["containers"][0]
    assert (live["image"], live["securityContext"]) == (GOOD, {"allowPrivilegeEscalation": False})


def test_kubectl_apply_with_force_never_deletes_what_it_is_refused_to_change(cluster: Cluster, namespace: str) -> None:
    words = ("apply", "--force", "-n", namespace, "-f", "-")
    assert cluster.kubectl(*words, input=json.dumps(pod())).returncode == 0
    before = cluster.api("GET", pods(namespace, "web")).body["metadata"]["uid"]
    mark = cluster.audit_mark()
    refused = cluster.kubectl(*words, input=json.dumps(pod(image=BAD)))
    assert refused.returncode == 1
    assert "Error from server (Forbidden)" in refused.stderr
    assert cluster.api("GET", pods(namespace, "web")).body["metadata"]["uid"] == before
    cluster.audit_event(lambda event: event["verb"] == "patch" and event["responseStatus"]["code"] == 403, mark)
    assert [event["verb"] for event in cluster.audit_events(mark) if event["verb"] == "delete"] == []


def test_a_pod_without_a_name_is_told_by_the_beginning_of_it_and_refused_with_the_same_id_each_time(
    cluster: Cluster, namespace: str
) -> None:
    answers = [cluster.api("POST", pods(namespace), pod("batch-", BAD)) for _ in range(2)]
    assert [causes(answer) for answer in answers] == [[("registries/from-ours", "spec.containers[0].image")]] * 2
    first, second = (answer.body["message"] for answer in answers)
    assert first == second, "events of the same refusal are counted together"
    assert f"1 rule blocks Pod {namespace}/batch-* (1 problem)" in first
    made = cluster.api("POST", pods(namespace), pod("batch-"))
    assert made.status == 201
    assert made.body["metadata"]["name"].startswith("batch-")
    assert made.body["spec"]["containers"][0]["securityContext"] == {"allowPrivilegeEscalation": False}


def test_the_audit_log_says_which_rule_refused(cluster: Cluster, namespace: str) -> None:
    mark = cluster.audit_mark()
    cluster.api("POST", pods(namespace), pod("audited", BAD))
    event = cluster.audit_event(lambda event: event["objectRef"].get("namespace") == namespace, mark)
    assert event["annotations"]["policies.doorward.dev/verdict"] == "denied"
    [found, *_] = json.loads(event["annotations"]["policies.doorward.dev/findings"])
    assert found == {
        "rule": "registries/from-ours",
        "action": "deny",
        "cause": "violates",
        "path": "spec.containers[0].image",
    }
