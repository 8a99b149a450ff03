"""Files that nobody should have written: each is told in one place and one sentence, and never as a trace."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands.checking import FORMATS, Check
from tests.objects import pod, policy, workload

GOOD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {team: shop}
spec:
  containers:
  - name: web
    image: registry.corp.example/shop/web:1.4.2
"""
BAD = GOOD.replace("registry.corp.example/shop/web:1.4.2", "nginx:latest")


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.chdir(tmp_path)
    return Check(tmp_path, capsys)


def in_json(obj: Any) -> str:
    return json.dumps(obj)


def good(patch: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    """A pod that keeps the rules, in plain data."""
    return pod({"metadata": {"labels": {"team": "shop"}}, **(patch or {})}, **container)


# What is no manifest


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n# comments\n", "---\n---\n# nothing\n---\n", "\ufeff", "   \n"])
def test_a_file_that_says_nothing_is_nothing_checked(check: Check, text: str) -> None:
    outcome = check.of(text)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.endswith("Nothing was checked.\n")


def test_a_directory_without_manifests_is_nothing_checked(check: Check) -> None:
    (check.folder / "chart" / "deep").mkdir(parents=True)
    (check.folder / "chart" / "README.md").write_text("kind: Pod\n")
    outcome = check("chart")
    assert outcome.code == 3
    assert outcome.err.startswith("Checked 0 objects in 0 files ")
    assert outcome.err.endswith("Nothing was checked.\n")


@pytest.mark.parametrize(
    ("content", "line", "column", "words", "cure"),
    [
        (b"\x7fELF" + bytes(range(256)) * 40, 1, 1, "this is a binary file, neither YAML nor JSON", ""),
        (b"\x89PNG\r\n\x1a\n" + b"\0\1\2\3" * 500, 1, 1, "this is a binary file, neither YAML nor JSON", ""),
        (GOOD.encode("utf-16"), 1, 1, "the file is UTF-16 or UTF-32 text", "save it as UTF-8"),
        (GOOD.replace("web", "caf\xe9").encode("latin-1"), 4, 12, "byte 0xe9 is not UTF-8", "save the file as UTF-8"),
        (GOOD.replace("  name: web", "\tname: web"), 4, 1, "a tab cannot indent YAML", "use spaces"),
        (
            GOOD.replace("name: web", "name: {{ .Values.name }}"),
            4,
            9,
            "this looks like a Helm template, which is no YAML until it is rendered",
            "check what Helm makes of it: helm template CHART | doorward check -",
        ),
        (
            GOOD + "{{- if .Values.debug }}\n  hostNetwork: true\n{{- end }}\n",
            11,
            1,
            "this looks like a Helm template, which is no YAML until it is rendered",
            "check what Helm makes of it: helm template CHART | doorward check -",
        ),
        ("- just\n- a list\n", 1, 1, "this is no Kubernetes object", "an object is a mapping with"),
        ("name: web\n", 1, 1, "this is no Kubernetes object: `apiVersion` is missing", "add `apiVersion:`"),
        ("apiVersion: v1\nkind: 7\n", 1, 1, "this is no Kubernetes object: `kind` is missing", "add `kind:`"),
        ("apiVersion: v1\nkind: Pod\nmetadata: web\n", 1, 1, "`metadata` must be a mapping", "such as metadata:"),
        (GOOD + "kind: Pod\n", 11, 1, "duplicate key 'kind': it stands at line 2", "remove one of the two"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place_with_the_cure(
    check: Check, content: str | bytes, line: int, column: int, words: str, cure: str
) -> None:
    outcome = check.of(content)
    assert outcome.code == 2
    assert outcome.out.startswith(f"error: {words}")
    assert f"--> a.yaml:{line}:{column}\n" in outcome.out
    assert f"help: {cure}" in outcome.out if cure else "help:" not in outcome.out
    assert "1 input could not be read." in outcome.err


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "a: &a {x: 1, y: 2}\n" + "".join(
    f"{name}: &{name}\n" + "".join(f"  {key}: {{<<: *{before}}}\n" for key in "pqrstuvw")
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("bomb", [BOMB, MERGED])
def test_a_yaml_bomb_is_told_and_not_expanded(check: Check, bomb: str) -> None:
    outcome = check.of(GOOD + "---\n" + bomb)
    assert outcome.code == 2
    assert "error: the aliases stand for more than 100,000 values" in outcome.out
    assert outcome.err.startswith("Checked 1 object in 1 file ")


@pytest.mark.parametrize("opening", ["[", "{a: ", '{"a":', "- "])
def test_nesting_without_end_is_told(check: Check, opening: str) -> None:
    outcome = check.of(opening * 50_000)
    assert outcome.code == 2
    assert len(outcome.out) < 10_000


def test_a_name_that_does_not_exist_is_told_with_the_one_that_was_meant(check: Check) -> None:
    check.file(GOOD, "deployment.yaml")
    outcome = check("deploymnet.yaml")
    assert outcome.code == 2
    assert outcome.err == "doorward: error: deploymnet.yaml does not exist: did you mean deployment.yaml?\n"


def test_links_that_lead_in_circles_end(check: Check) -> None:
    (check.folder / "tree" / "inner").mkdir(parents=True)
    (check.folder / "tree" / "inner" / "again").symlink_to("..", target_is_directory=True)
    check.file(GOOD, "tree/a.yaml")
    assert (check("tree").code, check("tree").err[:27]) == (0, "Checked 1 object in 1 file ")


@pytest.mark.parametrize(
    ("target", "words"),
    [("a.yaml", "too many levels of symbolic links"), ("gone.yaml", "the link points to nothing")],
)
def test_a_link_that_leads_nowhere_is_told(check: Check, target: str, words: str) -> None:
    (check.folder / "a.yaml").symlink_to(target)
    outcome = check("a.yaml")
    assert outcome.code == 2
    assert outcome.out.startswith(f"error: a.yaml: {words}")


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(check: Check) -> None:
    os.mkfifo(check.folder / "a.yaml")
    check.file(GOOD, "b.yaml")
    outcome = check(".", "--policies", "policies")
    assert outcome.code == 2
    assert "error: a.yaml: not a regular file: send its content to standard input and pass -" in outcome.out


@contextmanager
def without_the_rights_of_root() -> Iterator[None]:
    """Root may read everything; whoever else runs the tests may not anyway."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was == 0:
            os.seteuid(0)


def test_what_may_not_be_read_is_told_and_the_rest_is_checked(check: Check) -> None:
    (check.folder / "secret").mkdir()
    for name in ("a.yaml", "b.yaml", "secret/c.yaml"):
        check.file(GOOD, name)
    assert check("a.yaml").code == 0  # and everything that it takes is imported
    check.folder.chmod(0o755)
    (check.folder / "b.yaml").chmod(0)
    (check.folder / "secret").chmod(0)
    with without_the_rights_of_root():
        outcome = check("a.yaml", "b.yaml", "secret")
    (check.folder / "secret").chmod(0o755)
    assert outcome.code == 2
    told = "permission denied: check the file's and its folders' permissions"
    assert f"error: b.yaml: {told}" in outcome.out
    assert f"error: secret: {told}" in outcome.out
    assert outcome.err.startswith("Checked 1 object in 3 files ")


# What is a manifest all the same


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("name: web\n", "name: web\t# a tab\n"),
        "# a comment\n---\n" + GOOD + "---\n# nothing more\n",
        in_json(good()),
        "\ufeff" + in_json(good()),
    ],
)
def test_a_file_that_is_only_written_oddly_is_checked(check: Check, text: str) -> None:
    outcome = check.of(text)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith("Checked 1 object in 1 file ")


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_finding_stands_at_its_line_and_column_whatever_the_line_ends(check: Check, line_end: str) -> None:
    outcome = check.of("\ufeff" + BAD.replace("\n", line_end))
    assert outcome.code == 1
    assert "--> a.yaml:10:12 " in outcome.out
    assert "10 |     image: nginx:latest\n   |            ^^^^^^^^^^^^ " in outcome.out


def test_the_findings_of_many_documents_stand_where_each_of_them_is(check: Check) -> None:
    outcome = check.of(GOOD + "---\n" + BAD + "---\n: [\n---\n" + BAD)
    assert outcome.code == 2
    assert [line.split()[1] for line in outcome.out.splitlines() if line.lstrip().startswith("-->")] == [
        "a.yaml:23:1",
        *("a.yaml:21:12", "a.yaml:21:12"),
        *("a.yaml:34:12", "a.yaml:34:12"),
    ]


def test_the_findings_of_a_lists_items_stand_at_the_items(check: Check) -> None:
    item = "".join(f"  {line}\n" for line in BAD.splitlines()).replace("  ", "- ", 1)
    outcome = check.of(f"apiVersion: v1\nkind: List\nitems:\n{item}{item}", "-o", "json")
    assert outcome.code == 1
    found = [
        (one["line"], one["column"], one["path"])
        for result in json.loads(outcome.out)["objects"]
        for one in result["findings"]
    ]
    assert found == [(13, 14, "spec.containers[0].image")] * 2 + [(23, 14, "spec.containers[0].image")] * 2


def test_an_item_that_is_no_object_hides_no_other(check: Check) -> None:
    items: list[Any] = [7, None, "pod", {"kind": "List", "items": [good()]}, []]
    listed = {"apiVersion": "v1", "kind": "List", "items": items}
    outcome = check.of(in_json(listed))
    assert outcome.code == 2
    assert outcome.out.count("error: this is no Kubernetes object") == 4
    assert outcome.err.startswith("Checked 1 object in 1 file ")


@pytest.mark.parametrize("containers", [None, []])
def test_a_pod_without_containers_has_no_bad_ones(check: Check, containers: Any) -> None:
    assert check.of(in_json({**good(), "spec": {"containers": containers}})).code == 0


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        ({**good(), "spec": "none"}, "spec"),
        ({**good(), "spec": {"containers": "web"}}, "spec.containers"),
        ({**good(), "spec": {"containers": ["web"]}}, "spec.containers[0]"),
        ({**good(), "spec": {"containers": {"web": {}}}}, "spec.containers"),
        ({**good(), "spec": {"containers": [], "volumes": 7}}, "spec.volumes"),
        (good(image=7), "spec.containers[0].image"),
        ({**workload("Deployment"), "spec": []}, "spec"),
        ({**workload("CronJob"), "spec": {"jobTemplate": 7}}, "spec.jobTemplate"),
    ],
)
def test_wrong_types_in_a_pod_are_denied_at_their_place(check: Check, obj: dict[str, Any], path: str) -> None:
    outcome = check.of(in_json(obj), "-o", "json")
    assert outcome.code == 1
    [result] = json.loads(outcome.out)["objects"]
    assert [(one["rule"], one["path"]) for one in result["findings"]] == [("doorward/object-shape", path)]


@pytest.mark.parametrize(
    "metadata",
    [
        *({"name": 7}, {"name": ["a"]}, {"namespace": 7}, {"namespace": None}, {"labels": ["a"]}, {"labels": "a"}),
        *({"labels": {"team": 7}}, {"annotations": 7}, {"generateName": 7}, {"ownerReferences": "a"}),
    ],
)
@pytest.mark.parametrize("kind", ["Pod", "Namespace", "Deployment", "Widget"])
@pytest.mark.parametrize("form", FORMATS)
def test_metadata_of_another_shape_is_checked_and_told(
    check: Check, metadata: dict[str, Any], kind: str, form: str
) -> None:
    inner: dict[str, Any] = {"spec": {"template": {}, "containers": []}} if kind != "Namespace" else {}
    check.of(in_json({"apiVersion": "v1", "kind": kind, "metadata": metadata, **inner}), "-o", form)


# Hostile values

ESCAPES = "\x1b[2J\x1b]0;owned\x07\r\x9b31m\u202e\u2028\x00"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("extra", [(), ("--diff",)])
def test_terminal_escapes_are_never_echoed_raw(check: Check, form: str, extra: tuple[str, ...]) -> None:
    check.rules(
        policy(
            "- {name: ours, images: {from: [registry.corp.example]}}\n"
            "- {name: keys, metadata: {labels: {team: {pattern: a}}, annotations: {'*': {pattern: b}}}}\n"
            "- {name: env, fields: {container: 'env[*].name', pattern: c}}\n"
            "- {name: own, message: 'no {value} in {container} of {name}', fields: {container: image, equals: d}}\n"
            "- {name: fill, defaults: {default: {pod: {hostUsers: false}}}}"
        )
    )
    hostile = good(
        {
            "metadata": {
                "name": f"web{ESCAPES}",
                "namespace": f"shop{ESCAPES}",
                "labels": {"team": ESCAPES},
                "annotations": {f"key{ESCAPES}": ESCAPES},
            }
        },
        name=f"web{ESCAPES}",
        image=f"evil.example/{ESCAPES}:1",
        env=[{"name": ESCAPES, "value": ESCAPES}],
    )
    outcome = check.of(in_json(hostile), "-o", form, *extra)
    assert outcome.code == 1
    assert not set(outcome.text) & set("\x1b\x07\r\x9b\u202e\u2028\x00")


@pytest.mark.parametrize("form", FORMATS)
def test_a_files_name_is_never_echoed_raw(check: Check, form: str) -> None:
    name = check.file(BAD, "a\x1b[2J\x9b\r\u202e.yaml")
    broken = check.file("{", "b\x1b[2J\x9b\r\u202e.yaml")
    outcome = check(name, broken, "-o", form)
    assert outcome.code == 2
    assert not set(outcome.text) & set("\x1b\x9b\r\u202e")
    assert not set(check("c\x1b[2J.yaml").text) & set("\x1b\x9b\r\u202e")


def test_an_image_name_in_unicode_is_refused_in_words_that_show_it(check: Check) -> None:
    outcome = check.of(in_json(good(image="registry.c\u043erp.example/shop/web:1.4.2")))
    assert outcome.code == 1
    assert 'it contains "\u043e" (U+043E)' in outcome.out


@pytest.mark.parametrize("form", FORMATS)
def test_a_thousand_containers_are_checked(check: Check, form: str) -> None:
    many = [{"name": f"c{number}", "image": "nginx:latest"} for number in range(1000)]
    outcome = check.of(in_json(good({"spec": {"containers": many}})), "-o", form)
    assert outcome.code == 1
    if form == "json":
        [result] = json.loads(outcome.out)["objects"]
        assert len(result["findings"]) == 2000


@pytest.mark.parametrize("form", FORMATS)
def test_an_annotation_of_256_kilobytes_is_not_echoed(check: Check, form: str) -> None:
    check.rules(policy('- {name: r, metadata: {annotations: {notes: {pattern: "[a-z]+!"}}}}'))
    outcome = check.of(in_json(good({"metadata": {"annotations": {"notes": "x" * 256 * 1024}}})), "-o", form)
    assert outcome.code == 1
    if form != "json":  # where the object after mutation stands whole
        assert len(outcome.out) < 10_000


def test_a_manifest_of_ten_megabytes_is_checked(check: Check) -> None:
    line = '    notes-{}: "' + "x" * 1000 + '"\n'
    text = BAD.replace("spec:", "  annotations:\n" + "".join(line.format(number) for number in range(10_000)) + "spec:")
    outcome = check.of(text)
    assert outcome.code == 1
    assert "--> a.yaml:10011:12 " in outcome.out


def test_combinations_without_end_are_a_failed_rule_and_no_endless_wait(check: Check) -> None:
    check.rules(policy('- {name: r, fields: {container: "env[*].name", notIn: {container: "volumeMounts[*].name"}}}'))
    env = [{"name": f"E{number}"} for number in range(3000)]
    mounts = [{"name": f"m{number}", "mountPath": "/m"} for number in range(3000)]
    outcome = check.of(in_json(good(env=env, volumeMounts=mounts)))
    assert outcome.code == 2
    assert "could not be checked: `env[*].name` leads to more than 100000 places in this object" in outcome.out


@pytest.mark.parametrize("amount", ["1e1000000000", "9" * 10_000, "-1e99999Ki", "0x10", "\u0661"])
def test_a_quantity_that_nobody_can_compute_is_refused_without_computing_it(check: Check, amount: str) -> None:
    check.rules(policy("- {name: r, resources: {memory: {limit: {required: true, max: 1Gi}}}}"))
    outcome = check.of(in_json(good(resources={"limits": {"memory": amount}})))
    assert outcome.code == 1
    assert len(outcome.out) < 2_000
    assert check.of(in_json(good(resources={"limits": {"memory": "1e-1000000000"}}))).code == 0  # rounded up to 1n


def test_an_expression_that_others_would_backtrack_on_is_answered(check: Check) -> None:
    check.rules(policy('- {name: r, metadata: {labels: {a: {pattern: "(a+)+$"}}}}'))
    assert check.of(in_json(good({"metadata": {"labels": {"a": "a" * 100_000 + "b"}}}))).code == 1


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 400, "NaN", ".inf", "0x" + "f" * 100, "1_000_000"])
def test_any_number_in_a_file_is_read_or_told(check: Check, number: str) -> None:
    assert check.of(GOOD + f"  activeDeadlineSeconds: {number}\n").code in (0, 2)
    check.of(in_json(good()).replace('"spec": {', f'"spec": {{"activeDeadlineSeconds": {number}, '))


def test_a_rule_that_breaks_is_told_as_failed_and_is_no_clean_run(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError("secret thing")

    monkeypatch.setattr("webhook.rule_types.images.quote", broken)
    outcome = check.of(BAD)
    assert outcome.code == 2
    assert "could not be checked: the rule broke on this object, which is our fault" in outcome.out
    assert "secret thing" not in outcome.text


# As a user runs it


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """`doorward check` in a process of its own."""
    command = [sys.executable, "-m", "webhook", "check", *arguments]
    home = str(Path(__file__).parent.parent.parent)
    return subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": home}
    )


@pytest.mark.parametrize(
    ("stdin", "code"),
    [
        (b"", 3),
        (GOOD.encode(), 0),
        (BAD.encode(), 1),
        (b"\xff\xfe\0", 2),
        (b"\x1b[31m", 2),
        (b"\0" * 1000, 2),
        (b"{" * 100_000, 2),
    ],
)
def test_standard_input_is_read_like_a_file(check: Check, stdin: bytes, code: int) -> None:
    done = run(check.folder, "-", stdin=stdin)
    assert done.returncode == code
    assert b"Traceback" not in done.stdout + done.stderr
    assert b"\x1b" not in done.stdout + done.stderr


def test_whoever_stops_reading_is_no_fault(check: Check) -> None:
    many = [{"name": f"c{number}", "image": "nginx:latest"} for number in range(1000)]
    check.file(in_json(good({"spec": {"containers": many}})))
    home = str(Path(__file__).parent.parent.parent)
    done = subprocess.run(
        f"{sys.executable} -m webhook check a.yaml | head -1",
        shell=True,
        cwd=check.folder,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": home},
    )
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr
