"""defaulted and pod_of without a server; tests/e2e/test_defaults.py compares them with a real one."""

import copy
from typing import Any

import pytest

from tests.pod import corpus
from webhook.pod.defaults import defaulted, pod_of
from webhook.pod.workloads import POD_AT, group_kind
from webhook.source.path import look_up

Json = dict[str, Any]

CORPUS = list(corpus.objects(180, seed=2))


def a_pod(**spec: Any) -> Json:
    containers = [{"name": "web", "image": "nginx:1.27"}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": containers} | spec}


def a_deployment(**spec: Any) -> Json:
    metadata = {"labels": {"app": "web"}}
    template = {"metadata": metadata, "spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]} | spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": template}}


def test_a_minimal_pod_gets_every_default() -> None:
    assert defaulted(a_pod()) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {
            "containers": [
                {
                    "name": "web",
                    "image": "nginx:1.27",
                    "imagePullPolicy": "IfNotPresent",
                    "resources": {},
                    "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File",
                }
            ],
            "dnsPolicy": "ClusterFirst",
            "enableServiceLinks": True,
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
        "status": {},
    }


@pytest.mark.parametrize("obj", CORPUS, ids=lambda obj: obj["metadata"]["name"])
def test_defaulting_changes_no_input_and_twice_is_once(obj: Json) -> None:
    before = copy.deepcopy(obj)
    once = defaulted(obj)
    assert obj == before
    untouched = copy.deepcopy(once)
    assert defaulted(once) == untouched
    assert once == untouched


@pytest.mark.parametrize("obj", CORPUS, ids=lambda obj: obj["metadata"]["name"])
def test_a_pod_template_judged_as_a_pod_keeps_every_path_of_the_workload(obj: Json) -> None:
    workload = defaulted(obj)
    before = copy.deepcopy(workload)
    at = POD_AT[group_kind(workload)]
    result = pod_of(workload, at)
    assert workload == before
    names = [one["name"] for one in look_up(workload, (*at, "spec", "containers"))]
    assert [one["name"] for one in look_up(result, (*at, "spec", "containers"))] == names
    volumes = look_up(workload, (*at, "spec", "volumes")) or []
    assert (look_up(result, (*at, "spec", "volumes")) or [])[: len(volumes)] == volumes
    assert pod_of(result, at) == result


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"hostNetwork": False}, {}),
        ({"hostPID": True}, {"hostPID": True}),
        ({"shareProcessNamespace": False}, {"shareProcessNamespace": False}),
        ({"nodeSelector": {}, "tolerations": [], "nodeName": ""}, {}),
        ({"activeDeadlineSeconds": None, "priority": 0}, {"priority": 0}),
        ({"serviceAccount": "robot"}, {"serviceAccount": "robot", "serviceAccountName": "robot"}),
        ({"notAField": 1}, {}),
        ({"terminationGracePeriodSeconds": -1}, {"terminationGracePeriodSeconds": 1}),
        ({"terminationGracePeriodSeconds": 0}, {"terminationGracePeriodSeconds": 0}),
        ({"volumes": [{"name": "a"}]}, {"volumes": [{"name": "a", "emptyDir": {}}]}),
        (
            {"volumes": [{"name": "a", "emptyDir": {"sizeLimit": "1024Mi"}}]},
            {"volumes": [{"name": "a", "emptyDir": {"sizeLimit": "1Gi"}}]},
        ),
        (
            {"volumes": [{"name": "a", "projected": {}}]},
            {"volumes": [{"name": "a", "projected": {"sources": None, "defaultMode": 420}}]},
        ),
    ],
)
def test_zeros_nulls_and_spellings_are_read_as_the_api_server_reads_them(written: Json, read: Json) -> None:
    minimal = defaulted(a_pod())
    assert defaulted(a_pod(**written))["spec"] == minimal["spec"] | read


def test_security_contexts_keep_explicit_false_and_zero() -> None:
    context = {"runAsUser": 0, "privileged": False, "allowPrivilegeEscalation": None}
    pod = defaulted(a_pod(containers=[{"name": "a", "image": "a", "securityContext": context}]))
    assert pod["spec"]["containers"][0]["securityContext"] == {"runAsUser": 0, "privileged": False}


def test_limits_become_requests_on_pods_and_not_on_templates() -> None:
    containers = [{"name": "a", "image": "a", "resources": {"limits": {"cpu": "1000m", "memory": "0.5Gi"}}}]
    limits = {"cpu": "1", "memory": "512Mi"}
    assert defaulted(a_pod(containers=containers))["spec"]["containers"][0]["resources"] == {
        "limits": limits,
        "requests": limits,
    }
    deployment = defaulted(a_deployment(containers=containers))
    at = ("spec", "template", "spec", "containers", 0, "resources")
    assert look_up(deployment, at) == {"limits": limits}
    assert look_up(pod_of(deployment, ("spec", "template")), at) == {"limits": limits, "requests": limits}


