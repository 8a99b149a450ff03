"""The admission listener's application, as raw ASGI: POST /mutate, POST /validate, and GET /readyz for trying out.

A router and request objects would cost a third of what a whole decision costs (this is the hot path).
"""

import logging
import secrets
from functools import lru_cache
from time import monotonic

from webhook.engine.decide import Stage
from webhook.observe.metrics import Metrics
from webhook.server.connection import send_answer
from webhook.server.guard import (
    CLOSE,
    TEXT,
    Answer,
    Disconnected,
    Guard,
    Receive,
    Refused,
    Scope,
    Send,
    allowance,
    try_again,
)
from webhook.server.readiness import Readiness, as_text
from webhook.server.reviewer import Reviewer

STAGES = {"/mutate": Stage.MUTATE, "/validate": Stage.VALIDATE}

_log = logging.getLogger("doorward.admission")


@lru_cache(64)
def _stage(target: bytes) -> Stage | None:
    """The stage that a path, with or without a query, asks for."""
    return STAGES.get(target.partition(b"?")[0].decode("latin-1"))


class Admission:
    """The application; create it once the parts exist, it keeps nothing of a request."""

    def __init__(self, reviewer: Reviewer, guard: Guard, readiness: Readiness, metrics: Metrics) -> None:
        self._reviewer, self._guard, self._readiness, self._metrics = reviewer, guard, readiness, metrics
        self._complete = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; never raises for anything that a client does."""
        try:
            answer = await self._answer(scope, receive)
        except Refused as refused:
            answer = refused.answer
            self._metrics.refused(refused.reason)
        except Disconnected:
            return
        except Exception:  # noqa: BLE001 - whatever it is: a clean answer, and an id to find the trace
            answer = self._fault()
        if self._readiness.draining:
            await send_answer(send, answer, CLOSE)
        else:
            await send_answer(send, answer)

    def at_once(self, target: bytes, body: bytes) -> Answer | None:
        """The answer to a review that was posted to `target`; None where the long way has more to say or to wait for.

        Never raises for anything that a client does.
        """
        stage = _stage(target)
        if stage is None or not self._complete or self._readiness.draining or self._guard.crowded:
            return None
        try:
            return self._reviewer.at_once(stage, body)
        except Refused as refused:
            self._metrics.refused(refused.reason)
            return refused.answer
        except Exception:  # noqa: BLE001 - whatever it is: a clean answer, and an id to find the trace
            return self._fault()

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        stage = STAGES.get(scope["path"])
        if stage is None:
            return self._elsewhere(scope)
        if scope["method"] != "POST":
            raise Refused(405, "method", f"{scope['path']} takes POST alone", (b"allow", b"POST"))
        began, seconds = monotonic(), allowance(scope["query_string"])
        self._guard.admit(seconds)
        self._guard.head(scope)
        if not self._complete:
            self._require_all(seconds)
        body = await self._guard.body(receive, seconds)
        return await self._reviewer.answer(stage, body, began + seconds)

    def _require_all(self, seconds: float) -> None:
        """Not one answer before rules and facts are there; what was complete once stays so."""
        missing = self._readiness.missing()
        if missing:
            raise try_again("not_ready", f"not ready: {missing}", seconds)
        self._complete = True

    def _elsewhere(self, scope: Scope) -> Answer:
        if scope["path"] != "/readyz":
            raise Refused(404, "path", "there is nothing here but POST /mutate, POST /validate and GET /readyz")
        if scope["method"] not in ("GET", "HEAD"):
            raise Refused(405, "method", "/readyz takes GET alone", (b"allow", b"GET, HEAD"))
        parts = self._readiness.look()
        status = 200 if all(part.ready for part in parts.values()) else 503
        return Answer(status, as_text(parts).encode(), (TEXT,))

    def _fault(self) -> Answer:
        failure = secrets.token_hex(4)
        _log.exception("a request could not be answered", extra={"id": failure})
        sentence = f"a fault of Doorward's own; its log says more under {failure}"
        self._metrics.refused("fault")
        return Refused(500, "fault", sentence).answer
