"""evidence: what must be proven of an image, by whom: signatures, provenance, scans, SBOMs, approvals.

What is attached to an image is a fact from outside: `evidence/` gets and proves it, here it is judged, by today's rules
and clock. A rule of this type pins the images that it covers, so that what runs is what was proven.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from webhook.admission.evidence import ROLES, EvidenceType, ImageNeed
from webhook.admission.rule import Compiling, Fine, RuleParts, Subject, Vouching
from webhook.admission.words import listing
from webhook.pod.image import Image, ImagePattern, ImagePatterns
from webhook.rule_types import _evidence_words as words
from webhook.rule_types._evidence_approval import approval_judge, is_for_here, newest
from webhook.rule_types._evidence_check import Asking, unreadable
from webhook.rule_types._evidence_claims import (
    has_format,
    is_by_verifier,
    provenance_judge,
    sbom_judge,
    signature_judge,
    summary_judge,
    tests_judge,
)
from webhook.rule_types._evidence_judging import Kind, Requirement
from webhook.rule_types._evidence_scan import scan_judge
from webhook.rule_types._evidence_sentences import sentence
from webhook.rule_types._evidence_verdicts import once
from webhook.rule_types._pinning import pinned
from webhook.source.declare import field, shape

NAMED = "named"
SUBMISSION = "submission"
ALLOWED = "allowed"


@shape
class Params:
    """What must be proven of which images."""

    images: tuple[ImagePattern, ...] = field("Images that this is about.")
    require: tuple[words.Requirement, ...] = field("What must be proven, all of it.")
    subject: Literal["named", "named-or-all-platforms"] = field(
        "What it must be proven of: the digest that is named, or else every platform of it.", default="named"
    )
    tags: Literal["pinned", "allowed"] = field(
        "pinned: a tag is resolved once and its digest written. allowed: a tag may stay, and may move.",
        default="pinned",
    )
    bind: Literal["submission", "pod"] = field(
        "When dates bind: as people and pipelines submit, or for each pod too.", default="submission"
    )


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """Bind who may vouch for what; tell what cannot be meant."""
    _tell(params, compiling)
    covers = ImagePatterns(params.images).covers
    platforms, pins = params.subject != NAMED, params.tags != ALLOWED

    def wanted(image: Image) -> ImageNeed | None:
        return ImageNeed(image.reference, True, platforms) if covers(image) else None

    hosts = compiling.declared.hosts if compiling.declared else None
    requirements = tuple(_requirement(one, platforms, compiling) for one in params.require)
    asking = Asking(wanted, requirements, hosts, pins, params.bind == SUBMISSION)
    return RuleParts(
        checks=(unreadable, asking.check),
        fine=_fine(covers),
        pin=pinned(wanted) if pins else None,
        vouching=tuple(_vouching(params.require)),
        asks=tuple((("images", index), pattern) for index, pattern in enumerate(params.images)),
    )


def _fine(covers: Callable[[Image], bool]) -> Fine:
    """Nothing is said where no image is covered, and all can be read."""

    def fine(subject: Subject) -> bool:
        try:
            return not any(covers(Image.parse(use.text)) for use in subject.images if use.text)
        except ValueError:
            return False

    return fine


def sentences(params: Params, _: Compiling) -> Iterator[str]:
    """What the rule wants, for `doorward explain`."""
    yield f"Of images of {listing([pattern.text for pattern in params.images])} there must be:"
    yield from map(sentence, params.require)
    if params.subject != NAMED:
        yield "It may be attached to each platform's image instead."
    yield "A tag may stay." if params.tags == ALLOWED else "A tag is resolved once, and its digest written behind it."
    if params.bind == SUBMISSION:
        yield "For a pod that one of the cluster's own controllers makes, what is only too old warns."


def _tell(params: Params, compiling: Compiling) -> None:
    names = [one.name for one in params.require]
    for index, name in enumerate(names):
        if name in names[:index]:
            told = f"there is another requirement `{name}`"
            compiling.error(("require", index, "name"), told, "give it a name of its own")
    if params.tags == ALLOWED:
        told = "a tag can move after it was judged, so what runs need not be what was proven"
        compiling.warning(("tags",), told, "leave `tags` out: images are then pinned to what was judged")
    for index, one in enumerate(params.require):
        if isinstance(one, words.Scan) and one.max_severity == "critical":
            told = "nothing is worse than critical, so this lets every vulnerability through"
            compiling.warning(("require", index, "maxSeverity"), told, "say the worst that is allowed, such as high")


def _vouching(require: Sequence[words.Requirement]) -> Iterator[Vouching]:
    for index, one in enumerate(require):
        role = ROLES[EvidenceType(one.type)]
        named = one.by.authorities if one.by else ()
        for at, name in enumerate(named):
            yield Vouching(("require", index, "by", "authorities", at), name, role)
        if not named:
            yield Vouching(("require", index, "type"), "", role)
        vex = one.vex.authorities if isinstance(one, words.Scan) and one.vex else ()
        for at, name in enumerate(vex):
            yield Vouching(("require", index, "vex", "authorities", at), name, ROLES[EvidenceType.VEX])


def _requirement(one: words.Requirement, platforms: bool, compiling: Compiling) -> Requirement:
    kind = EvidenceType(one.type)
    role = ROLES[kind]
    known = compiling.declared.authorities.get(role, ()) if compiling.declared else None
    names = one.by.authorities if one.by else known
    threshold = one.by.threshold if one.by else 1
    annotations = one.annotations if isinstance(one, words.Signature) else {}
    return Requirement(one.name, _kind(one, names), names, threshold, role, platforms, annotations)


def _kind(one: words.Requirement, names: tuple[str, ...] | None) -> Kind:
    """How evidence of a requirement's type is judged."""
    kind = EvidenceType(one.type)
    match one:
        case words.Signature():
            return Kind(kind, once(signature_judge(one)), "any")
        case words.Provenance():
            return Kind(kind, once(provenance_judge(one)), "any", one.max_age)
        case words.Scan():
            return Kind(kind, scan_judge(one), one.select, one.max_age)
        case words.Sbom():
            return Kind(kind, once(sbom_judge(one)), max_age=one.max_age, about=has_format(one))
        case words.Tests():
            return Kind(kind, once(tests_judge(one)), max_age=one.max_age)
        case words.Summary():
            return Kind(kind, once(summary_judge(one)), max_age=one.max_age, about=is_by_verifier(one))
        case words.Approval():
            judge = approval_judge(one, None if names is None else frozenset(names))
            return Kind(kind, judge, max_age=one.max_age, about=is_for_here(one), newest=newest)
