"""volumes.hostPath: which paths of the node may be mounted, and by whom they may be written."""

from typing import Any

import pytest

from tests.objects import IMAGE, decided, merged, policy, request, workload
from tests.rule_types.one_rule import one_rule, said, with_volumes
from webhook.admission.decision import Decision, Verdict


def container(name: str = "web", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": IMAGE, **more}


def judged(rule: str, obj: dict[str, Any]) -> Decision:
    return decided(one_rule("volumes", rule), obj)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/data", True),
        ("/data/", True),
        ("/data/shop/x", True),
        ("//data//./x", True),
        ("/etc/../data", True),
        ("/data/../etc", False),
        ("/data/x/../../etc", False),
        ("/database", False),
        ("/", False),
        ("data", False),
        ("C:\\data", False),
        ("", False),
        (None, False),
        (5, False),
        (["/data"], False),
    ],
)
def test_a_path_is_compared_by_its_segments(path: Any, allowed: bool) -> None:
    decision = judged("hostPath: {allowed: [{path: /data}]}", with_volumes({"name": "a", "hostPath": {"path": path}}))
    assert [finding.where for finding in decision.findings] == ([] if allowed else ["spec.volumes[0].hostPath.path"])


def test_a_refused_path_is_told_with_those_that_are_allowed() -> None:
    rule = "hostPath: {allowed: [{path: /var/log, readOnly: true}, {path: /data}, {path: /run/x, readOnly: recursive}]}"
    [finding] = judged(rule, with_volumes({"name": "a", "hostPath": {"path": "/etc"}})).findings
    assert (finding.value, finding.message) == (
        "/etc",
        '"/etc" of the node, only /data, /run/x (read-only, recursively) and /var/log (read-only) may be mounted',
    )
    assert finding.fix == "use a persistentVolumeClaim, emptyDir, configMap or csi volume instead"


def test_no_path_at_all() -> None:
    [finding] = judged(
        "hostPath: {forbidden: true}", with_volumes({"name": "a", "hostPath": {"path": "/etc"}})
    ).findings
    assert (finding.where, finding.value) == ("spec.volumes[0].hostPath", {"path": "/etc"})
    assert finding.message == 'mounts "/etc" of the node, hostPath volumes are not allowed'


def test_a_path_that_types_leave_out_too_is_told_once() -> None:
    rule = "types: [secret, projected]\nhostPath: {forbidden: true}"
    decision = judged(rule, with_volumes({"name": "a", "hostPath": {"path": "/etc"}}))
    assert [finding.where for finding in decision.findings] == ["spec.volumes[0].hostPath"]


READ_ONLY = "hostPath: {allowed: [{path: /var/log, readOnly: true}, {path: /data}]}"
LOGS = {"name": "logs", "hostPath": {"path": "/var/log/pods"}}


def test_every_mount_in_every_list_must_be_read_only() -> None:
    mounts = [{"name": "logs", "mountPath": "/a"}, {"name": "logs", "mountPath": "/b", "readOnly": True}]
    obj = with_volumes(
        LOGS,
        initContainers=[
            container("init", volumeMounts=mounts),
            container("sidecar", volumeMounts=mounts, restartPolicy="Always"),
        ],
        containers=[container(volumeMounts=mounts)],
        ephemeralContainers=[container("debug", volumeMounts=[{"name": "logs", "mountPath": "/a", "readOnly": False}])],
    )
    decision = judged(READ_ONLY, obj)
    told = "; /var/log of the node may only be mounted read-only"
    assert sorted(said(decision)) == [
        ("spec.containers[0].volumeMounts[0].readOnly", f"missing, which means false{told}"),
        ("spec.ephemeralContainers[0].volumeMounts[0].readOnly", f"is false{told}"),
        ("spec.initContainers[0].volumeMounts[0].readOnly", f"missing, which means false{told}"),
        ("spec.initContainers[1].volumeMounts[0].readOnly", f"missing, which means false{told}"),
    ]
    assert {finding.fix for finding in decision.findings} == {"readOnly: true"}


def test_a_debug_container_cannot_bring_a_writable_mount_in() -> None:
    old = with_volumes(
        LOGS, containers=[container(volumeMounts=[{"name": "logs", "mountPath": "/a", "readOnly": True}])]
    )
    debug = container("debug", volumeMounts=[{"name": "logs", "mountPath": "/a"}])
    new = merged(old, {"spec": {"ephemeralContainers": [debug]}})
    decision = decided(one_rule("volumes", READ_ONLY), request(new, old, subresource="ephemeralcontainers"))
    assert decision.verdict is Verdict.DENIED
    assert [finding.where for finding in decision.findings] == ["spec.ephemeralContainers[0].volumeMounts[0].readOnly"]


@pytest.mark.parametrize("value", [None, False, "true", 1])
def test_only_true_is_read_only(value: Any) -> None:
    mounts = [{"name": "logs", "mountPath": "/a", "readOnly": value, "recursiveReadOnly": "Enabled"}]
    decision = judged(READ_ONLY, with_volumes(LOGS, containers=[container(volumeMounts=mounts)]))
    assert [finding.where for finding in decision.findings] == ["spec.containers[0].volumeMounts[0].readOnly"]


def test_mounts_of_other_volumes_and_of_writable_paths_are_free() -> None:
    mounts = [{"name": "data", "mountPath": "/a"}, {"name": "scratch", "mountPath": "/b"}]
    volumes = (LOGS, {"name": "data", "hostPath": {"path": "/data"}}, {"name": "scratch", "emptyDir": {}})
    assert judged(READ_ONLY, with_volumes(*volumes, containers=[container(volumeMounts=mounts)])).findings == ()


