"""Rule types: one file each, found by its name; nothing else is edited to add one.

A rule type's module has `Params` (the shape of its value in YAML) and
`compile(params, compiling: Compiling) -> RuleParts`. The key `podSecurity` lives in pod_security.py.

Where the sentences of its keys do not say what a rule wants, `sentences(params, compiling) -> Iterator[str]` does, for
`doorward explain`; it may be left out.
"""

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

_CAPITAL = re.compile(r"([A-Z])")


@cache
def names() -> tuple[str, ...]:
    """The keys of all rule types, sorted."""
    files = sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))
    return tuple(_key(stem) for stem in files)


def find(name: str) -> ModuleType | None:
    """The module of a rule type; None where there is no such type."""
    if name not in names():
        return None
    return import_module(f"{__name__}.{_CAPITAL.sub(lambda m: '_' + m[1].lower(), name)}")


def _key(stem: str) -> str:
    first, *rest = stem.split("_")
    return first + "".join(word.capitalize() for word in rest)
