"""What bills of materials of every format have in common: which packages, which licences, and what is lacking."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from webhook.admission.evidence import Package, Sbom
from webhook.evidence.predicates.custom import unwrapped
from webhook.evidence.predicates.fields import Unreadable, as_object

MOST_PACKAGES = 100_000
"""Packages of a bill of materials; one with more is not read."""

MOST_LICENSES = 256
"""Licences of a package; one with more is not read, as the last may be the one that is forbidden."""

WITHOUT_VERSION = 0.1
"""The part of all packages that may be without a version in a complete one: files and local modules often are."""

_MOST_SHARED = 16_384

_shared = lru_cache(maxsize=_MOST_SHARED)(Package)


def package(name: str, version: str, licenses: Iterable[str]) -> Package:
    """A package; equal ones of different bills are one object in memory, as images share their bases."""
    distinct = tuple(dict.fromkeys(licenses))
    if len(distinct) > MOST_LICENSES:
        raise Unreadable("", f"has {len(distinct)} licences, more than {MOST_LICENSES}")
    return _shared(name, version, distinct)


def bill(
    kind: str,
    version: str,
    created: datetime | None,
    makers: Iterable[str],
    packages: Sequence[Package],
    images: Sequence[Package] = (),
) -> Sbom:
    """The bill, with what it lacks; `images` are packages that stand for the image itself, and make it no fuller."""
    if len(packages) > MOST_PACKAGES:
        raise Unreadable("", f"has {len(packages)} packages, more than {MOST_PACKAGES}")
    bare = sum(not one.version for one in packages)
    lacking = (
        "a time at which it was made" if created is None else "",
        "the tool or person that made it" if not any(makers) else "",
        "" if packages else "packages",
        f"the versions of {bare} of its {len(packages)} packages" if bare > len(packages) * WITHOUT_VERSION else "",
    )
    return Sbom(kind, version, created, (*packages, *images), ", ".join(filter(None, lacking)))


def unwrapping(read: Callable[[dict[str, Any]], Sbom]) -> Callable[[Any], Sbom]:
    """The reader, for what cosign has put into `Data` too, as its first version did with every SBOM."""

    def reading(predicate: Any) -> Sbom:
        document = as_object(predicate)
        if "Data" not in document:
            return read(document)
        inner = unwrapped(document)
        try:
            return read(as_object(inner))
        except Unreadable as error:
            raise error.within("Data") from None

    return reading
