"""What annotations choose: the sidecar's requests and limits, and the ports that it leaves alone.

Each value by itself: the pod's annotation, else its namespace's, else the rule's default. What cannot be read or is out
of bounds is a finding, and the next one counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from webhook.admission.finding import Found
from webhook.admission.operators import CannotDecide
from webhook.admission.origins import Link
from webhook.admission.rule import Subject
from webhook.admission.words import quote
from webhook.pod.quantity import Quantity
from webhook.rule_types._metadata_types import TYPES
from webhook.rule_types._port_lists import PortList
from webhook.rule_types._sidecar_words import ExcludePorts, Tuned
from webhook.source.path import Path

SIDES = ("requests", "limits")
_RULE, _NAMESPACE, _POD = range(3)

Key = tuple[str, str]
"""requests or limits, and the resource."""


class Word(NamedTuple):
    """What somebody says of a value, and how near to the pod."""

    value: Any
    nearness: int
    path: Path
    key: str

    @property
    def quoted(self) -> str:
        """The value for a message; of a namespace's it is said whose it is."""
        return f"{quote(self.value)}, from the namespace," if self.nearness == _NAMESPACE else quote(self.value)


class Chosen(NamedTuple):
    """An amount that holds, and whose word it is (None: the rule's)."""

    amount: Quantity
    word: Word | None = None

    @property
    def nearness(self) -> int:
        """The rule's word is the farthest."""
        return self.word.nearness if self.word else _RULE


class Tuning(NamedTuple):
    """What holds for one pod, and what is wrong with its annotations; `ports` is None where nobody lists any."""

    amounts: dict[Key, Quantity]
    ports: str | None
    mistakes: tuple[Found, ...]
    words: Mapping[str, Sequence[Word]] = MappingProxyType({})
    """What is said under each annotation, the nearest first."""


class Tuner:
    """The tuned values of one rule; `declared` are the amounts that its container has of its own."""

    def __init__(self, tune: Mapping[str, Tuned], declared: dict[Key, Quantity], ports: ExcludePorts | None) -> None:
        self.tuned = {key_of(name): tuned for name, tuned in tune.items()}
        self._ports = ports
        self._base = {**declared, **{key: one.default for key, one in self.tuned.items() if one.default is not None}}
        self._keys = tuple(one.annotation for one in (*self.tuned.values(), *((ports,) if ports else ())))
        self._defaults = Tuning(self._settled({}, []), None, ())

    @property
    def reads_namespace(self) -> bool:
        """Whether any value may be chosen by the namespace."""
        return any(self._keys)

    def tuning(self, subject: Subject, pod_at: Path, metadata: Mapping[str, Any]) -> Tuning:
        """What holds for a pod with this metadata; raises CannotDecide where its namespace would have to be known."""
        words = {key: list(_words(key, subject, pod_at, metadata)) for key in self._keys if key}
        if not any(words.values()):
            return self._defaults
        mistakes: list[Found] = []
        chosen: dict[Key, Chosen] = {}
        for key, tuned in self.tuned.items():
            one = _amount(key, tuned, words.get(tuned.annotation, ()), mistakes)
            if one is not None:
                chosen[key] = one
        ports = _port_list(self._ports, words[self._ports.annotation], mistakes) if self._ports else None
        return Tuning(self._settled(chosen, mistakes), ports, tuple(mistakes), words)

    def links(self, key: Key, tuning: Tuning) -> list[Link]:
        """Every word on an amount, the nearest last: the rule's, the namespace's, the pod's."""
        tuned, amount = self.tuned.get(key), tuning.amounts[key].canonical
        links = [Link("rule default", self._base[key].canonical)] if key in self._base else []
        links += _links(tuned.annotation, tuning) if tuned else []
        counting = [link.value for link in links if not link.refused]
        if not counting or Quantity.of(counting[-1]) != tuning.amounts[key]:
            links.append(Link("to go with its request and limit", amount))
        return links

    def port_links(self, tuning: Tuning) -> list[Link]:
        """Every word on the ports that are left alone."""
        return _links(self._ports.annotation, tuning) if self._ports else []

    def _settled(self, chosen: dict[Key, Chosen], mistakes: list[Found]) -> dict[Key, Quantity]:
        """The amounts as they go together: of a request over its limit, the one whose word is farther gives way."""
        amounts = {**{key: Chosen(amount) for key, amount in self._base.items()}, **chosen}
        for name in dict.fromkeys(resource for _, resource in amounts):
            request, limit = amounts.get(("requests", name)), amounts.get(("limits", name))
            if limit is not None and request is None:
                amounts["requests", name] = Chosen(self._as_request(name, limit.amount), limit.word)
            elif limit is not None and request is not None and request.amount > limit.amount:
                amounts |= self._reconciled(name, request, limit, mistakes)
        return {key: one.amount for key, one in amounts.items()}

    def _as_request(self, name: str, limit: Quantity) -> Quantity:
        """A request that nobody chooses is what the limit is, as far as it may be."""
        tuned = self.tuned.get(("requests", name))
        return tuned.max if tuned and tuned.max is not None and limit > tuned.max else limit

    def _reconciled(self, name: str, request: Chosen, limit: Chosen, mistakes: list[Found]) -> dict[Key, Chosen]:
        nearer, side = (limit, "requests") if limit.nearness > request.nearness else (request, "limits")
        tuned = self.tuned.get((side, name))
        if request.nearness != limit.nearness and (tuned is None or tuned.allows(nearer.amount)):
            return {(side, name): nearer}
        if nearer.word is not None:
            mistakes.append(_too_far(name, nearer, request if nearer is limit else limit, tuned))
        base = {key: Chosen(self._base[key]) for key in ((one, name) for one in SIDES) if key in self._base}
        return base if len(base) == 2 else {("requests", name): limit, ("limits", name): limit}


