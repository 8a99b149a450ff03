"""exceptions: to whom they apply, how long they hold, and what must be said for one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.objects import decided, pod, policy, problems, request, ruleset, workload
from webhook.admission.finding import Standing
from webhook.admission.request import GroupKind, Operation, Request
from webhook.policy.exceptions import Exemption, workload_name

RULES = policy(
    "- {name: no-latest, images: {tag: {forbid: [latest]}}}\n"
    "- {name: pids, fields: {pod: spec.hostPID, forbidden: true}}"
)
LATEST = "registry.corp.example/web:latest"


def exception(**changes: str | None) -> str:
    """An Exception document; `match` and every other key as YAML text, None leaves one out."""
    spec = {
        "rules": "[p/no-latest]",
        "match": "{namespaces: {include: [shop]}}",
        "reason": "being rebuilt",
        "owner": "team-shop",
        "granted": "2026-11-01",
        "expires": "2027-01-31",
        **changes,
    }
    body = "".join(f"  {key}: {value}\n" for key, value in spec.items() if value is not None)
    return f"---\napiVersion: doorward.dev/v1\nkind: Exception\nmetadata: {{name: legacy}}\nspec:\n{body}"


def exemption(**changes: str | None) -> Exemption:
    compiled = ruleset(RULES + exception(**changes))
    return next(one for rule in compiled.rules for one in rule.exemptions)


def said(text: str) -> list[tuple[str, str | None]]:
    return [(problem.message, problem.help) for problem in problems(text)]


# how long


@pytest.mark.parametrize(
    ("moment", "expired", "soon"),
    [
        (datetime(2027, 1, 17, 23, 59, 59, tzinfo=UTC), False, False),
        (datetime(2027, 1, 18, tzinfo=UTC), False, True),
        (datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC), False, True),
        (datetime(2027, 2, 1, tzinfo=UTC), True, False),
    ],
)
def test_an_exception_holds_to_the_end_of_its_last_day_and_warns_for_fourteen_days(
    moment: datetime, expired: bool, soon: bool
) -> None:
    one = exemption()
    assert (one.expired(moment), one.expires_soon(moment)) == (expired, soon)


def test_the_end_of_the_day_is_that_of_utc() -> None:
    new_york = datetime.fromisoformat("2027-01-31T19:00:00-05:00")
    assert exemption().expired(new_york)
    assert not exemption().expired(new_york - timedelta(seconds=1))


def test_of_several_exceptions_the_one_that_holds_longest_counts() -> None:
    late = exception().replace("name: legacy", "name: late")
    for documents in (exception(expires="2026-11-05") + late, late + exception(expires="2026-11-05")):
        [finding] = decided(RULES + documents, pod(image=LATEST)).findings
        assert (finding.standing, finding.exception) == (Standing.EXCEPTED, "late")


# to whom


@pytest.mark.parametrize(
    ("match", "metadata", "covered"),
    [
        ("{namespaces: {include: [shop]}}", {"namespace": "shop"}, True),
        ("{namespaces: {include: [shop]}}", {"namespace": "shop-2"}, False),
        ('{namespaces: {include: ["shop-*"]}}', {"namespace": "shop-2"}, True),
        ('{namespaces: {include: ["*"], exclude: [pay]}}', {"namespace": "pay"}, False),
        ("{namespaces: {include: [shop]}, names: {include: [web]}}", {"name": "web"}, True),
        ("{namespaces: {include: [shop]}, names: {include: [web]}}", {"name": "web-2"}, False),
        ('{namespaces: {include: [shop]}, names: {include: ["web-*"]}}', {"name": "web-2"}, True),
        ("{namespaces: {include: [shop]}, names: {exclude: [web]}}", {"name": "web"}, False),
    ],
)
def test_an_exception_is_for_its_namespaces_and_names(match: str, metadata: dict[str, Any], covered: bool) -> None:
    assert exemption(match=match).covers(request(pod({"metadata": metadata}))) is covered


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({"generateName": "web-7d4b9c8f5d-", "name": "web-7d4b9c8f5d-x2x9z"}, "web"),
        ({"generateName": "web-7d4b9c8f5d-"}, "web"),
        ({"generateName": "web-"}, "web"),
        ({"generateName": "my-web-app-"}, "my-web-app"),
        ({"generateName": "web-28999aaa-"}, "web-28999aaa"),
        ({"generateName": "", "name": "web"}, "web"),
        ({"name": "web"}, "web"),
        ({}, ""),
        ("text", ""),
        ({"generateName": 5, "name": "web"}, "web"),
    ],
)
def test_a_pod_counts_by_its_workloads_name(metadata: Any, name: str) -> None:
    obj = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    assert workload_name(Request(GroupKind("", "Pod"), Operation.CREATE, obj)) == name


def test_an_exception_for_a_workloads_name_holds_for_the_workload_and_its_pods() -> None:
    rules = RULES + exception(match="{namespaces: {include: [shop]}, names: {include: [web]}}")
    template = {"spec": {"containers": [{"name": "web", "image": LATEST}]}}
    generated = {"metadata": {"name": "web-7d4b9c8f5d-x2x9z", "generateName": "web-7d4b9c8f5d-"}}
    for obj in (workload("Deployment", template), pod(generated, image=LATEST)):
        assert [f.standing for f in decided(rules, obj).findings] == [Standing.EXCEPTED]


# to what


@pytest.mark.parametrize(
    ("names", "excused"),
    [
        ("[p/no-latest]", {"no-latest"}),
        ("[p]", {"no-latest", "pids"}),
        ("[p/no-latest, p/pids]", {"no-latest", "pids"}),
    ],
)
def test_an_exception_is_for_the_rules_or_policies_that_it_names(names: str, excused: set[str]) -> None:
    decision = decided(RULES + exception(rules=names), pod({"spec": {"hostPID": True}}, image=LATEST))
    assert {f.rule.name for f in decision.findings if f.standing is Standing.EXCEPTED} == excused
    assert {f.rule.name for f in decision.findings} == {"no-latest", "pids"}


IMAGES = "{namespaces: {include: [shop]}, images: [docker.io/acme]}"


@pytest.mark.parametrize(
    ("image", "excused"),
    [
        ("acme/web:latest", True),
        ("docker.io/acme/web:latest", True),
        ("docker.io/acme-evil/web:latest", False),
        ("quay.io/acme/web:latest", False),
        ("Not A Reference", False),
    ],
)
def test_an_exception_for_images_is_for_those_images(image: str, excused: bool) -> None:
    assert exemption(match=IMAGES).excuses_image(image) is excused


def test_an_exception_for_images_excuses_no_finding_about_the_pod() -> None:
    obj = pod({"spec": {"hostPID": True}}, image="acme/web:latest")
    decision = decided(RULES + exception(rules="[p]", match=IMAGES), obj)
    assert {f.rule.name: f.standing for f in decision.findings} == {
        "no-latest": Standing.EXCEPTED,
        "pids": Standing.NEW,
    }


def test_an_exception_for_images_looks_at_image_volumes_too() -> None:
    volumes = [
        {"name": "a", "image": {"reference": "acme/model:latest"}},
        {"name": "b", "image": {"reference": "quay.io/model:latest"}},
    ]
    decision = decided(RULES + exception(match=IMAGES), pod({"spec": {"volumes": volumes}}))
    assert {f.where: f.standing for f in decision.findings} == {
        "spec.volumes[0].image.reference": Standing.EXCEPTED,
        "spec.volumes[1].image.reference": Standing.NEW,
    }


REWRITES = "\n- name: mirror\n  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}"


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": [{"name": "a", "image": "acme/web:latest"}]},
        {"volumes": [{"name": "a", "image": {"reference": "acme/web:latest"}}], "containers": []},
    ],
)
def test_an_exception_for_images_looks_at_the_image_as_it_was_submitted(spec: dict[str, Any]) -> None:
    rules = policy("- name: no-latest\n  images: {tag: {forbid: [latest]}}" + REWRITES) + exception(match=IMAGES)
    decision = decided(rules, pod({"spec": spec}))
    assert [(f.rule.name, f.standing) for f in decision.findings] == [("no-latest", Standing.EXCEPTED)]


def test_an_exception_for_an_image_volume_holds_although_a_volume_before_it_was_taken_away() -> None:
    token = {"name": "kube-api-access-abcde", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
    volumes = [
        token,
        {"name": "a", "image": {"reference": "acme/model:latest"}},
        {"name": "b", "image": {"reference": "quay.io/model:latest"}},
    ]
    rules = policy(
        "- {name: no-latest, images: {tag: {forbid: [latest]}}}\n"
        "- {name: token, defaults: {remove: [serviceAccountToken]}}"
    )
    decision = decided(rules + exception(match=IMAGES), pod({"spec": {"volumes": volumes}}))
    assert {f.value: f.standing for f in decision.findings} == {
        "acme/model:latest": Standing.EXCEPTED,
        "quay.io/model:latest": Standing.NEW,
    }


# what must be said


@pytest.mark.parametrize("key", ["rules", "match", "reason", "owner", "granted", "expires"])
def test_an_exception_is_declared_owned_and_ends(key: str) -> None:
    assert f"`{key}` is missing" in [message for message, _ in said(RULES + exception(**{key: None}))]


@pytest.mark.parametrize(
    ("changes", "message", "cure"),
    [
        (
            {"match": "{names: {include: [web]}}"},
            "`namespaces` is missing",
            "add `namespaces:`. The namespaces it is for.",
        ),
        (
            {"match": "{namespaces: {exclude: [pay]}}"},
            "an exception must name the namespaces it is for",
            "say namespaces: {include: [...]}",
        ),
        (
            {"granted": "2027-02-01"},
            "it expires before it was granted, on 2027-02-01",
            "let `expires` be the last day on which it holds",
        ),
        ({"expires": "never"}, "`never` is no day", "write it as 2027-01-31"),
        ({"expires": "2027-W05-1"}, "`2027-W05-1` is no day", "write it as 2027-01-31"),
        ({"rules": "[p/no-latst]"}, "there is no rule `p/no-latst`", "did you mean `p/no-latest`?"),
        ({"rules": "[q]"}, "there is no rule `q`", None),
        ({"rules": "[]"}, "the list is empty", "give it an element, or leave the key out"),
    ],
)
def test_an_exception_that_means_nothing_is_refused(changes: dict[str, str], message: str, cure: str | None) -> None:
    found = said(RULES + exception(**changes))
    assert message in [text for text, _ in found]
    if cure:
        assert (message, cure) in found


def test_a_policy_may_allow_no_exceptions_or_only_short_ones() -> None:
    none = RULES.replace("  rules:\n", "  exceptions: {allowed: false}\n  rules:\n")
    assert said(none + exception()) == [
        ("the policy p allows no exceptions", "ask platform: only the policy can allow them")
    ]
    short = RULES.replace("  rules:\n", "  exceptions: {maxDays: 91}\n  rules:\n")
    assert said(short + exception()) == []
    [(message, cure)] = said(short.replace("91", "90") + exception())
    assert (message, cure) == (
        "the exception holds for 91 days",
        "let it expire earlier: the policy p allows 90 days",
    )
