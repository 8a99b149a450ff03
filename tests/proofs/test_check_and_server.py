"""One answer: `doorward check` in one call, and the server in the two that the API server makes.

Between the two calls the API server applies the patch and fills its defaults in again; here another hand does, and the
reviewer that also serves is asked in bytes. Verdict, findings (rule, path, action, cause; what denies also with its
words) and the final object must be equal. Nothing has to be normalised: the values that only an API server knows (the
token volume's name, uid, status) are taken from the request, and both see the same.

Left out, because there the two differ: rules that select on what another rule fills in (objects.py), and clashes that
what the API server fills in hides (hides_a_clash).
"""

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any
from unittest.mock import patch

from hypothesis import given

from tests.objects import NOW
from tests.proofs.asking import SEEDS, alike, requests
from tests.proofs.objects import Json
from tests.proofs.proving import FACTS, applied, decision_of, gone_on, hides_a_clash, loaded, proven
from tests.proofs.rules import folders
from webhook.admission.decision import Decision, Verdict
from webhook.admission.kinds import BUILT_IN
from webhook.admission.request import Request
from webhook.engine.decide import Stage
from webhook.observe.decision_log import DecisionLog
from webhook.observe.metrics import Metrics
from webhook.policy.ruleset import Ruleset
from webhook.report.deny import causes
from webhook.server.facts import FileFacts
from webhook.server.reviewer import Reviewer

CODES = {None: Verdict.ALLOWED, 403: Verdict.DENIED, 500: Verdict.UNDECIDED}
METRICS = Metrics()


class Stopped(datetime):
    """A clock that stands still where the rules of these proofs are in force."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return NOW


@contextmanager
def stopped() -> Iterator[None]:
    with patch("webhook.server.reviewer.datetime", Stopped):
        yield


class InForce:
    """Rules that stay as they are."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.current = ruleset


class Kept:
    """Lines of the decision log, kept."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def add(self, line: bytes) -> None:
        self.lines.append(line)


class Server:
    """The server's reviewer over some rules, and what the API server does between its two questions."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.log = Kept()
        log = DecisionLog(self.log)  # type: ignore[arg-type]
        self._reviewer = Reviewer(InForce(ruleset), FileFacts(FACTS), METRICS, log)  # type: ignore[arg-type]

    def ask(self, stage: Stage, request: Request) -> Json:
        body = json.dumps(review(request)).encode()
        with stopped():
            answer = asyncio.run(self._reviewer.answer(stage, body, monotonic() + 5))
        assert answer.status == 200
        found: Json = json.loads(answer.body)["response"]
        return found

    def created(self, request: Request) -> tuple[Json, Request]:
        """The answer of /validate, and the request in which it was asked."""
        mutated = self.ask(Stage.MUTATE, request)
        assert mutated["allowed"] is True
        operations = json.loads(base64.b64decode(mutated.get("patch", "W10=")))
        if request.object is not None:
            request = request._replace(object=gone_on(applied(request.object, operations), request))
        return self.ask(Stage.VALIDATE, request), request


def review(request: Request) -> Json:
    """A request on the wire."""
    resource = BUILT_IN.get(request.kind)
    kind = request.kind._asdict()
    if request.subresource in ("exec", "attach", "portforward"):
        kind = {"group": "", "kind": (request.object or {})["kind"]}
    user = request.user
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "0000",
            "kind": {**kind, "version": request.version},
            "resource": {
                "group": request.kind.group,
                "version": request.version,
                "resource": resource.plural if resource else "widgets",
            },
            "subResource": request.subresource,
            "operation": request.operation.value,
            "name": request.name,
            "namespace": request.namespace,
            "userInfo": {"username": user.name, "groups": list(user.groups)} if user else {},
            "object": request.object,
            "oldObject": request.old_object,
        },
    }


def logged(decision: Decision) -> list[tuple[str, str, str, str, str]]:
    found = decision.findings[:100]
    return sorted((f.rule.id, f.where, f.action.value, f.cause.value, f.exception) for f in found)


def in_log(line: bytes) -> list[tuple[str, str, str, str, str]]:
    found = json.loads(line).get("findings", ())
    return sorted((f["rule"], f["path"], f["action"], f["cause"], f.get("exception", "")) for f in found)


@proven(160)
@given(folders(), requests(), SEEDS)
def test_check_and_the_server_give_one_answer(documents: list[Json], request: Request, seed: int) -> None:
    ruleset = loaded(documents)
    for one in alike(request, seed, 2):
        checked = decision_of(one, ruleset)
        if not hides_a_clash(one, checked, ruleset):
            is_one_answer(one, ruleset, checked)


def is_one_answer(request: Request, ruleset: Ruleset, checked: Decision) -> None:
    """The server, asked twice in bytes, says what one decision says."""
    server = Server(ruleset)
    answer, asked = server.created(request)
    assert CODES[answer.get("status", {}).get("code")] is checked.verdict
    assert answer["allowed"] is checked.allowed
    assert in_log(server.log.lines[-1]) == logged(checked)
    assert answer.get("status", {}).get("details", {}).get("causes", []) == (
        causes(checked) if not checked.allowed else []
    )
    if request.object is not None:
        assert asked.object == gone_on(checked.object or {}, request)
