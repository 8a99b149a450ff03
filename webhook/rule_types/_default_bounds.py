"""clamp: numbers of a pod that are brought within bounds."""

from collections.abc import Iterator
from typing import Any

from webhook.admission.edits import Draft
from webhook.admission.finding import Found
from webhook.admission.rule import Check, Compiling, Make, Subject
from webhook.patterns import closest
from webhook.pod.schema import kind_schema
from webhook.source.declare import field, shape
from webhook.source.path import Path, look_up, render


@shape
class Clamps:
    """Bounds on numbers of the pod's spec."""

    pod: dict = field("Fields of the pod's spec, each with min and max.")  # type: ignore[type-arg]


def check_clamps(clamps: Clamps, wanted: dict[str, dict[str, Any]], compiling: Compiling) -> None:
    """Fields that are no numbers, bounds that leave nothing, and values for the pod (by verb) that are outside them."""
    schema = kind_schema("", "Pod")
    for path, bounds in _bounds(clamps.pod):
        at = ("clamp", "pod", *path)
        known = schema.at(("spec", *path)) if schema else None
        if known is None or known.type not in ("integer", "number"):
            spec = schema.at(("spec",)) if schema else None
            guess = closest(str(path[-1]), spec.children if spec else ())
            cure = f"did you mean `{guess}`?" if guess and guess != path[-1] else None
            compiling.error(at, f"`{render(path)}` is no number of a pod's spec", cure, on="key")
        if any(not isinstance(bound, int) or isinstance(bound, bool) for bound in bounds.values()):
            compiling.error(at, "bounds are whole numbers", "write {min: 1, max: 300}")
        elif len(bounds) == 2 and bounds["min"] > bounds["max"]:
            compiling.error((*at, "min"), "`min` is over `max`, so nothing would fit", "swap them")
        else:
            for verb, values in wanted.items():
                value = look_up(values, path)
                if isinstance(value, int) and _fitted(value, bounds) != value:
                    compiling.error((verb, "pod", *path), f"{value} is outside what `clamp` allows")


def clamp_parts(clamps: Clamps) -> tuple[tuple[Make], tuple[Check]]:
    """What brings the numbers within bounds, and what says that they are not."""
    wanted = list(_bounds(clamps.pod))

    def outside(subject: Subject, obj: dict[str, Any]) -> Iterator[tuple[Path, int, int]]:
        if subject.pod is None:
            return
        for below, bounds in wanted:
            path: Path = (*subject.pod.at, "spec", *below)
            value = look_up(obj, path)
            if isinstance(value, int) and not isinstance(value, bool):
                fitted = _fitted(value, bounds)
                if fitted != value:
                    yield path, value, fitted

    def make(subject: Subject, draft: Draft) -> None:
        for path, value, fitted in list(outside(subject, draft.object)):
            draft.note(f"{render(path)} was {value} and is now {fitted}")
            draft.set(path, fitted)

    def check(subject: Subject) -> Iterator[Found]:
        for path, value, fitted in outside(subject, subject.object):
            word = "most" if fitted < value else "least"
            yield Found(path, value, f"is {value}, must be at {word} {fitted}", f"{path[-1]}: {fitted}")

    return (make,), (check,)


def _fitted(value: int, bounds: dict[str, int]) -> int:
    return min(max(value, bounds.get("min", value)), bounds.get("max", value))


def _bounds(value: dict[str, Any], at: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every field with its min and max."""
    for key, inner in value.items():
        if isinstance(inner, dict) and inner and inner.keys() <= {"min", "max"}:
            yield (*at, key), inner
        elif isinstance(inner, dict) and inner:
            yield from _bounds(inner, (*at, key))
        else:
            yield (*at, key), {"min": None}
