"""How the proofs run: how many examples, how documents become rules, and how a decision is told."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jsonpatch
from hypothesis import HealthCheck, assume, settings

from tests.objects import NOW
from webhook.admission.decision import Decision
from webhook.admission.facts import Facts, Namespace
from webhook.admission.finding import Cause, Finding
from webhook.admission.request import Operation, Request
from webhook.engine.decide import Stage, decide
from webhook.pod.defaults import admitted, defaulted
from webhook.pod.workloads import POD
from webhook.policy.load import Loading, read
from webhook.policy.ruleset import Ruleset

Json = dict[str, Any]

LONG = 40
"""How many times as many examples the profile `long` (conftest.py) runs."""

SHOP = Namespace(
    "shop",
    {"kubernetes.io/metadata.name": "shop", "team": "shop", "zone": "a"},
    {"acme.example/owner": "the shop team", "proxy.acme.example/ports": "2000,443"},
)
PAY = Namespace("pay", {"kubernetes.io/metadata.name": "pay", "frozen": "yes"}, {"proxy.acme.example/cpu": "300m"})
FACTS = Facts({"shop": SHOP, "pay": PAY}, askable=False, dialable=False)


def proven(examples: int) -> settings:
    """The same examples every time, so that a proof never fails by chance; under the profile `long` new ones."""
    long = settings.get_current_profile_name() == "long"
    return settings(
        max_examples=examples * LONG if long else examples,
        derandomize=not long,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def loading(files: list[list[Json]]) -> Loading:
    """What becomes of a folder with these files, each a list of documents."""
    with tempfile.TemporaryDirectory() as folder:
        for index, documents in enumerate(files):
            text = "\n".join(map(json.dumps, documents))
            Path(folder, f"{index:03}.json").write_text(text, encoding="utf-8")
        return read([folder])


def loaded(*files: list[Json]) -> Ruleset:
    """The rules of these documents; what the loader refuses is no example. That rules provably clash is no reason to
    refuse them here: what the loader overlooks must not do harm."""
    with patch("webhook.policy.crosscheck.cross_check"):
        ruleset = loading(list(files)).ruleset
    assume(ruleset is not None)
    assert ruleset is not None
    return ruleset


def decision_of(request: Request, ruleset: Ruleset, stage: Stage = Stage.BOTH) -> Decision:
    """The decision, which no rule may break."""
    decision = decide(request, ruleset, FACTS, NOW, stage)
    assert isinstance(decision, Decision)
    assert decision.faults == ()
    return decision


def told(findings: tuple[Finding, ...]) -> list[Any]:
    """Everything that findings say."""
    return [
        (f.rule.id, f.where, repr(f.value), f.message, f.fix, f.cause, f.action, f.container, f.exception)
        for f in findings
    ]


def applied(obj: Json, operations: Iterable[Json]) -> Json:
    """The object after a JSON Patch, by another hand. On the wire no two places share one value, as they may here."""
    result: Json = jsonpatch.apply_patch(json.loads(json.dumps(obj)), list(operations))
    return result


def patched(request: Request, decision: Decision) -> Request:
    """The request as the API server goes on with it."""
    if request.object is None:
        return request
    return request._replace(object=gone_on(applied(request.object, decision.patch), request))


def gone_on(obj: Json, request: Request) -> Json:
    """What the API server makes of a patched object: its defaults, and for a new pod what its plugins add."""
    made = defaulted(obj)
    return admitted(made) if request.operation is Operation.CREATE and request.kind == POD else made


def hides_a_clash(request: Request, once: Decision, ruleset: Ruleset) -> bool:
    """Whether rules have clashed, and clash no longer once the object is patched: what the API server fills in where
    they were left out (a request from a limit, say) may hide it. Loading refuses the rules that provably clash."""
    if not any(finding.cause is Cause.FAILED for finding in once.findings):
        return False
    twice = decision_of(patched(request, once), ruleset)
    failed, still = ({f.rule.id for f in one.findings if f.cause is Cause.FAILED} for one in (once, twice))
    return failed != still
