"""images: where images may come from and how they are named. Reference grammar: pod/image.py.

Every image of the pod is looked at: of containers in all lists, and of image volumes. With `rewrite` an image is judged
as the one that it becomes: one finding says what would be rewritten, and no second one what is wrong until then.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.rule import Check, Compiling, Make, RuleParts, Subject
from webhook.admission.words import listing, quote
from webhook.pod.containers import ImageUse
from webhook.pod.image import Image, ImagePattern, ImagePatterns
from webhook.pod.image_rewrite import RewriteError, Rewrites, RewriteSource, RewriteTarget, rewrite
from webhook.rule_types._image_contradictions import TagGlob, tell_contradictions
from webhook.rule_types._seen import images
from webhook.source.declare import field, shape
from webhook.source.path import Path
from webhook.source.shape import Problems, json_schema, record, record_schema

if TYPE_CHECKING:
    from webhook.rule_types._image_pin import Pin
    from webhook.rule_types._pinning import Wanted


class PullPolicy(StrEnum):
    """When the kubelet pulls."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


class DigestNeed(StrEnum):
    """How much a digest matters."""

    REQUIRED = "required"
    PREFERRED = "preferred"


@shape
class Tag:
    """What a tag must look like."""

    required: bool = field("A tag must be there; a digest satisfies it.", default=False)
    forbid: tuple[TagGlob, ...] = field(
        "Tags or globs that must not be used, even beside a digest.", default=(), may_be_empty=True
    )

    def __post_init__(self) -> None:
        if not self.required and not self.forbid:
            raise ValueError("nothing is said of the tag", "say `required: true` or `forbid: [latest]`")


