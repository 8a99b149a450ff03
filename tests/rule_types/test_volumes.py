"""volumes: the types that may be used, the paths of the node and who may write there, and limits of scratch space."""

from typing import Any

import pytest

from tests.objects import IMAGE, NOW, decided, facts, merged, pod, policy, problems, request, ruleset, workload
from tests.rule_types.one_rule import one_rule, said, text_of, wrongs
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Action
from webhook.engine.decide import decide
from webhook.engine.manifest import as_request
from webhook.pod.schema import fields
from webhook.rule_types._volumes import SOURCES


def with_volumes(*volumes: Any, **spec: Any) -> dict[str, Any]:
    """A pod with these volumes; `spec` is merged over its spec."""
    return pod({"spec": {"volumes": list(volumes), **spec}})


def container(name: str = "web", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": IMAGE, **more}


def judged(rule: str, obj: dict[str, Any]) -> Decision:
    return decided(one_rule("volumes", rule), obj)


# types


def test_the_types_are_those_of_the_api() -> None:
    assert set(SOURCES) == fields("Volume").keys() - {"name"}


def test_a_volume_of_another_type_is_found_at_its_own_key() -> None:
    nfs = {"server": "nas", "path": "/x"}
    decision = judged(
        "types: [configMap, projected]", with_volumes({"name": "a", "configMap": {}}, {"name": "b", "nfs": nfs})
    )
    [finding] = decision.findings
    assert decision.verdict is Verdict.DENIED
    assert (finding.where, finding.value) == ("spec.volumes[1].nfs", nfs)
    assert finding.message == 'is a volume of type "nfs", only configMap and projected may be used'


def test_every_key_of_a_volume_counts_and_so_do_types_that_nobody_knows_yet() -> None:
    volumes = ({"name": "a", "configMap": {}, "hostPath": {"path": "/"}}, {"name": "b", "newest": {}})
    decision = judged("types: [configMap, projected]", with_volumes(*volumes))
    assert [finding.where for finding in decision.findings] == ["spec.volumes[0].hostPath", "spec.volumes[1].newest"]


@pytest.mark.parametrize("volume", [{"name": "a"}, {"name": "a", "hostPath": None}, {"name": "a", "emptyDir": {}}])
def test_a_volume_without_a_source_is_an_empty_dir(volume: dict[str, Any]) -> None:
    assert judged("types: [emptyDir, projected]", with_volumes(volume)).verdict is Verdict.ALLOWED
    decision = judged("types: [secret, projected]", with_volumes(volume))
    assert [finding.where for finding in decision.findings] == ["spec.volumes[0].emptyDir"]


def test_the_token_that_the_api_server_puts_in_is_told_as_such() -> None:
    decision = decide(as_request(pod()), one_rule("volumes", "types: [secret]"), facts(), NOW)
    assert isinstance(decision, Decision)
    [finding] = decision.findings
    assert finding.where == "spec.volumes[0].projected"
    assert finding.message == 'is the service account\'s token, a volume of type "projected"; only secret may be used'
    assert finding.fix == "automountServiceAccountToken: false"


def test_a_stateful_sets_claims_are_volumes_of_its_pods() -> None:
    claims = {"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {}}]}}
    decision = judged("types: [secret, projected]", workload("StatefulSet", patch=claims))
    assert said(decision) == [
        (
            "spec.volumeClaimTemplates[0]",
            'becomes a volume of type "persistentVolumeClaim", only secret and projected may be used',
        )
    ]
    allowed = judged("types: [persistentVolumeClaim, projected]", workload("StatefulSet", patch=claims))
    assert allowed.verdict is Verdict.ALLOWED


@pytest.mark.parametrize("volumes", [{"a": 1}, "none", 5])
def test_what_is_no_list_of_volumes_breaks_nothing(volumes: Any) -> None:
    types = "types: [secret, hostPath, emptyDir, projected]"
    rule = f"{types}\nhostPath: {{allowed: [{{path: /a}}]}}\nemptyDir: {{sizeLimit: {{default: 1Gi}}}}"
    assert judged(rule, pod({"spec": {"volumes": volumes}})).findings == ()


@pytest.mark.parametrize(
    "volume",
    [
        5,
        None,
        {"name": ["a"], "hostPath": {"path": "/a"}},
        {"name": "a", "emptyDir": "x"},
        {"name": "a", "emptyDir": []},
    ],
)
def test_volumes_and_mounts_of_another_shape_break_nothing(volume: Any) -> None:
    rule = (
        "hostPath: {allowed: [{path: /a, readOnly: recursive}]}\nemptyDir: {sizeLimit: {default: 1Gi, required: false}}"
    )
    for mounts in ("x", [5, None], [{"name": ["a"]}, {"name": {}}]):
        obj = with_volumes(volume, containers=[container(volumeMounts=mounts, volumeDevices=mounts)])
        decision = judged(rule, obj)
        assert decision.faults == ()


# hostPath


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


# emptyDir


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({"name": "a", "emptyDir": {}}, {"sizeLimit": "1Gi"}),
        ({"name": "a"}, {"sizeLimit": "1Gi"}),
        ({"name": "a", "emptyDir": None}, {"sizeLimit": "1Gi"}),
        ({"name": "a", "emptyDir": {"sizeLimit": None}}, {"sizeLimit": "1Gi"}),
        ({"name": "a", "emptyDir": {"medium": "Memory"}}, {"medium": "Memory", "sizeLimit": "1Gi"}),
        ({"name": "a", "emptyDir": {"sizeLimit": "5Mi"}}, {"sizeLimit": "5Mi"}),
    ],
)
def test_a_default_is_set_where_there_is_no_limit(volume: dict[str, Any], expected: dict[str, Any]) -> None:
    rules = one_rule("volumes", "emptyDir: {sizeLimit: {default: 1024Mi, max: 10Gi}}")
    decision = decided(rules, with_volumes({"name": "s", "secret": {}}, volume))
    assert (decision.verdict, decision.findings) == (Verdict.ALLOWED, ())
    assert decision.object is not None
    assert decision.object["spec"]["volumes"] == [{"name": "s", "secret": {}}, {"name": "a", "emptyDir": expected}]
    again = decided(rules, decision.object)
    assert (again.patch, again.findings) == ((), ())


