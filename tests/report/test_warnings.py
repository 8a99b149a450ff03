import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.findings import CONTAINERS, NO_RULES, NOW, ROOT, TAG, coming, decision, root, secret, tag
from webhook.admission.edits import Note
from webhook.admission.finding import Cause, Finding, Mode, Standing
from webhook.report.warnings import audit_annotations, warnings


def warned(*findings: Finding, notes: tuple[Note, ...] = ()) -> tuple[str, ...]:
    return warnings(decision(*findings, notes=notes), NO_RULES, NOW)


def test_a_finding_that_warns_is_one_line_with_its_cure() -> None:
    line = "[image-tag-pinned] containers[0].image (web): is old. fix: use 1.27.2"
    assert warned(tag(mode=Mode.WARN, message="is old", fix="use 1.27.2")) == (line,)


def test_a_cure_that_does_not_fit_is_left_out() -> None:
    (line,) = warned(tag(mode=Mode.WARN))
    assert line == '[image-tag-pinned] containers[0].image (web): "nginx:latest" has no fixed version'


def test_the_day_from_which_it_is_denied_is_told() -> None:
    (line,) = warnings(decision(tag(mode=Mode.WARN)), coming(), NOW)
    assert line.endswith("has no fixed version; denied from 2027-01-10")


def test_the_day_is_told_even_where_the_message_has_to_be_cut() -> None:
    (line,) = warnings(decision(tag(mode=Mode.WARN, message="m" * 300)), coming(), NOW)
    assert line.endswith("m…; denied from 2027-01-10")
    assert len(line) == 120


def test_what_the_old_object_had_already_says_so() -> None:
    (line,) = warned(tag(standing=Standing.OLD, message="is old", fix=None))
    assert line == "[image-tag-pinned] containers[0].image (web): is old; was so before"


def test_what_only_warns_anyway_says_nothing_of_the_old_object() -> None:
    (line,) = warned(tag(standing=Standing.OLD, mode=Mode.WARN, message="is old", fix=None))
    assert line == "[image-tag-pinned] containers[0].image (web): is old"


def test_an_undecided_rule_that_only_warns_is_a_warning() -> None:
    unknown = tag(cause=Cause.UNAVAILABLE, mode=Mode.WARN, path=(), message="could not be decided: no labels", fix=None)
    assert warned(unknown) == ("[image-tag-pinned] could not be decided: no labels",)


def test_a_path_outside_containers_is_told_whole() -> None:
    (line,) = warned(root(mode=Mode.WARN, fix=None))
    assert line == "[run-as-non-root] spec.template.spec.securityContext.runAsNonRoot: missing, must be true"


def test_notes_come_after_findings() -> None:
    notes = (Note(ROOT.id, "the exception legacy expires on 2026-12-03"),)
    assert warned(tag(mode=Mode.WARN, message="is old", fix=None), notes=notes) == (
        "[image-tag-pinned] containers[0].image (web): is old",
        "[run-as-non-root] the exception legacy expires on 2026-12-03",
    )


def test_what_denies_is_only_recorded_or_is_excepted_is_no_warning() -> None:
    assert warned(tag(), tag(mode=Mode.AUDIT), tag(standing=Standing.EXCEPTED, exception="legacy")) == ()


def test_equal_findings_are_one_warning() -> None:
    (line,) = warned(*[tag(index, f"c{index}", mode=Mode.WARN, message="is old", fix=None) for index in range(4)])
    assert line == "[image-tag-pinned] containers[0].image (c0, c1 and 2 more containers): is old"


def test_ten_are_told_and_the_rest_is_counted() -> None:
    lines = warned(*[tag(mode=Mode.WARN, message=f"problem {index}") for index in range(14)])
    assert len(lines) == 11
    assert lines[0].startswith("[image-tag-pinned] containers[0].image (web): problem 0")
    assert lines[-1] == "and 4 more (decision 7f3c2a1b)"


def test_secrets_stay_out_of_warnings() -> None:
    assert "hunter2" not in str(warned(secret()._replace(mode=Mode.WARN)))


def test_nothing_found_is_no_warning_and_costs_nothing() -> None:
    assert warned() == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            tag,
            mode=st.just(Mode.WARN),
            message=st.text(st.characters(), max_size=300),
            fix=st.one_of(st.none(), st.text(max_size=300)),
            container=st.text(max_size=70),
            path=st.lists(st.one_of(st.text(max_size=300), st.integers(0, 99)), max_size=6).map(tuple),
        ),
        max_size=20,
    ),
    st.lists(st.builds(Note, st.just(TAG.id), st.text(max_size=400)), max_size=4),
)
def test_whatever_users_write_warnings_survive_the_api_server(findings: list[Finding], notes: list[Note]) -> None:
    lines = warnings(decision(*findings, notes=tuple(notes)), coming(), NOW)
    assert len(lines) <= 11
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert 0 < len(line) <= 256
        assert all(ord(char) >= 32 and not "\x7f" <= char <= "\x9f" for char in line)
        line.encode("utf-8")
    assert sum(map(len, lines)) < 4096


def test_a_lone_surrogate_in_a_users_value_can_still_be_sent() -> None:
    (line,) = warned(tag(mode=Mode.WARN, message="is \ud800 odd", fix=None))
    assert line == "[image-tag-pinned] containers[0].image (web): is \ufffd odd"


def test_the_audit_log_learns_rule_action_cause_and_path() -> None:
    excepted = tag(standing=Standing.EXCEPTED, exception="legacy")
    annotations = audit_annotations(decision(root(), excepted))
    assert {key: value for key, value in annotations.items() if key != "findings"} == {
        "revision": "0123456789ab",
        "verdict": "denied",
        "decision-id": "7f3c2a1b",
    }
    assert json.loads(annotations["findings"]) == [
        {
            "rule": "pod-security/run-as-non-root",
            "action": "deny",
            "cause": "violates",
            "path": "spec.template.spec.securityContext.runAsNonRoot",
        },
        {
            "rule": "image-tags/image-tag-pinned",
            "action": "audit",
            "cause": "violates",
            "path": "spec.template.spec.containers[0].image",
            "exception": "legacy",
        },
    ]


def test_annotation_keys_are_names_and_values_bounded() -> None:
    path = (*CONTAINERS, 0, "k" * 400)
    annotations = audit_annotations(decision(*[tag(index, path=path) for index in range(500)]))
    assert all(re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", key) for key in annotations)
    assert all(len(value) <= 5000 for value in annotations.values())
    found = json.loads(annotations["findings"])
    assert found[-1] == {"more": 500 - (len(found) - 1)}


def test_a_clean_decision_leaves_the_revision_and_an_unconcerned_one_nothing() -> None:
    assert audit_annotations(decision()) == {"revision": "0123456789ab"}
    assert audit_annotations(decision(matched=())) == {}
