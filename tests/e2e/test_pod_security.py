"""podSecurity against upstream's own evaluator, k8s.io/pod-security-admission, on pods that are drawn at random."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.e2e import components
from tests.e2e.cluster import Cluster
from tests.e2e.pod_security_pods import LEVELS, VERSIONS, generated
from tests.objects import NOW, pod, request
from webhook.admission.edits import Draft, same
from webhook.admission.finding import Found
from webhook.admission.rule import Compiling, RuleParts, Subject
from webhook.pod.containers import Pod
from webhook.rule_types import pod_security
from webhook.source.path import look_up
from webhook.source.problem import Place
from webhook.source.shape import Problems, decode

ORACLE = Path(__file__).parent / "pod_security_oracle"
FIXED_SEED = 20261121
PODS = 10_000  # of each seed; each pod is judged at both levels, and once more after the restricted one has been filled

Json = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A pod, and the standard that it is held against."""

    level: str
    version: str
    pod: Json

    def rule(self, **more: Any) -> RuleParts:
        return compiled(json.dumps({"level": self.level, "version": self.version, **more}))

    def subject(self) -> Subject:
        return Subject(request(self.pod), self.pod, Pod(self.pod, ()), None, NOW)

    def found(self, **more: Any) -> list[Found]:
        return [found for check in self.rule(**more).checks for found in check(self.subject())]

    def filled(self) -> Question:
        draft = Draft(self.pod)
        fill = self.rule(fill=True).fill
        if fill is not None:
            fill(self.subject(), draft)
        return replace(self, pod=draft.object)


@cache
def compiled(text: str) -> RuleParts:
    problems = Problems(lambda path, on: Place("rules.yaml", 1, 1, 1, ""))
    params = decode(pod_security.Params, json.loads(text), (), problems)
    assert not problems.broken, problems.found
    return pod_security.compile(params, Compiling((), problems))


def asked(seed: int) -> Iterator[Question]:
    """Every pod at one version and both levels; the restricted one also after it has been filled."""
    random = Random(seed)
    for number in range(PODS):
        pod, version = generated(random), VERSIONS[number % len(VERSIONS)]
        questions = [Question(level, version, pod) for level in LEVELS]
        yield from (*questions, questions[-1].filled())


def upstream(questions: list[Question]) -> list[dict[str, bool]]:
    """Whether upstream allows each pod, control by control."""
    lines = "\n".join(json.dumps(vars(question)) for question in questions)
    answer = subprocess.run(
        [components.program(ORACLE)], input=lines, capture_output=True, text=True, timeout=300, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


@pytest.mark.parametrize("seed", [pytest.param(FIXED_SEED, id="fixed"), pytest.param(None, id="fresh")])
def test_every_control_has_the_verdict_of_upstreams_own_evaluator(seed: int | None) -> None:
    seed = time.time_ns() if seed is None else seed
    print(f"the pods of this run are those of seed {seed}")
    questions = list(asked(seed))
    seen: set[tuple[str, str, bool]] = set()
    for question, verdicts in zip(questions, upstream(questions), strict=True):
        ours = {control: not question.found(only=[control]) for control in verdicts}
        assert ours == verdicts, f"seed {seed}: {json.dumps(vars(question))}"
        seen.update((question.version, control, verdict) for control, verdict in verdicts.items())
        everything = question.found()
        assert bool(everything) == (not all(verdicts.values())), f"seed {seed}: {json.dumps(vars(question))}"
        for found in everything:
            assert same(look_up(question.pod, found.path), found.value), f"seed {seed}: {found}"
    never = {(version, control) for version, control, _ in seen if len(seen & both(version, control)) < 2}
    assert not never, f"seed {seed}: these had one verdict only"


def both(version: str, control: str) -> set[tuple[str, str, bool]]:
    return {(version, control, True), (version, control, False)}


def test_filling_twice_is_filling_once_and_never_touches_what_the_author_wrote() -> None:
    for question in islice(asked(FIXED_SEED + 1), 1, None, 3):  # as they were written, at restricted
        filled = question.filled()
        assert filled.filled().pod == filled.pod, json.dumps(vars(question))
        assert untouched(question.pod, filled.pod), json.dumps(vars(question))
        assert question.pod["spec"].get("ephemeralContainers") == filled.pod["spec"].get("ephemeralContainers")


def untouched(before: Any, after: Any) -> bool:
    """Whether all that was there still is; null and an empty list are nothing."""
    if before is None or before == []:
        return True
    if isinstance(before, dict):
        return isinstance(after, dict) and all(untouched(value, after.get(key)) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(untouched, before, after))
    return same(before, after)


SIDECAR = {"name": "proxy", "image": "registry.example/proxy:1", "restartPolicy": "Always"}
OPEN_PODS = {
    "plain": pod({"spec": {"initContainers": [SIDECAR]}}),
    "empty lists": pod(securityContext={"capabilities": {"drop": []}}),
    "set in the pod": pod(
        {"spec": {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}}}
    ),
    "user namespace": pod({"spec": {"hostUsers": False}}, securityContext={"runAsUser": 0}),
    "windows": pod({"spec": {"os": {"name": "windows"}}}),
}
CLOSED_PODS = {
    "privileged": pod(securityContext={"privileged": True}),
    "CAP_SYS_ADMIN": pod(securityContext={"capabilities": {"add": ["CAP_SYS_ADMIN"]}}),
    "root": pod(securityContext={"runAsUser": 0}),
    "unmasked": pod({"spec": {"hostUsers": False}}, securityContext={"procMount": "Unmasked"}),
}


@pytest.mark.parametrize("name", OPEN_PODS)
def test_the_api_server_lets_what_was_filled_into_a_restricted_namespace(cluster: Cluster, name: str) -> None:
    namespace = cluster.namespace("restricted", {"pod-security.kubernetes.io/enforce": "restricted"})
    filled = Question("restricted", "latest", OPEN_PODS[name]).filled()
    assert not filled.found()
    assert dry_run(cluster, namespace, OPEN_PODS[name]) == 403
    assert dry_run(cluster, namespace, filled.pod) == 201


@pytest.mark.parametrize("name", CLOSED_PODS)
def test_what_is_filled_in_contradicts_nothing_that_the_author_wrote(cluster: Cluster, name: str) -> None:
    filled = Question("restricted", "latest", CLOSED_PODS[name]).filled()
    assert filled.found()
    assert filled.pod != CLOSED_PODS[name]
    assert dry_run(cluster, cluster.namespace("privileged"), filled.pod) == 201


def dry_run(cluster: Cluster, namespace: str, obj: Json) -> int:
    """The status with which the API server answers the creation of a pod."""
    obj = {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}
    return cluster.api("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", obj).status
