"""Reviews answered in process, under rules that read nearly everything; what every answer must be like."""

import asyncio
import json
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.objects import facts, ruleset
from webhook.engine.decide import Stage
from webhook.observe.decision_log import DecisionLog
from webhook.observe.metrics import Metrics
from webhook.policy.ruleset import Ruleset
from webhook.server.facts import FileFacts
from webhook.server.guard import Answer, Refused
from webhook.server.reviewer import Reviewer

Json = dict[str, Any]

PARITY = Path(__file__).parent.parent / "e2e" / "parity" / "rules.yaml"

EVERY_CRITERION = """---
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: every-criterion}
spec:
  title: Every way to choose what a rule is about
  why: Each of them reads the object.
  owner: {team: platform}
  match:
    kinds: ["*"]
    namespaceSelector: {matchExpressions: [{key: frozen, operator: DoesNotExist}]}
    objectSelector: {matchExpressions: [{key: skip, operator: NotIn, values: [all]}]}
    names: {exclude: [nobody]}
    users: {exclude: {serviceAccounts: [kube-system/robot]}}
    owners: {exclude: [Robot]}
  rules:
  - name: own-labels
    metadata: {of: object, labels: {team: {required: true, pattern: "(a+)+"}}}
  - name: own-finalizers
    fields: {object: "metadata.finalizers[*]", notLike: "evil*", unique: true}
---
apiVersion: doorward.dev/v1
kind: Policy
metadata: {name: conditions}
spec:
  title: Conditions and the rarer words
  why: They read more of the pod.
  owner: {team: platform}
  rules:
  - name: rarer-words
    when:
    - {pod: 'metadata.annotations["a"]', notIn: [none]}
    - {container: "env[*].name", notLike: "none*"}
    fields:
    - {container: "ports[*].containerPort", min: 5, max: 70, unique: true}
    - {container: livenessProbe.httpGet.port, in: {container: "ports[*].containerPort"}}
    - {container: resources.limits.memory, required: true, min: 1Mi}
    - {container: securityContext.capabilities.drop, containsAny: [ALL]}
    - {container: "env[*].name", uniqueIn: pod}
    - {pod: "metadata.labels[*]", pattern: "(a+)+"}
    - {pod: spec.containers, unchanged: true}
    - anyOf: [{container: livenessProbe, required: true}, {container: securityContext.runAsUser, ranges: ["1-5"]}]
  - name: chosen-containers
    containers: {images: {exclude: ["docker.io/**"]}, names: {exclude: [istio]}}
    images: {tag: {required: true}, pullPolicy: [Always], digest: required}
    message: "{value} {image.host} {container} {name} {namespace}"
  - name: latest-standard
    podSecurity: {level: restricted}
---
apiVersion: doorward.dev/v1
kind: Exception
metadata: {name: one-image}
spec:
  rules: [conditions/chosen-containers]
  match: {namespaces: {include: [shop]}, names: {include: ["w*"]}, images: [registry.corp.example/shop]}
  reason: it is being rebuilt
  owner: shop
  granted: 2026-01-01
  expires: 2026-11-25
"""

RULES = ruleset(PARITY.read_text(encoding="utf-8") + EVERY_CRITERION)
ABOUT = ("images", "metadata", "resources", "defaults", "podSecurity", "fields")
STAGES = (Stage.MUTATE, Stage.VALIDATE)


class InForce:
    """Rules that stay as they are."""

    def __init__(self, rules: Ruleset) -> None:
        self.current = rules


class Kept:
    """Log lines, kept."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def add(self, line: bytes) -> None:
        self.lines.append(line)


LOG = Kept()


def reviewer(rules: Ruleset) -> Reviewer:
    return Reviewer(InForce(rules), FileFacts(facts()), Metrics(), DecisionLog(LOG))  # type: ignore[arg-type]


REVIEWER = reviewer(RULES)


def answer(body: bytes, stage: Stage = Stage.VALIDATE, who: Reviewer = REVIEWER) -> Answer:
    return asyncio.run(who.answer(stage, body, monotonic() + 5))


def response(asked: Any, stage: Stage = Stage.VALIDATE, who: Reviewer = REVIEWER) -> Json:
    """What is answered to a review; it must hold together."""
    body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    answered = answer(body, stage, who)
    assert answered.status == 200
    envelope = json.loads(answered.body)
    assert (envelope["apiVersion"], envelope["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    found: Json = envelope["response"]
    assert_sound(found)
    return found


def assert_sound(found: Json) -> None:
    """Allowed or with a status; texts that fit and that a terminal survives."""
    assert found["allowed"] is True or found["status"]["message"]
    told = json.dumps(found, ensure_ascii=False)
    assert "Traceback" not in told
    assert len(told) - len(found.get("patch", "")) < 64 * 1024
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in told)
    for warning in found.get("warnings", ()):
        assert "\n" not in warning


def refused(body: bytes, stage: Stage = Stage.VALIDATE) -> str:
    """The words in which a body is refused that nobody can answer as a review."""
    with pytest.raises(Refused) as raised:
        answer(body, stage)
    assert raised.value.answer.status == 400
    return str(raised.value)
