"""Parameters: typed values that a policy declares, a Profile may set, and the policy's text uses as ${name}."""

from typing import Any

from webhook.expressions import expression
from webhook.patterns import closest
from webhook.policy.model import SPEC_AT, Document, Parameter
from webhook.source.left_out import LeftOut
from webhook.source.path import Path
from webhook.source.shape import BROKEN, Problems, decode, described

_PLACE = expression(r"\$\{([A-Za-z0-9_-]+)\}")
_FREE_KEYS = frozenset({"labels", "annotations", "matchLabels", "nodeSelector"})
"""Mappings whose keys are names of the user's."""

_TYPES = {"string": str, "int": int, "bool": bool, "list": list}


class Parameters:
    """The parameters of one policy with the values that hold: the Profile's, else the defaults.

    A value that cannot be used is BROKEN: it is told once, and what it stands in is not looked at.
    """

    def __init__(self, document: Document, overrides: dict[str, Any]) -> None:
        self._document = document
        self._spec = document.spec
        self._used: set[str] = set()
        self._names: set[str] = set()
        self.declared: dict[str, Parameter] = {}
        self.broken: set[str] = set()
        """The names of parameters that are declared in a way that cannot be read."""
        raw = self._spec.get("parameters") if isinstance(self._spec, dict) else None
        for name, value in raw.items() if isinstance(raw, dict) else ():
            self._names.add(name)
            parameter = decode(Parameter, value, (), Problems(document.problems.place))  # the spec's shape tells it
            if parameter is BROKEN:
                self.broken.add(name)
            else:
                self.declared[name] = parameter
        self.values = {name: self._value(name, parameter, overrides) for name, parameter in self.declared.items()}

    def filled(self) -> Any:
        """The spec with every ${name} replaced; a name that nobody declared or used is told."""
        if not isinstance(self._spec, dict):
            return self._spec
        body = {key: value for key, value in self._spec.items() if key != "parameters"}
        filled = self._fill(body, SPEC_AT)
        for name in self.declared.keys() - self._used:
            at = (*SPEC_AT, "parameters", name)
            self._document.problems.error(
                at, f"the parameter `{name}` is never used", f"use it as ${{{name}}}", on="key"
            )
        return {**filled, "parameters": self._spec["parameters"]} if "parameters" in self._spec else filled

    def _value(self, name: str, parameter: Parameter, overrides: dict[str, Any]) -> Any:
        at: Path = (*SPEC_AT, "parameters", name)
        problems = self._document.problems
        if parameter.default is not None and (wrong := mistype(parameter, parameter.default)):
            problems.error((*at, "default"), f"the default of `{name}` {wrong}")
            return BROKEN
        value = overrides.get(name, parameter.default)
        if value is None:
            cure = "give it a default, or set it in the Profile under `parameters`"
            problems.error(at, f"the parameter `{name}` has no value", cure, on="key")
        return BROKEN if value is None or mistype(parameter, value) else value  # the Profile's are told at the Profile

    def _fill(self, value: Any, at: Path) -> Any:
        if isinstance(value, dict):
            return self._fill_mapping(value, at)
        if isinstance(value, list):
            return self._fill_list(value, at)
        if isinstance(value, str) and "${" in value:
            return self._fill_text(value, at)
        return value

    def _fill_mapping(self, items: dict[str, Any], at: Path) -> Any:
        """A mapping; where its keys are names of the user's, parameters may stand in them too."""
        filled: dict[str, Any] = {}
        for key, item in items.items():
            below = (*at, key)
            name = self._key(key, below) if "${" in key and at[-1] in _FREE_KEYS else key
            if name is BROKEN:
                return BROKEN
            if name in filled:
                told = f"the key `{name}` stands here twice, once as `{key}`"
                self._document.problems.error(below, told, "take one away, or give the parameter another value", "key")
            filled[name] = self._fill(item, below)
        return filled

    def _key(self, key: str, at: Path) -> Any:
        """A key with its parameters filled in, which must be strings."""
        for name in _PLACE.findall(key):
            parameter = self.declared.get(name)
            if parameter is not None and parameter.type != "string":
                told = f"the parameter `{name}` is of type {parameter.type}, and a key is a string"
                self._document.problems.error(at, told, "declare it with `type: string`", on="key")
                self._used.add(name)
                return BROKEN
        return self._fill_text(key, at)

    def _fill_list(self, items: list[Any], at: Path) -> list[Any]:
        """A list parameter that is an element of a list is spliced into it."""
        filled: list[Any] = []
        for index, item in enumerate(items):
            value = self._fill(item, (*at, index))
            splice = isinstance(value, list) and isinstance(item, str)
            filled += value if splice else [value]
        return filled if filled or not items else LeftOut(_PLACE.findall(items[0])[0])

    def _fill_text(self, text: str, at: Path) -> Any:
        whole = _PLACE.fullmatch(text)
        if whole:
            return self._named(whole[1], at)
        names = dict.fromkeys(_PLACE.findall(text))
        values = {name: self._named(name, at) for name in names}
        for name, value in values.items():
            if isinstance(value, list):
                cure = f"let ${{{name}}} be an element of a list alone"
                self._document.problems.error(at, f"the list `{name}` cannot stand within a text", cure)
        if any(value is BROKEN or isinstance(value, list) for value in values.values()):
            return BROKEN
        return _PLACE.sub(lambda match: _written(values[match[1]]), text)

    def _named(self, name: str, at: Path) -> Any:
        self._used.add(name)
        if name not in self._names:
            guess = closest(name, self._names)
            cure = f"did you mean ${{{guess}}}?" if guess else "declare it under `parameters`"
            self._document.problems.error(at, f"there is no parameter `{name}`", cure)
        value = self.values.get(name, BROKEN)
        return LeftOut(name) if value == [] else value


def mistype(parameter: Parameter, value: Any) -> str:
    """Why a value is none for the parameter, as a clause; "" where it is one."""
    if type(value) is not _TYPES[parameter.type]:
        return f"is not of type {parameter.type}"
    wrong = [item for item in value if not isinstance(item, str)] if isinstance(value, list) else []
    return f"must be a list of strings, found {described(wrong[0])}" if wrong else ""


def _written(value: Any) -> str:
    """A value within a text, as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def holds_broken(value: Any) -> bool:
    """Whether something in a value could not be read, which has been told."""
    if isinstance(value, dict | list):
        return any(map(holds_broken, value.values() if isinstance(value, dict) else value))
    return value is BROKEN
