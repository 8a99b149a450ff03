"""Findings that say the same thing of several containers or places, told once."""

from collections.abc import Iterable
from typing import NamedTuple

from webhook.admission.finding import Cause, Finding
from webhook.admission.words import plural
from webhook.engine.ratchet import container_at
from webhook.report.secrecy import told
from webhook.report.words import and_more, cut_bytes, one_line
from webhook.source.path import Path, render

_PATH = 200  # bytes
_MESSAGE = 240
_FIX = 200


class Told(NamedTuple):
    """One thing that is said: the first finding that says it, its words, and every finding that says the same."""

    first: Finding
    message: str
    fix: str
    findings: tuple[Finding, ...]

    @property
    def places(self) -> str:
        """The containers, and how many other places there are; "" where the path says it all."""
        names = list(dict.fromkeys(one_line(finding.container, 60) for finding in self.findings if finding.container))
        more = len({finding.path for finding in self.findings}) - max(1, len(names))
        containers = f" ({and_more(names, 'containers')})" if names else ""
        return f"{containers} and {plural(more, 'more place')}" if more > 0 else containers

    def at(self, path: Path) -> str:
        """The path as people read it, with the containers that it stands for."""
        return cut_bytes(one_line(render(path)), _PATH) + self.places if path else ""


def grouped(findings: Iterable[Finding], kind: str) -> list[Told]:
    """The findings in their order, equal ones of other containers and other list elements together."""
    together: dict[tuple[object, ...], list[Finding]] = {}
    words: dict[tuple[object, ...], tuple[str, str]] = {}
    for finding in findings:
        message, fix = said(finding, kind)
        key = (finding.rule.id, finding.cause, finding.action, finding.standing, message, fix, _shape(finding.path))
        together.setdefault(key, []).append(finding)
        words[key] = message, fix
    return [Told(same[0], *words[key], tuple(same)) for key, same in together.items()]


def said(finding: Finding, kind: str) -> tuple[str, str]:
    """A finding's message and fix as anybody may read them."""
    message = cut_bytes(one_line(told(finding.message, finding, kind)), _MESSAGE)
    fix = cut_bytes(one_line(told(finding.fix, finding, kind)), _FIX) if finding.fix else ""
    return message or _nothing_said(finding), fix


def _nothing_said(finding: Finding) -> str:
    return "is not allowed" if finding.cause is Cause.VIOLATES else "could not be decided"


def _shape(path: Path) -> tuple[object, ...]:
    """The path without the numbers of list elements; the three container lists count as one."""
    at = container_at(path)
    named = path if at is None else (*path[:at], "containers", *path[at + 1 :])
    return tuple("#" if isinstance(step, int) else step for step in named)
