"""Names to take in and to leave out, as rules write them: exact, or with `*` for any characters."""

from typing import Any

from webhook.expressions import expression
from webhook.patterns import Glob
from webhook.source.declare import field, fields, shape

_NAMESPACE = expression(r"[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?\Z")


class NamespaceGlob(Glob):
    """A namespace's name, or a glob over such names."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "NamespaceGlob":
        """What no namespace can be called is refused: upper case, or signs of a regular expression."""
        if not _NAMESPACE.match(text):
            cure = "names have lower-case letters, digits and `-`; `*` stands for any characters"
            raise ValueError(f"no namespace is called `{text[:80]}`", cure)
        return cls(text, Glob.parse(text).pieces)


@shape
class Names:
    """Names or globs, to take in or to leave out; what is left out wins."""

    include: tuple[Glob, ...] = field("Only these.", default=())
    exclude: tuple[Glob, ...] = field("All but these.", default=(), may_be_empty=True)

    def __post_init__(self) -> None:
        not_empty(self, "include", "exclude")

    def covers(self, name: str) -> bool:
        """Whether a name is meant."""
        if any(glob.matches(name) for glob in self.exclude):
            return False
        return not self.include or any(glob.matches(name) for glob in self.include)


@shape
class NamespaceNames(Names):
    """Namespaces to take in or to leave out; what is left out wins."""

    include: tuple[NamespaceGlob, ...] = field("Only these.", default=())
    exclude: tuple[NamespaceGlob, ...] = field("All but these.", default=(), may_be_empty=True)


def swallowed(names: Names) -> bool:
    """Whether everything that is taken in is left out again. In a text that a glob covers, `*` may be anything."""
    wanted = [glob.text for glob in names.include] or ["*"]
    return all(any(one.matches(text) for one in names.exclude) for text in wanted)


def not_empty(value: Any, *names: str) -> None:
    """A shape whose keys may all be left out must say one of them; raises ValueError."""
    if not any(getattr(value, part.name) for part in fields(value)):
        raise ValueError("it is empty", f"say {' or '.join(f'`{name}`' for name in names)}")
