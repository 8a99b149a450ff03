"""The scalars of podSecurity as they are written in rules: versions, names of controls and capabilities, ports."""

from typing import Any, NamedTuple

from webhook.expressions import expression
from webhook.patterns import closest
from webhook.rule_types._pod_security_controls import NAMES, NEWEST

_VERSION = expression(r"v1\.(0|[1-9][0-9]{0,3})\Z")
_CAPABILITY = expression(r"(?!CAP_)[A-Z][A-Z_]*\Z")

CAPABILITIES = (
    *("ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN"),
    *("DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE"),
    *("LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST"),
    *("NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT"),
    *("SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME"),
    *("SYS_TTY_CONFIG", "WAKE_ALARM"),
)
"""What capabilities(7) names, and ALL; a newer kernel may know more."""


class Version(int):
    """A version of the standards, as its minor number."""

    @classmethod
    def parse(cls, text: str) -> "Version":
        """`v1.N` or `latest`, as the labels of Kubernetes namespaces say it."""
        if text == "latest":
            return cls(NEWEST)
        if match := _VERSION.match(text):
            return cls(match[1])
        raise ValueError(f"`{text}` is no version of the standards", f"write v1.{NEWEST} or latest")

    @classmethod
    def of(cls, number: float) -> "Version":
        """A YAML number such as 1.36 is no version: 1.30 would be read as 1.3."""
        raise ValueError(f"`{number}` is a number, not a version", f"write v1.{NEWEST} or latest")

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """Only the text, for editors."""
        return {"type": "string", "pattern": r"^(v1\.(0|[1-9][0-9]{0,3})|latest)$"}


class ControlName(str):
    """A control by upstream's name; `capabilities`, `procMount` and `seccompProfile` mean the one of the level."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "ControlName":
        """A name that upstream does not know is most likely a slip."""
        if text in NAMES:
            return cls(text)
        guess = closest(text, NAMES)
        cure = f"did you mean `{guess}`?" if guess else f"the controls are {', '.join(NAMES)}"
        raise ValueError(f"there is no control `{text}`", cure)

    @classmethod
    def json_schema(cls, _: dict[str, Any]) -> dict[str, Any]:
        """The names, for editors."""
        return {"enum": list(NAMES)}


class CapabilityName(str):
    """A capability as the standards write it: upper case, without CAP_."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "CapabilityName":
        """The standards compare exactly, so another spelling would never match what runtimes understand."""
        if _CAPABILITY.match(text):
            return cls(text)
        plain = text.upper().removeprefix("CAP_")
        cure = f"write {plain}" if _CAPABILITY.match(plain) else "write it as SYS_PTRACE"
        raise ValueError(f"`{text}` is no capability as the standards write them", cure)


class HostPorts(NamedTuple):
    """A port of the node, or a range of them."""

    ports: range

    @classmethod
    def parse(cls, text: str) -> "HostPorts":
        """`5000-6000` or `8080`."""
        first, dash, last = (part.strip() for part in text.partition("-"))
        if not (first.isdecimal() and (last.isdecimal() or not dash)):
            raise ValueError(f"`{text}` is no port and no range of ports", 'write "5000-6000" or 8080')
        return cls._within(int(first), int(last or first))

    @classmethod
    def of(cls, number: float) -> "HostPorts":
        """A single port."""
        if not isinstance(number, int):
            raise ValueError(f"`{number}` is no port", "write a whole number from 1 to 65535")
        return cls._within(number, number)

    @classmethod
    def _within(cls, first: int, last: int) -> "HostPorts":
        if first > last:
            raise ValueError(f"{first}-{last} holds no port", f'write "{last}-{first}"')
        if not 1 <= first <= last <= 65535:
            told = f"{first} is no port" if first == last else f"{first}-{last} goes beyond all ports"
            raise ValueError(told, "ports go from 1 to 65535")
        return cls(range(first, last + 1))
