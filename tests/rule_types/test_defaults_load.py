"""defaults: what cannot be meant is an error when rules load, with a cure."""

import pytest

from tests.rule_types.one_rule import wrongs


def wrong(text: str, **spec: str) -> list[str]:
    return [message for _, message, _ in wrongs("defaults", text, **spec)]


TTL = "default: {object: {spec: {ttlSecondsAfterFinished: 86400}}}"
CLAMP = "clamp: {pod: {activeDeadlineSeconds: {min: 60, max: 600}}}"

NEVER = "this default can never act: "
WRONG: list[tuple[str, str]] = [
    ("{}", "nothing is said of defaults"),
    ("default: {pod: {}}", "nothing is said of what to merge"),
    ("default: {pod: {hostUser: false}}", "there is no field `hostUser` in it"),
    ("default: {pod: {metadata: {labels: {a: b}}}}", "`pod` is merged into the pod's spec"),
    ("default: {pod: {containers: [{stdin: true}]}}", "`pod` does not reach into containers"),
    ("default: {containers: {name: x}}", "every container has a name of its own"),
    (
        "default: {containers: {securityContext: {runAsUser: '7'}}}",
        "`securityContext.runAsUser` is of type integer, not string",
    ),
    ("default: {pod: {hostname: 7}}", "`hostname` is of type string, not integer"),
    ("enforce: {containers: {imagePullPolicy: always}}", "`always` is not one of Always, IfNotPresent, Never"),
    (
        "default: {containers: {resources: {limits: {cpu: lots}}}}",
        '"lots" is no quantity: write a number and a suffix, such as 500m or 1Gi',
    ),
    ("default: {volumes: {emptydir: {sizeLimit: 1Gi}}}", "there is no field `emptydir` in it"),
    ("default: {volumes: {name: x}}", "`name` is no source of a volume"),
    ("enforce: {pod: {nodeName: null}}", "null wants nothing"),
    (
        "default: {pod: {automountServiceAccountToken: false}}",
        f"{NEVER}the token volume is already there when a webhook sees the pod",
    ),
    ("default: {pod: {priorityClassName: low}}", f"{NEVER}the number is already set when a webhook sees the pod"),
    ("default: {pod: {restartPolicy: Never}}", f"{NEVER}the API server has always filled it already (with Always)"),
    (
        "default: {containers: {imagePullPolicy: Always}}",
        f"{NEVER}the API server has always filled it already (with IfNotPresent)",
    ),
    (
        "default: {volumes: {secret: {defaultMode: 256}}}",
        f"{NEVER}the API server has always filled it already (with 420)",
    ),
    ("default: {pod: {hostNetwork: false}}", f"{NEVER}absent means the same, and the API server drops it"),
    (
        "default: {containers: {livenessProbe: {periodSeconds: 5}}}",
        f"{NEVER}without one of exec, grpc, httpGet and tcpSocket it is no probe",
    ),
    ("append: {pod: {hostname: a}}", "`append` is for lists that are sets, `hostname` is none"),
    ("append: {containers: {args: [-x]}}", "`append` is for lists that are sets, `args` is none"),
    ("append: {pod: {nodeSelector: {a: b}}}", "`append` is for lists that are sets, `nodeSelector.a` is none"),
    ("append: {containers: {env: [{value: x}]}}", "`name` is missing: it tells this element from others"),
    ("append: {containers: {env: [{name: A}, {name: A}]}}", "it stands in this list twice"),
    (
        "enforce: {containers: {securityContext: {capabilities: {add: []}}}}",
        "an empty value under `enforce` wants nothing",
    ),
    ("default: {pod: {hostname: {from: namespace.label.x}}}", "`namespace.label.x` is no source of a value"),
    ("default: {pod: {hostname: {from: {pod: spec.nodeNam}}}}", "there is no field `nodeNam` in `spec.nodeNam`"),
    ("default: {pod: {hostname: {from: {pod: spec.volumes}}}}", "this is of type list, and the field of type string"),
    ("clamp: {pod: {terminationGracePeriod: {max: 3}}}", "`terminationGracePeriod` is no number of a pod's spec"),
    ("clamp: {pod: {activeDeadlineSeconds: {min: 9, max: 3}}}", "`min` is over `max`, so nothing would fit"),
    (f"enforce: {{pod: {{activeDeadlineSeconds: 5}}}}\n{CLAMP}", "5 is outside what `clamp` allows"),
    (
        "default: {containers: {resources: {requests: {cpu: 2}, limits: {cpu: 1}}}}",
        "the request is over the limit of 1 beside it",
    ),
    (TTL, "`object` needs to know which kind it is about"),
    ("remove: [token]", "`token` is not one of serviceAccountToken"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_cannot_be_meant_is_an_error_when_rules_load(text: str, message: str) -> None:
    assert wrong(text) == [message]


@pytest.mark.parametrize(
    ("text", "kinds", "message"),
    [
        (TTL, "[Pod]", "`object` needs to know which kind it is about"),
        (TTL.replace("ttl", "tll"), "[Job]", "there is no field `tllSecondsAfterFinished` in spec"),
        (
            "default: {object: {spec: {replicas: 3}}}",
            "[Deployment]",
            f"{NEVER}the API server has always filled it already (with 1)",
        ),
        ("default: {object: {status: {x: 1}}}", "[Job]", "`status` is not for a rule to fill"),
        (
            "default: {object: {spec: {template: {spec: {hostUsers: false}}}}}",
            "[Deployment]",
            "a pod template is never changed: its pods are",
        ),
        ("default: {pod: {hostUsers: false}}", "[Job]", "a pod is filled when it is created"),
    ],
)
def test_what_cannot_be_meant_for_these_kinds_is_an_error(text: str, kinds: str, message: str) -> None:
    assert message in wrong(text, match=f"{{kinds: {kinds}}}")


def test_a_misspelt_field_is_told_with_the_one_that_was_meant() -> None:
    [(level, _, cure)] = wrongs("defaults", "default: {pod: {hostUser: false}}")
    assert (level, cure) == ("error", "did you mean `hostUsers`?")
