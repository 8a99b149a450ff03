"""sidecar: everything that is wrong with a rule is told when it is loaded, at its key and with the cure."""

import pytest

from tests.rule_types.one_rule import wrongs

PROXY = 'container: {name: proxy, image: "r.example/proxy:1", startupProbe: {exec: {command: [x]}}}\n'


def container(more: str) -> str:
    return f'container: {{name: proxy, image: "r.example/proxy:1", startupProbe: {{exec: {{command: [x]}}}}, {more}}}\n'


FORM = [
    ("volumes: [{name: v}]", "nothing is put in, required or forbidden"),
    (PROXY + "named: agent", "here are `container` and `named`"),
    (PROXY + 'containers: [{name: a, image: "r.example/a:1"}]', "here are `container` and `containers`"),
    (PROXY + 'image: "r.example/**"', "`image` does nothing without `named`"),
    ("named: agent\ntune: {cpu.request: {default: 1}}", "`tune` does nothing without a `container`"),
    ("forbid: [x]\noptIn: {label: a.example/x}", "`optIn` does nothing without a `container`"),
    (
        "forbid: [x]\nmountInto: {containers: [{name: v, mountPath: /v}]}",
        "`mountInto` does nothing without a `container`",
    ),
    ("named: agent\nrequire: [image]", "`image` is not declared here"),
    ("container: {}", "the container is empty"),
]
CONTAINERS = [
    ("container: {name: x}", "the container needs an image"),
    ('container: {image: "r.example/a:1"}', "the container needs a name"),
    ('container: {name: My_Proxy, image: "r.example/a:1"}', "the container needs a name"),
    (container("restartPolicy: OnFailure"), "a native sidecar has restartPolicy Always"),
    (container("imagePullPolcy: Always"), "there is no field `imagePullPolcy` in it"),
    (container("tty: 3"), "`tty` is of type boolean, not integer"),
    (container("imagePullPolicy: Sometimes"), "`Sometimes` is not one of Always, IfNotPresent, Never"),
    (container("resources: {requests: {memory: 64Mb}}"), '"64Mb" is no quantity: "Mb" is no suffix, did you mean 64M?'),
    (container("env: [{name: A, value: x}, {name: A, value: z}]"), "it stands in this list twice"),
    (container("stdin: null"), "null wants nothing"),
    (
        'containers: [{name: a, image: "r.example/a:1", readinessProbe: {exec: {command: [x]}}}]',
        "an init container has no readinessProbe: it comes to an end",
    ),
    (
        'containers: [{name: a, image: "r.example/a:1"}, {name: a, image: "r.example/b:1"}]',
        "there is another container `a` here",
    ),
    (container("volumeMounts: [{name: v, mountPath: /v}]"), "there is no volume `v` in this rule"),
    (PROXY + "volumes: [{name: v}, {name: v}]", "there is another volume `v` here"),
    (PROXY + "volumes: [{name: v, emptyDir: {}, hostPath: {path: /x}}]", "a volume has one source"),
    (PROXY + "mountInto: {containers: [{name: v, mountPath: /v}]}", "there is no volume `v` in this rule"),
    (
        PROXY + "volumes: [{name: v}]\nmountInto: {containers: [{name: v, mountPath: /v}, {name: v, mountPath: /v}]}",
        "it stands in this list twice",
    ),
]
WHOLE = [
    (PROXY + "position: {after: proxy}", "it cannot be put beside itself"),
    (PROXY + "position: middle", "`middle` is not one of first, last"),
    (PROXY + "position: {behind: a}", "expected first, last, {before: NAME} or {after: NAME}, found a mapping"),
    (PROXY + 'forbid: ["pro*"]', "it forbids `proxy`, which this rule wants to be there"),
    (PROXY + "require: [imge]", "the container declares no `imge`"),
    (PROXY + "optIn: {label: a.example/x, value: no way}", "no label can have this value: a label's value has letters"),
    (PROXY + "optIn: {annotation: a/b/c}", "no object can have this key: the part before the slash"),
    (PROXY + "optIn: {annotation: a.example/x, label: a.example/x}", "one thing is looked at"),
    (PROXY + 'optIn: {label: x, value: "no"}\noptOut: {label: x, value: "no"}', "the same value opts in and out"),
    (PROXY + "skip: {ownerKinds: [CronJob]}", "pods of a CronJob count as those of its Job"),
    (PROXY + "skip: {hostNetwork: false}", "nothing is skipped"),
    (PROXY + "tune: {cpu.requests: {default: 1}}", "`cpu.requests` cannot be tuned"),
    (PROXY + "tune: {cpu.request: {max: 1}}", "nothing chooses this amount"),
    (
        PROXY + 'tune: {cpu.request: {default: "1", min: "3", max: "2"}}',
        "`min` 3 is over `max` 2, so nothing would fit",
    ),
    (
        PROXY + "tune: {cpu.request: {default: 5m, min: 10m}}",
        "the default 5m is outside its own bounds: it must be at least 10m",
    ),
    (PROXY + "tune: {cpu.request: {annotation: 'a b'}}", "no object can have this annotation: the name of a key"),
    (PROXY + "tune: {cpu.request: {default: 2}, cpu.limit: {default: 1}}", "the cpu request 2 is over the limit 1"),
    (PROXY + "tune: {memory.limit: {default: 100m}}", "100m is no whole number of bytes"),
    (
        PROXY + "tune: {cpu.request: {annotation: a}, cpu.limit: {annotation: a}}",
        "`a` chooses tune.cpu.request already",
    ),
    (
        container("resources: {requests: {cpu: 5m}}") + "tune: {cpu.request: {annotation: a, min: 10m}}",
        "the container's own 5m is outside these bounds: it must be at least 10m",
    ),
    (
        container("resources: {requests: {cpu: 5m}}") + "tune: {cpu.request: {default: 6m}}",
        "the container's own resources say 5m already",
    ),
    (
        PROXY + "excludePorts: {annotation: a, env: A, allowed: '70000'}",
        "a port is from 1 to 65535, and a range begins",
    ),
    (PROXY + "excludePorts: {annotation: a, env: A, max: 0}", "`max` lets nobody list a port"),
    (PROXY + "excludePorts: {annotation: a, env: 'A=B'}", "no environment variable is called `A=B`"),
]