def _links(annotation: str, tuning: Tuning) -> list[Link]:
    """What is said under an annotation, the nearest last; what cannot be taken is said with the reason."""
    refused = {id(found.value): found.message for found in tuning.mistakes}
    whose = {_NAMESPACE: "namespace annotation", _POD: "pod annotation"}
    words = reversed(tuning.words.get(annotation, ()))
    return [Link(f"{whose[one.nearness]} {one.key}", one.value, refused.get(id(one.value), "")) for one in words]


def key_of(name: str) -> Key:
    """cpu.request -> (requests, cpu)."""
    resource, _, side = name.rpartition(".")
    return f"{side}s", resource


def _name_of(key: Key) -> str:
    return f"{key[1]}.{key[0][:-1]}"


def _words(key: str, subject: Subject, pod_at: Path, metadata: Mapping[str, Any]) -> Iterator[Word]:
    """What the pod and its namespace say, the nearest first."""
    path: Path = (*pod_at, "metadata", "annotations", key)
    annotations = metadata.get("annotations")
    own = annotations.get(key) if isinstance(annotations, dict) else None
    if own is not None:
        yield Word(own, _POD, path, key)
    if subject.namespace is None:
        if own is None:
            raise CannotDecide(f"the annotations of namespace {subject.request.namespace} are not known here")
        return
    other = subject.namespace.annotations.get(key)
    if other is not None:
        yield Word(other, _NAMESPACE, path, key)


def _amount(key: Key, tuned: Tuned, words: Any, mistakes: list[Found]) -> Chosen | None:
    kind = TYPES["cpu" if key[1] == "cpu" else "memory"]
    for word in words:
        try:
            if not isinstance(word.value, str):
                raise ValueError("write it as a text")
            amount: Quantity = kind.parse(word.value)
        except ValueError as error:
            within = f"; {_name_of(key)} is {tuned.bounds}" if tuned.bounds else ""
            message = f"{word.quoted} is no {kind.noun}: {error}{within}"
            mistakes.append(Found(word.path, word.value, message, f'{word.key}: "{_sample(tuned, kind.example)}"'))
            continue
        if tuned.allows(amount):
            return Chosen(Quantity.parse(amount.canonical), word)
        bound = tuned.max if tuned.max is not None and amount > tuned.max else tuned.min
        side = "above the maximum" if bound is tuned.max else "below the minimum"
        message = f"{word.quoted} is {side} of {_name_of(key)}, which is {tuned.bounds}"
        mistakes.append(Found(word.path, word.value, message, f'{word.key}: "{bound}"'))
    return None


def _sample(tuned: Tuned, example: str) -> str:
    return str(tuned.default or tuned.max or tuned.min or example)


def _too_far(name: str, nearer: Chosen, other: Chosen, tuned: Tuned | None) -> Found:
    """An annotation that asks for a request over the limit, or for a limit below the request, and cannot have it."""
    word = nearer.word
    assert word is not None  # noqa: S101 - the rule's own words were held against each other when it was loaded
    is_request = nearer.amount > other.amount
    its, side = ("limit", "above") if is_request else ("request", "below")
    bounds = f", which is {tuned.bounds}" if tuned and tuned.bounds else ""
    whose = f" ({other.word.key})" if other.word else ""
    message = f"{word.quoted} is {side} the {name} {its} {other.amount}{whose}{bounds}"
    return Found(word.path, word.value, message, f'{word.key}: "{other.amount}"')


def _port_list(params: ExcludePorts, words: list[Word], mistakes: list[Found]) -> str | None:
    for word in words:
        wrong = ""
        try:
            if not isinstance(word.value, str):
                raise ValueError("write it as a text")
            ports = PortList.parse(word.value)
        except ValueError as error:
            wrong = f"{word.quoted} is no list of ports: {error}"
        else:
            wrong = _not_allowed(params, word, ports)
            if not wrong:
                return ports.canonical
        mistakes.append(Found(word.path, word.value, f"{wrong}{_limits(params)}"))
    return None


def _not_allowed(params: ExcludePorts, word: Word, ports: PortList) -> str:
    outside = ports.outside(params.allowed).canonical if params.allowed else ""
    if outside:
        return f"{word.quoted} excludes {quote(outside)[1:-1]}, which may not be excluded"
    if params.max is not None and ports.count > params.max:
        return f"{word.quoted} excludes {ports.count} ports"
    return ""


def _limits(params: ExcludePorts) -> str:
    which = f" from {params.allowed.canonical}" if params.allowed else ""
    if params.max is not None:
        return f"; at most {params.max} {'port' if params.max == 1 else 'ports'}{which} may be"
    return f"; ports{which} may be" if which else ""
