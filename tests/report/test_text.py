import pytest

from tests.report.findings import MANIFEST, TAG, checked, root, run, secret, tag
from webhook.admission.edits import Note
from webhook.admission.finding import Cause, Finding, Mode, Standing
from webhook.report.result import Outlook
from webhook.report.style import Style
from webhook.report.text import outcome_of, report, summary
from webhook.source.problem import Place, Problem

PLAIN = Style()
WHY = "why: A moving tag changes what runs without anybody deciding it.\nask: platform, #platform-help\n"
DOCS = "docs: https://policies.acme.example/image-tags      cluster would: "


def test_a_finding_is_told_at_the_value_in_the_authors_file() -> None:
    assert report(run(checked(tag())), PLAIN) == (
        "error[image-tag-pinned]: Images have a fixed version\n"
        '  --> deploy/web.yaml:13:16   Deployment shop/web, container "web"\n'
        "   |\n"
        "12 |       - name: web\n"
        "13 |         image: nginx:latest\n"
        '   |                ^^^^^^^^^^^^ "nginx:latest" has no fixed version\n'
        "   |\n"
        "help: use a version tag or digest, for example nginx:1.27.2\n"
        f"{WHY}{DOCS}deny\n\n"
    )


def test_what_is_missing_is_told_at_the_nearest_parent_with_the_missing_part() -> None:
    assert report(run(checked(root())), PLAIN) == (
        "error[run-as-non-root]: Containers do not run as root\n"
        "  --> deploy/web.yaml:10:5   Deployment shop/web\n"
        "   |\n"
        "10 |     spec:\n"
        "   |     ^^^^ securityContext.runAsNonRoot: missing, must be true\n"
        "   |\n"
        "help: add securityContext: {runAsNonRoot: true}\n"
        "cluster would: deny\n\n"
    )


def test_what_concerns_the_whole_object_points_at_no_value() -> None:
    unknown = tag(cause=Cause.UNAVAILABLE, path=(), container="", message="could not be decided: no labels", fix=None)
    assert report(run(checked(unknown)), PLAIN) == (
        "undecided[image-tag-pinned]: Images have a fixed version\n"
        " --> deploy/web.yaml:1:1   Deployment shop/web\n"
        "  = could not be decided: no labels\n"
        f"{WHY}{DOCS}decide it with facts that are not known here\n\n"
    )


def test_notes_are_told_after_the_findings() -> None:
    one = checked(notes=(Note(TAG.id, "the image was pinned"),))
    assert report(run(one), PLAIN) == (
        "note[image-tag-pinned]: the image was pinned\n --> deploy/web.yaml:1:1   Deployment shop/web\n\n"
    )


@pytest.mark.parametrize(
    ("finding", "level"),
    [
        (tag(), "error"),
        (tag(mode=Mode.WARN), "warning"),
        (tag(standing=Standing.OLD), "warning"),
        (tag(mode=Mode.AUDIT), "note"),
        (tag(standing=Standing.EXCEPTED, exception="legacy"), "note"),
        (tag(cause=Cause.UNAVAILABLE), "undecided"),
        (tag(cause=Cause.FAILED, mode=Mode.WARN), "undecided"),
    ],
)
def test_the_level_says_what_the_finding_does(finding: Finding, level: str) -> None:
    assert report(run(checked(finding)), PLAIN).startswith(f"{level}[image-tag-pinned]: ")


@pytest.mark.parametrize(
    ("finding", "outcome"),
    [
        (tag(), "deny"),
        (tag(mode=Mode.WARN), "warn (deny from 2027-01-10)"),
        (tag(mode=Mode.AUDIT), "allow and record it (deny from 2027-01-10)"),
        (root(mode=Mode.WARN), "warn"),
        (tag(standing=Standing.OLD), "warn (the old object had it already)"),
        (tag(standing=Standing.EXCEPTED, exception="legacy"), "allow (exception legacy, 12 days left)"),
        (tag(standing=Standing.EXCEPTED, exception="other"), "allow (exception other)"),
        (tag(cause=Cause.UNAVAILABLE), "decide it with facts that are not known here"),
        (tag(cause=Cause.FAILED), "deny, because the rule failed"),
    ],
)
def test_it_is_told_what_the_cluster_would_do(finding: Finding, outcome: str) -> None:
    ahead = Outlook({TAG.id: "2027-01-10"}, {"legacy": 12})
    assert outcome_of(finding, run(outlook=ahead)) == outcome


