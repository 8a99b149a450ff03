"""What holds for every pod under rules of every type together: hypothesis writes the pods.

The rules are those of the parity test without their choice by label, so that all of them meet in each pod.
"""

import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jsonpatch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.objects import NOW, facts, merged, workload
from tests.pod import corpus
from webhook.admission.decision import Decision, Verdict
from webhook.admission.edits import authors_path
from webhook.admission.finding import Action, Cause, Finding
from webhook.admission.request import Request
from webhook.engine.decide import Stage, decide
from webhook.engine.manifest import as_request
from webhook.engine.review import encode
from webhook.pod.defaults import defaulted
from webhook.pod.workloads import POD_AT
from webhook.policy.load import load
from webhook.policy.ruleset import Ruleset
from webhook.source.dump import dump
from webhook.source.path import render
from webhook.source.yaml import read

RULES = Path(__file__).parents[1] / "e2e" / "parity" / "rules.yaml"
_BY_LABEL = re.compile(r"\n  match: \{objectSelector: \{matchLabels: \{about: \w+\}\}\}")
_EXISTS = re.compile(
    r"\n    match: \{objectSelector: \{matchExpressions: .*|, matchExpressions: \[\{key: \w+, operator: Exists\}\]"
)
EVERYWHERE = _EXISTS.sub("", _BY_LABEL.sub("", RULES.read_text(encoding="utf-8")))

EXCEPTION = """---
apiVersion: doorward.dev/v1
kind: Exception
metadata: {name: legacy}
spec:
  rules: [NAMES]
  match: {namespaces: {include: [shop]}}
  reason: being rebuilt
  owner: team-shop
  granted: 2026-01-01
  expires: 2027-12-31
"""

runs = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def ruleset_of(*texts: str) -> Ruleset:
    """The ruleset of a folder with these files; that some of its rules clash is what the engine has to bear."""
    with tempfile.TemporaryDirectory() as folder, patch("webhook.policy.crosscheck.cross_check"):
        for index, text in enumerate(texts):
            Path(folder, f"{index:03}.yaml").write_text(text, encoding="utf-8")
        return load([folder])


@cache
def rules() -> Ruleset:
    return ruleset_of(EVERYWHERE)


@cache
def turned_round() -> Ruleset:
    """The same rules: every document in its own file, the last first, and the rules of each in reverse."""
    documents = [document.value for document in read(EVERYWHERE.encode(), "rules.yaml").documents]
    for document in documents:
        if "rules" in document["spec"]:
            document["spec"]["rules"] = document["spec"]["rules"][::-1]
    return ruleset_of(*(dump([document]) for document in reversed(documents)))


@cache
def excepting(names: tuple[str, ...]) -> Ruleset:
    return ruleset_of(EVERYWHERE + EXCEPTION.replace("NAMES", ", ".join(names)))


# pods


