"""podSecurity: what each control finds and where, what the parameters do, and what is filled in.

Verdicts are held against upstream's own evaluator in tests/e2e/test_pod_security.py.
"""

from typing import Any

import pytest

from tests.objects import decided, pod, policy, problems, request, workload
from webhook.admission.decision import Decision, Verdict
from webhook.admission.finding import Standing
from webhook.rule_types._pod_security_controls import NAMES, Level, find, in_force
from webhook.source.path import Path, look_up

GOOD: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def rule(params: str) -> str:
    return policy(f"- name: pods\n  podSecurity: {{{params}}}")


def only(control: str, level: str = "baseline", more: str = "") -> str:
    return rule(f"level: {level}, only: [{control}]{more}")


def said(decision: Decision) -> list[tuple[str, Any, str, str | None]]:
    return [(finding.where, finding.value, finding.message, finding.fix) for finding in decision.findings]


def pod_with(**spec: Any) -> dict[str, Any]:
    return pod({"spec": spec})


def loading(params: str) -> list[tuple[str, str, str | None]]:
    return [(problem.level, problem.message, problem.help) for problem in problems(rule(params))]


# What each control finds: (control, level), the object, and all that is said about it.

CONTAINER = "spec.containers[0]"
SECURITY = f"{CONTAINER}.securityContext"
FINDINGS: dict[str, tuple[str, str, dict[str, Any], list[tuple[str, Any, str, str | None]]]] = {
    "allowPrivilegeEscalation is missing": (
        "allowPrivilegeEscalation",
        "restricted",
        pod(),
        [
            (
                f"{SECURITY}.allowPrivilegeEscalation",
                None,
                "missing, which means true; must be false",
                "securityContext: {allowPrivilegeEscalation: false}",
            )
        ],
    ),
    "allowPrivilegeEscalation beside privileged": (
        "allowPrivilegeEscalation",
        "restricted",
        pod(securityContext={"privileged": True, "allowPrivilegeEscalation": True}),
        [
            (
                f"{SECURITY}.allowPrivilegeEscalation",
                True,
                "is true, must be false",
                "securityContext: {allowPrivilegeEscalation: false}, which the API server refuses beside privileged or "
                "CAP_SYS_ADMIN: remove that first",
            )
        ],
    ),
    "appArmorProfile as a field": (
        "appArmorProfile",
        "baseline",
        pod(securityContext={"appArmorProfile": {"type": "Unconfined"}}),
        [
            (
                f"{SECURITY}.appArmorProfile.type",
                "Unconfined",
                'is "Unconfined", must be RuntimeDefault or Localhost',
                "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
            )
        ],
    ),
    "appArmorProfile as annotations, for a container and for none": (
        "appArmorProfile",
        "baseline",
        pod(
            {
                "metadata": {
                    "annotations": {
                        "container.apparmor.security.beta.kubernetes.io/ghost": "unconfined",
                        "container.apparmor.security.beta.kubernetes.io/web": "unconfined",
                        "container.apparmor.security.beta.kubernetes.io/good": "localhost/mine",
                    }
                }
            }
        ),
        [
            (
                f'metadata.annotations["container.apparmor.security.beta.kubernetes.io/{name}"]',
                "unconfined",
                'is "unconfined", must be runtime/default or localhost/PROFILE',
                "remove the annotation, or set runtime/default",
            )
            for name in ("ghost", "web")
        ],
    ),
    "capabilities at baseline": (
        "capabilities",
        "baseline",
        pod(securityContext={"capabilities": {"add": ["CHOWN", "SYS_ADMIN", "CAP_KILL"]}}),
        [
            (
                f"{SECURITY}.capabilities.add[1]",
                "SYS_ADMIN",
                '"SYS_ADMIN" may not be added, only AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, '
                "NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID and SYS_CHROOT",
                "remove it from securityContext.capabilities.add",
            ),
            (
                f"{SECURITY}.capabilities.add[2]",
                "CAP_KILL",
                '"CAP_KILL" may not be added, only AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, MKNOD, '
                "NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID and SYS_CHROOT",
                "write KILL: names are read exactly",
            ),
        ],
    ),
    "capabilities at restricted": (
        "capabilities",
        "restricted",
        pod(securityContext={"capabilities": {"add": ["CHOWN"], "drop": ["NET_RAW"]}}),
        [
            (
                f"{SECURITY}.capabilities.add[0]",
                "CHOWN",
                '"CHOWN" may not be added, only NET_BIND_SERVICE',
                "remove it from securityContext.capabilities.add",
            ),
            (
                f"{SECURITY}.capabilities.drop",
                ["NET_RAW"],
                '["NET_RAW"] does not drop ALL',
                "securityContext: {capabilities: {drop: [ALL]}}",
            ),
        ],
    ),
    "hostNamespaces": (
        "hostNamespaces",
        "baseline",
        pod_with(hostNetwork=True, hostPID=True, hostIPC=True),
        [
            (f"spec.{key}", True, "is true, must be false", f"remove {key}")
            for key in ("hostIPC", "hostNetwork", "hostPID")
        ],
    ),
    "hostPathVolumes": (
        "hostPathVolumes",
        "baseline",
        pod_with(volumes=[{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/etc"}}]),
        [
            (
                "spec.volumes[1].hostPath",
                {"path": "/etc"},
                'mounts "/etc" of the node, hostPath volumes are not allowed',
                "use a persistentVolumeClaim, emptyDir, configMap or csi volume instead",
            )
        ],
    ),
    "hostPorts": (
        "hostPorts",
        "baseline",
        pod(ports=[{"containerPort": 80}, {"containerPort": 443, "hostPort": 8443}]),
        [
            (
                f"{CONTAINER}.ports[1].hostPort",
                8443,
                "8443 is a port of the node, must be left out",
                "remove hostPort, and reach the pod through a Service",
            )
        ],
    ),
    "hostProbesAndHostLifecycle": (
        "hostProbesAndHostLifecycle",
        "baseline",
        pod(
            livenessProbe={"httpGet": {"port": 80, "host": "example.com"}},
            readinessProbe={"httpGet": {"port": 80}},
            lifecycle={"preStop": {"tcpSocket": {"port": 80, "host": "127.0.0.1"}}},
        ),
        [
            (
                f"{CONTAINER}.{at}.host",
                host,
                f'the kubelet would call "{host}", must be left out: the pod itself is called then',
                f"remove {at.split('.')[-1]}.host",
            )
            for at, host in (("lifecycle.preStop.tcpSocket", "127.0.0.1"), ("livenessProbe.httpGet", "example.com"))
        ],
    ),
    "privileged": (
        "privileged",
        "baseline",
        pod(securityContext={"privileged": True}),
        [
            (
                f"{SECURITY}.privileged",
                True,
                "is true, must be false",
                "remove securityContext.privileged; give the container the one capability or device that it needs",
            )
        ],
    ),
    "procMount": (
        "procMount",
        "baseline",
        pod(securityContext={"procMount": "Unmasked"}),
        [(f"{SECURITY}.procMount", "Unmasked", 'is "Unmasked", must be Default', "remove securityContext.procMount")],
    ),
    "restrictedVolumes": (
        "restrictedVolumes",
        "restricted",
        pod_with(volumes=[{"name": "a", "nfs": {"server": "nas", "path": "/"}}, {"name": "b", "secret": {}}]),
        [
            (
                "spec.volumes[0].nfs",
                {"server": "nas", "path": "/"},
                'is a volume of type "nfs", only configMap, csi, downwardAPI, emptyDir, ephemeral, image, '
                "persistentVolumeClaim, projected and secret are allowed",
                "use a persistentVolumeClaim, or one of the other allowed types",
            )
        ],
    ),
    "runAsNonRoot nowhere": (
        "runAsNonRoot",
        "restricted",
        pod(),
        [
            (
                f"{SECURITY}.runAsNonRoot",
                None,
                "missing here and in the pod, must be true",
                "securityContext: {runAsNonRoot: true}",
            )
        ],
    ),
    "runAsNonRoot false in the pod is said once": (
        "runAsNonRoot",
        "restricted",
        pod_with(securityContext={"runAsNonRoot": False}),
        [
            (
                "spec.securityContext.runAsNonRoot",
                False,
                "is false, must be true",
                "securityContext: {runAsNonRoot: true}",
            )
        ],
    ),
    "runAsUser": (
        "runAsUser",
        "restricted",
        pod(securityContext={"runAsUser": 0}),
        [
            (
                f"{SECURITY}.runAsUser",
                0,
                "is 0, must not be 0",
                "securityContext: {runAsUser: 10001}, or another number that the image is built for",
            )
        ],
    ),
    "seLinuxOptions": (
        "seLinuxOptions",
        "baseline",
        pod_with(securityContext={"seLinuxOptions": {"type": "spc_t", "user": "system_u", "role": "", "level": "s0"}}),
        [
            (
                "spec.securityContext.seLinuxOptions.type",
                "spc_t",
                'is "spc_t", must be left out, or be container_t, container_init_t, container_kvm_t or '
                "container_engine_t",
                "remove it",
            ),
            ("spec.securityContext.seLinuxOptions.user", "system_u", 'is "system_u", must be left out', "remove it"),
        ],
    ),
    "seccompProfile at baseline": (
        "seccompProfile",
        "baseline",
        pod(securityContext={"seccompProfile": {"type": "Unconfined"}}),
        [
            (
                f"{SECURITY}.seccompProfile.type",
                "Unconfined",
                'is "Unconfined", must be RuntimeDefault or Localhost',
                "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            )
        ],
    ),
    "seccompProfile at restricted": (
        "seccompProfile",
        "restricted",
        pod(),
        [
            (
                f"{SECURITY}.seccompProfile.type",
                None,
                "missing here and in the pod, must be RuntimeDefault or Localhost",
                "securityContext: {seccompProfile: {type: RuntimeDefault}}",
            )
        ],
    ),
    "windowsHostProcess": (
        "windowsHostProcess",
        "baseline",
        pod_with(securityContext={"windowsOptions": {"hostProcess": True}}),
        [
            (
                "spec.securityContext.windowsOptions.hostProcess",
                True,
                "is true, must be false",
                "remove windowsOptions.hostProcess",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", FINDINGS)
def test_a_control_names_the_exact_field_the_value_what_is_allowed_and_a_fix(case: str) -> None:
    control, level, obj, expected = FINDINGS[case]
    decision = decided(only(control, level), obj)
    assert decision.verdict is Verdict.DENIED
    assert said(decision) == expected


def test_sysctls_name_the_element_and_the_fix_lists_what_is_allowed_in_that_version() -> None:
    names = ["net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "kernel.msgmax"]
    obj = pod_with(securityContext={"sysctls": [{"name": name, "value": "1"} for name in names]})
    old = decided(only("sysctls", more=", version: v1.31, allow: {sysctls: [net.core.*]}"), obj)
    assert [(finding.where, finding.message) for finding in old.findings] == [
        ("spec.securityContext.sysctls[0].name", '"net.ipv4.tcp_rmem" is not allowed'),
        ("spec.securityContext.sysctls[2].name", '"kernel.msgmax" is not allowed'),
    ]
    assert old.findings[0].fix == (
        "remove it; allowed are kernel.shm_rmid_forced, net.ipv4.ip_local_port_range, "
        "net.ipv4.ip_local_reserved_ports, net.ipv4.ip_unprivileged_port_start, net.ipv4.ping_group_range, "
        "net.ipv4.tcp_fin_timeout, net.ipv4.tcp_keepalive_intvl, net.ipv4.tcp_keepalive_probes, "
        "net.ipv4.tcp_keepalive_time, net.ipv4.tcp_syncookies and net.core.*"
    )
    assert [f.where for f in decided(only("sysctls"), obj).findings] == ["spec.securityContext.sysctls[2].name"]


def test_before_v1_19_seccomp_is_read_from_annotations() -> None:
    annotations = {
        "seccomp.security.alpha.kubernetes.io/pod": "unconfined",
        "container.seccomp.security.alpha.kubernetes.io/web": "unconfined",
        "container.seccomp.security.alpha.kubernetes.io/ghost": "unconfined",
    }
    obj = pod({"metadata": {"annotations": annotations}}, securityContext={"seccompProfile": {"type": "Unconfined"}})
    old = decided(only("seccompProfile", "restricted", ", version: v1.18"), obj)
    assert said(old) == [
        (
            f'metadata.annotations["{key}"]',
            "unconfined",
            'is "unconfined", must be runtime/default, docker/default or localhost/PROFILE',
            "remove the annotation, or set runtime/default",
        )
        for key in (
            "container.seccomp.security.alpha.kubernetes.io/web",
            "seccomp.security.alpha.kubernetes.io/pod",
        )
    ]
    new = decided(only("seccompProfile", "restricted", ", version: v1.19"), obj)
    assert [finding.where for finding in new.findings] == [f"{SECURITY}.seccompProfile.type"]


def test_all_containers_of_all_lists_are_judged() -> None:
    bad = {"image": "a.example/b:1", "securityContext": {"privileged": True}}
    lists = {"initContainers": [{"name": "i", **bad}], "ephemeralContainers": [{"name": "e", **bad}]}
    decision = decided(only("privileged"), pod({"spec": lists}, **bad))
    assert sorted((finding.where, finding.container) for finding in decision.findings) == [
        ("spec.containers[0].securityContext.privileged", "web"),
        ("spec.ephemeralContainers[0].securityContext.privileged", "e"),
        ("spec.initContainers[0].securityContext.privileged", "i"),
    ]


def test_a_workload_is_refused_at_its_own_path() -> None:
    cron = workload("CronJob", {"spec": {"hostPID": True}})
    decision = decided(only("hostNamespaces"), cron)
    assert [finding.where for finding in decision.findings] == ["spec.jobTemplate.spec.template.spec.hostPID"]


@pytest.mark.parametrize(("version", "refused"), [("v1.24", True), ("v1.25", False), ("latest", False)])
def test_windows_pods_are_spared_from_v1_25_on(version: str, refused: bool) -> None:
    controls = "allowPrivilegeEscalation, capabilities, seccompProfile"
    decision = decided(only(controls, "restricted", f", version: {version}"), pod_with(os={"name": "windows"}))
    assert decision.allowed is not refused


@pytest.mark.parametrize(("version", "refused"), [("v1.34", True), ("v1.35", False), ("latest", False)])
def test_pods_in_a_user_namespace_are_spared_from_v1_35_on(version: str, refused: bool) -> None:
    obj = pod({"spec": {"hostUsers": False}}, securityContext={"runAsUser": 0, "procMount": "Unmasked"})
    users = decided(only("runAsNonRoot, runAsUser", "restricted", f", version: {version}"), obj)
    assert users.allowed is not refused
    mount = decided(only("procMount", "baseline", f", version: {version}"), obj)
    assert mount.allowed is not refused
    assert not decided(only("procMount", "restricted", f", version: {version}"), obj).allowed


@pytest.mark.parametrize(
    "spec",
    [
        {"securityContext": "yes", "volumes": {"a": 1}, "hostUsers": "no", "os": "windows"},
        {"securityContext": {"sysctls": "all", "seccompProfile": [], "runAsUser": [0], "windowsOptions": 1}},
        {
            "securityContext": {
                "sysctls": [1, {"name": {}}],
                "seLinuxOptions": {"type": []},
                "appArmorProfile": {"type": {}},
            }
        },
        {"volumes": [1, None, {"name": 1, "hostPath": 1}], "hostPID": "yes", "hostIPC": []},
        {"initContainers": [{"securityContext": {"capabilities": {"add": [{}, [], 1], "drop": "ALL"}}, "name": {}}]},
        {
            "initContainers": [
                {"ports": ["80", {"hostPort": {}}], "livenessProbe": {"httpGet": [], "tcpSocket": {"host": 1}}}
            ]
        },
        {"initContainers": [{"securityContext": [], "lifecycle": {"preStop": 1, "postStart": {"httpGet": "x"}}}]},
    ],
)
@pytest.mark.parametrize("params", ["level: restricted, fill: true", "level: baseline, version: v1.0"])
def test_values_of_wrong_types_break_nothing(spec: dict[str, Any], params: str) -> None:
    annotations = {
        "seccomp.security.alpha.kubernetes.io/pod": 1,
        "container.apparmor.security.beta.kubernetes.io/x": {},
    }
    decision = decided(rule(params), pod({"metadata": {"annotations": annotations}, "spec": spec}))
    assert decision.faults == ()
    assert decision.verdict is Verdict.DENIED


# only, except, allow


def test_the_whole_standard_is_satisfied_by_what_it_asks_for() -> None:
    assert decided(rule("level: restricted"), pod(securityContext=GOOD)).findings == ()
    assert decided(rule("level: baseline"), pod()).findings == ()


def test_a_control_can_be_left_out() -> None:
    obj = pod(securityContext={**GOOD, "runAsUser": 0})
    assert not decided(rule("level: restricted"), obj).allowed
    assert decided(rule("level: restricted, except: [{control: runAsUser}]"), obj).allowed


def test_images_can_be_spared_from_a_control_in_their_containers_only() -> None:
    rules = only(
        "runAsUser", "restricted", ', except: [{control: runAsUser, images: ["registry.corp.example/mesh/**"]}]'
    )
    root = {"runAsUser": 0}
    proxy = {"name": "proxy", "image": "registry.corp.example/mesh/proxy:1", "securityContext": root}
    assert decided(rules, pod({"spec": {"initContainers": [proxy]}})).allowed
    other = decided(rules, pod({"spec": {"initContainers": [proxy]}}, securityContext=root))
    assert [finding.where for finding in other.findings] == [f"{SECURITY}.runAsUser"]
    everywhere = decided(rules, pod({"spec": {"initContainers": [proxy], "securityContext": root}}))
    assert [finding.where for finding in everywhere.findings] == ["spec.securityContext.runAsUser"]


def test_an_image_that_cannot_be_read_is_not_spared() -> None:
    rules = only("privileged", more=', except: [{control: privileged, images: ["**"]}]')
    assert decided(rules, pod(securityContext={"privileged": True})).allowed
    assert not decided(rules, pod(image="HTTP://no image", securityContext={"privileged": True})).allowed


def test_a_safe_sysctl_that_is_allowed_once_more_is_listed_once() -> None:
    obj = pod_with(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]})
    allow = ", version: v1.26, allow: {sysctls: [net.ipv4.tcp_syncookies, net.core.somaxconn]}"
    [finding] = decided(only("sysctls", more=allow), obj).findings
    assert finding.fix == (
        "remove it; allowed are kernel.shm_rmid_forced, net.ipv4.ip_local_port_range, "
        "net.ipv4.ip_unprivileged_port_start, net.ipv4.ping_group_range, net.ipv4.tcp_syncookies and net.core.somaxconn"
    )


def test_capabilities_ports_and_sysctls_can_be_allowed_beyond_the_standard() -> None:
    allow = 'allow: {capabilities: [SYS_PTRACE], hostPorts: ["5000-6000", 80], sysctls: ["net.ipv4.*"]}'
    ports = [{"containerPort": 1, "hostPort": port} for port in (80, 5000, 6000)]
    security = {"capabilities": {"add": ["SYS_PTRACE", "NET_BIND_SERVICE"], "drop": ["ALL"]}}
    obj = pod_with(securityContext={"sysctls": [{"name": "net.ipv4.ip_forward", "value": "1"}]})
    obj["spec"]["containers"][0] |= {"ports": ports, "securityContext": security}
    chosen = "only: [capabilities, hostPorts, sysctls]"
    assert decided(rule(f"level: restricted, {chosen}, {allow}"), obj).allowed
    ports[2]["hostPort"] = 6001
    refused = decided(rule(f"level: restricted, {chosen}, {allow}"), obj)
    assert [(finding.where, finding.message) for finding in refused.findings] == [
        (f"{CONTAINER}.ports[2].hostPort", "6001 is a port of the node, allowed are 5000-6000 and 80")
    ]


def test_the_rules_own_choice_of_containers_narrows_it() -> None:
    rules = policy(
        "- name: pods\n  containers: {names: {exclude: [web]}}\n"
        "  podSecurity: {level: baseline, only: [appArmorProfile]}"
    )
    annotations = {"container.apparmor.security.beta.kubernetes.io/web": "unconfined"}
    unconfined = {"appArmorProfile": {"type": "Unconfined"}}
    assert decided(rules, pod({"metadata": {"annotations": annotations}}, securityContext=unconfined)).allowed


# What is told when rules load


@pytest.mark.parametrize(
    ("params", "message", "cure"),
    [
        ("level: baseline, only: [hostPort]", "there is no control `hostPort`", "did you mean `hostPorts`?"),
        (
            "level: baseline, only: [runAsNonRoot]",
            "runAsNonRoot is no part of the level baseline",
            "write `level: restricted`, or leave it out",
        ),
        (
            "level: restricted, only: [hostPathVolumes]",
            "at level restricted restrictedVolumes takes the place of hostPathVolumes",
            "write `restrictedVolumes`",
        ),
        (
            "level: restricted, version: v1.22, only: [runAsUser]",
            "runAsUser begins with v1.23, and this rule is about v1.22",
            "write `version: v1.23` or later, or leave it out",
        ),
        (
            "level: baseline, only: [capabilities, capabilities_baseline]",
            "capabilities_baseline is named twice",
            "leave it out here",
        ),
        ("level: baseline, version: 1.36", "`1.36` is a number, not a version", "write v1.36 or latest"),
        ("level: baseline, version: v1.036", "`v1.036` is no version of the standards", "write v1.36 or latest"),
        (
            "level: baseline, only: [hostPorts], except: [{control: hostPorts}]",
            "every control is left out, so nothing is left to judge",
            None,
        ),
        (
            "level: baseline, only: [hostPorts], except: [{control: sysctls}]",
            "`only` does not name sysctls, so nothing can be spared from it",
            None,
        ),
        (
            "level: baseline, except: [{control: sysctls}, {control: sysctls}]",
            "sysctls is named twice",
            "put all images into one entry",
        ),
        (
            'level: baseline, except: [{control: sysctls, images: ["a.example/**"]}]',
            "sysctls is about the pod, not about its containers, so it cannot spare images",
            "leave `images` out, or narrow the rule with `match`",
        ),
        (
            "level: baseline, only: [hostPorts], allow: {capabilities: [SYS_PTRACE]}",
            "the control capabilities is not in this rule, so nothing has to be allowed",
            "name the control in `only`, or leave this out",
        ),
        (
            "level: baseline, except: [{control: hostPorts}], allow: {hostPorts: [80]}",
            "the control hostPorts is not in this rule, so nothing has to be allowed",
            "name the control in `only`, or leave this out",
        ),
        (
            "level: baseline, allow: {}",
            "nothing is allowed here",
            "say capabilities, hostPorts or sysctls, or leave `allow` out",
        ),
        (
            "level: baseline, allow: {capabilities: [cap_sys_ptrace]}",
            "`cap_sys_ptrace` is no capability as the standards write them",
            "write SYS_PTRACE",
        ),
        ('level: baseline, allow: {hostPorts: ["90-80"]}', "90-80 holds no port", 'write "80-90"'),
        ("level: baseline, allow: {hostPorts: [0]}", "0 is no port", "ports go from 1 to 65535"),
        ('level: baseline, allow: {hostPorts: ["0"]}', "0 is no port", "ports go from 1 to 65535"),
        ('level: baseline, allow: {hostPorts: ["0-80"]}', "0-80 goes beyond all ports", "ports go from 1 to 65535"),
        ("level: baseline, allow: {hostPorts: [70000]}", "70000 is no port", "ports go from 1 to 65535"),
        (
            'level: baseline, allow: {hostPorts: ["80-"]}',
            "`80-` is no port and no range of ports",
            'write "5000-6000" or 8080',
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_an_error(params: str, message: str, cure: str | None) -> None:
    assert loading(params) == [("error", message, cure)]


@pytest.mark.parametrize(
    ("params", "message", "cure"),
    [
        (
            "level: baseline, version: v1.99",
            "the newest standard known here is v1.36, which is used instead",
            "write v1.36 or latest",
        ),
        (
            "level: baseline, fill: true",
            "there is nothing to fill in: what these controls want, they want left out",
            "leave `fill` out",
        ),
        (
            "level: baseline, allow: {capabilities: [SYS_PTRCE]}",
            "Linux knows no capability `SYS_PTRCE`",
            "did you mean `SYS_PTRACE`?",
        ),
    ],
)
def test_a_rule_that_was_probably_not_meant_so_is_a_warning(params: str, message: str, cure: str) -> None:
    assert loading(params) == [("warning", message, cure)]


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("minor", range(37))
def test_a_name_means_one_control_that_is_in_force_or_says_why_not(level: Level, minor: int) -> None:
    here = in_force(level, minor)
    for name in NAMES:
        try:
            control = find(name, level, minor)
        except ValueError:
            assert name not in here
        else:
            assert here[control.name] is control


# fill


def filled(params: str, obj: dict[str, Any]) -> Any:
    decision = decided(rule(params), obj)
    assert decision.allowed, said(decision)
    assert decision.object is not None
    again = decided(rule(params), decision.object)
    assert again.patch == ()
    return decision.object["spec"]


def test_fill_sets_what_restricted_wants_in_every_container_and_nothing_in_the_pod() -> None:
    sidecar = {"name": "proxy", "image": "registry.corp.example/proxy:1", "restartPolicy": "Always"}
    spec = filled("level: restricted, fill: true", pod({"spec": {"initContainers": [sidecar]}}))
    assert spec["containers"][0]["securityContext"] == GOOD
    assert spec["initContainers"][0]["securityContext"] == GOOD
    assert "securityContext" not in spec


def test_fill_keeps_to_the_controls_that_are_in_force() -> None:
    spec = filled("level: restricted, only: [runAsNonRoot], fill: true", pod())
    assert spec["containers"][0]["securityContext"] == {"runAsNonRoot": True}
    old = filled("level: restricted, version: v1.0, fill: true", pod())
    assert old["containers"][0]["securityContext"] == {"runAsNonRoot": True}


def test_fill_leaves_to_the_pod_what_the_pod_says() -> None:
    said_by_pod = {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}
    spec = filled("level: restricted, fill: true", pod_with(securityContext=said_by_pod))
    assert spec["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["securityContext"] == said_by_pod


def test_fill_reads_an_empty_list_as_none_like_the_api_server() -> None:
    spec = filled(
        "level: restricted, only: [capabilities], fill: true",
        pod(securityContext={"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": []}}),
    )
    assert spec["containers"][0]["securityContext"]["capabilities"] == {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}


@pytest.mark.parametrize(
    ("security", "still_missing"),
    [
        ({"privileged": True}, "allowPrivilegeEscalation"),
        ({"capabilities": {"add": ["CAP_SYS_ADMIN"]}}, "allowPrivilegeEscalation"),
        ({"runAsUser": 0}, "runAsNonRoot"),
        ({"capabilities": {"drop": ["NET_RAW"]}}, "capabilities.drop"),
        ({"runAsNonRoot": False}, "runAsNonRoot"),
        ({"allowPrivilegeEscalation": True}, "allowPrivilegeEscalation"),
        ({"seccompProfile": {"type": "Unconfined"}}, "seccompProfile.type"),
    ],
)
def test_fill_contradicts_nothing_that_the_author_wrote(security: dict[str, Any], still_missing: str) -> None:
    obj = pod(securityContext=security)
    decision = decided(rule("level: restricted, fill: true"), obj)
    assert f"{SECURITY}.{still_missing}" in [finding.where for finding in decision.findings]
    path: Path = ("spec", "containers", 0, "securityContext", *still_missing.split("."))
    assert look_up(decision.object, path) == look_up(obj, path)


def test_fill_never_sets_what_root_in_the_pod_forbids() -> None:
    decision = decided(
        rule("level: restricted, only: [runAsNonRoot], fill: true"), pod_with(securityContext={"runAsUser": 0})
    )
    assert decision.patch == ()
    assert [finding.where for finding in decision.findings] == [f"{SECURITY}.runAsNonRoot"]


def test_fill_leaves_windows_pods_alone_but_for_run_as_non_root() -> None:
    spec = filled("level: restricted, fill: true", pod_with(os={"name": "windows"}))
    assert spec["containers"][0]["securityContext"] == {"runAsNonRoot": True}
    old = decided(rule("level: restricted, version: v1.24, fill: true"), pod_with(os={"name": "windows"}))
    assert [edit.path[-1] for edit in old.edits] == ["runAsNonRoot"]
    assert not old.allowed


def test_fill_leaves_users_alone_in_a_user_namespace() -> None:
    spec = filled("level: restricted, fill: true", pod_with(hostUsers=False))
    assert spec["containers"][0]["securityContext"] == {key: GOOD[key] for key in GOOD if key != "runAsNonRoot"}


def test_fill_passes_by_spared_images_and_ephemeral_containers() -> None:
    spared = 'except: [{control: runAsNonRoot, images: ["a.example/**"]}]'
    params = f"level: restricted, only: [runAsNonRoot], fill: true, {spared}"
    containers = [
        {"name": "web", "image": "registry.corp.example/web:1"},
        {"name": "agent", "image": "a.example/agent:1"},
    ]
    debugger = {"name": "debug", "image": "registry.corp.example/debug:1"}
    decision = decided(rule(params), pod_with(containers=containers, ephemeralContainers=[debugger]))
    assert [edit.path for edit in decision.edits] == [("spec", "containers", 0, "securityContext", "runAsNonRoot")]
    assert [finding.where for finding in decision.findings] == [
        "spec.ephemeralContainers[0].securityContext.runAsNonRoot"
    ]


def test_a_workload_is_judged_as_the_pod_that_fill_makes_of_it_and_is_not_changed() -> None:
    decision = decided(rule("level: restricted, fill: true"), workload("Deployment"))
    assert decision.allowed
    assert decision.patch == ()


# UPDATE


def debugged(**ephemeral: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An old pod whose containers inherit root, and the same pod with a new ephemeral container."""
    old = pod_with(securityContext={"runAsNonRoot": False, "runAsUser": 0})
    container = {"name": "debug", "image": "registry.corp.example/debug:1", **ephemeral}
    return old, {**old, "spec": {**old["spec"], "ephemeralContainers": [container]}}


def test_a_new_container_that_inherits_what_the_old_pod_had_wrong_is_refused() -> None:
    old, new = debugged()
    rules = only("runAsNonRoot, runAsUser", "restricted")
    decision = decided(rules, request(new, old, subresource="ephemeralcontainers"))
    assert decision.verdict is Verdict.DENIED
    assert [(f.where, f.message) for f in decision.findings if f.standing is Standing.NEW] == [
        ("spec.ephemeralContainers[0].securityContext.runAsNonRoot", "inherits false from the pod, must be true"),
        ("spec.ephemeralContainers[0].securityContext.runAsUser", "inherits 0 from the pod, must not be 0"),
    ]


def test_a_new_container_that_is_better_than_its_old_pod_is_let_in() -> None:
    old, new = debugged(securityContext={"runAsNonRoot": True, "runAsUser": 1000})
    rules = only("runAsNonRoot, runAsUser", "restricted")
    assert decided(rules, request(new, old, subresource="ephemeralcontainers")).allowed


def test_an_old_pod_can_be_relabelled() -> None:
    old, _ = debugged()
    new = {**old, "metadata": {**old["metadata"], "labels": {"team": "shop"}}}
    decision = decided(only("runAsNonRoot, runAsUser", "restricted"), request(new, old))
    assert decision.allowed
    assert {finding.standing for finding in decision.findings} == {Standing.OLD}
