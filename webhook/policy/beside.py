"""A sidecar's own containers under the rules that sit beside it: what would be found in every pod is told at load."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from webhook.admission.edits import same
from webhook.admission.finding import Cause, Found, Mode
from webhook.admission.rule import Subject
from webhook.patterns import Glob
from webhook.pod.containers import Pod
from webhook.pod.defaults import pod_of
from webhook.policy.model import Step
from webhook.policy.sample import merged
from webhook.policy.trial import make, narrowed
from webhook.policy.witness import Held, Witness, concerns, witness
from webhook.policy.written_at import existing
from webhook.source.path import Path, look_up, render

MOST_PODS = 200
"""Different pods that are tried; most rules are about the same one."""

MOST_TRIALS = 5_000
"""Rules that are tried on pods with sidecars, all sidecars together."""

_DIGEST = f"sha256:{'0' * 64}"

_ACTING = frozenset({Mode.ENFORCE, Mode.WARN, Mode.AUDIT})

_BY_THE_CONTAINER_ALONE = frozenset({"images", "podSecurity", "resources"})
_OTHER_PODS: tuple[dict[str, Any], ...] = ({"hostUsers": False}, {"os": {"name": "windows"}})
"""Pods for which some controls ask less."""


class _Pods:
    """The pods into which the sidecars have been put: one for each witness that differs."""

    def __init__(self, rules: Sequence[Held], alone: Sequence[Glob]) -> None:
        self._makers = [held for held in rules if held.rule.makes]
        self._alone = alone
        self._known: dict[str, Subject | None] = {}

    def of(self, sidecar: Held, judge: Held | None = None) -> tuple[Witness | None, Subject | None]:
        """A request that the sidecar rule concerns, and the other rule, where one is given; and what becomes of it."""
        rules = (sidecar,) if judge is None else (sidecar, judge)
        found = witness(rules, self._alone, enforcing=judge is None)
        if found is None:
            return None, None
        key = repr((sidecar.name, found.namespace, found.now, found.request.object))
        if key not in self._known and len(self._known) < MOST_PODS:
            self._known[key] = self._made(found, sidecar)
        return found, self._known.get(key)

    def _made(self, found: Witness, sidecar: Held) -> Subject | None:
        rules = [one.rule for one in self._makers if one.rule is sidecar.rule or concerns(one, found)]
        with suppress(Exception):  # rules that clash, or break, are told elsewhere
            obj = pod_of(make(found, rules).object, ())
            return found.subject(_pinned(obj) if any(rule.parts.pin for rule in rules) else obj)
        return None


def _pinned(obj: dict[str, Any]) -> dict[str, Any]:
    """The pod as rules that pin images make it: which digests these are, only registries know."""
    spec = dict(obj["spec"])
    for name in ("containers", "initContainers"):
        images = [
            (raw, raw["image"] if "@" in raw["image"] else f"{raw['image']}@{_DIGEST}") for raw in spec.get(name, ())
        ]
        spec[name] = [{**raw, "image": image} for raw, image in images]
    return {**obj, "spec": spec}


class _Broken(NamedTuple):
    """What a rule finds in a container that a sidecar rule puts in: where below it, and the container as declared."""

    name: str
    below: Path
    found: Found
    at: Path
    raw: dict[str, Any]
    subject: Subject


def tell_broken_sidecars(rules: Sequence[Held], alone: Sequence[Glob]) -> None:
    """Tell every container that is put in and that another rule finds fault with: the same fault once."""
    pods, trials = _Pods(rules, alone), 0
    for sidecar in rules:
        if not (sidecar.rule.parts.injects and sidecar.rule.rollout.can_enforce):
            continue  # nothing is put in
        own, usual = pods.of(sidecar)
        told: set[tuple[str, Path, str]] = set()
        for judge in rules:
            if judge is sidecar or all(step.mode is Mode.OFF for step in judge.rule.rollout.steps):
                continue
            trials += 1
            if trials > MOST_TRIALS:
                return
            subject = usual if own and concerns(judge, own, _ACTING) else pods.of(sidecar, judge)[1]
            for broken in _broken(sidecar, judge, subject) if subject else ():
                fault = (broken.name, broken.below, broken.found.message)
                if fault not in told:
                    told.add(fault)
                    _tell(sidecar, judge, broken)


def _broken(sidecar: Held, judge: Held, subject: Subject) -> Iterator[_Broken]:
    declared = _declared(sidecar)
    for one in _judged(judge, subject):
        name = look_up(subject.object, (*one.path[:3], "name"))
        if one.path[:2] == ("spec", "initContainers") and name in declared:
            yield _Broken(name, one.path[3:], one, *declared[name], subject)


def _judged(judge: Held, subject: Subject) -> list[Found]:
    subject, parts = narrowed(subject, judge.rule), judge.rule.parts
    with suppress(Exception):  # a rule that breaks, or cannot decide, is told by whoever judges
        if parts.fine is None or not parts.fine(subject):
            found = (one for check in parts.checks for one in check(subject))
            return [one for one in found if one.cause is Cause.VIOLATES]
    return []


def _declared(sidecar: Held) -> dict[Any, tuple[Path, dict[str, Any]]]:
    """The containers of a sidecar rule by their names, each with its path in the document."""
    body, at = sidecar.written.raw["sidecar"], (*sidecar.written.at, "sidecar")
    if "container" in body:
        return {body["container"]["name"]: ((*at, "container"), body["container"])}
    return {raw["name"]: ((*at, "containers", index), raw) for index, raw in enumerate(body["containers"])}


def _always(sidecar: Held, judge: Held, broken: _Broken) -> bool:
    """Whether no pod with this container can ever pass: the value is the container's own, and what the rule says of it
    does not depend on the pod."""
    rule, value, subject = judge.rule, broken.found.value, broken.subject
    if judge.written.kind not in _BY_THE_CONTAINER_ALONE or rule.parts.marks or rule.when or rule.exemptions:
        return False
    if value is None or not same(look_up(broken.raw, broken.below), value) or not _covers(judge, sidecar):
        return False
    for spec in _OTHER_PODS:
        obj = merged(subject.object, {"spec": spec})
        other = Subject(subject.request, obj, Pod(obj, ()), subject.namespace, subject.now)
        if not any(one.path == broken.found.path for one in _judged(judge, other)):
            return False
    return True


def _covers(judge: Held, sidecar: Held) -> bool:
    """Whether the rule provably denies, always, wherever the sidecar is put in."""
    if any(not _always_enforces(held) for held in (judge, sidecar)):
        return False
    wanted = sidecar.criteria()
    wider = all(parts <= wanted.get(name, frozenset()) for name, parts in judge.criteria().items())
    theirs = [(match.namespaces, match.names) for match in sidecar.rule.matches]
    named = [(match.namespaces, match.names) for match in judge.rule.matches if match.namespaces or match.names]
    return wider and all(one in theirs for one in named)


def _always_enforces(held: Held) -> bool:
    return all(step == Step(Mode.ENFORCE) for step in held.rule.rollout.steps)


def _tell(sidecar: Held, judge: Held, broken: _Broken) -> None:
    problems = sidecar.written.document.problems
    there = judge.written.document.problems.place((*judge.written.at, judge.written.kind), "key")
    where = f"{render(broken.below)}: " if broken.below else ""
    told = f"the container `{broken.name}` breaks `{judge.name}` ({there}): {where}{broken.found.message}"
    cure = broken.found.fix or "mend it, or leave the container out there with `containers`"
    at = (*broken.at, *existing(broken.raw, broken.below))
    tell = problems.error if _always(sidecar, judge, broken) else problems.warning
    tell(at, told, cure, on="key")