def test_the_patch_touches_the_limit_alone() -> None:
    rules = one_rule("volumes", "emptyDir: {sizeLimit: {default: 1Gi}}")
    assert decided(rules, with_volumes({"name": "a", "emptyDir": {}})).patch == (
        {"op": "add", "path": "/spec/volumes/0/emptyDir/sizeLimit", "value": "1Gi"},
    )


@pytest.mark.parametrize(
    ("bounds", "limit", "message"),
    [
        ("required: true", None, "missing, must be set"),
        ("required: true", "0", 'is "0", which means no limit; must be set'),
        ("max: 1Gi", None, "missing, must be at most 1Gi"),
        ("max: 1Gi", 0, "is 0, which means no limit; must be at most 1Gi"),
        ("max: 1Gi", "2Gi", '"2Gi" is above the maximum 1Gi'),
        ("max: 1Gi", 1073741825, "1073741825 is above the maximum 1Gi"),
        ("min: 1Mi", None, "missing, must be at least 1Mi"),
        ("min: 1Mi", "1k", '"1k" is below the minimum 1Mi'),
        ("max: 1Gi, required: false", "2Gi", '"2Gi" is above the maximum 1Gi'),
        ("max: 1Gi", "1GB", '"1GB" is no quantity: "GB" is no suffix, did you mean 1G?'),
        ("max: 1Gi", True, "true is no quantity: write a number, or a text such as 500m or 1Gi"),
        ("max: 1Gi", "1024Mi", ""),
        ("max: 1Gi, required: false", None, ""),
        ("min: 1Mi, max: 1Gi", "1Mi", ""),
        ("required: true", "900Ti", ""),
    ],
)
def test_a_limit_is_held_against_its_bounds(bounds: str, limit: Any, message: str) -> None:
    decision = judged(
        f"emptyDir: {{sizeLimit: {{{bounds}}}}}", with_volumes({"name": "a", "emptyDir": {"sizeLimit": limit}})
    )
    assert said(decision) == ([("spec.volumes[0].emptyDir.sizeLimit", message)] if message else [])


def test_other_volumes_need_no_limit() -> None:
    obj = with_volumes({"name": "a", "secret": {}}, {"name": "b", "ephemeral": {}})
    assert judged("emptyDir: {sizeLimit: {required: true}}", obj).findings == ()


def test_without_enforcing_nothing_is_set_and_a_finding_says_what_would_be() -> None:
    rules = one_rule("volumes", "emptyDir: {sizeLimit: {default: 1Gi}}", mode="warn")
    decision = decided(rules, with_volumes({"name": "a", "emptyDir": {}}))
    assert (decision.verdict, decision.patch) == (Verdict.ALLOWED, ())
    [finding] = decision.findings
    assert (finding.action, finding.message) == (Action.WARN, "missing, must be set, the default is 1Gi")
    assert finding.fix == "emptyDir: {sizeLimit: 1Gi}"


