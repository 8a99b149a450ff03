"""What a rule says of replicas, as it can be said of a Scale: the object by which `kubectl scale` changes them.

A Scale has the workload's name, namespace and replicas, and no pod template. What else a rule reads is not there.
"""

from collections.abc import Iterable, Iterator

from webhook.admission.finding import Found
from webhook.admission.kinds import SCALED
from webhook.admission.request import GroupKind
from webhook.admission.rule import Check, Compiling, Subject
from webhook.admission.statements import Statement
from webhook.source.path import Path, Steps

REPLICAS: Path = ("spec", "replicas")

_IN_A_SCALE = (("object", REPLICAS), ("object", ("metadata", "name")), ("pod", ("metadata", "namespace")))


def checks_of_scale(statements: Iterable[tuple[Path, Statement]], compiling: Compiling) -> tuple[Check, ...]:
    """The checks of those statements that are about replicas alone; one that a Scale leaves open is warned of."""
    if not _scales(compiling):
        return ()
    about = [(below, one) for below, one in statements if _subjects(one) == {("object", REPLICAS)}]
    for below, one in about:
        if not readable_in_scale(one):
            told = "`kubectl scale` goes past this: only replicas, name and namespace can be read then"
            compiling.warning(below, told, "make the condition one on the namespace, or leave it out")
    return tuple(one.found for _, one in about if readable_in_scale(one))


def only_replicas(check: Check) -> Check:
    """What a check says of replicas, and nothing else that it says."""

    def of_replicas(subject: Subject) -> Iterator[Found]:
        return (found for found in check(subject) if found.path == REPLICAS)

    return of_replicas


def readable_in_scale(statement: Statement) -> bool:
    """Whether everything that a statement or condition reads stands in a Scale."""
    parts = (*statement.when, *statement.unless, *statement.any_of)
    own = statement.any_of or (statement.subject, statement.steps) in _IN_A_SCALE
    return bool(own) and not any(one.refers for one in statement.operators) and all(map(readable_in_scale, parts))


def _scales(compiling: Compiling) -> bool:
    kinds = compiling.kinds or ()
    return any(GroupKind(kind.group, kind.kind) in SCALED and not kind.subresource for kind in kinds)


def _subjects(statement: Statement) -> set[tuple[str, Steps]]:
    return {(one.subject, one.steps) for one in statement.any_of or (statement,)}