def test_a_secret_is_covered_in_the_line_and_absent_from_the_words() -> None:
    text = report(run(checked(secret())), PLAIN)
    assert "hunter2" not in text
    assert "16 |           value: ***************\n" in text
    assert "^^^^^^^^^^^^^^^ (not shown) is a password\n" in text


def test_a_secret_inside_a_value_on_one_line_is_covered() -> None:
    manifest = MANIFEST.replace(
        "        env:\n        - name: PASSWORD\n          value: hunter2-hunter2\n",
        "        env: [{name: PASSWORD, value: hunter2-hunter2}]\n",
    )
    entry = {"name": "PASSWORD", "value": "hunter2-hunter2"}
    finding = secret()._replace(value=entry, path=(*tag().path[:-1], "env", 0))
    assert "hunter2" not in report(run(checked(finding, manifest=manifest)), PLAIN)


def test_an_object_from_a_chart_names_the_charts_file() -> None:
    one = checked(tag())._replace(origin="web/templates/deployment.yaml")
    assert 'container "web", from web/templates/deployment.yaml\n' in report(run(one), PLAIN)


def test_rules_of_one_name_are_told_with_their_policies() -> None:
    text = report(run(checked(tag()), checked(tag(rule=TAG._replace(policy="other")))), PLAIN)
    assert "error[image-tags/image-tag-pinned]: " in text
    assert "error[other/image-tag-pinned]: " in text


def test_why_and_whom_to_ask_are_told_once_for_each_rule() -> None:
    text = report(run(checked(tag()), checked(tag(), file="deploy/other.yaml")), PLAIN)
    assert text.count("help: ") == 2
    assert text.count("why: ") == 1
    assert text.count("ask: ") == 1


def test_an_unreadable_input_is_told_first() -> None:
    broken = Problem("a key is missing", Place("bad.yaml", 3, 1, 4, ": no"), help="write it before the colon")
    assert report(run(checked(tag()), problems=(broken,)), PLAIN).startswith(
        "error: a key is missing\n --> bad.yaml:3:1\n  |\n3 | : no\n  | ^^^^\n  |\nhelp: write it before the colon\n\n"
    )


def test_nothing_found_is_nothing_said() -> None:
    assert report(run(checked()), PLAIN) == ""


def test_the_closing_line_counts() -> None:
    excepted = tag(standing=Standing.EXCEPTED, exception="legacy")
    done = run(
        checked(tag()),
        checked(tag(mode=Mode.WARN)),
        checked(tag(cause=Cause.UNAVAILABLE)),
        checked(excepted),
        outlook=Outlook({}, {"legacy": 12}),
    )
    assert summary(done, PLAIN) == (
        "Checked 4 objects in 4 files against 23 rules in 0.11 s: 1 denied, 1 warned, 1 undecided. "
        "1 exception used (expires in 12 days).\n"
    )


def test_the_closing_line_says_what_was_not_read_or_checked_and_repeats_notes() -> None:
    broken = Problem("not YAML", Place("bad.yaml", 1, 1, 1, "{"))
    done = run(problems=(broken,), notes=("the namespace is taken to be default",), files=1, rules=1)
    assert summary(done, PLAIN) == (
        "note: the namespace is taken to be default\n"
        "Checked 0 objects in 1 file against 1 rule in 0.11 s: 0 denied, 0 warned, 0 undecided. "
        "1 input could not be read. Nothing was checked.\n"
    )


def test_several_exceptions_tell_the_first_that_ends() -> None:
    used = [checked(tag(standing=Standing.EXCEPTED, exception=name)) for name in ("one", "two")]
    done = run(*used, outlook=Outlook({}, {"one": 30, "two": 1}))
    assert summary(done, PLAIN).endswith("2 exceptions used (first expires in 1 day).\n")


def test_terminal_escapes_of_users_are_never_echoed() -> None:
    manifest = MANIFEST.replace("nginx:latest", '"nginx:\\e[31mlatest" # \u202egnp')
    finding = tag(message='"nginx:\x1b[31mlatest" is odd', value="nginx:\x1b[31mlatest", container="w\x1beb")
    text = report(run(checked(finding, manifest=manifest, file="a\x1bb.yaml")), PLAIN)
    assert all(char == "\n" or ord(char) >= 32 for char in text)
    assert "\u202e" not in text
