"""mutate: phases in order, rules that clash or break are left out whole, and what nobody may change."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.objects import NOW, SHOP, decided, pod, policy, request, ruleset, workload
from webhook.admission.edits import Draft
from webhook.admission.finding import Mode
from webhook.admission.rule import EPHEMERAL_PHASES, OBJECT_PHASES, POD_PHASES, RuleParts, Subject
from webhook.engine.decide import Stage
from webhook.engine.match import Applicable
from webhook.engine.mutate import ROUNDS, Made, Making, is_mirror, make_so
from webhook.engine.review import encode
from webhook.errors import MalformedObject
from webhook.pod.containers import Role
from webhook.policy.ruleset import Rule, makes

TEMPLATE = ruleset(policy("- name: r\n  fields: {pod: spec.hostPID, forbidden: true}")).rules[0]

Maker = Callable[[Subject, Draft], None]


def rule(name: str, mode: Mode = Mode.ENFORCE, **phases: Any) -> Applicable:
    """A rule that applies, with these functions for its phases."""
    parts = RuleParts(**phases)
    info = TEMPLATE.info._replace(name=name)
    return Applicable(TEMPLATE._replace(info=info, parts=parts, makes=makes(parts)), mode)


def made(
    *rules: Applicable, obj: dict[str, Any] | None = None, old: dict[str, Any] | None = None, **making: Any
) -> Made:
    subject = obj or pod()
    told = {"request": request(subject, old), "pod_at": (), "namespace": SHOP, "now": NOW, **making}
    return make_so(subject, rules, Making(**told))


def label(key: str, value: str) -> Maker:
    return lambda _, draft: draft.default(("metadata", "labels", key), value)


def labels(result: Made) -> Any:
    return result.draft.object["metadata"].get("labels")


def note_phase(seen: list[str], word: str) -> Maker:
    def make(_: Subject, draft: Draft) -> None:
        seen.append(word)
        draft.set(("metadata", "labels", "last"), word)

    return make


def test_phases_run_in_one_order_whatever_the_order_of_rules() -> None:
    seen: list[str] = []
    phases = [rule(phase, **dict[str, Any]({phase: note_phase(seen, phase)})) for phase in reversed(POD_PHASES)]
    result = made(*phases)
    assert list(dict.fromkeys(seen)) == ["inject", "rewrite", "fill", "pin"]
    assert labels(result) == {"last": "pin"}
    assert result.conflicts == {}


def test_a_phase_sees_what_the_earlier_ones_did() -> None:
    def inject(_: Subject, draft: Draft) -> None:
        if len(draft.get(("spec", "containers"))) == 1:
            draft.append(("spec", "containers"), {"name": "proxy", "image": "a.example/proxy:1"})

    seen: list[list[str]] = []

    def fill(subject: Subject, draft: Draft) -> None:
        seen.append([container.name for container in subject.containers])

    made(rule("a", fill=fill), rule("b", inject=inject))
    assert seen == [["web", "proxy"]]


def test_a_rule_sees_what_an_earlier_rule_of_its_phase_did() -> None:
    seen: list[Any] = []

    def look(subject: Subject, _: Draft) -> None:
        seen.append(subject.object["metadata"].get("labels"))

    made(rule("a", fill=label("a", "1")), rule("b", fill=look))
    assert seen == [{"a": "1"}, {"a": "1"}]


def test_a_phase_runs_again_until_nothing_changes_so_the_order_of_rules_does_not_matter() -> None:
    def copy(subject: Subject, draft: Draft) -> None:
        value = draft.get(("metadata", "labels", "source"))
        if value is not None:
            draft.default(("metadata", "labels", "copy"), value)

    reader, writer = rule("a-reader", fill=copy), rule("b-writer", fill=label("source", "x"))
    assert labels(made(reader, writer)) == labels(made(writer, reader)) == {"source": "x", "copy": "x"}


def test_a_rule_that_never_settles_is_stopped() -> None:
    calls: list[int] = []

    def restless(_: Subject, draft: Draft) -> None:
        calls.append(1)
        draft.set(("metadata", "labels", "n"), str(len(calls)))

    assert labels(made(rule("a", fill=restless))) == {"n": str(ROUNDS)}
    assert len(calls) == ROUNDS


def test_rewrites_happen_once_and_all_start_from_the_image_as_it_came_in() -> None:
    seen: list[str] = []

    def rewrite(subject: Subject, draft: Draft) -> None:
        seen.append(subject.containers[0].image)
        draft.set((*subject.containers[0].at, "image"), "mirror.example/web:1")

    made(rule("a", rewrite=rewrite), rule("b", rewrite=rewrite))
    assert seen == ["registry.corp.example/shop/web:1.4.2"] * 2


def test_two_rules_that_want_different_values_are_left_out_and_all_others_are_made() -> None:
    result = made(rule("a", fill=label("x", "1")), rule("b", fill=label("x", "2")), rule("c", fill=label("y", "3")))
    assert labels(result) == {"y": "3"}
    assert result.conflicts.keys() == {"p/a", "p/b"}
    assert {conflict.path for conflict in result.conflicts.values()} == {("metadata", "labels", "x")}


def test_a_clash_takes_back_everything_that_its_rules_had_done() -> None:
    def both(_: Subject, draft: Draft) -> None:
        draft.default(("metadata", "labels", "half"), "done")
        draft.default(("metadata", "labels", "x"), "2")

    result = made(rule("a", fill=label("x", "1")), rule("b", fill=both))
    assert (labels(result), result.draft.patch) == (None, [])


def test_two_rules_that_want_the_same_do_not_clash() -> None:
    result = made(rule("a", fill=label("x", "1")), rule("b", fill=label("x", "1")))
    assert (labels(result), result.conflicts) == ({"x": "1"}, {})


def test_a_rule_that_breaks_is_left_out_whole_and_told() -> None:
    def broken(_: Subject, draft: Draft) -> None:
        draft.default(("metadata", "labels", "half"), "done")
        raise KeyError("our own bug")

    result = made(rule("a", fill=broken), rule("b", fill=label("y", "3")))
    assert labels(result) == {"y": "3"}
    assert [(fault.rule, type(fault.error)) for fault in result.faults] == [("p/a", KeyError)]


def test_an_object_of_another_shape_is_not_the_rules_fault() -> None:
    with pytest.raises(MalformedObject, match=r"spec\.containers must be a list of containers"):
        made(rule("a", fill=lambda subject, _: None), obj=pod({"spec": {"containers": "none"}}))


@pytest.mark.parametrize("mode", [Mode.WARN, Mode.AUDIT])
def test_only_rules_that_enforce_change_anything(mode: Mode) -> None:
    assert made(rule("a", mode, fill=label("x", "1"))).draft.patch == []


def test_the_object_that_came_in_is_never_touched() -> None:
    obj = pod()
    result = made(rule("a", fill=label("x", "1")), obj=obj)
    assert obj == pod()
    assert result.draft.object is not obj


def test_every_change_says_which_rule_wanted_it() -> None:
    result = made(rule("a", fill=label("x", "1")), rule("b", pin=label("y", "2")))
    assert [(edit.rule, edit.path[-1]) for edit in result.draft.edits] == [("p/a", "x"), ("p/b", "y")]


# only some phases


def test_of_an_object_that_is_no_pod_only_its_own_fields_are_filled() -> None:
    every: dict[str, Any] = {phase: label(phase.replace("_", "-"), "1") for phase in (*POD_PHASES, *OBJECT_PHASES)}
    obj = workload("Deployment")
    result = made(rule("a", **every), obj=obj, pod_at=None, phases=OBJECT_PHASES)
    assert labels(result) == {"fill-object": "1"}


EPHEMERAL_OLD = pod({"spec": {"ephemeralContainers": [{"name": "old", "image": "a.example/x:1"}]}})
EPHEMERAL_NEW = pod(
    {"spec": {"ephemeralContainers": [{"name": "old", "image": "a.example/x:1"}, {"name": "new", "image": "b"}]}}
)


def test_on_the_ephemeral_containers_subresource_only_new_ones_are_rewritten_and_pinned() -> None:
    seen: list[tuple[str, list[str]]] = []

    def see(word: str) -> Maker:
        return lambda subject, _: seen.append((word, [container.name for container in subject.containers]))

    every: dict[str, Any] = {phase: see(phase) for phase in POD_PHASES}
    made(rule("a", **every), obj=EPHEMERAL_NEW, old=EPHEMERAL_OLD, phases=EPHEMERAL_PHASES)
    assert seen == [("rewrite", ["new"]), ("pin", ["new"])]


def test_a_rule_about_other_containers_has_nothing_to_change_there() -> None:
    seen: list[int] = []
    text = policy("- name: r\n  containers: {of: [containers]}\n  fields: {container: tty, forbidden: true}")
    about_containers: Rule = ruleset(text).rules[0]
    parts = RuleParts(rewrite=lambda subject, _: seen.append(len(subject.containers)))
    one = Applicable(about_containers._replace(parts=parts, makes=makes(parts)), Mode.ENFORCE)
    made(one, obj=EPHEMERAL_NEW, old=EPHEMERAL_OLD, phases=EPHEMERAL_PHASES)
    assert seen == [0]


def test_the_containers_of_a_rule_are_those_that_it_names() -> None:
    seen: list[list[tuple[str, Role]]] = []
    text = policy(
        "- name: r\n  containers: {of: [sidecars, containers], names: {exclude: [log]}}\n"
        "  fields: {container: tty, forbidden: true}"
    )
    parts = RuleParts(fill=lambda subject, _: seen.append([(c.name, c.role) for c in subject.containers]))
    one = Applicable(ruleset(text).rules[0]._replace(parts=parts, makes=makes(parts)), Mode.ENFORCE)
    spec = {
        "initContainers": [{"name": "init"}, {"name": "mesh", "restartPolicy": "Always"}],
        "containers": [{"name": "web"}, {"name": "log"}],
    }
    made(one, obj=pod({"spec": spec}))
    assert seen == [[("mesh", Role.SIDECAR), ("web", Role.CONTAINER)]]


# exceptions

FILLS = policy("- name: r\n  defaults: {default: {containers: {securityContext: {privileged: false}}}}")
EXCEPTION = """---
apiVersion: doorward.dev/v1
kind: Exception
metadata: {name: legacy}
spec:
  rules: [p/r]
  match: {namespaces: {include: [NAMESPACE]}IMAGES}
  reason: being rebuilt
  owner: team-shop
  granted: 2026-01-01
  expires: EXPIRES
