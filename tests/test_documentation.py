"""Nothing is without a page, a test or a sentence, and what is said twice is said with the same words."""

import json
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from webhook import VERSION, rule_types
from webhook.cli import COMMANDS
from webhook.policy.model import SPECS, Metadata, RuleSpec
from webhook.source.declare import Field, fields, is_shape

ROOT = Path(__file__).parents[1]


def records(shape: Any, seen: set[Any] | None = None) -> Iterator[Any]:
    """Every dataclass of documented fields that can be reached from a shape, itself included."""
    seen = set() if seen is None else seen
    if shape in seen:
        return
    seen.add(shape)
    for part in get_args(shape):
        yield from records(part, seen)
    if is_shape(shape):
        yield shape
        for field in fields(shape):
            yield from records(field.type, seen)


def code(page: str) -> set[str]:
    """The words in a page's code, fenced or within a line."""
    blocks = re.findall(r"```.*?\n(.*?)```", page, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))
    return set(re.findall(r"\w+", " ".join([*blocks, *inline])))


def is_written(field: Field, shape: Any) -> bool:
    """Whether the field is a key in YAML: a shape that reads itself may gather free keys in a field of its own."""
    return not hasattr(shape, "json_schema") or f'"{field.key}"' in json.dumps(shape.json_schema({}))


def params(rule_type: str) -> Any:
    module = rule_types.find(rule_type)
    assert module is not None
    return module.Params


@pytest.mark.parametrize("rule_type", rule_types.names())
def test_a_rule_type_has_a_page_that_shows_each_of_its_parameters(rule_type: str) -> None:
    page = (ROOT / "docs/rules" / f"{rule_type}.md").read_text(encoding="utf-8")
    keys = {field.key for shape in records(params(rule_type)) for field in fields(shape) if is_written(field, shape)}
    assert sorted({rule_type, *keys} - code(page)) == []


@pytest.mark.parametrize("rule_type", rule_types.names())
def test_a_rule_type_has_tests_of_its_own(rule_type: str) -> None:
    module = rule_types.find(rule_type)
    assert module is not None
    assert (ROOT / "tests/rule_types" / f"test_{module.__name__.rpartition('.')[2]}.py").is_file()


def test_every_page_of_a_rule_is_about_a_rule_type() -> None:
    assert {path.stem for path in (ROOT / "docs/rules").glob("*.md")} == set(rule_types.names())


def test_every_key_of_a_rules_folder_has_a_sentence() -> None:
    roots = [Metadata, RuleSpec, *SPECS.values(), *map(params, rule_types.names())]
    wordless = {
        f"{shape.__qualname__}.{field.name}"
        for root in roots
        for shape in records(root)
        for field in fields(shape)
        if len(field.doc.split()) < 2
    }
    assert wordless == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_told_with_the_sentence_of_its_module(command: str) -> None:
    sentence = (import_module(f"webhook.commands.{command}").__doc__ or "").splitlines()[0]
    assert sentence == COMMANDS[command]


def test_every_module_of_commands_is_a_command_or_private() -> None:
    modules = {path.stem for path in (ROOT / "webhook/commands").glob("[a-z]*.py")}
    assert modules == set(COMMANDS)


def test_the_version_is_the_same_wherever_it_stands() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert (project["version"], newest[1]) == (VERSION, VERSION)


def test_the_example_review_asks_for_the_example_pod() -> None:
    review = json.loads((ROOT / "examples/review.json").read_text(encoding="utf-8"))
    pod = yaml.safe_load((ROOT / "examples/bad-pod.yaml").read_text(encoding="utf-8"))
    assert review["request"]["object"] == pod
