"""docs/rules-folder.md says what is true: its examples load, fail and decide as it says, and no key or operator lacks.

A block's first line says what it is: `# loads` (a rules folder without errors and warnings), `# warns: TEXT` (one that
loads with that warning), `# fails: TEXT`, or an object that is judged under the folder above it: `# allowed`,
`# denied: PATH, ...`, `# warned: PATH, ...`, `# undecided: PATH, ...`, `# mutated: PATH = JSON`. Further comment lines
set the moment (`# at:`) and the user (`# as:`), and name files that lie beside it (`# beside:`); of a folder with
PolicyTests, the cases that do not come out as they expect (`# untrue:`), and the block of `$ doorward test` below it is
what that prints. A block `# old` is the object that the next one is an update of. An object without `kind` is a merge
patch over the pod of tests/objects.py.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.objects import NOW, facts, pod
from tests.test_documentation import code, records
from webhook import rule_types
from webhook.admission.decision import Decision
from webhook.admission.finding import Action
from webhook.admission.operators import NAMES
from webhook.admission.request import Operation, User
from webhook.cli import main
from webhook.engine.decide import decide
from webhook.engine.manifest import as_request
from webhook.errors import DoorwardError
from webhook.policy.case_facts import CaseFacts
from webhook.policy.load import load, read
from webhook.policy.model import SPECS, Metadata, RuleSpec
from webhook.policy.words import PLACES
from webhook.source import yaml
from webhook.source.declare import fields
from webhook.source.path import look_up, parse
from webhook.source.problem import Level

PAGE = (Path(__file__).parents[1] / "docs/rules-folder.md").read_text(encoding="utf-8")
FOLDERS = ("loads", "warns", "fails")
SHAPES = {**SPECS, "Metadata": Metadata, "Rule": RuleSpec, "Facts of cases": CaseFacts}
VERDICTS = ("allowed", "denied", "warned", "undecided", "mutated")


class Block(NamedTuple):
    """A fenced YAML block: the line it begins at, what its comment says, and its text."""

    line: int
    word: str
    said: tuple[tuple[str, str], ...]
    text: str

    @property
    def about(self) -> str:
        return self.said[0][1]

    def get(self, word: str) -> str:
        return dict(self.said).get(word, "")


def blocks() -> list[Block]:
    found = []
    for match in re.finditer(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        comments = re.match(r"(?:# .*\n)*", match[1])
        said = tuple(
            (word.strip(), rest.strip())
            for word, _, rest in (line[2:].partition(":") for line in (comments[0] if comments else "").splitlines())
        )
        found.append(Block(PAGE.count("\n", 0, match.start()) + 1, said[0][0] if said else "", said, match[1]))
    return found


def folders(*words: str) -> list[Any]:
    return [pytest.param(block, id=f"line-{block.line}") for block in blocks() if block.word in words]


def judged() -> Iterator[Any]:
    """Every object with the folder it is judged under, and the object it is an update of."""
    folder, old = None, None
    for block in blocks():
        if block.word in FOLDERS:
            folder = block if block.word != "fails" else None
        elif block.word == "old":
            old = block
        else:
            yield pytest.param(folder, old, block, id=f"line-{block.line}")
            old = None


def loading(block: Block, tmp_path: Path) -> Any:
    (tmp_path / "rules.yaml").write_text(block.text, encoding="utf-8")
    for name in filter(None, block.get("beside").split(", ")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    return read([str(tmp_path)], tests=True)


def obj(block: Block) -> dict[str, Any]:
    value = yaml.read(block.text.encode(), "page").documents
    whole: dict[str, Any] = value[0].value if value else {}
    return whole if "kind" in whole else pod(whole)


def decision(folder: Block, old: Block | None, block: Block, tmp_path: Path) -> Decision:
    (tmp_path / "rules.yaml").write_text(folder.text, encoding="utf-8")
    name, at = block.get("as"), block.get("at")
    request = as_request(
        obj(block),
        operation=Operation.UPDATE if old else Operation.CREATE,
        old=obj(old) if old else None,
        user=User(name, ("system:authenticated",)) if name else None,
    )
    now = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else NOW
    decided = decide(request, load([str(tmp_path)]), facts(), now)
    assert isinstance(decided, Decision)
    return decided


def test_every_example_says_what_it_is() -> None:
    assert [block.line for block in blocks() if block.word not in (*FOLDERS, *VERDICTS, "old")] == []
    assert len(blocks()) > 30


@pytest.mark.parametrize("block", folders("loads"))
def test_a_folder_that_loads_has_no_errors_and_no_warnings(block: Block, tmp_path: Path) -> None:
    assert [str(problem) for problem in loading(block, tmp_path).problems] == []


@pytest.mark.parametrize("block", [one for one in folders("loads") if "kind: PolicyTest" in one.values[0].text])
def test_the_cases_of_a_folder_come_out_as_the_page_says(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/rules.yaml").write_text(_without_comments(block.text), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    untrue = block.get("untrue")
    assert main(["test", "--color", "never"]) == (1 if untrue else 0)
    printed = capsys.readouterr().out
    if untrue:
        assert f"```\n$ doorward test\n{printed}```\n" in PAGE
    else:
        assert printed == ""


def _without_comments(text: str) -> str:
    return re.sub(r"\A(?:# .*\n)*", "", text)


@pytest.mark.parametrize("block", folders("warns"))
def test_a_folder_that_warns_loads_and_says_so(block: Block, tmp_path: Path) -> None:
    found = loading(block, tmp_path)
    assert found.ruleset is not None
    told = [problem.message for problem in found.problems]
    assert [about in message for (_, about), message in zip(block.said, told, strict=True)] == [True] * len(told)


@pytest.mark.parametrize("block", folders("fails"))
def test_a_folder_that_fails_is_refused_with_those_words(block: Block, tmp_path: Path) -> None:
    try:
        found = loading(block, tmp_path)
    except DoorwardError as error:
        told = [str(error)]
    else:
        assert found.ruleset is None
        told = [problem.message for problem in found.problems if problem.level is Level.ERROR]
    assert [about in message for (_, about), message in zip(block.said, told, strict=True)] == [True] * len(told)


@pytest.mark.parametrize(("folder", "old", "block"), list(judged()))
def test_an_object_is_decided_as_the_page_says(
    folder: Block | None, old: Block | None, block: Block, tmp_path: Path
) -> None:
    assert folder is not None, "no rules stand above it"
    decided = decision(folder, old, block, tmp_path)
    action = {"denied": Action.DENY, "undecided": Action.DENY, "warned": Action.WARN}.get(block.word)
    expected = sorted(filter(None, re.split(r", *", block.about))) if action else []
    assert decided.verdict.value == (block.word if block.word in ("denied", "undecided") else "allowed")
    assert sorted(f.where or "(object)" for f in decided.findings if f.action is (action or Action.DENY)) == expected
    for word, text in block.said:
        if word == "mutated":
            path, _, value = text.partition(" = ")
            assert look_up(decided.object, parse(path)) == json.loads(value)  # type: ignore[arg-type]
    if block.word == "allowed":
        assert (decided.acting(Action.WARN), decided.edits) == ((), ())


@pytest.mark.parametrize("kind", SHAPES)
def test_the_page_shows_every_key_of_every_kind(kind: str) -> None:
    keys = {field.key for shape in records(SHAPES[kind]) for field in fields(shape)}
    assert sorted(keys - code(PAGE)) == []


def test_the_page_shows_every_operator_place_and_rule_type() -> None:
    said = [*NAMES, "required", "forbidden", "unique", "uniqueIn", "unchanged", "absent", "where", "anyOf", "unless"]
    assert sorted({*said, *rule_types.names()} - code(PAGE)) == []
    assert [place for place in PLACES if f"`{{{place}}}`" not in PAGE] == []


def test_the_page_links_to_every_rule_type() -> None:
    assert set(re.findall(r"\(rules/(\w+)\.md", PAGE)) == set(rule_types.names())


def test_the_page_names_every_kind_and_no_other() -> None:
    first = PAGE.partition("| kind | what it is |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", first, re.MULTILINE)) == set(SPECS)
