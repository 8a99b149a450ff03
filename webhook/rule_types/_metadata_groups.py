"""The keys of one rule that are labels, or annotations, and the short answer for metadata in which all is well."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from webhook.patterns import Glob
from webhook.rule_types._metadata_keys import Field, Key


class Keys(NamedTuple):
    """The keys of a rule that are labels, or annotations: the exact ones, and the globs, longest first."""

    field: Field
    exact: Mapping[str, Key]
    globs: tuple[Key, ...]
    prefix: str | None
    listed: tuple[Glob, ...]

    @property
    def says_something(self) -> bool:
        """Whether any key can be right or wrong."""
        return bool(self.exact or self.globs or self.prefix is not None)

    def concerned(self, values: dict[str, Any]) -> Iterable[str]:
        """Those of an object's keys of which the rule may have something to say."""
        if self.globs or self.prefix is not None:
            return values
        return [name for name in self.exact if name in values]

    def of(self, name: str) -> Key | None:
        """What is said of this key: the exact word, else the longest glob's."""
        return self.exact.get(name) or next((key for key in self.globs if key.glob.matches(name)), None)

    def knows(self, name: str) -> bool:
        """Whether the rule has a word for this key, or its prefix is none of the rule's business."""
        if self.prefix is None or not name.startswith(self.prefix):
            return True
        return any(glob.matches(name) for glob in self.listed)

    def all_fine(self, values: dict[str, Any]) -> bool:
        """Whether nothing can be said of these labels, or annotations; False leaves that open."""
        for name, key in self.exact.items():
            value = values.get(name)
            if key.says_when_absent if value is None else not key.accepts(value):
                return False
        return not (self.globs or self.prefix is not None) or self._others_fine(values)

    def _others_fine(self, values: dict[str, Any]) -> bool:
        for name, value in values.items():
            if value is not None and name not in self.exact:
                key = self.of(name)
                if not (key.accepts(value) if key is not None else self.knows(name)):
                    return False
        return not any(key.params.required for key in self.globs)