@pytest.mark.parametrize(
    ("mount", "paths"),
    [
        ({"readOnly": True, "recursiveReadOnly": "Enabled"}, []),
        ({"readOnly": True}, ["recursiveReadOnly"]),
        ({"readOnly": True, "recursiveReadOnly": "IfPossible"}, ["recursiveReadOnly"]),
        ({"readOnly": True, "recursiveReadOnly": "Disabled"}, ["recursiveReadOnly"]),
        ({}, ["readOnly", "recursiveReadOnly"]),
    ],
)
def test_recursive_wants_what_is_mounted_below_to_be_read_only_too(mount: dict[str, Any], paths: list[str]) -> None:
    rule = "hostPath: {allowed: [{path: /var/log, readOnly: recursive}]}"
    mounts = [{"name": "logs", "mountPath": "/a", **mount}]
    decision = judged(rule, with_volumes(LOGS, containers=[container(volumeMounts=mounts)]))
    at = "spec.containers[0].volumeMounts[0]"
    assert sorted(finding.where for finding in decision.findings) == [f"{at}.{path}" for path in paths]


KEYS = "hostPath: {allowed: [{path: /data}, {path: /data/keys, readOnly: true}]}"


@pytest.mark.parametrize(
    ("mount", "found"),
    [
        ({"subPath": "files"}, ""),
        ({"subPath": "keys"}, "readOnly"),
        ({"subPath": "/keys/"}, "readOnly"),
        ({"subPath": "files/../keys/a"}, "readOnly"),
        ({"subPath": "keys", "readOnly": True}, ""),
        ({"subPath": "../etc"}, "subPath"),
        ({"subPathExpr": "keys"}, "readOnly"),
        ({"subPathExpr": "files"}, ""),
        ({"subPathExpr": "$(POD)"}, "readOnly"),
        ({"subPathExpr": "$(POD)", "readOnly": True}, ""),
        ({"subPath": "", "subPathExpr": ""}, ""),
        ({}, ""),
    ],
)
def test_what_is_mounted_is_the_volumes_path_with_the_sub_path(mount: dict[str, Any], found: str) -> None:
    volume = {"name": "data", "hostPath": {"path": "/data"}}
    obj = with_volumes(volume, containers=[container(volumeMounts=[{"name": "data", "mountPath": "/a", **mount}])])
    paths = [f"spec.containers[0].volumeMounts[0].{found}"] if found else []
    assert [finding.where for finding in judged(KEYS, obj).findings] == paths


@pytest.mark.parametrize(
    ("stricter", "found"),
    [("/var/log", False), ("/data/keys", True), ("/data/*/keys", True), ("/*/keys", True), ("/srv/**/x", False)],
)
def test_what_a_variable_expands_to_may_fall_under_any_longer_path_below(stricter: str, found: bool) -> None:
    rule = f"hostPath: {{allowed: [{{path: /data}}, {{path: '{stricter}', readOnly: true}}]}}"
    mounts = [{"name": "data", "mountPath": "/a", "subPathExpr": "$(POD)"}]
    volume = {"name": "data", "hostPath": {"path": "/data"}}
    decision = judged(rule, with_volumes(volume, containers=[container(volumeMounts=mounts)]))
    at = "spec.containers[0].volumeMounts[0].readOnly"
    assert [finding.where for finding in decision.findings] == ([at] if found else [])


def test_a_sub_path_that_leads_out_is_told() -> None:
    volume = {"name": "data", "hostPath": {"path": "/data"}}
    mounts = [{"name": "data", "mountPath": "/a", "subPath": "../etc"}]
    [finding] = judged(KEYS, with_volumes(volume, containers=[container(volumeMounts=mounts)])).findings
    assert finding.message == (
        '"../etc" leads out of /data of the node, only /data and /data/keys (read-only) may be mounted'
    )


def test_a_block_device_of_a_read_only_path_is_found() -> None:
    devices = [{"name": "logs", "devicePath": "/dev/x"}, {"name": "other", "devicePath": "/dev/y"}]
    [finding] = judged(READ_ONLY, with_volumes(LOGS, containers=[container(volumeDevices=devices)])).findings
    assert (finding.where, finding.value) == ("spec.containers[0].volumeDevices[0].name", "logs")
    assert finding.message == "is a block device, which can be written; /var/log of the node may only be read"


def test_containers_narrow_the_mounts_and_not_the_volumes() -> None:
    rule = policy(
        "- name: r\n  containers: {names: {exclude: [agent]}}\n  volumes:\n    hostPath:\n      allowed:\n"
        "      - {path: /var/log, readOnly: true}\n"
    )
    mounts = [{"name": "logs", "mountPath": "/a"}]
    obj = with_volumes(
        LOGS,
        {"name": "b", "hostPath": {"path": "/etc"}},
        containers=[container("agent", volumeMounts=mounts), container("web", volumeMounts=mounts)],
    )
    assert sorted(finding.where for finding in decided(rule, obj).findings) == [
        "spec.containers[1].volumeMounts[0].readOnly",
        "spec.volumes[1].hostPath.path",
    ]


@pytest.mark.parametrize("kind", ["Deployment", "CronJob", "DaemonSet"])
def test_the_path_is_that_of_the_workload(kind: str) -> None:
    template = {
        "spec": {"volumes": [LOGS], "containers": [container(volumeMounts=[{"name": "logs", "mountPath": "/a"}])]}
    }
    [finding] = judged(READ_ONLY, workload(kind, template)).findings
    at = "spec.jobTemplate.spec.template" if kind == "CronJob" else "spec.template"
    assert finding.where == f"{at}.spec.containers[0].volumeMounts[0].readOnly"
    assert finding.container == "web"
