"""The mutate stage: rules make it so on a private copy, in one order: inject, rewrite, fill, pin.

Two rules that want different values, or a rule that breaks, are left out together and the stage runs again without
them: never the order of files, and never half a rule. /validate then finds what was not made so.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from webhook.admission.decision import Fault
from webhook.admission.edits import Conflict, Draft
from webhook.admission.facts import NOTHING_TO_LEARN, Learning, Namespace
from webhook.admission.finding import Mode
from webhook.admission.request import Request
from webhook.admission.rule import EPHEMERAL_PHASES, POD_PHASES, Subject
from webhook.engine.match import Applicable
from webhook.errors import MalformedObject
from webhook.pod.containers import Container, Pod, Role
from webhook.policy.ruleset import Rule
from webhook.source.path import Path, look_up

MIRROR = "kubernetes.io/config.mirror"
ROUNDS = 3  # a rule may fill in what another one reads; what does not settle by then, /validate finds


class Made(NamedTuple):
    """What the mutate stage did: the draft, and the rules that were left out because they clash or broke."""

    draft: Draft
    conflicts: dict[str, Conflict]
    faults: list[Fault]


class Making(NamedTuple):
    """Everything that the mutate stage needs to know beside the object."""

    request: Request
    pod_at: Path | None
    namespace: Namespace | None
    now: datetime
    phases: tuple[str, ...] = POD_PHASES
    learning: Learning = NOTHING_TO_LEARN


def make_so(obj: dict[str, Any], applicable: Iterable[Applicable], making: Making) -> Made:
    """Run every phase of every enforcing rule over a private copy of the object."""
    makers = [a.rule for a in applicable if a.mode is Mode.ENFORCE and a.rule.makes]
    conflicts: dict[str, Conflict] = {}
    contested: dict[str, list[Conflict]] = {phase: [] for phase in making.phases}
    faults: list[Fault] = []
    while True:
        draft = Draft(obj)
        left_out = conflicts.keys() | {fault.rule for fault in faults}
        try:
            for phase in making.phases:
                draft.begin_phase(contested[phase])
                _run(draft, [rule for rule in makers if rule.info.id not in left_out], phase, making)
        except Conflict as conflict:
            contested[phase].append(conflict)
            conflicts |= dict.fromkeys((*conflict.rules, draft.rule), conflict)
        except MalformedObject:
            raise
        except Exception as error:
            if not draft.rule:  # no rule is to blame, so leaving one out would never end this
                raise
            faults.append(Fault(draft.rule, error))
        else:
            return Made(draft, conflicts, faults)


def _run(draft: Draft, makers: list[Rule], phase: str, making: Making) -> None:
    """One phase, again while rules still change something."""
    in_phase = [rule for rule in makers if getattr(rule.parts, phase)]
    for _ in range(ROUNDS if in_phase else 0):
        before = len(draft.edits)
        _round(draft, in_phase, phase, making)
        if len(draft.edits) == before or phase == "rewrite":
            break


def _round(draft: Draft, makers: list[Rule], phase: str, making: Making) -> None:
    """Every rule once. The pod is walked again after a change: what was walked before is an older copy. Rewrites all
    start from the image as it came in, or the first of two that clash would hide the other."""
    draft.rule = ""
    subject, seen = _subject(draft, making), len(draft.edits)
    for rule in makers:
        if phase != "rewrite" and len(draft.edits) != seen:
            subject, seen = _subject(draft, making), len(draft.edits)
        draft.rule = rule.info.id
        target = _target(subject, rule, making)
        if target is not None:
            getattr(rule.parts, phase)(target, draft)


def _subject(draft: Draft, making: Making) -> Subject:
    """The object as it stands now; on a subresource only the containers that are new can still be changed."""
    pod = Pod(draft.object, making.pod_at) if making.pod_at is not None else None
    subject = Subject(making.request, draft.object, pod, making.namespace, making.now, learning=making.learning)
    if pod is None or making.phases is not EPHEMERAL_PHASES:
        return subject
    old = look_up(making.request.old_object, ("spec", "ephemeralContainers"))
    known = [raw.get("name") for raw in old if isinstance(raw, dict)] if isinstance(old, list) else []
    new = tuple(c for c in pod.containers if c.role is Role.EPHEMERAL and c.name not in known)
    return subject.narrowed(new, ())


def _target(subject: Subject, rule: Rule, making: Making) -> Subject | None:
    """What the rule may change: its containers, less what an exception excuses; None for nothing."""
    target = narrow(subject, rule)
    for exemption in rule.exemptions_for(making.request):
        if exemption.expired(making.now):
            continue
        if exemption.images is None:
            return None
        kept = tuple(c for c in target.containers if not exemption.excuses_image(c.image))
        volumes = tuple(i for i in target.images if i.container is None and not exemption.excuses_image(i.text))
        target = target.narrowed(kept, volumes)
    return target


def narrow(subject: Subject, rule: Rule) -> Subject:
    """The subject with only the containers that the rule is about."""
    if rule.selection is None or subject.pod is None:
        return subject
    meant = rule.selection.containers(subject.pod)
    containers = meant if subject.containers is subject.pod.containers else _both(subject, meant)
    every = subject.pod.image_volumes
    volumes = tuple(use for use in every if rule.selection.covers_volume(use.text))
    if containers is subject.containers is subject.pod.containers and len(volumes) == len(every):
        return subject
    return subject.narrowed(containers, volumes)


def _both(subject: Subject, meant: tuple[Container, ...]) -> tuple[Container, ...]:
    return tuple(container for container in subject.containers if container in meant)


def is_mirror(obj: dict[str, Any]) -> bool:
    """Whether this is the API server's picture of a static pod, which cannot be changed."""
    annotations = look_up(obj, ("metadata", "annotations"))
    return isinstance(annotations, dict) and MIRROR in annotations
