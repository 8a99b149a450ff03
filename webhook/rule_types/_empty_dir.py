"""The size limit of emptyDir volumes: what a rule says of it, its check and its default."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.rule import Check, Compiling, Make, Subject
from webhook.admission.words import quote
from webhook.pod.quantity import Quantity, QuantityError
from webhook.rule_types._amounts import Amount
from webhook.rule_types._volumes import sources_of, volumes_of
from webhook.source.declare import field, fields, shape
from webhook.source.path import Path

_KEY = ("emptyDir", "sizeLimit")


@shape
class SizeLimit:
    """What a size limit must be; every bound also refuses one that is left out, unless `required: false`."""

    required: bool | None = field("A limit must be there; false lets it be left out despite bounds.", default=None)
    default: Amount | None = field("Set where an emptyDir has no limit.", default=None)
    min: Amount | None = field("The smallest limit.", default=None)
    max: Amount | None = field("The largest limit.", default=None)

    def __post_init__(self) -> None:
        if all(getattr(self, part.name) is None for part in fields(self)):
            raise ValueError("nothing is said here", "say `required`, `default`, `min` or `max`")

    @property
    def wanted(self) -> bool:
        """Whether a limit must be there."""
        if self.required is not None:
            return self.required
        return self.default is not None or self.min is not None or self.max is not None


def fill_size(default: Quantity) -> Make:
    """Give every emptyDir without a limit this one; what the author wrote stays."""

    def make(subject: Subject, draft: Draft) -> None:
        for at, volume in volumes_of(subject):
            if sources_of(volume) == _KEY[:1] and isinstance(volume.get("emptyDir"), dict | None):
                draft.default((*at, *_KEY), default.canonical)

    return make


def check_size(bounds: SizeLimit) -> Check:
    """Whether every emptyDir is within the bounds."""

    def check(subject: Subject) -> Iterator[Found]:
        for at, volume in volumes_of(subject):
            source = volume.get("emptyDir")
            limit = source.get("sizeLimit") if isinstance(source, dict) else None
            if limit is not None:
                yield from _judge((*at, *_KEY), limit, bounds)
            elif bounds.wanted and "emptyDir" in sources_of(volume):
                yield Found((*at, *_KEY), None, f"missing, {_wanted(bounds)}", _snippet(bounds))

    return check


def _judge(path: Path, raw: Any, bounds: SizeLimit) -> Iterator[Found]:
    try:
        size = Quantity.of(raw)
    except QuantityError as error:
        _, _, cure = str(error).partition(" is no quantity: ")
        yield Found(path, raw, f"{quote(raw)} is no quantity" + (f": {cure}" if cure else ""), None)
        return
    if size.nano <= 0:
        if bounds.wanted:
            yield Found(path, raw, f"is {quote(raw)}, which means no limit; {_wanted(bounds)}", _snippet(bounds))
    elif bounds.max is not None and size > bounds.max:
        yield Found(path, raw, f"{quote(raw)} is above the maximum {bounds.max}", f"sizeLimit: {bounds.max}")
    elif bounds.min is not None and size < bounds.min:
        yield Found(path, raw, f"{quote(raw)} is below the minimum {bounds.min}", f"sizeLimit: {bounds.min}")


def _wanted(bounds: SizeLimit) -> str:
    if bounds.default is not None:
        return f"must be set, the default is {bounds.default}"
    if bounds.max is not None:
        return f"must be at most {bounds.max}"
    return f"must be at least {bounds.min}" if bounds.min is not None else "must be set"


def _snippet(bounds: SizeLimit) -> str:
    return f"emptyDir: {{sizeLimit: {bounds.default or bounds.max or bounds.min or '1Gi'}}}"


def tell_size(bounds: SizeLimit, compiling: Compiling) -> None:
    """Bounds that cannot be meant together, and amounts that cannot be meant at all."""
    at: Path = ("emptyDir", "sizeLimit")
    for key in ("default", "min", "max"):
        size: Quantity | None = getattr(bounds, key)
        if size is not None and not size.is_whole:
            compiling.error((*at, key), f"bytes are counted whole, {size.text} is not", f"write {size.value}")
        elif size is not None and size.nano == 0:
            compiling.error((*at, key), "0 means no limit", "say how much, such as 1Gi, or leave it out")
    if bounds.min is not None and bounds.max is not None and bounds.min > bounds.max:
        compiling.error((*at, "min"), f"the minimum {bounds.min} is above the maximum {bounds.max}", "swap them")
    elif bounds.default is not None and bounds.max is not None and bounds.default > bounds.max:
        told = f"the default {bounds.default} is above the maximum {bounds.max}"
        compiling.error((*at, "default"), told, f"write {bounds.max} or less")
    elif bounds.default is not None and bounds.min is not None and bounds.default < bounds.min:
        told = f"the default {bounds.default} is below the minimum {bounds.min}"
        compiling.error((*at, "default"), told, f"write {bounds.min} or more")
    if bounds.required is False and bounds.default is bounds.min is bounds.max is None:
        compiling.error((*at, "required"), "a limit may be left out anyway", "say required: true, or bounds")
