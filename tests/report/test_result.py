import pytest

from tests.report.findings import NO_RULES, NOW, TAG, checked, coming, pinned, root, run, tag
from webhook.admission.edits import Note
from webhook.admission.finding import Cause, Finding, Mode, Standing
from webhook.report.result import FailOn, Outlook, exit_code, outlook, tally, told_from
from webhook.source.problem import Level, Place, Problem

UNREADABLE = Problem("not YAML", Place("a.yaml", 1, 1, 1, "{"))

DENIED = tag()
WARNED = tag(mode=Mode.WARN)
AUDITED = tag(mode=Mode.AUDIT)
OLD = tag(standing=Standing.OLD)
EXCEPTED = tag(standing=Standing.EXCEPTED, exception="legacy")
UNKNOWN = tag(cause=Cause.UNAVAILABLE)
UNKNOWN_WARNED = tag(cause=Cause.UNAVAILABLE, mode=Mode.WARN)
FAILED = tag(cause=Cause.FAILED)


@pytest.mark.parametrize(
    ("findings", "deny", "warn", "audit"),
    [
        ((), 0, 0, 0),
        ((DENIED,), 1, 1, 1),
        ((WARNED,), 0, 1, 1),
        ((OLD,), 0, 1, 1),
        ((AUDITED,), 0, 0, 1),
        ((EXCEPTED,), 0, 0, 0),
        ((UNKNOWN,), 3, 3, 3),
        ((UNKNOWN_WARNED,), 0, 3, 3),
        ((FAILED,), 2, 2, 2),
        ((DENIED, UNKNOWN), 1, 1, 1),
        ((DENIED, FAILED), 2, 2, 2),
        ((WARNED, UNKNOWN), 3, 1, 1),
    ],
)
def test_the_exit_code_follows_what_the_findings_would_do(
    findings: tuple[Finding, ...], deny: int, warn: int, audit: int
) -> None:
    codes = [exit_code(run(checked(*findings)), fail_on) for fail_on in FailOn]
    assert codes == [deny, warn, audit]


def test_an_unreadable_input_is_2_even_beside_findings() -> None:
    assert exit_code(run(checked(DENIED), problems=(UNREADABLE,))) == 2


def test_a_warning_about_an_input_does_not_fail_the_check() -> None:
    assert exit_code(run(checked(), problems=(UNREADABLE._replace(level=Level.WARNING),))) == 0


def test_nothing_checked_is_3() -> None:
    assert exit_code(run()) == 3


def test_a_check_without_rules_is_3() -> None:
    assert exit_code(run(checked(), rules=0)) == 3


def test_each_object_is_counted_by_its_worst_outcome() -> None:
    noted = checked(notes=(Note(TAG.id, "an image was pinned"),))
    counted = tally(run(checked(DENIED, WARNED), checked(WARNED), checked(UNKNOWN), checked(AUDITED), pinned(noted)))
    assert (counted.denied, counted.warned, counted.undecided, counted.changed) == (1, 2, 1, 1)


def test_exceptions_that_were_used_are_named_once() -> None:
    assert run(checked(EXCEPTED), checked(EXCEPTED, root())).exceptions_used() == ("legacy",)


def test_the_outlook_knows_when_rules_begin_to_deny_and_when_exceptions_end() -> None:
    assert outlook(coming(), NOW) == Outlook({TAG.id: "2027-01-10"}, {"legacy": 12})
    assert outlook(NO_RULES, NOW) == Outlook()


@pytest.mark.parametrize(
    ("file", "root_", "cwd", "name"),
    [
        ("deploy/web.yaml", "", "", "deploy/web.yaml"),
        ("./deploy/web.yaml", "", "", "deploy/web.yaml"),
        ("web.yaml", "/repo", "/repo/deploy", "deploy/web.yaml"),
        ("../web.yaml", "/repo", "/repo/deploy", "web.yaml"),
        ("/repo/deploy/web.yaml", "/repo", "/repo", "deploy/web.yaml"),
        ("/elsewhere/web.yaml", "/repo", "/repo", "../elsewhere/web.yaml"),
    ],
)
def test_a_file_is_told_relative_to_the_repository(file: str, root_: str, cwd: str, name: str) -> None:
    assert told_from(file, root_, cwd) == name