@pytest.mark.parametrize(("text", "message"), [*FORM, *CONTAINERS, *WHOLE])
def test_what_is_wrong_is_told_once(text: str, message: str) -> None:
    errors = [told for level, told, _ in wrongs("sidecar", text) if level == "error"]
    assert len(errors) == 1, errors
    assert errors[0].startswith(message)


def test_more_than_one_sidecar_cannot_be_tuned() -> None:
    two = ", ".join(
        f'{{name: {name}, image: "r.example/a:1", restartPolicy: Always, startupProbe: {{exec: {{command: [x]}}}}}}'
        for name in "ab"
    )
    assert wrongs("sidecar", f"containers: [{two}]\ntune: {{cpu.request: {{default: 1}}}}") == [
        ("error", "here are `a` and `b`, and one is tuned", "make two rules of it")
    ]


def test_pods_must_be_among_the_kinds() -> None:
    assert wrongs("sidecar", PROXY, match="{kinds: [Deployment]}") == [
        ("error", "containers are put into a pod when it is created", "name Pod in match.kinds")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'container: {name: proxy, image: "r.example/proxy:1"}',
            "without a startupProbe the author's containers start before it is ready",
        ),
        (PROXY + "volumes: [{name: v}]", "nothing mounts the volume `v`"),
        (
            'containers: [{name: a, image: "r.example/a:1"}]',
            "none of these is a sidecar: all come to an end before the author's containers start",
        ),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(text: str, message: str) -> None:
    assert [(level, told) for level, told, _ in wrongs("sidecar", text)] == [("warning", message)]