@shape
class PullPolicies:
    """Pull policies for tags that can move (no digest), and for the rest; a plain list holds for every image."""

    mutable_tags: tuple[PullPolicy, ...] = field("Allowed for an image without a digest.", default=())
    others: tuple[PullPolicy, ...] = field("Allowed for an image with a digest.", default=())

    def __post_init__(self) -> None:
        if not self.mutable_tags and not self.others:
            raise ValueError("nothing is said of pull policies", "say mutableTags or others")

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> "PullPolicies":
        """A plain list holds for every image."""
        if isinstance(value, list):
            value = {"mutableTags": value, "others": value}
        read: PullPolicies = record(cls, value, at, problems)
        return read

    @classmethod
    def json_schema(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """A plain list, or the mapping."""
        return {"anyOf": [json_schema(tuple[PullPolicy, ...], definitions), record_schema(cls, definitions)]}


@shape
class Replacement:
    """A registry or path that is replaced by another."""

    from_: RewriteSource = field("A host, the beginning of a repository, or * for any other host.")
    to: RewriteTarget = field("What stands there instead; {host} is the image's own host.")


@shape
class Params:
    """Where images may come from and how they are named."""

    from_: tuple[ImagePattern, ...] = field("Registries and paths that images may come from.", default=())
    not_from: tuple[ImagePattern, ...] = field(
        "Registries, paths and versions that images may not come from.", default=(), may_be_empty=True
    )
    tag: Tag | None = field("What a tag must look like.", default=None, may_be_empty=True)
    digest: DigestNeed | None = field("required, or preferred (only warns).", default=None)
    pull_policy: PullPolicies | None = field("Which pull policies are allowed.", default=None)
    rewrite: tuple[Replacement, ...] = field(
        "Registries to be replaced, longest match first; `from` sees the result.", default=()
    )
    pin: Literal["digest"] | None = field(
        "digest: a tag is resolved once, and its digest written behind it, where a Registry says how to ask.",
        default=None,
    )

    def __post_init__(self) -> None:
        if not any((self.from_, self.not_from, self.tag, self.digest, self.pull_policy, self.rewrite, self.pin)):
            raise ValueError("nothing is said of images", "say from, notFrom, tag, digest, pullPolicy, rewrite or pin")


def compile(params: Params, compiling: Compiling) -> RuleParts:
    """Bind what can be known now; every check says nothing while images are as they should be."""
    rewrites = _rewrites(params, compiling)
    tell_contradictions(params, compiling)
    read = _reader(rewrites)
    pins = _pins(compiling) if params.pin else None
    checks: list[Check] = [_unreadable(only_warns=params == Params(digest=DigestNeed.PREFERRED))]
    if params.from_:
        checks.append(_outside(ImagePatterns(params.from_), read))
    if params.not_from:
        checks.append(_forbidden(ImagePatterns(params.not_from), read))
    if params.tag:
        checks.append(_tag(params.tag))
    if params.digest:
        checks.append(_digest(pins.wanted if pins else _nothing, only_warns=params.digest is DigestNeed.PREFERRED))
    if params.pull_policy:
        checks.append(_pull_policy(params.pull_policy))
    if rewrites:
        checks.append(_not_rewritten(rewrites))
    if pins:
        checks.append(pins.check)
    return RuleParts(
        checks=tuple(checks),
        said=pins.said if pins else images,
        rewrite=_rewrite(rewrites) if rewrites else None,
        rewrites=rewrites,
        pin=pins.make if pins else None,
        asks=((("pin",), ImagePattern.parse("**")),) if pins else (),
    )


def _pins(compiling: Compiling) -> "Pin":
    from webhook.rule_types._image_pin import pin  # with what evidence is made of, which few rules need

    return pin(compiling.declared.hosts if compiling.declared else None)


def _rewrites(params: Params, compiling: Compiling) -> Rewrites | None:
    if not params.rewrite:
        return None
    try:
        return Rewrites.of([(replacement.from_, replacement.to) for replacement in params.rewrite])
    except RewriteError as error:
        compiling.refused(("rewrite", error.index), error)
        return None


_Read = Callable[[Subject], Iterator[tuple[ImageUse, Image]]]


def _readable(subject: Subject) -> Iterator[tuple[ImageUse, Image]]:
    """The images that can be read; the others are _unreadable's."""
    for use in subject.images:
        if use.text:
            try:
                yield use, Image.parse(use.text)
            except ValueError:
                continue


def _reader(rewrites: Rewrites | None) -> _Read:
    """The images that can be read, each as the one that it is to become."""
    if rewrites is None:
        return _readable

    def read(subject: Subject) -> Iterator[tuple[ImageUse, Image]]:
        for use, image in _readable(subject):
            target = rewrite(image, rewrites)
            yield use, image if target is None else Image.parse(target)

    return read


def _unreadable(*, only_warns: bool) -> Check:
    """An image that is missing or no reference cannot be judged, so it is refused."""

    def check(subject: Subject) -> Iterator[Found]:
        for use in subject.images:
            if not use.text:
                yield Found(use.path, None, "missing, an image must be named", only_warns=only_warns)
                continue
            try:
                Image.parse(use.text)
            except ValueError as error:
                yield Found(use.path, use.text, str(error), only_warns=only_warns)

    return check


def _outside(allowed: ImagePatterns, read: _Read) -> Check:
    shown = listing([pattern.text for pattern in allowed.patterns][:3])
    fix = f"use an image from {shown}" + (" or others" if len(allowed.patterns) > 3 else "")

    def check(subject: Subject) -> Iterator[Found]:
        for use, image in read(subject):
            if not allowed.covers(image):
                reason = f"comes from {image.repository}, which is not allowed"
                yield Found(use.path, use.text, f"{quote(use.text)} {reason}", fix)

    return check


def _forbidden(forbidden: ImagePatterns, read: _Read) -> Check:
    def check(subject: Subject) -> Iterator[Found]:
        for use, image in read(subject):
            pattern = forbidden.first(image)
            if pattern is not None:
                yield Found(use.path, use.text, f"{quote(use.text)} is forbidden by {quote(pattern.text)}")
                continue
            doubt = forbidden.first_in_doubt(image)
            if doubt is not None:
                reason = f"may be forbidden by {quote(doubt.text)}: its tag states no version"
                yield Found(use.path, use.text, f"{quote(use.text)} {reason}", "name a version as tag")

    return check


def _tag(wanted: Tag) -> Check:
    def check(subject: Subject) -> Iterator[Found]:
        for use, image in _readable(subject):
            if image.tag is None and image.digest is None:
                if wanted.required or any(glob.matches("latest") for glob in wanted.forbid):
                    message = f"{quote(use.text)} has no tag, which means latest and can change at any time"
                    yield Found(use.path, use.text, message, "name a fixed version as tag, or a digest")
            elif image.tag is not None and any(glob.matches(image.tag) for glob in wanted.forbid):
                beside = ", or the digest without a tag" if image.digest else ", or a digest"
                message = f"{quote(use.text)} has the forbidden tag {quote(image.tag)}"
                yield Found(use.path, use.text, message, f"name a fixed version as tag{beside}")

    return check


def _nothing(_: Image) -> None:
    """No image is pinned."""


def _digest(pinned: "Wanted", *, only_warns: bool) -> Check:
    """A digest must be there; whether what the rule pins has one, `pin` itself looks."""
    wants = "should have one" if only_warns else "must have one"

    def check(subject: Subject) -> Iterator[Found]:
        for use, image in _readable(subject):
            if image.digest is None and pinned(image) is None:
                fix = f"pin it: {image.repository}{f':{image.tag}' if image.tag else ''}@sha256:..."
                message = f"{quote(use.text)} has no digest, {wants}"
                yield Found(use.path, use.text, message, fix, only_warns=only_warns)

    return check


def _pull_policy(allowed: PullPolicies) -> Check:
    def check(subject: Subject) -> Iterator[Found]:
        for use, image in _readable(subject):
            choices = allowed.others if image.digest else allowed.mutable_tags
            if choices and use.pull_policy is not None and use.pull_policy not in choices:
                kind = "an image with a digest" if image.digest else "a tag that can change"
                message = f"is {quote(use.pull_policy)}, must be {listing(choices)} for {kind}"
                yield Found(use.pull_policy_path, use.pull_policy, message, f"imagePullPolicy: {choices[0]}")

    return check


def _rewrite(rewrites: Rewrites) -> Make:
    def make(subject: Subject, draft: Draft) -> None:
        for use, image in _readable(subject):
            target = rewrite(image, rewrites)
            if target is not None:
                draft.set(use.path, target)

    return make


def _not_rewritten(rewrites: Rewrites) -> Check:
    """What this rule would have rewritten and still stands there."""

    def check(subject: Subject) -> Iterator[Found]:
        for use, image in _readable(subject):
            target = rewrite(image, rewrites)
            if target is not None:
                message = f"{quote(use.text)} must be pulled from {quote(target, 120)}"
                yield Found(use.path, use.text, message, f"image: {target}")

    return check
