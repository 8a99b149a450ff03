"""Paths into YAML documents and Kubernetes objects, as people read them: spec.containers[0].image."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any

from webhook.expressions import expression

Path = tuple[str | int, ...]


class Each(Enum):
    """The step `[*]`: every element of a list, every value of a map."""

    EACH = "[*]"


EACH = Each.EACH

Steps = tuple[str | int | Each, ...]
"""A path as rules write it: spec.volumes[*].hostPath."""

_STEP = expression(r"""(?:\A|(?<=[^.])\.)([A-Za-z_$][A-Za-z0-9_$/-]*)|\[(\*|[0-9]{1,4})\]|\["((?:[^"\\]|\\.)*)"\]""")

_PLAIN_KEY = expression(r"[A-Za-z_$][A-Za-z0-9_$-]*\Z")


def render(path: Path) -> str:
    """The path as text; keys with dots or slashes are quoted: metadata.annotations["a.b/c"]."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _PLAIN_KEY.match(step):
            parts.append(f".{step}" if parts else step)
        else:
            quoted = step.replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'["{quoted}"]')
    return "".join(parts)


def pointer(path: Path) -> str:
    """The path as an RFC 6901 JSON pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def look_up(value: Any, path: Path) -> Any:
    """What stands at the path in plain data; None where nothing does."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return None
            value = value[step]
        else:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
    return value


def parse(text: str) -> Steps:
    """The steps of a path; raises ValueError (what is wrong, the cure) where it cannot be read.

    Keys with dots or slashes are quoted: metadata.annotations["a.b/c"].
    """
    steps: list[str | int | Each] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if not match:
            cure = 'write it as spec.volumes[*].name or metadata.annotations["a.b/c"]'
            raise ValueError(f"the path `{text[:80]}` cannot be read at `{text[at : at + 20]}`", cure)
        if match[1] is not None:
            steps.append(match[1])
        elif match[3] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", match[3]))
        else:
            steps.append(EACH if match[2] == "*" else int(match[2]))
        at = match.end()
    if not steps:
        raise ValueError("the path is empty", "write it as spec.hostNetwork")
    return tuple(steps)


def render_steps(steps: Steps) -> str:
    """The steps as text."""
    return render(tuple("\0" if isinstance(step, Each) else step for step in steps)).replace('["\0"]', "[*]")


def select(value: Any, steps: Steps, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place that the steps lead to, with what stands there; None for a leaf that is absent.

    `[*]` runs over existing elements only: where a list is absent, nothing is said about its elements. null is absent.
    """
    for index, step in enumerate(steps):
        if isinstance(step, Each):
            for key, element in _elements(value):
                yield from select(element, steps[index + 1 :], (*at, key))
            return
        value = look_up(value, (step,))
        at = (*at, step)
        if value is None:
            rest = [step for step in steps[index + 1 :] if not isinstance(step, Each)]
            if len(rest) == len(steps) - index - 1:
                yield (*at, *rest), None
            return
    yield at, value


def values(value: Any, steps: Steps) -> list[Any]:
    """What stands at every place that `select` finds, without saying where: at a fraction of the cost."""
    last = len(steps) - 1 - steps[::-1].index(EACH) if EACH in steps else -1
    found, absent = [value], 0
    for index, step in enumerate(steps):
        if step is EACH:
            found = [element for one in found for element in (one if isinstance(one, list) else _present(one))]
            continue
        below = []
        for one in found:
            inner = one.get(step) if isinstance(one, dict) else look_up(one, (step,))
            if inner is not None:
                below.append(inner)
            elif index > last:
                absent += 1
        found = below
    return found + [None] * absent


def _elements(value: Any) -> Any:
    if isinstance(value, list):
        return enumerate(value)
    return [item for item in value.items() if item[1] is not None] if isinstance(value, dict) else ()


def _present(value: Any) -> list[Any]:
    return [inner for inner in value.values() if inner is not None] if isinstance(value, dict) else []
