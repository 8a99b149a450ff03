"""documents: which files and documents make a rules folder, and what their heads must say."""

from pathlib import Path
from typing import Any

import pytest

from tests.objects import policy, problems
from webhook.errors import InputError
from webhook.policy.documents import Folder, read_folder

RULE = "- {name: r, fields: {pod: spec.hostPID, forbidden: true}}"
GOOD = policy(RULE)


def folder_of(tmp_path: Path, **files: str) -> Folder:
    """A folder with these files; `__` in a name is a folder, `_yaml` its ending."""
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml").replace("_yml", ".yml").replace(
            "_json", ".json"
        ).replace("_md", ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_folder([str(tmp_path)])


def named(folder: Folder) -> list[tuple[str, str]]:
    return sorted((document.kind, document.name) for document in folder.documents)


def other(name: str) -> str:
    return GOOD.replace("{name: p}", f"{{name: {name}}}")


def test_every_yaml_and_json_file_below_the_folder_is_read(tmp_path: Path) -> None:
    json_text = (
        '{"apiVersion": "doorward.dev/v1", "kind": "Profile", "metadata": {"name": "j"}, "spec": {"mode": "warn"}}'
    )
    folder = folder_of(tmp_path, a_yaml=GOOD, deep__er__b_yml=other("b"), c_json=json_text, readme_md="# not: read")
    assert named(folder) == [("Policy", "b"), ("Policy", "p"), ("Profile", "j")]
    assert len(folder.files) == 3
    assert folder.problems() == ()


def test_a_kustomization_is_not_ours(tmp_path: Path) -> None:
    kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    folder = folder_of(tmp_path, kustomization_yaml=kustomization, a_yaml=GOOD)
    assert named(folder) == [("Policy", "p")]
    assert folder.problems() == ()


def test_one_file_may_hold_many_documents(tmp_path: Path) -> None:
    assert named(folder_of(tmp_path, a_yaml=f"{GOOD}---\n{other('b')}---\n")) == [("Policy", "b"), ("Policy", "p")]


def test_a_name_that_does_not_exist_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        read_folder([str(tmp_path / "nowhere")])


def test_the_fingerprint_is_of_the_bytes_and_not_of_the_names_or_places(tmp_path: Path) -> None:
    one = folder_of(tmp_path / "one", a_yaml=GOOD, b_yaml=other("b")).digest
    moved = folder_of(tmp_path / "two", z__x_yaml=GOOD, a_yaml=other("b")).digest
    changed = folder_of(tmp_path / "three", a_yaml=GOOD + "# a comment\n", b_yaml=other("b")).digest
    fewer = folder_of(tmp_path / "four", a_yaml=GOOD).digest
    assert one == moved
    assert len({one, changed, fewer}) == 3


def test_tests_beside_the_rules_do_not_change_the_fingerprint(tmp_path: Path) -> None:
    case = "apiVersion: doorward.dev/v1\nkind: PolicyTest\nmetadata: {name: t}\nspec: {policy: p}\n"
    with_test = folder_of(tmp_path / "one", a_yaml=GOOD, a_test_yaml=case)
    assert with_test.digest == folder_of(tmp_path / "two", a_yaml=GOOD).digest
    assert named(with_test) == [("Policy", "p")]
    assert named(read_folder([str(tmp_path / "one")], tests=True)) == [("Policy", "p"), ("PolicyTest", "t")]


HEAD = {"apiVersion": "doorward.dev/v1", "kind": "Profile", "metadata": "{name: x}", "spec": "{mode: warn}"}


def head(**changes: Any) -> list[tuple[int, str, str | None]]:
    """What is wrong with a Profile whose head is changed: line, message, cure."""
    lines = {**HEAD, **changes}
    text = GOOD + "---\n" + "".join(f"{key}: {value}\n" for key, value in lines.items() if value is not None)
    first = len(GOOD.splitlines()) + 1
    return [(problem.place.line - first, problem.message, problem.help) for problem in problems(text)]


def test_a_whole_head_is_right() -> None:
    assert head() == []


@pytest.mark.parametrize("key", ["apiVersion", "kind", "metadata", "spec"])
def test_every_part_of_the_head_is_needed(key: str) -> None:
    [(_, message, cure)] = head(**{key: None})
    assert message == f"`{key}` is missing"
    assert cure is not None
    assert f"{key}:" in cure


@pytest.mark.parametrize(
    ("changes", "line", "message", "cure"),
    [
        ({"apiVersion": "doorward.dev/v2"}, 1, "expected `doorward.dev/v1`", "write `apiVersion: doorward.dev/v1`"),
        ({"apiVersion": "doorward.io/v1"}, 1, "expected `doorward.dev/v1`", "write `apiVersion: doorward.dev/v1`"),
        ({"kind": "Polcy"}, 2, "`Polcy` is not one of", "did you mean `Policy`?"),
        ({"kind": "5"}, 2, "expected one of", None),
        ({"metadata": "{}"}, 3, "`name` is missing", "The document's name."),
        ({"metadata": "{name: Upper}"}, 3, "`Upper` is no name", "use lower-case letters"),
        ({"metadata": "{name: a, label: {}}"}, 3, "unknown key `label`", "did you mean `labels`?"),
        ({"status": "{}"}, 5, "unknown key `status`", None),
    ],
)
def test_a_wrong_head_is_told_at_its_line(changes: dict[str, Any], line: int, message: str, cure: str | None) -> None:
    found = head(**changes)
    assert (line, True) in [(at, text.startswith(message)) for at, text, _ in found]
    if cure:
        assert any(cure in (told or "") for _, _, told in found)


def test_a_document_of_another_tool_is_told_as_such() -> None:
    found = head(apiVersion="v1", kind="ConfigMap", spec=None, data="{a: b}")
    cures = [cure for _, message, cure in found if message == "expected `doorward.dev/v1`"]
    assert cures == ["this looks like another tool's document; keep only Doorward's documents in the rules folder"]


@pytest.mark.parametrize("text", ["- a\n- b\n", "just text\n", "5\n"])
def test_a_document_that_is_no_mapping_is_told(text: str) -> None:
    messages = [problem.message for problem in problems(f"{GOOD}---\n{text}")]
    assert messages == ["a rules document is a mapping"]


def test_two_documents_of_one_kind_and_name_are_told_with_both_places(tmp_path: Path) -> None:
    found = folder_of(tmp_path, a_yaml=GOOD, b_yaml=GOOD).problems()
    [problem] = found
    assert problem.place.file.endswith("b.yaml")
    assert "there is another Policy p at" in problem.message
    assert "a.yaml:3:" in problem.message


def test_documents_of_different_kinds_may_share_a_name(tmp_path: Path) -> None:
    profile = "apiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: p}\nspec: {mode: warn}\n"
    assert folder_of(tmp_path, a_yaml=GOOD, b_yaml=profile).problems() == ()


def test_what_is_wrong_is_told_by_file_line_and_column(tmp_path: Path) -> None:
    bad = GOOD.replace("title", "titel").replace("forbidden", "forbiden")
    found = folder_of(tmp_path, b_yaml=bad, a_yaml="- 1\n").problems()
    places = [(Path(problem.place.file).name, problem.place.line) for problem in found]
    assert places == sorted(places)
    assert places[0][0] == "a.yaml"


def test_a_file_that_is_no_yaml_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_yaml="a: [1\n", b_yaml=GOOD)
    assert named(folder) == [("Policy", "p")]
    assert len(folder.problems()) == 1


def test_files_that_hold_only_tests_are_read_with_tests_alone_and_never_where_a_rule_may_hide(tmp_path: Path) -> None:
    case = "apiVersion: doorward.dev/v1\nkind: PolicyTest\nmetadata: {name: p}\nspec: {policy: p, cases: []}\n"
    (tmp_path / "tests.yaml").write_text(case)
    (tmp_path / "mixed.yaml").write_text(
        case + "---\n{apiVersion: doorward.dev/v1, kind: Policy, metadata: {name: q}, spec: {}}\n"
    )
    (tmp_path / "block.yaml").write_text(case + "---\n" + case.replace("PolicyTest", "Policy"))
    assert [document.kind for document in read_folder([str(tmp_path)]).documents] == [
        "PolicyTest",
        "Policy",
        "PolicyTest",
        "Policy",
    ]
    assert len(read_folder([str(tmp_path)], tests=True).documents) == 5
