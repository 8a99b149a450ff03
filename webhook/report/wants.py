"""What a rule wants, in words that its rule type's own shape has: each key's sentence with the value that is said."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.words import quote
from webhook.expressions import expression
from webhook.source.declare import Field, fields, is_shape
from webhook.source.path import Path, render

_VALUE = 100  # characters of one value
_EXAMPLES = expression(r",? such as .*$")


class Line(NamedTuple):
    """One sentence, and how deep it stands below others."""

    depth: int
    text: str


def wants(kind: str, params: Any, raw: Any, sentences: tuple[str, ...]) -> tuple[Line, ...]:
    """The sentences of a rule type, or those of its keys; `raw` is what was written under the rule type's key."""
    if sentences:
        return tuple(Line(0, one) for one in sentences)
    if is_shape(type(params)):
        return tuple(_shape(params, raw, 0))
    return tuple(_value(kind, params, raw, 0))


def _shape(value: Any, raw: Any, depth: int) -> Iterator[Line]:
    """Every key that is said."""
    for field in fields(value):
        said = getattr(value, field.name)
        if said not in (None, (), {}) and not _is_left_out(field, said, raw):
            if isinstance(raw, dict) and field.key in raw:
                sentence, whole = _told(field, said)
                yield from [Line(depth, f"{sentence}.")] if whole else _value(sentence, said, raw[field.key], depth)
            else:  # a field that gathers keys of its own: nobody wrote it
                yield from _shape(said, raw, depth) if is_shape(type(said)) else _mapping(said, raw, depth)


def _told(field: Field, value: Any) -> tuple[str, bool]:
    """A key's sentence for a value, and whether that says it all. A sentence may say what each of a few values means:
    `true: it may; false: it may not`."""
    doc, word = field.doc.removesuffix("."), str(value).lower() if isinstance(value, bool) else value
    parts = doc.split("; ")
    meant = next((part for part in parts if isinstance(word, str) and part.startswith((f"{word}: ", f"{word} "))), None)
    if meant is not None:
        return _capital(meant.removeprefix(f"{word}").lstrip(": ")), True
    if value is True:
        return _capital("; ".join(part for part in parts if not part.startswith("false "))), True
    if doc[:1].islower():  # nothing but the values that there are
        return field.key, False
    return _EXAMPLES.sub("", doc.partition(". ")[0].partition(": ")[0]), False


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_left_out(field: Field, said: Any, raw: Any) -> bool:
    """Whether it is only what holds where nothing is said; a key that is no key in YAML gathers others."""
    return not field.required and said == field.default and not (isinstance(raw, dict) and field.key in raw)


def _value(sentence: str, value: Any, raw: Any, depth: int) -> Iterator[Line]:
    if is_shape(type(value)):
        yield Line(depth, f"{sentence}:")
        yield from _shape(value, raw, depth + 1)
    elif isinstance(value, dict):
        yield Line(depth, f"{sentence}:")
        yield from _mapping(value, raw, depth + 1)
    elif isinstance(value, tuple) and any(is_shape(type(one)) or isinstance(one, dict) for one in value):
        yield Line(depth, f"{sentence}:")
        for index, one in enumerate(value):
            yield from _element(one, raw[index] if isinstance(raw, list) else raw, depth + 1)
    else:
        yield Line(depth, f"{sentence}: {_plain(raw)}")


def _mapping(value: dict[str, Any], raw: Any, depth: int) -> Iterator[Line]:
    """Entries by their names; plain data leaf by leaf."""
    for name, one in value.items():
        if is_shape(type(one)):
            yield from _value(name, one, raw.get(name) if isinstance(raw, dict) else one, depth)
        else:
            yield from (Line(depth, f"{render(path)}: {_plain(leaf)}") for path, leaf in _leaves(one, (name,)))


def _element(value: Any, raw: Any, depth: int) -> Iterator[Line]:
    """One element of a list; the first line has a dash."""
    if is_shape(type(value)):
        lines = list(_shape(value, raw, 0))
    else:
        lines = [Line(0, f"{render(path)}: {_plain(leaf)}") for path, leaf in _leaves(value, ())]
    for index, line in enumerate(lines):
        yield Line(depth + line.depth, f"{'- ' if index == 0 else '  '}{line.text}")


def _leaves(value: Any, at: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*at, key))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*at, index))
    else:
        yield at, value


def _plain(value: Any) -> str:
    """A value as it was written: texts without quotes, lists with commas."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "nothing"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_plain(inner)}' for key, inner in value.items())}}}"
    return quote(value, _VALUE)[1:-1] if isinstance(value, str) else quote(value, _VALUE)
