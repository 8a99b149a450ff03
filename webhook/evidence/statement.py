"""in-toto statements, v0.1 and v1: what is said, and about which digests."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from webhook.evidence.strict_json import Malformed, mapping, objects, parse_object, text
from webhook.patterns import shown

TYPES = frozenset({"https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"})
COSIGN_SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
"""The predicate type of `cosign sign` since version 3: the statement is an image signature, and says nothing more."""

MOST_SUBJECTS = 1024
MOST_DIGESTS = 32


class Subject(NamedTuple):
    """What a statement is about; only the digests count, by algorithm and in lower-case hexadecimal."""

    digests: Mapping[str, str]
    annotations: Mapping[str, Any]


class Statement(NamedTuple):
    """A statement of either version; `predicate` is None where there is none."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Any

    def about(self, digest: str) -> Subject | None:
        """The first subject that is this digest (algorithm:hex), if any is."""
        algorithm, _, value = digest.partition(":")
        return next((one for one in self.subjects if one.digests.get(algorithm) == value), None)

    @property
    def named(self) -> str:
        """The first digest that it is about, for people."""
        return next((f"{name}:{value}" for one in self.subjects for name, value in one.digests.items()), "no digest")


def read_statement(payload: bytes) -> Statement:
    """The statement of a payload; raises Malformed."""
    document = parse_object(payload)
    version, predicate_type = text(document, "_type"), text(document, "predicateType")
    if version not in TYPES:
        raise Malformed(f"it is {shown(version)}, not a statement v0.1 or v1 of in-toto")
    if not predicate_type:
        raise Malformed("it does not say its predicateType")
    subjects = tuple(_subject(one) for one in objects(document, "subject", MOST_SUBJECTS))
    return Statement(subjects, predicate_type, document.get("predicate"))


def _subject(document: dict[str, Any]) -> Subject:
    digests = mapping(document, "digest")
    if len(digests) > MOST_DIGESTS:
        raise Malformed(f"a subject has {len(digests)} digests, more than {MOST_DIGESTS}")
    if not all(isinstance(value, str) for value in digests.values()):
        raise Malformed("a subject's digest is no text")
    return Subject(digests, mapping(document, "annotations"))