def some(**options: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Mappings with any of these keys."""
    return st.fixed_dictionaries({}, optional=options)


IMAGES = st.sampled_from(
    [
        "registry.corp.example/shop/web:1.4.2",
        "registry.corp.example/shop/web",
        "registry.corp.example/old/web:1",
        "registry.corp.example/shop/web@sha256:" + "a" * 64,
        "nginx",
        "nginx:1.27",
        "index.docker.io/acme/web:latest",
        "quay.io/acme/web:1",
        "REGISTRY.corp.example/Web",
        "not:a:reference",
        "",
    ]
)
YES_NO = st.sampled_from([True, False, None])
SECCOMP = st.sampled_from([{"type": "RuntimeDefault"}, {"type": "Unconfined"}, {"type": "Localhost"}, None])
POD_SECURITY = some(
    runAsNonRoot=YES_NO,
    runAsUser=st.sampled_from([0, 1000]),
    seccompProfile=SECCOMP,
    sysctls=st.just([{"name": "kernel.msgmax", "value": "1"}]),
)
SECURITY = some(
    privileged=YES_NO,
    allowPrivilegeEscalation=YES_NO,
    readOnlyRootFilesystem=YES_NO,
    runAsNonRoot=YES_NO,
    runAsUser=st.sampled_from([0, 1000]),
    seccompProfile=SECCOMP,
    capabilities=some(
        drop=st.sampled_from([["ALL"], ["NET_RAW"], [], None]),
        add=st.sampled_from([["SYS_ADMIN"], ["NET_BIND_SERVICE"]]),
    ),
)
AMOUNTS = some(
    cpu=st.sampled_from(["100m", "0.5", 2, "8000m", "1m", 0]), memory=st.sampled_from(["64Mi", 134217728, "0.1Gi"])
)
CONTAINER = some(
    securityContext=SECURITY | st.none(),
    resources=some(requests=AMOUNTS | st.none(), limits=AMOUNTS),
    env=st.lists(
        st.sampled_from(
            [{"name": "TZ", "value": "UTC"}, {"name": "A_TOKEN", "value": "x"}, {"name": "A_TOKEN"}, {"name": "X"}]
        ),
        max_size=2,
        unique_by=lambda one: one["name"],
    ),
    ports=st.sampled_from([[{"containerPort": 80}], [{"containerPort": 8080, "hostPort": 80}], []]),
    imagePullPolicy=st.sampled_from(["Always", "Never", "IfNotPresent"]),
    restartPolicy=st.none(),
)
SPEC = some(
    hostNetwork=YES_NO,
    hostPID=YES_NO,
    hostUsers=YES_NO,
    securityContext=POD_SECURITY | st.none(),
    terminationGracePeriodSeconds=st.sampled_from([0, 30, 90, 900]),
    automountServiceAccountToken=YES_NO,
    tolerations=st.sampled_from(
        [[{"key": "pool", "value": "batch", "effect": "NoSchedule"}], [{"operator": "Exists"}]]
    ),
    shareProcessNamespace=YES_NO,
    volumes=st.lists(
        st.sampled_from(
            [
                {"name": "d", "emptyDir": {}},
                {"name": "h", "hostPath": {"path": "/"}},
                {"name": "i", "image": {"reference": "quay.io/acme/model:1"}},
                {"name": "j", "image": {"reference": "nginx:latest"}},
            ]
        ),
        max_size=2,
        unique_by=lambda one: one["name"],
    ),
    os=st.sampled_from([{"name": "windows"}, {"name": "linux"}]),
)
ROOMS = st.sampled_from(["images", "metadata", "resources", "defaults", "podSecurity", "fields"])
METADATA = some(
    labels=some(team=st.sampled_from(["shop", "Pay"]), clash=ROOMS, deny=st.just("defaults"), change=st.just("fields"))
    | st.none(),
    annotations=some(
        **{
            "acme.example/cost-centre": st.sampled_from(["CC-1234", "none"]),
            "acme.example/ttl": st.sampled_from(["3d", "60d", "soon"]),
        }
    ),
)


@st.composite
def written_pods(draw: st.DrawFn) -> dict[str, Any]:
    """Pods as people write them, right and wrong in every way that the rules look at."""
    lists: dict[str, Any] = {}
    for name, low in (("containers", 1), ("initContainers", 0)):
        count = draw(st.integers(low, 2))
        lists[name] = [{"name": f"{name[:1]}{n}", "image": draw(IMAGES), **draw(CONTAINER)} for n in range(count)]
    for one in lists["initContainers"]:
        if draw(st.booleans()):
            one["restartPolicy"] = "Always"
    metadata = {"name": "web", "namespace": "shop", **draw(METADATA)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**draw(SPEC), **lists}}


def odd_pods() -> st.SearchStrategy[dict[str, Any]]:
    """Pods of the defaults corpus: nulls, zeros, odd spellings, unknown fields."""

    def pod(seed: int) -> dict[str, Any]:
        return merged(corpus.pod(corpus.Dice(seed), "web"), {"metadata": {"namespace": "shop"}})

    return st.integers(0, 10_000).map(pod)


PODS = written_pods() | odd_pods()


def decision_of(request: Request, compiled: Ruleset, stage: Stage = Stage.BOTH) -> Decision:
    decision = decide(request, compiled, facts(), NOW, stage)
    assert isinstance(decision, Decision)
    assert decision.faults == ()
    return decision


def submitted(obj: dict[str, Any]) -> Request:
    return as_request(obj)


def told(findings: tuple[Finding, ...]) -> list[Any]:
    """Everything that a finding says."""
    return [(f.rule.id, f.where, repr(f.value), f.message, f.fix, f.cause, f.action, f.container) for f in findings]


def after_the_patch(request: Request, decision: Decision) -> Request:
    """What the API server sends to /validate: the patch applied by another hand, and its defaults filled in again."""
    patched = jsonpatch.apply_patch(request.object, list(decision.patch))
    return request._replace(object=defaulted(patched))


# properties


@runs
@given(PODS)
def test_one_answer_for_a_file_and_for_the_two_stages_of_the_api_server(pod: dict[str, Any]) -> None:
    request = submitted(pod)
    both, mutate = decision_of(request, rules()), decision_of(request, rules(), Stage.MUTATE)
    validate = decision_of(after_the_patch(request, mutate), rules(), Stage.VALIDATE)
    assert (mutate.verdict, mutate.findings) == (Verdict.ALLOWED, ())
    assert both.patch == mutate.patch
    assert validate.patch == ()
    assert told(both.findings) == told(validate.findings)
    assert both.verdict is validate.verdict
    assert both.id == validate.id


@runs
@given(PODS)
def test_the_patch_leads_another_hand_to_the_object_that_was_judged(pod: dict[str, Any]) -> None:
    request = submitted(pod)
    before = repr(request.object)
    decision = decision_of(request, rules())
    assert jsonpatch.apply_patch(request.object, list(decision.patch)) == decision.object
    assert repr(request.object) == before


@runs
@given(PODS)
def test_what_was_mutated_once_is_not_mutated_again(pod: dict[str, Any]) -> None:
    request = submitted(pod)
    again = after_the_patch(request, decision_of(request, rules(), Stage.MUTATE))
    assert decision_of(again, rules(), Stage.MUTATE).patch == ()


@runs
@given(PODS)
def test_what_a_rule_made_so_the_same_rule_accepts(pod: dict[str, Any]) -> None:
    decision = decision_of(submitted(pod), rules())
    made = {(edit.rule, edit.path) for edit in decision.edits}
    for finding in decision.findings:
        if finding.cause is Cause.VIOLATES:
            assert (finding.rule.id, finding.path) not in made, (finding.rule.id, finding.where, finding.message)


@runs
@given(PODS)
def test_the_order_of_files_documents_and_rules_does_not_matter(pod: dict[str, Any]) -> None:
    request = submitted(pod)
    one, other = decision_of(request, rules()), decision_of(request, turned_round())
    assert told(one.findings) == told(other.findings)
    assert (one.verdict, one.patch, one.notes, one.matched) == (other.verdict, other.patch, other.notes, other.matched)


def denying(decision: Decision) -> set[Any]:
    return {(f.rule.id, f.where, f.cause) for f in decision.acting(Action.DENY)}


@runs
@given(PODS, st.data())
def test_an_exception_to_a_rule_that_only_judges_never_makes_anything_stricter(
    pod: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from([rule.info.id for rule in rules().rules if not rule.makes]))
    request = submitted(pod)
    without, excepted = decision_of(request, rules()), decision_of(request, excepting((name,)))
    assert denying(excepted) == {one for one in denying(without) if one[0] != name or one[2] is not Cause.VIOLATES}
    assert excepted.patch == without.patch


@runs
@given(PODS)
def test_an_exception_to_every_policy_changes_nothing_and_denies_nothing(pod: dict[str, Any]) -> None:
    decision = decision_of(submitted(pod), excepting(rules().policies))
    assert (decision.patch, denying(decision)) == ((), set())


@runs
@given(PODS)
def test_the_same_request_has_the_same_bytes_for_an_answer(pod: dict[str, Any]) -> None:
    def answer(compiled: Ruleset) -> bytes:
        decision = decision_of(submitted(pod), compiled)
        message = "; ".join(f"{f.where} {f.message}" for f in decision.findings)
        return encode("1", allowed=decision.allowed, code=403, message=message, patch=decision.patch)

    assert answer(rules()) == answer(rules()) == answer(ruleset_of(EVERYWHERE))


@runs
@given(written_pods(), st.sampled_from([key for key in POD_AT if key[1] != "Pod"]))
def test_a_template_is_judged_as_the_pod_that_it_will_become(pod: dict[str, Any], key: tuple[str, str]) -> None:
    metadata = {name: value for name, value in pod["metadata"].items() if name in ("labels", "annotations")}
    obj = workload(key[1], {})
    at = POD_AT[key]
    template: Any = obj
    for step in at:
        template = template[step]
    template["metadata"], template["spec"] = metadata, pod["spec"]
    as_pod, as_workload = decision_of(submitted(pod), rules()), decision_of(submitted(obj), rules())
    prefix = "".join(f"{step}." for step in at)
    assert as_workload.patch == ()
    assert as_workload.verdict is as_pod.verdict
    expected = {(f.rule.id, render(authors_path(as_pod.edits, f.path)), f.cause) for f in as_pod.findings}
    assert {(f.rule.id, f.where.removeprefix(prefix), f.cause) for f in as_workload.findings} == expected
