"""Parameters: typed values that a policy declares, a Profile may set, and the policy's text uses as ${name}."""

import re
from typing import Any

from webhook.patterns import closest
from webhook.policy.model import SPEC_AT, Document, Parameter
from webhook.source.path import Path
from webhook.source.shape import BROKEN, decode

_PLACE = re.compile(r"\$\{([A-Za-z0-9_-]+)\}")
_TYPES = {"string": (str,), "int": (int,), "bool": (bool,), "list": (list,)}


class Parameters:
    """The parameters of one policy with the values that hold: the Profile's, else the defaults."""

    def __init__(self, document: Document, overrides: dict[str, Any]) -> None:
        self._document = document
        self._spec = document.spec
        self._used: set[str] = set()
        self.declared: dict[str, Parameter] = {}
        raw = self._spec.get("parameters") if isinstance(self._spec, dict) else None
        if raw is not None:
            decoded = decode(dict[str, Parameter], raw, (*SPEC_AT, "parameters"), document.problems)
            self.declared = {} if decoded is BROKEN else decoded
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
        value = overrides.get(name, parameter.default)
        if value is None:
            at = (*SPEC_AT, "parameters", name)
            cure = "give it a default, or set it in the Profile under `parameters`"
            self._document.problems.error(at, f"the parameter `{name}` has no value", cure, on="key")
        elif type(value) not in _TYPES[parameter.type]:
            where = "the Profile's value" if name in overrides else "the default"
            at = (*SPEC_AT, "parameters", name)
            self._document.problems.error(at, f"{where} of `{name}` is not of type {parameter.type}", on="key")
        return value

    def _fill(self, value: Any, at: Path) -> Any:
        if isinstance(value, dict):
            return {key: self._fill(item, (*at, key)) for key, item in value.items()}
        if isinstance(value, list):
            return self._fill_list(value, at)
        if isinstance(value, str) and "${" in value:
            return self._fill_text(value, at)
        return value

    def _fill_list(self, items: list[Any], at: Path) -> list[Any]:
        """A list parameter that is an element of a list is spliced into it."""
        filled: list[Any] = []
        for index, item in enumerate(items):
            value = self._fill(item, (*at, index))
            splice = isinstance(value, list) and isinstance(item, str)
            filled += value if splice else [value]
        return filled

    def _fill_text(self, text: str, at: Path) -> Any:
        whole = _PLACE.fullmatch(text)
        if whole:
            return self._named(whole[1], at)
        return _PLACE.sub(lambda match: str(self._named(match[1], at)), text)

    def _named(self, name: str, at: Path) -> Any:
        self._used.add(name)
        if name not in self.values:
            guess = closest(name, self.declared)
            cure = f"did you mean ${{{guess}}}?" if guess else "declare it under `parameters`"
            self._document.problems.error(at, f"there is no parameter `{name}`", cure)
            return ""
        return self.values[name]
