from xml.etree import ElementTree

import pytest

from tests.report.findings import TAG, checked, root, run, secret, tag
from webhook.admission.edits import Note
from webhook.admission.finding import Cause, Finding, Mode, Standing
from webhook.report.junit import report
from webhook.report.result import FailOn, Run
from webhook.source.problem import Level, Place, Problem

LINE = (
    "deploy/web.yaml:13:16 [image-tags/image-tag-pinned] spec.template.spec.containers[0].image (web): "
    '"nginx:latest" has no fixed version. fix: use a version tag or digest, for example nginx:1.27.2'
)


def told(done: Run, fail_on: FailOn = FailOn.DENY) -> ElementTree.Element:
    """The document, whose counts are those of its cases."""
    suites = ElementTree.fromstring(report(done, fail_on))
    assert suites.tag == "testsuites"
    for level in (suites, *suites):
        cases = list(level.iter("testcase"))
        assert level.get("tests") == str(len(cases))
        assert level.get("failures") == str(sum(case.find("failure") is not None for case in cases))
    return suites


def test_an_object_that_is_denied_is_a_failure_with_its_findings() -> None:
    (suite,) = told(run(checked(tag(), root())))
    assert (suite.tag, suite.get("name")) == ("testsuite", "deploy/web.yaml")
    (case,) = suite
    assert (case.get("classname"), case.get("name")) == ("deploy/web.yaml", "Deployment shop/web")
    (failure,) = case
    assert (failure.tag, failure.get("type")) == ("failure", "violates")
    assert failure.get("message") == "image-tags/image-tag-pinned, pod-security/run-as-non-root"
    assert (failure.text or "").splitlines()[0] == LINE


def test_an_object_that_is_allowed_is_an_empty_case() -> None:
    ((case,),) = told(run(checked()))
    assert list(case) == []


@pytest.mark.parametrize(
    ("finding", "fail_on", "tag_"),
    [
        (tag(mode=Mode.WARN), FailOn.DENY, "system-out"),
        (tag(mode=Mode.WARN), FailOn.WARN, "failure"),
        (tag(mode=Mode.AUDIT), FailOn.WARN, "system-out"),
        (tag(mode=Mode.AUDIT), FailOn.AUDIT, "failure"),
        (tag(standing=Standing.EXCEPTED, exception="legacy"), FailOn.AUDIT, "system-out"),
        (tag(cause=Cause.UNAVAILABLE), FailOn.DENY, "error"),
        (tag(cause=Cause.FAILED), FailOn.DENY, "error"),
    ],
)
def test_a_case_fails_where_the_exit_code_does(finding: Finding, fail_on: FailOn, tag_: str) -> None:
    ((case,),) = told(run(checked(finding)), fail_on)
    assert [element.tag for element in case] == [tag_]


def test_warnings_and_notes_stand_in_the_output() -> None:
    ((case,),) = told(run(checked(tag(mode=Mode.WARN), notes=(Note(TAG.id, "an image was pinned"),))))
    assert case.findtext("system-out") == f"warn: {LINE}\nnote: [image-tags/image-tag-pinned] an image was pinned"


def test_an_unreadable_input_is_an_error_and_a_warning_about_one_is_not() -> None:
    broken = Problem("not YAML", Place("bad.yaml", 3, 1, 1, "{"), help="close the brace")
    suites = told(run(problems=(broken, Problem("odd", Place("odd.yaml", 1, 1, 1, "x"), Level.WARNING))))
    assert suites.get("errors") == "1"
    ((case,),) = suites
    assert case.get("name") == "bad.yaml:3"
    error = case.find("error")
    assert error is not None
    assert (error.get("type"), error.text) == ("unreadable", "bad.yaml:3:1: not YAML (close the brace)")


def test_objects_of_one_file_are_one_suite() -> None:
    suites = told(run(checked(), checked(tag()), checked(file="other.yaml")))
    assert [(suite.get("name"), suite.get("tests")) for suite in suites] == [
        ("deploy/web.yaml", "2"),
        ("other.yaml", "1"),
    ]


def test_whatever_users_write_the_document_stays_well_formed() -> None:
    odd = tag(message='<&"]]>\x00\x1b\ud800\ufffe\n', container="<w&>", fix="\x0c</failure>")
    ((case,),) = told(run(checked(odd, file="<&>.yaml")))
    failure = case.find("failure")
    assert failure is not None
    assert '(<w&>): <&"]]>' in (failure.text or "")


def test_secrets_stay_out() -> None:
    assert "hunter2" not in report(run(checked(secret())))
