"""Authorities and registries that rules count on: what is not declared, not used, or vouches for too much."""

import pytest

from tests.objects import policy, problems, ruleset
from tests.rule_types.evidence_rule import authority, folder, registry
from webhook.errors import RulesError
from webhook.source.problem import Level

SIGNED = "{name: signed, type: signature, by: {authorities: [ci]}}"
SCANNED = "{name: scanned, type: vulnerability-scan, by: {authorities: [trivy]}, maxSeverity: high"
CI, TRIVY = authority("ci", "build"), authority("trivy", "scan")


def wrongs(text: str) -> list[tuple[str, str, str | None]]:
    return [(str(one.level), one.message, one.help) for one in problems(text)]


def test_whoever_is_named_and_declared_with_the_right_role_is_fine() -> None:
    assert wrongs(folder(SIGNED, beside=CI + registry())) == []


def test_an_authority_that_nobody_has_declared_is_an_error_at_its_name_with_the_one_that_was_meant() -> None:
    text = folder(SIGNED.replace("[ci]", "[co]"), beside=CI + authority("ci-2", "build") + registry())
    [found, *unused] = problems(text)
    assert (found.level, found.message, found.help) == (
        Level.ERROR,
        "there is no Authority `co`",
        "did you mean `ci`?",
    )
    line = text.splitlines()[found.place.line - 1]
    assert line[found.place.column - 1 :].startswith("co]")
    assert [one.level for one in unused] == [Level.WARNING, Level.WARNING]


def test_without_a_likely_one_the_cure_is_to_declare_it() -> None:
    assert wrongs(folder(SIGNED, beside=registry())) == [
        ("error", "there is no Authority `ci`", "add an Authority called ci with `roles: [build]`")
    ]


def test_an_authority_without_the_types_role_is_an_error() -> None:
    [found] = wrongs(folder(SIGNED, beside=authority("ci", "scan") + registry()))
    assert found == (
        "error",
        "the Authority ci may not vouch for this: it has the role scan, and build is needed",
        "name one that has the role build, or give it that role",
    )


def test_those_whose_vex_counts_must_be_declared_with_the_role_scan() -> None:
    vex = SCANNED + ", vex: {authorities: [vendor]}}"
    assert [one[1] for one in wrongs(folder(vex, beside=TRIVY + registry()))] == ["there is no Authority `vendor`"]
    [found] = wrongs(folder(vex, beside=TRIVY + authority("vendor", "build") + registry()))
    assert found[1] == "the Authority vendor may not vouch for this: it has the role build, and scan is needed"
    assert wrongs(folder(vex, beside=TRIVY + authority("vendor", "scan") + registry())) == []


def test_where_nobody_is_named_somebody_must_have_the_role() -> None:
    anybody = "{name: signed, type: signature}"
    assert wrongs(folder(anybody, beside=CI + registry())) == []
    assert wrongs(folder(anybody, beside=registry())) == [
        (
            "error",
            "no Authority has the role build, so nobody could ever vouch for this",
            "add an Authority with `roles: [build]`, or name one under `by`",
        )
    ]


def test_an_authority_that_no_rule_in_force_counts_on_is_a_warning() -> None:
    assert wrongs(folder(SIGNED, beside=CI + TRIVY + registry())) == [
        (
            "warning",
            "nothing counts on trivy: no rule in force asks for evidence of it",
            "name it in an `evidence` rule, or take it away",
        )
    ]


def test_a_policy_that_is_not_in_force_may_name_whom_it_likes() -> None:
    profile = "---\napiVersion: doorward.dev/v1\nkind: Profile\nmetadata: {name: x}\nspec: {include: [other]}\n"
    other = "---\napiVersion: doorward.dev/v1\nkind: Policy\nmetadata: {name: other}\nspec:\n  title: t\n  why: w\n"
    other += "  owner: {team: t}\n  rules: [{name: r, images: {tag: {required: true}}}]\n"
    assert wrongs(folder(SIGNED, beside=profile + other)) == []


def test_one_key_in_two_roles_is_a_warning_within_a_document_and_across_two() -> None:
    both = folder(f"{SIGNED}, {SCANNED.replace('trivy', 'ci')}}}", beside=authority("ci", "build", "scan") + registry())
    assert wrongs(both) == [
        (
            "warning",
            "one key vouches for build and scan: whoever holds it needs nobody else",
            "give each role a key of its own",
        )
    ]
    shared = authority("ci", "build", key="same") + authority("trivy", "scan", key="same") + registry()
    assert wrongs(folder(f"{SIGNED}, {SCANNED}}}", beside=shared)) == [
        ("warning", "this is the key of ci too, which has the role build", "give each role a key of its own")
    ]


