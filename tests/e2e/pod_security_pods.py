"""Pods as no person would write them: every field that the pod security standards read, with the values that matter."""

from __future__ import annotations

from random import Random
from typing import Any

Json = dict[str, Any]

LEVELS = ("baseline", "restricted")
VERSIONS = (*(f"v1.{minor}" for minor in range(37)), "latest")

_NAMES = ("web", "proxy", "", None)
_CAPABILITIES = (
    *("ALL", "all", "NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", "net_bind_service", "CHOWN", "CAP_CHOWN", "MKNOD"),
    *("AUDIT_WRITE", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETPCAP", "SETUID"),
    *("SYS_CHROOT", "NET_RAW", "NET_ADMIN", "SYS_ADMIN", "CAP_SYS_ADMIN", "SYS_PTRACE", "", None),
)
_PROFILES = ("RuntimeDefault", "Localhost", "Unconfined", "runtime/default", "runtimedefault", "", None)
_SELINUX_TYPES = (
    *("container_t", "container_init_t", "container_kvm_t", "container_engine_t", "container_x_t", "spc_t", "", None),
)
_SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "kernel.msgmax", "", None),
    *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
    *("net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net/ipv4/tcp_syncookies"),
)
_VOLUMES = (
    *("hostPath", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim"),
    *("projected", "secret", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo", "nfs", "iscsi", "glusterfs"),
    *("rbd", "flexVolume", "cinder", "cephfs", "flocker", "fc", "azureFile", "vsphereVolume", "quobyte", "azureDisk"),
    *("portworxVolume", "photonPersistentDisk", "scaleIO", "storageos"),
)
_APPARMOR = ("runtime/default", "localhost/mine", "localhost/", "localhost", "unconfined", "RuntimeDefault", "", None)
_SECCOMP = ("runtime/default", "docker/default", "localhost/a.json", "localhost", "unconfined", "", None)
_HOSTS = ("", None, "127.0.0.1", "localhost", "::1", " ", "example.com")
_SWITCH = (True, False, None)
_OS: tuple[dict[str, str] | None, ...] = ({"name": "windows"}, {"name": "linux"}, {"name": "Windows"}, {}, None)
_FOCUS = (
    *(("annotations",), ("volumes",), ("ports",), ("livenessProbe",), ("lifecycle", "preStop"), ("hostNetwork",)),
    *(("securityContext", leaf) for leaf in ("sysctls", "capabilities", "procMount", "privileged", "runAsUser")),
    *(("securityContext", leaf) for leaf in ("runAsNonRoot", "seccompProfile", "appArmorProfile", "windowsOptions")),
    *(("securityContext", leaf) for leaf in ("allowPrivilegeEscalation", "initContainers", "ephemeralContainers")),
    *(("securityContext", "seLinuxOptions", leaf) for leaf in ("type", "user")),
)
"""Fields that a pod may be about: most of its slips are there, so that nothing else hides them."""


def generated(random: Random) -> Json:
    """One pod: half of all keep to what restricted wants but for a few slips, the others to hardly anything."""
    slips = random.choice((0.03, 0.08, 0.5, 0.8))
    return _Generator(random, slips, random.choice(_FOCUS)).pod()


class _Generator:
    """Draws one pod; `slips` is how often a field is drawn at random instead of being what restricted wants."""

    def __init__(self, random: Random, slips: float, focus: tuple[str, ...]) -> None:
        self.random = random
        self.slips = slips
        self.focus = focus

    def pod(self) -> Json:
        spec: Json = {"containers": [self.container() for _ in range(self.random.choice((1, 1, 2, 3)))]}
        self.slip(spec, "initContainers", lambda: [self.container() for _ in range(self.random.choice((0, 1, 2)))])
        self.slip(spec, "ephemeralContainers", lambda: [self.container()])
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            self.slip(spec, key, lambda: self.any_of(_SWITCH))
        if self.random.random() < 0.3:
            spec["hostUsers"] = self.any_of(_SWITCH)
        if self.random.random() < 0.3:
            spec["os"] = self.any_of(_OS, 3)
        self.slip(spec, "securityContext", self.pod_security, otherwise=self.random.choice((None, self.good_pod())))
        self.slip(spec, "volumes", self.volumes, otherwise=[{"name": "tmp", "emptyDir": {}}])
        return {"apiVersion": "v1", "kind": "Pod", "metadata": self.metadata(), "spec": spec}

    def metadata(self) -> Json:
        metadata: Json = {"name": "web"}
        self.slip(metadata, "annotations", self.annotations, otherwise={"team": "shop"})
        return metadata

    def annotations(self) -> Json:
        found: Json = {}
        for name in ("web", "proxy", "ghost", ""):
            for prefix, values in (("container.apparmor", _APPARMOR), ("container.seccomp", _SECCOMP)):
                kind = "beta" if prefix == "container.apparmor" else "alpha"
                if self.random.random() < 0.15:
                    found[f"{prefix}.security.{kind}.kubernetes.io/{name}"] = self.any_of(values)
        if self.random.random() < 0.4:
            found["seccomp.security.alpha.kubernetes.io/pod"] = self.any_of(_SECCOMP)
        return found

    def container(self) -> Json:
        container: Json = {"image": "registry.corp.example/shop/web:1.4.2", "name": self.any_of(_NAMES)}
        self.slip(container, "securityContext", self.security, otherwise=self.good_container())
        self.slip(
            container, "ports", lambda: self.some(lambda: self.any_of(({"hostPort": 0}, {"hostPort": 80}, {}, None)))
        )
        for key in ("livenessProbe", "readinessProbe", "startupProbe"):
            self.slip(container, key, self.handler)
        self.slip(container, "lifecycle", self.lifecycle)
        return container

    def lifecycle(self) -> Json | None:
        hooks: Json = {}
        for key in ("postStart", "preStop"):
            self.slip(hooks, key, self.handler)
        return self.any_of((hooks, hooks, hooks, {}, None))

    def handler(self) -> Json | None:
        host = {"host": self.any_of(_HOSTS), "port": 80}
        port = {"port": "http"}
        return self.any_of(({"httpGet": host}, {"tcpSocket": host}, {"httpGet": port, "tcpSocket": None}, {}, None))

    def good_pod(self) -> Json:
        return {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}

    def good_container(self) -> Json:
        good: Json = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        for key, value in {**self.good_pod(), "runAsUser": 1000, "privileged": False}.items():
            if self.random.random() > self.slips:
                good[key] = value
        return good

    def pod_security(self) -> Json | None:
        security = self.shared()
        self.slip(
            security, "sysctls", lambda: self.some(lambda: self.any_of(({"name": self.any_of(_SYSCTLS)}, {}, None), 8))
        )
        return self.any_of((security, None), 9)

    def security(self) -> Json | None:
        security = {**self.shared(), **(self.good_container() if self.random.random() < 0.5 else {})}
        for key in ("privileged", "allowPrivilegeEscalation"):
            self.slip(security, key, lambda: self.any_of(_SWITCH))
        self.slip(security, "procMount", lambda: self.any_of(("Default", "Unmasked", "default", "", None)))
        self.slip(security, "capabilities", self.capabilities)
        return self.any_of((security, {}, None), 12)

    def capabilities(self) -> Json | None:
        found: Json = {}
        for key in ("add", "drop"):
            if self.random.random() < 0.6:
                found[key] = self.any_of((self.some(lambda: self.any_of(_CAPABILITIES)), ["ALL"], None), 3)
        return self.any_of((found, {}, None), 9)

    def shared(self) -> Json:
        """What a container inherits from its pod."""
        found: Json = {}
        self.slip(found, "runAsNonRoot", lambda: self.any_of(_SWITCH))
        self.slip(found, "runAsUser", lambda: self.any_of((0, 1, 1000, None)))
        self.slip(found, "seccompProfile", self.profile)
        self.slip(found, "appArmorProfile", self.profile)
        self.slip(found, "seLinuxOptions", self.selinux)
        self.slip(found, "windowsOptions", lambda: self.any_of(({"hostProcess": self.any_of(_SWITCH)}, {}, None), 4))
        return found

    def profile(self) -> Json | None:
        return self.any_of(({"type": self.any_of(_PROFILES), "localhostProfile": "a.json"}, {}, None), 9)

    def selinux(self) -> Json | None:
        found: Json = {"level": "s0:c1,c2"}
        self.slip(found, "type", lambda: self.any_of(_SELINUX_TYPES))
        for key in ("user", "role"):
            self.slip(found, key, lambda: self.any_of(("", None, "", "system_u")))
        return self.any_of((found, {}, None), 9)

    def volumes(self) -> list[Any] | None:
        return self.any_of((self.some(self.volume), None), 9)

    def volume(self) -> Json | None:
        found: Json = {"name": "data"}
        for _ in range(self.any_of((1, 0, 2), 6)):
            found[self.any_of(_VOLUMES, 12)] = self.any_of(({}, None), 6)
        return self.any_of((found, None), 12)

    def some(self, draw: Any) -> list[Any]:
        return [draw() for _ in range(self.random.choice((0, 1, 1, 2, 3)))]

    def slip(self, into: Json, key: str, draw: Any, otherwise: Any = None) -> None:
        """Put a drawn value there now and then; else what restricted wants, which is often nothing."""
        if self.random.random() < (0.7 if key in self.focus else self.slips):
            into[key] = draw()
        elif otherwise is not None:
            into[key] = otherwise

    def any_of(self, values: Any, first: int = 1) -> Any:
        """One of the values; the first one that many times as often as another."""
        at = self.random.randrange(len(values) - 1 + first)
        return values[max(0, at - first + 1)]
