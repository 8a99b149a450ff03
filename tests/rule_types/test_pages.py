"""Every example on a page of docs/rules gives the verdict that it states.

A page has fenced yaml blocks. `# rule` begins one rule; the blocks after it are objects, each with what is expected
in its first lines: `# allowed`, `# denied: PATH, PATH`, `# mutated: PATH = JSON`. The path of an object as a whole is
(object). An object without `kind` is a merge patch over the minimal pod; `# namespace-labels: JSON` gives its
namespace's labels. Objects are judged as `doorward check` judges a file: after the API server's own defaults.
`# beside` holds documents that stand beside the rules of the page, `# facts` what registries have from there on.
"""

import functools
import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.objects import NOW, SHOP, facts, pod, policy
from webhook.admission.decision import Decision, Verdict
from webhook.admission.facts import Namespace
from webhook.engine.decide import decide
from webhook.engine.manifest import as_request
from webhook.policy.case_facts import CaseFacts, known_images
from webhook.policy.load import load
from webhook.policy.ruleset import Ruleset
from webhook.source.path import Each, look_up, parse
from webhook.source.problem import Place
from webhook.source.shape import Problems, decode
from webhook.source.yaml import read

PAGES = sorted((Path(__file__).parents[2] / "docs/rules").glob("*.md"))
FEWEST = 4  # examples that a page must have

_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"# ([a-z-]+)(?:: (.*))?\Z")


@dataclass(frozen=True)
class Example:
    """One object on a page, the rule above it, and what is said to become of it."""

    page: str
    rule: str
    body: str
    line: int
    beside: str = ""
    facts: str = ""
    said: tuple[tuple[str, str], ...] = field(default=())

    def of(self, word: str) -> list[str]:
        return [text for said, text in self.said if said == word]

    @property
    def object(self) -> dict[str, Any]:
        obj = loaded(self.body)
        return obj if "kind" in obj else pod(obj)

    @property
    def namespace(self) -> Namespace:
        labels = json.loads(next(iter(self.of("namespace-labels")), "{}"))
        where = (self.object.get("metadata") or {}).get("namespace") or "default"
        known = SHOP.labels if where == SHOP.name and not labels else {}
        return Namespace(where, {"kubernetes.io/metadata.name": where, **known, **labels})


def loaded(text: str) -> dict[str, Any]:
    """A block's YAML as a file of manifests is read; an empty one changes nothing."""
    reading = read(text.encode(), "page.md")
    assert reading.problems == ()
    values = [document.value for document in reading.documents]
    return values[0] if values else {}


def examples(page: Path) -> list[Example]:
    text = page.read_text(encoding="utf-8")
    found: list[Example] = []
    above = {"rule": "", "beside": "", "facts": ""}
    for block in _BLOCK.finditer(text):
        lines = block[1].splitlines()
        comments = [match for line in lines if (match := _COMMENT.match(line))]
        heads = [(match[1], match[2] or "") for match in comments]
        body = "\n".join(lines[len(heads) :])
        if heads and heads[0][0] in above:
            above[heads[0][0]] = body
        else:
            line = text[: block.start()].count("\n") + 2
            found.append(Example(page.stem, body=body, line=line, said=tuple(heads), **above))
    return found


EXAMPLES = [example for page in PAGES for example in examples(page)]


def decided(example: Example) -> Decision:
    request = as_request(example.object, namespace="shop")
    known = known_images(decoded(example.facts).images) if example.facts else {}
    learned = facts(example.namespace)._replace(images=known, dialable=False)
    decision = decide(request, rules(example.rule, example.beside), learned, NOW)
    assert isinstance(decision, Decision)
    return decision


def decoded(text: str) -> CaseFacts:
    """What registries have, as a PolicyTest says it."""
    problems = Problems(lambda *_: Place("page.md", 1, 1, 1, ""))
    read_facts = decode(CaseFacts, {"images": loaded(text)}, (), problems)
    assert problems.found == []
    return read_facts


@functools.cache
def rules(rule: str, beside: str) -> Ruleset:
    indented = "\n".join(f"  {line}" if line else "" for line in rule.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        for name in re.findall(r"(?:ca|bundle): ([a-z]+/[a-z]+\.pem)", beside):
            Path(folder, name).parent.mkdir(exist_ok=True)
            Path(folder, name).write_text(name)
        Path(folder, "rules.yaml").write_text(policy("-" + indented[1:]), encoding="utf-8")
        Path(folder, "beside.yaml").write_text(beside, encoding="utf-8")
        return load([folder])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_at_least_four_examples_under_a_rule(page: Path) -> None:
    found = examples(page)
    assert len(found) >= FEWEST
    assert [one.line for one in found if not one.rule] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.page}.md:{one.line}")
def test_an_example_says_what_becomes_of_it(example: Example) -> None:
    words = {word for word, _ in example.said} - {"namespace-labels"}
    assert len(words) == 1
    assert words <= {"allowed", "denied", "mutated"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.page}.md:{one.line}")
def test_an_example_gives_the_verdict_that_it_states(example: Example) -> None:
    decision = decided(example)
    paths = [path for text in example.of("denied") for path in re.split(r", (?=[a-z])", text)]
    if not paths:
        assert decision.verdict is Verdict.ALLOWED, decision.findings
        return
    assert sorted(finding.where or "(object)" for finding in decision.findings) == sorted(paths)
    assert decision.verdict is Verdict.DENIED


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e.of("mutated")], ids=lambda one: f"{one.page}.md:{one.line}"
)
def test_an_example_becomes_what_it_states(example: Example) -> None:
    decision = decided(example)
    for text in example.of("mutated"):
        path, _, value = text.partition(" = ")
        steps = tuple(step for step in parse(path) if not isinstance(step, Each))
        assert (path, look_up(decision.object, steps)) == (path, json.loads(value))