def test_images_on_a_host_that_nobody_may_ask_are_a_warning() -> None:
    assert wrongs(folder(SIGNED, beside=CI + registry("other.example"))) == [
        (
            "warning",
            "no Registry says how to ask registry.corp.example, so nothing can be learnt of these images",
            "add a Registry document with `host: registry.corp.example`",
        )
    ]


@pytest.mark.parametrize(("pattern", "fine"), [("**", True), ("'*.corp.example'", True), ("'*.example.com'", False)])
def test_a_glob_of_hosts_needs_one_that_it_covers(pattern: str, fine: bool) -> None:
    text = folder(SIGNED, beside=CI + registry()).replace(
        "[registry.corp.example]", f"[{pattern.replace('**', repr('**'))}]"
    )
    assert (wrongs(text) == []) is fine


def test_images_are_not_pinned_where_no_registry_is_declared() -> None:
    text = policy("- {name: r, images: {pin: digest}}")
    assert wrongs(text) == [
        (
            "warning",
            "no Registry is declared, so nobody can be asked about these images",
            "add a Registry document for each host that images come from",
        )
    ]
    assert wrongs(text + registry()) == []


def test_a_broken_registry_or_authority_is_not_told_twice() -> None:
    broken = registry().replace("registry.corp.example", "https://registry.corp.example")
    assert [one[0] for one in wrongs(folder(SIGNED, beside=CI + broken))] == ["error"]
    nobody = CI.replace("build", "bild")
    assert [one[0] for one in wrongs(folder("{name: s, type: signature}", beside=nobody + registry()))] == ["error"]


@pytest.mark.parametrize(
    ("require", "more", "message"),
    [
        (f"{SIGNED}, {SIGNED}", "", "there is another requirement `signed`"),
        ("{type: signature}", "", "`name` is missing"),
        ("{name: x}", "", "`type` is missing"),
        ("{name: x, type: vex}", "", "`vex` is not one of signature, slsa-provenance, vulnerability-scan, sbom, "),
        ("{name: x, type: signature, maxAge: 7d}", "", "unknown key `maxAge`"),
        ("{name: x, type: signature, by: {authorities: [ci], threshold: 2}}", "", "2 of 1 can never have signed"),
        ("{name: x, type: signature, by: {authorities: [ci], threshold: 0}}", "", "`threshold` must be at least 1"),
        ("{name: x, type: signature, by: {authorities: [ci, ci]}}", "", "`ci` is named twice"),
        ("{name: x, type: vulnerability-scan, maxAge: forever}", "", "forever is no age"),
        ("{name: x, type: vulnerability-scan, vex: {authorities: [a]}}", "", "nothing is forbidden that it could lift"),
        (
            "{name: x, type: vulnerability-scan, ignore: [{id: C, until: 2027-01-01, reason: r}]}",
            "",
            "nothing is forbidden that it could lift",
        ),
        (
            "{name: x, type: vulnerability-scan, maxSeverity: high, ignore: [{id: C, reason: r}]}",
            "",
            "`until` is missing",
        ),
        (
            "{name: x, type: vulnerability-scan, maxSeverity: high, ignore: [{id: C, until: 2027-01-01}]}",
            "",
            "`reason` is missing",
        ),
        ("{name: x, type: sbom, forbid: {}}", "", "nothing is forbidden"),
        ("{name: x, type: sbom, forbid: {packages: ['a:1']}}", "", "`a:1` has a version and does not say how"),
        ("{name: x, type: approval, minApprovers: 0}", "", "`minApprovers` must be at least 1"),
        (SIGNED, "subject: all", "`all` is not one of named, named-or-all-platforms"),
    ],
)
def test_what_cannot_be_meant_is_an_error_when_rules_load(require: str, more: str, message: str) -> None:
    text = folder(require, *([more] if more else []), beside="")
    with pytest.raises(RulesError):
        ruleset(text)
    assert message in " ".join(one[1] for one in wrongs(text))


@pytest.mark.parametrize(
    ("require", "more", "message"),
    [
        (SIGNED, "tags: allowed", "a tag can move after it was judged, so what runs need not be what was proven"),
        (
            SCANNED.replace("high", "critical") + "}",
            "bind: pod",
            "nothing is worse than critical, so this lets every vulnerability through",
        ),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(require: str, more: str, message: str) -> None:
    beside = (CI if "ci" in require else TRIVY) + registry()
    assert [one[:2] for one in wrongs(folder(require, more, beside=beside))] == [("warning", message)]
