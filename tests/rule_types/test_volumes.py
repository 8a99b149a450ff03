"""volumes: the types that may be used, and what cannot be meant when rules load."""

from typing import Any

import pytest

from tests.objects import IMAGE, NOW, decided, facts, pod, problems, workload
from tests.rule_types.one_rule import one_rule, said, text_of, with_volumes, wrongs
from webhook.admission.decision import Decision, Verdict
from webhook.engine.decide import decide
from webhook.engine.manifest import as_request
from webhook.pod.schema import fields
from webhook.rule_types._volumes import SOURCES


def container(name: str = "web", **more: Any) -> dict[str, Any]:
    return {"name": name, "image": IMAGE, **more}


def judged(rule: str, obj: dict[str, Any]) -> Decision:
    return decided(one_rule("volumes", rule), obj)


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
            "hostPath: {allowed: [{path: /data}, {path: /data/keys, readOnly: true}]}",
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
            [("error", "the default 2Gi is above the maximum 1Gi", "write 1Gi or less")],
        ),
        (
            "emptyDir: {sizeLimit: {default: 1Mi, min: 1Gi}}",
            [("error", "the default 1Mi is below the minimum 1Gi", "write 1Gi or more")],
        ),
        (
            "emptyDir: {sizeLimit: {min: 2Gi, max: 1Gi}}",
            [("error", "the minimum 2Gi is above the maximum 1Gi", "swap them")],
        ),
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
