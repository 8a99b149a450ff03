"""Whether this server may be asked, and how its parts are doing, in words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from certs.source import Source
from webhook.admission.words import plural
from webhook.server.reload import Rules


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the server. Not `ready` keeps requests away; not `ok` asks for a person."""

    message: str
    ready: bool = True
    ok: bool = True
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class Readiness:
    """The parts by name, asked each time; `draining` once the server has been told to end."""

    parts: dict[str, Callable[[], Part]] = field(default_factory=dict)
    draining: bool = False

    def look(self) -> dict[str, Part]:
        """How every part is doing now."""
        found = {name: part() for name, part in self.parts.items()}
        if self.draining:
            found["server"] = Part("ending: requests are still answered, but no new ones should come", ready=False)
        return found

    def ready(self) -> bool:
        """Whether new requests may come."""
        return not self.draining and not self.missing()

    def missing(self) -> str:
        """Why no review can be answered yet; "" when all is there. A server that is ending still answers."""
        return "; ".join(part.message for part in (part() for part in self.parts.values()) if not part.ready)


def as_json(parts: dict[str, Part]) -> dict[str, Any]:
    """What /readyz says to programs."""
    told = {
        name: {"ready": part.ready, "ok": part.ok, "message": part.message, "details": list(part.details)}
        for name, part in parts.items()
    }
    return {"ready": all(part.ready for part in parts.values()), "parts": told}


def as_text(parts: dict[str, Part]) -> str:
    """What /readyz says to people."""
    lines = ["ready" if all(part.ready for part in parts.values()) else "not ready"]
    for name, part in parts.items():
        mark = "ok" if part.ok and part.ready else "WARNING" if part.ready else "NOT READY"
        lines.append(f"{name}: {mark}: {part.message}")
        lines += [f"  {detail}" for detail in part.details]
    return "\n".join(lines) + "\n"


def rules_part(rules: Rules) -> Part:
    """How the rules are doing."""
    trouble, ruleset = rules.trouble, rules.current
    if ruleset is None:
        if trouble is None:
            return Part("the rules are being read", ready=False, ok=False)
        return Part("the rules are broken, none are in force", ready=False, ok=False, details=trouble.problems)
    profile = f", profile {ruleset.profile}" if ruleset.profile else ""
    force = f"{plural(len(ruleset.rules), 'rule')} of {plural(len(ruleset.policies), 'policy', 'policies')}"
    words = f"{force} in force, revision {ruleset.revision}{profile}"
    if trouble is None:
        return Part(words, details=rules.warnings)
    since = trouble.since.astimezone(UTC).isoformat(timespec="seconds")
    return Part(f"{words}; a change at {since} is broken and not in force", ok=False, details=trouble.problems)


def certificate_part(source: Source) -> Part:
    """How the certificate is doing."""
    status = source.status(datetime.now(UTC))
    return Part(status.message, ok=status.ok)
