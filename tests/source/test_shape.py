"""shape: declared classes that read YAML, tell everything that is wrong, and describe themselves to editors."""

from enum import StrEnum
from typing import Any, Literal

import pytest

from webhook.source.declare import field, fields, shape
from webhook.source.path import Path
from webhook.source.problem import Level, Place
from webhook.source.shape import (
    BROKEN,
    Problems,
    choice,
    decode,
    described,
    fields_of,
    json_schema,
    record_schema,
)

Told = list[tuple[Path, str, str | None, str]]


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark-blue"


class Word(str):
    """A scalar with a grammar."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Word":
        """Letters only."""
        if not text.isalpha():
            raise ValueError(f"`{text}` is no word", "use letters")
        return cls(text)


class Size(int):
    """A scalar that may be written as a number too."""

    @classmethod
    def parse(cls, text: str) -> "Size":
        """A number with a unit."""
        return cls.of(int(text.removesuffix("k")) * 1000)

    @classmethod
    def of(cls, number: float) -> "Size":
        """A plain number."""
        if number < 0:
            raise ValueError("it is negative")
        return cls(number)


@shape
class Either:
    """A value that comes in two forms."""

    texts: tuple[str, ...]

    @classmethod
    def from_yaml(cls, value: Any, at: Path, problems: Problems) -> Any:
        """A text, or a mapping with `all`."""
        if isinstance(value, str):
            return cls((value,))
        if isinstance(value, dict) and isinstance(value.get("all"), list):
            return cls(tuple(value["all"]))
        problems.error(at, "neither form fits")
        return BROKEN

    @classmethod
    def json_schema(cls, definitions: dict[str, Any]) -> dict[str, Any]:
        """Both forms."""
        return {"anyOf": [{"type": "string"}, {"type": "object"}]}


@shape
class Inner:
    """A record in a record."""

    low: int = field("The lowest.")
    high: int | None = field("The highest.", default=None)

    def __post_init__(self) -> None:
        if self.high is not None and self.high < self.low:
            raise ValueError("`high` is below `low`", "turn them round")


@shape
class Outer:
    """Every kind of field."""

    text: str = field("Some text.", default="")
    count: int = field("A number.", default=0)
    ratio: float = field("A ratio.", default=0.0)
    really: bool = field("Yes or no.", default=False)
    maybe: bool | None = field("Yes, no or nothing.", default=None)
    flag_or_word: bool | Literal["nonEmpty"] = field("true, false or a word.", default=False)
    words: tuple[Word, ...] = field("Words.", default=())
    some: tuple[str, ...] = field("One or many.", default=(), one_or_many=True)
    sizes: dict[str, Size] = field("Sizes by name.", default={})
    colour: Colour | None = field("A colour.", default=None)
    mode: Literal["on", "off"] | None = field("A mode.", default=None)
    inner: Inner | None = field("A record.", default=None)
    inners: tuple[Inner, ...] = field("Records.", default=())
    either: Either | None = field("Two forms.", default=None)
    anything: Any = field("Anything.", default=None)
    from_: str = field("A key that Python has taken.", default="")
    renamed: str = field("Another name.", name="x-y", default="")
    raw: dict = field("Free form.", default={})  # type: ignore[type-arg]


@shape
class Strict:
    """What must be said."""

    must: str = field("What it is.")
    max_size: int = field("How large.")


def read(shape: Any, value: Any) -> tuple[Any, Told]:
    """The decoded value, and each problem with its path, message, cure, and whether key or value is meant."""
    where: list[tuple[Path, str]] = []

    def place(path: Path, on: str) -> Place:
        where.append((path, on))
        return Place("rules.yaml", 1, 1, 1, "")

    problems = Problems(place)
    decoded = decode(shape, value, ("spec",), problems)
    told = [
        (path, problem.message, problem.help, on) for (path, on), problem in zip(where, problems.found, strict=True)
    ]
    return decoded, told


def outer(**values: Any) -> Any:
    decoded, told = read(Outer, values)
    assert told == []
    return decoded


def wrong(shape: Any, value: Any) -> Told:
    decoded, told = read(shape, value)
    assert decoded is BROKEN
    return told


# what fits


def test_keys_are_camel_case_and_may_be_named_otherwise() -> None:
    assert {"flagOrWord", "from", "x-y", "text"} <= fields_of(Outer)
    assert fields_of(Strict) == {"must", "maxSize"}
    decoded = outer(**{"flagOrWord": True, "from": "a", "x-y": "b"})
    assert (decoded.flag_or_word, decoded.from_, decoded.renamed) == (True, "a", "b")


def test_what_is_left_out_has_its_default() -> None:
    assert outer() == Outer()


def test_defaults_are_not_shared() -> None:
    assert outer().sizes is not outer().sizes


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("text", "a", "a"),
        ("count", 0, 0),
        ("ratio", 1, 1),
        ("ratio", 0.5, 0.5),
        ("really", True, True),
        ("maybe", False, False),
        ("flagOrWord", "nonEmpty", "nonEmpty"),
        ("words", ["a", "b"], ("a", "b")),
        ("some", ["a", "b"], ("a", "b")),
        ("some", "a", ("a",)),
        ("sizes", {"a": 5, "b": "2k"}, {"a": 5, "b": 2000}),
        ("colour", "dark-blue", Colour.DARK_BLUE),
        ("mode", "off", "off"),
        ("inner", {"low": 1}, Inner(1)),
        ("inners", [{"low": 1, "high": 2}], (Inner(1, 2),)),
        ("either", "a", Either(("a",))),
        ("either", {"all": ["a", "b"]}, Either(("a", "b"))),
        ("anything", [1, {"a": None}], [1, {"a": None}]),
        ("raw", {"a": [1]}, {"a": [1]}),
        ("raw", {}, {}),
    ],
)
def test_a_value_that_fits_is_read(name: str, given: Any, value: Any) -> None:
    decoded = outer(**{name: given})
    names = {known.name.rstrip("_").replace("_", "").lower(): known.name for known in fields(Outer)}
    attribute = names[name.lower()]
    assert getattr(decoded, attribute) == value


def test_a_scalar_with_a_grammar_becomes_its_class() -> None:
    decoded = outer(words=["a"], sizes={"a": "1k"})
    assert (type(decoded.words[0]), type(decoded.sizes["a"])) == (Word, Size)


# what does not fit


@pytest.mark.parametrize(
    ("name", "value", "words", "cure"),
    [
        ("text", 5, "expected a string, found the number 5", "put it in quotes"),
        ("text", True, "expected a string, found the boolean true", "put it in quotes"),
        ("text", ["a"], "expected a string, found a list", None),
        ("text", {}, "expected a string, found a mapping", None),
        ("text", "", "the string is empty", "give it a value, or leave the key out"),
        ("text", None, "nothing stands here", "leave the key out, or give it a value"),
        ("anything", None, "nothing stands here", "leave the key out, or give it a value"),
        ("count", "5", "expected a whole number, found a string", "take the quotes away"),
        ("count", "five", "expected a whole number, found a string", None),
        ("count", 1.5, "expected a whole number, found the number 1.5", None),
        ("count", True, "expected a whole number, found the boolean true", None),
        ("ratio", "a", "expected a number, found a string", None),
        ("ratio", True, "expected a number, found the boolean true", None),
        ("really", "true", "expected true or false, found a string", "take the quotes away"),
        ("really", 1, "expected true or false, found the number 1", None),
        ("maybe", "no", "expected true or false, found a string", None),
        ("words", "a", "expected a list, found a string", "write it as [a]"),
        ("words", [], "the list is empty", "give it an element, or leave the key out"),
        ("words", {}, "expected a list, found a mapping", "begin each element with `- `"),
        ("some", [], "the list is empty", "give it an element, or leave the key out"),
        ("some", 5, "expected a string, found the number 5", "put it in quotes"),
        ("sizes", {}, "the mapping is empty", "give it an entry, or leave the key out"),
        ("sizes", ["a"], "expected a mapping, found a list", None),
        ("colour", "rde", "`rde` is not one of red, dark-blue", "did you mean `red`?"),
        ("colour", 5, "expected one of red, dark-blue, found the number 5", None),
        ("mode", True, "expected one of on, off, found the boolean true", "on, off, yes and no need quotes"),
        ("mode", "offf", "`offf` is not one of on, off", "did you mean `off`?"),
        ("flagOrWord", "nonempty", "`nonempty` is not one of true, false, nonEmpty", "did you mean `nonEmpty`?"),
        ("flagOrWord", 1, "expected one of true, false, nonEmpty, found the number 1", None),
        ("inner", "low", "expected a mapping, found a string", "its keys: high, low"),
        ("inner", [], "expected a mapping, found a list", "its keys: high, low"),
        ("either", 5, "neither form fits", None),
        ("either", None, "nothing stands here", "leave the key out, or give it a value"),
    ],
)
def test_a_value_that_does_not_fit_is_told_at_its_place(name: str, value: Any, words: str, cure: str | None) -> None:
    assert wrong(Outer, {name: value}) == [(("spec", name), words, cure, "value")]


@pytest.mark.parametrize(
    ("value", "at", "words", "cure"),
    [
        ({"words": ["a", "b1"]}, ("spec", "words", 1), "`b1` is no word", "use letters"),
        ({"words": ["a", 5]}, ("spec", "words", 1), "expected a string, found the number 5", "put it in quotes"),
        ({"sizes": {"a": -1}}, ("spec", "sizes", "a"), "it is negative", None),
        (
            {"sizes": {"a": True}},
            ("spec", "sizes", "a"),
            "expected a string, found the boolean true",
            "put it in quotes",
        ),
        (
            {"sizes": {"a": None}},
            ("spec", "sizes", "a"),
            "nothing stands here",
            "leave the key out, or give it a value",
        ),
        (
            {"inners": [{"low": 1}, {"low": "x"}]},
            ("spec", "inners", 1, "low"),
            "expected a whole number, found a string",
            None,
        ),
        ({"some": ["a", None]}, ("spec", "some", 1), "nothing stands here", "leave the key out, or give it a value"),
    ],
)
def test_what_is_wrong_inside_is_told_inside(value: Any, at: Path, words: str, cure: str | None) -> None:
    assert wrong(Outer, value) == [(at, words, cure, "value")]


def test_an_unknown_key_is_told_at_the_key_with_the_one_that_was_probably_meant() -> None:
    assert wrong(Outer, {"colours": "red"}) == [
        (("spec", "colours"), "unknown key `colours`", "did you mean `colour`?", "key")
    ]


def test_an_unknown_key_like_no_other_is_told_with_those_that_are_known() -> None:
    assert wrong(Strict, {"must": "a", "maxSize": 1, "zzzzzz": 1}) == [
        (("spec", "zzzzzz"), "unknown key `zzzzzz`", "known here: maxSize, must", "key")
    ]


def test_every_missing_key_is_told_with_what_it_means() -> None:
    assert wrong(Strict, {}) == [
        (("spec",), "`must` is missing", "add `must:`. What it is.", "key"),
        (("spec",), "`maxSize` is missing", "add `maxSize:`. How large.", "key"),
    ]


def test_a_value_that_contradicts_itself_is_told_at_its_key_with_the_cure() -> None:
    assert wrong(Outer, {"inner": {"low": 2, "high": 1}}) == [
        (("spec", "inner"), "`high` is below `low`", "turn them round", "key")
    ]


def test_nothing_stops_at_the_first_mistake() -> None:
    told = wrong(Outer, {"text": 5, "words": ["a1", "b2"], "inner": {"low": "x", "hihg": 1}, "nope": 1})
    assert {path for path, *_ in told} == {
        ("spec", "text"),
        ("spec", "words", 0),
        ("spec", "words", 1),
        ("spec", "inner", "low"),
        ("spec", "inner", "hihg"),
        ("spec", "nope"),
    }
    assert len(told) == 6


@pytest.mark.parametrize("shape", [Outer, Strict])
@pytest.mark.parametrize("value", [None, "text", 5, [], True])
def test_a_record_is_a_mapping(shape: Any, value: Any) -> None:
    [(at, message, _, _)] = wrong(shape, value)
    assert at == ("spec",)
    assert message in ("nothing stands here",) or message.startswith("expected a mapping, found")


@pytest.mark.parametrize("value", [5, None, [1], {1: 2}])
def test_keys_that_are_no_text_do_not_break_the_reader(value: Any) -> None:
    assert wrong(Strict, {"must": "a", "maxSize": value if value != 5 else "x"})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "the boolean true"),
        (False, "the boolean false"),
        (5, "the number 5"),
        (10**60, f"the number {'1' + '0' * 39}"),
        ("a", "a string"),
        ({}, "a mapping"),
        ([], "a list"),
        (None, "nothing"),
    ],
)
def test_a_value_is_told_by_what_it_is(value: Any, words: str) -> None:
    assert described(value) == words


def test_true_is_not_one_and_one_is_not_true_in_a_choice() -> None:
    problems = Problems(lambda path, on: Place("x", 1, 1, 1, ""))
    assert choice((True, False), True, (), problems) is True
    assert choice((1, 2), True, (), problems) is BROKEN
    assert choice((True,), 1, (), problems) is BROKEN


def test_only_errors_break_a_document() -> None:
    problems = Problems(lambda path, on: Place("x", 1, 1, 1, ""))
    broken = []
    for tell in (problems.warning, problems.error):
        tell((), "odd")
        broken.append(problems.broken)
    assert broken == [False, True]
    assert [problem.level for problem in problems.found] == [Level.WARNING, Level.ERROR]


# the JSON Schema


@pytest.mark.parametrize(
    ("shape", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (dict, {"type": "object"}),
        (Any, {}),
        (str | None, {"type": "string"}),
        (Word, {"type": "string"}),
        (Size, {"type": ["string", "number"]}),
        (Colour, {"enum": ["red", "dark-blue"]}),
        (Literal["on", "off"], {"enum": ["on", "off"]}),
        (bool | Literal["nonEmpty"], {"enum": [True, False, "nonEmpty"]}),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}, "minItems": 1}),
        (Either, {"anyOf": [{"type": "string"}, {"type": "object"}]}),
    ],
)
def test_each_shape_has_its_schema(shape: Any, schema: dict[str, Any]) -> None:
    assert json_schema(shape, {}) == schema


def test_a_mapping_has_a_schema_for_its_values() -> None:
    schema = json_schema(dict[str, Size], {})
    assert (schema["type"], schema["additionalProperties"]) == ("object", {"type": ["string", "number"]})


def test_a_record_is_defined_once_and_referred_to() -> None:
    definitions: dict[str, Any] = {}
    name = f"{Inner.__module__.rsplit('.', 1)[-1]}.Inner"
    assert json_schema(Inner, definitions) == {"$ref": f"#/definitions/{name}"}
    assert json_schema(tuple[Inner, ...], definitions)["items"] == {"$ref": f"#/definitions/{name}"}
    assert definitions == {
        name: {
            "type": "object",
            "properties": {
                "low": {"description": "The lowest.", "type": "integer"},
                "high": {"description": "The highest.", "type": "integer"},
            },
            "additionalProperties": False,
            "required": ["low"],
        }
    }


def test_every_key_of_a_record_has_its_sentence_and_a_reference_keeps_it() -> None:
    schema = record_schema(Outer, {})
    assert schema["properties"].keys() == fields_of(Outer)
    assert all(part["description"] for part in schema["properties"].values())
    assert "required" not in schema
    assert "$ref" not in schema["properties"]["inner"]
    assert list(schema["properties"]["inner"]) == ["description", "allOf"]


def test_one_or_many_may_be_written_either_way() -> None:
    assert record_schema(Outer, {})["properties"]["some"]["anyOf"] == [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
    ]


# several shapes, told apart by `type`


@shape
class Circle:
    """A circle."""

    type: Literal["circle"] = field("It is a circle.")
    radius: int = field("How far it reaches.")


@shape
class Box:
    """A box."""

    type: Literal["box"] = field("It is a box.")
    width: int = field("How wide it is.", default=1)


def test_of_several_shapes_the_type_says_which_is_meant() -> None:
    decoded, told = read(tuple[Circle | Box, ...], [{"type": "circle", "radius": 2}, {"type": "box"}])
    assert (decoded, told) == ((Circle("circle", 2), Box("box", 1)), [])


@pytest.mark.parametrize(
    ("value", "words", "cure"),
    [
        ({"radius": 2}, "`type` is missing", "add `type:`, one of circle, box"),
        ({"type": "bx"}, "`bx` is not one of circle, box", "did you mean `box`?"),
        ({"type": "box", "radius": 2}, "unknown key `radius`", "known here: type, width"),
        ("circle", "expected a mapping, found a string", None),
    ],
)
def test_a_value_that_is_none_of_several_shapes_is_told(value: Any, words: str, cure: str | None) -> None:
    [(_, message, found, _)] = wrong(Circle | Box, value)
    assert (message, found) == (words, cure)


def test_several_shapes_have_a_schema_of_which_one_must_fit() -> None:
    definitions: dict[str, Any] = {}
    schema = json_schema(Circle | Box, definitions)
    assert [one["$ref"].rpartition(".")[2] for one in schema["anyOf"]] == ["Circle", "Box"]
    circle = definitions[schema["anyOf"][0]["$ref"].rpartition("/")[2]]
    assert circle["properties"]["type"]["enum"] == ["circle"]
