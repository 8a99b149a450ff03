"""One key of `metadata`: what its value must be, bound when rules load, and what in its words contradicts."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from webhook.admission.rule import Compiling
from webhook.admission.words import listing, quote
from webhook.patterns import Glob, Pattern, closest
from webhook.rule_types._label_names import key_mistake, value_mistake
from webhook.rule_types._metadata_sources import Source
from webhook.rule_types._metadata_types import TYPES, ValueType
from webhook.source.declare import field, fields, shape
from webhook.source.path import Path

Field = Literal["labels", "annotations"]
TypeName = Literal[
    "string",
    "bool",
    "int",
    "cpu",
    "memory",
    "quantity",
    "percent",
    "duration",
    "ttl",
    "date",
    "portList",
    "cidrList",
    "enum",
    "email",
    "url",
    "semver",
    "json",
    "image",
]


@shape
class KeyParams:
    """What one label or annotation, or all that a glob matches, must be."""

    required: Literal["nonEmpty"] | bool | None = field(
        "true: the key must be there; nonEmpty: with a value; false: a default is only a help.", default=None
    )
    forbidden: bool | None = field("The key must not be there.", default=None)
    equals: str = field("The value must be this.", default="")
    in_: tuple[str, ...] = field("The value must be one of these.", default=())
    not_in: tuple[str, ...] = field("The value must be none of these.", default=(), may_be_empty=True)
    like: tuple[Glob, ...] = field("The value must match one of these globs.", default=(), one_or_many=True)
    not_like: tuple[Glob, ...] = field(
        "The value must match none of these globs.", default=(), one_or_many=True, may_be_empty=True
    )
    pattern: tuple[Pattern, ...] = field(
        "The whole value must match one of these regular expressions.", default=(), one_or_many=True
    )
    not_pattern: tuple[Pattern, ...] = field(
        "The whole value must match none of these regular expressions.",
        default=(),
        one_or_many=True,
        may_be_empty=True,
    )
    type: TypeName | None = field("What the value must be readable as.", default=None)
    values: tuple[str, ...] = field("The values of `type: enum`.", default=())
    min: Any = field("The smallest value of the type; for strings, JSON and lists how many at least.", default=None)
    max: Any = field("The largest value of the type; for strings, JSON and lists how many at most.", default=None)
    default: str = field("Set where the key is absent.", default="")
    from_: Source | None = field(
        "Where the value comes from when the key is absent: namespace, user, image or {pod: PATH}.", default=None
    )

    def __post_init__(self) -> None:
        said = [part.name for part in fields(self) if getattr(self, part.name) not in (None, (), "")]
        if not said:
            raise ValueError("nothing is said of this key", "say `required: true`, or what its value must be")
        if sum(map(bool, (self.equals, self.in_, self.values))) > 1:
            raise ValueError("`equals`, `in` and `values` each say all there may be", "keep one of them")
        if self.forbidden and len(said) > 1:
            raise ValueError(
                "a forbidden key has no value, so nothing else can be said of it", "say only `forbidden: true`"
            )


Test = Callable[[str], tuple[str, str | None] | None]
"""Says what is wrong with a value, as a clause after the quoted value, and the cure; None where it is good."""


class Key(NamedTuple):
    """A key, or a glob of keys, compiled."""

    field: Field
    text: str
    glob: Glob
    params: KeyParams
    tests: tuple[Test, ...]
    wanted: str
    example: str

    @property
    def must_be_there(self) -> bool:
        """Whether its absence is wrong: it is required, or has a default that was to be set."""
        return bool(self.params.required) or (bool(self.params.default) and self.params.required is None)

    @property
    def says_when_absent(self) -> bool:
        """Whether its absence may be wrong: it must be there, or was to be filled from its source."""
        return self.must_be_there or self.params.from_ is not None

    def accepts(self, value: Any) -> bool:
        """Whether nothing is wrong with a value that is there."""
        if self.params.forbidden or not isinstance(value, str):
            return False
        for test in self.tests:  # noqa: SIM110 - a generator would cost as much as the answer
            if test(value) is not None:
                return False
        return True

    def mistake(self, value: str) -> tuple[str, str | None] | None:
        """What is wrong with a value: a clause after the quoted value, and the cure; None where it is good."""
        for test in self.tests:
            found = test(value)
            if found is not None:
                return found
        return None


def compile_key(field: Field, text: str, params: KeyParams, compiling: Compiling) -> Key | None:
    """The key; None after telling what is wrong with it."""
    at: Path = (field, text)
    before = len(compiling.problems.found)
    wrong = key_mistake(text, field)
    if wrong:
        compiling.error(at, f"no object can have this key: {wrong}", on="key")
        return None
    kind = TYPES[params.type] if params.type else None
    tests = (*_typed(params, kind, at, compiling), *_compared(params))
    key = Key(field, text, Glob.parse(text), params, tests, _wanted(params, kind), _example(params, kind))
    if len(compiling.problems.found) == before:
        _tell_contradictions(key, kind, at, compiling)
    return key if len(compiling.problems.found) == before else None


def _typed(params: KeyParams, kind: ValueType | None, at: Path, compiling: Compiling) -> Iterator[Test]:
    if params.required == "nonEmpty":
        yield lambda value: None if value else ("is empty, must have a value", None)
    if bool(params.values) is not (params.type == "enum"):
        missing = "values" if params.type == "enum" else "type"
        compiling.error(
            (*at, "type" if params.type else "values"), "`type: enum` and `values` go together", f"say `{missing}`"
        )
    bounds = {name: bound for name in ("min", "max") if (bound := getattr(params, name)) is not None}
    for name in bounds:
        if kind is None or kind.bound is None:
            named = f"`type: {params.type}` has" if kind else "a value without a `type` has"
            compiling.error((*at, name), f"{named} no {name}", "say a type that can be measured, or leave it out")
            return
    if kind is None or params.type == "enum":
        return
    low, high = (_bound(kind, name, bounds.get(name), at, compiling) for name in ("min", "max"))
    if low is not None and high is not None and low > high:
        told = f"the minimum {quote(params.min)} is above the maximum {quote(params.max)}"
        compiling.error((*at, "min"), told, "swap them")
    yield _measured(kind, low, high, params)


def _bound(kind: ValueType, name: str, raw: Any, at: Path, compiling: Compiling) -> Any:
    if raw is None or kind.bound is None:
        return None
    try:
        return kind.bound(raw)
    except ValueError as error:
        compiling.error((*at, name), str(error.args[0]), None if kind.counts else f"such as {kind.example}")
        return None


def _measured(kind: ValueType, low: Any, high: Any, params: KeyParams) -> Test:
    def test(value: str) -> tuple[str, str | None] | None:
        try:
            measured = kind.parse(value)
        except ValueError as error:
            return f"is no {kind.noun}" + (f": {error}" if str(error) else ""), None
        if high is not None and measured > high:
            return _beyond(kind, measured, "above the maximum", "at most", params.max)
        if low is not None and measured < low:
            return _beyond(kind, measured, "below the minimum", "at least", params.min)
        return None

    return test


def _beyond(kind: ValueType, measured: Any, words: str, counted: str, bound: Any) -> tuple[str, str | None]:
    if kind.counts:
        return f"has {measured} {kind.counts}, {counted} {bound} are allowed", None
    return f"is {words} {bound}", None


def _compared(params: KeyParams) -> Iterator[Test]:
    choices = (params.equals,) if params.equals else params.in_ or params.values
    if choices:
        wrong = f"is not allowed, must be {listing(map(quote, choices))}"
        yield lambda value: None if value in choices else (wrong, _did_you_mean(value, choices))
    if params.not_in:
        yield lambda value: ("is not allowed", None) if value in params.not_in else None
    for patterns, word in ((params.like, "be like"), (params.pattern, "match")):
        if patterns:
            yield _matched(patterns, f"must {word} {listing(quote(one.text) for one in patterns)}", wanted=True)
    for patterns, word in ((params.not_like, "be like"), (params.not_pattern, "match")):
        if patterns:
            yield _matched(patterns, f"must not {word} {listing(quote(one.text) for one in patterns)}", wanted=False)


def _matched(patterns: tuple[Any, ...], words: str, *, wanted: bool) -> Test:
    def test(value: str) -> tuple[str, str | None] | None:
        return None if any(one.matches(value) for one in patterns) is wanted else (words, None)

    return test


def _did_you_mean(value: str, choices: tuple[str, ...]) -> str | None:
    guess = closest(value[:80], choices)
    return f"did you mean {guess}?" if guess else None


def _wanted(params: KeyParams, kind: ValueType | None) -> str:
    """What must stand there, for whoever left it out."""
    choices = (params.equals,) if params.equals else params.in_ or params.values
    if choices:
        return f"must be {listing(map(quote, choices))}"
    if params.pattern:
        return f"must match {listing(quote(one.text) for one in params.pattern)}"
    if params.like:
        return f"must be like {listing(quote(one.text) for one in params.like)}"
    if kind and kind.counts != "characters":
        return f"must be {'an' if kind.noun[0] in 'aei' else 'a'} {kind.noun}, such as {kind.example}"
    return "must be set"


def _example(params: KeyParams, kind: ValueType | None) -> str:
    choices = (params.equals,) if params.equals else params.in_ or params.values
    return params.default or (choices[0] if choices else kind.example if kind else "...")


def _tell_contradictions(key: Key, kind: ValueType | None, at: Path, compiling: Compiling) -> None:
    """A value that the rule itself would refuse, or that no label can have."""
    params = key.params
    if not key.glob.is_exact and (params.default or params.from_):
        word = "default" if params.default else "from"
        compiling.error((*at, word), "a glob is many keys, so there is none to fill", "name the key itself")
    if key.field == "labels" and kind and not kind.fits_label:
        compiling.error((*at, "type"), f"no label can hold a {kind.noun}", "make it an annotation")
        return
    for below, value in _named_values(params):
        unfit = value_mistake(value) if key.field == "labels" else None
        refused = key.mistake(value)
        if unfit:
            compiling.error((*at, *below), f"no label can have the value {quote(value)}: {unfit}")
        elif refused:
            compiling.error((*at, *below), f"{quote(value)} {refused[0]}, so this can never hold", refused[1])


def _named_values(params: KeyParams) -> Iterator[tuple[Path, str]]:
    if params.default:
        yield ("default",), params.default
    if params.equals:
        yield ("equals",), params.equals
    for word, values in (("in", params.in_), ("values", params.values)):
        for index, value in enumerate(values):
            yield (word, index), value