def test_a_template_is_judged_as_the_pod_it_becomes_and_not_changed() -> None:
    rules = one_rule("volumes", "emptyDir: {sizeLimit: {default: 1Gi}}")
    deployment = workload("Deployment", {"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}})
    decision = decided(rules, deployment)
    assert (decision.verdict, decision.findings, decision.patch) == (Verdict.ALLOWED, (), ())


def test_two_defaults_clash_and_both_rules_fail() -> None:
    rules = policy(
        "- name: a\n  volumes: {emptyDir: {sizeLimit: {default: 1Gi}}}\n"
        "- name: b\n  volumes: {emptyDir: {sizeLimit: {default: 2Gi}}}\n"
    )
    decision = decided(ruleset(rules), with_volumes({"name": "a", "emptyDir": {}}))
    assert decision.verdict is Verdict.UNDECIDED
    assert {(finding.rule.name, str(finding.cause)) for finding in decision.findings} == {
        ("a", "failed"),
        ("b", "failed"),
    }


def test_an_old_volume_does_not_block_an_unrelated_update() -> None:
    rules = one_rule("volumes", "types: [secret, projected]")
    old = workload("Deployment", {"spec": {"volumes": [{"name": "a", "nfs": {"server": "a", "path": "/"}}]}})
    decision = decided(rules, request(merged(old, {"spec": {"replicas": 2}}), old))
    assert decision.verdict is Verdict.ALLOWED
    assert [finding.action for finding in decision.findings] == [Action.WARN]


# loading


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            "types: [configmap, projected]",
            [("error", "there is no volume type `configmap`", "did you mean `configMap`?")],
        ),
        (
            "types: [pvc, projected]",
            [("error", "there is no volume type `pvc`", "did you mean `persistentVolumeClaim`?")],
        ),
        (
            "types: [hostPath, projected]\nhostPath: {forbidden: true}",
            [("error", "hostPath is forbidden below and allowed here", "leave it out of `types`")],
        ),
        (
            "types: [secret, projected]\nhostPath: {allowed: [{path: /data}]}",
            [
                (
                    "error",
                    "`types` leaves hostPath out, so this can never act",
                    "add hostPath to `types`, or leave this out",
                )
            ],
        ),
        (
            "types: [secret, projected]\nemptyDir: {sizeLimit: {max: 1Gi}}",
            [
                (
                    "error",
                    "`types` leaves emptyDir out, so this can never act",
                    "add emptyDir to `types`, or leave this out",
                )
            ],
        ),
        (
            "types: [secret]",
            [
                (
                    "warning",
                    "this refuses every pod that mounts its service account's token, which is a projected volume",
                    "add projected, or have pods say automountServiceAccountToken: false",
                )
            ],
        ),
        (
            "hostPath: {allowed: [{path: /data}], forbidden: true}",
            [("error", "one thing is said of host paths", "say either `allowed` or `forbidden: true`")],
        ),
        ("hostPath: {forbidden: false}", [("error", "expected one of true, found the boolean false", None)]),
        (
            "hostPath: {allowed: [{path: data}]}",
            [("error", '"data" is no path of the node: it does not begin with /', "write /data")],
        ),
        (
            "hostPath: {allowed: [{path: /data/../etc}]}",
            [("error", '"/data/../etc" leads back with ..', "write /etc")],
        ),
        (
            "hostPath: {allowed: [{path: /data}, {path: //data/}]}",
            [("error", "/data is already said", "leave one of them out")],
        ),
        (
            "hostPath: {allowed: [{path: /data, readOnly: yes please}]}",
            [("error", "`yes please` is not one of true, false, recursive", None)],
        ),
        (
            KEYS,
            [
                (
                    "warning",
                    "whoever mounts /data can write /data/keys too",
                    "make /data read-only, or allow less of it",
                )
            ],
        ),
        ("hostPath: {allowed: [{path: /data, readOnly: true}, {path: /data/tmp}]}", []),
        (
            "emptyDir: {sizeLimit: {default: 2Gi, max: 1Gi}}",
            [("error", "the default 2Gi is above the maximum 1Gi", None)],
        ),
        (
            "emptyDir: {sizeLimit: {default: 1Mi, min: 1Gi}}",
            [("error", "the default 1Mi is below the minimum 1Gi", None)],
        ),
        ("emptyDir: {sizeLimit: {min: 2Gi, max: 1Gi}}", [("error", "the minimum 2Gi is above the maximum 1Gi", None)]),
        ("emptyDir: {sizeLimit: {max: 100m}}", [("error", "bytes are counted whole, 100m is not", "write 1")]),
        (
            "emptyDir: {sizeLimit: {max: 0}}",
            [("error", "0 means no limit", "say how much, such as 1Gi, or leave it out")],
        ),
        (
            "emptyDir: {sizeLimit: {required: false}}",
            [("error", "a limit may be left out anyway", "say required: true, or bounds")],
        ),
        (
            "emptyDir: {sizeLimit: {}}",
            [("error", "nothing is said here", "say `required`, `default`, `min` or `max`")],
        ),
        ("{}", [("error", "nothing is said of volumes", "say `types`, `hostPath` or `emptyDir`")]),
    ],
)
def test_what_cannot_be_meant_is_told_when_rules_load(rule: str, told: list[tuple[str, str, str | None]]) -> None:
    assert wrongs("volumes", rule) == told


def test_the_rule_is_about_pods_alone() -> None:
    text = text_of("volumes", "hostPath: {forbidden: true}", match="{kinds: [Service]}")
    assert "this rule type is about pods, and Service carries none" in [one.message for one in problems(text)]
