"""The values that rules have filled in, with whose words led to each: as text, and as data."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from webhook.admission.chains import Chain
from webhook.admission.hidden import HIDDEN
from webhook.admission.origins import Link
from webhook.admission.words import quote
from webhook.report.secrecy import is_secret, secrets
from webhook.report.words import one_line
from webhook.source.path import Path, pointer, render

_VALUE = 80  # characters of a value
_WIDEST = 60  # columns of a path beyond which values are no longer aligned


def text(chains: Iterable[Chain], kind: str) -> Iterator[str]:
    """Lines for a section: the rule, then each value with its path, and whose word it is where there are several."""
    for rule, filled in groupby(sorted(chains, key=lambda one: one.rule), lambda one: one.rule):
        yield f"  {rule}"
        for root, under in groupby(filled, lambda one: one.root):
            yield from _element(root, list(under), kind)


def data(chains: Iterable[Chain], kind: str) -> list[dict[str, Any]]:
    """Each value: path, pointer, value (null: taken away), hidden, rule, and the chain with from, value and refused."""
    return [_data(chain, kind) for chain in chains]


def _element(root: Path, chains: list[Chain], kind: str) -> Iterator[str]:
    """The values that came with one element, below its path; a value alone has its whole path."""
    below = "    "
    if len(chains) > 1 and root:
        yield f"    {_path(root)}"
        below = "      "
    else:
        root = ()
    names = [_path(chain.path[len(root) :]) for chain in chains]
    width = max((len(name) for name in names if len(name) <= _WIDEST), default=0)
    for name, chain in zip(names, chains, strict=True):
        hidden = _is_hidden(chain, kind)
        yield f"{below}{name:{width}}  {_value(chain.value, hidden=hidden)}"
        if _is_telling(chain.links):
            yield from (f"{below}  {line}" for line in _links(chain.links, hidden=hidden))


def _is_telling(links: tuple[Link, ...]) -> bool:
    """Whether more is to be told than that the rule says so."""
    return len(links) > 1 or not links[0].whose.startswith("rule ") or links[0].whose == "rule default"


def _links(links: tuple[Link, ...], *, hidden: bool) -> Iterator[str]:
    width = max(len(link.whose) for link in links)
    holding = next((link for link in reversed(links) if not link.refused), None)
    for link in links:
        note = f"   not taken: {_refusal(link)}" if link.refused and not hidden else ""
        if link is holding and len(links) > 1:
            note = "   <- holds"
        yield f"{one_line(link.whose):{width}}  {_value(link.value, hidden=hidden)}{note}"


def _refusal(link: Link) -> str:
    """Why a word does not count, without the value, which stands beside it."""
    return one_line(link.refused.removeprefix(quote(link.value)).lstrip(", "), 120)


def _value(value: Any, *, hidden: bool) -> str:
    if value is None:
        return "nothing"
    return HIDDEN if hidden else quote(value, _VALUE)


def _path(path: Path) -> str:
    return one_line(render(path).removeprefix("."))


def _is_hidden(chain: Chain, kind: str) -> bool:
    values = [chain.value, *(link.value for link in chain.links)]
    return is_secret(chain.path, kind) or any(secrets(chain.path, value, kind) for value in values)


def _data(chain: Chain, kind: str) -> dict[str, Any]:
    hidden = _is_hidden(chain, kind)
    links = [
        {"from": link.whose, "value": None if hidden else link.value, "refused": "" if hidden else link.refused}
        for link in chain.links
    ]
    return {
        "path": render(chain.path),
        "pointer": pointer(chain.path),
        "value": None if hidden else chain.value,
        "hidden": hidden,
        "rule": chain.rule,
        "chain": links,
    }