"""


def excepted(namespace: str = "shop", images: str = "", expires: str = "2027-01-31") -> str:
    text = EXCEPTION.replace("NAMESPACE", namespace).replace("EXPIRES", expires)
    return FILLS + text.replace("IMAGES", f", images: [{images}]" if images else "")


def filled(rules: str, obj: dict[str, Any]) -> list[str]:
    decision = decided(rules, obj)
    assert decision.object is not None
    return [c["name"] for c in decision.object["spec"]["containers"] if "securityContext" in c]


TWO = pod(
    {"spec": {"containers": [{"name": "a", "image": "a.example/old:1"}, {"name": "b", "image": "b.example/new:1"}]}}
)


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        (FILLS, ["a", "b"]),
        (excepted(), []),
        (excepted(namespace="pay"), ["a", "b"]),
        (excepted(expires="2026-11-20"), ["a", "b"]),
        (excepted(images="a.example/old"), ["b"]),
        (excepted(images="a.example/old") + excepted(images="b.example/new").removeprefix(FILLS), []),
    ],
)
def test_an_exception_that_holds_keeps_its_rule_from_changing_what_it_excuses(rules: str, names: list[str]) -> None:
    twice = (
        rules.replace("metadata: {name: legacy}", "metadata: {name: other}", 1) if rules.count("legacy") > 1 else rules
    )
    assert filled(twice, TWO) == names


# mirror pods, and the bytes


@pytest.mark.parametrize(
    ("annotations", "mirror"),
    [({"kubernetes.io/config.mirror": "x"}, True), ({"kubernetes.io/config.mirror": ""}, True), ({"a": "b"}, False)],
)
def test_a_mirror_pod_is_told_by_its_annotation(annotations: dict[str, str], mirror: bool) -> None:
    assert is_mirror(pod({"metadata": {"annotations": annotations}})) is mirror


@pytest.mark.parametrize("annotations", [None, "text", ["kubernetes.io/config.mirror"]])
def test_annotations_of_another_shape_make_no_mirror(annotations: Any) -> None:
    obj = pod()
    obj["metadata"]["annotations"] = annotations
    assert is_mirror(obj) is False


def test_the_same_request_gives_the_same_patch_bytes() -> None:
    answers = {encode("1", allowed=True, patch=decided(FILLS, TWO).patch) for _ in range(3)}
    assert len(answers) == 1


def test_a_third_rule_does_not_settle_what_two_have_clashed_over() -> None:
    clash = (rule("a", fill=label("x", "1")), rule("b", fill=label("x", "2")))
    result = made(*clash, rule("c", fill=label("x", "2")), rule("d", fill=label("y", "3")))
    assert labels(result) == {"y": "3"}
    assert result.conflicts.keys() == {"p/a", "p/b", "p/c"}
    assert {str(conflict) for conflict in result.conflicts.values()} == {
        "metadata.labels.x is set by p/a and, with another value, by p/b"
    }


@pytest.mark.parametrize("path", [("metadata", "labels"), ("metadata", "labels", "x", "y"), ("metadata",)])
def test_nor_does_a_third_rule_above_or_below(path: tuple[str, ...]) -> None:
    clash = (rule("a", fill=label("x", "1")), rule("b", fill=label("x", "2")))
    third = rule("c", fill=lambda _, draft: draft.set(path, {"z": "1"}))
    assert made(*clash, third).conflicts.keys() == {"p/a", "p/b", "p/c"}


def test_a_later_phase_may_still_set_what_an_earlier_one_clashed_over() -> None:
    clash = (rule("a", fill=label("x", "1")), rule("b", fill=label("x", "2")))
    result = made(*clash, rule("c", pin=label("x", "3")))
    assert labels(result) == {"x": "3"}
    assert result.conflicts.keys() == {"p/a", "p/b"}


@pytest.mark.parametrize("old", [5, "ab", {"a": 1}, [5], [{"name": ["x"]}], [{"name": None}], True])
def test_odd_ephemeral_containers_of_the_old_object_neither_break_nor_hang_the_mutate_stage(old: object) -> None:
    rules = policy("- name: m\n  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}")
    new = pod({"spec": {"ephemeralContainers": [{"name": "a", "image": "busybox:1"}]}})
    before = pod({"spec": {"ephemeralContainers": old}})
    asked = request(new, old=before, subresource="ephemeralcontainers")
    decision = decided(rules, asked, stage=Stage.MUTATE)
    assert [op["path"] for op in decision.patch] == ["/spec/ephemeralContainers/0/image"]


def test_a_fault_that_no_rule_is_to_blame_for_ends_the_stage_instead_of_repeating_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("our own bug")

    monkeypatch.setattr("webhook.engine.mutate._subject", broken)
    rules = policy("- name: m\n  images: {rewrite: [{from: docker.io, to: registry.corp.example/hub}]}")
    with pytest.raises(KeyError, match="our own bug"):
        decided(rules, pod(), stage=Stage.MUTATE)