def test_amounts_of_resources_are_rounded_up_to_thousandths() -> None:
    requests = {"cpu": "100u", "memory": "1500001u"}
    pod = defaulted(a_pod(containers=[{"name": "a", "image": "a", "resources": {"requests": requests}}]))
    assert pod["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "1m", "memory": "1501m"}


def test_host_network_makes_container_ports_host_ports_on_pods_only() -> None:
    containers = [{"name": "a", "image": "a", "ports": [{"containerPort": 80, "hostPort": 0}]}]
    pod = defaulted(a_pod(containers=containers, hostNetwork=True))
    assert pod["spec"]["containers"][0]["ports"] == [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]
    deployment = defaulted(a_deployment(containers=containers, hostNetwork=True))
    at = ("spec", "template", "spec", "containers", 0, "ports")
    assert look_up(deployment, at) == [{"containerPort": 80, "protocol": "TCP"}]
    assert look_up(pod_of(deployment, ("spec", "template")), at)[0]["hostPort"] == 80


def test_a_probe_gets_its_timings_and_its_http_action_path_and_scheme() -> None:
    probe = {"httpGet": {"port": "http"}, "periodSeconds": 0, "failureThreshold": 5}
    pod = defaulted(a_pod(containers=[{"name": "a", "image": "a", "livenessProbe": probe}]))
    assert pod["spec"]["containers"][0]["livenessProbe"] == {
        "httpGet": {"path": "/", "port": "http", "scheme": "HTTP"},
        "failureThreshold": 5,
        "periodSeconds": 10,
        "successThreshold": 1,
        "timeoutSeconds": 1,
    }


def test_a_deployment_gets_replicas_strategy_and_history() -> None:
    spec = defaulted(a_deployment())["spec"]
    assert {key: value for key, value in spec.items() if key != "template"} == {
        "replicas": 1,
        "selector": None,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }


def test_a_stateful_sets_claims_get_their_defaults() -> None:
    claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1024Mi"}}}}
    spec = {"volumeClaimTemplates": [claim], "template": a_deployment()["spec"]["template"]}
    found = defaulted({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec})
    assert found["spec"]["volumeClaimTemplates"] == [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data"},
            "spec": {"resources": {"requests": {"storage": "1Gi"}}, "volumeMode": "Filesystem"},
            "status": {"phase": "Pending"},
        }
    ]
    assert found["spec"]["podManagementPolicy"] == "OrderedReady"
    assert found["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_a_job_takes_the_labels_of_its_template() -> None:
    template = a_deployment(restartPolicy="Never")["spec"]["template"]
    job = defaulted(
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"template": template}}
    )
    assert job["metadata"] == {"name": "a", "labels": {"app": "web"}}
    assert {key: value for key, value in job["spec"].items() if key != "template"} == {
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "completions": 1,
        "manualSelector": False,
        "parallelism": 1,
        "podReplacementPolicy": "TerminatingOrFailed",
        "suspend": False,
    }


def test_a_namespace_gets_the_label_with_its_name() -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}}
    assert defaulted(namespace)["metadata"]["labels"] == {"team": "a", "kubernetes.io/metadata.name": "shop"}


@pytest.mark.parametrize("labels", ["x", ["x"], 1, True])
def test_labels_of_a_namespace_that_are_no_mapping_stay_as_they_are(labels: Any) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}
    assert defaulted(namespace)["metadata"]["labels"] == labels


def test_a_service_gets_its_type() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}}
    assert defaulted(service)["spec"] == {
        "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}],
        "internalTrafficPolicy": "Cluster",
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }


def test_an_object_without_a_schema_is_returned_as_it_is() -> None:
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"replicas": None}}
    assert defaulted(rollout) is rollout


def test_a_version_with_other_fields_than_the_tables_is_left_alone() -> None:
    spec = {"targetCPUUtilizationPercentage": 50}
    autoscaler = {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "spec": spec}
    assert defaulted(autoscaler) is autoscaler


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": "web"},
        {"containers": [1, "a", None, []]},
        {"containers": [{"resources": [], "ports": "80", "env": {}, "image": 1, "volumeMounts": 1}]},
        {"containers": [{"resources": {"limits": "1"}}, {"resources": {"limits": {"cpu": "one", "memory": []}}}]},
        {"volumes": {}, "tolerations": "all", "securityContext": [], "resources": "1"},
        {"resources": {"limits": {"cpu": "many"}, "requests": []}},
    ],
)
def test_wrong_shapes_stay_and_break_nothing(spec: Json) -> None:
    once = pod_of(defaulted(a_pod(**spec)), ())
    assert pod_of(defaulted(once), ()) == once
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": [], "spec": 1}
    assert pod_of(defaulted(whole), ())["spec"] == 1


def test_a_path_that_does_not_lead_to_a_template_leaves_the_object_alone() -> None:
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": []}
    assert pod_of(deployment, ("spec", "template")) == deployment
