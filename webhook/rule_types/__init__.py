"""Rule types: one file each, found by its name; nothing else is edited to add one.

A rule type's module has `Params` (the shape of its value in YAML) and
`compile(params, compiling: Compiling) -> RuleParts`. The key `podSecurity` lives in pod_security.py.

Where the sentences of its keys do not say what a rule wants, `sentences(params, compiling) -> Iterator[str]` does, for
`doorward explain`; it may be left out.
"""

import os
from functools import cache
from importlib import import_module
from types import ModuleType

from webhook.expressions import expression

_CAPITAL = expression(r"([A-Z])")


@cache
def names() -> tuple[str, ...]:
    """The keys of all rule types, sorted."""
    files = sorted(os.listdir(os.path.dirname(__file__)))
    return tuple(_key(name.removesuffix(".py")) for name in files if name.endswith(".py") and not name.startswith("_"))


def find(name: str) -> ModuleType | None:
    """The module of a rule type; None where there is no such type."""
    if name not in names():
        return None
    return import_module(f"{__name__}.{_CAPITAL.sub(lambda m: '_' + m[1].lower(), name)}")


def _key(stem: str) -> str:
    first, *rest = stem.split("_")
    return first + "".join(word.capitalize() for word in rest)
